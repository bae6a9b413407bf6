//! In which version each attribute last changed.

use std::collections::BTreeMap;

use super::diff::diff_rows;
use super::key::Version;
use super::path::{Path, Segment};
use super::row::{Row, field};
use super::value::{Map, Value};

/// The version in which each leaf of the newest row last changed, by its path.
///
/// Keys are no leaves: rows of the history and command tables carry the version in theirs.
///
/// `versions` are in ascending order. Where a version in between is missing, a change counts for the first one that shows it.
/// Leaves are scalars, sets, and empty maps or lists; bookkeeping fields are left out.
#[must_use]
pub fn last_changes(versions: &[(Version, Row)]) -> BTreeMap<Path, Version> {
    let mut out: BTreeMap<Path, Version> = BTreeMap::new();
    let empty = Row(Map::new());
    let mut previous = &empty;
    for (version, row) in versions {
        let changed: Vec<Path> = diff_rows(previous, row, false).into_iter().map(|c| list_part(c.path)).collect();
        let mut leaves = Vec::new();
        let is_leaf = |name: &str| name != field::PK && name != field::SK && !super::diff::is_bookkeeping(name);
        for (name, value) in row.0.iter().filter(|(name, _)| is_leaf(name)) {
            collect(&Path::default().name(name.as_str()), value, &mut leaves);
        }
        out = leaves
            .into_iter()
            .map(|leaf| {
                let touched = changed.iter().any(|c| leaf.is_within(c));
                let last = if touched { *version } else { out.get(&leaf).copied().unwrap_or(*version) };
                (leaf, last)
            })
            .collect();
        previous = row;
    }
    out
}

/// Positions in a list mean another element after an insertion, so a change inside a list counts for the whole list.
fn list_part(path: Path) -> Path {
    let end = path.0.iter().position(|s| matches!(s, Segment::Index(_))).unwrap_or(path.0.len());
    Path(path.0.into_iter().take(end).collect())
}

fn collect(path: &Path, value: &Value, out: &mut Vec<Path>) {
    match value {
        Value::M(map) if !map.is_empty() => {
            map.iter().for_each(|(name, inner)| collect(&path.name(name.as_str()), inner, out))
        }
        _ => out.push(path.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    #[test]
    fn each_leaf_knows_its_last_change() {
        let version = |n, json| (Version(n), Row(from_plain_json(json).unwrap().as_map().unwrap().clone()));
        let found = last_changes(&[
            version(
                1,
                r#"{"pk":"P#a","sk":"x@1","name":"a","version":1,"attributes":{"dims":{"l":1,"d":6},"tags":["x"]}}"#,
            ),
            version(2, r#"{"name":"b","version":2,"attributes":{"dims":{"l":1,"d":6},"tags":["x","y"]}}"#),
            version(
                4,
                r#"{"pk":"P#a","sk":"x","name":"b","version":4,"attributes":{"dims":{"l":2,"d":6},"tags":["x","y"],"new":null}}"#,
            ),
        ]);
        let lines: Vec<String> = found.iter().map(|(p, v)| format!("{p} {v}")).collect();
        assert_eq!(
            lines,
            ["attributes.dims.d 1", "attributes.dims.l 4", "attributes.new 4", "attributes.tags 2", "name 2"]
        );
    }
}
