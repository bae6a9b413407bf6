//! The cause of a failed call, told from the types and codes of the error, never from words in its message.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::answer::NotGenuine;
use super::error::{Call, ErrorKind, NO_SUCH_BUCKET};
use super::sign_in::NotSignedIn;

/// Signatures are good for five minutes, and the services round.
const SKEW: Duration = Duration::from_secs(4 * 60);
/// Where S3 says in which region a bucket is.
const BUCKET_REGION: &str = "x-amz-bucket-region";

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) kind: ErrorKind,
    /// The first sentence, where the cause is known better than the service says it.
    pub(super) says: Option<String>,
    /// The service's or the connection's own words.
    pub(super) detail: Option<String>,
    /// The remedy, where it is another than for others of the kind.
    pub(super) hint: Option<String>,
    /// Something between here and the service answered in its place.
    pub(super) is_foreign: bool,
}

impl Cause {
    pub(super) fn new(kind: ErrorKind, detail: impl Into<Option<String>>) -> Self {
        Self { kind, says: None, detail: detail.into(), hint: None, is_foreign: false }
    }

    fn says(mut self, sentence: impl Into<String>) -> Self {
        self.says = Some(sentence.into());
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The first error of a type on the way from the whole to its source.
pub(super) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        at = error.source();
    }
    None
}

/// The cause of a failed call.
pub(super) fn classify<E>(error: &SdkError<E, HttpResponse>, call: Call<'_>) -> Cause
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(reason) = find::<NotGenuine>(error) {
        return ungenuine(reason);
    }
    if let Some(reason) = find::<NotSignedIn>(error) {
        let cause = Cause::new(reason.kind, reason.detail.clone()).says(&reason.says);
        return Cause { hint: Some(reason.hint.clone()), ..cause };
    }
    match error {
        SdkError::ServiceError(service) => {
            of_answer(service.raw(), service.err().code(), service.err().message(), call)
        }
        SdkError::TimeoutError(_) => Cause::new(ErrorKind::Unknown, "no answer in time".to_owned()),
        SdkError::ResponseError(_) => {
            Cause::new(ErrorKind::Unknown, format!("the answer was torn: {}", root_cause(error)))
        }
        SdkError::DispatchFailure(failure) => {
            let kind = if find::<CredentialsError>(error).is_some() {
                ErrorKind::Credentials
            } else if find::<hyper_util::client::legacy::Error>(error).is_some_and(|e| e.is_connect()) {
                // Nothing was sent: unlike an answer that does not come, this leaves no doubt.
                ErrorKind::Endpoint
            } else if failure.is_timeout() || failure.is_io() || failure.as_other().is_some() {
                ErrorKind::Unknown
            } else {
                ErrorKind::Internal
            };
            let cause = root_cause(error);
            Cause::new(kind, if failure.is_timeout() { format!("no answer in time: {cause}") } else { cause })
        }
        _ => Cause::new(ErrorKind::Internal, root_cause(error)),
    }
}

fn ungenuine(reason: &NotGenuine) -> Cause {
    let cause = |kind| Cause::new(kind, None).says(reason.to_string());
    match reason {
        NotGenuine::NoRegion => cause(ErrorKind::Region).hint("set region in the profile, or AWS_REGION"),
        NotGenuine::Torn(_) => cause(ErrorKind::Unknown),
        NotGenuine::Foreign { status, .. } => {
            let kind = if reason.is_passing() { ErrorKind::Unknown } else { ErrorKind::Proxy };
            let hint = match status {
                407 => {
                    "the proxy of this network wants a sign-in: set HTTPS_PROXY with it, or NO_PROXY for the service"
                }
                _ => {
                    "check proxy, VPN and endpoint_url: the request id and checksum that the service marks its answers with are missing"
                }
            };
            Cause { is_foreign: true, ..cause(kind).hint(hint) }
        }
    }
}

/// The cause behind an answer of the service.
fn of_answer(answer: &HttpResponse, code: Option<&str>, message: Option<&str>, call: Call<'_>) -> Cause {
    let status = answer.status().as_u16();
    let words = message.or(code).map_or_else(|| format!("HTTP status {status}"), str::to_owned);
    let code = code.unwrap_or_default();
    let header = |name: &str| answer.headers().get(name);
    let cause = |kind| Cause::new(kind, words.clone());
    if let Some(skew) = clock_off(code, header("date"), SystemTime::now()) {
        return cause(ErrorKind::Clock).says(skew);
    }
    let denied = denied_action(message.unwrap_or_default());
    if code.starts_with("KMS") && !code.contains("Throttling")
        || kind_of_code(code) == ErrorKind::AccessDenied && denied.is_some_and(|action| action.starts_with("kms:"))
    {
        let action = denied.unwrap_or("kms:Decrypt");
        return cause(ErrorKind::Kms).says(format!("the encryption key of {} may not be used", call.resource)).hint(
            format!("the role needs {action} on the key that encrypts {}, and the key must be enabled", call.resource),
        );
    }
    if call.service == "s3"
        && let Some(there) = header(BUCKET_REGION)
        && (matches!(status, 301 | 307)
            || kind_of_code(code) == ErrorKind::Region
            || (status == 400 && code.is_empty()))
    {
        return cause(ErrorKind::Region)
            .says(format!("bucket {} is in region {there}, not in the profile's", call.resource))
            .hint(format!("check bucket of the profile; if it is right, region must be {there}"));
    }
    if call.service == "cognito-idp" && code == "ResourceNotFoundException" {
        return cause(ErrorKind::NotFound)
            .says(format!("there is no user pool {}", call.resource))
            .hint("check user_pool_id and region of the profile, and whose account the credentials belong to");
    }
    match kind_of(code, status) {
        ErrorKind::AccessDenied => {
            let missing = denied.map_or_else(|| call.permissions(), str::to_owned);
            cause(ErrorKind::AccessDenied)
                .says(format!(
                    "these credentials may not call {} on {}: the role lacks {missing}",
                    call.operation, call.resource
                ))
                .hint(format!(
                    "the role needs {missing} on {}; docs/permissions.md lists the minimal policies",
                    call.resource
                ))
        }
        ErrorKind::Credentials if EXPIRED.contains(&code) => {
            cause(ErrorKind::Credentials).says("the AWS credentials have expired")
        }
        kind => cause(kind),
    }
}

