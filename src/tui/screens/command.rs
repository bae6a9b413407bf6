//! The command line that does the same as what is on screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::message::Effect;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Rich, Scroll, draw_text};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::text;
use crate::tui::theme::Role;

/// Command lines to be read or copied.
#[derive(Debug)]
pub(crate) struct CommandBox {
    lines: Vec<String>,
    chosen: usize,
}

impl CommandBox {
    pub(crate) fn new(line: String) -> Self {
        Self::of(vec![line])
    }

    /// Several, one of which is chosen.
    pub(crate) fn of(lines: Vec<String>) -> Self {
        Self { lines, chosen: 0 }
    }
}

impl Screen for CommandBox {
    fn context(&self) -> Context {
        Context::Command
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        let last = self.lines.len().saturating_sub(1);
        match Step::of(press.action) {
            Some(Step::Lines(by)) => self.chosen = self.chosen.saturating_add_signed(by).min(last),
            Some(_) => {}
            None => {
                if let (Action::Copy, Some(line)) = (press.action, self.lines.get(self.chosen)) {
                    app.effect(Effect::Copy { text: line.clone(), what: tr!("command line").into_owned() });
                }
                return Flow::Close;
            }
        }
        Flow::Stay
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let width = 90.min(area.width.saturating_sub(4)).max(10);
        let several = self.lines.len() > 1;
        let room = usize::from(width.saturating_sub(if several { 6 } else { 4 }));
        let mut lines: Vec<Rich> = Vec::new();
        for (i, line) in self.lines.iter().enumerate() {
            let role = if i == self.chosen { Role::Strong } else { Role::Text };
            for (part, words) in text::wrap(line, room).iter().enumerate() {
                let lead = match (several, i == self.chosen && part == 0) {
                    (false, _) => "",
                    (true, true) => "> ",
                    (true, false) => "  ",
                };
                lines.push(Rich::of(Role::Key, lead).with(role, words));
            }
        }
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let area = centred(buffer, area, width, height);
        let inner = framed(buffer, area, Frame::Dialog, &tr!("The command line that does the same"), "", &app.theme);
        let choose = several.then_some((Action::Up, text!("choose")));
        let hints: Vec<_> =
            [(Action::Copy, text!("copy"))].into_iter().chain(choose).chain([(Action::Back, text!("close"))]).collect();
        foot(buffer, area, &Hints::of(&app.keymap, Context::Command, &hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
        None
    }
}
