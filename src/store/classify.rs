//! Which kind of failure an SDK error is.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::error::{ErrorKind, NO_SUCH_BUCKET};

/// The kind of a failed call, and the service's or the connection's own words.
pub(super) fn classify<E>(error: &SdkError<E, HttpResponse>, code: Option<&str>) -> (ErrorKind, Option<String>)
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let message = service.err().message().or(code).map(str::to_owned);
            (kind_of(code.unwrap_or_default(), status), message.or_else(|| Some(format!("HTTP status {status}"))))
        }
        SdkError::TimeoutError(_) => (ErrorKind::Unknown, Some("no answer in time".to_owned())),
        SdkError::ResponseError(_) => (ErrorKind::Unknown, Some(format!("the answer was torn: {}", root_cause(error)))),
        SdkError::DispatchFailure(failure) => {
            let cause = root_cause(error);
            let lower = cause.to_lowercase();
            if lower.contains("credential") || lower.contains("token") && lower.contains("expired") {
                (ErrorKind::Credentials, Some(cause))
            } else if lower.contains("missing region") {
                (ErrorKind::Region, Some(cause))
            } else if lower.contains("connect timeout") {
                // Nothing was sent: unlike an answer that does not come, this leaves no doubt.
                (ErrorKind::Endpoint, Some(cause))
            } else if failure.is_timeout() {
                (ErrorKind::Unknown, Some(format!("no answer in time: {cause}")))
            } else if ["refused", "dns error", "tcp connect", "lookup", "(connect)", "unreachable"]
                .iter()
                .any(|w| lower.contains(w))
            {
                (ErrorKind::Endpoint, Some(cause))
            } else {
                (ErrorKind::Unknown, Some(cause))
            }
        }
        SdkError::ConstructionFailure(_) => {
            let cause = root_cause(error);
            let kind = if cause.to_lowercase().contains("region") { ErrorKind::Region } else { ErrorKind::Internal };
            (kind, Some(cause))
        }
        _ => (ErrorKind::Internal, Some(root_cause(error))),
    }
}

/// The kind of an answer. What stands between us and the service answers in words of its own: then the status tells.
fn kind_of(code: &str, status: u16) -> ErrorKind {
    match (kind_of_code(code), status) {
        (ErrorKind::Internal, 429) => ErrorKind::Throttled,
        (ErrorKind::Internal, 408 | 500..) => ErrorKind::Unknown,
        (kind, _) => kind,
    }
}

/// The kind that a service's error code stands for.
pub(super) fn kind_of_code(code: &str) -> ErrorKind {
    match code {
        "ExpiredTokenException"
        | "ExpiredToken"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "MissingAuthenticationTokenException"
        | "MissingAuthenticationToken"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "TokenRefreshRequired"
        | "RequestExpired" => ErrorKind::Credentials,
        "AccessDeniedException" | "AccessDenied" | "NotAuthorizedException" | "UnauthorizedOperation" | "Forbidden" => {
            ErrorKind::AccessDenied
        }
        "ResourceNotFoundException" | "TableNotFoundException" => ErrorKind::NoTable,
        NO_SUCH_BUCKET | "NoSuchKey" | "NotFound" | "UserNotFoundException" => ErrorKind::NotFound,
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown"
        | "LimitExceededException" => ErrorKind::Throttled,
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
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
            ErrorKind::Region
        }
        _ => ErrorKind::Internal,
    }
}

fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut at: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(e) = at {
        parts.push(e.to_string());
        at = e.source();
    }
    parts.dedup();
    parts.drain(..parts.len().saturating_sub(2));
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;

    fn undelivered(error: ConnectorError) -> ErrorKind {
        type Failed = SdkError<aws_sdk_dynamodb::operation::list_tables::ListTablesError, HttpResponse>;
        classify(&Failed::dispatch_failure(error), None).0
    }

    #[test]
    fn what_was_never_sent_is_no_doubtful_outcome() {
        let timeout = |text: &str| undelivered(ConnectorError::timeout(text.to_owned().into()));
        assert_eq!(timeout("HTTP connect timeout occurred after 4s"), ErrorKind::Endpoint);
        assert_eq!(timeout("HTTP read timeout occurred after 20s"), ErrorKind::Unknown);
        let other = |text: &str| undelivered(ConnectorError::other(text.to_owned().into(), None));
        assert_eq!(other("Invalid Configuration: Missing Region"), ErrorKind::Region);
        assert_eq!(undelivered(ConnectorError::io("dns error: no such name".into())), ErrorKind::Endpoint);
        assert_eq!(undelivered(ConnectorError::io("connection closed".into())), ErrorKind::Unknown);
    }

    #[test]
    fn codes_are_told_apart() {
        assert_eq!(kind_of_code("ExpiredTokenException"), ErrorKind::Credentials);
        assert_eq!(kind_of_code("TransactionInProgressException"), ErrorKind::Busy);
        assert_eq!(kind_of_code("InternalServerError"), ErrorKind::Unknown);
        assert_eq!(kind_of_code("SomethingNew"), ErrorKind::Internal);
        assert_eq!((kind_of("", 503), kind_of("", 429)), (ErrorKind::Unknown, ErrorKind::Throttled));
        assert_eq!((kind_of("SlowDown", 503), kind_of("Odd", 400)), (ErrorKind::Throttled, ErrorKind::Internal));
    }
}