/// How far this machine's clock is off, where a service refuses a signature and its own time is another.
pub(super) fn clock_off(code: &str, date: Option<&str>, now: SystemTime) -> Option<String> {
    let is_always = code == "RequestTimeTooSkewed";
    let is_suspect =
        ["InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired", "AuthFailure", "RequestInTheFuture"];
    if !is_always && !is_suspect.contains(&code) {
        return None;
    }
    let there = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
    let there = there.and_then(|date| SystemTime::try_from(date).ok());
    let (off, direction) = match there.map(|there| now.duration_since(there)) {
        Some(Ok(ahead)) => (ahead, "ahead of"),
        Some(Err(behind)) => (behind.duration(), "behind"),
        None => (Duration::ZERO, ""),
    };
    if off >= SKEW {
        return Some(format!("this machine's clock is {} {direction} the service's", minutes(off)));
    }
    is_always.then(|| "this machine's clock and the service's are too far apart".to_owned())
}

/// To the nearest minute: a distance was measured some time after the answer was made.
fn minutes(off: Duration) -> String {
    match (off.as_secs() + 30) / 60 {
        minutes @ 0..180 => format!("{minutes} minutes"),
        minutes @ 180..4320 => format!("{} hours", minutes / 60),
        minutes => format!("{} days", minutes / 1440),
    }
}

/// The action that a denial names, in IAM's spelling: `service:Action`.
fn denied_action(message: &str) -> Option<&str> {
    message.split_whitespace().map(|word| word.trim_matches([',', '.', '\'', '"'])).find(|word| {
        word.split_once(':').is_some_and(|(service, action)| {
            !service.is_empty()
                && service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && action.starts_with(|c: char| c.is_ascii_uppercase())
                && action.bytes().all(|b| b.is_ascii_alphanumeric())
        })
    })
}

/// The kind of an answer of the service: by its code, and where it has none by its status.
fn kind_of(code: &str, status: u16) -> ErrorKind {
    match (kind_of_code(code), status) {
        (ErrorKind::Internal, 429) => ErrorKind::Throttled,
        (ErrorKind::Internal, 408 | 500..) => ErrorKind::Unknown,
        (ErrorKind::Internal, 401) if code.is_empty() => ErrorKind::Credentials,
        (ErrorKind::Internal, 403) if code.is_empty() => ErrorKind::AccessDenied,
        (ErrorKind::Internal, 404) if code.is_empty() => ErrorKind::NotFound,
        (ErrorKind::Internal, 301 | 307) => ErrorKind::Region,
        (kind, _) => kind,
    }
}

/// Codes of credentials that were good once.
const EXPIRED: [&str; 4] = ["ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired"];

/// The kind that a service's error code stands for.
pub(super) fn kind_of_code(code: &str) -> ErrorKind {
    match code {
        _ if EXPIRED.contains(&code) => ErrorKind::Credentials,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "MissingAuthenticationTokenException"
        | "MissingAuthenticationToken"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidIdentityToken" => ErrorKind::Credentials,
        "RequestTimeTooSkewed" => ErrorKind::Clock,
        "AccessDeniedException"
        | "AccessDenied"
        | "NotAuthorizedException"
        | "UnauthorizedOperation"
        | "Forbidden"
        | "ForbiddenException"
        | "AllAccessDisabled" => ErrorKind::AccessDenied,
        "ResourceNotFoundException" | "TableNotFoundException" => ErrorKind::NoTable,
        NO_SUCH_BUCKET | "NoSuchKey" | "NotFound" | "UserNotFoundException" => ErrorKind::NotFound,
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown"
        | "LimitExceededException"
        | "KMSThrottlingException"
        | "KMS.ThrottlingException" => ErrorKind::Throttled,
        "ConditionalCheckFailedException" | "TransactionCanceledException" | "IdempotentParameterMismatchException" => {
            ErrorKind::Conflict
        }
        "TransactionConflictException" | "TransactionInProgressException" | "ReplicatedWriteConflictException" => {
            ErrorKind::Busy
        }
        "ValidationException"
        | "ItemCollectionSizeLimitExceededException"
        | "SerializationException"
        | "EntityTooLarge"
        | "InvalidParameterException" => ErrorKind::Invalid,
        "InternalServerError"
        | "InternalError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "InternalFailure"
        | "InternalErrorException"
        | "RequestTimeout" => ErrorKind::Unknown,
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => ErrorKind::Region,
        _ => ErrorKind::Internal,
    }
}

/// The last two links of the chain: what happened, and where it came from.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut at: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(e) = at {
        parts.push(e.to_string());
        at = e.source();
    }
    parts.dedup();
    parts.drain(..parts.len().saturating_sub(2));
    parts.join(": ")
}

#[cfg(test)]
mod tests;
