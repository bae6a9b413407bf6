//! The whole head of a preview, where the pane has no room for it: counts, costs, advice, notes and digest.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::preview_view::head;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Rich, Scroll, draw_text};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;

/// The dialog.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    scroll: Scroll,
    lines: usize,
}

impl Screen for Summary {
    fn context(&self) -> Context {
        Context::Summary
    }

    fn act(&mut self, _: &mut App, press: Press) -> Flow {
        if matches!(press.action, Action::Back | Action::Left | Action::Summary) {
            return Flow::Close;
        }
        if let Some(step) = Step::of(press.action) {
            self.scroll.slide(step, self.lines);
        }
        Flow::Stay
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let width = area.width.min(104);
        let room = usize::from(width.saturating_sub(4)).max(4);
        let lines = match &app.plan.preview {
            Some(preview) => head(app, preview, room),
            None => vec![Rich::of(Role::Dim, &tr!("no plan was previewed yet"))],
        };
        self.lines = lines.len();
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let area = centred(buffer, area, width, height);
        let note = tr!("nothing is written by this");
        let inner = framed(buffer, area, Frame::Dialog, &tr!("Summary of the preview"), &note, &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let hints = [(Action::Back, text!("close")), (Action::Up, text!("scroll"))];
        foot(buffer, area, &Hints::of(&app.keymap, Context::Summary, &hints), &app.theme);
        draw_text(buffer, area, inner, &lines, &mut self.scroll, &app.theme);
        None
    }
}

impl App {
    /// Shows the whole head of the preview.
    pub(crate) fn show_summary(&mut self) {
        self.stack.push(Summary::default());
    }
}
