//! The whole head of a preview or a batch, where there is no room for it: counts, costs, advice, notes and digest.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::preview_view::head;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Rich, Scroll, draw_text};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;

/// The dialog.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// Those of a batch; otherwise it is about the preview.
    facts: Option<Vec<(Role, String)>>,
    scroll: Scroll,
    lines: usize,
}

impl Summary {
    /// Of a batch that waits for a decision.
    pub(crate) fn of_batch(facts: Vec<(Role, String)>) -> Self {
        Self { facts: Some(facts), ..Self::default() }
    }
}

/// Facts in lines of so many cells.
pub(crate) fn facts_in(facts: &[(Role, String)], room: usize) -> Vec<Rich> {
    facts.iter().flat_map(|(role, words)| problem::notice(words, *role, room)).collect()
}

/// As many of the lines as there is room for; the last one names the key that shows the others.
pub(crate) fn cut(mut lines: Vec<Rich>, most: usize, key: &str) -> Vec<Rich> {
    if lines.len() > most {
        let more = lines.len() + 1 - most;
        lines.truncate(most.saturating_sub(1));
        lines.push(Rich::of(Role::Dim, &tr!("… %{n} more lines: %{key} shows them", n = more, key = key)));
    }
    lines
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
        let lines = match (&self.facts, &app.plan.preview) {
            (Some(facts), _) => facts_in(facts, room),
            (None, Some(preview)) => head(app, preview, room),
            (None, None) => vec![Rich::of(Role::Dim, &tr!("no plan was previewed yet"))],
        };
        self.lines = lines.len();
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let area = centred(buffer, area, width, height);
        let (title, note) = match self.facts {
            Some(_) => (tr!("Summary of the batch"), tr!("none of it written yet")),
            None => (tr!("Summary of the preview"), tr!("nothing is written by this")),
        };
        let inner = framed(buffer, area, Frame::Dialog, &title, &note, &app.theme);
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
