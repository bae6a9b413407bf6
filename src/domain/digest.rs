//! Digests: an approval is given for one.

use sha2::{Digest, Sha256};

use super::row::{Row, field};
use super::run::{Action, Reason};
use super::value::{Canonical, Map, Value};

/// Facts that identify the work on one item: two previews of the same data give the same digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemDigest<'a> {
    /// Module.
    pub module: &'a str,
    /// Keys of the target.
    pub target: (&'a str, &'a str),
    /// Keys of the source; in place the same.
    pub source: (&'a str, &'a str),
    /// Intended action.
    pub action: Action,
    /// Why nothing is intended.
    pub reason: Option<Reason>,
    /// Versions of target and source that were shown.
    pub versions: (u64, u64),
    /// The data row before, attributes resolved.
    pub before: Option<&'a Row>,
    /// The data row after, attributes resolved.
    pub after: Option<&'a Row>,
    /// The other entities of the item, written or pinned.
    pub others: Vec<PartDigest<'a>>,
    /// The run's time as attributes spell it, which a plan may put anywhere: it stands outside.
    pub now: Option<&'a str>,
}

/// Identity of the work on one entity of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartDigest<'a> {
    /// Partition and sort key.
    pub key: (&'a str, &'a str),
    /// The version that was shown.
    pub version: u64,
    /// The data row before, attributes resolved.
    pub before: Option<&'a Row>,
    /// The data row after, attributes resolved.
    pub after: Option<&'a Row>,
}

/// Fields that depend on when and by whom a run is made, not on what it does.
const OUTSIDE: [&str; 12] = [
    field::TTL,
    field::REQUEST_ID,
    field::SOURCE,
    field::STATUS,
    field::CREATED_AT,
    field::CREATED_BY,
    field::CREATED_IP,
    field::UPDATED_AT,
    field::UPDATED_BY,
    field::UPDATED_IP,
    field::CPK,
    field::CSK,
];

/// Attributes that a run stamps: they say when and by whom something was done, not what the application stored.
pub const STAMPS: [&str; 13] = [
    "_migrated",
    "_sourceKey",
    "_migratedFrom",
    "_migratedAt",
    "_migrationId",
    "_migratedBy",
    "_sourceVersion",
    "_migratedTo",
    "_deletedAt",
    "_migrationReason",
    "_rolledBackFrom",
    "_rolledBackAt",
    "_restoredAt",
];

/// A row without what stands outside a digest.
#[must_use]
pub fn without_stamps(row: &Row) -> Map {
    let keep = |name: &str| !OUTSIDE.contains(&name);
    row.0
        .iter()
        .filter(|(name, _)| keep(name))
        .map(|(name, value)| match value {
            Value::M(map) if name == field::ATTRIBUTES => {
                let inner = map.iter().filter(|(n, _)| !STAMPS.contains(&n.as_str()));
                (name.clone(), Value::M(inner.map(|(n, v)| (n.clone(), v.clone())).collect()))
            }
            other => (name.clone(), other.clone()),
        })
        .collect()
}

fn feed(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text.as_bytes());
}

/// Bytes in hexadecimal, two lower-case digits each.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// SHA-256 of one item, in hexadecimal.
#[must_use]
pub fn item_digest(item: &ItemDigest<'_>) -> String {
    let mut hash = Sha256::new();
    for text in [item.module, item.target.0, item.target.1, item.source.0, item.source.1, item.action.as_str()] {
        feed(&mut hash, text);
    }
    feed(&mut hash, item.reason.map_or("", Reason::as_str));
    feed(&mut hash, &format!("{} {}", item.versions.0, item.versions.1));
    let mut text = String::with_capacity(1024);
    feed_rows(&mut hash, &mut text, item.before, item.after, item.now);
    for part in &item.others {
        feed(&mut hash, part.key.0);
        feed(&mut hash, part.key.1);
        feed(&mut hash, &part.version.to_string());
        feed_rows(&mut hash, &mut text, part.before, part.after, item.now);
    }
    hex(&hash.finalize())
}

