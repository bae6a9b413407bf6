//! The palette: every action and command by some of its letters.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::phrases::{self, PHRASES, Phrase};
use crate::domain::printable::printable;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::hits;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::scroll::Step;
use crate::tui::parts::scroll::draw_scrollbar;
use crate::tui::parts::{Field, Hints, Rich, Scroll, draw_line};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;
use crate::tui::{fuzzy, text};

/// Suggestions shown at most.
const MOST: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    Do(Action),
    /// A command that still wants its arguments.
    Begin(&'static Phrase),
    /// The command with its arguments as they were typed.
    AsTyped(&'static Phrase, Vec<String>),
    /// A partition for a command that wants one, and its module.
    Partition(&'static Phrase, String, String),
}

/// The palette.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    field: Field,
    choices: Option<Vec<Choice>>,
    scroll: Scroll,
    problem: Option<String>,
}

impl Palette {
    /// With the beginning of a command typed already.
    pub(crate) fn holding(text: &str) -> Self {
        Self { field: Field::holding(text), ..Self::default() }
    }

    fn choices(&mut self, app: &App) -> &[Choice] {
        let typed = self.field.text();
        self.choices.get_or_insert_with(|| suggest(app, typed))
    }

    fn changed(&mut self) {
        self.choices = None;
        self.problem = None;
        self.scroll = Scroll::default();
    }

    fn selected(&mut self, app: &App) -> Option<Choice> {
        let cursor = self.scroll.cursor;
        self.choices(app).get(cursor).cloned()
    }

    fn complete(&mut self, app: &App) {
        let mut chosen = self.selected(app);
        // What was typed is complete as it stands; what it may be the beginning of is meant.
        if matches!(chosen, Some(Choice::AsTyped(..))) {
            chosen = self.choices(app).iter().find(|c| matches!(c, Choice::Partition(..))).cloned();
        }
        match chosen {
            Some(Choice::Begin(phrase)) => self.field = Field::holding(&format!("{} ", phrase.word)),
            Some(Choice::Partition(phrase, pk, _)) => {
                self.field = Field::holding(&format!("{} {} ", phrase.word, quoted(&pk)));
            }
            Some(Choice::Do(_) | Choice::AsTyped(..)) | None => return,
        }
        self.changed();
    }

    fn enter(&mut self, app: &mut App) -> Flow {
        match self.selected(app) {
            Some(Choice::AsTyped(phrase, arguments)) => self.run(app, phrase, &arguments),
            Some(Choice::Partition(phrase, pk, _)) => self.run(app, phrase, &[pk]),
            Some(Choice::Do(action)) => match app.refusal(action) {
                Some(why) => {
                    self.problem = Some(why);
                    Flow::Stay
                }
                None => {
                    app.perform(action);
                    Flow::Close
                }
            },
            // Typed whole, with nothing that it cannot do without.
            Some(Choice::Begin(phrase)) if phrase.word == self.field.text() && phrase.arguments.starts_with('[') => {
                self.run(app, phrase, &[])
            }
            Some(Choice::Begin(_)) => {
                self.complete(app);
                Flow::Stay
            }
            None => {
                self.problem = Some("nothing of that name; ? shows every key and command".to_owned());
                Flow::Stay
            }
        }
    }

    fn run(&mut self, app: &mut App, phrase: &Phrase, arguments: &[String]) -> Flow {
        match phrases::run(app, phrase, arguments) {
            Ok(()) => Flow::Close,
            Err(why) => {
                self.problem = Some(why);
                Flow::Stay
            }
        }
    }
}

impl Screen for Palette {
    fn context(&self) -> Context {
        Context::Palette
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        if key.code == KeyCode::Backspace && self.field.text().is_empty() {
            return Some(Flow::Close);
        }
        if app.keymap.action(Context::Palette, key).is_some() {
            return None;
        }
        if self.field.key(key) {
            self.changed();
        }
        Some(Flow::Stay)
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Back => return Flow::Close,
            Action::Accept => return self.enter(app),
            Action::Complete => self.complete(app),
            action => {
                let len = self.choices(app).len();
                if let Some(step) = Step::of(action) {
                    self.scroll.step(step, len);
                }
            }
        }
        Flow::Stay
    }

    fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.changed();
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 84, area.height.saturating_sub(2).min(24));
        let inner = framed(buffer, area, Frame::Dialog, "Commands", "", &app.theme);
        let hints =
            [(Action::Accept, "run"), (Action::Complete, "complete"), (Action::Up, "choose"), (Action::Back, "close")];
        foot(buffer, area, &Hints::of(&app.keymap, Context::Palette, &hints), &app.theme);
        if inner.height < 2 || inner.width < 4 {
            return None;
        }
        draw_line(buffer, inner, &Rich::of(Role::Key, ":"), 0, &app.theme, Style::default());
        let cursor =
            self.field.draw(buffer, Rect { x: inner.x + 1, width: inner.width - 1, height: 1, ..inner }, &app.theme);
        let mut body = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
        let refused = match self.selected(app) {
            Some(Choice::Do(action)) => app.refusal(action).map(|why| format!("not now: {why}")),
            _ => None,
        };
        if let Some(problem) = self.problem.clone().or(refused) {
            let lines = text::wrap(&printable(&problem), usize::from(body.width).saturating_sub(2));
            let lines = &lines[..lines.len().min(usize::from(body.height / 2))];
            body.height -= u16::try_from(lines.len()).unwrap_or(0);
            for (y, line) in (body.bottom()..inner.bottom()).zip(lines) {
                let row = Rect { y, height: 1, ..inner };
                draw_line(buffer, row, &Rich::of(Role::Warning, &format!("! {line}")), 0, &app.theme, Style::default());
            }
        }
        let len = self.choices(app).len();
        let shown = self.scroll.window(len, usize::from(body.height));
        hits::list(body, &shown, self.scroll.cursor);
        let at = self.scroll.cursor;
        for (y, i) in (body.y..body.bottom()).zip(shown.clone()) {
            let Some(choice) = self.choices(app).get(i) else { break };
            let over = if i == at { app.theme.style(Role::Selected) } else { Style::default() };
            let row = Rect { y, height: 1, ..body };
            buffer.set_style(row, over);
            draw_line(buffer, row, &line(app, choice), 0, &app.theme, over);
        }
        draw_scrollbar(buffer, area, &shown, len, &app.theme);
        cursor
    }
}

