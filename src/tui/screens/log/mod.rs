//! The progress log: what the engine does, line by line, and how many lines are kept.

mod causes;
mod deciding;
pub(crate) mod lines;
pub(crate) mod pane;
pub(crate) mod progress;
pub(crate) mod progress_view;
pub(crate) mod run;
pub(crate) mod view;

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;

use crate::domain::run::Outcome;
use crate::engine::protocol::{ItemResult, Level};
use crate::tui::parts::Filter;
use crate::tui::parts::Scroll;

/// Lines kept.
const KEPT: usize = 5_000;
/// Tenants that the log can be narrowed to.
const TENANTS: usize = 50;

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogLine {
    pub(crate) at: Timestamp,
    pub(crate) level: Level,
    what: What,
}

/// Content of a line. Items are put into words only where they are looked at: they come in by the thousand.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Text(String),
    Item(Box<ItemResult>),
}

impl LogLine {
    /// In words.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match &self.what {
            What::Text(text) => Cow::Borrowed(text),
            What::Item(item) => Cow::Owned(lines::item(item).1),
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        match &self.what {
            What::Text(_) => None,
            What::Item(item) => item.outcome,
        }
    }

    fn tenant(&self) -> Option<&str> {
        match &self.what {
            What::Text(_) => None,
            What::Item(item) => item.entity.key.pk.segments().nth(1),
        }
    }
}

/// Levels of the lines that are shown.
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
    pub(crate) fn word(self) -> Cow<'static, str> {
        match self {
            Self::All => tr!("everything"),
            Self::Warnings => tr!("warnings and errors"),
            Self::Errors => tr!("errors"),
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
    /// Only items with this outcome.
    pub(crate) outcome: Option<Outcome>,
    /// Only items of this tenant.
    pub(crate) tenant: Option<String>,
    /// Tenants of items that came in, a few of them.
    tenants: BTreeSet<String>,
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
        self.add(LogLine { at, level, what: What::Text(text) });
    }

    /// Adds an item that began or ended.
    pub(crate) fn push_item(&mut self, at: Timestamp, item: ItemResult) {
        let level = lines::item_level(&item);
        if self.tenants.len() < TENANTS
            && let Some(tenant) = item.entity.key.pk.segments().nth(1).filter(|t| !self.tenants.contains(*t))
        {
            self.tenants.insert(tenant.to_owned());
        }
        self.add(LogLine { at, level, what: What::Item(Box::new(item)) });
    }

    fn add(&mut self, line: LogLine) {
        self.errors += u64::from(line.level == Level::Error);
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
        self.levels.accepts(line.level)
            && self.outcome.is_none_or(|o| line.outcome() == Some(o))
            && self.tenant.as_deref().is_none_or(|t| line.tenant() == Some(t))
            && (!self.filter.active() || self.filter.accepts([line.text().as_ref()]))
    }

    /// The filter or the levels changed.
    pub(crate) fn refilter(&mut self) {
        let numbers = (self.first..).zip(&self.lines);
        self.accepted = numbers.filter(|(_, line)| self.accepts(line)).map(|(n, _)| n).collect();
        self.following = true;
    }

    /// The next outcome that items are narrowed to, and in words.
    pub(crate) fn next_outcome(&mut self) -> Cow<'static, str> {
        let at = self.outcome.and_then(|o| Outcome::ALL.iter().position(|a| *a == o));
        self.outcome = Outcome::ALL.get(at.map_or(0, |at| at + 1)).copied();
        self.refilter();
        self.outcome.map_or_else(|| tr!("everything"), |outcome| Cow::Borrowed(outcome.as_str()))
    }

    /// The next tenant that items are narrowed to.
    pub(crate) fn next_tenant(&mut self) -> Option<String> {
        self.tenant = match self.tenant.take() {
            None => self.tenants.first().cloned(),
            Some(now) => self.tenants.range(now.clone()..).find(|t| **t != now).cloned(),
        };
        self.refilter();
        self.tenant.clone()
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
        assert_eq!((log.len(), log.get(0).unwrap().text().as_ref()), (KEPT, "line 7"));
        log.levels = Levels::Errors;
        log.refilter();
        assert_eq!((log.len(), log.get(0).unwrap().text().as_ref()), (KEPT / 10, "line 10"));
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
        assert_eq!((log.len(), log.get(11).unwrap().text().as_ref()), (12, "line 100"));
    }
}
