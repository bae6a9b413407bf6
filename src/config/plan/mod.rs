//! Plan files: which entities, where to, and how the run goes about it.

mod amounts;
mod decisions;
mod draft;
mod edit;
mod example;
mod fields;
mod files;
mod keys;
mod mask;
mod named;
mod normalize;
mod read;
mod rollback;
mod rows;
mod steps;
#[cfg(test)]
mod tests;
mod transform;
mod users;
mod validate;

use std::path::Path;

use toml::de::DeTable;

pub use decisions::CannotDecide;
pub use draft::{Draft, listed, words};
pub use example::{EXAMPLES, example};
pub use fields::{Field, fields, operations, step_fields};
pub use mask::{MaskFile, load_mask};
pub use named::{entity_count, entity_list};
pub use steps::{CannotEdit, StepPlace, Steps};
pub use transform::{ALONE, SHARING};

pub use super::rows::Kind;
pub(super) use rows::ROWS;

use super::regular::read_regular;
use super::toml_walk::{ConfigError, Source as File, Walk, did_you_mean, nearest, quoted};
use crate::domain::plan::{Change, Modules, Plan, Source, Work};
use crate::domain::run::Operation;

/// Reads and checks a plan file.
///
/// # Errors
/// [`ConfigError`] as [`parse`]; without line and key where the file cannot be read at all.
pub fn load(path: &Path) -> Result<Plan, Box<ConfigError>> {
    let text = read_regular(path).map_err(|error| ConfigError::unreadable(path, &error))?;
    parse(path, &text)
}

/// Reads what changes attributes out of a file: a plan, or a file that holds nothing but `[[transform]]`, or `[schema]` and `[[chain]]`.
///
/// # Errors
/// As [`load`].
pub fn load_view(path: &Path) -> Result<Change, Box<ConfigError>> {
    let text = read_regular(path).map_err(|error| ConfigError::unreadable(path, &error))?;
    let file = File::new(path, &text);
    let root = file.parse()?;
    let root = root.get_ref();
    if root.contains_key("operation") {
        return Ok(parse(path, &text)?.change);
    }
    let none = DeTable::new();
    let mut walk = Walk::new(file, "", root);
    let change = change(file, &mut walk, Operation::Transform, path, &none)?;
    walk.finish()?;
    Ok(change)
}

/// Checks the text of a plan file; what is left out has its default. The path is for messages, and for the files that
/// the plan names relative to itself.
///
/// # Errors
/// [`ConfigError`] with file, line, column and key of the first thing that is wrong: a key that is unknown or belongs to
/// another operation, a missing one, a value of the wrong kind or out of bounds. What is not TOML at all has no key.
pub fn parse(path: &Path, text: &str) -> Result<Plan, Box<ConfigError>> {
    let file = File::new(path, text);
    let root = file.parse()?;
    let root = root.get_ref();
    // Stands in for the sections that a plan leaves out.
    let none = DeTable::new();
    let mut walk = Walk::new(file, "", root);
    let operation = operation(&mut walk, file, root)?;
    // Before anything is missed: a misspelt key says more than the absence of what it was meant to be.
    keys::check(file, root, Some(operation))?;
    let name = walk.required("name", 0..0, "it says what the plan is for, in journals and in lists of runs")?;
    let profile = walk.text("profile")?;
    let reason = walk.text("reason")?.unwrap_or_default();
    let (modules, work) = match operation {
        Operation::Copy | Operation::Move => {
            let section_of = section(file, &mut walk, "source", &none)?;
            let source = read::copied(section_of, walk.place("source"), path)?;
            let target = read::target(section(file, &mut walk, "target", &none)?, walk.place("target"), &source)?;
            let modules = read::modules(&mut walk, tells_module(&source))?;
            let is_copy = operation == Operation::Copy;
            (modules, if is_copy { Work::Copy { source, target } } else { Work::Move { source, target } })
        }
        Operation::Normalize => {
            let (source, tenants) = normalize::source(section(file, &mut walk, "source", &none)?)?;
            let how = normalize::how(section(file, &mut walk, "normalize", &none)?, tenants)?;
            // Without a type every module is looked through.
            let modules = read::modules(&mut walk, true)?;
            (modules, Work::Normalize { source, how })
        }
        Operation::Transform => {
            let source = read::source(section(file, &mut walk, "source", &none)?, walk.place("source"))?;
            let modules = read::modules(&mut walk, tells_module(&source))?;
            (modules, Work::Transform { source })
        }
        Operation::Import => {
            let (source, from) = files::source(section(file, &mut walk, "source", &none)?, path)?;
            let target = files::target(section(file, &mut walk, "target", &none)?)?;
            let (rejects, table, format) =
                files::import(section(file, &mut walk, "import", &none)?, path, from.as_ref())?;
            // Each row's own type tells where it belongs.
            let modules = read::modules(&mut walk, true)?;
            (modules, Work::Import { source, target, file: from, rejects, table, format })
        }
        Operation::Export => {
            let source = read::source(section(file, &mut walk, "source", &none)?, walk.place("source"))?;
            let tenant = files::export_target(section(file, &mut walk, "target", &none)?)?;
            let (to, lossless) = files::export(section(file, &mut walk, "export", &none)?, path)?;
            let modules = read::modules(&mut walk, tells_module(&source))?;
            if tenant.is_none() && source.tenant.is_empty() {
                let message = "target.tenant is missing: the entities that are named may be of several tenants";
                let place = walk.place("target");
                return Err(file.error(Some(place), Some("target.tenant".to_owned()), message.to_owned()));
            }
            let tenant = tenant.unwrap_or_else(|| source.tenant.clone());
            (modules, Work::Export { source, tenant, to, lossless })
        }
        Operation::Users => (Modules::default(), users::users(section(file, &mut walk, "users", &none)?)?),
        Operation::Rollback => {
            let source = rollback::source(section(file, &mut walk, "source", &none)?, walk.place("source"))?;
            let how = rollback::how(section(file, &mut walk, "rollback", &none)?, walk.place("rollback"))?;
            let modules = read::modules(&mut walk, tells_module(&source))?;
            (modules, Work::Rollback { source, how })
        }
        Operation::Undo => {
            let undo = read::undo(section(file, &mut walk, "undo", &none)?, walk.place("undo"), path)?;
            (Modules::default(), Work::Undo(undo))
        }
        Operation::Repair => return Err(unplanned(&walk, operation)),
    };
    let change = change(file, &mut walk, operation, path, &none)?;
    let run = read::run(section(file, &mut walk, "run", &none)?, operation)?;
    walk.finish()?;
    Ok(Plan { name, profile, reason, modules, work, change, run })
}

