//! A run that the engine paused: nothing gets through, and the operator says whether it continues.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::end_run::EndRun;
use crate::engine::failure::ErrorCode;
use crate::engine::protocol::{RequestId, Steering};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::Frame;
use crate::tui::parts::problem;
use crate::tui::parts::{Hints, Question, Rich, words};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;

/// The command of the profile, where signing in would mend it.
fn offered(app: &App) -> Option<&str> {
    let failure = app.run.as_ref()?.paused_by.as_ref()?;
    let is_about_it = matches!(failure.code, ErrorCode::Credentials | ErrorCode::SignIn);
    app.profile.sign_in.as_deref().filter(|_| is_about_it)
}

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
                app.say(tr!("resuming…"));
            }
            Action::SignIn => app.sign_in_for(self.request),
            Action::RunSignIn if offered(app).is_some() => app.run_sign_in_for(self.request),
            Action::RunSignIn => {
                app.refuse(tr!("no command of the profile would mend this"));
                return Flow::Stay;
            }
            Action::StopRun => app.stack.push(EndRun { request: self.request }),
            _ => app.say(tr!("the run stays paused; the progress log says how to resume it")),
        }
        Flow::Close
    }

    fn ends_with(&self, request: RequestId) -> bool {
        self.request == request
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let question = Question { frame: Frame::Dialog, title: &tr!("The run is paused"), width: 84, margin: 1 };
        let room = question.room(area);
        let failure = app.run.as_ref().and_then(|r| r.paused_by.as_ref());
        let mut lines = failure.map(|f| problem::lines(f, room)).unwrap_or_default();
        lines.push(Rich::default());
        let text = tr!("Nothing further is begun, and no item has failed for it. Mend what is wrong, then resume; \
             or end the run and resume it later.");
        lines.extend(words(&text, Role::Text, room));
        let mut answers = vec![
            (Action::Resume, text!("resume")),
            (Action::SignIn, text!("sign in first")),
            (Action::StopRun, text!("end run…")),
            (Action::Back, text!("stay paused")),
        ];
        if let Some(line) = offered(app) {
            lines.extend(words(&tr!("The profile's own command signs in (sign_in):"), Role::Text, room));
            lines.extend(words(&format!("  $ {line}"), Role::Strong, room));
            answers.splice(1..2, [(Action::SignIn, text!("sign in")), (Action::RunSignIn, text!("run the command"))]);
        }
        question.draw(buffer, area, &lines, &Hints::of(&app.keymap, Context::Paused, &answers), &app.theme);
        None
    }
}
