//! The last step before a decision. Each looks different and is ended by something of its own; Enter alone never writes.

use std::borrow::Cow;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::part::Part;
use super::view::placed;
use crate::domain::printable::printable;
use crate::engine::protocol::{ApprovalRequest, Decision};
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::hints::keys;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::{Field, Hints, Rich, draw_line};
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Approve,
    ApproveRest,
    Skip,
    Hold,
    Split,
    Stop,
}

/// The result of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pressed {
    Nothing,
    Back,
    Decided(Decision),
}

/// The question.
#[derive(Debug)]
pub(crate) struct Confirm {
    verb: Verb,
    /// Text that must be typed, if any.
    wanted: Option<String>,
    /// It is the tenant of a protected profile, and goes with the decision.
    is_confirm: bool,
    field: Field,
    problem: Option<String>,
    batch: u32,
    items: u64,
    /// Items that are taken out.
    part: Part,
    /// Items that approving the rest writes, and how many stay held.
    rest: u64,
    held: u64,
    /// Items of later batches that wait.
    later: u64,
    /// The batch was held before.
    is_held: bool,
}

/// Stands in a text where a word is to stand out.
pub(super) const HOLE: &str = "\0";

/// A text in a role, with a word that stands out in its hole.
pub(super) fn around(text: &str, word: &str, role: Role) -> Rich {
    let (before, after) = text.split_once(HOLE).unwrap_or((text, ""));
    Rich::of(role, before).with(Role::Strong, word).with(role, after)
}

/// The text that is asked for where something else was typed.
pub(super) fn exactly(wanted: &str) -> String {
    tr!("type %{wanted} exactly as it stands here", wanted = wanted).into_owned()
}

/// Sentences one after the other; those that are empty are left out.
fn sentences(all: &[&str]) -> String {
    let all = all.iter().filter(|sentence| !sentence.is_empty()).map(|sentence| (*sentence).to_owned());
    // Japanese has no blank between two.
    all.reduce(|before, after| tr!("%{before} %{after}", before = before, after = after).into_owned())
        .unwrap_or_default()
}

