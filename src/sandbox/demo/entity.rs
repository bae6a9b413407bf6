//! An entity in the making: its rows as one publish after the other leaves them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::world::World;
use crate::domain::key::{EntityKey, Version};
use crate::domain::publish::{NewState, PublishMode, PublishRows, Stamp, build, ttl_value};
use crate::domain::row::{BadRow, Row, TableKind, field};
use crate::domain::tenant::tenant_of;
use crate::domain::value::{Map, Value};

/// One entity and everything the tables hold of it.
#[derive(Debug, Clone)]
pub(super) struct Entity {
    pub(super) module: &'static str,
    key: EntityKey,
    tenant: String,
    /// Whether its application publishes through the stream.
    through_stream: bool,
    /// The named fields of the next publish.
    state: NewState,
    /// The attributes of the next publish.
    pub(super) attributes: Map,
    pub(super) data: Option<Row>,
    pub(super) commands: BTreeMap<u64, Row>,
    pub(super) history: BTreeMap<u64, Row>,
}

impl Entity {
    /// An entity that no row speaks of yet; code and name as people know it by.
    pub(super) fn new(module: &'static str, pk: &str, sk: &str, code: &str, name: &str, attributes: Map) -> Self {
        let key = EntityKey::new(pk, sk);
        let tenant = tenant_of(&key.pk, None).code;
        let mut state = NewState { fields: Map::new(), extra: Map::new() };
        for (field, text) in [
            (field::ID, key.id().as_str()),
            (field::CODE, code),
            (field::NAME, name),
            (field::TENANT_CODE, &tenant),
            (field::TYPE, key.pk.entity_type()),
        ] {
            state.set(field, Value::s(text));
        }
        Self {
            module,
            key,
            tenant,
            through_stream: false,
            state,
            attributes,
            data: None,
            commands: BTreeMap::new(),
            history: BTreeMap::new(),
        }
    }

    /// From now on commands go through the application's stream, as publishAsync does.
    pub(super) fn through_stream(mut self) -> Self {
        self.through_stream = true;
        self
    }

    /// Sets an attribute of the next publish.
    pub(super) fn set(&mut self, name: &str, value: Value) -> &mut Self {
        self.attributes.insert(name.to_owned(), value);
        self
    }

    /// Publishes the state as it stands.
    pub(super) fn publish(&mut self, world: &mut World, at: Timestamp) -> Result<&mut Self, BadRow> {
        let (_, rows) = self.rows(world, at, PublishMode::Sync)?;
        let (version, expected) = (rows.version.0, rows.expected.0);
        let (mut command, mut data) = (rows.command, rows.data);
        if self.through_stream {
            command.0.shift_remove(field::SYNC_MODE);
            if let Some(data) = &mut data {
                data.0.insert(field::CSK.to_owned(), Value::s(self.key.sk.at(rows.version)));
            }
        }
        self.commands.insert(version, command);
        if let (Some(ttl), Some(previous)) = (rows.previous_command_ttl, self.commands.get_mut(&expected)) {
            previous.0.insert(field::TTL.to_owned(), ttl);
        }
        self.history.extend(rows.history.map(|row| (expected, row)));
        self.data = data;
        Ok(self)
    }

    /// Writes a command that nothing has processed so far.
    pub(super) fn pend(&mut self, world: &mut World, at: Timestamp) -> Result<&mut Self, BadRow> {
        let (_, rows) = self.rows(world, at, PublishMode::Async)?;
        self.commands.insert(rows.version.0, rows.command);
        Ok(self)
    }

    /// Writes a command that the pipeline gave up, or a synchronous publish that was cut off, in the state named.
    /// Both leave the history row of the version that stayed current.
    pub(super) fn give_up(&mut self, world: &mut World, at: Timestamp, status: &str) -> Result<&mut Self, BadRow> {
        let sync = status.starts_with("publish_sync");
        let mode = if sync { PublishMode::Sync } else { PublishMode::Async };
        let (stamp, mut rows) = self.rows(world, at, mode)?;
        rows.command.0.insert(field::STATUS.to_owned(), Value::s(status));
        rows.command.0.insert(field::UPDATED_AT.to_owned(), Value::s(stamp.at));
        self.commands.insert(rows.version.0, rows.command);
        if status.starts_with("sync_data")
            && let Some(data) = &self.data
        {
            let ttls = world.ttls(self.module, &self.tenant, at);
            let history = crate::domain::publish::history_row(&self.key, rows.expected, data, ttls);
            self.history.insert(rows.expected.0, history);
            if let Some(previous) = self.commands.get_mut(&rows.expected.0) {
                previous.0.insert(field::TTL.to_owned(), ttl_value(ttls.command));
            }
        }
        Ok(self)
    }

    /// Sets a named field of the next publish.
    pub(super) fn set_field(&mut self, name: &str, value: Value) -> &mut Self {
        self.state.set(name, value);
        self
    }

    /// Marks the next state as deleted, or as restored.
    pub(super) fn deleted(&mut self, deleted: bool) -> &mut Self {
        self.state.set(field::IS_DELETED, Value::Bool(deleted));
        self
    }

    /// All rows by table, attributes where the builder left them.
    pub(super) fn into_rows(self) -> impl Iterator<Item = (TableKind, Row)> {
        let of = |kind| move |row| (kind, row);
        let commands = self.commands.into_values().map(of(TableKind::Command));
        let history = self.history.into_values().map(of(TableKind::History));
        self.data.into_iter().map(of(TableKind::Data)).chain(commands).chain(history)
    }

    fn rows(&mut self, world: &mut World, at: Timestamp, mode: PublishMode) -> Result<(Stamp, PublishRows), BadRow> {
        let stamp = world.stamp(at);
        let ttls = world.ttls(self.module, &self.tenant, at);
        self.state.set(field::ATTRIBUTES, Value::M(self.attributes.clone()));
        let rows = build(&self.key, self.data.as_ref(), &self.state, mode, &stamp, ttls)?;
        Ok((stamp, rows))
    }

    /// Moves a command to another version, which then does not follow the data row's.
    pub(super) fn renumber(&mut self, from: u64, to: u64) {
        if let Some(mut command) = self.commands.remove(&from) {
            command.0.insert(field::SK.to_owned(), Value::s(self.key.sk.at(Version(to))));
            command.0.insert(field::VERSION.to_owned(), Value::n(to));
            self.commands.insert(to, command);
        }
    }
}
