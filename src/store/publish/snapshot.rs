use std::sync::Arc;

use crate::domain::key::{EntityKey, Version};
use crate::domain::row::{Row, TableKind};
use crate::domain::run::Reason;
use crate::domain::timeline::{is_failed, is_stuck};
use crate::store::error::StoreError;
use crate::store::read::ReadStore;

/// What a decision about an entity rests on, read consistently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntitySnapshot {
    /// The data row as stored.
    pub data: Option<Arc<Row>>,
    /// The data row with its attributes in place.
    pub resolved: Option<Arc<Row>>,
    /// Its version, 0 where there is none.
    pub version: Version,
    /// The command row of that version.
    pub command: Option<Row>,
    /// A command row right above it.
    pub next_command: Option<Row>,
}

impl EntitySnapshot {
    /// Why nothing may be published on top of the entity; `None` when it may.
    #[must_use]
    pub fn blocked_by_command(&self) -> Option<(Reason, String)> {
        let next = self.next_command.as_ref()?;
        let version = self.version.next();
        let state = next.text("status").unwrap_or("no status yet");
        Some(if is_stuck(next) {
            let what = if is_failed(next) { "failed" } else { "was never finished" };
            (
                Reason::Wedged,
                format!("the command of version {version} {what} ({state}) and blocks every later publish"),
            )
        } else {
            (Reason::Pending, format!("the command of version {version} waits to be processed ({state})"))
        })
    }
}

impl ReadStore {
    /// Reads what a decision about an entity rests on.
    ///
    /// # Errors
    /// [`StoreError`] when a call failed, the version is no number, or S3-stored attributes cannot be read.
    pub async fn snapshot(&self, module: &str, key: &EntityKey) -> Result<EntitySnapshot, StoreError> {
        let data = self.data_row(module, key).await?;
        let version = data.as_ref().map(Row::version).transpose()?.unwrap_or_default();
        let at = |v: Version| (TableKind::Command, key.sk.at(v));
        let mut commands = self.batch_get(module, &key.pk, &[at(version), at(version.next())], &[], true).await?;
        let resolved = match &data {
            Some(row) => Some(Arc::new(self.resolve(row).await?)),
            None => None,
        };
        Ok(EntitySnapshot {
            data: data.map(Arc::new),
            resolved,
            version,
            command: commands.remove(&at(version)),
            next_command: commands.remove(&at(version.next())),
        })
    }
}
