//! A run that the engine paused: nothing gets through, and the operator says whether it continues.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::end_run::EndRun;
use crate::engine::protocol::{RequestId, Steering};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::Frame;
use crate::tui::parts::problem;
use crate::tui::parts::{Hints, Question, Rich, words};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;

/// The question, about the run of a request.
#[derive(Debug)]
pub(crate) struct Paused {
    pub(crate) request: RequestId,
}

impl Screen for Paused {
    fn context(&self) -> Context {
        Context::Paused
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Resume => {
                app.steer(Steering::Continue);
                app.say("resuming…");
            }
            Action::SignIn => app.sign_in_for(self.request),
            Action::StopRun => app.stack.push(EndRun { request: self.request }),
            _ => app.say("the run stays paused; the progress log says how to resume it"),
        }
        Flow::Close
    }

    fn ends_with(&self, request: RequestId) -> bool {
        self.request == request
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let question = Question { frame: Frame::Dialog, title: "The run is paused", width: 84, margin: 1 };
        let room = question.room(area);
        let failure = app.run.as_ref().and_then(|r| r.paused_by.as_ref());
        let mut lines = failure.map(|f| problem::lines(f, room)).unwrap_or_default();
        lines.push(Rich::default());
        let text = "Nothing further is begun, and no item has failed for it. Mend what is wrong, then resume; or end the run and \
                    resume it later.";
        lines.extend(words(text, Role::Text, room));
        let answers = [
            (Action::Resume, "resume"),
            (Action::SignIn, "sign in first"),
            (Action::StopRun, "end run…"),
            (Action::Back, "stay paused"),
        ];
        question.draw(buffer, area, &lines, &Hints::of(&app.keymap, Context::Paused, &answers), &app.theme);
        None
    }
}
