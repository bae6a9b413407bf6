//! Items, as planners build them and runs carry them out: their request, how they are shown, how they end.

pub(super) mod ended;
pub(super) mod job;
pub(super) mod request;
pub(super) mod shown;
pub(super) mod transfer;
