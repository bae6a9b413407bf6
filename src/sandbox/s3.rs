//! The embedded S3: one bucket in a directory, path-style, with the sandbox's keys.

use std::net::TcpListener;
use std::path::{Component, Path, PathBuf};

use futures::future::BoxFuture;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{ACCESS_KEY_ID, BUCKET, SECRET_ACCESS_KEY, SandboxError, host};

/// The objects of the sandbox's bucket as files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    bucket: PathBuf,
}

impl Objects {
    /// Makes the directory and the bucket in it: a put into a missing one would vanish without an error.
    pub(super) fn open(dir: &Path) -> Result<Self, SandboxError> {
        let bucket = dir.join(BUCKET);
        std::fs::create_dir_all(&bucket).map_err(SandboxError::file("create", &bucket))?;
        Ok(Self { bucket })
    }

    /// Writes an object, replacing one that is there.
    ///
    /// # Errors
    /// [`SandboxError::ObjectKey`] for a key that is no relative path, [`SandboxError::File`] when it cannot be written.
    pub fn put(&self, key: &str, body: &[u8]) -> Result<(), SandboxError> {
        let path = self.path(key)?;
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).map_err(SandboxError::file("create", dir))?;
        }
        std::fs::write(&path, body).map_err(SandboxError::file("write", &path))
    }

    /// Reads an object; none when there is no such object.
    ///
    /// # Errors
    /// [`SandboxError::ObjectKey`] for a key that is no relative path, [`SandboxError::File`] when it cannot be read.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, SandboxError> {
        let path = self.path(key)?;
        match std::fs::read(&path) {
            Ok(body) => Ok(Some(body)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SandboxError::file("read", &path)(error)),
        }
    }

    /// The file of an object; refuses what would lie outside the bucket or under another name.
    fn path(&self, key: &str) -> Result<PathBuf, SandboxError> {
        let plain = Path::new(key).components().all(|part| matches!(part, Component::Normal(_)));
        if plain && !key.is_empty() && key.split('/').all(|part| !part.is_empty() && part != ".") {
            Ok(self.bucket.join(key))
        } else {
            Err(SandboxError::ObjectKey(key.to_owned()))
        }
    }
}

/// Builds the service over the directory that holds the bucket.
pub(super) fn service(dir: &Path) -> Result<S3Service, SandboxError> {
    let files = FileSystem::new(dir).map_err(|error| SandboxError::File {
        action: "open",
        path: dir.to_owned(),
        source: std::io::Error::other(format!("{error:?}")),
    })?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
    Ok(builder.build())
}

/// Answers bear a request id, as those of S3 do: without one an answer is taken for somebody else's.
struct Marked(S3Service);

impl hyper::service::Service<http::Request<hyper::body::Incoming>> for Marked {
    type Response = s3s::HttpResponse;
    type Error = s3s::HttpError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn call(&self, request: http::Request<hyper::body::Incoming>) -> Self::Future {
        let answer = hyper::service::Service::call(&self.0, request);
        Box::pin(async move {
            let mut answer = answer.await?;
            if let Ok(id) = http::HeaderValue::from_str(&ulid::Ulid::generate().to_string()) {
                answer.headers_mut().insert("x-amz-request-id", id);
            }
            Ok(answer)
        })
    }
}

/// Serves S3 on the listener until `stop`, then lets requests under way finish for a moment.
pub(super) async fn serve(listener: TcpListener, service: S3Service, stop: CancellationToken) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "the sandbox's S3 has no listener"),
    };
    let mut connections = JoinSet::new();
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    // Out of file descriptors, mostly: wait for connections to close instead of spinning.
                    tracing::warn!(%error, "the sandbox's S3 could not accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    continue;
                }
            },
            Some(_) = connections.join_next() => continue,
            () = stop.cancelled() => break,
        };
        // Without it every answer in two parts waits for a delayed acknowledgement: 37 against 1,884 reads a second.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "the sandbox's S3 could not set TCP_NODELAY");
        }
        let (service, stop) = (service.clone(), stop.clone());
        connections.spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(socket), Marked(service)));
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection to the sandbox's S3 broke");
            }
        });
    }
    drop(listener);
    tokio::select! {
        () = async { while connections.join_next().await.is_some() {} } => {}
        () = tokio::time::sleep(host::GRACE) => {}
    }
}
