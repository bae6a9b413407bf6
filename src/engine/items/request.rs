use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::normalize::counter_value;
use crate::domain::publish::{PublishMode, Stamp, Ttls, rows_of};
use crate::domain::retention::check_expiry;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::run::RunId;
use crate::domain::size::item_bytes;
use crate::domain::value::{Number, Value};
use crate::store::ReadStore;
use crate::store::error::StoreError;
use crate::store::publish::{Counter, PublishRequest, Shown, Unfinished, VersionCheck};

/// The request for an item: the same each time it is asked for, S3 names included, so that a run that is resumed repeats the
/// requests that it may have sent before.
///
/// # Errors
/// [`StoreError::Unstorable`], [`StoreError::NoBucket`], [`StoreError::Row`].
pub(in crate::engine) fn request(
    store: &ReadStore,
    item: &PlannedItem,
    n: u64,
    run: RunId,
    stamp: &Stamp,
    mode: PublishMode,
) -> Result<PublishRequest, StoreError> {
    let mut request = PublishRequest {
        mode,
        request_id: stamp.request_id.clone(),
        parts: Vec::new(),
        checks: Vec::new(),
        counters: Vec::new(),
    };
    // The store of users is asked in its own words.
    if item.part(Role::User).is_some() {
        return Ok(request);
    }
    if let Some(part) = item.part(Role::Counter) {
        request.counters.extend(counter(item, part));
        return Ok(request);
    }
    let mut objects = 0u32;
    let mut new_name = || {
        objects += 1;
        object_name(run, n, objects)
    };
    let unfinished = item.part(Role::Command).and_then(|part| part.before.as_deref());
    for part in item.parts.iter().filter(|part| part.role != Role::Command) {
        let check = VersionCheck {
            role: part.role,
            module: item.module.clone(),
            key: part.key.clone(),
            version: part.version,
            shown: shown(part),
        };
        let Some(after) = &part.after else {
            request.checks.push(check);
            continue;
        };
        let before = part.before.as_deref();
        may_expire(part, after)?;
        let ttls = Ttls { data: None, command: part.ttl.0, history: part.ttl.1 };
        let mut rows = rows_of(&part.key, before, after, mode, stamp, ttls)?;
        rows.is_finish = unfinished.is_some();
        rows.in_s3.clone_from(&part.in_s3);
        let sets_previous = part.previous_seen && !part.previous_stays;
        let mut prepared = store.prepare(&item.module, rows, sets_previous, &mut new_name)?;
        prepared.role = part.role;
        prepared.shown.clone_from(&check.shown);
        prepared.finishes = unfinished.map(|row| Unfinished {
            status: row.text(field::STATUS).map(str::to_owned),
            request_id: row.text(field::REQUEST_ID).map(str::to_owned),
            at: stamp.at.clone(),
            bytes: item_bytes(&row.0),
        });
        request.parts.push(prepared);
        // The pipeline writes the data row, and without a condition: what was shown is pinned here.
        if mode == PublishMode::Async {
            request.checks.push(check);
        }
    }
    Ok(request)
}

/// The content of an entity when it was shown. Where another item of the run changes it first, the version alone is pinned.
fn shown(part: &PlannedPart) -> Option<Shown> {
    let row = part.before.as_ref().filter(|row| row.version() == Ok(part.version))?;
    let of = if part.after.is_some() { Shown::written } else { Shown::read };
    Some(of(Arc::clone(row), part.in_s3.before.as_deref()))
}

/// Refuses times that the framework could not store: those of the rows that the publish writes or leads to.
fn may_expire(part: &PlannedPart, after: &Row) -> Result<(), StoreError> {
    let data = after.get(field::TTL).and_then(Value::as_number).and_then(Number::as_i64);
    // A new entity has neither a previous command nor history.
    let past = part.before.as_ref().map_or((None, None), |_| part.ttl);
    for (kind, at) in [(TableKind::Data, data), (TableKind::Command, past.0), (TableKind::History, past.1)] {
        if let Some(at) = at {
            check_expiry(at).map_err(|why| StoreError::Unstorable { table: kind.as_str(), why })?;
        }
    }
    Ok(())
}

fn counter(item: &PlannedItem, part: &PlannedPart) -> Option<Counter> {
    let row = part.after.as_deref()?;
    let old = item.part(Role::Source)?;
    Some(Counter {
        key: part.key.clone(),
        seen: part.before.as_deref().and_then(counter_value),
        to: counter_value(row)?,
        row: row.clone(),
        old: (old.key.clone(), old.before.as_deref().and_then(counter_value)?),
    })
}

/// A ULID made from the run, the item and its place in it.
fn object_name(run: RunId, n: u64, k: u32) -> String {
    derived_ulid(run, &format!("{run} {n} {k}"))
}

/// A ULID of the run's time, the same for the same seed.
pub(in crate::engine) fn derived_ulid(run: RunId, seed: &str) -> String {
    let hash = Sha256::digest(seed);
    let random = hash.iter().take(10).fold(0u128, |acc, byte| (acc << 8) | u128::from(*byte));
    RunId::from_parts(run.unix_millis(), random).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects_are_ulids_and_repeat() {
        let run = RunId::from_parts(1_767_225_600_000, 7);
        let name = object_name(run, 3, 1);
        assert_eq!(name, object_name(run, 3, 1));
        assert!(name.parse::<RunId>().is_ok() && name[..10] == run.to_string()[..10]);
        let other = [
            object_name(run, 3, 2),
            object_name(run, 4, 1),
            object_name(RunId::from_parts(1_767_225_600_000, 8), 3, 1),
        ];
        assert!(!other.contains(&name));
    }
}
