//! Entities as changes of attributes would make them; nothing is written.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::clock::utc_millis;
use crate::domain::diff::diff_values;
use crate::domain::path::Path;
use crate::domain::row::{Attributes, Row, field};
use crate::domain::run::Reason;
use crate::domain::transform::{Brought, Changing};
use crate::domain::value::{Map, Value};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{EntitySummary, Listing, Viewed};
use crate::engine::task::{Stop, blocking};
use crate::worker;

/// The changes that a listing is seen through, at this moment.
pub(super) fn changing(listing: &Listing) -> Result<Option<Changing>, Stop> {
    let compiled = listing.view.as_deref().map(|change| worker::changing(change, &utc_millis(Timestamp::now())));
    compiled.transpose().map_err(|bad| Failure::new(ErrorCode::Plan, bad.to_string()).into())
}

/// An entity as a listing shows it, for engines of canned answers.
#[cfg(test)]
pub(crate) fn seen(listing: &Listing, entity: &mut EntitySummary) {
    if let Ok(Some(changing)) = changing(listing) {
        through(&changing, entity);
    }
}

/// Works out what becomes of rows that will be looked at next: in a worker, where filters are among the changes.
pub(super) async fn prepare(changing: &Changing, rows: &[Row]) -> Result<(), Stop> {
    let Some(elsewhere) = changing.elsewhere() else { return Ok(()) };
    let inline = |row: &Row| match row.attributes() {
        Ok(Attributes::Inline(map)) => Some(map.clone()),
        _ => None,
    };
    let attributes: Vec<Map> = rows.iter().filter_map(inline).collect();
    blocking(move || elsewhere.prepare(&attributes)).await
}

/// Makes an entity what the changes make of it; where they do not fit it stays as it is, with the reason.
pub(super) fn through(changing: &Changing, entity: &mut EntitySummary) {
    let refused = |why: &str| Some(Viewed::Refused(Reason::Transform, why.to_owned()));
    entity.viewed = match entity.row.attributes() {
        Ok(Attributes::Inline(before)) => match changing.apply(before) {
            Brought::Equal => Some(Viewed::Equal),
            Brought::Changed(after) if after == *before => Some(Viewed::Equal),
            Brought::Changed(after) => {
                let (before, after) = (Value::M(before.clone()), Value::M(after));
                let changes = diff_values(&Path::default().name(field::ATTRIBUTES), &before, &after);
                entity.row = Arc::new(entity.row.with_attributes(after));
                Some(Viewed::Changed(changes))
            }
            Brought::Refused(reason, message) => Some(Viewed::Refused(reason, message)),
        },
        Ok(Attributes::InS3(_)) => refused("its attributes in S3 could not be read"),
        Ok(Attributes::Absent) => refused("it has no attributes"),
        Err(error) => refused(&error.to_string()),
    };
}
