//! A key of a plan or configuration file as a row: from the rows derive the whitelist, the form, and the JSON Schemas.

use crate::domain::run::Operation;

/// The least and the greatest number that a key may hold.
pub(super) type Bounds = (usize, usize);

/// From none on.
pub(super) const ANY: Bounds = (0, usize::MAX);
/// From one on.
pub(super) const SOME: Bounds = (1, usize::MAX);

/// The kind of value of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Some of these words.
    Words(&'static [&'static str]),
    /// A whole number, from the first on to the second.
    Number(usize, usize),
    /// A whole number, or a share such as `5%`.
    Share,
    /// A part of a whole: over 0, at most 1.
    Fraction,
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
    /// A text, or a table of names with a text each.
    TextOrNames,
    /// Any value.
    Value,
    /// A table of names with a text each.
    Names,
    /// A table of names with a value each.
    Values,
    /// The table with the rows of that name.
    Table(&'static str),
    /// A list of such tables.
    Tables(&'static str),
    /// A list of such tables that are short enough for a line of a form.
    Rows(&'static str),
    /// Such tables by name.
    TablesByName(&'static str),
}

impl Kind {
    /// True where it takes more than a line of a form: only a file can hold it.
    pub(super) fn is_only_in_files(self) -> bool {
        match self {
            Self::Names | Self::Values | Self::Table(_) | Self::Tables(_) | Self::TablesByName(_) => true,
            Self::Text
            | Self::Choice(_)
            | Self::Words(_)
            | Self::Number(..)
            | Self::Share
            | Self::Fraction
            | Self::List
            | Self::Flag
            | Self::Duration
            | Self::Tenant
            | Self::Tenants
            | Self::EntityType
            | Self::Modules
            | Self::Run
            | Self::TextOrNames
            | Self::Rows(_)
            | Self::Value => false,
        }
    }
}

/// The meaning of a key that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unset {
    /// It must be there.
    Refused,
    /// It must be there, unless this other key of its table is.
    Unless(&'static str),
    /// Nothing; what an example shows is one for looking at.
    Nothing,
    /// This value, as TOML spells it.
    Counts(&'static str),
}

/// A key. Where operations differ in what it is for, it has several rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// The table that it stands in; empty at the top of the file.
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    /// Plans that may have it.
    pub(super) of: &'static [Operation],
    pub(super) unset: Unset,
    /// In one line, as the examples have it behind the value.
    pub(super) help: &'static str,
}

impl Row {
    /// The value that counts where it is left out.
    pub(super) fn default(&self) -> Option<toml::Value> {
        let Unset::Counts(literal) = self.unset else { return None };
        let mut table: toml::Table = format!("x = {literal}").parse().ok()?;
        table.remove("x")
    }

    /// True where a file of the operation may have it; of any operation where there is none.
    pub(super) fn is_of(&self, operation: Option<Operation>) -> bool {
        operation.is_none_or(|operation| self.of.contains(&operation))
    }
}

/// Rows by table: `[table] { key: kind, operations, where left out, help; … }`.
macro_rules! rows {
    ($([$table:literal] { $($key:literal: $kind:expr, $of:expr, $unset:expr, $help:literal;)+ })+) => {
        &[$($(
            $crate::config::rows::Row { table: $table, key: $key, kind: $kind, of: $of, unset: $unset, help: $help },
        )+)+]
    };
}
pub(super) use rows;

#[cfg(test)]
pub(super) mod comparing {
    use toml::de::DeTable;

    use super::*;

    /// The keys that an example shows in a table, each with its value and the comment behind it.
    fn shown(text: &str, table: &[&str]) -> Vec<(String, toml::Value, String)> {
        let whole: toml::Table = text.parse().unwrap_or_default();
        let Ok(root) = DeTable::parse(text) else { return Vec::new() };
        let (mut values, mut places) = (Some(&whole), Some(root.get_ref()));
        for name in table {
            values = values.and_then(|t| t.get(*name)?.as_table());
            places = places.and_then(|t| t.get(*name)?.get_ref().as_table());
        }
        let (Some(values), Some(places)) = (values, places) else { return Vec::new() };
        let mut found: Vec<(usize, _)> = Vec::new();
        for (name, value) in values {
            let Some(at) = places.get(name.as_str()).map(toml::Spanned::span) else { continue };
            let rest = text[at.end..].lines().next().unwrap_or_default();
            let comment = rest.split_once('#').map(|(_, comment)| comment.trim().to_owned()).unwrap_or_default();
            found.push((at.start, (name.clone(), value.clone(), comment)));
        }
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, one)| one).collect()
    }

    /// Complains about a row that an example does not show as it is, in the order of the rows.
    pub(in crate::config) fn assert_shown(text: &str, path: &[&str], rows: &[&Row]) {
        let is_table = |row: &Row| matches!(row.kind, Kind::Table(_) | Kind::Tables(_) | Kind::TablesByName(_));
        let found: Vec<_> = shown(text, path);
        let plain: Vec<&&Row> = rows.iter().filter(|row| !is_table(row) || row.default().is_some()).collect();
        let keys: Vec<&str> =
            found.iter().map(|(key, ..)| key.as_str()).filter(|key| plain.iter().any(|row| row.key == *key)).collect();
        assert_eq!(keys, plain.iter().map(|row| row.key).collect::<Vec<_>>(), "{path:?} of\n{text}");
        for (key, value, comment) in &found {
            let row = rows.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("{path:?} {key} has no row"));
            if is_table(row) && row.default().is_none() {
                continue;
            }
            let help = match (row.unset, row.help) {
                (Unset::Refused, "") => "required".to_owned(),
                (Unset::Refused | Unset::Unless(_), help) => format!("required: {help}"),
                (_, help) => help.to_owned(),
            };
            assert_eq!(*comment, help, "{path:?} {key}");
            if let Some(default) = row.default() {
                assert_eq!(*value, default, "{path:?} {key}");
            }
        }
    }
}
