use super::cells::{may_be_cut, spreadsheet_key};
use super::header::Columns;
use super::{ATTRIBUTES, ATTRIBUTES_DDB, FIELDS_DDB, SOURCE_PK, SOURCE_SK};
use crate::domain::key::EntityKey;
use crate::domain::row::{Row, field};
use crate::domain::run::Reason;
use crate::domain::value::{DdbItem, Map, Value, from_plain_json, to_plain_json};

/// Why a row becomes no entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unreadable {
    /// The contract's word.
    pub reason: Reason,
    /// In words, with the column.
    pub message: String,
}

/// An entity as a file tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Where it came from.
    pub source: EntityKey,
    /// The tenant that it is for; `None` where the column is missing or empty.
    pub tenant: Option<String>,
    /// Its fields and attributes, under the source's keys.
    pub row: Row,
    /// Whether the file tells everything of it: otherwise what it cannot tell stays as it is at the target.
    pub is_whole: bool,
    /// True where the file has a column for the code, and one for the name.
    pub tells: [bool; 2],
    /// Things to know before approving.
    pub warnings: Vec<String>,
}

impl Columns {
    /// The keys of a row as far as it has them, for telling which one is meant.
    #[must_use]
    pub fn keys(&self, fields: &[&str]) -> EntityKey {
        let text = |at: usize| fields.get(at).copied().unwrap_or_default();
        EntityKey::new(text(self.pk), text(self.sk))
    }

    /// The entity of a row.
    ///
    /// # Errors
    /// [`Unreadable`] with the first column that cannot be read.
    pub fn entity(&self, fields: &[&str]) -> Result<Incoming, Unreadable> {
        if fields.len() != self.names.len() {
            let message = format!("the row has {} fields, and the header {}", fields.len(), self.names.len());
            return Err(Unreadable { reason: Reason::Csv, message });
        }
        let text = |at: Option<usize>| at.and_then(|at| fields.get(at)).copied().unwrap_or_default();
        let source = self.keys(fields);
        for (name, key) in [(SOURCE_PK, source.pk.as_str()), (SOURCE_SK, source.sk.as_str())] {
            if key.is_empty() {
                return Err(Unreadable { reason: Reason::Csv, message: format!("{name} is empty") });
            }
        }
        let mut row = Map::new();
        let others = text(self.fields_ddb);
        let is_whole = !others.is_empty();
        let mut warnings = self.oddities(fields, &source, is_whole)?;
        if is_whole {
            let typed = typed(FIELDS_DDB, others)?;
            for (column, name, key) in
                [(SOURCE_PK, field::PK, source.pk.as_str()), (SOURCE_SK, field::SK, source.sk.as_str())]
            {
                is_same_key(column, typed.get(name), key)?;
            }
            row.extend(typed);
        } else {
            row.insert(field::TYPE.to_owned(), Value::s(source.pk.entity_type()));
        }
        for (name, at) in [(field::CODE, self.code), (field::NAME, self.name)] {
            if !text(at).is_empty() {
                row.insert(name.to_owned(), Value::s(text(at)));
            }
        }
        if let Some(map) = self.attributes(text(self.attributes), text(self.attributes_ddb), &mut warnings)? {
            row.insert(field::ATTRIBUTES.to_owned(), Value::M(map));
        }
        row.insert(field::PK.to_owned(), Value::s(source.pk.as_str()));
        row.insert(field::SK.to_owned(), Value::s(source.sk.as_str()));
        let tenant = Some(text(self.target)).filter(|code| !code.is_empty()).map(str::to_owned);
        let tells = [self.code.is_some(), self.name.is_some()];
        Ok(Incoming { source, tenant, row: Row(row), is_whole, tells, warnings })
    }

    /// Warnings for cells that a spreadsheet changed; an error where a quote is missing.
    fn oddities(&self, fields: &[&str], source: &EntityKey, is_whole: bool) -> Result<Vec<String>, Unreadable> {
        let mut warnings = Vec::new();
        for (at, cell) in fields.iter().enumerate() {
            if may_be_cut(cell) {
                warnings.push(format!("the column {} {CUT}", self.name_of(at)));
            }
            // A row of an export is quoted as it should be; in others, a line that begins like this row was swallowed.
            if !is_whole && swallows(cell, source.pk.as_str(), self.delimiter) {
                let message = format!(
                    "the column {} holds a line that begins like another row: a quote is missing or too many",
                    self.name_of(at)
                );
                return Err(Unreadable { reason: Reason::Csv, message });
            }
        }
        for (column, key) in [(SOURCE_PK, source.pk.as_str()), (SOURCE_SK, source.sk.as_str())] {
            let changed = spreadsheet_key(key).filter(|_| !is_whole);
            warnings.extend(changed.map(|how| format!("{column} is {key:?}, {how}: the key may have been another")));
        }
        Ok(warnings)
    }

    /// The attributes: typed ones win, because they lose nothing.
    fn attributes(&self, plain: &str, ddb: &str, warnings: &mut Vec<String>) -> Result<Option<Map>, Unreadable> {
        if !ddb.is_empty() {
            let map = typed(ATTRIBUTES_DDB, ddb)?;
            if self.attributes.is_some() && plain != to_plain_json(&Value::M(map.clone())) {
                let message = format!("the column {ATTRIBUTES} says something else: {ATTRIBUTES_DDB} counts");
                warnings.push(message);
            }
            return Ok(Some(map));
        }
        if plain.is_empty() {
            return Ok(None);
        }
        let malformed = |message| Unreadable { reason: Reason::MalformedJson, message };
        match from_plain_json(plain) {
            Ok(Value::M(map)) => Ok(Some(map)),
            Ok(Value::Null) => Ok(None),
            Ok(other) => {
                Err(malformed(format!("{ATTRIBUTES} is no JSON object but a value of type {}", other.type_name())))
            }
            Err(error) => Err(malformed(format!("{ATTRIBUTES} is not JSON: {error}{}", if_cut(plain)))),
        }
    }
}

fn typed(column: &str, text: &str) -> Result<Map, Unreadable> {
    serde_json::from_str::<DdbItem>(text).map(|item| item.0).map_err(|error| Unreadable {
        reason: Reason::MalformedJson,
        message: format!("{column} is no DynamoDB JSON: {error}{}", if_cut(text)),
    })
}

/// Of a cell that is just as long as Excel lets it be.
const CUT: &str = "is exactly 32,767 characters long: Excel cuts what is longer";

fn if_cut(cell: &str) -> String {
    if may_be_cut(cell) { format!(" (it {CUT})") } else { String::new() }
}

/// The columns of keys are what spreadsheets change; in `fields_ddb` they stand as they were.
fn is_same_key(column: &str, typed: Option<&Value>, key: &str) -> Result<(), Unreadable> {
    let Some(Value::S(was)) = typed.filter(|typed| typed.as_str() != Some(key)) else { return Ok(()) };
    let message = format!(
        "{column} is {key:?}, and {FIELDS_DDB} says {was:?}: a spreadsheet may have changed it (a row for another key has none in {FIELDS_DDB})"
    );
    Err(Unreadable { reason: Reason::KeyInvalid, message })
}

/// Whether a line inside a cell begins with the row's own partition key and a delimiter.
fn swallows(cell: &str, pk: &str, delimiter: char) -> bool {
    let mut lines = cell.split(['\r', '\n']).skip(1);
    lines.any(|line| {
        let line = line.strip_prefix('"').unwrap_or(line);
        let rest = line.strip_prefix(pk).map(|rest| rest.strip_prefix('"').unwrap_or(rest));
        rest.is_some_and(|rest| rest.starts_with(delimiter))
    })
}
