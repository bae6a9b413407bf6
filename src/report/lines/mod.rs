//! The JSON lines of the contract.

mod batch;
mod end;
mod identity;
mod item;
mod joined;
mod listing;
mod rehearsal;
mod run;
mod signature;
mod unmasked;
mod version;

use serde::Serialize;
use serde_json::Value as Json;

use crate::domain::clock::normalise_time;
use crate::domain::row::Row;
use crate::domain::value::item_to_ddb_json;
use crate::engine::failure::Failure;

pub(super) use batch::{BatchLine, FindingLine};
pub use end::EndLine;
pub(super) use identity::WhoLine;
pub(super) use item::ItemLine;
pub(super) use joined::JoinedLine;
pub(super) use listing::{ActivityLine, EntityLine, TenantLine};
pub(super) use rehearsal::RehearsalLine;
pub(super) use run::RunLine;
use run::all_words;
pub(super) use signature::SignatureLine;
pub(super) use unmasked::UnmaskedLine;
pub(super) use version::{ChangeLine, VersionLine};

fn as_row(row: &Row) -> Json {
    item_to_ddb_json(&row.0)
}

fn time(text: &Option<String>) -> Option<String> {
    text.as_deref().map(normalise_time)
}

#[derive(Debug, Serialize)]
pub(super) struct ProgressLine {
    pub(super) event: &'static str,
    pub(super) phase: &'static str,
    pub(super) done: u64,
    pub(super) total: Option<u64>,
    pub(super) per_second: f64,
    pub(super) read_units: f64,
    pub(super) write_units: f64,
}

/// The `error` line.
#[derive(Debug, Serialize)]
pub struct ErrorLine<'a> {
    event: &'static str,
    #[serde(flatten)]
    failure: &'a Failure,
}

impl<'a> ErrorLine<'a> {
    /// The line of a failure.
    #[must_use]
    pub fn new(failure: &'a Failure) -> Self {
        Self { event: "error", failure }
    }
}
