use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use super::*;

type Failed = SdkError<TransactWriteItemsError, HttpResponse>;

const CALL: Call<'_> = Call { service: "dynamodb", operation: "TransactWriteItems", resource: "dev-shop-" };
const BUCKET: Call<'_> = Call { service: "s3", operation: "GetObject", resource: "shop-private" };
const POOL: Call<'_> = Call { service: "cognito-idp", operation: "ListUsers", resource: "pool_1" };

fn answer(status: u16, headers: &[(&'static str, String)]) -> HttpResponse {
    let mut answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
    headers.iter().for_each(|(name, value)| drop(answer.headers_mut().insert(*name, value.clone())));
    answer
}

fn refused(status: u16, code: &str, message: &str, headers: &[(&'static str, String)], call: Call<'_>) -> Cause {
    let meta = ErrorMetadata::builder().code(code).message(message).build();
    let error = Failed::service_error(TransactWriteItemsError::generic(meta), answer(status, headers));
    classify(&error, call)
}

/// A date some minutes from now, as answers have it.
fn date(minutes: i64) -> String {
    let now = DateTime::from(SystemTime::now()).secs();
    DateTime::from_secs(now + minutes * 60).fmt(Format::HttpDate).unwrap()
}

#[test]
fn causes_are_told_by_code_and_status() {
    for (status, code, kind) in [
        (400, "ExpiredTokenException", ErrorKind::Credentials),
        (400, "UnrecognizedClientException", ErrorKind::Credentials),
        (400, "TransactionInProgressException", ErrorKind::Busy),
        (400, "ThrottlingException", ErrorKind::Throttled),
        (503, "SlowDown", ErrorKind::Throttled),
        (500, "InternalServerError", ErrorKind::Unknown),
        (503, "", ErrorKind::Unknown),
        (429, "", ErrorKind::Throttled),
        (401, "", ErrorKind::Credentials),
        (403, "", ErrorKind::AccessDenied),
        (400, "ResourceNotFoundException", ErrorKind::NoTable),
        (400, "KMSAccessDeniedException", ErrorKind::Kms),
        (400, "KMS.DisabledException", ErrorKind::Kms),
        (400, "KMSInvalidStateException", ErrorKind::Kms),
        (400, "KMSThrottlingException", ErrorKind::Throttled),
        // Nothing unknown is called passing.
        (400, "SomethingNew", ErrorKind::Internal),
        (400, "", ErrorKind::Internal),
        (403, "SomethingNew", ErrorKind::Internal),
    ] {
        assert_eq!(refused(status, code, "m", &[], CALL).kind, kind, "{status} {code}");
    }
}

#[test]
fn words_of_a_message_say_nothing() {
    for words in ["token expired", "missing region", "credential", "connect timeout", "dns error", "access denied"] {
        assert_eq!(refused(400, "SomethingNew", words, &[], CALL).kind, ErrorKind::Internal, "{words}");
        let other = Failed::dispatch_failure(ConnectorError::other(words.into(), None));
        assert_eq!(classify(&other, CALL).kind, ErrorKind::Internal, "{words}");
        let built = Failed::construction_failure(words);
        assert_eq!(classify(&built, CALL).kind, ErrorKind::Internal, "{words}");
    }
}

#[test]
fn what_was_sent_and_not_answered_is_in_doubt() {
    for error in [
        Failed::dispatch_failure(ConnectorError::timeout("read".into())),
        Failed::dispatch_failure(ConnectorError::io("closed".into())),
        Failed::timeout_error("late"),
        Failed::response_error("torn", answer(200, &[])),
    ] {
        assert_eq!(classify(&error, CALL).kind, ErrorKind::Unknown, "{error:?}");
    }
}

#[test]
fn a_clock_that_is_off_is_named_with_the_distance() {
    for (minutes, says) in [(61, "61 minutes behind"), (-12, "12 minutes ahead of"), (60 * 24 * 4, "4 days behind")] {
        let cause = refused(400, "InvalidSignatureException", "m", &[("date", date(minutes))], CALL);
        assert_eq!(cause.kind, ErrorKind::Clock);
        assert!(cause.says.unwrap().contains(says), "{says}");
    }
    let wrong_key = refused(400, "InvalidSignatureException", "m", &[("date", date(1))], CALL);
    assert_eq!(wrong_key.kind, ErrorKind::Credentials);
    assert_eq!(refused(403, "RequestTimeTooSkewed", "m", &[], BUCKET).kind, ErrorKind::Clock);
}

#[test]
fn a_key_that_may_not_be_used_is_not_the_table_that_may_not() {
    let words = "User: arn:aws:iam::1:user/x is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:r:1:key/k";
    for (status, code, call) in [(400, "AccessDeniedException", CALL), (403, "AccessDenied", BUCKET)] {
        let cause = refused(status, code, words, &[], call);
        assert_eq!(cause.kind, ErrorKind::Kms);
        assert!(cause.hint.unwrap().contains("kms:GenerateDataKey on the key"), "{code}");
        assert!(cause.says.unwrap().contains(call.resource));
    }
}

#[test]
fn a_denied_write_names_the_permission() {
    let named = "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: dynamodb:ConditionCheckItem on resource: arn:aws:dynamodb:r:1:table/t because no policy allows it";
    let cause = refused(400, "AccessDeniedException", named, &[], CALL);
    assert!(cause.says.unwrap().ends_with("the role lacks dynamodb:ConditionCheckItem"));
    // A transaction is no permission of its own.
    let cause = refused(400, "AccessDeniedException", "no", &[], CALL);
    let said = cause.says.unwrap();
    assert!(said.contains("dynamodb:PutItem, dynamodb:UpdateItem or dynamodb:ConditionCheckItem"), "{said}");
}

#[test]
fn a_bucket_elsewhere_says_where() {
    let there = [(BUCKET_REGION, "eu-west-1".to_owned())];
    for (status, code) in [(301, "PermanentRedirect"), (301, ""), (400, "AuthorizationHeaderMalformed"), (400, "")] {
        let cause = refused(status, code, "m", &there, BUCKET);
        assert_eq!(cause.kind, ErrorKind::Region, "{status} {code}");
        assert!(cause.says.unwrap().contains("shop-private is in region eu-west-1"));
    }
    assert_eq!(refused(403, "AccessDenied", "m", &there, BUCKET).kind, ErrorKind::AccessDenied);
    assert_eq!(refused(404, "NoSuchKey", "m", &there, BUCKET).kind, ErrorKind::NotFound);
}

#[test]
fn a_pool_that_does_not_exist_is_no_table() {
    let cause = refused(400, "ResourceNotFoundException", "m", &[], POOL);
    assert_eq!((cause.kind, cause.says.as_deref()), (ErrorKind::NotFound, Some("there is no user pool pool_1")));
}

#[test]
fn what_somebody_else_answered_is_told_with_who_it_may_be() {
    let foreign = |status| NotGenuine::Foreign { status, body: "an HTML page", by: String::new() };
    for (status, kind) in
        [(200, ErrorKind::Unknown), (503, ErrorKind::Unknown), (403, ErrorKind::Proxy), (407, ErrorKind::Proxy)]
    {
        let cause = classify(&Failed::response_error(foreign(status), answer(status, &[])), CALL);
        assert_eq!((cause.kind, cause.is_foreign), (kind, true), "{status}");
    }
    let region = classify(&Failed::construction_failure(NotGenuine::NoRegion), CALL);
    assert_eq!((region.kind, region.is_foreign), (ErrorKind::Region, false));
}

#[tokio::test]
async fn nobody_at_the_endpoint_is_no_doubtful_outcome() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut profile = crate::config::Profile::new("p", "dev", "shop");
    profile.region = Some("ap-northeast-1".to_owned());
    profile.credentials = Some(("id".to_owned(), "secret".to_owned()));
    profile.endpoints.dynamodb = Some(format!("http://127.0.0.1:{port}"));
    let store = crate::store::connect(&profile).await.store;
    let error = store.modules().await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Endpoint), "{error}");
}
