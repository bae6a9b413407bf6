//! The palette: every action and command by some of its letters.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::phrases::{self, PHRASES, Phrase};
use crate::domain::printable::printable;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::intents::{self, Lead};
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
/// Likeness from which on a name is near another; 1 is the same.
const ALIKE: f64 = 0.8;
/// Names that are offered as near at most.
const NEAREST: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    Do(Action),
    /// A command that still wants its arguments.
    Begin(&'static Phrase),
    /// A command with all of its arguments.
    Line(&'static str),
    /// The command with its arguments as they were typed.
    AsTyped(&'static Phrase, Vec<String>),
    /// A partition for a command that wants one, and its module.
    Partition(&'static Phrase, String, String),
}

/// A choice, and what it does for somebody who typed another word for it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Offer {
    choice: Choice,
    note: Option<&'static str>,
}

impl Offer {
    fn plain(choice: Choice) -> Self {
        Self { choice, note: None }
    }
}

/// The palette.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    field: Field,
    choices: Option<Vec<Offer>>,
    /// Nothing is called what was typed: the choices are what comes near.
    is_near: bool,
    scroll: Scroll,
    problem: Option<String>,
}

impl Palette {
    /// With the beginning of a command typed already.
    pub(crate) fn holding(text: &str) -> Self {
        Self { field: Field::holding(text), ..Self::default() }
    }

    fn choices(&mut self, app: &App) -> &[Offer] {
        let (typed, is_near) = (self.field.text(), &mut self.is_near);
        self.choices.get_or_insert_with(|| {
            let found = suggest(app, typed);
            *is_near = found.is_empty();
            if found.is_empty() { near(typed) } else { found }
        })
    }

    fn changed(&mut self) {
        self.choices = None;
        self.problem = None;
        self.scroll = Scroll::default();
    }

    fn selected(&mut self, app: &App) -> Option<Choice> {
        let cursor = self.scroll.cursor;
        self.choices(app).get(cursor).map(|offer| offer.choice.clone())
    }

    fn complete(&mut self, app: &App) {
        let mut chosen = self.selected(app);
        // What was typed is complete as it stands; what it may be the beginning of is meant.
        if matches!(chosen, Some(Choice::AsTyped(..))) {
            let mut offered = self.choices(app).iter().map(|offer| &offer.choice);
            chosen = offered.find(|c| matches!(c, Choice::Partition(..))).cloned();
        }
        match chosen {
            Some(Choice::Begin(phrase)) => self.field = Field::holding(&format!("{} ", phrase.word)),
            Some(Choice::Partition(phrase, pk, _)) => {
                self.field = Field::holding(&format!("{} {} ", phrase.word, quoted(&pk)));
            }
            Some(Choice::Line(line)) => self.field = Field::holding(line),
            Some(Choice::Do(action)) if self.is_near => self.field = Field::holding(action.id()),
            Some(Choice::Do(_) | Choice::AsTyped(..)) | None => return,
        }
        self.changed();
    }

    fn enter(&mut self, app: &mut App) -> Flow {
        match self.selected(app) {
            // It was not typed: taken up first, so that a second Enter runs it.
            Some(_) if self.is_near => {
                self.complete(app);
                Flow::Stay
            }
            Some(Choice::AsTyped(phrase, arguments)) => self.run(app, phrase, &arguments),
            Some(Choice::Line(line)) => match phrases::parse(line) {
                Some((phrase, arguments)) => self.run(app, phrase, &arguments),
                None => Flow::Stay,
            },
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
                self.problem = Some("nothing of that name, nor near it; ? shows every key and command".to_owned());
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
        let len = self.choices(app).len();
        let place = format!("{}/{}", format::len((self.scroll.cursor + 1).min(len)), format::len(len));
        let inner = framed(buffer, area, Frame::Dialog, "Commands", &place, &app.theme);
        let accept = if self.is_near { "take it up" } else { "run" };
        let hints =
            [(Action::Accept, accept), (Action::Complete, "complete"), (Action::Up, "choose"), (Action::Back, "close")];
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
        if self.is_near {
            let words = if len == 0 { "nothing of that name" } else { "nothing of that name; near it are:" };
            draw_line(buffer, body, &Rich::of(Role::Warning, &format!("! {words}")), 0, &app.theme, Style::default());
            body = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
        }
        let shown = self.scroll.window(len, usize::from(body.height));
        hits::list(body, &shown, self.scroll.cursor);
        let at = self.scroll.cursor;
        for (y, i) in (body.y..body.bottom()).zip(shown.clone()) {
            let Some(offer) = self.choices(app).get(i) else { break };
            let over = if i == at { app.theme.style(Role::Selected) } else { Style::default() };
            let row = Rect { y, height: 1, ..body };
            buffer.set_style(row, over);
            draw_line(buffer, row, &line(app, offer), 0, &app.theme, over);
        }
        draw_scrollbar(buffer, area, &shown, len, &app.theme);
        cursor
    }
}

fn line(app: &App, offer: &Offer) -> Rich {
    match &offer.choice {
        Choice::Do(action) => {
            let refused = app.refusal(*action);
            let role = if refused.is_some() { Role::Dim } else { Role::Text };
            let key = keys(app, *action);
            let mut line =
                Rich::of(role, " ").with(role, &text::fit(action.id(), 18)).with(Role::Key, &text::fit(&key, 10));
            if refused.is_some() {
                line.push(Role::Warning, "(not now) ");
            }
            line.push(role, offer.note.unwrap_or_else(|| action.help()));
            line
        }
        Choice::Line(words) => Rich::of(Role::Text, " ")
            .with(Role::Text, &text::fit(words, 28))
            .with(Role::Text, offer.note.unwrap_or_default()),
        Choice::Begin(phrase) => Rich::of(Role::Text, " ")
            .with(Role::Text, &text::fit(&phrase.shape()[1..], 28))
            .with(Role::Text, offer.note.unwrap_or(phrase.help)),
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

fn suggest(app: &App, typed: &str) -> Vec<Offer> {
    if let Some((phrase, arguments)) = phrases::parse(typed).filter(|_| typed.contains(' ')) {
        let as_typed = Choice::AsTyped(phrase, arguments.clone());
        let choices = match (phrase.word, arguments.as_slice()) {
            ("open" | "compare", []) => partitions(app, phrase, ""),
            ("open" | "compare", [pk]) if !typed.ends_with(' ') => {
                let known = partitions(app, phrase, pk).into_iter();
                let others = known.filter(|c| !matches!(c, Choice::Partition(_, known, _) if known == pk));
                std::iter::once(as_typed).chain(others).collect()
            }
            _ => vec![as_typed],
        };
        return choices.into_iter().map(Offer::plain).collect();
    }
    let mut found: Vec<(i64, Offer)> =
        named().filter_map(|(choice, id, help)| Some((named_score(typed, id, help)?, Offer::plain(choice)))).collect();
    if !typed.trim().is_empty() {
        for meant in intents::meant(typed) {
            let Some(choice) = Choice::of(meant.lead) else { continue };
            let note = Some(meant.note).filter(|note| !note.is_empty());
            match found.iter_mut().find(|(_, offer)| offer.choice == choice) {
                Some((score, offer)) if meant.score > *score => (*score, offer.note) = (meant.score, note),
                Some(_) => {}
                None => found.push((meant.score, Offer { choice, note })),
            }
        }
        found.sort_by_key(|(score, _)| -score);
    }
    found.into_iter().map(|(_, offer)| offer).collect()
}

/// Every action and command with its name and its help.
fn named() -> impl Iterator<Item = (Choice, &'static str, &'static str)> {
    let actions = Action::ALL.iter().filter(|a| a.is_command()).map(|a| (Choice::Do(*a), a.id(), a.help()));
    actions.chain(PHRASES.iter().map(|p| (Choice::Begin(p), p.word, p.help)))
}

/// The name counts for more than the sentence, of which whole words are wanted; what begins a name is meant before anything else.
fn named_score(typed: &str, id: &str, help: &str) -> Option<i64> {
    let typed = typed.trim().to_lowercase();
    let begins = !typed.is_empty() && id.starts_with(&typed);
    let beginning = begins.then(|| if id == typed { intents::NAME } else { intents::BEGINNING });
    let some = fuzzy::score(&typed, id).map(|score| score * 2 + beginning.unwrap_or(0));
    some.max(help.to_lowercase().contains(&typed).then_some(0))
}

/// What comes nearest to a text that is nothing's name.
fn near(typed: &str) -> Vec<Offer> {
    let typed = typed.trim().to_lowercase();
    let alike = |name: &str| {
        let parts = name.split('-').chain(std::iter::once(name));
        parts.map(|part| strsim::jaro_winkler(part, &typed)).fold(0.0, f64::max)
    };
    let meant = intents::all().filter_map(|(word, lead, note)| {
        Some((alike(word), Offer { choice: Choice::of(lead)?, note: Some(note).filter(|note| !note.is_empty()) }))
    });
    let mut found: Vec<(f64, Offer)> =
        named().map(|(choice, id, _)| (alike(id), Offer::plain(choice))).chain(meant).collect();
    found.retain(|(score, _)| *score >= ALIKE);
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut offers: Vec<Offer> = Vec::new();
    for (_, offer) in found {
        if offers.len() < NEAREST && offers.iter().all(|known| known.choice != offer.choice) {
            offers.push(offer);
        }
    }
    offers
}

impl Choice {
    /// Where a word of people's own leads.
    fn of(lead: Lead) -> Option<Self> {
        Some(match lead {
            Lead::Do(action) => Self::Do(action),
            Lead::Begin(word) => Self::Begin(PHRASES.iter().find(|p| p.word == word)?),
            Lead::Line(line) => Self::Line(line),
        })
    }
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