/// `text` is overwritten: a buffer that all rows of an item share.
fn feed_rows(hash: &mut Sha256, text: &mut String, before: Option<&Row>, after: Option<&Row>, now: Option<&str>) {
    // Only what is written carries the run's own time.
    let timeless = now.map(|now| (now, "the run's time"));
    for (row, instead) in [(before, None), (after, timeless)] {
        text.clear();
        if let Some(row) = row {
            write_without_stamps(row, Canonical { instead }, text);
        }
        feed(hash, text);
    }
}

/// The canonical text of [`without_stamps`], without making that row.
fn write_without_stamps(row: &Row, canonical: Canonical<'_>, out: &mut String) {
    let is_inside = |name: &str| !OUTSIDE.contains(&name);
    canonical.fields(&row.0, out, is_inside, |name, value, out| match value {
        Value::M(map) if name == field::ATTRIBUTES => {
            out.push_str("{\"M\":");
            let is_kept = |name: &str| !STAMPS.contains(&name);
            canonical.fields(map, out, is_kept, |_, value, out| canonical.value(value, out));
            out.push('}');
        }
        other => canonical.value(other, out),
    });
}

/// SHA-256 over the items' digests, in hexadecimal. The caller gives them in (target pk, target sk, pk, sk) byte order.
pub fn plan_digest<D: AsRef<str>>(items: impl IntoIterator<Item = D>) -> String {
    let mut hash = Sha256::new();
    items.into_iter().for_each(|digest| feed(&mut hash, digest.as_ref()));
    hex(&hash.finalize())
}

/// SHA-256 of a batch from which items were taken out, in hexadecimal: over the digests of all its items in their order, and which of
/// them are not written. Without any taken out it is that of the batch.
pub fn part_digest<D: AsRef<str>>(items: impl IntoIterator<Item = (D, bool)>) -> String {
    plan_digest(items.into_iter().map(|(digest, is_out)| match is_out {
        true => format!("not {}", digest.as_ref()),
        false => digest.as_ref().to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn digest(after: &str, version: u64) -> String {
        let row = Row(from_plain_json(after).unwrap().as_map().unwrap().clone());
        item_digest(&ItemDigest {
            module: "product",
            target: ("P#a", "x"),
            source: ("P#a", "x"),
            action: Action::Update,
            reason: None,
            versions: (version, 1),
            before: None,
            after: Some(&row),
            others: Vec::new(),
            now: Some("NOW"),
        })
    }

    #[test]
    fn times_and_stamps_stand_outside_and_everything_else_inside() {
        let base = digest(r#"{"name":"n","updatedAt":"T","attributes":{"p":1,"_rolledBackAt":"T"}}"#, 3);
        assert_eq!(
            base,
            digest(r#"{"attributes":{"_rolledBackAt":"U","p":1.0},"name":"n","updatedAt":"U","ttl":5}"#, 3)
        );
        let at = |time: &str| digest(&format!(r#"{{"attributes":{{"createdAt":"{time}","l":["{time}"]}}}}"#), 3);
        assert!(at("NOW") != at("THEN"), "only the run's own time");
        assert_ne!(base, digest(r#"{"name":"n","attributes":{"p":2}}"#, 3));
        assert_ne!(base, digest(r#"{"name":"n","attributes":{"p":1}}"#, 4));
        assert_eq!(base.len(), 64);
    }

    #[test]
    fn the_order_of_items_counts() {
        assert_ne!(plan_digest(["a", "b"]), plan_digest(["b", "a"]));
        assert_ne!(plan_digest(["ab"]), plan_digest(["a", "b"]));
    }

    #[test]
    fn which_items_are_taken_out_is_part_of_the_digest() {
        let all = ["a", "b", "c"];
        let without = |out: &[&str]| part_digest(all.iter().map(|digest| (digest, out.contains(digest))));
        assert_eq!(without(&[]), plan_digest(all));
        let several: std::collections::BTreeSet<String> =
            [without(&[]), without(&["a"]), without(&["b"]), without(&["a", "b"]), plan_digest(["b", "c"])].into();
        assert_eq!(several.len(), 5);
    }
}
