//! Recorded runs, and the preview that is kept: listed and paged.

pub(super) mod collisions;
pub(super) mod items;
pub(super) mod join;
pub(super) mod rehearsals;
mod remembered;
pub(super) mod report;
pub(super) mod runs;
pub(super) mod verified;
