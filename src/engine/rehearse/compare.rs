//! Whether a run and its undo left every entity as it was.

use std::path::Path;

use futures::TryStreamExt;

use crate::domain::diff::{Change, diff_rows};
use crate::domain::finding::FindingKind;
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::Version;
use crate::domain::path::Segment;
use crate::domain::row::{Row, field};
use crate::domain::users::MODULE;
use crate::domain::value::to_plain_json;
use crate::engine::journal::{Reader, WrittenItem};
use crate::engine::protocol::{EntityRef, Event, Finding, Phase, Severity};
use crate::engine::read::seen::seen_pages;
use crate::engine::task::{Stop, Task, blocking};
use crate::store::publish::{Snapshot, in_form};

/// Items looked at together.
const PAGE: usize = 100;
/// Fields that change with every publish. Like `MARKS`, which say that something was taken back, they are not compared.
const LEFT_OUT: [&str; 8] = [
    field::VERSION,
    field::REQUEST_ID,
    field::UPDATED_AT,
    field::UPDATED_BY,
    field::UPDATED_IP,
    field::TTL,
    field::CPK,
    field::CSK,
];
const MARKS: [&str; 3] = ["_restoredAt", "_rolledBackFrom", "_rolledBackAt"];

/// Compares what `copy` has with what a preview of `task` saw: how many entities, and how much is otherwise.
pub(super) async fn all(task: &Task, copy: &Task, preview: &Path, total: u64) -> Result<(u64, u64), Stop> {
    let path = preview.to_path_buf();
    let reader = blocking(move || Reader::open_file(&path)).await??;
    let (mut entities, mut differences, mut done) = (0, 0, 0);
    let wanted = |page: &[WrittenItem]| parts(page).map(|(item, part)| (item.module.as_str(), &part.key)).collect();
    let mut pages = seen_pages(copy, reader, |reader, after| reader.whole(after, PAGE), wanted);
    while let Some((page, seen)) = pages.try_next().await? {
        task.check()?;
        done += page.len() as u64;
        let mut found = Vec::new();
        for (item, part) in parts(&page) {
            entities += 1;
            if let Some(snapshot) = seen.get(&(item.module.clone(), part.key.clone())) {
                found.extend(entity(item, part, snapshot));
            }
        }
        for part in page.iter().filter_map(|written| written.item.part(Role::User)) {
            entities += 1;
            found.extend(user(copy, part).await?);
        }
        differences += found.len() as u64;
        for finding in found {
            task.emit(Event::Finding(Box::new(finding))).await?;
        }
        task.emit(Event::Progress { phase: Phase::Verify, done, total: Some(total) }).await?;
    }
    Ok((entities, differences))
}

/// Parts of items whose versions are compared. The source of a counter is a counter too.
fn parts(page: &[WrittenItem]) -> impl Iterator<Item = (&PlannedItem, &PlannedPart)> {
    let items = page.iter().map(|written| &written.item).filter(|item| item.part(Role::Counter).is_none());
    items.flat_map(|item| item.parts.iter().filter(|part| is_versioned(part)).map(move |part| (item, part)))
}

/// Counters only ever count up, and commands are no state of their own.
fn is_versioned(part: &PlannedPart) -> bool {
    matches!(part.role, Role::Target | Role::Source | Role::Witness)
}

