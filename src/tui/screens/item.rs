//! One item whole: its facts, its differences, and the row that would be written.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::described::Described;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Scroll, draw_text};
use crate::tui::screen::{Flow, Press, Screen};

/// The item.
#[derive(Debug)]
pub(crate) struct ItemBox {
    described: Described,
    scroll: Scroll,
}

impl ItemBox {
    pub(crate) fn new(described: Described) -> Self {
        Self { described, scroll: Scroll::default() }
    }
}

impl Screen for ItemBox {
    fn context(&self) -> Context {
        Context::Item
    }

    fn act(&mut self, _: &mut App, press: Press) -> Flow {
        if matches!(press.action, Action::Back | Action::Left) {
            return Flow::Close;
        }
        if let Some(step) = Step::of(press.action) {
            self.scroll.slide(step, self.described.len());
        }
        Flow::Stay
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 104, area.height.saturating_sub(1));
        let inner = framed(buffer, area, Frame::Dialog, "Item", "nothing is written by this", &app.theme);
        let hints = [(Action::Back, "close"), (Action::Up, "scroll")];
        foot(buffer, area, &Hints::of(&app.keymap, Context::Item, &hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let lines = self.described.lines(usize::from(inner.width).max(4));
        draw_text(buffer, area, inner, lines, &mut self.scroll, &app.theme);
        None
    }
}