impl Confirm {
    pub(super) fn new(verb: Verb, approval: &ApprovalRequest, part: &Part) -> Self {
        let writes = matches!(verb, Verb::Approve | Verb::ApproveRest);
        let part = if writes { part.clone() } else { Part::default() };
        let items = approval.items.len() as u64 - part.count();
        let tenant = approval.confirm.clone().filter(|_| writes);
        let left = approval.rest.saturating_sub(part.count());
        // An approval that asks for nothing more afterwards is not one key away.
        let rest = (verb == Verb::ApproveRest).then(|| left.to_string());
        Self {
            verb,
            is_confirm: tenant.is_some(),
            wanted: tenant.or(rest),
            field: Field::default(),
            problem: None,
            batch: approval.batch,
            items,
            rest: left,
            part,
            held: approval.held_back.1,
            later: approval.rest.saturating_sub(approval.items.len() as u64),
            is_held: approval.held,
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        if self.wanted.is_some() {
            self.field.paste(text);
        }
    }

    fn decision(&self) -> Decision {
        let confirm = self.wanted.clone().filter(|_| self.is_confirm);
        match self.verb {
            Verb::Approve => self.part.approve(false, confirm),
            Verb::ApproveRest => self.part.approve(true, confirm),
            Verb::Skip => Decision::Skip,
            Verb::Hold => Decision::Hold,
            Verb::Split => Decision::Split,
            Verb::Stop => Decision::Stop,
        }
    }

    /// The action that decides, where nothing is typed: another one for each.
    fn answer(&self) -> Action {
        match self.verb {
            Verb::Approve | Verb::ApproveRest => Action::ConfirmWrite,
            Verb::Skip => Action::ConfirmSkip,
            Verb::Hold => Action::ConfirmHold,
            Verb::Split => Action::ConfirmSplit,
            Verb::Stop => Action::ConfirmEnd,
        }
    }

    /// Takes a key as text, where something is to be typed.
    pub(super) fn typed(&mut self, key: Key) -> bool {
        self.problem = None;
        let is_text = self.wanted.is_some() && !matches!(key.code, KeyCode::Esc | KeyCode::Enter);
        if is_text {
            self.field.key(key);
        }
        is_text
    }

    pub(super) fn act(&mut self, action: Action) -> Pressed {
        match (action, &self.wanted) {
            (Action::Back, _) => return Pressed::Back,
            (Action::Accept, Some(wanted)) if self.field.text() == wanted => return Pressed::Decided(self.decision()),
            (Action::Accept, Some(wanted)) => self.problem = Some(exactly(wanted)),
            (action, None) if action == self.answer() => return Pressed::Decided(self.decision()),
            _ => {}
        }
        Pressed::Nothing
    }

    fn words(&self, app: &App) -> (Frame, String, String) {
        let items = format::plural(self.items, text!("%{n} item"), text!("%{n} items"));
        let placed = |title: Cow<'_, str>| placed(app.profile.protected, title.into_owned());
        let out = match self.part.count() {
            0 => String::new(),
            n => format::plural(
                n,
                text!("%{n} item is taken out and skipped for good."),
                text!("%{n} items are taken out and skipped for good."),
            ),
        };
        let batch = self.batch;
        match self.verb {
            Verb::Approve => {
                let then = match (self.later, self.held) {
                    (0, 0) => tr!("Nothing is left after it."),
                    (0, _) => tr!("What is held back is asked for next."),
                    _ => tr!("The run asks again before the next one."),
                };
                let what = tr!("Batch %{batch} is written: %{items}.", batch = batch, items = items);
                let title = placed(tr!("Write %{items}?", items = items));
                (Frame::Write, title, sentences(&[&what, &out, &then]))
            }
            Verb::ApproveRest => {
                let rest = match self.later {
                    0 => format::plural(
                        self.rest,
                        text!("%{n} item is written WITHOUT asking again: the last batch."),
                        text!("%{n} items are written WITHOUT asking again: the last batch."),
                    ),
                    _ => format::plural(
                        self.rest,
                        text!("%{n} item is written WITHOUT asking again: this batch and every later one."),
                        text!("%{n} items are written WITHOUT asking again: this batch and every later one."),
                    ),
                };
                let held = match self.held {
                    0 => String::new(),
                    n => format::plural(
                        n,
                        text!("%{n} held item is asked for afterwards."),
                        text!("%{n} held items are asked for afterwards."),
                    ),
                };
                let title = placed(tr!("Write ALL that is left, unseen?"));
                (Frame::Arm, title, sentences(&[&rest, &out, &held]))
            }
            Verb::Skip => {
                let then = match (self.later, self.held) {
                    (0, 0) => tr!("Nothing is left after it."),
                    (0, _) => tr!("What is held back is asked for next."),
                    _ => tr!("The run goes on with the next batch."),
                };
                let what = tr!("Nothing of the %{items} is written, now or when the run is resumed.", items = items);
                let title = tr!("Skip batch %{batch} for good?", batch = batch).into_owned();
                (Frame::Dialog, title, sentences(&[&what, &then]))
            }
            Verb::Hold => {
                let then = match (self.is_held, self.later) {
                    (true, _) => {
                        tr!("It was held before: the run ends without it, and asks for it when it is resumed.")
                    }
                    (false, 0) => tr!("No other batch waits: the run asks for what is held back."),
                    (false, _) => tr!("The run asks for it again when the others are through."),
                };
                let title = tr!("Hold batch %{batch} back?", batch = batch).into_owned();
                let what = sentences(&[&tr!("Nothing of it is written for now."), &then]);
                (Frame::Pane { focused: true }, title, what)
            }
            Verb::Split => {
                let what = tr!("Nothing is written. Its first half is asked for alone, and the rest afterwards.");
                let title = tr!("Split batch %{batch} in two?", batch = batch).into_owned();
                (Frame::Pane { focused: false }, title, what.into_owned())
            }
            Verb::Stop => {
                let what = tr!(
                    "Nothing more is written; batch %{batch} and what follows stay as they are. \
                     What was written stays written: the run can be resumed, or undone.",
                    batch = batch
                );
                (Frame::End, tr!("End the run here?").into_owned(), what.into_owned())
            }
        }
    }

    fn hint(&self) -> (Action, &'static str) {
        let what = match self.verb {
            Verb::Approve => text!("write them"),
            Verb::ApproveRest => text!("write all"),
            Verb::Skip => text!("skip it"),
            Verb::Hold => text!("hold it"),
            Verb::Split => text!("split it"),
            Verb::Stop => text!("end the run"),
        };
        match &self.wanted {
            Some(_) => (Action::Accept, what),
            None => (self.answer(), what),
        }
    }

    pub(super) fn draw(&self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let width = 68.min(area.width);
        let room = usize::from(width.saturating_sub(6)).max(4);
        let (frame, title, what) = self.words(app);
        let mut lines: Vec<Rich> =
            text::wrap(&printable(&what), room).iter().map(|l| Rich::of(Role::Text, l)).collect();
        lines.push(Rich::default());
        let mut label = Rich::default();
        if let Some(wanted) = &self.wanted {
            label = around(&tr!("Type %{wanted} and press Enter:", wanted = HOLE), wanted, Role::Warning);
            lines.push(label.clone());
            lines.push(Rich::default());
            lines.extend(self.problem.iter().map(|p| Rich::of(Role::Warning, &format!("! {p}"))));
        } else {
            let (action, does) = self.hint();
            let key = keys(&app.keymap, Context::Confirm, action).unwrap_or_default();
            let text = tr!("Press %{key} to %{does}.", key = HOLE, does = translated(does));
            lines.push(around(&text, &key, Role::Text));
        }
        let height = u16::try_from(lines.len()).unwrap_or(0) + 2;
        let area = centred(buffer, area, width, height);
        let inner = framed(buffer, area, frame, &title, "", theme);
        let hints = Hints::of(&app.keymap, Context::Confirm, &[(Action::Back, text!("back")), self.hint()]);
        foot(buffer, area, &hints, theme);
        let inner = Rect { x: inner.x + 2, width: inner.width.saturating_sub(4), ..inner };
        let mut cursor = None;
        for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
            let row = Rect { y, height: 1, ..inner };
            draw_line(buffer, row, line, 0, theme, Style::default());
            if self.wanted.is_some() && *line == label {
                let below = Rect { y: y + 1, width: row.width.min(40), ..row };
                cursor = if below.y < inner.bottom() { self.field.draw(buffer, below, theme) } else { None };
            }
        }
        cursor
    }
}
