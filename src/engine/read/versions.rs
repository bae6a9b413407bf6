//! Single versions of an entity, from whichever table has them.

use std::sync::Arc;

use crate::domain::key::{Version, meant};
use crate::domain::rollback::as_data_view;
use crate::domain::row::{Row, TableKind};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::EntityRef;
use crate::engine::task::{Stop, Task};

/// A version's row.
#[derive(Debug, Clone)]
pub(in crate::engine) struct VersionRow {
    pub(in crate::engine) version: Version,
    pub(in crate::engine) found: TableKind,
    /// As stored, except that a command row is narrowed to what a data row has.
    pub(in crate::engine) row: Arc<Row>,
}

/// Finds a version: the data row if it is the current one, then history, then the command. `None` when it is in no table.
///
/// `data` is the data row where the caller has read it already.
pub(in crate::engine) async fn find(
    task: &Task,
    entity: &EntityRef,
    data: Option<&Row>,
    version: Version,
) -> Result<Option<VersionRow>, Stop> {
    if let Some(row) = data.filter(|row| row.version() == Ok(version)) {
        return Ok(Some(VersionRow { version, found: TableKind::Data, row: Arc::new(row.clone()) }));
    }
    for kind in [TableKind::History, TableKind::Command] {
        let sk = entity.key.sk.at(version);
        if let Some(row) = task.store().get(&entity.module, kind, &entity.key.pk, &sk, true).await? {
            return Ok(Some(VersionRow { version, found: kind, row: Arc::new(as_data_view(&row, kind)) }));
        }
    }
    Ok(None)
}

/// A version, or the current one, with its attributes in place.
pub(in crate::engine) async fn load(
    task: &Task,
    entity: &EntityRef,
    version: Option<Version>,
) -> Result<VersionRow, Stop> {
    let missing = |what: String| {
        let mut failure = Failure::new(ErrorCode::NotFound, format!("{what} of {} is in no table", entity.key))
            .at(entity.key.pk.as_str(), Some(entity.key.sk.as_str()));
        failure.hint = meant(&entity.key.pk, Some(entity.key.sk.as_str()));
        failure
    };
    let data = task.store().data_row(&entity.module, &entity.key).await?;
    let wanted = match (version, &data) {
        (Some(version), _) => version,
        (None, Some(row)) => row.version()?,
        (None, None) => return Err(missing("the current version".to_owned()).into()),
    };
    let found = find(task, entity, data.as_ref(), wanted).await?;
    let mut found = found.ok_or_else(|| {
        let failure = missing(format!("version {wanted}"));
        if failure.hint.is_some() {
            return failure;
        }
        failure.hint("it has expired or was never written; `history` shows what is there")
    })?;
    found.row = Arc::new(task.store().resolve(&found.row).await?);
    Ok(found)
}
