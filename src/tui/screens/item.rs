//! One item whole: its facts, its differences, and the row that would be written.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::command::CommandBox;
use super::described::Described;
use crate::domain::key::Version;
use crate::engine::failure::Failure;
use crate::engine::protocol::{EntityRef, Event, RequestId};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Rich, Scroll, draw_text};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::theme::Role;

/// The item, as far as it is there.
#[derive(Debug)]
enum Content {
    Reading,
    Ready(Box<Described>),
    Failed(Box<Failure>),
    Cancelled,
}

/// The rollback of one entity that the item is the preview of.
#[derive(Debug)]
struct Rollback {
    request: RequestId,
    entity: EntityRef,
    to: Version,
}

/// The item.
#[derive(Debug)]
pub(crate) struct ItemBox {
    content: Content,
    rollback: Option<Rollback>,
    scroll: Scroll,
}

impl ItemBox {
    pub(crate) fn new(described: Described) -> Self {
        Self { content: Content::Ready(Box::new(described)), rollback: None, scroll: Scroll::default() }
    }

    /// The item of a rollback that the engine was asked to preview.
    pub(crate) fn of_rollback(request: RequestId, entity: EntityRef, to: Version) -> Self {
        let rollback = Some(Rollback { request, entity, to });
        Self { content: Content::Reading, rollback, scroll: Scroll::default() }
    }

    fn writes_nothing(&self) -> bool {
        matches!(&self.content, Content::Ready(described) if described.writes_nothing())
    }

    fn title(&self) -> String {
        let preview =
            |rollback: &Rollback| tr!("Preview: roll back to version %{version}", version = rollback.to).into_owned();
        self.rollback.as_ref().map_or_else(|| tr!("Item").into_owned(), preview)
    }

    fn hints(&self, app: &App) -> Hints {
        let mut hints = vec![(Action::Back, text!("close"))];
        if self.rollback.is_some() && !self.writes_nothing() {
            let words = if app.armed { text!("roll back (asks first)") } else { text!("roll back (read-only now)") };
            hints.push((Action::Rollback, words));
        }
        hints.push((Action::Up, text!("scroll")));
        if self.rollback.is_some() {
            hints.push((Action::ShowCommand, text!("command")));
        }
        Hints::of(&app.keymap, self.context(), &hints)
    }
}

impl Screen for ItemBox {
    fn context(&self) -> Context {
        if self.rollback.is_some() { Context::Rollback } else { Context::Item }
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match (press.action, &self.rollback) {
            (Action::Back | Action::Left, rollback) => {
                if let (Content::Reading, Some(rollback)) = (&self.content, rollback) {
                    app.give_up(rollback.request);
                }
                return Flow::Close;
            }
            (Action::Rollback, Some(_)) => {
                app.perform(Action::Rollback);
                return if app.is_writing() { Flow::Close } else { Flow::Stay };
            }
            (Action::ShowCommand, Some(rollback)) => {
                let shown = if let Content::Ready(described) = &self.content { described.first() } else { None };
                let expect = shown.map(|preview| preview.version_before);
                let line = app.line_of_rollback(&rollback.entity, rollback.to, expect, true);
                app.stack.push(CommandBox::new(line));
            }
            (action, _) => {
                if let (Content::Ready(described), Some(step)) = (&self.content, Step::of(action)) {
                    self.scroll.slide(step, described.len());
                }
            }
        }
        Flow::Stay
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.rollback.as_ref().is_some_and(|rollback| rollback.request == request)
    }

    fn answer(&mut self, _: &mut App, _: RequestId, event: Event) {
        match event {
            Event::Preview(preview) => self.content = Content::Ready(Box::new(Described::new(vec![*preview]))),
            Event::Failed(failure) => self.content = Content::Failed(failure),
            Event::Finished { cancelled: true } if matches!(self.content, Content::Reading) => {
                self.content = Content::Cancelled;
            }
            _ => {}
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 104, area.height.saturating_sub(1));
        let note = tr!("nothing is written by this");
        let inner = framed(buffer, area, Frame::Dialog, &self.title(), &note, &app.theme);
        foot(buffer, area, &self.hints(app), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        let words;
        let lines = match &mut self.content {
            Content::Ready(described) => described.lines(room),
            other => {
                words = waiting(other, room);
                &words
            }
        };
        draw_text(buffer, area, inner, lines, &mut self.scroll, &app.theme);
        None
    }
}

fn waiting(content: &Content, room: usize) -> Vec<Rich> {
    match content {
        Content::Reading | Content::Ready(_) => vec![Rich::of(Role::Dim, &tr!("working out what would be written…"))],
        Content::Cancelled => vec![Rich::of(Role::Dim, &tr!("stopped"))],
        Content::Failed(failure) => problem::lines(failure, room),
    }
}
