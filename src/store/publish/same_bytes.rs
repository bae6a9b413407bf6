use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

/// Keeps the body of a request's first attempt and sends it again with each later one: the SDK's maps have no order of their own, so
/// that a request built anew is another one to a service that compares what comes under one token.
#[derive(Debug, Clone, Default)]
pub(super) struct SameBytes(Arc<OnceLock<Vec<u8>>>);

impl SameBytes {
    /// Whether there was a first attempt: the next one needs no items any more.
    pub(super) fn are_known(&self) -> bool {
        self.0.get().is_some()
    }
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
        match self.0.get() {
            Some(bytes) => {
                request.headers_mut().insert("content-length", bytes.len().to_string());
                *request.body_mut() = SdkBody::from(bytes.clone());
            }
            None => {
                let bytes = request.body().bytes().ok_or("the body of a transaction is in memory")?;
                let _ = self.0.set(bytes.to_vec());
            }
        }
        Ok(())
    }
}
