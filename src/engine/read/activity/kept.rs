//! Activity that was found, kept on the disk until all of it is known: rows come in no order, and the newest are shown first.

use std::path::Path as FilePath;

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::disk::{Disk, Unusable, broken, number};
use crate::domain::activity::ActivityKind;
use crate::domain::clock::parse_time;
use crate::domain::key::{EntityKey, Version};
use crate::domain::path::Path;
use crate::domain::timeline::{BySource, VersionStatus};
use crate::engine::protocol::{Activity, EntityRef};

const SCHEMA: &str = "
    CREATE TABLE activity (at INTEGER, module TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, rest TEXT NOT NULL);
    CREATE TABLE arranged (place INTEGER PRIMARY KEY, activity INTEGER NOT NULL);";
/// Fields of activity that are stored beside its key and its time in milliseconds.
#[derive(Debug, Serialize, Deserialize)]
struct Rest {
    at: Option<String>,
    by: Option<String>,
    ip: Option<String>,
    request_id: Option<String>,
    source: Option<String>,
    status: VersionStatus,
    kind: ActivityKind,
    name: Option<String>,
    paths: Vec<Path>,
    by_source: BySource,
}

/// All that was found so far.
#[derive(Debug)]
pub(super) struct Kept(Disk);

impl Kept {
    pub(super) fn create(state_dir: &FilePath) -> Result<Self, Unusable> {
        Disk::create(state_dir, SCHEMA).map(Self)
    }

    /// Keeps activity.
    pub(super) fn add(&mut self, activity: Vec<Activity>) -> Result<(), Unusable> {
        let all = self.0.database.transaction().map_err(broken)?;
        for one in activity {
            let at = one.at.as_deref().and_then(parse_time).map(|at| at.as_millisecond());
            let (module, key, version) = (one.entity.module, one.entity.key, number(one.version));
            let rest = Rest {
                at: one.at,
                by: one.by,
                ip: one.ip,
                request_id: one.request_id,
                source: one.source,
                status: one.status,
                kind: one.kind,
                name: one.name,
                paths: one.paths,
                by_source: one.by_source,
            };
            let rest = serde_json::to_string(&rest).map_err(broken)?;
            let sql = "INSERT INTO activity VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let values = params![at, module, key.pk.as_str(), key.sk.as_str(), version, rest];
            all.prepare_cached(sql).and_then(|mut s| s.execute(values)).map_err(broken)?;
        }
        all.commit().map_err(broken)
    }

    /// Puts the newest so many in order; what has no readable time comes last.
    pub(super) fn arrange(&mut self, limit: u64) -> Result<(), Unusable> {
        let sql = "INSERT INTO arranged (activity) SELECT rowid FROM activity
                   ORDER BY at IS NULL, at DESC, module, pk, sk, version DESC LIMIT ?1";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.0.database.execute(sql, [limit]).map(|_| ()).map_err(broken)
    }

    /// A page of what was arranged, behind so many.
    pub(super) fn page(&mut self, behind: u64, limit: u64) -> Result<Vec<Activity>, Unusable> {
        let sql =
            "SELECT a.module, a.pk, a.sk, a.version, a.rest FROM arranged o JOIN activity a ON a.rowid = o.activity
                   WHERE o.place > ?1 ORDER BY o.place LIMIT ?2";
        let mut ask = self.0.database.prepare_cached(sql).map_err(broken)?;
        let sized = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let rows = ask
            .query_map([sized(behind), sized(limit)], |row| {
                let key = EntityKey::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?);
                let entity = EntityRef { module: row.get(0)?, key };
                Ok((entity, Version(row.get::<_, i64>(3)?.unsigned_abs()), row.get::<_, String>(4)?))
            })
            .map_err(broken)?;
        let mut out = Vec::new();
        for row in rows {
            let (entity, version, rest) = row.map_err(broken)?;
            let rest: Rest = serde_json::from_str(&rest).map_err(broken)?;
            out.push(Activity {
                entity,
                version,
                at: rest.at,
                by: rest.by,
                ip: rest.ip,
                request_id: rest.request_id,
                source: rest.source,
                status: rest.status,
                kind: rest.kind,
                name: rest.name,
                paths: rest.paths,
                by_source: rest.by_source,
            });
        }
        Ok(out)
    }
}
