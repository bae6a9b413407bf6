//! Faults that an entity can have, and faults in how long its past is kept.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};

use super::clock::{parse_time, utc_millis};
use super::finding::FindingKind;
use super::key::Version;
use super::row::{Blocked, Row, field};
use super::snapshot::EntitySnapshot;
use super::timeline::{is_failed, is_refused, is_stuck};

/// A pipeline that works applies a command within seconds; what waits longer than this is told.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// Ranges of a gap that are named.
const RANGES: usize = 8;

/// Fault of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ailment {
    /// A command right above the data row that nothing will finish: every later publish conflicts.
    Wedged {
        /// Its version.
        version: Version,
        /// The framework's status, where there is one.
        state: Option<String>,
        /// The pipeline gave it up; otherwise whoever published it went away in between.
        has_failed: bool,
    },
    /// The command of the current version says that it failed, although the data row has it.
    Failed {
        /// Its version.
        version: Version,
        /// The framework's status.
        state: Option<String>,
    },
    /// A command further above that nothing leads up to: it was refused.
    Refused {
        /// Its version.
        version: Version,
        /// The data row's.
        current: Version,
        /// The framework's status.
        state: Option<String>,
    },
    /// Its ttl removed it, and older commands still stand under its versions.
    Expired,
    /// A command that has waited for the pipeline longer than any pipeline takes.
    Pending {
        /// Its version.
        version: Version,
        /// When it was published, in UTC.
        since: Option<String>,
        /// The framework's status, where there is one.
        state: Option<String>,
    },
    /// Versions that are in no table.
    Gap(Vec<RangeInclusive<u64>>),
    /// The current version has no command row: the framework refuses to publish on top of it asynchronously.
    NoCommand(Version),
    /// The framework would mangle a write to it, or has.
    Mangled(Blocked),
}

impl Ailment {
    /// The contract's word.
    #[must_use]
    pub fn kind(&self) -> FindingKind {
        match self {
            Self::Wedged { .. } => FindingKind::Wedged,
            Self::Failed { .. } | Self::Refused { .. } => FindingKind::Failed,
            Self::Pending { .. } => FindingKind::Pending,
            Self::Gap(_) | Self::NoCommand(_) => FindingKind::Gap,
            Self::Mangled(_) => FindingKind::Mangled,
            Self::Expired => FindingKind::Expired,
        }
    }

    /// Whether its entity can be written to by nobody until it is mended.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Wedged { .. } | Self::Mangled(_))
    }

    /// Whether it only tells that the past is not whole.
    #[must_use]
    pub fn is_note(&self) -> bool {
        matches!(self, Self::Gap(_) | Self::Expired)
    }

    /// Whether finishing the command mends it.
    #[must_use]
    pub fn is_repairable(&self) -> bool {
        matches!(self, Self::Wedged { .. })
    }

    /// In words, with what can be done.
    #[must_use]
    pub fn message(&self) -> String {
        let said = |state: &Option<String>| state.clone().unwrap_or_else(|| "no status".to_owned());
        match self {
            Self::Wedged { version, state, has_failed } => {
                let what = if *has_failed { "failed" } else { "was begun and never finished" };
                format!(
                    "the command of version {version} {what} ({}) and blocks every later publish; --repair finishes it",
                    said(state)
                )
            }
            Self::Failed { version, state } => format!(
                "version {version} was applied, but its command failed ({}): what handlers do afterwards may be missing",
                said(state)
            ),
            Self::Refused { version, current, state } => format!(
                "a command of version {version} stands above version {current} with nothing in between ({}): it was refused and never applied",
                said(state)
            ),
            Self::Pending { version, since, state } => {
                let state = said(state);
                match since {
                    Some(at) => format!(
                        "the command of version {version} has waited since {at} ({state}): look at the application's pipeline"
                    ),
                    None => format!(
                        "the command of version {version} has waited ({state}): look at the application's pipeline"
                    ),
                }
            }
            Self::Gap(ranges) => {
                let named: Vec<String> = ranges
                    .iter()
                    .take(RANGES)
                    .map(|r| {
                        if r.start() == r.end() { r.start().to_string() } else { format!("{}-{}", r.start(), r.end()) }
                    })
                    .collect();
                let more = if ranges.len() > RANGES { " and more" } else { "" };
                format!("versions that are in no table: {}{more}", named.join(", "))
            }
            Self::NoCommand(version) => format!(
                "version {version} has no command row: it was written before the framework kept one, or expired; publishing asynchronously is refused"
            ),
            Self::Mangled(why) => why.to_string(),
            Self::Expired => "its ttl has passed: older commands may still stand under its versions, and nothing can be published there until they expire too".to_owned(),
        }
    }
}

/// Faults in the commands of an entity; `above` are rows more than one version above it.
#[must_use]
pub fn of_commands(seen: &EntitySnapshot, above: &[(Version, Row)], now: Timestamp) -> Vec<Ailment> {
    let mut found = Vec::new();
    let state = |row: &Row| row.text(field::STATUS).map(str::to_owned);
    if seen.is_expired || seen.is_past_ttl {
        return vec![Ailment::Expired];
    }
    if let Some(next) = &seen.next_command {
        let version = seen.version.next();
        if is_stuck(next) {
            found.push(Ailment::Wedged { version, state: state(next), has_failed: is_failed(next) });
        } else {
            let at = next.text(field::CREATED_AT).and_then(parse_time);
            if at.is_none_or(|at| now.duration_since(at) > PATIENCE) {
                found.push(Ailment::Pending { version, since: at.map(utc_millis), state: state(next) });
            }
        }
    }
    let refused = above.iter().filter(|(version, _)| is_refused(*version, seen.version, seen.next_command.is_some()));
    found.extend(refused.map(|(version, row)| Ailment::Refused {
        version: *version,
        current: seen.version,
        state: state(row),
    }));
    if let Some(command) = seen.command.as_ref().filter(|row| is_failed(row)) {
        found.push(Ailment::Failed { version: seen.version, state: state(command) });
    }
    found
}

