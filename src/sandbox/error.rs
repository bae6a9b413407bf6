//! Errors of the sandbox, with the operator's remedy for each.

use std::io;
use std::path::PathBuf;

/// Why a sandbox did not start, load or save.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Another program listens on a port that was asked for.
    #[error(
        "port {port} for {service} is taken: stop the program that listens there, choose another --port (it and the two ports above it must be free), or leave --port out"
    )]
    PortTaken {
        /// The port of 127.0.0.1.
        port: u16,
        /// The service that wanted it: DynamoDB, S3 or Cognito.
        service: &'static str,
    },
    /// The port leaves no room for the two that follow it.
    #[error("port {0} leaves no room for S3 and Cognito on the next two ports: choose 65533 or lower")]
    PortRange(u16),
    /// The port exists but may not be opened, or the machine is out of something.
    #[error("cannot listen on 127.0.0.1:{port} for {service}: {source}")]
    Listen {
        /// The port of 127.0.0.1; 0 for any free one.
        port: u16,
        /// The service that wanted it.
        service: &'static str,
        /// The system's own error.
        source: io::Error,
    },
    /// Another sandbox uses the directory.
    #[error("{dir} is in use by another sandbox: stop that one, or choose another --data directory")]
    Locked {
        /// The directory given with `--data`.
        dir: PathBuf,
    },
    /// A file or directory of the sandbox could not be read or written.
    #[error("cannot {action} {path}: {source}; check that the --data directory is writable and not full")]
    File {
        /// The action that was tried: create, read, write, lock.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's own error.
        source: io::Error,
    },
    /// A file of the sandbox is there but does not hold what it should.
    #[error("{path} is damaged ({message}): move it away to begin anew, or restore it from a copy")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The problem with it.
        message: String,
    },
    /// The embedded DynamoDB refused something.
    #[error("the sandbox's DynamoDB refused to {action}: {message}")]
    Dynamo {
        /// The action that was tried.
        action: String,
        /// The error's own message.
        message: String,
    },
    /// A key that cannot become a file below the bucket's directory.
    #[error("{0:?} cannot be an object key in the sandbox: it must be relative, without empty, . or .. segments")]
    ObjectKey(String),
    /// Demo data goes only into an empty sandbox.
    #[error(
        "the sandbox already holds {tables} tables: demo data is loaded into an empty one only; choose another --data directory"
    )]
    NotEmpty {
        /// How many tables there are.
        tables: usize,
    },
    /// A thread or its runtime could not be started.
    #[error("cannot start the sandbox's {service} thread: {source}")]
    Thread {
        /// The service that was to run in it.
        service: &'static str,
        /// The system's own error.
        source: io::Error,
    },
}

impl SandboxError {
    /// Makes a closure that names the file in an I/O error, for `map_err`.
    pub(super) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// Makes a closure that names the action in an error of the embedded DynamoDB, for `map_err`.
    pub(super) fn dynamo(action: impl Into<String>) -> impl FnOnce(dynoxide::DynoxideError) -> Self {
        let action = action.into();
        move |error| Self::Dynamo { action, message: error.to_string() }
    }
}