/// True where a source tells its module and the plan names none.
fn tells_module(source: &Source) -> bool {
    source.entity_type.is_some() || !source.entities.is_empty()
}

/// Reads the changes of attributes; a plan that does nothing else must have at least one.
fn change<'s, 'a>(
    file: File<'s>,
    walk: &mut Walk<'s, 'a>,
    operation: Operation,
    path: &Path,
    none: &'a DeTable<'a>,
) -> Result<Change, Box<ConfigError>> {
    let transforms = transform::transforms(walk)?;
    let chain = transform::chain(walk)?;
    let at = walk.place("schema");
    let schema = walk.table("schema")?.map(|schema| transform::schema(schema, at)).transpose()?;
    let validate = validate::validate(section(file, walk, "validate", none)?, path)?;
    if !chain.is_empty() && schema.is_none() {
        let error =
            walk.wrong_value("chain", "chain needs [schema]: it says where the version stands and which is wanted");
        return Err(error);
    }
    if !chain.is_empty() && !transforms.is_empty() {
        return Err(
            walk.wrong_value("transform", "transform and chain exclude each other: a chain has transforms of its own")
        );
    }
    if operation == Operation::Transform && transforms.is_empty() && chain.is_empty() {
        let error = walk.wrong(0..0, "transform", "transform is missing: the plan would change nothing");
        return Err(error.hint(Some("add [[transform]], or [schema] with [[chain]]".to_owned())));
    }
    Ok(Change { transforms, schema, chain, validate })
}

/// A table of the plan, or an empty one.
fn section<'s, 'a>(
    file: File<'s>,
    walk: &mut Walk<'s, 'a>,
    name: &'static str,
    none: &'a DeTable<'a>,
) -> Result<Walk<'s, 'a>, Box<ConfigError>> {
    Ok(walk.table(name)?.unwrap_or_else(|| Walk::new(file, name, none)))
}

/// The operation, if this version can carry it out.
fn operation(walk: &mut Walk<'_, '_>, file: File<'_>, root: &DeTable<'_>) -> Result<Operation, Box<ConfigError>> {
    let words: Vec<&str> = Operation::planned().map(Operation::as_str).collect();
    let word = walk.required("operation", 0..0, &format!("it is one of {}", quoted(&words))).or_else(|missing| {
        keys::check(file, root, None)?;
        Err(missing)
    })?;
    match word.parse() {
        // The others are words of the contract, and each can be planned but the repair.
        Ok(operation) if operation != Operation::Repair => Ok(operation),
        Ok(other) => Err(unplanned(walk, other)),
        Err(word) => {
            let error = walk.wrong_value("operation", format!("operation must be {}, not {word:?}", quoted(&words)));
            Err(error.hint(nearest(&word, &words).map(did_you_mean)))
        }
    }
}

/// The complaint about an operation that no plan asks for.
fn unplanned(walk: &Walk<'_, '_>, operation: Operation) -> Box<ConfigError> {
    let error = walk.wrong_value("operation", format!("{} is no plan's operation", operation.as_str()));
    error.hint(Some("`tenantry doctor --repair` finishes what is wedged".to_owned()))
}
