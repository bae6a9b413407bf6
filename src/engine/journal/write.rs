use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::actor::Database;
use super::chain::{Chain, ENDED, Kind, Page, up_to};
use super::facts::Facts;
use super::rows::{self, number};
use super::{JournalError, database, io, journal_path, lock_path, private_dir, private_file, run_dir, schema};
use crate::domain::item::PlannedItem;
use crate::domain::plan::Plan;
use crate::domain::publish::{PublishMode, Stamp};
use crate::domain::run::{Operation, Outcome, Reason, RunId, RunState};
use crate::lock::Held;
use crate::store::Pins;

/// Facts that are known of a run when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its id.
    pub run: RunId,
    /// Its name.
    pub name: String,
    /// The kind of its work.
    pub operation: Operation,
    /// Ticket or why.
    pub reason: String,
    /// Profile.
    pub profile: String,
    /// Environment.
    pub environment: String,
    /// App.
    pub app: String,
    /// Account.
    pub account: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// DynamoDB endpoint, where it is not AWS's own.
    pub endpoint: Option<String>,
    /// Every other place that it leads to.
    pub pins: Pins,
    /// The run's time: RFC 3339, UTC, milliseconds.
    pub started_at: String,
    /// The plan; `None` for a command that has no plan file.
    pub plan: Option<Plan>,
    /// The publisher, the time, the request id and the source of its writes, as its rows carry them.
    pub stamp: Stamp,
    /// How it is published.
    pub mode: PublishMode,
    /// The run that this one takes back.
    pub undo_of: Option<RunId>,
}

/// An item to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    /// Number in the run, from 1.
    pub n: u64,
    /// Batch, from 1; `None` for one that is not written.
    pub batch: Option<u32>,
    /// The planned item.
    pub item: PlannedItem,
    /// References of the S3 objects that are put first.
    pub objects: Vec<String>,
    /// The item's digest, for which an approval of it is given.
    pub digest: String,
}

/// An item that has ended, with its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedItem {
    /// Number in the run.
    pub n: u64,
    /// The contract's word.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<Reason>,
    /// In words.
    pub message: Option<String>,
    /// Writes sent.
    pub attempts: u32,
    /// The service's request id.
    pub request_id: Option<String>,
    /// RFC 3339, UTC, milliseconds.
    pub at: String,
}

/// The journal of a run that this process holds: calls are answered once they are on the disk.
///
/// Cloning gives another handle to the same journal; the run's lock is given back when the last one is gone.
#[derive(Debug, Clone)]
pub struct Journal {
    pub(super) database: Database,
    pub(super) path: Arc<PathBuf>,
    run: RunId,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Journal {
    /// Begins the journal of a new run in the state directory and takes its lock. Blocks on the disk.
    ///
    /// # Errors
    /// [`JournalError`] when the directory or the database cannot be made, or the run is held elsewhere.
    pub fn create(state_dir: &Path, header: &Header) -> Result<Self, JournalError> {
        private_dir(&run_dir(state_dir, header.run))?;
        let lock = take_lock(&lock_path(state_dir, header.run), header.run)?;
        Self::create_at(&journal_path(state_dir, header.run), header, lock)
    }

    /// Begins a journal that nobody will look for, for a preview: it goes with `held`.
    ///
    /// # Errors
    /// [`JournalError`] when the database cannot be made.
    pub fn scratch<H: Send + 'static>(path: &Path, header: &Header, held: H) -> Result<Self, JournalError> {
        Self::create_at(path, header, held)
    }