fn line(app: &App, choice: &Choice) -> Rich {
    match choice {
        Choice::Do(action) => {
            let refused = app.refusal(*action);
            let role = if refused.is_some() { Role::Dim } else { Role::Text };
            let key = keys(app, *action);
            let mut line =
                Rich::of(role, " ").with(role, &text::fit(action.id(), 18)).with(Role::Key, &text::fit(&key, 10));
            if refused.is_some() {
                line.push(Role::Warning, "(not now) ");
            }
            line.push(role, action.help());
            line
        }
        Choice::Begin(phrase) => Rich::of(Role::Text, " ")
            .with(Role::Text, &text::fit(&phrase.shape()[1..], 28))
            .with(Role::Text, phrase.help),
        Choice::AsTyped(phrase, arguments) => {
            let line = Rich::of(Role::Text, " ").with(Role::Text, &format!("{} {}", phrase.word, arguments.join(" ")));
            line.with(Role::Dim, "  as typed")
        }
        Choice::Partition(_, pk, module) => {
            Rich::of(Role::Text, " ").with(Role::Text, pk).with(Role::Dim, &format!("  in {module}"))
        }
    }
}

/// The key of an action where it has one, here or elsewhere.
fn keys(app: &App, action: Action) -> String {
    let here = app.keymap.key(app.context(), action);
    let elsewhere = || Context::ALL.iter().find_map(|(c, ..)| app.keymap.key(*c, action));
    here.or_else(elsewhere).map(|k| k.to_string()).unwrap_or_default()
}

pub(crate) fn quoted(word: &str) -> String {
    if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.to_owned() }
}

fn suggest(app: &App, typed: &str) -> Vec<Choice> {
    if let Some((phrase, arguments)) = phrases::parse(typed).filter(|_| typed.contains(' ')) {
        let as_typed = Choice::AsTyped(phrase, arguments.clone());
        return match (phrase.word, arguments.as_slice()) {
            ("open" | "compare", []) => partitions(app, phrase, ""),
            ("open" | "compare", [pk]) if !typed.ends_with(' ') => {
                let known = partitions(app, phrase, pk).into_iter();
                let others = known.filter(|c| !matches!(c, Choice::Partition(_, known, _) if known == pk));
                std::iter::once(as_typed).chain(others).collect()
            }
            _ => vec![as_typed],
        };
    }
    let actions = Action::ALL.iter().filter(|a| a.is_command()).map(|a| (Choice::Do(*a), a.id(), a.help()));
    let commands = PHRASES.iter().map(|p| (Choice::Begin(p), p.word, p.help));
    let mut found: Vec<(i64, Choice)> = actions
        .chain(commands)
        .filter_map(|(choice, id, help)| {
            // The name counts for more than the sentence, of which whole words are wanted.
            let named = fuzzy::score(typed, id).map(|s| s * 2);
            let said = help.to_lowercase().contains(&typed.to_lowercase()).then_some(0);
            Some((named.max(said)?, choice))
        })
        .collect();
    if !typed.is_empty() {
        found.sort_by_key(|(score, _)| -score);
    }
    found.into_iter().map(|(_, choice)| choice).collect()
}

fn partitions(app: &App, phrase: &'static Phrase, typed: &str) -> Vec<Choice> {
    let own = app.history.opened.as_ref().map(|o| o.entity.key.pk.as_str()).filter(|_| phrase.word == "compare");
    let module = app.history.opened.as_ref().map(|o| o.entity.module.as_str()).filter(|_| phrase.word == "compare");
    let known = app.tenants.tree.partitions();
    let wanted = known.filter(|c| own != Some(c.pk.as_str()) && module.is_none_or(|m| m == c.module));
    let mut found: Vec<(i64, &str, &str)> =
        wanted.filter_map(|c| Some((fuzzy::score(typed, c.pk.as_str())?, c.pk.as_str(), c.module.as_str()))).collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    found.truncate(MOST);
    found.into_iter().map(|(_, pk, module)| Choice::Partition(phrase, pk.to_owned(), module.to_owned())).collect()
}
