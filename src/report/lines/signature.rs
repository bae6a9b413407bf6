use serde::Serialize;

use crate::engine::protocol::Signature;

/// A signature, and whether it counts.
#[derive(Debug, Serialize)]
pub(in crate::report) struct SignatureLine<'a> {
    event: &'static str,
    #[serde(flatten)]
    signature: &'a Signature,
}

impl<'a> SignatureLine<'a> {
    pub(in crate::report) fn new(signature: &'a Signature) -> Self {
        Self { event: "signature", signature }
    }
}
