//! Errors between us and the services, with the operator's remedies.

use aws_sdk_dynamodb::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;
use serde::{Deserialize, Serialize};

use super::classify::classify;
use crate::domain::limits::Unstorable;
use crate::domain::row::BadRow;
use crate::domain::run::Reason;
use crate::domain::secret::redacted;
use crate::domain::value::BadJson;

/// S3's code for a bucket that does not exist.
pub(super) const NO_SUCH_BUCKET: &str = "NoSuchBucket";

/// The kinds of failure that callers and operators act on differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorKind {
    /// No credentials, or ones that have expired.
    Credentials,
    /// Nobody is signed in, or the session ended or was revoked.
    SignIn,
    /// The AWS configuration does not fit: a profile that it does not know, for one.
    Config,
    /// This machine's clock is off.
    Clock,
    /// Something between here and the service answers in its place, and will again.
    Proxy,
    /// The key that encrypts a table or an object may not be used.
    Kms,
    /// The credentials lack a permission.
    AccessDenied,
    /// A table that does not exist.
    NoTable,
    /// Throttled, also after waiting.
    Throttled,
    /// Nobody answers at the endpoint.
    Endpoint,
    /// The region does not fit.
    Region,
    /// An item, object or bucket that is not there.
    NotFound,
    /// A condition was not met: someone else changed the row.
    Conflict,
    /// The service refused the request as malformed or too large.
    Invalid,
    /// A transaction on the same rows is under way.
    Busy,
    /// The answer did not come, or came torn: the request may or may not have taken effect.
    Unknown,
    /// Anything else.
    Internal,
}

/// A failed call to a service, with the service's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ServiceError {
    /// The kind of error, on which the remedy depends.
    pub kind: ErrorKind,
    /// `dynamodb`, `s3`, `cognito-idp` or `sts`.
    pub service: &'static str,
    /// The call, as IAM spells the action (`dynamodb:Query`).
    pub action: String,
    /// The resource that it was called on: a table, a bucket, a pool.
    pub resource: String,
    /// The error, in one sentence.
    pub message: String,
    /// The service's error code.
    pub aws_code: Option<String>,
    /// The service's request id, for a support case.
    pub request_id: Option<String>,
    /// The remedy, where it is another than for others of the kind.
    pub advice: Option<String>,
    /// Something between here and the service answered in its place.
    pub is_foreign: bool,
}

impl ServiceError {
    /// A failed call of which nothing more is known than its kind.
    pub(super) fn of(kind: ErrorKind, call: Call<'_>, happened: &str) -> Self {
        Self {
            kind,
            service: call.service,
            action: format!("{}:{}", call.service, permission(call.operation)),
            resource: call.resource.to_owned(),
            message: redacted(&format!("{} on {}: {happened}", call.operation, call.resource)).into_owned(),
            aws_code: None,
            request_id: None,
            advice: None,
            is_foreign: false,
        }
    }

    /// The operator's remedy.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        if self.advice.is_some() {
            return self.advice.clone();
        }
        Some(match self.kind {
            ErrorKind::SignIn => "sign in again (aws sso login) and repeat; nothing is lost".to_owned(),
            ErrorKind::Config => "check aws_profile of the profile and the AWS configuration".to_owned(),
            ErrorKind::Clock => {
                "set the clock of this machine (its time service, or the host's): requests are signed with it"
                    .to_owned()
            }
            ErrorKind::Proxy => "check proxy, VPN and endpoint_url".to_owned(),
            ErrorKind::Kms => format!("the role needs kms:Decrypt on the key that encrypts {}", self.resource),
            ErrorKind::Credentials => {
                "sign in again (aws sso login, or new keys in the environment) and repeat; nothing is lost".to_owned()
            }
            ErrorKind::AccessDenied => {
                format!(
                    "the role needs {} on {}; docs/permissions.md lists the minimal policies",
                    self.action, self.resource
                )
            }
            ErrorKind::NoTable => {
                "check environment and app of the profile, and the tables key where an application renamed a module"
                    .to_owned()
            }
            ErrorKind::Throttled => "wait, or run with a lower rate; the table's capacity may need raising".to_owned(),
            ErrorKind::Endpoint => {
                "check region and endpoint_url of the profile, and that the network reaches the service".to_owned()
            }
            ErrorKind::Region => "check region of the profile against where the tables are".to_owned(),
            ErrorKind::NotFound if self.is_missing_bucket() => "check bucket of the profile".to_owned(),
            ErrorKind::Unknown if self.is_write() => "read the entity again: the write may have happened".to_owned(),
            ErrorKind::Unknown => "try again; nothing was written by this".to_owned(),
            ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Invalid | ErrorKind::Busy | ErrorKind::Internal => {
                return None;
            }
        })
    }

    fn is_write(&self) -> bool {
        let operation = self.action.rsplit(':').next().unwrap_or_default();
        !["Get", "BatchGet", "List", "Query", "Scan", "Head", "Describe"].iter().any(|read| operation.starts_with(read))
    }

    /// Whether it is the bucket that does not exist, and not an object in it.
    #[must_use]
    pub fn is_missing_bucket(&self) -> bool {
        self.aws_code.as_deref() == Some(NO_SUCH_BUCKET)
    }

    /// Whether the same request may simply be sent again after a pause.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Throttled | ErrorKind::Busy | ErrorKind::Unknown | ErrorKind::Endpoint)
    }
}

