//! Author, time and request of a version.

use jiff::tz::TimeZone;

use super::Opened;
use crate::domain::clock::local_minutes;
use crate::domain::row::{Row, field};
use crate::engine::protocol::Side;

/// Author, time and request of a version, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) at: Option<String>,
    pub(crate) by: Option<String>,
    pub(crate) request: Option<String>,
    /// No command row says so: the row's own fields may be stale.
    pub(crate) uncertain: bool,
}

impl Made {
    /// Author, with a `?` where it is uncertain.
    pub(crate) fn who(&self) -> String {
        self.who_or(&tr!("unknown"))
    }

    /// As [`Self::who`], with a word for an author who is not known.
    pub(crate) fn who_or(&self, unknown: &str) -> String {
        let who = self.by.as_deref().unwrap_or(unknown);
        format!("{who}{}", if self.uncertain { "?" } else { "" })
    }

    /// When, on the wall clock of a zone.
    pub(crate) fn when(&self, zone: &TimeZone) -> String {
        self.when_or(zone, &tr!("unknown"))
    }

    /// As [`Self::when`], with a word for a time that is not known.
    pub(crate) fn when_or(&self, zone: &TimeZone, unknown: &str) -> String {
        self.at.as_deref().map_or_else(|| unknown.to_owned(), |at| local_minutes(at, zone))
    }

    /// Author, time and request by a row's own fields.
    fn of_row(row: &Row) -> Self {
        let text = |name| row.text(name).map(str::to_owned);
        Self {
            at: text(field::UPDATED_AT),
            by: text(field::UPDATED_BY),
            request: text(field::REQUEST_ID),
            uncertain: true,
        }
    }
}

impl Opened {
    /// Author, time and request of one side of a comparison; of another entity only its row is there to ask.
    pub(crate) fn made(&self, side: &Side, row: &Row) -> Made {
        let own = side.version.filter(|_| side.entity == self.entity).and_then(|version| self.versions.get(version));
        own.map_or_else(
            || Made::of_row(row),
            |line| Made {
                at: line.at.clone(),
                by: line.by.clone(),
                request: line.request_id.clone(),
                uncertain: line.uncertain,
            },
        )
    }
}
