use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

/// Keeps the body of a request's first attempt and sends it again with each later one: the SDK's maps have no order of their own, so
/// that a request built anew is another one to a service that compares what comes under one token.
#[derive(Debug, Clone)]
pub(super) struct SameBytes {
    known: Arc<OnceLock<Vec<u8>>>,
    has_token: bool,
}

impl SameBytes {
    /// Of a transaction that nobody has sent; the SDK sends a token with each, unless it is taken out.
    pub(super) fn new(has_token: bool) -> Self {
        Self { known: Arc::default(), has_token }
    }

    /// True once there was a first attempt: the next one needs no items any more.
    pub(super) fn are_known(&self) -> bool {
        self.known.get().is_some()
    }
}

/// A request's body without its token.
fn without_token(body: &[u8]) -> Option<Vec<u8>> {
    const TOKEN: &[u8] = br#","ClientRequestToken":""#;
    // It stands behind the items, whose texts may be anything.
    let at = body.windows(TOKEN.len()).rposition(|window| window == TOKEN)?;
    let value = body.get(at + TOKEN.len()..)?;
    let end = value.iter().position(|byte| *byte == b'"')?;
    Some([body.get(..at)?, value.get(end + 1..)?].concat())
}

impl Intercept for SameBytes {
    fn name(&self) -> &'static str {
        "SameBytes"
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let is_first = self.known.get().is_none();
        if is_first {
            let body = request.body().bytes().ok_or("the body of a transaction is in memory")?;
            let cut = if self.has_token { None } else { without_token(body) };
            let _ = self.known.set(cut.unwrap_or_else(|| body.to_vec()));
        }
        if let Some(bytes) = self.known.get().filter(|_| !is_first || !self.has_token) {
            request.headers_mut().insert("content-length", bytes.len().to_string());
            *request.body_mut() = SdkBody::from(bytes.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_of_the_request_is_taken_out() {
        let items = r#"{"TransactItems":[{"Put":{"Item":{"a":{"S":"\",\"ClientRequestToken\":\"x\""}}}}]"#;
        let body = format!(r#"{items},"ReturnConsumedCapacity":"TOTAL","ClientRequestToken":"0123"}}"#);
        let cut = without_token(body.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(cut).unwrap(), format!(r#"{items},"ReturnConsumedCapacity":"TOTAL"}}"#));
        let between = format!(r#"{items},"ClientRequestToken":"0123","ReturnConsumedCapacity":"TOTAL"}}"#);
        let cut = without_token(between.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(cut).unwrap(), format!(r#"{items},"ReturnConsumedCapacity":"TOTAL"}}"#));
        assert_eq!(without_token(items.as_bytes()), None);
    }
}
