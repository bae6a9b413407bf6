//! The rows of one publish, as the framework lays them out.
//!
//! Pure: what to write is decided here, how and under which conditions in the store.

use super::item::InS3;
use super::key::{EntityKey, Version};
use super::row::{BadRow, Row, field};
use super::value::{Map, Number, Value};

/// The fields that a command hands on to the data row. One that the command lacks is removed there.
pub const NAMED_FIELDS: [&str; 8] = [
    field::ID,
    field::CODE,
    field::NAME,
    field::TENANT_CODE,
    field::TYPE,
    field::SEQ,
    field::ATTRIBUTES,
    field::IS_DELETED,
];

/// Fields of a row that belong to one publish and are never carried over into the next.
const PER_PUBLISH: [&str; 13] = [
    field::PK,
    field::SK,
    field::VERSION,
    field::TTL,
    field::STATUS,
    field::SYNC_MODE,
    field::SOURCE,
    field::REQUEST_ID,
    field::CREATED_AT,
    field::CREATED_BY,
    field::CREATED_IP,
    field::UPDATED_AT,
    field::UPDATED_BY,
];

/// Author, time and origin of a publish: the same for all its rows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stamp {
    /// The time in the framework's form and the application's zone.
    pub at: String,
    /// createdBy and updatedBy.
    pub by: String,
    /// createdIp and updatedIp; absent from the rows when `None`.
    pub ip: Option<String>,
    /// requestId.
    pub request_id: String,
    /// source.
    pub source: String,
}

/// The state an entity is to have: its named fields with whole attributes, and what else the input carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewState {
    /// Fields named in [`NAMED_FIELDS`]; those missing will be absent from the data row.
    pub fields: Map,
    /// Other fields of the input: the framework puts them into the command row and nowhere else.
    pub extra: Map,
}

/// Whether a field belongs to an entity's state, and not to the publish that wrote its row.
#[must_use]
pub fn is_state(name: &str) -> bool {
    NAMED_FIELDS.contains(&name)
        || (!PER_PUBLISH.contains(&name)
            && ![field::UPDATED_IP, field::TASK_TOKEN, field::CPK, field::CSK].contains(&name))
}

impl NewState {
    /// The state that a row holds, without what belongs to the publish that wrote it.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        let pick = |keep: &dyn Fn(&str) -> bool| -> Map {
            row.0.iter().filter(|(name, _)| keep(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
        };
        let is_named = |name: &str| NAMED_FIELDS.contains(&name);
        let is_extra = |name: &str| !is_named(name) && is_state(name);
        Self { fields: pick(&is_named), extra: pick(&is_extra) }
    }

    /// Sets or replaces a named field.
    pub fn set(&mut self, name: &str, value: Value) {
        self.fields.insert(name.to_owned(), value);
    }
}

/// Unix seconds at which rows expire, by table; `None` becomes NULL, which the framework writes where nothing is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ttls {
    /// For the data row and the newest command row.
    pub data: Option<i64>,
    /// For the command row that is no longer the newest.
    pub command: Option<i64>,
    /// For history rows.
    pub history: Option<i64>,
}

/// A ttl as the framework stores it.
#[must_use]
pub fn ttl_value(at: Option<i64>) -> Value {
    at.map_or(Value::Null, |seconds| Value::N(Number::from(seconds)))
}

/// How a publish reaches the data row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublishMode {
    /// Command, history and data row in one transaction.
    Sync,
    /// The command row alone; the application's own pipeline does the rest.
    Async,
}

impl PublishMode {
    /// Note about an entity that is published in this mode.
    #[must_use]
    pub fn consequence(self) -> &'static str {
        match self {
            Self::Sync => {
                "written directly: copies that the application keeps elsewhere (relational tables, search) and notifications are not \
                 updated until it runs reSyncData()"
            }
            Self::Async => "only the command row is written; the application's own pipeline applies it",
        }
    }
}

/// Everything that one publish writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishRows {
    /// The entity.
    pub key: EntityKey,
    /// The version that the data row must still have, 0 for absence.
    pub expected: Version,
    /// The version that is written.
    pub version: Version,
    /// The command row `sk@version`.
    pub command: Row,
    /// Whether that row is there already, unfinished, and only gets its last status.
    pub is_finish: bool,
    /// The data row; `None` in async mode.
    pub data: Option<Row>,
    /// The data row as it was, under `sk@expected`; `None` in async mode and for a new entity.
    pub history: Option<Row>,
    /// The ttl that the previous command row gets, if it is there; `None` in async mode and for a new entity.
    pub previous_command_ttl: Option<Value>,
    /// Where attributes stand in S3: those of the history row, and those that the others are made from.
    pub in_s3: InS3,
}

/// Builds the rows that take an entity to a new state.
///
/// Attributes stand in the rows as they are given; the store moves those over the limit to S3 and replaces them by references.
///
/// # Errors
/// [`BadRow::Version`] when the current data row has no usable version.
pub fn build(
    key: &EntityKey,
    current: Option<&Row>,
    new: &NewState,
    mode: PublishMode,
    stamp: &Stamp,
    ttls: Ttls,
) -> Result<PublishRows, BadRow> {
    let csk = key.sk.as_str();
    let data = |version, new: &NewState| data_row(key, version, current, new, csk, stamp, ttls);
    assemble(key, current, new.clone(), mode, stamp, ttls, data)
}