/// The versions from 1 up to `current` that are not among those known, as ranges.
#[must_use]
pub fn gaps(known: &VersionSet, current: Version) -> Vec<RangeInclusive<u64>> {
    let mut ranges: Vec<RangeInclusive<u64>> = Vec::new();
    for version in (1..=current.0).filter(|v| !known.has(Version(*v))) {
        match ranges.last_mut() {
            Some(last) if *last.end() + 1 == version => *last = *last.start()..=version,
            _ => ranges.push(version..=version),
        }
        // A version that is no count would make gaps without end.
        if ranges.len() > RANGES {
            break;
        }
    }
    ranges
}

/// Versions of one entity: bits for the first 128, which is nearly all there ever are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionSet {
    first: u128,
    rest: BTreeSet<u64>,
}

impl VersionSet {
    /// Takes one in.
    pub fn add(&mut self, version: Version) {
        match version.0 {
            v @ 1..=128 => self.first |= 1 << (v - 1),
            v => {
                self.rest.insert(v);
            }
        }
    }

    /// Whether it is among them.
    #[must_use]
    pub fn has(&self, version: Version) -> bool {
        match version.0 {
            v @ 1..=128 => self.first & (1 << (v - 1)) != 0,
            v => self.rest.contains(&v),
        }
    }

    /// Whether every version from 1 up to `current` is among them.
    #[must_use]
    pub fn is_whole(&self, current: Version) -> bool {
        let first = match current.0 {
            0 => 0,
            v @ 1..=127 => (1 << v) - 1,
            _ => u128::MAX,
        };
        self.first & first == first && (129..=current.0).all(|v| self.has(Version(v)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Row {
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    fn seen(command: Option<&str>, next: Option<&str>) -> EntitySnapshot {
        EntitySnapshot {
            version: Version(2),
            command: command.map(row),
            next_command: next.map(row),
            ..EntitySnapshot::default()
        }
    }

    fn kinds(seen: &EntitySnapshot, above: &[(Version, Row)]) -> Vec<(FindingKind, bool)> {
        let now = "2026-03-10T00:00:00Z".parse().unwrap();
        of_commands(seen, above, now).iter().map(|a| (a.kind(), a.is_repairable())).collect()
    }

    #[test]
    fn commands_above_the_data_row_are_wedged_wait_or_were_refused() {
        assert_eq!(kinds(&seen(Some(r#"{"status":"finish:FINISHED"}"#), None), &[]), []);
        let failed = r#"{"status":"sync_data:FAILED"}"#;
        assert_eq!(kinds(&seen(None, Some(failed)), &[]), [(FindingKind::Wedged, true)]);
        assert_eq!(
            kinds(&seen(None, Some(r#"{"status":"publish_sync:STARTED","syncMode":"SYNC"}"#)), &[]),
            [(FindingKind::Wedged, true)]
        );
        assert_eq!(kinds(&seen(Some(failed), None), &[]), [(FindingKind::Failed, false)]);
        // A quarter of an hour is more than any pipeline takes.
        let waiting = |at: &str| format!(r#"{{"createdAt":"{at}"}}"#);
        assert_eq!(kinds(&seen(None, Some(&waiting("2026-03-10T08:50:00+09:00"))), &[]), []);
        assert_eq!(
            kinds(&seen(None, Some(&waiting("2026-03-10T08:40:00+09:00"))), &[]),
            [(FindingKind::Pending, false)]
        );
        let refused = [(Version(5), row(r#"{"status":"check_version:FINISHED"}"#))];
        assert_eq!(kinds(&seen(None, None), &refused), [(FindingKind::Failed, false)]);
        assert_eq!(
            kinds(&seen(None, Some(failed)), &refused),
            [(FindingKind::Wedged, true)],
            "what blocks comes first"
        );
    }

    #[test]
    fn gaps_are_ranges_and_long_stories_are_whole() {
        let mut known = VersionSet::default();
        for v in [1, 4, 7] {
            known.add(Version(v));
        }
        assert_eq!(gaps(&known, Version(8)), [2..=3, 5..=6, 8..=8]);
        assert_eq!(Ailment::Gap(gaps(&known, Version(7))).message(), "versions that are in no table: 2-3, 5-6");
        for last in [1, 127, 128, 129, 400] {
            let mut known = VersionSet::default();
            (1..=last).for_each(|v| known.add(Version(v)));
            assert!(known.is_whole(Version(last)) && gaps(&known, Version(last)).is_empty(), "{last}");
            assert!(!known.is_whole(Version(last + 1)), "{last}");
            assert_eq!(gaps(&known, Version(last + 1)), [last + 1..=last + 1]);
        }
        assert!(VersionSet::default().is_whole(Version(0)));
    }
}
