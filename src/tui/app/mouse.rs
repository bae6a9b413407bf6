//! The mouse: its wheel moves what is under it, a press gives the keys to a pane and puts the cursor there. Nothing needs it.

use ratatui::layout::{Position, Rect};

use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::message::Mouse;
use crate::tui::pane::Pane;
use crate::tui::parts::hits::{Hit, Kind};
use crate::tui::parts::scroll::Step;

/// Lines of one notch of the wheel.
const NOTCH: isize = 3;

/// Areas where panes and lines were drawn.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    /// Panes, and the tabs that stand for them.
    pub(crate) panes: Vec<(Pane, Rect)>,
    /// Lines of the panes, or of the topmost screen where one lies over them.
    pub(crate) lines: Vec<Hit>,
}

impl App {
    pub(crate) fn mouse(&mut self, mouse: Mouse, at: Position) {
        let hit = self.drawn.lines.iter().rev().find(|hit| hit.holds(at)).copied();
        if !self.stack.is_empty() {
            return self.mouse_on_screen(mouse, at, hit);
        }
        let Some(pane) = self.drawn.panes.iter().find(|(_, area)| area.contains(at)).map(|(pane, _)| *pane) else {
            return;
        };
        if let Some(notch) = mouse.notch() {
            if let Some(hit) = hit {
                pane.screen().slide(self, hit.kind, Step::Lines(notch * NOTCH));
            }
            return;
        }
        // Typed text stays where it is until it is taken or left.
        if self.focus.screen().is_typing(self) {
            return;
        }
        self.notice = None;
        self.focus = pane;
        let Some(hit) = hit else { return };
        pane.screen().enter(self, hit.kind);
        if let Some(step) = hit.step_to(at) {
            pane.screen().slide(self, hit.kind, step);
        }
    }

    /// A dialog does what it does for the arrows.
    fn mouse_on_screen(&mut self, mouse: Mouse, at: Position, hit: Option<Hit>) {
        let Some(hit) = hit else { return };
        let is_beside = hit.kind == Kind::Text && self.drawn.lines.iter().any(|hit| hit.kind != Kind::Text);
        let lines = match mouse.notch() {
            // Under a list a text is only slid by the other keys, by more at a time.
            Some(notch) if is_beside => {
                return self.act_on_screen(if notch < 0 { Action::ScrollUp } else { Action::ScrollDown });
            }
            Some(notch) => notch * NOTCH,
            None => match hit.step_to(at) {
                Some(Step::Lines(lines)) => lines,
                _ => return,
            },
        };
        let action = if lines < 0 { Action::Up } else { Action::Down };
        (0..lines.unsigned_abs()).for_each(|_| self.act_on_screen(action));
    }
}