/// The rows of a publish; `data` makes the data row, where the publish writes it.
fn assemble(
    key: &EntityKey,
    current: Option<&Row>,
    new: NewState,
    mode: PublishMode,
    stamp: &Stamp,
    ttls: Ttls,
    data: impl FnOnce(Version, &NewState) -> Row,
) -> Result<PublishRows, BadRow> {
    let expected = current.map(Row::version).transpose()?.unwrap_or_default();
    let version = expected.next();
    // In async mode the application's pipeline writes the others.
    let written = current.filter(|_| mode == PublishMode::Sync);
    Ok(PublishRows {
        key: key.clone(),
        expected,
        version,
        data: (mode == PublishMode::Sync).then(|| data(version, &new)),
        history: written.map(|row| history_row(key, expected, row, ttls)),
        previous_command_ttl: written.map(|_| ttl_value(ttls.command)),
        command: command_row(key, version, new, mode, stamp, ttls),
        is_finish: false,
        in_s3: InS3::default(),
    })
}

fn put(map: &mut Map, name: &str, value: Value) {
    map.insert(name.to_owned(), value);
}

fn put_stamp(map: &mut Map, stamp: &Stamp, created: bool) {
    let fields = [
        (field::CREATED_AT, field::CREATED_BY, field::CREATED_IP),
        (field::UPDATED_AT, field::UPDATED_BY, field::UPDATED_IP),
    ];
    for (at, by, ip) in &fields[usize::from(!created)..] {
        put(map, at, Value::s(&stamp.at));
        put(map, by, Value::s(&stamp.by));
        match &stamp.ip {
            Some(address) => put(map, ip, Value::s(address)),
            None => {
                map.shift_remove(*ip);
            }
        }
    }
}

fn command_row(key: &EntityKey, version: Version, new: NewState, mode: PublishMode, stamp: &Stamp, ttls: Ttls) -> Row {
    let mut map = new.fields;
    map.extend(new.extra);
    put(&mut map, field::PK, Value::s(key.pk.as_str()));
    put(&mut map, field::SK, Value::s(key.sk.at(version)));
    put(&mut map, field::VERSION, Value::n(version.0));
    put(&mut map, field::TTL, ttl_value(ttls.data));
    put(&mut map, field::SOURCE, Value::s(&stamp.source));
    put(&mut map, field::REQUEST_ID, Value::s(&stamp.request_id));
    if mode == PublishMode::Sync {
        put(&mut map, field::STATUS, Value::s("finish:FINISHED"));
        put(&mut map, field::SYNC_MODE, Value::s("SYNC"));
    }
    put_stamp(&mut map, stamp, true);
    Row(map)
}

/// The data row that a command leaves: its named fields over what the row had, those it lacks removed.
///
/// `csk` is the sort key that the command is remembered under: without a version in a synchronous publish, with it through the stream.
#[must_use]
pub fn data_row(
    key: &EntityKey,
    version: Version,
    current: Option<&Row>,
    new: &NewState,
    csk: &str,
    stamp: &Stamp,
    ttls: Ttls,
) -> Row {
    let mut map = current.map(|row| row.0.clone()).unwrap_or_default();
    for name in NAMED_FIELDS {
        match new.fields.get(name) {
            Some(value) => put(&mut map, name, value.clone()),
            None => {
                map.shift_remove(name);
            }
        }
    }
    for name in [field::STATUS, field::SYNC_MODE, field::SOURCE] {
        map.shift_remove(name);
    }
    put(&mut map, field::PK, Value::s(key.pk.as_str()));
    put(&mut map, field::SK, Value::s(key.sk.as_str()));
    put(&mut map, field::VERSION, Value::n(version.0));
    put(&mut map, field::CPK, Value::s(key.pk.as_str()));
    put(&mut map, field::CSK, Value::s(csk));
    put(&mut map, field::TTL, ttl_value(ttls.data));
    put(&mut map, field::REQUEST_ID, Value::s(&stamp.request_id));
    put_stamp(&mut map, stamp, current.is_none());
    Row(map)
}

/// The history row of a data row: a copy under `sk@version` that expires by its own rule.
#[must_use]
pub fn history_row(key: &EntityKey, version: Version, current: &Row, ttls: Ttls) -> Row {
    let mut map = current.0.clone();
    put(&mut map, field::SK, Value::s(key.sk.at(version)));
    put(&mut map, field::TTL, ttl_value(ttls.history));
    Row(map)
}

/// The rows of a publish whose data row is known already, as a plan showed it.
///
/// `ttls.data` is ignored: the data row carries it. Fields of `after` that the framework does not know and that the entity did not have
/// before go into the command row as well, so that the next reader of the command finds them.
///
/// # Errors
/// [`BadRow::Version`] when the data row before has no usable version.
pub fn rows_of(
    key: &EntityKey,
    before: Option<&Row>,
    after: &Row,
    mode: PublishMode,
    stamp: &Stamp,
    ttls: Ttls,
) -> Result<PublishRows, BadRow> {
    let mut new = NewState::of(after);
    new.extra.retain(|name, _| before.is_none_or(|row| row.get(name).is_none()));
    let data = after.get(field::TTL).and_then(Value::as_number).and_then(Number::as_i64);
    assemble(key, before, new, mode, stamp, Ttls { data, ..ttls }, |_, _| after.clone())
}

/// Whether a publish of `new` over `current` would change anything; the framework writes nothing otherwise.
/// Attributes must be resolved on both sides.
#[must_use]
pub fn changes_anything(current: &Row, new: &NewState) -> bool {
    NAMED_FIELDS.iter().any(|name| current.get(name) != new.fields.get(*name))
}

#[cfg(test)]
mod tests;
