use std::io::{self, BufWriter, IsTerminal, Stderr, Stdout, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::lines::ErrorLine;
use super::table::Table;
use crate::domain::printable::{printable, printable_json};
use crate::engine::failure::Failure;

/// Where results go. A reader that closes the pipe ends the output quietly.
#[derive(Debug)]
pub struct Output {
    json: bool,
    out: BufWriter<Stdout>,
    err: Stderr,
    closed: bool,
    progress_shown: bool,
    /// Until then progress is not worth a line of its own.
    quiet_until: Option<Instant>,
}

/// How long progress may go without a word where nobody watches a terminal.
const QUIET: Duration = Duration::from_secs(10);

impl Output {
    /// Output on stdout, as JSON lines or for people.
    #[must_use]
    pub fn new(json: bool) -> Self {
        Self {
            json,
            out: BufWriter::new(io::stdout()),
            err: io::stderr(),
            closed: false,
            progress_shown: false,
            quiet_until: None,
        }
    }

    /// Whether JSON lines are wanted.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
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
        if !self.json || self.closed {
            return;
        }
        let text = match serde_json::to_string(line) {
            Ok(text) => text,
            Err(error) => return self.note(&format!("a result could not be written as JSON: {error}")),
        };
        let result = writeln!(self.out, "{}", printable_json(&text)).and_then(|()| self.out.flush());
        self.keep(result);
    }

    /// One line for people, made safe: what is stored makes no lines of its own. Nothing when output is JSON.
    pub fn text(&mut self, line: &str) {
        if self.json || self.closed {
            return;
        }
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
        for line in table.lines() {
            self.text(&line);
        }
    }

    /// A line on stderr.
    pub fn note(&mut self, text: &str) {
        self.clear_progress();
        let _ = writeln!(self.err, "{}", printable(text));
    }

    /// Progress on stderr: on a terminal in a line that the next writes over; elsewhere now and then, unless lines for programs tell it.
    pub fn progress(&mut self, text: &str) {
        let now = Instant::now();
        if !self.err.is_terminal() {
            let until = *self.quiet_until.get_or_insert(now + QUIET);
            if now >= until && !self.json {
                self.quiet_until = Some(now + 3 * QUIET);
                self.note(text);
            }
        } else {
            self.progress_shown = true;
            let _ = write!(self.err, "\r\x1b[2K{}", printable(text));
            let _ = self.err.flush();
        }
    }

    /// Takes the progress line away.
    pub fn clear_progress(&mut self) {
        if self.progress_shown {
            self.progress_shown = false;
            let _ = write!(self.err, "\r\x1b[2K");
        }
    }

    /// An error: a JSON line, or on stderr with what can be done about it.
    pub fn error(&mut self, failure: &Failure) {
        self.line(&ErrorLine::new(failure));
        if !self.json {
            let place = match (&failure.pk, &failure.sk) {
                (Some(pk), Some(sk)) => format!("{pk} / {sk}: "),
                (_, Some(sk)) => format!("{sk}: "),
                _ => String::new(),
            };
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
