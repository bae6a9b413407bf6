//! The question before the console is left while something is not over.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::end_run::{ended_now, left_behind};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::Frame;
use crate::tui::parts::{Hints, Question, words};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;

/// The question.
#[derive(Debug)]
pub(crate) struct Leave;

impl Screen for Leave {
    fn context(&self) -> Context {
        Context::Leave
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        app.quit = press.action == Action::ConfirmLeave;
        Flow::Close
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let question = Question { frame: Frame::Dialog, title: &tr!("Leave now?"), width: 70, margin: 1 };
        let room = question.room(area);
        let lines: Vec<_> = not_over(app).iter().flat_map(|text| words(text, Role::Text, room)).collect();
        let answers = [(Action::ConfirmLeave, text!("leave")), (Action::Back, text!("stay"))];
        question.draw(buffer, area, &lines, &Hints::of(&app.keymap, Context::Leave, &answers), &app.theme);
        None
    }
}

/// The work that is not over, in words.
fn not_over(app: &App) -> Vec<String> {
    if app.is_writing() {
        let first = tr!("A run is not over. Leaving ends it between two items.").into_owned();
        if app.forgets {
            let gone = tr!("The sandbox is in memory: its data and the run go with it. --data DIR keeps them.");
            return std::iter::once(first).chain(ended_now(app)).chain([gone.into_owned()]).collect();
        }
        return std::iter::once(first).chain(left_behind(app)).collect();
    }
    if !app.plan.is_dirty() {
        return vec![tr!("The run has ended meanwhile: nothing is left behind.").into_owned()];
    }
    let save = app.key_of(Context::Plan, Action::SavePlan);
    let words =
        tr!("The plan in the plan pane has changes that are not saved. %{key} in the pane saves them.", key = save);
    vec![words.into_owned()]
}
