//! Activity that was found, kept on the disk until all of it is known: rows come in the order of their keys, and the newest are shown
//! first.

use std::path::Path as FilePath;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::domain::activity::ActivityKind;
use crate::domain::clock::parse_time;
use crate::domain::key::{EntityKey, Version};
use crate::domain::path::Path;
use crate::domain::timeline::{BySource, VersionStatus};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{JournalError, io, private_dir};
use crate::engine::protocol::{Activity, EntityRef};

const SCHEMA: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE activity (at INTEGER, module TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, rest TEXT NOT NULL);
    CREATE TABLE arranged (place INTEGER PRIMARY KEY, activity INTEGER NOT NULL);
    -- Of the partition at work: versions of its data rows, and versions that were dealt with.
    CREATE TABLE current (sk TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE seen (sk TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (sk, version)) WITHOUT ROWID;";

/// What is kept of activity beside its key and time.
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

/// A database in a directory of its own, for the owner alone; both go away with the value.
#[derive(Debug)]
pub(super) struct Kept {
    database: Connection,
    _dir: TempDir,
}

/// A directory for it, for the owner alone.
pub(super) fn directory(state_dir: &FilePath) -> Result<TempDir, JournalError> {
    private_dir(state_dir)?;
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    // As a preview: what a killed process leaves behind is removed with those.
    let dir = tempfile::Builder::new().prefix("preview-activity-").permissions(private).tempdir_in(state_dir);
    dir.map_err(io(state_dir))
}

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the temporary database of the activity cannot be used: {0}")]
pub(super) struct Unusable(String);

impl From<Unusable> for Failure {
    fn from(error: Unusable) -> Self {
        Self::new(ErrorCode::Io, error.to_string())
    }
}

fn broken(error: impl std::fmt::Display) -> Unusable {
    Unusable(error.to_string())
}

/// SQLite's integers have a sign.
fn number(version: Version) -> i64 {
    i64::try_from(version.0).unwrap_or(i64::MAX)
}

impl Kept {
    pub(super) fn open(dir: TempDir) -> Result<Self, Unusable> {
        let database = Connection::open(dir.path().join("activity.db")).map_err(broken)?;
        database.execute_batch(SCHEMA).map_err(broken)?;
        Ok(Self { database, _dir: dir })
    }

    /// Forgets what was noted of a partition.
    pub(super) fn next_partition(&mut self) -> Result<(), Unusable> {
        self.database.execute_batch("DELETE FROM current; DELETE FROM seen;").map_err(broken)
    }

    /// Notes the versions of data rows.
    pub(super) fn note_current(&mut self, rows: &[(String, Version)]) -> Result<(), Unusable> {
        let all = self.database.transaction().map_err(broken)?;
        for (sk, version) in rows {
            let sql = "INSERT OR REPLACE INTO current VALUES (?1, ?2)";
            all.prepare_cached(sql).and_then(|mut s| s.execute(params![sk, number(*version)])).map_err(broken)?;
        }
        all.commit().map_err(broken)
    }

    /// The version of an entity's data row.
    pub(super) fn current(&mut self, sk: &str) -> Result<Option<Version>, Unusable> {
        let mut ask = self.database.prepare_cached("SELECT version FROM current WHERE sk = ?1").map_err(broken)?;
        let found: Option<i64> = ask.query_row([sk], |row| row.get(0)).optional().map_err(broken)?;
        Ok(found.map(|version| Version(version.unsigned_abs())))
    }

    /// Notes versions that are dealt with; gives back those that were not yet.
    pub(super) fn note_seen(&mut self, versions: &[(String, Version)]) -> Result<Vec<bool>, Unusable> {
        let all = self.database.transaction().map_err(broken)?;
        let mut new = Vec::with_capacity(versions.len());
        for (sk, version) in versions {
            let sql = "INSERT OR IGNORE INTO seen VALUES (?1, ?2)";
            let changed = all.prepare_cached(sql).and_then(|mut s| s.execute(params![sk, number(*version)]));
            new.push(changed.map_err(broken)? > 0);
        }
        all.commit().map_err(broken)?;
        Ok(new)
    }

    /// Sort keys of data rows whose version neither commands nor history have, behind one of them.
    pub(super) fn unseen(&mut self, after: &str, limit: usize) -> Result<Vec<String>, Unusable> {
        let sql = "SELECT c.sk FROM current c LEFT JOIN seen s ON s.sk = c.sk AND s.version = c.version
                   WHERE s.sk IS NULL AND c.sk > ?1 ORDER BY c.sk LIMIT ?2";
        let mut ask = self.database.prepare_cached(sql).map_err(broken)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = ask.query_map(params![after, limit], |row| row.get(0)).map_err(broken)?;
        found.collect::<Result<_, _>>().map_err(broken)
    }

    /// Keeps activity.
    pub(super) fn add(&mut self, activity: Vec<Activity>) -> Result<(), Unusable> {
        let all = self.database.transaction().map_err(broken)?;
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
        self.database.execute(sql, [limit]).map(|_| ()).map_err(broken)
    }

    /// A page of what was arranged, behind so many.
    pub(super) fn page(&mut self, behind: u64, limit: u64) -> Result<Vec<Activity>, Unusable> {
        let sql =
            "SELECT a.module, a.pk, a.sk, a.version, a.rest FROM arranged o JOIN activity a ON a.rowid = o.activity
                   WHERE o.place > ?1 ORDER BY o.place LIMIT ?2";
        let mut ask = self.database.prepare_cached(sql).map_err(broken)?;
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
