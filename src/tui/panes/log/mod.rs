//! The progress log: what the engine does, line by line, and how many lines are kept.

pub(crate) mod lines;
pub(crate) mod view;

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::engine::protocol::Level;
use crate::tui::panes::Filter;
use crate::tui::widgets::Scroll;

/// Lines kept.
const KEPT: usize = 5_000;

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogLine {
    pub(crate) at: Timestamp,
    pub(crate) level: Level,
    pub(crate) text: String,
}

/// Which lines are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Levels {
    /// All.
    #[default]
    All,
    /// Warnings and errors.
    Warnings,
    /// Errors.
    Errors,
}

impl Levels {
    fn accepts(self, level: Level) -> bool {
        match self {
            Self::All => true,
            Self::Warnings => level != Level::Info,
            Self::Errors => level == Level::Error,
        }
    }

    /// The next choice.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::All => Self::Warnings,
            Self::Warnings => Self::Errors,
            Self::Errors => Self::All,
        }
    }

    /// In words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::All => "everything",
            Self::Warnings => "warnings and errors",
            Self::Errors => "errors",
        }
    }
}

/// The pane.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: VecDeque<LogLine>,
    /// Number of the first line kept, from the beginning of the session.
    first: u64,
    /// Numbers of the lines that the filter accepts.
    accepted: VecDeque<u64>,
    /// While frozen: the number of the first line that is not shown.
    frozen: Option<u64>,
    pub(crate) levels: Levels,
    pub(crate) filter: Filter,
    pub(crate) scroll: Scroll,
    /// The cursor stays on the newest line.
    pub(crate) following: bool,
    /// Errors so far.
    pub(crate) errors: u64,
}

impl Log {
    /// An empty log.
    pub(crate) fn new() -> Self {
        Self { following: true, ..Self::default() }
    }

    fn end(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// Adds a line; the oldest goes when there are too many.
    pub(crate) fn push(&mut self, at: Timestamp, level: Level, text: String) {
        self.errors += u64::from(level == Level::Error);
        let line = LogLine { at, level, text };
        if self.accepts(&line) {
            self.accepted.push_back(self.end());
        }
        self.lines.push_back(line);
        if self.lines.len() > KEPT {
            self.lines.pop_front();
            self.first += 1;
            if self.accepted.front().is_some_and(|n| *n < self.first) {
                self.accepted.pop_front();
                if !self.following {
                    self.scroll.cursor = self.scroll.cursor.saturating_sub(1);
                }
            }
        }
    }

    fn accepts(&self, line: &LogLine) -> bool {
        self.levels.accepts(line.level) && self.filter.accepts([line.text.as_str()])
    }

    /// The filter or the levels changed.
    pub(crate) fn refilter(&mut self) {
        let numbers = (self.first..).zip(&self.lines);
        self.accepted = numbers.filter(|(_, line)| self.accepts(line)).map(|(n, _)| n).collect();
        self.following = true;
    }

    /// Holds the log still, or lets it run again.
    pub(crate) fn freeze(&mut self) {
        self.frozen = if self.frozen.is_some() { None } else { Some(self.end()) };
        self.following = true;
    }

    /// Lines that came in since it was frozen.
    pub(crate) fn held_back(&self) -> Option<u64> {
        self.frozen.map(|from| self.end().saturating_sub(from))
    }

    /// Lines shown.
    pub(crate) fn len(&self) -> usize {
        match self.frozen {
            Some(end) => self.accepted.partition_point(|n| *n < end),
            None => self.accepted.len(),
        }
    }

    /// Lines kept in all.
    pub(crate) fn total(&self) -> usize {
        self.lines.len()
    }

    /// A line shown, by its place.
    pub(crate) fn get(&self, index: usize) -> Option<&LogLine> {
        let number = self.accepted.get(index)?;
        self.lines.get(usize::try_from(number - self.first).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(n: usize) -> Log {
        let mut log = Log::new();
        for i in 0..n {
            let level = if i.is_multiple_of(10) { Level::Error } else { Level::Info };
            log.push(Timestamp::UNIX_EPOCH, level, format!("line {i}"));
        }
        log
    }

    #[test]
    fn only_the_newest_lines_are_kept() {
        let mut log = filled(KEPT + 7);
        assert_eq!((log.len(), log.get(0).unwrap().text.as_str()), (KEPT, "line 7"));
        log.levels = Levels::Errors;
        log.refilter();
        assert_eq!((log.len(), log.get(0).unwrap().text.as_str()), (KEPT / 10, "line 10"));
        log.push(Timestamp::UNIX_EPOCH, Level::Info, "x".into());
        assert_eq!(log.len(), KEPT / 10);
    }

    #[test]
    fn a_frozen_log_counts_what_it_holds_back() {
        let mut log = filled(5);
        log.freeze();
        log.push(Timestamp::UNIX_EPOCH, Level::Info, "later".into());
        assert_eq!((log.len(), log.held_back()), (5, Some(1)));
        log.freeze();
        assert_eq!((log.len(), log.held_back()), (6, None));
    }

    #[test]
    fn a_filter_goes_on_with_what_comes_in() {
        let mut log = filled(20);
        log.filter.paste("line 1");
        log.refilter();
        assert_eq!(log.len(), 11);
        log.push(Timestamp::UNIX_EPOCH, Level::Info, "line 100".into());
        log.push(Timestamp::UNIX_EPOCH, Level::Info, "line 200".into());
        assert_eq!((log.len(), log.get(11).unwrap().text.as_str()), (12, "line 100"));
    }
}
