//! The question before a plan is thrown away that is not saved.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::run::{Operation, RunId};
use crate::engine::protocol::EntityRef;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::Frame;
use crate::tui::parts::{Hints, Question, words};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;

/// The plan that takes the other's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// A new one, with what is on screen.
    New(Operation),
    /// A new one for the users of a pool; the profile's when `None`.
    Users(Option<String>),
    /// One from a file.
    Open(PathBuf),
    /// A new one for entities of any partitions.
    Entities(Vec<EntityRef>),
    /// One that takes versions back, with these values.
    Rollback(Vec<(&'static str, String)>),
    /// One that takes a run of a name back, previewed at once.
    Undo(RunId, String),
}

/// The question.
#[derive(Debug)]
pub(crate) struct Discard {
    next: Next,
}

impl Discard {
    pub(crate) fn new(next: Next) -> Self {
        Self { next }
    }
}

impl Screen for Discard {
    fn context(&self) -> Context {
        Context::Discard
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::ConfirmDiscard => app.take_up(self.next.clone()),
            _ => app.say(tr!("the plan stays as it is")),
        }
        Flow::Close
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let question = Question { frame: Frame::Dialog, title: &tr!("Throw the plan away?"), width: 60, margin: 1 };
        let name = app.plan.form.as_ref().map(|f| f.name()).unwrap_or_default();
        let save = app.key_of(Context::Plan, Action::SavePlan);
        let text = tr!(
            "%{name} has changes that are not saved. %{save} in the plan pane saves them.",
            name = name,
            save = save
        );
        let lines = words(&text, Role::Text, question.room(area));
        let answers = [(Action::ConfirmDiscard, text!("throw it away")), (Action::Back, text!("keep it"))];
        question.draw(buffer, area, &lines, &Hints::of(&app.keymap, Context::Discard, &answers), &app.theme);
        None
    }
}
