//! A thread with a runtime of its own for a group of services.
//!
//! The embedded DynamoDB works under one mutex and blocks the thread that serves a request, so it must share no runtime
//! with the console, nor with S3 and Cognito.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::SandboxError;

/// How long requests under way may go on once the sandbox stops.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// A running thread with its runtime; stops and is joined when dropped.
#[derive(Debug)]
pub(super) struct Host {
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    /// Starts a thread named after the service and runs `serve` on `workers` runtime threads until it ends or the host stops.
    pub(super) fn start<F, S>(service: &'static str, workers: usize, serve: S) -> Result<Self, SandboxError>
    where
        S: FnOnce(CancellationToken) -> F + Send + 'static,
        F: Future<Output = ()>,
    {
        let failed = |source| SandboxError::Thread { service, source };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .thread_name(format!("sandbox-{service}"))
            .enable_all()
            .build()
            .map_err(failed)?;
        let stop = CancellationToken::new();
        let token = stop.clone();
        let thread = std::thread::Builder::new()
            .name(format!("sandbox-{service}"))
            .spawn(move || {
                runtime.block_on(serve(token));
                // A client that sent half a request holds no one up: its task ends with the runtime.
                runtime.shutdown_timeout(GRACE);
            })
            .map_err(failed)?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Stops the services and waits for the thread; a second call does nothing.
    pub(super) fn stop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a thread of the sandbox ended with a panic");
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Opens `port` of 127.0.0.1 for a service, or any free port for 0; requests queue from here on.
pub(super) fn listen(service: &'static str, port: u16) -> Result<TcpListener, SandboxError> {
    let failed = |source| SandboxError::Listen { port, service, source };
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            SandboxError::PortTaken { port, service }
        } else {
            failed(source)
        }
    })?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// The address of a listener as an endpoint URL.
pub(super) fn url(listener: &TcpListener) -> String {
    // A bound listener has an address; without one no client could connect, and the first request says so.
    listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default()
}

/// Waits until `stop` is cancelled and the time for requests under way is over.
pub(super) async fn grace_over(stop: CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(GRACE).await;
}
