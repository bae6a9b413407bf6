//! The pages of keys and examples: from the rows that readers, form and schemas go by.

use super::rows::{Kind, Row, Unset};
use super::{EXAMPLE, file_rows, plan};
use crate::domain::run::Operation;
use crate::reference::{Table, code};

/// Every key of every plan, as Markdown.
#[must_use]
pub fn plan_reference() -> String {
    let about = "A key that stands nowhere below is an error with file, line and the nearest known key. Where a key differs between operations, it\n\
                 has several lines. [Example plans](plan-examples.md) show every key of an operation at its default, and\n\
                 `tenantry schema plan` prints a JSON Schema for editors.\n\n\
                 `name` and `operation` are required in every plan. Times (`to_time`, `window`) are RFC 3339, a moment by the clock of the\n\
                 profile's time zone (`2026-11-25 10:00`, `yesterday 10:00`), or an age (`2h`, `3d`).\n";
    format!("{about}{}", tables(plan::ROWS, true))
}

/// The example plan of every operation, as Markdown.
#[must_use]
pub fn plan_examples() -> String {
    let mut out = String::from(
        "`tenantry plan example OPERATION` prints these: every key with its default and what it is for.\n",
    );
    for (operation, text) in plan::EXAMPLES {
        out.push_str(&format!("\n## {operation}\n\n```toml\n{}\n```\n", text.trim_end()));
    }
    out
}

/// Every key of the configuration file, as Markdown.
#[must_use]
pub fn file_reference() -> String {
    let about = "`tenantry config check` says what is wrong in a file, `tenantry config path` where it is, and `tenantry schema config` prints a\n\
                 JSON Schema for editors. Options of the command line come before environment variables (`TENANTRY_CONFIG`,\n\
                 `TENANTRY_PROFILE`, `TENANTRY_STATE`, `TENANTRY_LOG`, `NO_COLOR` and those of the SDK), and these before the file.\n";
    format!(
        "{about}{}\n## Example\n\n`tenantry config example` prints this file.\n\n```toml\n{}\n```\n",
        tables(file_rows::ROWS, false),
        EXAMPLE.trim_end()
    )
}

fn tables(rows: &[Row], is_plan: bool) -> String {
    let mut out = String::new();
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&row.table) {
            names.push(row.table);
        }
    }
    for name in names {
        let heading = if name.is_empty() { "Top of the file".to_owned() } else { heading(rows, name) };
        let mut table = Table::new(if is_plan {
            &["key", "value", "default", "operations", "for"]
        } else {
            &["key", "value", "default", "for"]
        });
        for row in rows.iter().filter(|row| row.table == name) {
            let (key, value, default) = (code(row.key), held(row), default(row));
            if is_plan {
                table.row(&[&key, &value, &default, &operations(row), row.help]);
            } else {
                table.row(&[&key, &value, &default, row.help]);
            }
        }
        out.push_str(&format!("\n## {heading}\n\n{}", table.text()));
    }
    out
}

/// How a table is written where it stands.
fn heading(rows: &[Row], table: &str) -> String {
    let holder = rows.iter().find_map(|row| match row.kind {
        Kind::Table(name) if name == table => Some((row, "one")),
        Kind::Tables(name) if name == table => Some((row, "many")),
        Kind::TablesByName(name) if name == table => Some((row, "named")),
        _ => None,
    });
    match holder {
        Some((row, "named")) => format!("[{}.NAME]", row.key),
        Some((row, "many")) if row.table.is_empty() => format!("[[{}]]", row.key),
        Some((row, "many")) => format!("[[{}.{}]]", row.table, row.key),
        Some((row, _)) if row.table.is_empty() => format!("[{}]", row.key),
        Some((row, _)) => format!("{} in {}", row.key, heading(rows, row.table)),
        None => format!("[{table}]"),
    }
}

fn operations(row: &Row) -> String {
    if Operation::planned().all(|operation| row.of.contains(&operation)) {
        return "all".to_owned();
    }
    let names = row.of.iter().filter(|operation| **operation != Operation::Repair).map(|operation| operation.as_str());
    names.collect::<Vec<_>>().join(", ")
}

fn default(row: &Row) -> String {
    match row.unset {
        Unset::Refused => "required".to_owned(),
        Unset::Unless(other) => format!("required without {}", code(other)),
        Unset::Nothing => String::new(),
        Unset::Counts(_) => row.default().map(|value| code(&value.to_string())).unwrap_or_default(),
    }
}

fn held(row: &Row) -> String {
    let words = |words: &[&str]| words.iter().map(|word| code(word)).collect::<Vec<_>>().join(", ");
    match row.kind {
        Kind::Text => "text".to_owned(),
        Kind::Choice(of) => words(of),
        Kind::Words(of) => format!("some of {}", words(of)),
        Kind::Number(least, usize::MAX) => format!("whole number, {least} or more"),
        Kind::Number(least, most) => format!("whole number, {least} to {most}"),
        Kind::Share => "whole number, or a share such as `5%`".to_owned(),
        Kind::Fraction => "number over 0, at most 1".to_owned(),
        Kind::List => "list of texts".to_owned(),
        Kind::Flag => "`true`, `false`".to_owned(),
        Kind::Duration => "a time such as `30s`, `5m`, `1h`".to_owned(),
        Kind::Tenant => "tenant code".to_owned(),
        Kind::Tenants => "list of tenant codes".to_owned(),
        Kind::EntityType => "entity type, or `*`".to_owned(),
        Kind::Modules => "module, list of modules, or `*`".to_owned(),
        Kind::Run => "run id".to_owned(),
        Kind::TextOrNames => "text, or a table of names with a text each".to_owned(),
        Kind::Value => "any value".to_owned(),
        Kind::Names => "table of names with a text each".to_owned(),
        Kind::Values => "table of names with a value each".to_owned(),
        Kind::Rows(_) => "list of tables, each in a line".to_owned(),
        Kind::Table(_) => "table".to_owned(),
        Kind::Tables(_) => "list of tables".to_owned(),
        Kind::TablesByName(_) => "tables by name".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_stands_in_its_table() {
        let text = plan_reference();
        for row in plan::ROWS {
            assert!(text.contains(&format!("\n| `{}` | {} |", row.key, held(row).replace('|', "\\|"))), "{}", row.key);
        }
        for heading in [
            "## [source]",
            "## [[transform]]",
            "## [[normalize.decide]]",
            "## [[chain.transform]]",
            "## split in [[transform]]",
        ] {
            assert_eq!(text.contains(heading), !heading.contains("chain."), "{heading}");
        }
        assert!(file_reference().contains("## [profiles.NAME]"));
    }
}
