//! `[validate]`.

use std::path::Path as FilePath;

use toml::de::DeValue;

use super::super::regular::read_regular;
use super::super::toml_walk::Walk;
use super::super::words::{BY, ON_INVALID};
use super::read::{Result, beside};
use crate::domain::plan::{Reference, SchemaFile, Validate};
use crate::worker::check_schema;

/// Reads the checks made before anything is written; schemas are read now, so that the plan is complete.
pub(super) fn validate(mut walk: Walk<'_, '_>, plan: &FilePath) -> Result<Validate> {
    let validate = Validate {
        schemas: schemas(&mut walk, plan)?,
        references: references(&mut walk)?,
        on_invalid: walk.word("on_invalid", ON_INVALID.pairs)?.unwrap_or_default(),
    };
    walk.finish()?;
    Ok(validate)
}

fn schemas(walk: &mut Walk<'_, '_>, plan: &FilePath) -> Result<Vec<SchemaFile>> {
    const WHAT: &str = "a file, or a table of entity types and files";
    let Some((span, value)) = walk.get("schema") else { return Ok(Vec::new()) };
    let file = |entity_type: Option<&str>, span, text: &str| {
        let wrong = |message: String| walk.wrong(span, "schema", message);
        let Some(path) = beside(plan, text) else {
            return Err(wrong("the schema is looked for beside the plan, whose own path is not UTF-8".to_owned()));
        };
        let document = match read_regular(FilePath::new(&path)) {
            Ok(document) => document,
            Err(error) => return Err(wrong(format!("{path} cannot be read: {error}"))),
        };
        let schema = SchemaFile { entity_type: entity_type.map(str::to_owned), file: text.to_owned(), document };
        match check_schema(&schema.document) {
            Ok(()) => Ok(schema),
            Err(error) => Err(wrong(format!("{path} is no JSON Schema: {error}"))),
        }
    };
    match value {
        DeValue::String(text) if text.is_empty() => Ok(Vec::new()),
        DeValue::String(text) => Ok(vec![file(None, span, text)?]),
        DeValue::Table(table) => {
            let mut all = Vec::new();
            for (name, value) in table.iter() {
                let Some(text) = value.get_ref().as_str() else {
                    return Err(walk.mismatch((value.span(), value.get_ref()), "schema", WHAT));
                };
                all.push(file(Some(name.get_ref()), value.span(), text)?);
            }
            Ok(all)
        }
        other => Err(walk.mismatch((span, other), "schema", WHAT)),
    }
}

fn references(walk: &mut Walk<'_, '_>) -> Result<Vec<Reference>> {
    const WHAT: &str = "a list of tables, such as [{ field = \"customer\", type = \"CUSTOMER\" }]";
    let Some((span, value)) = walk.get("references") else { return Ok(Vec::new()) };
    let Some(list) = value.as_array() else { return Err(walk.mismatch((span, value), "references", WHAT)) };
    let mut all = Vec::new();
    for one in list {
        let DeValue::Table(table) = one.get_ref() else {
            return Err(walk.mismatch((one.span(), one.get_ref()), "references", WHAT));
        };
        let mut walk = walk.inner("references", table);
        let field = walk.required("field", one.span(), "it is the place that refers")?;
        let at = walk.place("field");
        let field =
            field.parse().map_err(|bad: crate::domain::path::BadPath| walk.wrong(at, "field", bad.to_string()))?;
        all.push(Reference {
            field,
            entity_type: walk.required("type", one.span(), "it is the entity type that is referred to")?,
            module: walk.text("module")?,
            by: walk.word("by", BY.pairs)?.unwrap_or_default(),
            allow_common: walk.flag("allow_common")?.unwrap_or(false),
        });
        walk.finish()?;
    }
    Ok(all)
}
