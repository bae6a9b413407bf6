//! Entity or partition that is followed live, and the news since that began.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::key::Version;
use crate::engine::failure::Failure;
use crate::engine::protocol::{EntityRef, Listing, RequestId, Watched};
use crate::tui::format;

/// An entity or a partition that is followed.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) request: RequestId,
    pub(crate) what: Watched,
    /// Since when; `None` until the engine has looked for the first time.
    pub(crate) since: Option<Timestamp>,
    /// Rows that are looked at, where there are more that are not.
    pub(crate) capped: Option<u64>,
    /// Why it cannot be looked at for now.
    pub(crate) paused: Option<Failure>,
    /// Versions of the entity that are new, or have another status.
    pub(crate) versions: BTreeSet<Version>,
    /// Sort keys of rows that are new or changed.
    pub(crate) rows: BTreeSet<String>,
}

/// How it goes, for titles.
pub(crate) fn words_of(watch: &Watch, zone: &TimeZone) -> String {
    match (watch.since, &watch.paused) {
        (_, Some(_)) => tr!("WATCHING, paused:"),
        (None, None) => tr!("WATCHING from now:"),
        (Some(since), None) => tr!("WATCHING since %{time}:", time = format::clock(since, zone)),
    }
    .into_owned()
}

impl Watch {
    /// One that was asked for.
    pub(crate) fn begun(request: RequestId, what: Watched) -> Self {
        Self {
            request,
            what,
            since: None,
            capped: None,
            paused: None,
            versions: BTreeSet::new(),
            rows: BTreeSet::new(),
        }
    }

    /// Whether it follows this entity.
    pub(crate) fn follows(&self, other: &EntityRef) -> bool {
        matches!(&self.what, Watched::Entity { entity, .. } if entity == other)
    }

    /// Whether it follows the partition of a listing.
    pub(crate) fn follows_partition(&self, other: &Listing) -> bool {
        matches!(&self.what, Watched::Partition(own) if (&own.module, &own.pk) == (&other.module, &other.pk))
    }
}
