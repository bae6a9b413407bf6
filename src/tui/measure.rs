//! A console without terminal and engine, for benches: events in, frames out.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::App;
use super::app::update;
use super::message::Message;
use super::parts::Filter;
use super::screens::history::Opened;
use super::screens::log::progress::Progress;
use super::screens::tenants::held::Scope;
use super::{ConsoleOptions, view};
use crate::domain::run::RunId;
use crate::engine::protocol::{Command, EntityRef, Envelope, Event, HistoryEntry, RequestId};

/// A console that counts tenants and follows a run while an entity's versions are open.
pub struct Bare {
    app: App,
    scan: RequestId,
    run: RequestId,
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
    /// The error in the options or the shipped assets, in words.
    pub fn new(
        options: ConsoleOptions,
        (width, height): (u16, u16),
        entity: EntityRef,
        versions: Vec<HistoryEntry>,
    ) -> Result<Self, String> {
        let mut app = App::new(options, Timestamp::now())?;
        app.count(Scope::Everything);
        let scan = app.tenants.tree.request.ok_or("a console counts when it is asked to")?;
        let mut opened = Opened::new(entity, String::new(), 1);
        opened.versions.apply(versions, &Filter::default());
        opened.versions.complete = true;
        app.history.opened = Some(opened);
        let command = Command::ResumeRun { run: RunId::from_parts(0, 1), rows: false, retry: false };
        let run = app.ask(None, command, App::run_answer);
        let mut progress = Progress::begun(run, "a plan".to_owned());
        progress.total = Some(1_000_000);
        progress.writing(Timestamp::now());
        app.run = Some(progress);
        Ok(Self { app, scan, run, buffer: Buffer::empty(Rect::new(0, 0, width, height)) })
    }

    /// Takes an event as the answer to the scan; an item as one of the run.
    pub fn take(&mut self, event: Event) {
        let request = if matches!(event, Event::Item(_)) { self.run } else { self.scan };
        let envelope = Envelope { request, event };
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
