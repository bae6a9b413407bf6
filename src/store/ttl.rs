//! When rows expire.

use jiff::Timestamp;

use super::error::{ErrorKind, StoreError};
use super::read::ReadStore;
use crate::domain::publish::Ttls;
use crate::domain::row::{Attributes, Row, TableKind};
use crate::domain::value::{Number, Value};

const MASTER_MODULE: &str = "master";
/// The tenant whose settings count where rows belong to none.
const SINGLE_TENANT: &str = "single";
const SECONDS_A_DAY: i64 = 86_400;

/// Days that a tenant's rows are kept, by table; `None` for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TtlSettings {
    data: Option<i64>,
    command: Option<i64>,
    history: Option<i64>,
}

impl TtlSettings {
    /// Days that rows of a table are kept; `None` for ever.
    #[must_use]
    pub fn days(self, kind: TableKind) -> Option<i64> {
        match kind {
            TableKind::Data => self.data,
            TableKind::Command => self.command,
            TableKind::History => self.history,
        }
    }

    /// The expiry times of rows written now.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Ttls {
        let expiry = |days: Option<i64>| days.map(|d| now.as_second().saturating_add(d.saturating_mul(SECONDS_A_DAY)));
        Ttls { data: expiry(self.data), command: expiry(self.command), history: expiry(self.history) }
    }
}

impl ReadStore {
    /// A tenant's settings for the tables of a module, from the master module. An application without that module keeps everything.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read: a failure is never taken for "no setting".
    pub async fn ttl_settings(&self, module: &str, tenant: &str) -> Result<TtlSettings, StoreError> {
        let table = self.names.table(MASTER_MODULE, TableKind::Data);
        let tenant = if tenant.is_empty() { SINGLE_TENANT } else { tenant };
        let pk = format!("MASTER#{tenant}");
        let days = |kind: TableKind| {
            let (table, pk) = (&table, &pk);
            async move {
                let sk = format!("TTL#{}", self.names.table(module, kind));
                match self.get_from(table, pk, &sk, false).await {
                    Ok(row) => Ok(row.as_ref().and_then(days_of)),
                    Err(error) if error.kind() == Some(ErrorKind::NoTable) => Ok(None),
                    Err(error) => Err(error),
                }
            }
        };
        let (data, command, history) =
            tokio::try_join!(days(TableKind::Data), days(TableKind::Command), days(TableKind::History))?;
        Ok(TtlSettings { data, command, history })
    }
}

/// The days of a setting; `None` where it is deleted or names none. A row that expires at once was never meant: 0 and less
/// count as none.
fn days_of(setting: &Row) -> Option<i64> {
    if setting.is_deleted() {
        return None;
    }
    match setting.attributes() {
        Ok(Attributes::Inline(map)) => {
            map.get("days").and_then(Value::as_number).and_then(Number::as_i64).filter(|d| *d > 0)
        }
        _ => None,
    }
}
