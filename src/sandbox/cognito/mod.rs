//! The embedded Cognito: its user pools, kept in a file when the sandbox has a directory.

mod calls;
mod pool;

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::serve::ListenerExt;
use http::{HeaderMap, Response, StatusCode};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{SandboxError, host};
use calls::Refusal;
pub(super) use pool::ID;
use pool::Pools;
pub use pool::User;

/// The users of the sandbox's pools, and the file they are kept in. Cheap to clone.
#[derive(Clone)]
pub struct Users {
    inner: Arc<Inner>,
}

struct Inner {
    pools: Mutex<Pools>,
    file: Option<PathBuf>,
    /// Counts the changes made; a write holds all changes counted before it was begun.
    changes: AtomicU64,
    /// The count that the file holds. Held while writing, so that changes made meanwhile share one write.
    saved: Mutex<u64>,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Users").field("file", &self.inner.file).finish_non_exhaustive()
    }
}

impl Users {
    /// Restores the pool from the file, or makes an empty one.
    pub(super) fn open(file: Option<PathBuf>) -> Result<Self, SandboxError> {
        let pools = match &file {
            Some(path) if path.exists() => {
                let stored = std::fs::read(path).map_err(SandboxError::file("read", path))?;
                let damaged =
                    |error: serde_json::Error| SandboxError::Damaged { path: path.clone(), message: error.to_string() };
                serde_json::from_slice(&stored).map_err(damaged)?
            }
            _ => Pools::default(),
        };
        let inner = Inner { pools: Mutex::new(pools), file, changes: AtomicU64::new(1), saved: Mutex::new(0) };
        let users = Self { inner: Arc::new(inner) };
        users.save()?;
        Ok(users)
    }

    fn pools(&self) -> MutexGuard<'_, Pools> {
        self.inner.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds users; one of the same name is replaced.
    ///
    /// # Errors
    /// [`SandboxError::File`] when the sandbox has a directory and cannot write there.
    pub fn add(&self, users: impl IntoIterator<Item = User>) -> Result<(), SandboxError> {
        self.add_to(ID, &[], users)
    }

    /// The same in the pool of an id, made where there is none, with these custom attributes beside the usual ones.
    ///
    /// # Errors
    /// As [`Users::add`].
    pub fn add_to(
        &self,
        id: &str,
        custom: &[String],
        users: impl IntoIterator<Item = User>,
    ) -> Result<(), SandboxError> {
        let mut pools = self.pools();
        let pool = pools.pools.entry(id.to_owned()).or_default();
        pool.declare(custom);
        users.into_iter().for_each(|user| pool.add(user));
        drop(pools);
        self.inner.changes.fetch_add(1, Ordering::SeqCst);
        self.save()
    }

    /// How many users the pools have.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pools().pools.values().map(|pool| pool.users.len()).sum()
    }

    /// Writes the file, if there is one and it lacks changes made before this call.
    pub(super) fn save(&self) -> Result<(), SandboxError> {
        let Some(path) = &self.inner.file else { return Ok(()) };
        let wanted = self.inner.changes.load(Ordering::SeqCst);
        let mut saved = self.inner.saved.lock().unwrap_or_else(PoisonError::into_inner);
        if *saved >= wanted {
            return Ok(());
        }
        let holds = self.inner.changes.load(Ordering::SeqCst);
        let content =
            serde_json::to_vec(&*self.pools()).map_err(|error| SandboxError::file("write", path)(error.into()))?;
        replace(path, &content).map_err(SandboxError::file("write", path))?;
        *saved = holds;
        Ok(())
    }
}

/// Replaces a file by a complete new one: a reader or a kill meets the old or the new content, never a part.
fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(content)?;
    file.persist(path)?;
    Ok(())
}

/// Serves Cognito on the listener until `stop`.
pub(super) async fn serve(listener: TcpListener, users: Users, stop: CancellationToken) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "the sandbox's Cognito has no listener"),
    };
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "the sandbox's Cognito could not set TCP_NODELAY");
        }
    });
    let app = axum::Router::new().fallback(handle).with_state(users);
    let served = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::select! {
        result = served => if let Err(error) = result {
            tracing::error!(%error, "the sandbox's Cognito ended");
        },
        () = host::grace_over(stop) => {}
    }
}

/// Answers a request; what it changed is in the file before the client hears of it, so a kill loses nothing acknowledged.
async fn handle(State(users): State<Users>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let answer = calls::answer(&mut users.pools(), operation, &body);
    if answer.is_ok() && !calls::only_reads(operation) {
        users.inner.changes.fetch_add(1, Ordering::SeqCst);
        if let Err(error) = tokio::task::block_in_place(|| users.save()) {
            tracing::error!(%error, "the sandbox's users are not saved");
        }
    }
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(Refusal { code, message }) => (StatusCode::BAD_REQUEST, json!({ "__type": code, "message": message })),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let marks = [("content-type", "application/x-amz-json-1.1".to_owned()), ("x-amzn-requestid", calls::uuid())];
    for (name, value) in marks {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
