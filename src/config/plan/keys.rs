//! Which keys a plan may have: the contract's, by operation.

use std::ops::Range;

use toml::de::DeTable;

use super::super::toml_walk::{ConfigError, Source as File, did_you_mean, nearest};
use crate::domain::run::Operation;

/// Keys of one table, and the operations they belong to.
struct Keys {
    /// The table; empty for the top of the file.
    table: &'static str,
    names: &'static [&'static str],
    of: &'static [Operation],
}

/// In every plan.
const EVERY: &[Operation] = Operation::ALL;
/// In plans that take entities of a tenant.
const ENTITIES: &[Operation] = &[
    Operation::Copy,
    Operation::Move,
    Operation::Normalize,
    Operation::Transform,
    Operation::Import,
    Operation::Export,
    Operation::Rollback,
];
/// In those of them that take the entities of one tenant.
const ONE_TENANT: &[Operation] = &[
    Operation::Copy,
    Operation::Move,
    Operation::Transform,
    Operation::Import,
    Operation::Export,
    Operation::Rollback,
];
/// In those of them that look for the tenant's partitions.
const SCANNED: &[Operation] =
    &[Operation::Copy, Operation::Move, Operation::Transform, Operation::Export, Operation::Rollback];
/// In plans that write to a tenant they name.
const TARGETED: &[Operation] = &[Operation::Copy, Operation::Move, Operation::Import];
/// In plans that may change or check attributes.
const CHANGING: &[Operation] = &[Operation::Copy, Operation::Move, Operation::Transform, Operation::Import];

const KEYS: &[Keys] = &[
    Keys { table: "", names: &["name", "operation", "profile", "reason", "run"], of: EVERY },
    Keys { table: "", names: &["module", "source"], of: ENTITIES },
    Keys { table: "", names: &["target"], of: TARGETED },
    Keys { table: "", names: &["target"], of: &[Operation::Export] },
    Keys { table: "", names: &["transform", "validate"], of: CHANGING },
    Keys { table: "", names: &["normalize"], of: &[Operation::Normalize] },
    Keys { table: "", names: &["rollback"], of: &[Operation::Rollback] },
    Keys { table: "", names: &["undo"], of: &[Operation::Undo] },
    Keys { table: "", names: &["schema", "chain"], of: &[Operation::Transform] },
    Keys { table: "", names: &["import"], of: &[Operation::Import] },
    Keys { table: "", names: &["export"], of: &[Operation::Export] },
    Keys { table: "", names: &["users"], of: &[Operation::Users] },
    Keys { table: "source", names: &["type", "sk_prefix", "keys", "deleted"], of: ENTITIES },
    Keys { table: "source", names: &["tenant"], of: ONE_TENANT },
    Keys { table: "source", names: &["partitions"], of: SCANNED },
    Keys { table: "source", names: &["tenants"], of: &[Operation::Normalize] },
    Keys { table: "source", names: &["file"], of: &[Operation::Import] },
    Keys { table: "target", names: &["tenant", "existing", "spelling"], of: TARGETED },
    Keys { table: "target", names: &["tenant"], of: &[Operation::Export] },
    Keys { table: "import", names: &["rejects", "table", "encoding", "delimiter"], of: &[Operation::Import] },
    Keys { table: "users", names: &["pool", "change", "attributes"], of: &[Operation::Users] },
    Keys { table: "export", names: &["to", "lossless"], of: &[Operation::Export] },
    Keys {
        table: "normalize",
        names: &["collision", "references", "sequences", "decide"],
        of: &[Operation::Normalize],
    },
    Keys { table: "schema", names: &["marker", "missing", "current"], of: &[Operation::Transform] },
    Keys { table: "validate", names: &["schema", "references", "on_invalid"], of: CHANGING },
    Keys {
        table: "rollback",
        names: &["to_version", "to_time", "before_run", "before_migrated_at", "window", "marked", "conflicts"],
        of: &[Operation::Rollback],
    },
    Keys { table: "undo", names: &["run", "conflicts", "journal", "items"], of: &[Operation::Undo] },
    // What a plan does comes before how its run goes about it.
    Keys {
        table: "run",
        names: &[
            "batch",
            "canary",
            "concurrency",
            "rate",
            "stop_after_failures",
            "publish",
            "stamp",
            "timeout",
            "pending",
            "verify",
            "engine",
        ],
        of: EVERY,
    },
];

/// The contract's keys that no plan of this version may have yet.
const LATER: &[&str] = &[];

/// What only a file can hold: lists of tables, and a table with names for keys.
const LISTS: &[&str] = &["transform", "chain", "validate"];

