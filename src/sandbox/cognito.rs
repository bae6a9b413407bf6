//! The embedded Cognito: one user pool, kept in a file when the sandbox has a directory.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use awsim_cognito::CognitoService;
use awsim_core::{AppState, ServiceHandler};
use axum::body::Bytes;
use axum::extract::State;
use axum::serve::ListenerExt;
use tokio_util::sync::CancellationToken;

use super::pool::{self, User};
use super::{ACCOUNT, REGION, SandboxError, host};

/// The users of the sandbox's pool, and the file they are kept in. Cheap to clone.
#[derive(Clone)]
pub struct Users {
    inner: Arc<Inner>,
}

struct Inner {
    service: Arc<CognitoService>,
    file: Option<PathBuf>,
    /// Counts the changes made; a snapshot holds all changes counted before it was taken.
    changes: AtomicU64,
    /// The count that the file holds. Held while writing, so that changes made meanwhile share one write.
    saved: std::sync::Mutex<u64>,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Users").field("file", &self.inner.file).finish_non_exhaustive()
    }
}

impl Users {
    /// Restores the pool from the file, or makes an empty one.
    pub(super) fn open(file: Option<PathBuf>) -> Result<Self, SandboxError> {
        let service = Arc::new(CognitoService::new());
        let stored = match &file {
            Some(path) if path.exists() => Some(std::fs::read(path).map_err(SandboxError::file("read", path))?),
            _ => None,
        };
        if let (Some(bytes), Some(path)) = (&stored, &file) {
            service.restore(bytes).map_err(|message| SandboxError::Damaged { path: path.clone(), message })?;
        }
        let pools = &service.state_for(ACCOUNT, REGION).user_pools;
        if !pools.contains_key(pool::ID) {
            pools.insert(pool::ID.to_owned(), pool::empty());
        }
        let users = Self {
            inner: Arc::new(Inner { service, file, changes: AtomicU64::new(1), saved: std::sync::Mutex::new(0) }),
        };
        users.save()?;
        Ok(users)
    }

    /// Adds users that have no password, which costs no hashing; one of the same name is replaced.
    ///
    /// # Errors
    /// [`SandboxError::File`] when the sandbox has a directory and cannot write there.
    pub fn add(&self, users: impl IntoIterator<Item = User>) -> Result<(), SandboxError> {
        if let Some(mut pool) = self.inner.service.state_for(ACCOUNT, REGION).user_pools.get_mut(pool::ID) {
            pool.users.extend(users.into_iter().map(|user| (user.name.clone(), user.into())));
        }
        self.inner.changes.fetch_add(1, Ordering::SeqCst);
        self.save()
    }

    /// How many users the pool has.
    #[must_use]
    pub fn count(&self) -> usize {
        let state = self.inner.service.state_for(ACCOUNT, REGION);
        state.user_pools.get(pool::ID).map_or(0, |pool| pool.users.len())
    }

    /// Writes the file, if there is one and it lacks changes made before this call.
    pub(super) fn save(&self) -> Result<(), SandboxError> {
        let Some(path) = &self.inner.file else { return Ok(()) };
        let wanted = self.inner.changes.load(Ordering::SeqCst);
        let mut saved = self.inner.saved.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *saved >= wanted {
            return Ok(());
        }
        let holds = self.inner.changes.load(Ordering::SeqCst);
        if let Some(snapshot) = self.inner.service.snapshot() {
            replace(path, &snapshot).map_err(SandboxError::file("write", path))?;
        }
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
    let mut gateway = AppState::new(REGION.to_owned(), ACCOUNT.to_owned());
    gateway.register(Arc::clone(&users.inner.service) as Arc<dyn ServiceHandler>, Vec::new());
    let app = axum::Router::new().fallback(handle).with_state(Served { gateway, users });
    let served = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::select! {
        result = served => if let Err(error) = result {
            tracing::error!(%error, "the sandbox's Cognito ended");
        },
        () = host::grace_over(stop) => {}
    }
}

#[derive(Clone)]
struct Served {
    gateway: AppState,
    users: Users,
}

/// Answers a request; what it changed is in the file before the client hears of it, so a kill loses nothing acknowledged.
async fn handle(
    State(served): State<Served>,
    method: http::Method,
    uri: http::Uri,
    headers: http::HeaderMap,
    body: Bytes,
) -> http::Response<axum::body::Body> {
    let changes = !only_reads(&headers);
    let response = awsim_core::gateway::handle_request(State(served.gateway), method, uri, headers, body).await;
    if changes && response.status().is_success() {
        served.users.inner.changes.fetch_add(1, Ordering::SeqCst);
        if let Err(error) = tokio::task::block_in_place(|| served.users.save()) {
            tracing::error!(%error, "the sandbox's users are not saved");
        }
    }
    response
}

/// True for operations that leave the pool as it is.
fn only_reads(headers: &http::HeaderMap) -> bool {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    ["List", "Describe", "Get", "AdminGet", "AdminList"].iter().any(|read| operation.starts_with(read))
}
