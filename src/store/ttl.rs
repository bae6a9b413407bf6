//! When rows expire.

use std::sync::Arc;

use jiff::Timestamp;

use super::error::{ErrorKind, StoreError};
use super::read::ReadStore;
use crate::domain::key::PartitionKey;
use crate::domain::publish::Ttls;
use crate::domain::retention::{Retention, settings_pk};
use crate::domain::row::{Attributes, Row, TableKind};

const MASTER_MODULE: &str = "master";

/// How long the rows of a partition are kept, by table; `None` where nothing is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TtlSettings {
    data: Option<Arc<Retention>>,
    command: Option<Arc<Retention>>,
    history: Option<Arc<Retention>>,
}

impl TtlSettings {
    /// Retention that is set for the rows of a table.
    #[must_use]
    pub fn of(&self, kind: TableKind) -> Option<&Retention> {
        match kind {
            TableKind::Data => self.data.as_deref(),
            TableKind::Command => self.command.as_deref(),
            TableKind::History => self.history.as_deref(),
        }
    }

    /// Whole days that rows of a table are kept; `None` for ever.
    #[must_use]
    pub fn days(&self, kind: TableKind) -> Option<i64> {
        self.of(kind).and_then(Retention::days)
    }

    /// The expiry times of rows written now.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Ttls {
        let expiry =
            |kind| self.of(kind).and_then(|kept| kept.seconds).map(|seconds| now.as_second().saturating_add(seconds));
        Ttls { data: expiry(TableKind::Data), command: expiry(TableKind::Command), history: expiry(TableKind::History) }
    }
}

impl ReadStore {
    /// The settings that count for rows of a partition, from the master module. An application without that module keeps everything.
    /// As in the framework a soft-deleted setting counts, and so does one whose attributes are in S3.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read: a failure is never taken for "no setting".
    pub async fn ttl_settings(&self, module: &str, pk: &PartitionKey) -> Result<TtlSettings, StoreError> {
        let table = self.names.table(MASTER_MODULE, TableKind::Data);
        let pk = settings_pk(pk);
        let kept = |kind: TableKind| {
            let (table, pk) = (&table, &pk);
            async move {
                let sk = format!("TTL#{}", self.names.table(module, kind));
                match self.get_from(table, pk.as_str(), &sk, false).await {
                    Ok(None) => Ok(None),
                    Ok(Some(row)) => Ok(Some(Arc::new(self.retention(&row).await?))),
                    Err(error) if error.kind() == Some(ErrorKind::NoTable) => Ok(None),
                    Err(error) => Err(error),
                }
            }
        };
        let (data, command, history) =
            tokio::try_join!(kept(TableKind::Data), kept(TableKind::Command), kept(TableKind::History))?;
        Ok(TtlSettings { data, command, history })
    }

    async fn retention(&self, setting: &Row) -> Result<Retention, StoreError> {
        // A setting that cannot be read is none for the framework, too.
        let readable = self.readable(setting).await?.ok();
        Ok(match readable.as_ref().map(Row::attributes) {
            Some(Ok(Attributes::Inline(map))) => Retention::of(map.get("days")),
            _ => Retention::of(None),
        })
    }
}
