//! A run's only item that waits for a decision: the dialog shows its exact rows, and writes nothing by reflex.

use std::borrow::Cow;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::confirm::{HOLE, around, exactly};
use crate::domain::publish::PublishMode;
use crate::engine::protocol::{ApprovalRequest, Decision, Level, Preview};
use crate::language::spoken;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::popup::{Frame, centred, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Field, Rich, Scroll, draw_line, draw_text, rule_of_part};
use crate::tui::screens::command::CommandBox;
use crate::tui::screens::described::Described;
use crate::tui::subject::is_user;
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Notes about the run that are shown at most.
const NOTES: usize = 3;

/// The item as it is shown: with what publishing it so leaves as it is, where it does not say so itself.
fn shown(mut item: Preview) -> Preview {
    let is_user = is_user(&item.entity.module, (item.version_before, item.version_after));
    let consequence = spoken(item.publish.consequence());
    // Warnings may have come translated.
    let is_told = item.warnings.iter().any(|words| spoken(words) == consequence);
    if item.publish == PublishMode::Sync && !is_user && !is_told {
        item.warnings.push(consequence.into_owned());
    }
    item
}

/// Lines of the dialog from which on run and whole digest have a place in it.
const SMALL: u16 = 12;

/// Effect of Enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Button {
    Stop,
    Write,
}

/// Its state.
#[derive(Debug)]
pub(super) struct One {
    button: Button,
    field: Field,
    items: Described,
    scroll: Scroll,
    /// Lines that can be scrolled through.
    lines: usize,
    problem: Option<String>,
}

impl One {
    /// Where a batch is all of its run, and has one item.
    pub(super) fn of(approval: &ApprovalRequest) -> Option<Self> {
        let is_all = approval.canary && approval.waiting <= 1 && approval.items.len() == 1;
        is_all.then(|| Self {
            button: Button::Stop,
            field: Field::default(),
            items: Described::new(approval.items.iter().cloned().map(shown).collect()),
            scroll: Scroll::default(),
            lines: 0,
            problem: None,
        })
    }

    /// Takes a key as text, while a name is typed.
    pub(super) fn typed(&mut self, approval: &ApprovalRequest, key: Key) -> bool {
        use KeyCode as Code;
        self.problem = None;
        // Letters are text while a name is typed, and so are moves in it; what decides stays a key.
        let is_move = matches!(key.code, Code::Left | Code::Right | Code::Home | Code::End);
        let is_text = is_move || matches!(key.code, Code::Char(_) | Code::Backspace | Code::Delete);
        if approval.confirm.is_none() || !is_text {
            return false;
        }
        self.field.key(key);
        true
    }

    pub(super) fn paste(&mut self, approval: &ApprovalRequest, text: &str) {
        if approval.confirm.is_some() {
            self.field.paste(text);
        }
    }

    /// Does what a key stands for; gives back the decision that it makes.
    pub(super) fn act(&mut self, app: &mut App, approval: &ApprovalRequest, action: Action) -> Option<Decision> {
        match action {
            Action::Back => return Some(Decision::Stop),
            Action::Left => self.button = Button::Stop,
            Action::Right => self.button = Button::Write,
            Action::Choose => {
                self.button = if self.button == Button::Stop { Button::Write } else { Button::Stop };
            }
            Action::Accept => return self.accept(approval),
            Action::ShowCommand => {
                let line = app.line_of_approval(approval);
                app.stack.push(CommandBox::new(line));
            }
            action => {
                if let Some(step) = Step::of(action) {
                    self.scroll.slide(step, self.lines);
                }
            }
        }
        None
    }

    fn accept(&mut self, approval: &ApprovalRequest) -> Option<Decision> {
        if self.button == Button::Stop {
            return Some(Decision::Stop);
        }
        match &approval.confirm {
            Some(wanted) if wanted != self.field.text() => {
                self.problem = Some(exactly(wanted));
                None
            }
            confirm => Some(Decision::Approve { confirm: confirm.clone() }),
        }
    }

