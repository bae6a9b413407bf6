//! What a rollback would write, before anybody is asked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::command::CommandBox;
use super::described::Described;
use crate::domain::key::Version;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Command, EntityRef, Event, RequestId};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Rich, Scroll, draw_text};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;

#[derive(Debug)]
enum State {
    Reading,
    Ready(Box<Described>),
    Failed(Box<Failure>),
    Cancelled,
}

/// A preview of a rollback.
#[derive(Debug)]
pub(crate) struct RollbackPreview {
    request: RequestId,
    entity: EntityRef,
    to: Version,
    state: State,
    scroll: Scroll,
}

impl RollbackPreview {
    /// One that the engine has not answered yet.
    pub(crate) fn reading(request: RequestId, entity: EntityRef, to: Version) -> Self {
        Self { request, entity, to, state: State::Reading, scroll: Scroll::default() }
    }

    /// Whether the answer is that there is nothing to write.
    fn writes_nothing(&self) -> bool {
        matches!(&self.state, State::Ready(described) if described.first().is_some_and(|p| p.after.is_none()))
    }
}

impl Screen for RollbackPreview {
    fn context(&self) -> Context {
        Context::Rollback
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Back => {
                if matches!(self.state, State::Reading) {
                    app.give_up(self.request);
                }
                return Flow::Close;
            }
            Action::Rollback => {
                app.perform(Action::Rollback);
                return if app.is_writing() { Flow::Close } else { Flow::Stay };
            }
            Action::ShowCommand => {
                let expect = match &self.state {
                    State::Ready(described) => described.first().map(|p| p.version_before),
                    _ => None,
                };
                let line = app.line_of_rollback(&self.entity, self.to, expect, true);
                app.stack.push(CommandBox::new(line));
            }
            action => {
                if let (State::Ready(described), Some(step)) = (&self.state, Step::of(action)) {
                    self.scroll.slide(step, described.len());
                }
            }
        }
        Flow::Stay
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.request == request
    }

    fn answer(&mut self, _: &mut App, _: RequestId, event: Event) {
        match event {
            Event::Preview(preview) => self.state = State::Ready(Box::new(Described::new(vec![*preview]))),
            Event::Failed(failure) => self.state = State::Failed(failure),
            Event::Finished { cancelled: true } if matches!(self.state, State::Reading) => {
                self.state = State::Cancelled;
            }
            _ => {}
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 100, area.height.saturating_sub(2));
        let title = format!("Preview: roll back to version {}", self.to);
        let inner = framed(buffer, area, Frame::Dialog, &title, "nothing is written by this", &app.theme);
        let rollback = if app.armed { "roll back (asks first)" } else { "roll back (read-only now)" };
        let mut hints = vec![(Action::Back, "close"), (Action::Up, "scroll"), (Action::ShowCommand, "command")];
        if !self.writes_nothing() {
            hints.push((Action::Rollback, rollback));
        }
        foot(buffer, area, &Hints::of(&app.keymap, Context::Rollback, &hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        let words;
        let lines = match &mut self.state {
            State::Ready(described) => described.lines(room),
            other => {
                words = waiting(other, room);
                &words
            }
        };
        draw_text(buffer, area, inner, lines, &mut self.scroll, &app.theme);
        None
    }
}

fn waiting(state: &State, room: usize) -> Vec<Rich> {
    match state {
        State::Reading | State::Ready(_) => vec![Rich::of(Role::Dim, "working out what would be written…")],
        State::Cancelled => vec![Rich::of(Role::Dim, "stopped")],
        State::Failed(failure) => problem::lines(failure, room),
    }
}

impl App {
    /// Shows what rolling back to the selected version would write.
    pub(crate) fn preview_selected(&mut self) {
        let Some(to) = self.target() else { return };
        let Some(entity) = self.history.opened.as_ref().map(|o| o.entity.clone()) else { return };
        let request = self.ask_for_screen(Command::PreviewRollback { entity: entity.clone(), to, expect: None });
        self.stack.push(RollbackPreview::reading(request, entity, to));
    }

    /// Asks the engine to roll back to the selected version; it answers with an approval to decide.
    pub(crate) fn roll_back_selected(&mut self) {
        let Some(to) = self.target() else { return };
        let Some(opened) = &self.history.opened else { return };
        // What is on screen is what is rolled back: a version written meanwhile is a conflict.
        let (entity, expect) = (opened.entity.clone(), opened.versions.current());
        let of = entity.clone();
        self.ask(None, Command::Rollback { entity, to, expect }, move |app, request, event| {
            app.rollback_answer(&of, request, event);
        });
        self.say(format!("working out the rollback to version {to}…"));
    }

    /// `:rollback N`.
    pub(crate) fn roll_back_to(&mut self, to: Version) {
        self.go_to_version(to);
        if self.target() == Some(to) {
            self.perform(Action::Rollback);
        }
    }
}
