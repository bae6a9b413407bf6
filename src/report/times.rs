//! Times in listings: for people by the clock of the profile's time zone, which the heading names; in CSV as in JSON lines.

use super::commands::Context;
use crate::domain::clock::{local_seconds, normalise_time};

impl Context {
    /// A stored time.
    pub(super) fn at(&self, text: &str) -> String {
        if self.out.is_csv() { normalise_time(text) } else { local_seconds(text, &self.zone) }
    }

    /// A stored time, nothing where there is none.
    pub(super) fn at_some(&self, text: Option<&str>) -> String {
        text.map(|text| self.at(text)).unwrap_or_default()
    }

    /// The heading of a column of times.
    pub(super) fn heading(&self, name: &str) -> String {
        match self.zone.iana_name() {
            Some(zone) if !self.out.is_csv() => format!("{name} ({zone})"),
            _ => name.to_owned(),
        }
    }
}