/// Differences of an entity from its state before.
fn entity(item: &PlannedItem, part: &PlannedPart, snapshot: &Snapshot) -> Vec<Finding> {
    let is_bytes = part.before.as_ref().is_some_and(|row| row.attribute_bytes().is_some());
    let place = EntityRef { module: item.module.clone(), key: part.key.clone() };
    let one = |message: String| vec![Finding::new(FindingKind::Different, Severity::Error, place.clone(), message)];
    let form = in_form(snapshot, is_bytes);
    let (version, now) = match &form {
        Ok(seen) => (seen.version, seen.resolved.as_deref()),
        // An entity that could not be worked with before is compared as it is stored.
        Err(unusable) => (unusable.version(), unusable.data.as_deref()),
    };
    match (part.before.as_deref(), now) {
        (None, None) => Vec::new(),
        (None, Some(now)) if is_created(item, part) && !now.is_deleted() => {
            one("it was not there before, and is live after the undo".to_owned())
        }
        (None, Some(_)) => Vec::new(),
        (Some(_), None) => one("it was there before, and is gone after the undo".to_owned()),
        (Some(_), Some(_)) if version < part.version => {
            one(format!("version {} became {version}: versions only rise", part.version))
        }
        (Some(before), Some(now)) => differing(before, now).into_iter().map(|change| told(&place, change)).collect(),
    }
}

/// Whether the item made it: where it only looked at an entity, it says nothing about one that it could not read.
fn is_created(item: &PlannedItem, part: &PlannedPart) -> bool {
    item.writes() && part.after.is_some() && part.version == Version(0)
}

fn differing(before: &Row, now: &Row) -> Vec<Change> {
    let mut changes = diff_rows(before, now, true);
    changes.retain(|change| match change.path.0.as_slice() {
        [Segment::Name(name), ..] if LEFT_OUT.contains(&name.as_str()) => false,
        [Segment::Name(name), Segment::Name(mark), ..] if name == field::ATTRIBUTES => !MARKS.contains(&mark.as_str()),
        _ => true,
    });
    changes
}

fn told(place: &EntityRef, change: Change) -> Finding {
    let text = |value: &Option<_>| value.as_ref().map_or_else(|| "nothing".to_owned(), to_plain_json);
    let message = format!("before {}, after the undo {}", text(&change.before), text(&change.after));
    let found = Finding::new(FindingKind::Different, Severity::Error, place.clone(), message);
    Finding { change: Some(Box::new(change.clone())), ..found.at(change.path.to_string()) }
}

/// Differences of a user from its state before.
async fn user(copy: &Task, part: &PlannedPart) -> Result<Vec<Finding>, Stop> {
    let place = EntityRef { module: MODULE.to_owned(), key: part.key.clone() };
    let one = |message: String| Finding::new(FindingKind::Different, Severity::Error, place.clone(), message);
    let Some(before) = part.before.as_deref() else { return Ok(Vec::new()) };
    let Some(now) = copy.store().user(part.key.pk.as_str(), part.key.sk.as_str()).await? else {
        return Ok(vec![one("the user was there before, and is gone after the undo".to_owned())]);
    };
    let other = before.0.keys().filter(|name| now.attributes.get(*name).map(String::as_str) != before.text(name));
    let told = |name: &String| {
        let text = |text: Option<&str>| text.map_or_else(|| "nothing".to_owned(), |text| format!("{text:?}"));
        let is = text(now.attributes.get(name).map(String::as_str));
        one(format!("before {}, after the undo {is}", text(before.text(name)))).at(name.as_str())
    };
    Ok(other.map(told).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    #[test]
    fn marks_and_bookkeeping_may_differ_and_nothing_else() {
        let row = |json: &str| Row(from_plain_json(json).unwrap().as_map().unwrap().clone());
        let paths =
            |a: &str, b: &str| differing(&row(a), &row(b)).into_iter().map(|c| c.path.to_string()).collect::<Vec<_>>();
        let was = r#"{"name":"n","version":1,"requestId":"a","ttl":1,"isDeleted":false,"attributes":{"p":1}}"#;
        let is = r#"{"name":"n","version":3,"requestId":"b","isDeleted":false,"attributes":{"p":1,"_restoredAt":"T"}}"#;
        assert_eq!(paths(was, is), Vec::<String>::new());
        let other = r#"{"name":"m","version":3,"attributes":{"p":"1","_migratedTo":"x"}}"#;
        assert_eq!(paths(was, other), ["name", "isDeleted", "attributes.p", "attributes._migratedTo"]);
    }
}
