//! The two forms in which an entity with attributes in S3 can be worked with: its attributes in place, or their bytes.

use std::borrow::Cow;

use super::snapshot::{Snapshot, Unusable};
use crate::domain::snapshot::EntitySnapshot;

/// For work that changes no attribute: an entity whose attributes may have to be carried as bytes is taken so.
pub fn with_bytes(snapshot: Snapshot) -> Snapshot {
    let carried = match in_form(&snapshot, true) {
        Ok(Cow::Owned(seen)) => Some(seen),
        _ => None,
    };
    carried.map_or(snapshot, Ok)
}

/// In the form that can be compared with rows that were recorded: with bytes, where those have bytes, or where nothing else can be had.
///
/// # Errors
/// [`Unusable`] where there is neither.
pub fn in_form(snapshot: &Snapshot, is_bytes: bool) -> Result<Cow<'_, EntitySnapshot>, &Unusable> {
    match snapshot {
        Ok(seen) => match seen.carried_as_bytes() {
            Some(carried) if is_bytes => Ok(Cow::Owned(carried)),
            _ => Ok(Cow::Borrowed(seen)),
        },
        Err(unusable) => match &unusable.as_bytes {
            Some(carried) => Ok(Cow::Owned((**carried).clone())),
            None => Err(unusable),
        },
    }
}
