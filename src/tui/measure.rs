//! A console without terminal and engine, for benches: events in, frames out.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::App;
use super::message::{Message, Purpose};
use super::panes::Filter;
use super::panes::history::Opened;
use super::update::update;
use super::{ConsoleOptions, view};
use crate::engine::protocol::{EntityRef, Envelope, Event, HistoryEntry, RequestId};

/// A console that counts tenants while an entity's versions are open.
pub struct Bare {
    app: App,
    scan: RequestId,
    buffer: Buffer,
}

impl std::fmt::Debug for Bare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bare").field("size", &self.buffer.area).finish_non_exhaustive()
    }
}

impl Bare {
    /// One of a size in cells.
    ///
    /// # Errors
    /// What is wrong with the options or the shipped assets, in words.
    pub fn new(
        options: ConsoleOptions,
        (width, height): (u16, u16),
        entity: EntityRef,
        versions: Vec<HistoryEntry>,
    ) -> Result<Self, String> {
        let mut app = App::new(options, Timestamp::now())?;
        let scan = app.pending(|p| *p == Purpose::Connect).ok_or("a console connects when it starts")?;
        app.requests.insert(scan, Purpose::Scan);
        let mut opened = Opened::new(entity, String::new(), 1);
        opened.versions.apply(versions, &Filter::default());
        opened.versions.complete = true;
        app.history.opened = Some(opened);
        Ok(Self { app, scan, buffer: Buffer::empty(Rect::new(0, 0, width, height)) })
    }

    /// Takes an event as the answer to the scan.
    pub fn take(&mut self, event: Event) {
        let envelope = Envelope { request: self.scan, event };
        // The effects are what a host would do outside.
        drop(update(&mut self.app, Timestamp::now(), Message::Engine(envelope)));
    }

    /// Draws a whole frame.
    pub fn draw(&mut self) {
        self.buffer.reset();
        view::draw(&mut self.app, &mut self.buffer);
    }

    /// How many cells of the last frame are not blank.
    #[must_use]
    pub fn inked(&self) -> usize {
        self.buffer.content().iter().filter(|cell| cell.symbol() != " ").count()
    }
}
