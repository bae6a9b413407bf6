//! The preview that can be looked at, and the listing that was asked for last.

use super::context::Context;
use crate::domain::run::RunId;
use crate::engine::journal::{Journal, Reader};
use crate::engine::protocol::{CollisionFilter, ItemFilter};

/// A preview that is kept so that it can be looked at: one at a time.
#[derive(Debug)]
pub(in crate::engine) struct Kept {
    pub(in crate::engine) context: Context,
    /// Its directory goes away with it.
    pub(in crate::engine) journal: Journal,
    pub(in crate::engine) path: std::path::PathBuf,
}

/// The listing that was asked for last, so that its next page need not arrange it anew.
#[derive(Debug)]
pub(in crate::engine) struct Listing {
    pub(in crate::engine) run: RunId,
    pub(in crate::engine) of: Listed,
    pub(in crate::engine) total: u64,
    pub(in crate::engine) reader: Reader,
}

/// The kind of a listing, with its filter.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::engine) enum Listed {
    /// Items.
    Items(ItemFilter),
    /// Keys that several rows want.
    Collisions(CollisionFilter),
}
