//! The versions of an entity, as they come in.

use crate::domain::key::Version;
use crate::domain::row::TableKind;
use crate::domain::timeline::{BySource, VersionStatus};
use crate::engine::protocol::HistoryEntry;
use crate::language::translated;
use crate::tui::parts::Filter;

/// Line of the list about a version; its row is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VersionLine {
    pub(crate) version: Version,
    pub(crate) found: Vec<TableKind>,
    pub(crate) status: VersionStatus,
    pub(crate) state: Option<String>,
    pub(crate) at: Option<String>,
    pub(crate) by: Option<String>,
    pub(crate) uncertain: bool,
    pub(crate) request_id: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) deleted: bool,
    pub(crate) current: bool,
    pub(crate) in_s3: bool,
    pub(crate) problem: Option<String>,
    /// It was read before the last reload, which has not brought it.
    pub(crate) is_old: bool,
}

impl From<HistoryEntry> for VersionLine {
    fn from(entry: HistoryEntry) -> Self {
        let in_s3 = entry.version.attributes_ref().is_some();
        let version = entry.version;
        Self {
            version: version.version,
            found: version.found,
            status: version.status,
            state: version.state,
            at: version.at,
            by: version.by,
            uncertain: version.by_source == Some(BySource::Row),
            request_id: version.request_id,
            source: version.source,
            deleted: version.deleted,
            current: version.current,
            in_s3,
            problem: entry.problem,
            is_old: false,
        }
    }
}

impl VersionLine {
    /// Whether it is in no table.
    pub(crate) fn is_gap(&self) -> bool {
        self.status == VersionStatus::Gap
    }

    /// Its status in a word, which [`text!`] marks.
    pub(crate) fn status_word(&self) -> &'static str {
        match self.status {
            VersionStatus::Published if self.deleted => text!("deleted"),
            VersionStatus::Published => text!("published"),
            VersionStatus::Pending => text!("pending"),
            VersionStatus::Failed => text!("failed"),
            VersionStatus::Gap => text!("missing"),
        }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        [
            self.by.as_deref(),
            self.at.as_deref(),
            self.request_id.as_deref(),
            self.source.as_deref(),
            self.state.as_deref(),
        ]
        .into_iter()
        .flatten()
        .chain([self.status_word()])
    }
}

/// The versions, in ascending order; the list shows the newest first.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    lines: Vec<VersionLine>,
    shown: Option<Vec<Version>>,
    /// All of them were read.
    pub(crate) complete: bool,
}

