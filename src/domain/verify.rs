//! Whether what is stored is what was to be written.

use super::diff::{Change, diff_rows, is_bookkeeping};
use super::path::Segment;
use super::publish::PublishMode;
use super::row::{Row, field};

/// What differs between a data row as it was to be written and as it was read back, every field and its type.
///
/// In async mode the application's pipeline writes the data row: times and the command's sort key are its own.
#[must_use]
pub fn differences(wrote: &Row, found: &Row, mode: PublishMode) -> Vec<Change> {
    let mut changes = diff_rows(wrote, found, true);
    if mode == PublishMode::Async {
        changes.retain(|change| !matches!(change.path.0.first(), Some(Segment::Name(name)) if is_bookkeeping(name) && name != field::VERSION));
    }
    changes
}

/// What differs between a data row as it was to be written and the history row that a later publish made of it. History rows
/// expire by a rule of their own.
#[must_use]
pub fn history_differences(wrote: &Row, found: &Row, mode: PublishMode) -> Vec<Change> {
    let mut changes = differences(wrote, found, mode);
    changes.retain(|change| !matches!(change.path.0.first(), Some(Segment::Name(name)) if name == field::TTL));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Row {
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    #[test]
    fn a_value_a_type_and_a_bookkeeping_field_are_found() {
        let wrote =
            row(r#"{"pk":"a","sk":"x","name":"n","version":1,"ttl":5,"updatedAt":"T","attributes":{"p":1,"q":"1"}}"#);
        assert_eq!(differences(&wrote, &wrote, PublishMode::Sync), []);
        let found =
            row(r#"{"pk":"a","sk":"x","name":"n","version":1,"ttl":6,"updatedAt":"T","attributes":{"p":2,"q":1}}"#);
        let paths = |changes: Vec<Change>| changes.into_iter().map(|c| c.path.to_string()).collect::<Vec<_>>();
        assert_eq!(paths(differences(&wrote, &found, PublishMode::Sync)), ["ttl", "attributes.p", "attributes.q"]);
        assert_eq!(paths(history_differences(&wrote, &found, PublishMode::Sync)), ["attributes.p", "attributes.q"]);
        assert_eq!(paths(differences(&wrote, &found, PublishMode::Async)), ["attributes.p", "attributes.q"]);
        let later =
            row(r#"{"pk":"a","sk":"x","name":"n","version":2,"ttl":5,"updatedAt":"T","attributes":{"p":1,"q":"1"}}"#);
        assert_eq!(paths(differences(&wrote, &later, PublishMode::Async)), ["version"]);
    }
}
