//! The question before a run is ended: what it leaves behind, and how to resume it.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::engine::protocol::{RequestId, Steering};
use crate::language::listed;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::Frame;
use crate::tui::parts::{Hints, Question, words};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;

/// The question, about the run of a request.
#[derive(Debug)]
pub(crate) struct EndRun {
    pub(crate) request: RequestId,
}

impl Screen for EndRun {
    fn context(&self) -> Context {
        Context::EndRun
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        if press.action == Action::ConfirmEnd {
            app.steer(Steering::Stop);
            app.say(tr!("ending the run between two items…"));
        }
        Flow::Close
    }

    fn ends_with(&self, request: RequestId) -> bool {
        self.request == request
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let question = Question { frame: Frame::End, title: &tr!("End the run?"), width: 84, margin: 1 };
        let room = question.room(area);
        let lines: Vec<_> = left_behind(app).iter().flat_map(|text| words(text, Role::Text, room)).collect();
        let answers = [(Action::ConfirmEnd, text!("end it")), (Action::Back, text!("let it run"))];
        question.draw(buffer, area, &lines, &Hints::of(&app.keymap, Context::EndRun, &answers), &app.theme);
        None
    }
}

/// The state that ending the run now leaves behind, in words, and how to go on from it.
pub(crate) fn left_behind(app: &App) -> Vec<String> {
    let mut out = ended_now(app);
    let Some((run, id)) = app.run.as_ref().and_then(|run| Some((run, run.run?))) else { return out };
    out.push(tr!("To resume it later: %{way}", way = app.way_to_resume(id)).into_owned());
    if run.has_written() {
        out.push(tr!("To take it back: %{way}", way = app.way_to_undo(id)).into_owned());
    }
    out
}

/// The state that ending the run now leaves behind, in words.
pub(crate) fn ended_now(app: &App) -> Vec<String> {
    let Some(run) = &app.run else { return vec![] };
    let outcomes: Vec<String> = run.outcomes.iter().map(|(o, n)| format!("{o} {}", format::count(*n))).collect();
    let done = if outcomes.is_empty() { tr!("nothing yet") } else { listed(outcomes).into() };
    let outcomes = match run.done_before() {
        Some(before) => tr!(
            "%{before}. With an outcome since: %{done}. What is in flight is finished and recorded first.",
            before = before,
            done = done
        ),
        None => tr!("With an outcome: %{done}. What is in flight is finished and recorded first.", done = done),
    };
    let mut out = vec![outcomes];
    out.push(match run.left() {
        Some(left) => {
            let items = format::plural(left, text!("%{n} item"), text!("%{n} items"));
            tr!("Not begun: %{items}. They stay as they are.", items = items)
        }
        None => tr!("What was not begun stays as it is."),
    });
    out.into_iter().map(Cow::into_owned).collect()
}
