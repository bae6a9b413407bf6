//! Version that an entity goes back to.

use jiff::Timestamp;

use super::trace::{Trace, Traces};
use crate::domain::clock::{parse_time, utc_millis};
use crate::domain::key::Version;
use crate::domain::plan::{RollTo, Rollback};
use crate::domain::run::{Reason, RunId};

/// Aim of a rollback for one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// The plan is not about it.
    Untouched,
    /// It already is where it is to go.
    There(String),
    /// It never was there.
    Never(Reason, String),
    /// Where it was cannot be told.
    Unknown(Reason, String),
    /// Back to a version; 0 where the entity was absent.
    Back {
        /// The version.
        to: Version,
        /// Versions above it that the plan is not about: someone else's changes.
        others: Vec<Other>,
        /// Warning for the item, if there is one.
        warning: Option<String>,
    },
}

/// A version that is somebody else's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its number.
    pub version: Version,
    /// Publisher, where its command row names one.
    pub by: Option<String>,
}

/// Aims at what the plan says, with the traces of all versions that there are; `current` is the data row's version.
///
/// [`RollTo::Version`] needs no traces.
#[must_use]
pub fn aim(how: &Rollback, traces: &Traces, current: Version) -> Aim {
    match &how.to {
        RollTo::Version(version) if *version == current => Aim::There(format!("version {version} is the current one")),
        RollTo::Version(version) if *version > current || *version == Version(0) => {
            Aim::Never(Reason::MissingVersion, format!("there is no version {version}: the entity is at {current}"))
        }
        RollTo::Version(version) => Aim::Back { to: *version, others: Vec::new(), warning: None },
        RollTo::Time(at) => at_time(*at, traces, current),
        RollTo::BeforeRun(_) | RollTo::BeforeMigratedAt(_) | RollTo::Window { .. } => {
            before(|trace, earlier| is_of(how, trace, earlier), traces, current)
        }
        RollTo::Said(_) => Aim::Untouched,
    }
}

/// Whether the plan is about a version: the run wrote it, it says so, or it falls into the window.
#[must_use]
pub fn is_of(how: &Rollback, trace: &Trace, earlier: Option<&Trace>) -> bool {
    match &how.to {
        RollTo::Version(_) | RollTo::Time(_) => true,
        RollTo::BeforeRun(id) => {
            let own = id.parse::<RunId>().ok().map(RunId::request_id);
            own.is_some_and(|id| trace.has_request(&id))
                || trace.source() == Some(id)
                || trace.brought(earlier, "_migrationId").is_some_and(|mark| mark.as_str() == Some(id))
        }
        RollTo::BeforeMigratedAt(at) => trace.migrated_at(earlier).any(|own| is_same_time(own, at)),
        RollTo::Window { from, to } => {
            let is_within = matches!(trace.at(), (Some(at), true) if *from <= at && at <= *to);
            let is_one =
                |wanted: &[String], is: &dyn Fn(&str) -> bool| wanted.is_empty() || wanted.iter().any(|w| is(w));
            is_within
                && (!how.only_marked || trace.is_marked(earlier))
                && is_one(&how.by, &|by| trace.by() == Some(by))
                && is_one(&how.request, &|id| trace.has_request(id))
                && is_one(&how.source, &|source| trace.source() == Some(source))
        }
        RollTo::Said(_) => false,
    }
}

/// The same moment, or the same words where they are no time.
fn is_same_time(a: &str, b: &str) -> bool {
    a == b || parse_time(a).zip(parse_time(b)).is_some_and(|(a, b)| a == b)
}

fn at_time(wanted: Timestamp, traces: &Traces, current: Version) -> Aim {
    let mut to = current;
    while to > Version(0) {
        let found = traces.get(&to).map(Trace::at);
        let (at, is_certain) = match found {
            Some((Some(at), is_certain)) => (at, is_certain),
            found => {
                let why = if found.is_some() { "has no readable time" } else { "is in no table: it expired" };
                let message =
                    format!("version {to} {why}, so nobody can tell what was current at {}", utc_millis(wanted));
                return Aim::Unknown(Reason::MissingVersion, message);
            }
        };
        if at <= wanted {
            let warning = (!is_certain).then(|| {
                format!(
                    "the command row of version {to} is gone, and its own time ({}) may be older than its publish",
                    utc_millis(at)
                )
            });
            return match (to == current, warning) {
                (true, None) => Aim::There("it was not changed since".to_owned()),
                (true, Some(warning)) => {
                    Aim::There(format!("it was not changed since, as far as its row tells: {warning}"))
                }
                (false, warning) => Aim::Back { to, others: Vec::new(), warning },
            };
        }
        to = Version(to.0 - 1);
    }
    Aim::Back { to, others: Vec::new(), warning: None }
}

fn before(is_of: impl Fn(&Trace, Option<&Trace>) -> bool, traces: &Traces, current: Version) -> Aim {
    let earlier = |version: Version| traces.get(&Version(version.0.saturating_sub(1)));
    let is_touched = |version: Version| traces.get(&version).is_some_and(|trace| is_of(trace, earlier(version)));
    let Some(first) = traces.keys().copied().find(|version| is_touched(*version)) else { return Aim::Untouched };
    if first > current {
        // Never applied: the entity itself says what stands in the way.
        return Aim::There("what the run published was never applied".to_owned());
    }
    let by = |version: Version| traces.get(&version).and_then(Trace::by).map(str::to_owned);
    let others = (first.0..=current.0).map(Version).filter(|version| !is_touched(*version));
    let others = others.map(|version| Other { version, by: by(version) }).collect();
    Aim::Back { to: Version(first.0 - 1), others, warning: None }
}