    fn create_at<H: Send + 'static>(path: &Path, header: &Header, held: H) -> Result<Self, JournalError> {
        // It gets its name once it is whole: what a kill leaves before that is no run, and nobody stumbles over it.
        let unnamed = path.with_extension("new");
        // SQLite gives the files beside the database the database's own permissions.
        drop(private_file(&unnamed)?);
        let connection = Connection::open(&unnamed).map_err(database(&unnamed))?;
        #[cfg(test)]
        super::dying::step();
        schema::create(&connection, &unnamed)?;
        put_header(&connection, &unnamed, header)?;
        #[cfg(test)]
        super::dying::step();
        connection.close().map_err(|(_, error)| database(&unnamed)(error))?;
        std::fs::rename(&unnamed, path).map_err(io(path))?;
        #[cfg(test)]
        super::dying::step();
        let connection = Connection::open(path).map_err(database(path))?;
        Self::start(connection, path, header.run, held)
    }

    /// Takes up the journal of a run that ended before its end. Blocks on the disk.
    ///
    /// # Errors
    /// [`JournalError::NoRun`], [`JournalError::Locked`] while another process has it, [`JournalError`].
    pub fn open(state_dir: &Path, run: RunId) -> Result<Self, JournalError> {
        let path = journal_path(state_dir, run);
        if !path.exists() {
            return Err(JournalError::NoRun { run, dir: super::runs_dir(state_dir) });
        }
        super::guard::regular_database(&path)?;
        let lock = take_lock(&lock_path(state_dir, run), run)?;
        let connection = Connection::open(&path).map_err(database(&path))?;
        schema::check(&connection, &path)?;
        schema::make_durable(&connection, &path)?;
        Self::start(connection, &path, run, lock)
    }

    fn start<H: Send + 'static>(
        connection: Connection,
        path: &Path,
        run: RunId,
        held: H,
    ) -> Result<Self, JournalError> {
        let (database, thread) = Database::start(connection, path, held)?;
        let thread = Arc::new(Mutex::new(Some(thread)));
        Ok(Self { database, path: Arc::new(path.to_path_buf()), run, thread })
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Gives the run back, and waits until its lock is free. Other handles must be gone.
    pub async fn close(self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(self.database);
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    /// Adds items of a preview.
    ///
    /// # Errors
    /// [`JournalError`]: nothing may be written then.
    pub async fn add(&self, items: Vec<NewItem>) -> Result<(), JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let Some(last) = items.last().map(|item| item.n) else { return Ok(()) };
                let mut page = Page::default();
                let mut said = Vec::new();
                for item in &items {
                    let inserted = rows::insert(connection, &path, item)?;
                    page.add(&inserted.planned, &inserted.seal, inserted.objects.as_deref());
                    if item.batch.is_some() && inserted.ended != super::chain::NOT_ENDED {
                        said.push((number(item.n), inserted.ended));
                    }
                }
                let mut chain = Chain::of(connection, &path)?;
                chain.add(Kind::Planned, up_to(last), &page.end())?;
                said.iter().try_for_each(|(n, ended)| chain.ended(*n, ended))
            })
            .await
    }

    /// Turns a complete preview into a run: what is not written has its outcome, what is written stands in batches that wait.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn previewed(
        &self,
        digest: &str,
        facts: impl Into<Facts>,
        canary: usize,
        size: usize,
    ) -> Result<(), JournalError> {
        let (digest, path) = (digest.to_owned(), Arc::clone(&self.path));
        let blast = serde_json::to_string(&facts.into()).unwrap_or_default();
        self.database
            .call(move |connection| {
                let fail = database(&path);
                connection
                    .execute(
                        "UPDATE item SET outcome = CASE action WHEN 'equal' THEN 'equal' WHEN 'skip' THEN 'skipped' ELSE action END
                         WHERE batch IS NULL",
                        [],
                    )
                    .map_err(&fail)?;
                super::batches::spread(connection, &path, canary, size)?;
                super::batches::make(connection, &path)?;
                connection
                    .execute("UPDATE run SET previewed = 1, digest = ?1, blast = ?2", params![digest, blast])
                    .map_err(&fail)?;
                let mut chain = Chain::of(connection, &path)?;
                chain.run()?;
                chain.batches()
            })
            .await?;
        let path = Arc::clone(&self.path);
        self.database.alone(move |connection| schema::make_durable(connection, &path)).await
    }

    /// Records what became of items of `batches`, and gives back those batches that are done with it.
    ///
    /// # Errors
    /// [`JournalError`]: the run must stop, because it could not record what it writes.
    pub async fn end(&self, ended: Vec<EndedItem>, batches: Vec<u32>) -> Result<Vec<u32>, JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                end_all(connection, &path, &ended)?;
                super::batches::finish(connection, &path, &batches)
            })
            .await
    }

    /// Records where the run stands; an end time only for states that end it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn set_state(&self, state: RunState, at: &str) -> Result<(), JournalError> {
        let ended = matches!(state, RunState::Done | RunState::Stopped | RunState::Undone).then(|| at.to_owned());
        self.recorded("UPDATE run SET state = ?1, ended_at = ?2", (state.as_str(), ended), |chain| chain.run()).await
    }

    /// Records that everything that still waits is approved.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn approve_rest(&self) -> Result<(), JournalError> {
        self.recorded("UPDATE run SET approve_rest = 1", (), |chain| chain.run()).await
    }

    /// Changes something and records in the chain what stands there now, both at once.
    pub(super) async fn recorded(
        &self,
        sql: &'static str,
        values: impl rusqlite::Params + Send + 'static,
        record: impl FnOnce(&mut Chain<'_>) -> Result<(), JournalError> + Send + 'static,
    ) -> Result<(), JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                connection.execute(sql, values).map_err(database(&path))?;
                record(&mut Chain::of(connection, &path)?)
            })
            .await
    }
}

