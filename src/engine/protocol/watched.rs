//! Targets of a live watch, and its progress.

use super::{EntityRef, Listing};
use crate::domain::key::Version;
use crate::engine::failure::Failure;

/// Target of [`super::Command::Watch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// An entity: its data row and its newest commands.
    Entity {
        /// The entity.
        entity: EntityRef,
        /// The newest version that is known already: what is newer is told at once. Without one only later changes are.
        known: Option<Version>,
    },
    /// The data rows of a partition; of the listing only module, partition and prefix count.
    Partition(Listing),
}

/// How watching goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watching {
    /// The present state is known: from here on every change is reported.
    Begun {
        /// Data rows that are looked at.
        rows: u64,
        /// There are more of them, which are not.
        capped: bool,
    },
    /// It cannot be looked at for now; it is tried again. Told once for a cause.
    Paused(Box<Failure>),
    /// It can be looked at again.
    Resumed,
}
