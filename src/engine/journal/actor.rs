use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::JournalError;

/// Calls that may wait for the disk; more make their callers wait.
const QUEUE: usize = 1024;
/// Calls that share one commit at most.
const GROUP: usize = 512;

/// Answers a caller once it is known whether its commit reached the disk.
type Reply = Box<dyn FnOnce(Result<(), String>) + Send>;
/// Handed an error where there is no transaction to work in: then it does nothing and answers with that.
type Work = Box<dyn FnOnce(Result<&Connection, String>) -> Reply + Send>;

enum Job {
    /// Committed together with whatever else waits.
    Grouped(Work),
    /// Outside any transaction.
    Alone(Work),
}

/// A journal's database on a thread of its own: whatever waits at the same time is committed together, so that many items share one
/// wait for the disk.
#[derive(Debug, Clone)]
pub(super) struct Database {
    jobs: mpsc::Sender<Job>,
    path: Arc<PathBuf>,
}

impl Database {
    /// Starts the thread; `held` lives as long as it.
    pub(super) fn start<H: Send + 'static>(
        connection: Connection,
        path: &Path,
        held: H,
    ) -> Result<(Self, JoinHandle<()>), JournalError> {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
            serve(&connection, waiting);
            drop(connection);
            drop(held);
        });
        let thread = thread.map_err(|source| JournalError::Io { path: path.to_path_buf(), source })?;
        Ok((Self { jobs, path: Arc::new(path.to_path_buf()) }, thread))
    }

    /// Does work on the database; answers when it is committed.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.send(Job::Grouped, work).await
    }

    /// Does work that cannot be part of a transaction.
    pub(super) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.send(Job::Alone, work).await
    }

    async fn send<T: Send + 'static>(
        &self,
        kind: fn(Work) -> Job,
        work: impl FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let (answer, answered) = oneshot::channel();
        let path = Arc::clone(&self.path);
        let job: Work = Box::new(move |connection| {
            let result =
                connection.map_err(|message| JournalError::Commit { path: path.to_path_buf(), message }).and_then(work);
            Box::new(move |committed| {
                let result = result.and_then(|value| {
                    committed
                        .map(|()| value)
                        .map_err(|message| JournalError::Commit { path: path.to_path_buf(), message })
                });
                // Whoever asked may have been cancelled; what was asked is done all the same.
                let _ = answer.send(result);
            })
        });
        let gone =
            || JournalError::Commit { path: self.path.to_path_buf(), message: "the journal has ended".to_owned() };
        self.jobs.send(kind(job)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

fn serve(connection: &Connection, mut waiting: mpsc::Receiver<Job>) {
    let mut next = None;
    while let Some(job) = next.take().or_else(|| waiting.blocking_recv()) {
        match job {
            Job::Alone(work) => work(Ok(connection))(Ok(())),
            Job::Grouped(work) => next = group(connection, work, &mut waiting),
        }
    }
}

/// Runs everything that waits in one transaction; gives back a job that must stand alone.
///
/// Outside a transaction every statement would count by itself, whatever its caller is told: no work is done without one.
fn group(connection: &Connection, first: Work, waiting: &mut mpsc::Receiver<Job>) -> Option<Job> {
    #[cfg(test)]
    super::dying::step();
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        first(Err(error.to_string()))(Ok(()));
        return None;
    }
    let mut replies = vec![first(Ok(connection))];
    let mut alone = None;
    // A full disk may end the transaction in the middle.
    while replies.len() < GROUP && !connection.is_autocommit() {
        match waiting.try_recv() {
            Ok(Job::Grouped(work)) => replies.push(work(Ok(connection))),
            Ok(other) => {
                alone = Some(other);
                break;
            }
            Err(_) => break,
        }
    }
    #[cfg(test)]
    super::dying::step();
    // Nothing of the group counts where its transaction has ended already.
    let committed = match connection.is_autocommit() {
        false => connection.execute_batch("COMMIT").map_err(|e| e.to_string()),
        true => Err("the transaction was rolled back".to_owned()),
    };
    if committed.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    #[cfg(test)]
    super::dying::step();
    for reply in replies {
        reply(committed.clone());
    }
    alone
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database that cannot grow: the first write of any size ends its transaction, as a full disk does.
    fn full(dir: &tempfile::TempDir) -> (Connection, PathBuf) {
        let path = dir.path().join("full.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE t (x TEXT NOT NULL); PRAGMA max_page_count = 2;").unwrap();
        (connection, path)
    }

    fn insert(size: usize) -> impl FnOnce(&Connection) -> Result<(), JournalError> + Send + 'static {
        move |connection| {
            let done = connection.execute("INSERT INTO t VALUES (?1)", ["x".repeat(size)]);
            done.map(drop).map_err(super::super::database(Path::new("full.db")))
        }
    }

    fn count(path: &Path) -> i64 {
        Connection::open(path).unwrap().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    #[tokio::test]
    async fn nothing_that_was_answered_with_an_error_counts_on_a_full_disk() {
        let dir = tempfile::TempDir::new().unwrap();
        let (connection, path) = full(&dir);
        let (jobs, mut waiting) = mpsc::channel(QUEUE);
        let database = Database { jobs, path: Arc::new(path.clone()) };
        // All three wait before the first is looked at, and so share a transaction, which the second one ends.
        let calls = [1, 100_000, 1].map(|size| {
            let database = database.clone();
            tokio::spawn(async move { database.call(insert(size)).await })
        });
        while waiting.len() < 3 {
            tokio::task::yield_now().await;
        }
        let thread = std::thread::spawn(move || {
            let Some(Job::Grouped(first)) = waiting.blocking_recv() else { return waiting };
            group(&connection, first, &mut waiting);
            waiting
        });
        let mut waiting = thread.join().unwrap();
        let [small, large, after] = calls;
        assert!(matches!(small.await.unwrap(), Err(JournalError::Commit { .. })));
        assert!(matches!(large.await.unwrap(), Err(JournalError::Database { .. })));
        assert_eq!(count(&path), 0);
        // The third call is still to be done, in a transaction of its own.
        assert!(matches!(waiting.try_recv(), Ok(Job::Grouped(_))));
        after.abort();
    }

    #[tokio::test]
    async fn without_a_transaction_no_work_is_done() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("busy.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE t (x TEXT NOT NULL);").unwrap();
        connection.busy_timeout(std::time::Duration::ZERO).unwrap();
        // Within a transaction that another one already began, none can be begun: BEGIN fails.
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (database, thread) = Database::start(connection, &path, ()).unwrap();
        let worked = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let flag = Arc::clone(&worked);
        let answer = database.call(move |_| {
            flag.store(true, std::sync::atomic::Ordering::SeqCst);
            Ok(())
        });
        assert!(matches!(answer.await, Err(JournalError::Commit { .. })));
        assert!(!worked.load(std::sync::atomic::Ordering::SeqCst));
        other.execute_batch("ROLLBACK").unwrap();
        database.call(insert(1)).await.unwrap();
        drop(database);
        thread.join().unwrap();
        assert_eq!(count(&path), 1);
    }
}
