use crate::domain::diff::diff_rows;
use crate::domain::item::{PlannedItem, Role};
use crate::domain::key::Version;
use crate::domain::row::TableKind;
use crate::engine::items::request::request;
use crate::engine::protocol::{EntityRef, Preview};
use crate::engine::task::Context;
use crate::store::ReadStore;

/// An item as it is shown; its differences only `with_changes`, because they are not cheap.
pub(in crate::engine) fn shown(
    store: &ReadStore,
    context: &Context,
    n: u64,
    item: &PlannedItem,
    with_changes: bool,
) -> Preview {
    let (version_before, version_after) = item.versions(Role::Target);
    let source_versions = item.source_versions();
    let built =
        item.writes().then(|| request(store, item, n, context.run, &context.stamp, context.mode).ok()).flatten();
    let (before, after) = (item.before().cloned(), item.after().cloned());
    let origin = item.part(Role::Target).and_then(|part| part.origin);
    // A change in place, or back to the state before a run, takes from nowhere else; and a counter has no versions.
    let is_taken = item.source != item.target && source_versions.0 > Version(0) && item.wrote().is_none();
    let taken = is_taken.then_some(TableKind::Data);
    let found = origin.map(|origin| origin.found).or(taken);
    let changes = match (&before, &after) {
        (Some(before), Some(after)) if with_changes => diff_rows(before, after, false),
        _ => Vec::new(),
    };
    Preview {
        n,
        entity: EntityRef { module: item.module.clone(), key: item.target.clone() },
        source: item.source.clone(),
        source_versions,
        only_source: item.only_source(),
        digest: item.digest(&context.time()),
        action: item.action,
        reason: item.reason,
        message: item.message.clone(),
        line: item.line,
        warnings: item.warnings.clone(),
        version_before,
        version_after,
        version_from: origin.map_or(source_versions.0, |origin| origin.version),
        found: found.filter(|_| after.is_some()),
        before,
        after,
        wrote: item.wrote().cloned(),
        changes,
        publish: context.mode,
        write_units: built.as_ref().map_or(0, |r| r.write_units()),
        s3_objects: built.as_ref().map_or(0, |r| r.object_uris().len() as u64),
    }
}