/// Errors of reads and writes of the framework's tables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A service call failed.
    #[error(transparent)]
    Service(#[from] Box<ServiceError>),
    /// A stored row is not what the framework writes.
    #[error(transparent)]
    Row(#[from] BadRow),
    /// An entity whose stored state cannot be worked with.
    #[error("{}", .0.message)]
    Unusable(Box<super::publish::Unusable>),
    /// The S3 object of a row's attributes is gone.
    #[error("the attributes of this version are stored in S3, and {uri} is not there")]
    S3Missing {
        /// The stored reference.
        uri: String,
    },
    /// The S3 object of a row's attributes is no JSON object.
    #[error("{uri} is not the JSON object that the framework stores: {reason}")]
    S3Malformed {
        /// The stored reference.
        uri: String,
        /// The problem with it, in words.
        reason: String,
    },
    /// The S3 object whose bytes were to be carried holds others.
    #[error("{uri} holds other bytes than it did when it was shown")]
    S3Changed {
        /// The stored reference.
        uri: String,
    },
    /// A stored reference that is no `s3://bucket/key`.
    #[error("{uri:?} is not an s3://bucket/key reference")]
    BadReference {
        /// The stored reference.
        uri: String,
    },
    /// The profile names no bucket and a row needs one.
    #[error("attributes are stored in S3, and the profile names no bucket")]
    NoBucket,
    /// A row that DynamoDB or the framework cannot hold.
    #[error("the {table} row: {why}")]
    Unstorable {
        /// data, history or command.
        table: &'static str,
        /// The problem with it, as reason and message.
        why: Unstorable,
    },
    /// A stored value that this version of the SDK cannot name.
    #[error("attribute {0:?} has a type that this version does not know")]
    UnknownType(String),
    /// The account has tables of other applications or environments, and none of the profile's.
    #[error("there are no tables of {wanted}; found {}", found.join(", "))]
    NoApplication {
        /// Environment and application of the profile, as table names begin.
        wanted: String,
        /// Those that there are.
        found: Vec<String>,
    },
    /// The module has no such table.
    #[error("module {module} has no {kind} table")]
    NoModuleTable {
        /// The module.
        module: String,
        /// data, history or command.
        kind: &'static str,
    },
    /// A new sign-in leads elsewhere than the one before.
    #[error(
        "these credentials lead to {what} {now}, and what was connected before is {what} {was}: the ones before stay in use"
    )]
    AnotherPlace {
        /// The word for the part that differs, such as `region`.
        what: &'static str,
        /// Before.
        was: String,
        /// With the new ones.
        now: String,
    },
    /// A request that could not be put together.
    #[error("request could not be built: {0}")]
    Build(String),
}

impl From<BuildError> for StoreError {
    fn from(error: BuildError) -> Self {
        Self::Build(error.to_string())
    }
}

impl StoreError {
    /// The kind of the failed call; `None` for what is wrong with the data itself.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Service(error) => Some(error.kind),
            _ => None,
        }
    }

    /// Why a stored row cannot be worked with although the call succeeded: an item's own trouble, never that of its neighbours.
    /// `None` where the call failed.
    #[must_use]
    pub fn unreadable(&self) -> Option<Reason> {
        match self {
            Self::S3Missing { .. } => Some(Reason::S3Missing),
            Self::S3Malformed { .. } | Self::S3Changed { .. } | Self::BadReference { .. } => Some(Reason::S3Unreadable),
            Self::Row(_) => Some(Reason::KeyInvalid),
            Self::Unusable(unusable) => Some(unusable.reason),
            _ => None,
        }
    }

    /// Why one item cannot be carried out, whatever becomes of the others; `None` where the call failed.
    #[must_use]
    pub fn item_reason(&self) -> Option<Reason> {
        match self {
            Self::Unstorable { why, .. } => Some(why.reason),
            other => other.unreadable(),
        }
    }

    /// The service's own code of the failed call.
    #[must_use]
    pub fn aws_code(&self) -> Option<&str> {
        match self {
            Self::Service(error) => error.aws_code.as_deref(),
            _ => None,
        }
    }

    /// The error of a malformed S3 document.
    pub(crate) fn malformed(uri: &str, error: &BadJson) -> Self {
        Self::S3Malformed { uri: uri.to_owned(), reason: error.to_string() }
    }
}

