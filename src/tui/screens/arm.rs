//! The dialog that allows writing. It looks like no other, and its key is no other dialog's.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::engine::protocol::Command;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::hints::keys;
use crate::tui::parts::popup::Frame;
use crate::tui::parts::{Hints, Question, Rich, words};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;

/// The question.
#[derive(Debug)]
pub(crate) struct Arm;

impl Screen for Arm {
    fn context(&self) -> Context {
        Context::Arm
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::ConfirmArm => {
                app.order(Command::Arm { armed: true });
            }
            _ => app.say(tr!("still read-only")),
        }
        Flow::Close
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let question = Question { frame: Frame::Arm, title: &tr!("Allow writing?"), width: 64, margin: 2 };
        let room = question.room(area);
        let profile = &app.profile;
        let mut lines = vec![Rich::default()];
        let mut say = |role, text: &str| lines.extend(words(text, role, room));
        let (name, environment, of) = (&profile.name, &profile.environment, &profile.app);
        let place = tr!("profile %{name}, environment %{at}, app %{app}", name = name, at = environment, app = of);
        say(Role::Strong, &place);
        if profile.protected {
            say(Role::Production, &format!(" {} ", tr!("PRODUCTION")));
        }
        say(Role::Text, "");
        say(
            Role::Text,
            &tr!("Armed, the console may write. Each write is still shown first, row by row, \
                 and waits for your approval."),
        );
        if profile.protected {
            say(Role::Text, &tr!("On this profile each write also wants the tenant's name typed."));
        }
        say(Role::Text, "");
        let key = |action| keys(&app.keymap, Context::Arm, action).unwrap_or_default();
        let (arm, back) = (key(Action::ConfirmArm), key(Action::Back));
        say(Role::Text, &tr!("Press %{arm} again to arm. %{back} leaves it read-only.", arm = arm, back = back));
        lines.push(Rich::default());
        let answers = [(Action::ConfirmArm, text!("arm")), (Action::Back, text!("stay read-only"))];
        question.draw(buffer, area, &lines, &Hints::of(&app.keymap, Context::Arm, &answers), &app.theme);
        None
    }
}
