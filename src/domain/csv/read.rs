use super::{ATTRIBUTES, ATTRIBUTES_DDB, CODE, FIELDS_DDB, NAME, SOURCE_PK, SOURCE_SK, TARGET};
use crate::domain::key::EntityKey;
use crate::domain::row::{Row, field};
use crate::domain::run::Reason;
use crate::domain::value::{DdbItem, Map, Value, from_plain_json, to_plain_json};

/// A header that is not one of these files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// A column that must be there.
    #[error("the header has no column {0}")]
    Missing(&'static str),
    /// A name that stands there twice.
    #[error("the header has the column {0} twice")]
    Twice(&'static str),
}

/// Why a row becomes no entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unreadable {
    /// The contract's word.
    pub reason: Reason,
    /// In words, with the column.
    pub message: String,
}

/// Where the columns stand. Others than those known are ignored, and their order does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    count: usize,
    pk: usize,
    sk: usize,
    code: Option<usize>,
    name: Option<usize>,
    attributes: Option<usize>,
    target: Option<usize>,
    attributes_ddb: Option<usize>,
    fields_ddb: Option<usize>,
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
    /// Which of code and name the file has a column for.
    pub tells: [bool; 2],
    /// Things to know before approving.
    pub warnings: Vec<String>,
}

impl Columns {
    /// Finds the columns. A byte order mark and blanks around names do not count.
    ///
    /// # Errors
    /// [`BadHeader`] with the first column that is missing or doubled.
    pub fn of<'a>(names: impl Iterator<Item = &'a str>, wants_tenant: bool) -> Result<Self, BadHeader> {
        let names: Vec<&str> = names.map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
        let at = |wanted: &'static str| {
            let mut places = names.iter().enumerate().filter(|(_, name)| **name == wanted).map(|(at, _)| at);
            match (places.next(), places.next()) {
                (_, Some(_)) => Err(BadHeader::Twice(wanted)),
                (place, None) => Ok(place),
            }
        };
        let columns = Self {
            count: names.len(),
            pk: at(SOURCE_PK)?.ok_or(BadHeader::Missing(SOURCE_PK))?,
            sk: at(SOURCE_SK)?.ok_or(BadHeader::Missing(SOURCE_SK))?,
            code: at(CODE)?,
            name: at(NAME)?,
            attributes: at(ATTRIBUTES)?,
            target: at(TARGET)?,
            attributes_ddb: at(ATTRIBUTES_DDB)?,
            fields_ddb: at(FIELDS_DDB)?,
        };
        if columns.attributes.is_none() && columns.attributes_ddb.is_none() {
            return Err(BadHeader::Missing(ATTRIBUTES));
        }
        if wants_tenant && columns.target.is_none() {
            return Err(BadHeader::Missing(TARGET));
        }
        Ok(columns)
    }

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
        if fields.len() != self.count {
            let message = format!("the row has {} fields, and the header {}", fields.len(), self.count);
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
        let mut warnings = Vec::new();
        let others = text(self.fields_ddb);
        let is_whole = !others.is_empty();
        if is_whole {
            row.extend(typed(FIELDS_DDB, others)?);
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
            Err(error) => Err(malformed(format!("{ATTRIBUTES} is not JSON: {error}"))),
        }
    }
}

fn typed(column: &str, text: &str) -> Result<Map, Unreadable> {
    serde_json::from_str::<DdbItem>(text).map(|item| item.0).map_err(|error| Unreadable {
        reason: Reason::MalformedJson,
        message: format!("{column} is no DynamoDB JSON: {error}"),
    })
}
