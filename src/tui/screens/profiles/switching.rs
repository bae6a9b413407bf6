//! Going over to another profile: at once, or after a run that lives was ended between two items.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::config::Profile;
use crate::engine::protocol::{Command, RequestId, Steering};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::message::Effect;
use crate::tui::parts::popup::Frame;
use crate::tui::parts::{Hints, Question, words};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::end_run::left_behind;
use crate::tui::theme::Role;

/// The question before a run is ended for it.
#[derive(Debug)]
struct Switch {
    name: String,
}

impl Screen for Switch {
    fn context(&self) -> Context {
        Context::Switch
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        if press.action == Action::ConfirmEnd {
            app.end_and_switch(&self.name);
        }
        Flow::Close
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let title = tr!("End the run and open profile %{name}?", name = self.name);
        let question = Question { frame: Frame::End, title: &title, width: 84, margin: 1 };
        let room = question.room(area);
        let first = tr!(
            "A run of profile %{name} is not over. Opening another profile ends it between two items.",
            name = app.profile.name
        );
        let texts = std::iter::once(first.into_owned()).chain(left_behind(app));
        let lines: Vec<_> = texts.flat_map(|text| words(&text, Role::Text, room)).collect();
        let answers = [(Action::ConfirmEnd, text!("end it and open the other")), (Action::Back, text!("stay"))];
        question.draw(buffer, area, &lines, &Hints::of(&app.keymap, Context::Switch, &answers), &app.theme);
        None
    }
}

impl App {
    /// Goes over to a profile; a run that lives is asked about first.
    pub(super) fn switch_to(&mut self, profile: &Profile) {
        let name = &profile.name;
        if *name == self.profile.name && self.profile.differences(profile).is_empty() {
            return self.say(tr!("this is profile %{name} already", name = name));
        }
        match self.is_writing() {
            true => self.stack.push(Switch { name: name.clone() }),
            false => self.leave_for(name.clone()),
        }
    }

    fn leave_for(&mut self, name: String) {
        // Nothing is written under a profile that nobody looks at.
        self.armed = false;
        self.order(Command::Arm { armed: false });
        self.requests.reads().into_iter().for_each(|request| self.give_up(request));
        self.effect(Effect::OpenProfile(name));
    }

    fn end_and_switch(&mut self, name: &str) {
        let Some((request, run)) = self.run.as_ref().map(|run| (run.request, run.run)) else { return };
        self.switching = Some((request, name.to_owned()));
        match run {
            Some(_) => self.steer(Steering::Stop),
            None => self.give_up(request),
        }
        self.say(tr!("ending the run between two items; then profile %{name} is opened", name = name));
    }

    /// The run of a request is over: whoever waits for that goes on.
    pub(crate) fn switch_after(&mut self, request: RequestId) {
        match self.switching.take() {
            Some((of, name)) if of == request => self.leave_for(name),
            other => self.switching = other,
        }
    }
}
