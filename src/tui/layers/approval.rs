//! The dialog that writes: it shows the exact rows and their digest, and writes nothing by reflex.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::command::CommandBox;
use super::preview::Described;
use super::{Kept, Layer, draw_text, step};
use crate::engine::protocol::{ApprovalRequest, Decision, RequestId};
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::Key;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, framed};
use crate::tui::widgets::{Field, Rich, Scroll, draw_line};

/// What Enter does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Button {
    Stop,
    Write,
}

/// A batch that waits for a decision.
#[derive(Debug)]
pub(crate) struct Approval {
    /// The request that it belongs to.
    pub(crate) request: RequestId,
    approval: ApprovalRequest,
    button: Button,
    field: Field,
    items: Described,
    scroll: Scroll,
    problem: Option<String>,
}

impl Approval {
    pub(crate) fn new(request: RequestId, approval: ApprovalRequest) -> Self {
        let items = Described::new(approval.items.clone());
        Self {
            request,
            approval,
            button: Button::Stop,
            field: Field::default(),
            items,
            scroll: Scroll::default(),
            problem: None,
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        if self.approval.confirm.is_some() {
            self.field.paste(text);
        }
    }

    pub(super) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        let typing = self.approval.confirm.is_some();
        self.problem = None;
        match key.code {
            KeyCode::Esc => {
                app.decide(&self.approval, Decision::Stop);
                return Kept::No;
            }
            KeyCode::Tab | KeyCode::BackTab => {
                self.button = if self.button == Button::Stop { Button::Write } else { Button::Stop };
                return Kept::Yes;
            }
            KeyCode::Left | KeyCode::Right if !typing => {
                self.button = if key.code == KeyCode::Left { Button::Stop } else { Button::Write };
                return Kept::Yes;
            }
            KeyCode::Enter => return self.enter(app),
            KeyCode::Char('Y') if !typing => {
                if let [item] = self.approval.items.as_slice() {
                    let expect = Some(item.version_before);
                    let line = app.line_of_rollback(&item.entity, item.version_from, expect, false);
                    app.layers.push(Layer::Command(CommandBox::new(line)));
                }
                return Kept::Yes;
            }
            _ => {}
        }
        match step(key, !typing) {
            Some(step) => self.scroll.slide(step, self.items.len()),
            None if typing => {
                self.field.key(key);
            }
            None => {}
        }
        Kept::Yes
    }

    fn enter(&mut self, app: &mut App) -> Kept {
        if self.button == Button::Stop {
            app.decide(&self.approval, Decision::Stop);
            return Kept::No;
        }
        let confirm = match &self.approval.confirm {
            Some(wanted) if wanted != self.field.text() => {
                self.problem = Some(format!("type {wanted} exactly as it stands here"));
                return Kept::Yes;
            }
            Some(wanted) => Some(wanted.clone()),
            None => None,
        };
        app.decide(&self.approval, Decision::Approve { confirm });
        Kept::No
    }

    pub(super) fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 104, area.height.saturating_sub(2));
        let title = if app.profile.protected { "PRODUCTION: write this?" } else { "Write this?" };
        let digest: String = self.approval.digest.chars().take(16).collect();
        let inner = framed(buffer, area, Frame::Write, title, &format!("digest {digest}"), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let foot = if self.approval.confirm.is_some() { 5 } else { 3 };
        let room = usize::from(inner.width).max(4);
        let body = Rect { height: inner.height.saturating_sub(foot), ..inner };
        draw_text(buffer, area, body, self.items.lines(room), &mut self.scroll, &app.theme);
        if inner.height < foot {
            return None;
        }
        self.draw_foot(app, buffer, Rect { y: body.bottom(), height: foot, ..inner })
    }

    fn draw_foot(&self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let row = |i: u16| Rect { y: area.y + i, height: 1, ..area };
        let items = format::plural(self.approval.items.len() as u64, "item", "items");
        let facts = format!("run {}, batch {}, {items}, digest", self.approval.run, self.approval.batch);
        draw_line(buffer, row(0), &Rich::of(Role::Dim, &facts), 0, theme, Style::default());
        draw_line(buffer, row(1), &Rich::of(Role::Dim, &self.approval.digest), 0, theme, Style::default());
        let mut cursor = None;
        if let Some(wanted) = &self.approval.confirm {
            let label = Rich::of(Role::Warning, "Type ")
                .with(Role::Strong, wanted)
                .with(Role::Warning, " to be able to write it: ");
            let used = u16::try_from(label.width()).unwrap_or(u16::MAX);
            let at = if used + 12 < area.width { row(2) } else { row(3) };
            draw_line(buffer, row(2), &label, 0, theme, Style::default());
            let left = if at.y == area.y + 2 { used } else { 0 };
            cursor = self.field.draw(buffer, Rect { x: at.x + left, width: (at.width - left).min(30), ..at }, theme);
        }
        let chosen = |button| if self.button == button { Role::Button } else { Role::Text };
        let mut buttons = Rich::of(chosen(Button::Stop), " Write nothing ").with(Role::Text, "  ");
        buttons.push(chosen(Button::Write), " Write it ");
        match &self.problem {
            Some(problem) => buttons.push(Role::Warning, &format!("  ! {problem}")),
            None => buttons.push(Role::Dim, "   Tab choose · Enter do it · Esc write nothing"),
        }
        draw_line(buffer, row(area.height - 1), &buttons, 0, theme, Style::default());
        cursor
    }
}
