//! Errors as operators and programs see them.

use serde::Serialize;

use crate::domain::row::BadRow;
use crate::domain::secret::redacted;
use crate::domain::words::words;
use crate::store::error::{ErrorKind, StoreError};

words! {
    /// The contract's word for an error.
    ErrorCode {
        /// The command line was not understood.
        Usage = "usage",
        /// Something is wrong in the configuration file.
        Config = "config",
        /// Something is wrong in the plan file.
        Plan = "plan",
        /// Credentials are missing or have expired.
        Credentials = "credentials",
        /// Nobody is signed in, or the session ended or was revoked.
        SignIn = "sign_in",
        /// A permission is missing.
        AccessDenied = "access_denied",
        /// A table is missing.
        NoTable = "no_table",
        /// The service kept throttling.
        Throttled = "throttled",
        /// Nobody answers at the endpoint.
        Endpoint = "endpoint",
        /// The region is wrong.
        Region = "region",
        /// This machine's clock is off.
        Clock = "clock",
        /// Something between here and the service answered in its place.
        Proxy = "proxy",
        /// A key of the key management service may not be used.
        Kms = "kms",
        /// Something asked for is not there.
        NotFound = "not_found",
        /// Somebody else changed it meanwhile.
        Conflict = "conflict",
        /// Another process holds it.
        Locked = "locked",
        /// A file cannot be read or written.
        Io = "io",
        /// A defect or the unforeseen.
        Internal = "internal",
    }
}

/// An error with what the operator can do about it: the fields of the contract's `error` line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The contract's word.
    pub code: ErrorCode,
    /// The error, in one sentence.
    pub message: String,
    /// The operator's remedy.
    pub hint: Option<String>,
    /// The file it is in.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<usize>,
    /// Column, from 1.
    pub column: Option<usize>,
    /// The key of a configuration or plan file.
    pub key: Option<String>,
    /// The service that answered with the error.
    pub service: Option<String>,
    /// Its error code.
    pub aws_code: Option<String>,
    /// Its request id.
    pub request_id: Option<String>,
    /// Partition key it concerns.
    pub pk: Option<String>,
    /// Sort key it concerns.
    pub sk: Option<String>,
    /// Whether the command ended because of it.
    pub fatal: bool,
}

impl Failure {
    /// An error of a kind with a message; everything else is unknown, and it is fatal.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: redacted(&message.into()).into_owned(),
            hint: None,
            file: None,
            line: None,
            column: None,
            key: None,
            service: None,
            aws_code: None,
            request_id: None,
            pk: None,
            sk: None,
            fatal: true,
        }
    }

    /// With what the operator can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(redacted(&hint.into()).into_owned());
        self
    }

    /// With what follows from it, before what happened.
    #[must_use]
    pub fn so(mut self, consequence: &str) -> Self {
        self.message = format!("{consequence}: {}", self.message);
        self
    }

    /// For an entity.
    #[must_use]
    pub fn at(mut self, pk: impl Into<String>, sk: Option<&str>) -> Self {
        self.pk = Some(pk.into());
        self.sk = sk.map(str::to_owned);
        self
    }

    /// The command goes on in spite of it.
    #[must_use]
    pub fn not_fatal(mut self) -> Self {
        self.fatal = false;
        self
    }
}

impl ErrorCode {
    /// True where nothing gets through to a service any more.
    #[must_use]
    pub fn is_of_the_way(self) -> bool {
        matches!(
            self,
            Self::Credentials
                | Self::SignIn
                | Self::Clock
                | Self::Proxy
                | Self::Throttled
                | Self::Endpoint
                | Self::Region
        )
    }

    /// True where asking again changes nothing until somebody has mended it.
    #[must_use]
    pub fn is_lasting(self) -> bool {
        matches!(self, Self::Credentials | Self::SignIn | Self::Clock | Self::Region)
    }
}

impl From<BadRow> for Failure {
    fn from(error: BadRow) -> Self {
        StoreError::Row(error).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::Service(service) => {
                let code = match service.kind {
                    _ if service.is_foreign => ErrorCode::Proxy,
                    ErrorKind::Credentials => ErrorCode::Credentials,
                    ErrorKind::SignIn => ErrorCode::SignIn,
                    ErrorKind::Config => ErrorCode::Config,
                    ErrorKind::Clock => ErrorCode::Clock,
                    ErrorKind::Proxy => ErrorCode::Proxy,
                    ErrorKind::Kms => ErrorCode::Kms,
                    ErrorKind::AccessDenied => ErrorCode::AccessDenied,
                    ErrorKind::NoTable => ErrorCode::NoTable,
                    ErrorKind::Throttled => ErrorCode::Throttled,
                    ErrorKind::Endpoint => ErrorCode::Endpoint,
                    ErrorKind::Region => ErrorCode::Region,
                    ErrorKind::NotFound => ErrorCode::NotFound,
                    ErrorKind::Conflict | ErrorKind::Busy => ErrorCode::Conflict,
                    ErrorKind::Invalid | ErrorKind::Unknown | ErrorKind::Internal => ErrorCode::Internal,
                };
                let mut failure = Self::new(code, message);
                failure.hint = service.hint();
                failure.service = Some(service.service.to_owned());
                failure.aws_code.clone_from(&service.aws_code);
                failure.request_id.clone_from(&service.request_id);
                failure
            }
            StoreError::S3Missing { .. } => Self::new(ErrorCode::NotFound, message)
                .hint("restore the object from the bucket's versions or backup; other versions are not affected"),
            StoreError::NoBucket => Self::new(ErrorCode::Config, message).hint("set bucket in the profile"),
            StoreError::NoApplication { .. } => Self::new(ErrorCode::NoTable, message)
                .hint("check environment, app and region of the profile, and whose account the credentials belong to"),
            StoreError::AnotherPlace { what, was, .. } => Self::new(ErrorCode::Config, message).hint(format!(
                "sign in to {what} {was} and repeat; for another one open its profile (:profile, --profile)"
            )),
            StoreError::NoModuleTable { .. } => Self::new(ErrorCode::NoTable, message)
                .hint("check the module's name, and the tables key of the profile where an application renamed it"),
            _ => Self::new(ErrorCode::Internal, message),
        }
    }
}