/// Records that another run took a run back, or that it counts again. Blocks on the disk.
///
/// # Errors
/// [`JournalError::NoRun`] when there is no such run here, [`JournalError`].
pub fn mark(state_dir: &Path, run: RunId, state: RunState, undone_by: Option<RunId>) -> Result<(), JournalError> {
    let path = journal_path(state_dir, run);
    if !path.exists() {
        return Err(JournalError::NoRun { run, dir: super::runs_dir(state_dir) });
    }
    super::guard::regular_database(&path)?;
    let fail = database(&path);
    let connection = Connection::open(&path).map_err(&fail)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(&fail)?;
    schema::check(&connection, &path)?;
    let by = undone_by.map(|run| run.to_string());
    // A run that counts again may have items left to go on with.
    let sql = "UPDATE run SET undone_by = ?2, state = CASE
                   WHEN ?1 = 'done' AND EXISTS (SELECT 1 FROM item WHERE batch IS NOT NULL AND outcome IS NULL) THEN 'stopped' ELSE ?1 END";
    let change = rusqlite::Transaction::new_unchecked(&connection, TransactionBehavior::Immediate).map_err(&fail)?;
    change.execute(sql, (state.as_str(), by)).map_err(&fail)?;
    Chain::of(&change, &path)?.run()?;
    change.commit().map_err(&fail)
}

/// Takes the lock of a run that is only looked at; `None` where its journal is not here. Blocks on the disk.
///
/// # Errors
/// [`JournalError::Locked`] while another process has it, [`JournalError::Io`].
pub(crate) fn hold(state_dir: &Path, run: RunId) -> Result<Option<Held>, JournalError> {
    let path = lock_path(state_dir, run);
    if !path.exists() {
        return Ok(None);
    }
    take_lock(&path, run).map(Some)
}

fn take_lock(path: &Path, run: RunId) -> Result<Held, JournalError> {
    Held::take(private_file(path)?).map_err(io(path))?.ok_or(JournalError::Locked { run })
}

fn put_header(connection: &Connection, path: &Path, h: &Header) -> Result<(), JournalError> {
    let plan = h.plan.as_ref().and_then(|plan| serde_json::to_string(plan).ok());
    let stamp = serde_json::to_string(&h.stamp).unwrap_or_default();
    let pins = serde_json::to_string(&h.pins).unwrap_or_default();
    let mode = if h.mode == PublishMode::Sync { "sync" } else { "async" };
    let run = h.run.to_string();
    connection
        .execute(
            "INSERT INTO run (id, name, operation, reason, profile, environment, app, account, region, endpoint, digest, started_at,
                 state, undo_of, plan, stamp, mode, previewed, approve_rest, pins, seal)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '', ?11, 'waiting', ?12, ?13, ?14, ?15, 0, 0, ?16, '')",
            params![
                run,
                h.name,
                h.operation.as_str(),
                h.reason,
                h.profile,
                h.environment,
                h.app,
                h.account,
                h.region,
                h.endpoint,
                h.started_at,
                h.undo_of.map(|run| run.to_string()),
                plan,
                stamp,
                mode,
                pins,
            ],
        )
        .map_err(database(path))?;
    let seal = super::read::run_seal(connection, path)?;
    connection.execute("UPDATE run SET seal = ?1", [seal]).map_err(database(path))?;
    Chain::of(connection, path)?.run()
}

/// Records what became of items.
pub(super) fn end_all(connection: &Connection, path: &Path, ended: &[EndedItem]) -> Result<(), JournalError> {
    let mut chain = Chain::of(connection, path)?;
    ended.iter().try_for_each(|e| {
        let recorded = end_one(connection, path, e)?;
        recorded.map_or(Ok(()), |body| chain.ended(number(e.n), &body))
    })
}

/// Gives back what is recorded of the item; `None` for a number that the run does not have.
fn end_one(connection: &Connection, path: &Path, e: &EndedItem) -> Result<Option<String>, JournalError> {
    let sql = format!(
        "UPDATE item SET outcome = ?2, reason = coalesce(?3, reason), message = coalesce(?4, message), attempts = ?5,
             request_id = ?6, ended_at = ?7 WHERE n = ?1 RETURNING {ENDED}"
    );
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            let values = params![
                number(e.n),
                e.outcome.as_str(),
                e.reason.map(Reason::as_str),
                e.message,
                e.attempts,
                e.request_id,
                e.at
            ];
            statement.query_row(values, |row| row.get(0)).optional()
        })
        .map_err(database(path))
}