/// The tables whose keys are looked at; what stands in another has its own complaint.
const TABLES: &[&str] =
    &["source", "target", "import", "export", "users", "schema", "validate", "normalize", "rollback", "run", "undo"];

/// Complains about the first key, in the file's order, that a plan of the operation may not have; of any operation when
/// there is none.
pub(super) fn check(file: File<'_>, root: &DeTable<'_>, operation: Option<Operation>) -> Result<(), Box<ConfigError>> {
    let section =
        |name: &&'static str| root.get(*name).and_then(|v| v.get_ref().as_table()).map(|table| (*name, table));
    let first = std::iter::once(("", root))
        .chain(TABLES.iter().filter_map(section))
        .flat_map(|(table, keys)| keys.keys().map(move |key| (key.span(), table, key.get_ref().as_ref())))
        .filter(|(_, table, name)| !is_allowed(table, name, operation))
        .min_by_key(|(span, ..)| span.start);
    match first {
        Some((span, table, name)) => Err(complaint(file, span, table, name, operation)),
        None => Ok(()),
    }
}

/// The keys that this version reads in a table of a plan.
pub(super) fn names(table: &str, operation: Option<Operation>) -> Vec<&'static str> {
    KEYS.iter()
        .filter(|keys| keys.table == table && operation.is_none_or(|o| keys.of.contains(&o)))
        .flat_map(|keys| keys.names.iter().copied())
        .filter(|name| operation.is_none() || !is_later(table, name))
        .collect()
}

/// The tables of an operation's plan with the keys that this version reads in them, the top of the file first.
pub(super) fn tables(operation: Operation) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut out: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    for keys in KEYS.iter().filter(|keys| keys.of.contains(&operation)) {
        let names = keys.names.iter().copied().filter(|name| !is_later(keys.table, name));
        match out.iter_mut().find(|(table, _)| *table == keys.table) {
            Some((_, known)) => known.extend(names),
            None => out.push((keys.table, names.collect())),
        }
    }
    out
}

/// Whether a key at the top of the file is a table, or a list of them.
pub(super) fn is_table(name: &str) -> bool {
    const SECTIONS: &[&str] =
        &["run", "source", "target", "normalize", "rollback", "undo", "schema", "import", "export", "users"];
    SECTIONS.contains(&name) || LISTS.contains(&name)
}

fn is_allowed(table: &str, name: &str, operation: Option<Operation>) -> bool {
    names(table, operation).contains(&name)
}

fn is_later(table: &str, name: &str) -> bool {
    table.is_empty() && LATER.contains(&name)
}

/// What is wrong with a key that may not stand where it does.
fn complaint(
    file: File<'_>,
    span: Range<usize>,
    table: &str,
    name: &str,
    operation: Option<Operation>,
) -> Box<ConfigError> {
    let path = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
    let error = |message| file.error(Some(span), Some(path.clone()), message);
    let owners = KEYS.iter().find(|keys| keys.table == table && keys.names.contains(&name)).map(|keys| keys.of);
    match (operation, owners) {
        (Some(operation), Some(owners)) if owners.contains(&operation) => {
            error(format!("{path}: this version cannot do that in {operation} plans yet"))
        }
        (Some(operation), Some(owners)) => {
            let owners: Vec<&str> = owners.iter().map(|o| o.as_str()).collect();
            let message = format!("{path} does not belong to operation {operation}");
            error(message).hint(Some(format!("it belongs to {}", owners.join(", "))))
        }
        _ => {
            let whose = operation.map_or_else(|| "a".to_owned(), with_article);
            let message = format!("{path} is not a key that {whose} plan may have");
            error(message).hint(hint(table, name, operation))
        }
    }
}

/// The known key that was probably meant: the same one in another table, otherwise the most like it.
fn hint(table: &str, name: &str, operation: Option<Operation>) -> Option<String> {
    let elsewhere: Vec<String> = std::iter::once("")
        .chain(TABLES.iter().copied().filter(|t| names("", operation).contains(t)))
        .filter(|other| *other != table && names(other, operation).contains(&name))
        .map(|other| match other {
            "" => "at the top of the file, before the first [table]".to_owned(),
            other => format!("in [{other}]"),
        })
        .collect();
    if elsewhere.is_empty() {
        return nearest(name, &names(table, operation)).map(did_you_mean);
    }
    Some(format!("{name} belongs {}", elsewhere.join(" or ")))
}

/// `a copy`, `an undo`.
pub(super) fn with_article(operation: Operation) -> String {
    let article = match operation {
        Operation::Import | Operation::Export | Operation::Undo => "an",
        _ => "a",
    };
    format!("{article} {operation}")
}
