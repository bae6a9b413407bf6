//! What lies over the panes: dialogs, palette, help. The topmost gets the keys.

pub(crate) mod approval;
pub(crate) mod arm;
pub(crate) mod batch;
pub(crate) mod collisions;
pub(crate) mod command;
pub(crate) mod copy;
pub(crate) mod discard;
pub(crate) mod findings;
pub(crate) mod help;
pub(crate) mod item;
pub(crate) mod palette;
pub(crate) mod paused;
pub(crate) mod phrases;
pub(crate) mod preview;
pub(crate) mod quit;
pub(crate) mod runs;
pub(crate) mod stop;
pub(crate) mod users;
pub(crate) mod verification;
pub(crate) mod violations;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::App;
use super::keymap::Key;
use super::widgets::Scroll;
use super::widgets::scroll::Step;
use crate::engine::failure::Failure;
use crate::engine::protocol::RequestId;

/// Whether a layer stays after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    No,
}

/// One thing that lies over the panes.
#[derive(Debug)]
pub(crate) enum Layer {
    Help(help::Help),
    Palette(palette::Palette),
    Copy(copy::CopyMenu),
    Command(command::CommandBox),
    Preview(preview::PreviewBox),
    Approval(Box<approval::Approval>),
    Arm,
    Batch(Box<batch::Batch>),
    Paused,
    StopRun,
    Item(Box<item::ItemBox>),
    Discard(discard::Discard),
    Collisions(Box<collisions::Collisions>),
    Findings(Box<findings::FindingsBox>),
    Runs(Box<runs::Runs>),
    Users(Box<users::Users>),
    Violations(Box<violations::Violations>),
    Verification(Box<verification::VerificationBox>),
    Quit,
}

impl Layer {
    /// Handles a key.
    pub(crate) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        match self {
            Self::Help(help) => help.key(key),
            Self::Palette(palette) => palette.key(app, key),
            Self::Copy(menu) => menu.key(app, key),
            Self::Command(command) => command.key(app, key),
            Self::Preview(preview) => preview.key(app, key),
            Self::Approval(approval) => approval.key(app, key),
            Self::Arm => arm::key(app, key),
            Self::Batch(batch) => batch.key(app, key),
            Self::Paused => paused::key(app, key),
            Self::StopRun => stop::key(app, key),
            Self::Item(item) => item.key(key),
            Self::Discard(discard) => discard.key(app, key),
            Self::Collisions(collisions) => collisions.key(app, key),
            Self::Findings(findings) => findings.key(app, key),
            Self::Runs(runs) => runs.key(app, key),
            Self::Users(users) => users.key(app, key),
            Self::Violations(violations) => violations.key(app, key),
            Self::Verification(verification) => verification.key(app, key),
            Self::Quit => quit::key(app, key),
        }
    }

    /// Takes pasted text.
    pub(crate) fn paste(&mut self, text: &str) {
        match self {
            Self::Help(help) => help.paste(text),
            Self::Palette(palette) => palette.paste(text),
            Self::Approval(approval) => approval.paste(text),
            Self::Batch(batch) => batch.paste(text),
            Self::Collisions(collisions) => collisions.paste(text),
            Self::Findings(findings) => findings.paste(text),
            Self::Users(users) => users.paste(text),
            Self::Verification(verification) => verification.paste(text),
            _ => {}
        }
    }

    /// Something that it waits for failed.
    pub(crate) fn fail(&mut self, request: RequestId, failure: &Failure) {
        match self {
            Self::Preview(preview) => preview.fail(request, failure),
            Self::Runs(runs) => runs.fail(request, failure),
            Self::Users(users) => users.fail(request, failure),
            _ => {}
        }
    }

    /// Something that it waits for ended.
    pub(crate) fn finish(&mut self, request: RequestId, cancelled: bool) {
        match self {
            Self::Preview(preview) => preview.finish(request, cancelled),
            Self::Runs(runs) => runs.finish(request),
            Self::Users(users) => users.finish(request, cancelled),
            _ => {}
        }
    }

    /// Draws it and returns where the cursor is, if it has one.
    pub(crate) fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        match self {
            Self::Help(help) => help.draw(app, buffer, area),
            Self::Palette(palette) => palette.draw(app, buffer, area),
            Self::Copy(menu) => menu.draw(app, buffer, area),
            Self::Command(command) => command.draw(app, buffer, area),
            Self::Preview(preview) => preview.draw(app, buffer, area),
            Self::Approval(approval) => approval.draw(app, buffer, area),
            Self::Arm => arm::draw(app, buffer, area),
            Self::Batch(batch) => batch.draw(app, buffer, area),
            Self::Paused => paused::draw(app, buffer, area),
            Self::StopRun => stop::draw(app, buffer, area),
            Self::Item(item) => item.draw(app, buffer, area),
            Self::Discard(discard) => discard.draw(app, buffer, area),
            Self::Collisions(collisions) => collisions.draw(app, buffer, area),
            Self::Findings(findings) => findings.draw(app, buffer, area),
            Self::Runs(runs) => runs.draw(app, buffer, area),
            Self::Users(users) => users.draw(app, buffer, area),
            Self::Violations(violations) => violations.draw(app, buffer, area),
            Self::Verification(verification) => verification.draw(app, buffer, area),
            Self::Quit => quit::draw(app, buffer, area),
        }
    }
}

/// The step that a key means in a dialog's list or text; letters only where nothing is typed.
pub(crate) fn step(key: Key, letters: bool) -> Option<Step> {
    use crossterm::event::KeyCode as Code;
    let ctrl = key.modifiers.contains(crossterm::event::KeyModifiers::CONTROL);
    Some(match key.code {
        Code::Up => Step::Lines(-1),
        Code::Down => Step::Lines(1),
        Code::PageUp => Step::Pages(-1),
        Code::PageDown => Step::Pages(1),
        Code::Char('p') if ctrl => Step::Lines(-1),
        Code::Char('n') if ctrl => Step::Lines(1),
        Code::Char('u') if ctrl && letters => Step::HalfPages(-1),
        Code::Char('d') if ctrl && letters => Step::HalfPages(1),
        Code::Home if letters => Step::First,
        Code::End if letters => Step::Last,
        Code::Char('k') if letters => Step::Lines(-1),
        Code::Char('j') if letters => Step::Lines(1),
        Code::Char('g') if letters => Step::First,
        Code::Char('G') if letters => Step::Last,
        _ => return None,
    })
}

/// Draws lines with a scrollbar on the frame round them.
pub(crate) fn draw_text(
    buffer: &mut Buffer,
    frame: Rect,
    inner: Rect,
    lines: &[super::widgets::Rich],
    scroll: &mut Scroll,
    theme: &super::theme::Theme,
) {
    let shown = scroll.text_window(lines.len(), usize::from(inner.height));
    for (y, line) in (inner.y..inner.bottom()).zip(&lines[shown.clone()]) {
        let row = Rect { y, height: 1, ..inner };
        super::widgets::draw_line(buffer, row, line, 0, theme, ratatui::style::Style::default());
    }
    super::widgets::scroll::draw_scrollbar(buffer, frame, &shown, lines.len(), theme);
}
