//! Reports as files for people: of a run, of a preview, and of what the doctor found.

mod doctor;
mod html;
mod markdown;
mod masked;
mod preview;
mod run;

use std::io::Write as _;
use std::path::Path;

pub(crate) use doctor::{DoctorReport, of_doctor};
pub(crate) use masked::Masking;
pub(crate) use preview::{PreviewItems, of_preview, place_of};
pub(crate) use run::of_run;

use crate::domain::printable::without_place;
use crate::engine::protocol::PlanSummary;

/// A report, in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    title: String,
    blocks: Vec<Block>,
}

/// A part of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Lines for a shell.
    Code(String),
    /// Rows under names.
    Table(Vec<&'static str>, Vec<Vec<String>>),
}

impl Report {
    /// Lines of Markdown.
    pub(crate) fn markdown(&self) -> String {
        markdown::markdown(&self.title, &self.blocks)
    }

    /// As the name of a file says: HTML for one that ends so, otherwise Markdown.
    pub(crate) fn for_file(&self, file: &Path) -> String {
        let is_html = file.extension().is_some_and(|extension| extension == "html");
        if is_html { html::html(&self.title, &self.blocks) } else { self.markdown() }
    }
}

/// Names and values, those without a value left out.
fn facts(mut rows: Vec<(&'static str, String)>) -> Block {
    rows.retain(|(_, value)| !value.is_empty());
    Block::Table(vec!["", "value"], rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect())
}

fn table(names: &[&'static str], rows: Vec<Vec<String>>, none: &str) -> Block {
    if rows.is_empty() { Block::Text(none.to_owned()) } else { Block::Table(names.to_vec(), rows) }
}

fn or_not_known(text: Option<&str>) -> String {
    text.unwrap_or("not known").to_owned()
}

/// Total of what a plan would do, in words.
fn blast(summary: &PlanSummary) -> String {
    let blast = &summary.blast;
    format!(
        "{} entities of {} tenants in {} requests: about {:.0} write units, {} S3 objects",
        blast.entities, blast.tenants, blast.requests, blast.write_units, blast.s3_objects
    )
}

/// Writes a report into a file of its own, which appears when it is whole and never takes another one's place.
pub(crate) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let plainly = |e: std::io::Error| std::io::Error::new(e.kind(), without_place(&e.to_string()).to_owned());
    let mut file = tempfile::Builder::new().prefix(".tenantry-").tempfile_in(dir).map_err(plainly)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}
