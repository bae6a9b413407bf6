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
type Work = Box<dyn FnOnce(&Connection) -> Reply + Send>;

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
            let result = work(connection);
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
            Job::Alone(work) => work(connection)(Ok(())),
            Job::Grouped(work) => next = group(connection, work, &mut waiting),
        }
    }
}

/// Runs everything that waits in one transaction; gives back a job that must stand alone.
fn group(connection: &Connection, first: Work, waiting: &mut mpsc::Receiver<Job>) -> Option<Job> {
    let began = connection.execute_batch("BEGIN IMMEDIATE");
    let mut replies = vec![first(connection)];
    let mut alone = None;
    while replies.len() < GROUP {
        match waiting.try_recv() {
            Ok(Job::Grouped(work)) => replies.push(work(connection)),
            Ok(other) => {
                alone = Some(other);
                break;
            }
            Err(_) => break,
        }
    }
    // A full disk may have ended the transaction already: then nothing of the group counts.
    let committed = match (began, connection.is_autocommit()) {
        (Ok(()), false) => connection.execute_batch("COMMIT").map_err(|e| e.to_string()),
        (Ok(()), true) => Err("the transaction was rolled back".to_owned()),
        (Err(error), _) => Err(error.to_string()),
    };
    if committed.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    for reply in replies {
        reply(committed.clone());
    }
    alone
}
