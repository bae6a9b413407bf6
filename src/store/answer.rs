//! Answers that the service did not give.
//!
//! A proxy between us and the service may answer in its place with a page of its own, a middlebox with nothing at all.
//! Such an answer says neither that something was written nor that nothing is there. Each client has this check, so that no call can
//! forget it.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::classify::find;
use crate::domain::secret::redacted;

/// The headers that the services put their request id into.
const REQUEST_IDS: [&str; 3] = ["x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"];
const CHECKSUM: &str = "x-amz-crc32";

/// The marks of a service's answers: each has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    /// DynamoDB: a request id, the checksum of the body, and a body.
    Checksum,
    /// Cognito and STS: a request id, and a body.
    Body,
    /// S3: a request id.
    RequestId,
}

/// Why an answer does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotGenuine {
    /// It bears no mark of the service.
    #[error("something between here and the service answered in its place: HTTP {status} with {body}{by}")]
    Foreign {
        /// HTTP status.
        status: u16,
        /// The body, in words.
        body: &'static str,
        /// The name it gives itself, where it does.
        by: String,
    },
    /// It is the service's, and did not come whole.
    #[error("the answer was torn: {0}")]
    Torn(&'static str),
    /// There is no region to send anything to, and so no answer.
    #[error("no region is configured")]
    NoRegion,
}

impl NotGenuine {
    /// True where the next answer may be another: for a moment nobody was there, or the answer got lost on its way.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Foreign { status, .. } => matches!(status, 200..=299 | 408 | 429 | 500..),
            Self::Torn(_) => true,
            Self::NoRegion => false,
        }
    }
}

/// Lets no answer through that the service did not give.
#[derive(Debug, Clone, Copy)]
pub(super) struct Genuine {
    pub(super) marks: Marks,
    pub(super) has_region: bool,
}

impl Intercept for Genuine {
    fn name(&self) -> &'static str {
        "Genuine"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.has_region { Ok(()) } else { Err(NotGenuine::NoRegion.into()) }
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Ok(check(self.marks, context.response())?)
    }
}

impl ClassifyRetry for Genuine {
    fn name(&self) -> &'static str {
        "Genuine"
    }

    /// Only of clients that repeat at all, which are those that read.
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        match find::<NotGenuine>(error) {
            Some(reason) if reason.is_passing() => RetryAction::transient_error(),
            Some(_) => RetryAction::RetryForbidden,
            None => RetryAction::NoActionIndicated,
        }
    }
}

/// Lets an answer pass that is the service's, and whole.
pub(super) fn check(marks: Marks, answer: &HttpResponse) -> Result<(), NotGenuine> {
    let headers = answer.headers();
    let has = |name: &str| headers.get(name).is_some_and(|value| !value.trim().is_empty());
    let is_success = answer.status().is_success();
    // The body of an object is still on its way; its length and checksum are looked at as it comes.
    let body = answer.body().bytes();
    let is_marked = REQUEST_IDS.iter().any(|name| has(name));
    if !is_marked || (marks == Marks::Checksum && is_success && !has(CHECKSUM)) {
        let html = headers.get("content-type").is_some_and(|kind| kind.contains("html"));
        let body = match body {
            Some([]) => "an empty body",
            _ if html => "an HTML page",
            _ => "what does not bear the service's request id and checksum",
        };
        let by = headers.get("via").or_else(|| headers.get("server")).filter(|by| !by.is_empty());
        let by = by.map(|by| format!(" (by {})", redacted(by))).unwrap_or_default();
        return Err(NotGenuine::Foreign { status: answer.status().as_u16(), body, by });
    }
    let Some(body) = body else { return Ok(()) };
    if marks != Marks::RequestId && is_success && body.is_empty() {
        return Err(NotGenuine::Torn("it has no body"));
    }
    // Of a body that was packed on its way the checksum is another.
    let sum = headers.get(CHECKSUM).filter(|_| !has("content-encoding"));
    match sum.map(|sum| sum.trim().parse::<u32>()) {
        Some(Ok(sum)) if sum == crc32fast::hash(body) => Ok(()),
        Some(_) => Err(NotGenuine::Torn("its body does not fit its checksum")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> HttpResponse {
        let mut answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            answer.headers_mut().insert(*name, *value);
        }
        answer
    }

    const ID: (&str, &str) = ("x-amzn-requestid", "R1");
    /// Of `{}`.
    const SUM: (&str, &str) = ("x-amz-crc32", "2745614147");

    #[test]
    fn an_answer_counts_with_the_services_marks_only() {
        let (checksum, id) = (Marks::Checksum, Marks::RequestId);
        let html = ("content-type", "text/html; charset=utf-8");
        assert_eq!(check(checksum, &answer(200, &[ID, SUM], "{}")), Ok(()));
        assert_eq!(check(id, &answer(204, &[("x-amz-request-id", "R1")], "")), Ok(()));
        assert_eq!(check(checksum, &answer(400, &[ID], "{}")), Ok(()));
        for (marks, foreign) in [
            (checksum, answer(200, &[], "")),
            (checksum, answer(204, &[], "")),
            (checksum, answer(200, &[], "{}")),
            (checksum, answer(200, &[ID], "{}")),
            (checksum, answer(200, &[SUM], "{}")),
            (checksum, answer(200, &[("x-amzn-requestid", " "), SUM], "{}")),
            (checksum, answer(200, &[html], "<html>")),
            (checksum, answer(403, &[html], "<html>")),
            (checksum, answer(400, &[], r#"{"__type":"ValidationException"}"#)),
            (id, answer(200, &[], "{}")),
            (id, answer(404, &[], "")),
        ] {
            let found = check(marks, &foreign).unwrap_err();
            assert!(matches!(found, NotGenuine::Foreign { .. }), "{found:?}");
        }
    }

    #[test]
    fn what_does_not_fit_its_checksum_or_has_no_body_is_torn() {
        let empty = ("x-amz-crc32", "0");
        for torn in [
            answer(200, &[ID, SUM], r#"{"Items":[]}"#),
            answer(200, &[ID, SUM], ""),
            answer(200, &[ID, empty], ""),
            answer(200, &[ID, ("x-amz-crc32", "no number")], "{}"),
            answer(400, &[ID, SUM], "{} "),
        ] {
            assert!(matches!(check(Marks::Checksum, &torn), Err(NotGenuine::Torn(_))), "{torn:?}");
        }
        assert_eq!(check(Marks::Body, &answer(200, &[ID], "")), Err(NotGenuine::Torn("it has no body")));
        assert_eq!(check(Marks::Checksum, &answer(200, &[ID, SUM, ("content-encoding", "gzip")], "packed")), Ok(()));
    }

    #[test]
    fn what_answers_so_by_design_is_not_asked_again() {
        let passing = |status| check(Marks::RequestId, &answer(status, &[], "")).unwrap_err().is_passing();
        assert!([200, 204, 408, 429, 500, 502, 503].into_iter().all(passing));
        assert!(![301, 302, 400, 403, 404, 407].into_iter().any(passing));
        assert!(!NotGenuine::NoRegion.is_passing());
    }

    #[test]
    fn the_first_sentence_names_who_answered() {
        let page = answer(407, &[("content-type", "text/html"), ("via", "1.1 gate")], "<html>");
        let said = check(Marks::Checksum, &page).unwrap_err().to_string();
        assert!(said.contains("HTTP 407 with an HTML page (by 1.1 gate)"), "{said}");
    }
}
