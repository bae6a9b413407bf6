//! The keys of a plan as a form shows them: what kind of value each holds, its default and what it is for.

use toml::de::{DeTable, DeValue};

use super::draft::shown;
use super::{example, keys};
use crate::domain::run::Operation;

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number.
    Number,
    /// A whole number, or a share such as `5%`.
    Share,
    /// Texts.
    List,
    /// `true` or `false`.
    Flag,
    /// A time such as `5m`.
    Duration,
    /// A tenant code.
    Tenant,
    /// Tenant codes.
    Tenants,
    /// First segment of a partition key.
    EntityType,
    /// A module, several, or `*`.
    Modules,
    /// The id of a run.
    Run,
}

/// A key of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its table; empty at the top of the file.
    pub table: &'static str,
    /// Its name.
    pub key: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What counts where it is left out, as a form shows it; empty for nothing.
    pub default: String,
    /// There is no plan without it.
    pub required: bool,
    /// What it is for, in one line.
    pub help: String,
}

impl Field {
    /// With its table, as messages name it.
    #[must_use]
    pub fn path(&self) -> String {
        if self.table.is_empty() { self.key.to_owned() } else { format!("{}.{}", self.table, self.key) }
    }
}

/// Kinds that the example's value does not tell, of this version's operations and of the contract's others.
const KINDS: &[(&str, &str, Kind)] = &[
    ("", "module", Kind::Modules),
    ("source", "type", Kind::EntityType),
    ("source", "tenant", Kind::Tenant),
    ("source", "tenants", Kind::Tenants),
    ("source", "keys", Kind::List),
    ("source", "deleted", Kind::Choice(&["skip", "keep"])),
    ("source", "partitions", Kind::Choice(&["all", "exact"])),
    ("target", "tenant", Kind::Tenant),
    ("target", "existing", Kind::Choice(&["skip", "overwrite", "merge", "stop"])),
    ("target", "spelling", Kind::Choice(&["lower", "as-is"])),
    ("run", "stop_after_failures", Kind::Share),
    ("run", "publish", Kind::Choice(&["sync", "async"])),
    ("run", "stamp", Kind::Choice(&["guide", "none"])),
    ("run", "timeout", Kind::Duration),
    ("run", "verify", Kind::Choice(&["none", "batch", "end"])),
    ("run", "engine", Kind::Choice(&["direct", "pipeline"])),
    ("undo", "run", Kind::Run),
    ("undo", "items", Kind::List),
    ("undo", "conflicts", Kind::Choice(&["skip", "force"])),
    ("normalize", "collision", Kind::Choice(&["block", "target", "newest", "merge"])),
    ("normalize", "references", Kind::Choice(&["report", "rewrite"])),
    ("normalize", "sequences", Kind::Flag),
    ("validate", "on_invalid", Kind::Choice(&["skip", "stop"])),
    ("rollback", "to_version", Kind::Number),
    ("rollback", "before_run", Kind::Run),
    ("rollback", "window", Kind::List),
    ("rollback", "conflicts", Kind::Choice(&["skip", "force"])),
    ("import", "encoding", Kind::Choice(&["auto", "utf-8", "utf-16", "cp932"])),
    ("export", "lossless", Kind::Flag),
    ("users", "attributes", Kind::List),
];

/// Keys whose value in the examples is one for looking at, not what counts without it.
const WITHOUT_DEFAULT: &[(&str, &str)] = &[
    ("source", "type"),
    ("source", "tenants"),
    ("rollback", "to_version"),
    ("schema", "marker"),
    ("schema", "current"),
];

/// Lists of tables.
const ONLY_IN_FILES: &[(&str, &str)] = &[("normalize", "decide"), ("validate", "references")];

/// Operations that a plan can be built for: those with an example.
pub fn operations() -> impl Iterator<Item = Operation> {
    example::EXAMPLES.iter().map(|(operation, _)| *operation)
}

/// The keys of an operation's plan, in the order of its example, which shows every one of them at its default; keys that
/// the example leaves out follow at the end of their table. What only a file can hold is not among them: lists of tables,
/// and tables whose keys are names.
#[must_use]
pub fn fields(operation: Operation) -> Vec<Field> {
    let text = example::example(operation).unwrap_or_default();
    let Ok(root) = DeTable::parse(text) else { return Vec::new() };
    let mut out = Vec::new();
    for (table, names) in keys::tables(operation) {
        let section = if table.is_empty() {
            Some(root.get_ref())
        } else {
            root.get_ref().get(table).and_then(|v| v.get_ref().as_table())
        };
        let found = |name: &str| section.and_then(|t| t.get_key_value(name));
        let mut own: Vec<(usize, Field)> = names
            .into_iter()
            .filter(|name| !table.is_empty() || !keys::is_table(name))
            .filter(|name| !ONLY_IN_FILES.contains(&(table, name)))
            .filter_map(|name| match found(name) {
                Some((_, value)) if is_only_in_files(value.get_ref()) => None,
                Some((key, value)) => {
                    let help = comment(text, value.span().end);
                    Some((key.span().start, described(table, name, Some(value.get_ref()), text, help)))
                }
                None => Some((usize::MAX, described(table, name, None, text, commented_out(text, name)))),
            })
            .collect();
        own.sort_by_key(|(place, _)| *place);
        out.extend(own.into_iter().map(|(_, field)| field));
    }
    out
}