/// The call that failed, for messages: service, IAM action, resource.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// `dynamodb`, `s3`, `cognito-idp` or `sts`.
    pub service: &'static str,
    /// The operation's name (`Query`).
    pub operation: &'static str,
    /// The table, bucket or pool.
    pub resource: &'a str,
}

impl Call<'_> {
    /// A part that every answer to the call has: one without it is no answer, and says nothing about what is there.
    ///
    /// # Errors
    /// [`StoreError::Service`] of kind `unknown` that names the part.
    pub fn part<T>(self, part: Option<T>, name: &str) -> Result<T, StoreError> {
        let torn = format!("the answer was torn: it has no {name}");
        part.ok_or_else(|| StoreError::Service(Box::new(ServiceError::of(ErrorKind::Unknown, self, &torn))))
    }

    /// Makes an SDK error into ours; used with `map_err`.
    pub fn failed<E>(self, error: SdkError<E, HttpResponse>) -> StoreError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        SdkError<E, HttpResponse>: RequestId,
    {
        let request_id = error.request_id().map(str::to_owned);
        let code = error.code().map(str::to_owned);
        let cause = classify(&error, self);
        let failed = format!("{} on {}", self.operation, self.resource);
        let message = match (cause.says, cause.detail) {
            _ if code.as_deref() == Some(NO_SUCH_BUCKET) => format!("{failed}: there is no bucket of this name"),
            (Some(sentence), Some(text)) => format!("{sentence} ({failed}: {text})"),
            (Some(sentence), None) => format!("{sentence} ({failed})"),
            (None, Some(text)) => format!("{failed}: {text}"),
            (None, None) => format!("{failed} failed"),
        };
        StoreError::Service(Box::new(ServiceError {
            kind: cause.kind,
            service: self.service,
            action: format!("{}:{}", self.service, permission(self.operation)),
            resource: self.resource.to_owned(),
            message: redacted(&message).into_owned(),
            aws_code: code.map(|code| redacted(&code).into_owned()),
            request_id,
            advice: cause.hint.map(|hint| redacted(&hint).into_owned()),
            is_foreign: cause.is_foreign,
        }))
    }

    /// The permissions it takes: for a transaction those of what stands in it.
    pub(super) fn permissions(self) -> String {
        match self.operation {
            "TransactWriteItems" => "dynamodb:PutItem, dynamodb:UpdateItem or dynamodb:ConditionCheckItem".to_owned(),
            operation => format!("{}:{}", self.service, permission(operation)),
        }
    }
}

/// The permission that a call needs, where it is called otherwise.
fn permission(operation: &str) -> &str {
    match operation {
        "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
        "HeadObject" => "GetObject",
        "ListObjectsV2" => "ListBucket",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> ServiceError {
        ServiceError::of(kind, Call { service: "dynamodb", operation: "Query", resource: "dev-shop-product-data" }, "m")
    }

    #[test]
    fn a_denied_call_names_the_action_and_the_table() {
        let hint = error(ErrorKind::AccessDenied).hint().unwrap();
        assert!(hint.contains("dynamodb:Query") && hint.contains("dev-shop-product-data"), "{hint}");
    }

    #[test]
    fn only_a_write_may_have_happened() {
        let hint = |action: &str| {
            let error = ServiceError { action: action.into(), ..error(ErrorKind::Unknown) };
            error.hint().unwrap()
        };
        for read in ["dynamodb:ListTables", "dynamodb:BatchGetItem", "s3:GetObject", "dynamodb:Query"] {
            assert!(hint(read).contains("nothing was written"), "{read}");
        }
        for write in ["dynamodb:TransactWriteItems", "s3:PutObject", "s3:DeleteObject", "dynamodb:PutItem"] {
            assert!(hint(write).contains("may have happened"), "{write}");
        }
    }

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        assert!(error(ErrorKind::Throttled).is_transient() && !error(ErrorKind::Conflict).is_transient());
    }
}
