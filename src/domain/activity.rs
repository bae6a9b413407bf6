//! Activity, or who did what: a version of an entity as one thing that happened.

use serde::{Deserialize, Serialize};

use super::diff::diff_rows;
use super::key::Version;
use super::path::Path;
use super::rollback::as_data_view;
use super::row::{Row, TableKind};
use super::timeline::VersionStatus;
use super::transform::at_place;

/// Kind of activity: the effect of a version on its entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActivityKind {
    /// Its first version.
    Created,
    /// Another version.
    Updated,
    /// It is soft-deleted since.
    Deleted,
    /// It was soft-deleted before, and is not any more.
    Restored,
    /// Published, and not applied yet.
    Pending,
    /// Published, and given up.
    Failed,
}

impl ActivityKind {
    /// The word of the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Pending => "pending",
            Self::Failed => "failed",
        }
    }
}

/// Kind of activity of a version; `before` is the row of the version before it, where any table has one.
#[must_use]
pub fn kind(status: VersionStatus, version: Version, before: Option<&Row>, now: &Row) -> ActivityKind {
    match status {
        VersionStatus::Pending => ActivityKind::Pending,
        VersionStatus::Failed => ActivityKind::Failed,
        VersionStatus::Published | VersionStatus::Gap => {
            match (before.is_some_and(Row::is_deleted), now.is_deleted()) {
                (false, true) => ActivityKind::Deleted,
                (true, false) => ActivityKind::Restored,
                _ if version <= Version(1) => ActivityKind::Created,
                _ => ActivityKind::Updated,
            }
        }
    }
}

/// The places that a version changed, bookkeeping left out; none where there is no version before to compare with.
#[must_use]
pub fn paths(before: Option<&Row>, now: &Row) -> Vec<Path> {
    let Some(before) = before else { return Vec::new() };
    // Command rows carry fields of their input that no data row ever has, and data rows keep what no command has.
    let view = |row: &Row| as_data_view(row, TableKind::Command);
    let mut paths: Vec<Path> = diff_rows(&view(before), &view(now), false).into_iter().map(|c| c.path).collect();
    paths.dedup();
    paths
}

/// Whether a version touched a place or something inside it; a first version touches all that it has.
#[must_use]
pub fn touches(place: &Path, version: Version, paths: &[Path], now: &Row) -> bool {
    let is_there = || version <= Version(1) && at_place(&now.0, place).is_some();
    paths.iter().any(|path| path.is_within(place) || place.is_within(path)) || is_there()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Row {
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    #[test]
    fn what_a_version_did_is_told_by_the_one_before() {
        let (live, dead) = (row(r#"{"isDeleted":false}"#), row(r#"{"isDeleted":true}"#));
        let of =
            |version, before: Option<&Row>, now: &Row| kind(VersionStatus::Published, Version(version), before, now);
        assert_eq!(of(1, None, &live), ActivityKind::Created);
        assert_eq!(of(2, Some(&live), &live), ActivityKind::Updated);
        assert_eq!(
            (of(2, Some(&live), &dead), of(3, Some(&dead), &live)),
            (ActivityKind::Deleted, ActivityKind::Restored)
        );
        assert_eq!((of(7, None, &dead), of(7, None, &live)), (ActivityKind::Deleted, ActivityKind::Updated));
        assert_eq!(kind(VersionStatus::Failed, Version(1), None, &live), ActivityKind::Failed);
        assert_eq!(kind(VersionStatus::Pending, Version(2), Some(&live), &dead), ActivityKind::Pending);
    }

    #[test]
    fn changed_places_leave_out_bookkeeping_and_what_one_kind_of_row_has_alone() {
        let before = row(
            r#"{"pk":"P#a","sk":"x@1","name":"a","version":1,"updatedBy":"u","attributes":{"p":1,"q":{"r":1}},"own":1}"#,
        );
        let now = row(
            r#"{"pk":"P#a","sk":"x@2","name":"b","version":2,"status":"finish:FINISHED","metadata":{},"attributes":{"p":1,"q":{"r":2}}}"#,
        );
        let found = paths(Some(&before), &now);
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["name", "attributes.q.r"]);
        let touches = |place: &str, version: u64| touches(&place.parse().unwrap(), Version(version), &found, &now);
        assert!(touches("attributes.q", 2) && touches("attributes.q.r", 2) && touches("attributes", 2));
        assert!(!touches("attributes.p", 2) && touches("attributes.p", 1));
        assert_eq!(paths(None, &now), []);
    }
}
