//! Collects rows and writes them table by table, attributes that are too long to S3.

use std::collections::BTreeMap;

use super::entity::Entity;
use super::world::World;
use crate::domain::row::{Attributes, BadRow, Row, field};
use crate::domain::value::{Value, plain_json_length, to_plain_json};
use crate::sandbox::convert::to_item;
use crate::sandbox::{APP, BUCKET, ENVIRONMENT, Item, Objects, SandboxError, Tables};

/// ATTRIBUTE_LIMIT_SIZE of the sandbox's application, in bytes of JSON.
const ATTRIBUTE_LIMIT: usize = 102_400;
/// Rows collected before they are written.
const ROWS: usize = 2_000;

/// Rows on their way into the tables.
pub(super) struct Batch<'a> {
    tables: &'a Tables,
    objects: &'a Objects,
    progress: &'a dyn Fn(usize),
    waiting: BTreeMap<String, Vec<Item>>,
    waiting_rows: usize,
    entities: usize,
    rows: usize,
    objects_written: usize,
}

impl<'a> Batch<'a> {
    /// A batch for these tables; `progress` hears how many entities have been written.
    pub(super) fn new(tables: &'a Tables, objects: &'a Objects, progress: &'a dyn Fn(usize)) -> Self {
        Self {
            tables,
            objects,
            progress,
            waiting: BTreeMap::new(),
            waiting_rows: 0,
            entities: 0,
            rows: 0,
            objects_written: 0,
        }
    }

    /// How many entities were added.
    pub(super) fn entities(&self) -> usize {
        self.entities
    }

    /// How many rows were added.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How many S3 objects were written.
    pub(super) fn objects(&self) -> usize {
        self.objects_written
    }

    /// Adds all rows of an entity.
    pub(super) fn add(&mut self, world: &mut World, entity: Entity) -> Result<(), SandboxError> {
        let module = entity.module;
        for (kind, row) in entity.into_rows() {
            let table = format!("{ENVIRONMENT}-{APP}-{module}-{}", kind.as_str());
            let row = self.outsource(world, &table, row)?;
            self.put(table, row);
        }
        self.entities += 1;
        if self.waiting_rows >= ROWS { self.write() } else { Ok(()) }
    }

    /// Adds a row of a table that has no versions.
    pub(super) fn add_plain(&mut self, table: &str, row: Row) {
        self.put(format!("{ENVIRONMENT}-{APP}-{table}"), row);
    }

    /// Writes what is waiting.
    pub(super) fn write(&mut self) -> Result<(), SandboxError> {
        for (table, rows) in std::mem::take(&mut self.waiting) {
            self.tables.load(&table, rows)?;
        }
        self.waiting_rows = 0;
        (self.progress)(self.entities);
        Ok(())
    }

    /// An error of the row builder, which refuses nothing that it built itself.
    pub(super) fn broken(error: BadRow) -> SandboxError {
        SandboxError::Dynamo { action: "make up demo data".to_owned(), message: error.to_string() }
    }

    fn put(&mut self, table: String, row: Row) {
        self.waiting.entry(table).or_default().push(to_item(row));
        self.waiting_rows += 1;
        self.rows += 1;
    }

    /// Moves attributes over the limit to an object of the row's own.
    fn outsource(&mut self, world: &mut World, table: &str, row: Row) -> Result<Row, SandboxError> {
        let Ok(Attributes::Inline(_)) = row.attributes() else { return Ok(row) };
        let Some(attributes) = row.get(field::ATTRIBUTES) else { return Ok(row) };
        if plain_json_length(attributes) <= ATTRIBUTE_LIMIT || attributes.why_not_json().is_some() {
            return Ok(row);
        }
        let (pk, sk) = (row.pk().map_err(Self::broken)?, row.sk().map_err(Self::broken)?);
        let key = format!("ddb/{table}/{pk}/{sk}/{}.json", world.ulid());
        self.objects.put(&key, to_plain_json(attributes).as_bytes())?;
        self.objects_written += 1;
        Ok(row.with_attributes(Value::s(format!("s3://{BUCKET}/{key}"))))
    }
}