fn is_only_in_files(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Table(_) => true,
        DeValue::Array(list) => list.iter().any(|v| v.get_ref().as_table().is_some()),
        _ => false,
    }
}

fn described(table: &'static str, key: &'static str, value: Option<&DeValue<'_>>, text: &str, help: String) -> Field {
    let known = KINDS.iter().find(|(t, k, _)| *t == table && *k == key).map(|(.., kind)| *kind);
    let kind = known.unwrap_or(match value {
        Some(DeValue::Integer(_)) => Kind::Number,
        Some(DeValue::Boolean(_)) => Kind::Flag,
        Some(DeValue::Array(_)) => Kind::List,
        _ => Kind::Text,
    });
    let needed = help.strip_prefix("required").map(|rest| rest.trim_start_matches(':').trim_start().to_owned());
    let required = needed.is_some();
    let default = match value {
        Some(value) if !required && !WITHOUT_DEFAULT.contains(&(table, key)) => shown(text, 0..0, value),
        _ => String::new(),
    };
    Field { table, key, kind, default, required, help: needed.unwrap_or(help) }
}

/// What stands behind a value on its line.
fn comment(text: &str, from: usize) -> String {
    let rest = text.get(from..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    rest.split_once('#').map(|(_, comment)| comment.trim().to_owned()).unwrap_or_default()
}

/// What stands behind a key that the example only mentions, in a comment of its own.
fn commented_out(text: &str, key: &str) -> String {
    let mut mentioned = text.lines().filter_map(|line| line.strip_prefix('#')?.trim_start().strip_prefix(key));
    let rest = mentioned.find_map(|rest| rest.trim_start().strip_prefix('='));
    rest.and_then(|rest| rest.split_once('#')).map(|(_, comment)| comment.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(operation: Operation, path: &str) -> Field {
        fields(operation).into_iter().find(|f| f.path() == path).unwrap()
    }

    #[test]
    fn the_form_has_every_key_of_the_example_with_its_default_and_its_purpose() {
        for operation in operations() {
            let found = fields(operation);
            let example: toml::Table = example::example(operation).unwrap().parse().unwrap();
            let (mut keys, mut tables) = (Vec::new(), Vec::new());
            for (name, value) in &example {
                match value.as_table() {
                    Some(table) => tables.extend(table.keys().map(|key| format!("{name}.{key}"))),
                    // Lists of tables have no field.
                    None if value.as_array().is_some_and(|list| list.iter().any(toml::Value::is_table)) => {}
                    None => keys.push(name.clone()),
                }
            }
            for path in keys.iter().chain(&tables) {
                let of: Vec<&Field> = found.iter().filter(|f| f.path() == *path).collect();
                let is_list = ONLY_IN_FILES.iter().any(|(table, key)| *path == format!("{table}.{key}"));
                assert_eq!(of.len(), usize::from(!is_list), "{operation}: {path}");
                assert!(of.iter().all(|f| !f.help.is_empty() || f.required), "{operation}: {path} says nothing");
            }
        }
    }

    #[test]
    fn a_key_that_is_only_mentioned_is_explained_all_the_same() {
        let text = "[rollback]\nto_version = 4 # one\n# to_time = \"x\"   # the state at that time\n";
        assert_eq!(commented_out(text, "to_time"), "the state at that time");
        assert_eq!((commented_out(text, "to"), commented_out(text, "window")), (String::new(), String::new()));
    }

    #[test]
    fn what_is_required_has_no_default_and_the_rest_has_the_examples() {
        let tenant = field(Operation::Copy, "target.tenant");
        assert_eq!((tenant.kind, tenant.default.as_str(), tenant.required), (Kind::Tenant, "", true));
        assert_eq!(tenant.help, "the code of the tenant to copy to");
        let stop = field(Operation::Copy, "run.stop_after_failures");
        assert_eq!((stop.kind, stop.default.as_str(), stop.required), (Kind::Share, "5%", false));
        let batch = field(Operation::Move, "run.batch");
        assert_eq!((batch.kind, batch.default.as_str()), (Kind::Number, "100"));
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
                // The one word that belongs to imports says so itself.
                assert!(outcome.is_ok() || *word == "pipeline", "{} {word}: {outcome:?}", field.path());
            }
            let wrong = super::super::parse(std::path::Path::new("p"), &text(field.table, field.key, "zzz"));
            let message = wrong.unwrap_err().message;
            assert!(words.iter().all(|w| message.contains(&format!("{w:?}"))), "{message}");
        }
        assert_eq!(choices, 9);
    }
}
