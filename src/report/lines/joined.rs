use serde::Serialize;

use crate::engine::protocol::JoinedParts;

/// The parts of a plan, as one.
#[derive(Debug, Serialize)]
pub(in crate::report) struct JoinedLine<'a> {
    event: &'static str,
    #[serde(flatten)]
    parts: &'a JoinedParts,
}

impl<'a> JoinedLine<'a> {
    pub(in crate::report) fn new(parts: &'a JoinedParts) -> Self {
        Self { event: "joined", parts }
    }
}