impl Versions {
    /// Takes versions in; one that is there already is replaced.
    pub(crate) fn apply(&mut self, entries: Vec<HistoryEntry>, filter: &Filter) {
        let known = self.lines.len();
        for entry in entries {
            let line = VersionLine::from(entry);
            match self.lines[..known].binary_search_by_key(&line.version, |l| l.version) {
                Ok(at) => self.lines[at] = line,
                Err(_) => self.lines.push(line),
            }
        }
        // Two runs that are in order already, mostly: this merges them rather than inserting one by one.
        self.lines.sort_by_key(|l| l.version);
        self.lines.dedup_by(|later, earlier| {
            let same = later.version == earlier.version;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        self.refilter(filter);
    }

    /// Marks the lines that were read as old until they are read again.
    pub(crate) fn read_again(&mut self) {
        self.lines.iter_mut().for_each(|line| line.is_old = true);
    }

    /// Everything was read: what did not come again is gone.
    pub(crate) fn forget_old(&mut self, filter: &Filter) {
        self.lines.retain(|line| !line.is_old);
        self.refilter(filter);
    }

    /// Whether some of it is old.
    pub(crate) fn is_old(&self) -> bool {
        self.lines.iter().any(|line| line.is_old)
    }

    /// The filter changed.
    pub(crate) fn refilter(&mut self, filter: &Filter) {
        self.shown = filter.active().then(|| {
            let accepts = |l: &VersionLine| {
                let (number, status) = (l.version.to_string(), translated(l.status_word()));
                filter.accepts([number.as_str(), status.as_ref()]) || filter.accepts(l.texts())
            };
            self.lines.iter().rev().filter(|l| accepts(l)).map(|l| l.version).collect()
        });
    }

    /// Versions known of.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Lines shown.
    pub(crate) fn shown_len(&self) -> usize {
        self.shown.as_ref().map_or(self.lines.len(), Vec::len)
    }

    /// The version on a line of the list.
    pub(crate) fn at(&self, index: usize) -> Option<&VersionLine> {
        match &self.shown {
            Some(shown) => self.get(*shown.get(index)?),
            None => self.lines.get(self.lines.len().checked_sub(index + 1)?),
        }
    }

    /// The line of the list that a version stands on.
    pub(crate) fn position(&self, version: Version) -> Option<usize> {
        match &self.shown {
            Some(shown) => shown.binary_search_by(|v| version.cmp(v)).ok(),
            None => {
                let at = self.lines.binary_search_by_key(&version, |l| l.version).ok()?;
                Some(self.lines.len() - 1 - at)
            }
        }
    }

    /// A version by its number.
    pub(crate) fn get(&self, version: Version) -> Option<&VersionLine> {
        self.lines.binary_search_by_key(&version, |l| l.version).ok().map(|at| &self.lines[at])
    }

    /// The data row's version, otherwise the newest.
    pub(crate) fn current_or_newest(&self) -> Option<Version> {
        self.current().or_else(|| self.lines.last().map(|l| l.version))
    }

    /// The newest version known of.
    pub(crate) fn newest(&self) -> Option<Version> {
        self.lines.last().map(|l| l.version)
    }

    /// The data row's version.
    pub(crate) fn current(&self) -> Option<Version> {
        self.lines.iter().rev().find(|l| l.current).map(|l| l.version)
    }

    /// The nearest version below that has a row. The outer `None` means that it is not known yet.
    pub(crate) fn before(&self, version: Version) -> Option<Option<Version>> {
        let at = self.lines.partition_point(|l| l.version < version);
        let mut expected = version.0;
        for line in self.lines[..at].iter().rev() {
            if line.version.0 + 1 != expected && !self.complete {
                return None;
            }
            if !line.is_gap() {
                return Some(Some(line.version));
            }
            expected = line.version.0;
        }
        (self.complete || expected <= 1).then_some(None)
    }

    /// Gaps among them.
    pub(crate) fn gaps(&self) -> usize {
        self.lines.iter().filter(|l| l.is_gap()).count()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::timeline::VersionEntry;

    pub(crate) fn entry(n: u64, gap: bool, current: bool) -> HistoryEntry {
        let version = VersionEntry {
            version: Version(n),
            found: if gap { vec![] } else { vec![TableKind::History, TableKind::Command] },
            status: if gap { VersionStatus::Gap } else { VersionStatus::Published },
            state: None,
            at: Some("2026-03-02T10:15:00+09:00".into()),
            by: Some("u-tanaka".into()),
            ip: None,
            by_source: Some(BySource::Command),
            request_id: Some(format!("req-{n}")),
            source: None,
            deleted: false,
            current,
            row: None,
        };
        HistoryEntry { version, resolved: None, problem: None }
    }

    fn filled() -> Versions {
        let mut versions = Versions::default();
        let none = Filter::default();
        versions.apply(vec![entry(10, false, true), entry(9, false, false)], &none);
        versions.apply(vec![entry(1, false, false), entry(2, false, false)], &none);
        versions
    }

    #[test]
    fn the_newest_stands_first_whatever_the_order_of_arrival() {
        let versions = filled();
        let shown: Vec<u64> = (0..versions.shown_len()).map(|i| versions.at(i).unwrap().version.0).collect();
        assert_eq!(shown, [10, 9, 2, 1]);
        assert_eq!(versions.position(Version(2)), Some(2));
        assert_eq!(versions.current_or_newest(), Some(Version(10)));
    }

    #[test]
    fn the_version_before_is_not_guessed_while_versions_are_missing() {
        let mut versions = filled();
        assert_eq!(versions.before(Version(10)), Some(Some(Version(9))));
        assert_eq!(versions.before(Version(9)), None);
        assert_eq!(versions.before(Version(1)), Some(None));
        let gaps = (3..9).map(|n| entry(n, true, false)).collect();
        versions.apply(gaps, &Filter::default());
        assert_eq!(versions.before(Version(9)), Some(Some(Version(2))));
        assert_eq!(versions.gaps(), 6);
    }

    #[test]
    fn a_filter_finds_numbers_people_and_requests() {
        let mut versions = filled();
        let mut filter = Filter::default();
        filter.paste("req-9");
        versions.refilter(&filter);
        assert_eq!((versions.shown_len(), versions.at(0).unwrap().version), (1, Version(9)));
        assert_eq!((versions.position(Version(9)), versions.position(Version(10))), (Some(0), None));
    }
}
