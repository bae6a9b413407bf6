//! The palette: every action and command by some of its letters.

pub(crate) mod files;
mod line;
mod suggest;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::phrases::{self, Phrase};
use crate::domain::printable::printable;
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::{Context, Key};
use crate::tui::memory::{MemoryChange, Spot};
use crate::tui::parts::hits;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::recall::Recall;
use crate::tui::parts::scroll::Step;
use crate::tui::parts::scroll::draw_scrollbar;
use crate::tui::parts::{Field, Hints, Rich, Scroll, draw_line};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::text;
use crate::tui::theme::Role;
use line::line;
use suggest::{line_to, near, suggest};

/// Cells of the column of commands, with the gap behind them.
const SHAPE: usize = 28;
/// Commands that show nothing: a list over the panes stays.
const BESIDE: [&str; 3] = ["keep", "forget", "copy"];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    Do(Action),
    /// A command that still wants its arguments.
    Begin(&'static Phrase),
    /// A command with all of its arguments.
    Line(&'static str),
    /// The command with its arguments as they were typed.
    AsTyped(&'static Phrase, Vec<String>),
    /// A command with a file that may be meant, or a directory of it.
    File(&'static Phrase, Vec<String>),
    /// A partition for a command that wants one, and its module.
    Partition(&'static Phrase, String, String),
    /// Somewhere to go back to, with the name that it is kept under.
    Spot(Option<String>, Spot),
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

    /// Words for what it does, as [`text!`] marks them; none where the line itself says all.
    fn help(&self) -> Option<&'static str> {
        self.note.or(match &self.choice {
            Choice::Do(action) => Some(action.help()),
            Choice::Begin(phrase) => Some(phrase.help),
            _ => None,
        })
    }
}

/// The palette.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    field: Field,
    choices: Option<Vec<Offer>>,
    /// Nothing is called what was typed: the choices are what comes near.
    is_near: bool,
    /// The directory, as it is typed, whose names were asked for, and whether they are offered.
    listing: Option<(String, bool)>,
    scroll: Scroll,
    problem: Option<String>,
    recall: Recall,
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

    /// Shows a line from before, or what was typed again.
    fn recalled(&mut self, line: Option<String>) -> bool {
        let Some(line) = line else { return false };
        self.field = Field::holding(&line);
        self.show();
        true
    }

    fn changed(&mut self) {
        self.recall.end();
        self.show();
    }

    fn show(&mut self) {
        self.choices = None;
        self.problem = None;
        self.scroll = Scroll::default();
    }

    fn selected(&mut self, app: &App) -> Option<Choice> {
        let cursor = self.scroll.cursor;
        self.choices(app).get(cursor).map(|offer| offer.choice.clone())
    }

    /// The words of the selected line, where it has no room for all of them.
    fn cut(&mut self, app: &App, room: usize) -> Option<String> {
        let cursor = self.scroll.cursor;
        let offer = self.choices(app).get(cursor)?;
        let help = translated(offer.help()?);
        match &offer.choice {
            Choice::Begin(phrase) if text::width(&phrase.shape()) > SHAPE => {
                Some(format!("{}: {help}", &phrase.shape()[1..]))
            }
            _ => (line(app, offer).width() > room).then(|| help.into_owned()),
        }
    }

    fn complete(&mut self, app: &App) {
        let mut chosen = self.selected(app);
        // The typed text is complete as it stands; the partition or place that it may be the beginning of is meant.
        let is_typed = |choice: &Choice| match choice {
            Choice::AsTyped(phrase, arguments) => line_of(phrase, arguments) == self.field.text().trim(),
            _ => false,
        };
        if chosen.as_ref().is_some_and(is_typed) {
            let mut offered = self.choices(app).iter().map(|offer| &offer.choice);
            chosen =
                offered.find(|c| matches!(c, Choice::Partition(..) | Choice::Spot(..) | Choice::File(..))).cloned();
        }
        match chosen {
            Some(Choice::Begin(phrase)) => self.field = Field::holding(&format!("{} ", phrase.word)),
            Some(Choice::Partition(phrase, pk, _)) => {
                self.field = Field::holding(&format!("{} {} ", phrase.word, quoted(&pk)));
            }
            Some(Choice::File(phrase, arguments)) => self.field = Field::holding(&line_of(phrase, &arguments)),
            Some(Choice::Line(line)) => self.field = Field::holding(line),
            Some(Choice::Do(action)) if self.is_near => self.field = Field::holding(action.id()),
            Some(Choice::Spot(_, spot)) => self.field = Field::holding(&line_to(&spot)),
            Some(Choice::AsTyped(phrase, arguments)) => self.field = Field::holding(&line_of(phrase, &arguments)),
            Some(Choice::Do(_)) | None => return,
        }
        self.changed();
    }

    /// Does what is chosen, where lists over the panes do not hide it.
    fn enter(&mut self, app: &mut App) -> Flow {
        let is_beside = matches!(self.selected(app), Some(Choice::AsTyped(phrase, _)) if BESIDE.contains(&phrase.word));
        let gave_way = if is_beside { 0 } else { app.stack.give_way() };
        let flow = self.choose(app);
        match flow {
            Flow::Stay => app.stack.take_back(gave_way),
            Flow::Close | Flow::Leave => app.give_up_lists(),
        }
        flow
    }

    fn choose(&mut self, app: &mut App) -> Flow {
        match self.selected(app) {
            // It was not typed: taken up first, so that a second Enter runs it.
            Some(_) if self.is_near => {
                self.complete(app);
                Flow::Stay
            }
            // A directory is gone into.
            Some(Choice::File(_, arguments)) if arguments.last().is_some_and(|file| file.ends_with('/')) => {
                self.complete(app);
                Flow::Stay
            }
            Some(Choice::AsTyped(phrase, arguments) | Choice::File(phrase, arguments)) => {
                self.run(app, phrase, &arguments)
            }
            Some(Choice::Line(line)) => match phrases::parse(line) {
                Some((phrase, arguments)) => self.run(app, phrase, &arguments),
                None => Flow::Stay,
            },
            Some(Choice::Partition(phrase, pk, _)) => self.run(app, phrase, &[pk]),
            Some(Choice::Spot(_, spot)) => match app.go_to(spot) {
                Ok(()) => Flow::Close,
                Err(why) => {
                    self.problem = Some(why);
                    Flow::Stay
                }
            },
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
                self.problem =
                    Some(tr!("nothing of that name, nor near it; ? shows every key and command").into_owned());
                Flow::Stay
            }
        }
    }

    fn run(&mut self, app: &mut App, phrase: &Phrase, arguments: &[String]) -> Flow {
        match phrases::run(app, phrase, arguments) {
            Ok(()) => {
                app.remember(MemoryChange::Command(line_of(phrase, arguments)));
                Flow::Close
            }
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

    fn ask(&mut self, app: &mut App) {
        let Some(lead) = files::lead(self.field.text()) else { return };
        match &mut self.listing {
            Some((asked, is_offered)) if *asked == lead => {
                // Names that came meanwhile are offered at once.
                if !*is_offered
                    && app.files.as_ref().is_some_and(|listed| listed.lead == lead && listed.names.is_some())
                {
                    (*is_offered, self.choices) = (true, None);
                }
            }
            listing => {
                *listing = Some((lead.clone(), false));
                files::list(app, lead);
            }
        }
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Back => return Flow::Close,
            Action::Accept => return self.enter(app),
            Action::Complete => self.complete(app),
            // Above the first suggestion stand the lines from before.
            Action::Up if self.scroll.cursor == 0 => {
                let line = self.recall.older(self.field.text(), &app.memory.commands);
                self.recalled(line);
            }
            Action::Down if self.recall.is_at_work() => {
                let line = self.recall.newer(&app.memory.commands);
                self.recalled(line);
            }
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
        let inner = framed(buffer, area, Frame::Dialog, &tr!("Commands"), &place, &app.theme);
        let accept = if self.is_near { text!("take it up") } else { text!("run") };
        let hints = [
            (Action::Accept, accept),
            (Action::Complete, text!("complete")),
            (Action::Up, text!("choose")),
            (Action::Back, text!("close")),
        ];
        foot(buffer, area, &Hints::of(&app.keymap, Context::Palette, &hints), &app.theme);
        if inner.height < 2 || inner.width < 4 {
            return None;
        }
        draw_line(buffer, inner, &Rich::of(Role::Key, ":"), 0, &app.theme, Style::default());
        let cursor =
            self.field.draw(buffer, Rect { x: inner.x + 1, width: inner.width - 1, height: 1, ..inner }, &app.theme);
        let mut body = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
        let refused = match self.selected(app) {
            Some(Choice::Do(action)) => app.refusal(action).map(|why| tr!("not now: %{why}", why = why).into_owned()),
            _ => None,
        };
        let below = match self.problem.clone().or(refused) {
            Some(problem) => Some((Role::Warning, "! ", problem)),
            None => self.cut(app, usize::from(body.width)).map(|words| (Role::Text, "  ", words)),
        };
        if let Some((role, lead, words)) = below {
            let lines = text::wrap(&printable(&words), usize::from(body.width).saturating_sub(2));
            let lines = &lines[..lines.len().min(usize::from(body.height / 2))];
            body.height -= u16::try_from(lines.len()).unwrap_or(0);
            for (y, line) in (body.bottom()..inner.bottom()).zip(lines) {
                let row = Rect { y, height: 1, ..inner };
                draw_line(buffer, row, &Rich::of(role, &format!("{lead}{line}")), 0, &app.theme, Style::default());
            }
        }
        if self.is_near {
            let words = if len == 0 { tr!("nothing of that name") } else { tr!("nothing of that name; near it are:") };
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

/// The line of a command with its arguments.
fn line_of(phrase: &Phrase, arguments: &[String]) -> String {
    let words = std::iter::once(phrase.word.to_owned()).chain(arguments.iter().map(|word| quoted(word)));
    words.collect::<Vec<_>>().join(" ")
}

pub(crate) fn quoted(word: &str) -> String {
    if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.to_owned() }
}
