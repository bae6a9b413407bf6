use std::io::{self, BufWriter, Stderr, Stdout, Write};
use std::time::Instant;

use serde::Serialize;

use super::lines::ErrorLine;
use super::progress::{Progress, Shown};
use super::table::Table;
use crate::domain::printable::{printable, printable_json};
use crate::engine::failure::Failure;
use crate::logging::with_place;

/// Reader of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// People.
    Text,
    /// Programs, in JSON lines.
    Json,
    /// Spreadsheets: listings in CSV, and nothing else on stdout.
    Csv,
}

/// Where results go. A reader that closes the pipe ends the output quietly.
#[derive(Debug)]
pub struct Output {
    format: Format,
    out: BufWriter<Stdout>,
    err: Stderr,
    closed: bool,
    progress: Shown,
}

impl Output {
    /// Output on stdout, as JSON lines or for people.
    #[must_use]
    pub fn new(json: bool) -> Self {
        Self::of(if json { Format::Json } else { Format::Text })
    }

    /// Output on stdout in a format.
    #[must_use]
    pub fn of(format: Format) -> Self {
        let (out, err) = (BufWriter::new(io::stdout()), io::stderr());
        Self { format, out, err, closed: false, progress: Shown::new() }
    }

    /// Whether JSON lines are wanted.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether listings are CSV.
    #[must_use]
    pub fn is_csv(&self) -> bool {
        self.format == Format::Csv
    }

    /// Whether the reader has gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    fn keep(&mut self, result: io::Result<()>) {
        // Nobody reads any more, or the disk behind stdout is full: there is no better place to complain.
        self.closed |= result.is_err();
    }

    /// One JSON line; nothing when output is for people.
    pub fn line(&mut self, line: &impl Serialize) {
        if !self.is_json() || self.closed {
            return;
        }
        self.clear_progress();
        let text = match serde_json::to_string(line) {
            Ok(text) => text,
            Err(error) => return self.note(&format!("a result could not be written as JSON: {error}")),
        };
        let result = writeln!(self.out, "{}", printable_json(&text)).and_then(|()| self.out.flush());
        self.keep(result);
    }

    /// One line for people, made safe: what is stored makes no lines of its own. Nothing when output is JSON, and on stderr when it is
    /// CSV.
    pub fn text(&mut self, line: &str) {
        if self.is_csv() {
            return self.note(line);
        }
        if self.is_json() || self.closed {
            return;
        }
        self.clear_progress();
        let result = writeln!(self.out, "{}", printable(line)).and_then(|()| self.out.flush());
        self.keep(result);
    }

    /// Text exactly as it is, for files and scripts of ours.
    pub fn raw(&mut self, text: &str) {
        let result = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        self.keep(result);
    }

    /// A table for people; nothing when output is JSON.
    pub fn table(&mut self, table: &Table) {
        self.page(&mut table.clone());
    }

    /// The rows of a table that were added since the last page.
    pub fn page(&mut self, table: &mut Table) {
        match self.format {
            Format::Text => table.page().iter().for_each(|line| self.text(line)),
            Format::Csv => match table.csv() {
                Ok(text) => {
                    self.clear_progress();
                    let result = self.out.write_all(&text).and_then(|()| self.out.flush());
                    self.keep(result);
                }
                Err(error) => self.note(&format!("a table could not be written as CSV: {error}")),
            },
            Format::Json => {}
        }
    }

    /// A line on stderr.
    pub fn note(&mut self, text: &str) {
        self.clear_progress();
        let _ = writeln!(self.err, "{}", printable(text));
    }

    /// Progress on stderr: on a terminal as a bar that the next one draws over; elsewhere a line now and then, unless lines for programs
    /// tell it.
    pub(super) fn progress(&mut self, progress: &Progress) {
        if let Some(line) = self.progress.show(progress, Instant::now()).filter(|_| !self.is_json()) {
            self.note(&line);
        }
    }

    /// Takes the progress away.
    pub fn clear_progress(&mut self) {
        self.progress.clear();
    }

    /// An error: a JSON line, or on stderr with what can be done about it.
    pub fn error(&mut self, failure: &Failure) {
        let failure = &*with_place(failure);
        self.line(&ErrorLine::new(failure));
        if !self.is_json() {
            let place = match (&failure.pk, &failure.sk) {
                // Many messages name it themselves.
                (Some(pk), Some(sk)) => Some(format!("{pk} / {sk}")).filter(|place| !failure.message.contains(place)),
                (_, sk) => sk.clone(),
            };
            let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
            self.note(&format!("error: {place}{}", failure.message));
            if let Some(hint) = &failure.hint {
                self.note(&format!("  {hint}"));
            }
            if let Some(id) = &failure.request_id {
                self.note(&format!("  request id {id}"));
            }
        }
    }
}
