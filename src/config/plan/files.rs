//! The sections of plans that read or write a CSV file.

use std::path::Path;

use super::super::toml_walk::Walk;
use super::super::words::ENCODING;
use super::read::{Result, beside, code, entities, existing, spelling};
use crate::domain::csv::Place;
use crate::domain::csv::encoding::Format;
use crate::domain::plan::{Source, Target};

/// Names standard input.
const STDIN: &str = "-";

/// `[source]` of an import: the file, and which of its rows.
pub(super) fn source(mut walk: Walk<'_, '_>, plan: &Path) -> Result<(Source, Option<Place>)> {
    let file = match walk.get("file").and_then(|(_, value)| value.as_str()) {
        // Standard input stands beside no plan.
        Some(STDIN) => walk.text("file")?.map(Place::File),
        _ => place(&mut walk, "file", plan)?,
    };
    let source = Source { tenant: code(&mut walk)?.unwrap_or_default(), ..entities(&mut walk)? };
    walk.finish()?;
    Ok((source, file))
}

/// `[target]` of an import: without a tenant each row names its own.
pub(super) fn target(mut walk: Walk<'_, '_>) -> Result<Target> {
    let target = Target {
        tenant: code(&mut walk)?.unwrap_or_default(),
        existing: existing(&mut walk)?,
        spelling: spelling(&mut walk)?,
    };
    walk.finish()?;
    Ok(target)
}

/// `[import]`: where rejected rows go, the name of the application's own import, and how the file is read.
pub(super) fn import(
    mut walk: Walk<'_, '_>,
    plan: &Path,
    file: Option<&Place>,
) -> Result<(Option<String>, Option<String>, Format)> {
    let rejects = match place(&mut walk, "rejects", plan)? {
        Some(Place::S3 { .. }) => {
            return Err(walk.wrong_value("rejects", "import.rejects must be a file of this machine"));
        }
        Some(rejects) if Some(&rejects) == file => {
            return Err(walk.wrong_value("rejects", "import.rejects must not be the file that is read"));
        }
        Some(Place::File(path)) => Some(path),
        None => None,
    };
    let table = walk.text("table")?;
    let encoding = walk.word("encoding", ENCODING.pairs)?;
    let delimiter = walk.parsed("delimiter", DELIMITER, delimiter)?;
    walk.finish()?;
    let default = Format::default();
    let format =
        Format { encoding: encoding.unwrap_or(default.encoding), delimiter: delimiter.unwrap_or(default.delimiter) };
    Ok((rejects, table, format))
}

const DELIMITER: &str = r#"one character between two cells: ",", ";", "\t", "|" or another sign of ASCII"#;

/// A sign that neither quotes nor ends a row, and that no name or number is made of.
fn delimiter(text: &str) -> Option<char> {
    let mut characters = text.chars();
    let found = characters.next().filter(|_| characters.next().is_none())?;
    (found == '\t' || (found.is_ascii_punctuation() && !['"', '_', '.', '-'].contains(&found))).then_some(found)
}

/// `[target]` of an export: the tenant that the file is for.
pub(super) fn export_target(mut walk: Walk<'_, '_>) -> Result<Option<String>> {
    let tenant = code(&mut walk)?;
    walk.finish()?;
    Ok(tenant)
}

/// `[export]`: where to, and whether with the columns that lose nothing.
pub(super) fn export(mut walk: Walk<'_, '_>, plan: &Path) -> Result<(Option<Place>, bool)> {
    let to = place(&mut walk, "to", plan)?;
    let lossless = walk.flag("lossless")?.unwrap_or(true);
    walk.finish()?;
    Ok((to, lossless))
}

/// A path relative to the plan, or an object.
fn place(walk: &mut Walk<'_, '_>, key: &'static str, plan: &Path) -> Result<Option<Place>> {
    let Some(text) = walk.text(key)? else { return Ok(None) };
    let place = Place::parse(&text).map_err(|bad| walk.wrong_value(key, format!("{}: {bad}", walk.path(key))))?;
    match place {
        Place::File(file) => match beside(plan, &file) {
            Some(path) => Ok(Some(Place::File(path))),
            None => {
                let message = format!("{} is looked for beside the plan, whose own path is not UTF-8", walk.path(key));
                Err(walk.wrong_value(key, message))
            }
        },
        place => Ok(Some(place)),
    }
}
