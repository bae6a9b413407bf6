//! The keys of a plan as a form shows them: what kind of value each holds, its default and what it is for.

use super::super::rows::{Kind, Row, Unset};
use super::draft::listed;
use super::rows::ROWS;
use super::{example, keys};
use crate::domain::run::Operation;

/// A key of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its table; empty at the top of the file.
    pub table: &'static str,
    /// Its name.
    pub key: &'static str,
    /// The kind of its value.
    pub kind: Kind,
    /// The value that counts where it is left out, as a form shows it; empty for nothing.
    pub default: String,
    /// There is no plan without it.
    pub required: bool,
    /// Its purpose, in one line.
    pub help: String,
}

impl Field {
    /// With its table, as messages name it.
    #[must_use]
    pub fn path(&self) -> String {
        if self.table.is_empty() { self.key.to_owned() } else { format!("{}.{}", self.table, self.key) }
    }
}

/// Operations that a plan can be built for: those with an example.
pub fn operations() -> impl Iterator<Item = Operation> {
    example::EXAMPLES.iter().map(|(operation, _)| *operation)
}

/// The keys of an operation's plan, table by table. What only a file can hold is not among them: lists of tables, and tables whose
/// keys are names.
#[must_use]
pub fn fields(operation: Operation) -> Vec<Field> {
    ROWS.iter()
        .filter(|row| row.table.is_empty() || keys::sections().any(|section| section == row.table))
        .filter(|row| row.is_of(Some(operation)) && !row.kind.is_only_in_files())
        .map(field_of)
        .collect()
}

/// The keys of a table that stands in a list of an operation's plan: of an element, or of a table in one. Tables in it are not among
/// them.
#[must_use]
pub fn step_fields(operation: Operation, table: &str) -> Vec<Field> {
    let is_table = |kind| matches!(kind, Kind::Table(_) | Kind::Tables(_) | Kind::TablesByName(_));
    ROWS.iter()
        .filter(|row| row.table == table && row.is_of(Some(operation)) && !is_table(row.kind))
        .map(field_of)
        .collect()
}

fn field_of(row: &Row) -> Field {
    Field {
        table: row.table,
        key: row.key,
        kind: row.kind,
        default: row.default().map(|value| plainly(&value)).unwrap_or_default(),
        required: matches!(row.unset, Unset::Refused | Unset::Unless(_)),
        help: row.help.to_owned(),
    }
}

/// A default as a form shows it.
fn plainly(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(list) => listed(list.iter().filter_map(toml::Value::as_str)),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(operation: Operation, path: &str) -> Field {
        fields(operation).into_iter().find(|f| f.path() == path).unwrap()
    }

    #[test]
    fn what_is_required_has_no_default_and_the_rest_has_the_examples() {
        let tenant = field(Operation::Copy, "target.tenant");
        assert_eq!((tenant.kind, tenant.default.as_str(), tenant.required), (Kind::Tenant, "", true));
        assert_eq!(tenant.help, "the code of the tenant to copy to");
        let stop = field(Operation::Copy, "run.stop_after_failures");
        assert_eq!((stop.kind, stop.default.as_str(), stop.required), (Kind::Share, "5%", false));
        let batch = field(Operation::Move, "run.batch");
        assert_eq!((batch.kind, batch.default.as_str()), (Kind::Number(1, usize::MAX), "100"));
        assert_eq!(field(Operation::Copy, "source.type").default, "");
        assert_eq!(field(Operation::Undo, "undo.run").kind, Kind::Run);
        assert!(fields(Operation::Undo).iter().all(|f| f.table != "source"));
    }

    #[test]
    fn a_choice_offers_the_words_that_plans_accept_and_no_other() {
        let text = |table: &str, key: &str, word: &str| {
            let base = [
                ("source", "tenant = \"a\"\ntype = \"T\"\n"),
                ("target", "tenant = \"b\"\n"),
                ("validate", ""),
                ("run", ""),
            ];
            let mut out = String::from("name = \"n\"\noperation = \"copy\"\n");
            for (name, lines) in base {
                out.push_str(&format!("[{name}]\n{lines}"));
                if name == table {
                    out.push_str(&format!("{key} = \"{word}\"\n"));
                }
            }
            out
        };
        let mut choices = 0;
        for field in fields(Operation::Copy) {
            let Kind::Choice(words) = field.kind else { continue };
            choices += 1;
            for word in words {
                let outcome = super::super::parse(std::path::Path::new("p"), &text(field.table, field.key, word));
                assert!(outcome.is_ok(), "{} {word}: {outcome:?}", field.path());
            }
            let wrong = super::super::parse(std::path::Path::new("p"), &text(field.table, field.key, "zzz"));
            let message = wrong.unwrap_err().message;
            assert!(words.iter().all(|w| message.contains(&format!("{w:?}"))), "{message}");
        }
        assert_eq!(choices, 9);
    }
}