    pub(super) fn draw(
        &mut self,
        app: &App,
        approval: &ApprovalRequest,
        buffer: &mut Buffer,
        area: Rect,
    ) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 104, area.height.saturating_sub(2));
        let title = if app.profile.protected { tr!("PRODUCTION: write this?") } else { tr!("Write this?") };
        let digest: String = approval.digest.chars().take(16).collect();
        let note = tr!("digest %{digest}", digest = digest);
        let inner = framed(buffer, area, Frame::Write, &title, &note, &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        // Where little is shown of the item, run and digest stand back: the frame has the digest's beginning.
        let facts = if inner.height < SMALL { 0 } else { 2 };
        let wanted = approval.confirm.as_deref().map(|wanted| Wanted::of(wanted, inner.width));
        let foot = facts + wanted.as_ref().map_or(0, Wanted::height) + 1;
        let room = usize::from(inner.width).max(4);
        let notes: Vec<Rich> = approval.notes[..approval.notes.len().min(NOTES)]
            .iter()
            .flat_map(|(level, words)| {
                problem::notice(words, if *level == Level::Info { Role::Text } else { Role::Warning }, room)
            })
            .collect();
        // Where there is little room they stand behind the item.
        let is_small = inner.height < SMALL;
        let noted = if is_small { 0 } else { u16::try_from(notes.len()).unwrap_or(0) };
        let mut body = Rect { height: inner.height.saturating_sub(foot + noted), ..inner };
        let end = body.bottom();
        let item = self.items.lines(room);
        let lines: Cow<'_, [Rich]> = match is_small && !notes.is_empty() {
            true => item.iter().chain(&notes).cloned().collect(),
            false => item.into(),
        };
        self.lines = lines.len();
        if lines.len() > usize::from(body.height) && body.height > 3 {
            body.height -= 1;
            let shown = self.scroll.text_window(lines.len(), usize::from(body.height));
            let key = app.key_of(Context::Approval, Action::ScrollDown);
            let rule = rule_of_part(&shown, lines.len(), &key, room);
            let below = Rect { y: body.bottom(), height: 1, ..inner };
            draw_line(buffer, below, &rule, 0, &app.theme, Style::default());
        }
        draw_text(buffer, area, body, &lines, &mut self.scroll, &app.theme);
        if inner.height < foot + noted {
            return None;
        }
        for (y, line) in (end..end + noted).zip(&notes) {
            draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, &app.theme, Style::default());
        }
        let area = Rect { y: end + noted, height: foot, ..inner };
        if facts > 0 {
            draw_facts(app, approval, buffer, area);
        }
        self.draw_foot(app, wanted.as_ref(), buffer, Rect { y: area.y + facts, height: foot - facts, ..area })
    }

    fn draw_foot(&self, app: &App, wanted: Option<&Wanted>, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let row = |i: u16| Rect { y: area.y + i, height: 1, ..area };
        let mut cursor = None;
        if let Some(wanted) = wanted {
            draw_line(buffer, row(0), &wanted.label, 0, theme, Style::default());
            let (at, left) = if wanted.is_beside { (row(0), wanted.used()) } else { (row(1), 0) };
            cursor = self.field.draw(buffer, Rect { x: at.x + left, width: (at.width - left).min(30), ..at }, theme);
        }
        let chosen = |button| if self.button == button { Role::Button } else { Role::Text };
        // Without its blanks a text is what a key does, in the help.
        let mut buttons = Rich::of(chosen(Button::Stop), &tr!(" Write nothing ")).with(Role::Text, "  ");
        buttons.push(chosen(Button::Write), &tr!(" Write it "));
        match &self.problem {
            Some(problem) => buttons.push(Role::Warning, &format!("  ! {problem}")),
            None => {
                let keys = tr!("Tab choose · Enter do it · Esc write nothing");
                let has_room = buttons.width() + 3 + text::width(&keys) <= usize::from(area.width);
                let keys = if has_room { keys } else { tr!("Tab choose · Enter · Esc") };
                buttons.push(Role::Dim, &format!("   {keys}"));
            }
        }
        draw_line(buffer, row(area.height - 1), &buttons, 0, theme, Style::default());
        cursor
    }
}

/// The name that has to be typed: what asks for it, and whether there is room to type beside.
struct Wanted {
    label: Rich,
    is_beside: bool,
}

impl Wanted {
    fn of(wanted: &str, room: u16) -> Self {
        let text = format!("{} ", tr!("Type %{wanted} to be able to write it:", wanted = HOLE));
        let label = around(&text, wanted, Role::Warning);
        let is_beside = label.width() + 12 < usize::from(room);
        Self { label, is_beside }
    }

    fn used(&self) -> u16 {
        u16::try_from(self.label.width()).unwrap_or(u16::MAX)
    }

    fn height(&self) -> u16 {
        if self.is_beside { 1 } else { 2 }
    }
}

/// Run, batch and whole digest.
fn draw_facts(app: &App, approval: &ApprovalRequest, buffer: &mut Buffer, area: Rect) {
    let items = format::plural(approval.items.len() as u64, text!("%{n} item"), text!("%{n} items"));
    let (run, batch) = (approval.run, approval.batch);
    let facts = tr!("run %{run}, batch %{batch}, %{items}, digest", run = run, batch = batch, items = items);
    for (y, words) in (area.y..).zip([facts.as_ref(), &approval.digest]) {
        draw_line(buffer, Rect { y, height: 1, ..area }, &Rich::of(Role::Dim, words), 0, &app.theme, Style::default());
    }
}
