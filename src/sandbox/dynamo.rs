//! The embedded DynamoDB: the server, and a handle on its tables that needs no network.

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use dynoxide::actions::create_table::{CreateTableRequest, StreamSpecification};
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::list_tables::ListTablesRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::update_item::UpdateItemRequest;
use dynoxide::actions::update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest};
use dynoxide::types::{AttributeDefinition, KeySchemaElement, KeyType, ScalarAttributeType};
use dynoxide::{AttributeValue, Database, DynoxideError, ImportOptions, Item};
use tokio_util::sync::CancellationToken;

use super::{SandboxError, host};

/// Settings of a table besides its string keys `pk` and `sk`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// A stream with NEW_IMAGE.
    pub stream: bool,
    /// Expiry by the attribute `ttl`, in Unix seconds; it takes effect at [`Tables::sweep_ttl`].
    pub ttl: bool,
}

/// The tables of the sandbox without the network, for loading many rows at once. Cheap to clone.
///
/// Every call waits for requests under way: call it from a thread that may wait, never from the console's runtime.
#[derive(Clone)]
pub struct Tables {
    database: Database,
    /// Where they are kept; `None` in memory.
    file: Option<PathBuf>,
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tables").finish_non_exhaustive()
    }
}

impl Tables {
    /// Opens the database file, or one in memory.
    pub(super) fn open(file: Option<&Path>) -> Result<Self, SandboxError> {
        if let Some(file) = file {
            return Ok(Self { database: open(file)?, file: Some(file.to_owned()) });
        }
        // Only a file can be given the index, so what is in memory begins as a copy of an empty one.
        let dir = tempfile::tempdir().map_err(SandboxError::file("create", std::env::temp_dir()))?;
        let template = dir.path().join("empty.sqlite");
        drop(open(&template)?);
        let database = Database::memory().map_err(SandboxError::dynamo("open a database in memory"))?;
        let tables = Self { database, file: None };
        tables.become_copy_of(&template)?;
        Ok(tables)
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Creates a table with string keys `pk` and `sk`, billed on demand.
    ///
    /// # Errors
    /// [`SandboxError::Dynamo`] when the table exists or its name is no table name.
    pub fn create(&self, table: &str, options: TableOptions) -> Result<(), SandboxError> {
        let key = |name: &str, key_type| KeySchemaElement { attribute_name: name.to_owned(), key_type };
        let text = |name: &str| AttributeDefinition {
            attribute_name: name.to_owned(),
            attribute_type: ScalarAttributeType::S,
        };
        let request = CreateTableRequest {
            table_name: table.to_owned(),
            key_schema: vec![key("pk", KeyType::HASH), key("sk", KeyType::RANGE)],
            attribute_definitions: vec![text("pk"), text("sk")],
            billing_mode: Some("PAY_PER_REQUEST".to_owned()),
            stream_specification: options
                .stream
                .then(|| StreamSpecification { stream_enabled: true, stream_view_type: Some("NEW_IMAGE".to_owned()) }),
            ..CreateTableRequest::default()
        };
        self.database.create_table(request).map_err(SandboxError::dynamo(format!("create {table}")))?;
        if options.ttl {
            let request = UpdateTimeToLiveRequest {
                table_name: table.to_owned(),
                time_to_live_specification: TimeToLiveSpecification { attribute_name: "ttl".to_owned(), enabled: true },
            };
            self.database
                .update_time_to_live(request)
                .map_err(SandboxError::dynamo(format!("enable expiry in {table}")))?;
        }
        let Some(file) = &self.file else { return Ok(()) };
        index_segments(file, &[table.to_owned()]).map_err(|error| damaged(file, error.to_string()))
    }

    /// The names of all tables, in order.
    ///
    /// # Errors
    /// [`SandboxError::Dynamo`] when the database cannot be read.
    pub fn names(&self) -> Result<Vec<String>, SandboxError> {
        let mut names = Vec::new();
        loop {
            let request =
                ListTablesRequest { exclusive_start_table_name: names.last().cloned(), ..ListTablesRequest::default() };
            let page = self.database.list_tables(request).map_err(SandboxError::dynamo("list its tables"))?;
            names.extend(page.table_names);
            if page.last_evaluated_table_name.is_none() {
                return Ok(names);
            }
        }
    }

    /// Puts many rows in one transaction: all or none. They leave no trace in the table's stream, so nothing reacts to them.
    /// Gives the number of rows.
    ///
    /// # Errors
    /// [`SandboxError::Dynamo`] when the table is missing or a row has no valid key.
    pub fn load(&self, table: &str, rows: Vec<Item>) -> Result<usize, SandboxError> {
        self.database
            .import_items(table, rows, ImportOptions::default())
            .map(|result| result.items_imported)
            .map_err(SandboxError::dynamo(format!("load rows into {table}")))
    }

    /// Puts one row as a client would, so it appears in the table's stream.
    ///
    /// # Errors
    /// [`SandboxError::Dynamo`] when the table is missing or the row has no valid key.
    pub fn put(&self, table: &str, row: Item) -> Result<(), SandboxError> {
        let request = PutItemRequest { table_name: table.to_owned(), item: row, ..PutItemRequest::default() };
        self.database.put_item(request).map(drop).map_err(SandboxError::dynamo(format!("put a row into {table}")))
    }

    /// Reads one row.
    ///
    /// # Errors
    /// [`SandboxError::Dynamo`] when the table is missing.
    pub fn get(&self, table: &str, pk: &str, sk: &str) -> Result<Option<Item>, SandboxError> {
        let request = GetItemRequest {
            table_name: table.to_owned(),
            key: key(pk, sk),
            consistent_read: Some(true),
            ..GetItemRequest::default()
        };
        self.database
            .get_item(request)
            .map(|response| response.item)
            .map_err(SandboxError::dynamo(format!("read a row of {table}")))
    }

    /// Sets fields of a row that is there; a row that is not stays away.
    pub(super) fn set<const N: usize>(
        &self,
        table: &str,
        pk: &str,
        sk: &str,
        values: [(&str, AttributeValue); N],
    ) -> Result<(), SandboxError> {
        let places: Vec<String> = (0..N).map(|i| format!("#f{i} = :v{i}")).collect();
        let (names, values) = values
            .into_iter()
            .enumerate()
            .map(|(i, (name, value))| ((format!("#f{i}"), name.to_owned()), (format!(":v{i}"), value)))
            .unzip();
        let request = UpdateItemRequest {
            table_name: table.to_owned(),
            key: key(pk, sk),
            update_expression: Some(format!("SET {}", places.join(", "))),
            condition_expression: Some("attribute_exists(pk)".to_owned()),
            expression_attribute_names: Some(names),
            expression_attribute_values: Some(values),
            ..UpdateItemRequest::default()
        };
        match self.database.update_item(request) {
            Ok(_) | Err(DynoxideError::ConditionalCheckFailedException(..)) => Ok(()),
            Err(error) => Err(SandboxError::dynamo(format!("update a row of {table}"))(error)),
        }
    }

    /// Trades safety against a crash of the machine for speed, for a file that is thrown away if anything goes wrong.
    pub(super) fn hurry(&self) -> Result<(), SandboxError> {
        self.database.enable_bulk_loading().map_err(SandboxError::dynamo("prepare for many rows"))
    }

    /// Replaces all tables by those of a database file, in one step.
    pub(super) fn become_copy_of(&self, file: &Path) -> Result<(), SandboxError> {
        self.database.restore_from(utf8(file)?).map_err(SandboxError::dynamo(format!("copy {}", file.display())))
    }

    /// Deletes the rows whose `ttl` has passed, in all tables with expiry; the embedded DynamoDB does it at no other time.
    /// Gives the number of rows deleted.
    ///
    /// # Errors
    /// [`SandboxError::Dynamo`] when the database cannot be written.
    pub fn sweep_ttl(&self) -> Result<usize, SandboxError> {
        self.database.sweep_ttl().map_err(SandboxError::dynamo("delete its expired rows"))
    }
}

/// Opens a database file, made if missing.
fn open(file: &Path) -> Result<Database, SandboxError> {
    let database = Database::new(utf8(file)?).map_err(|error| damaged(file, error.to_string()))?;
    let tables = Tables { database, file: None };
    index_streams(file).map_err(|error| damaged(file, error.to_string()))?;
    index_segments(file, &tables.names()?).map_err(|error| damaged(file, error.to_string()))?;
    Ok(tables.database)
}

fn damaged(file: &Path, message: String) -> SandboxError {
    SandboxError::Damaged { path: file.to_owned(), message }
}

/// The path as text, which is how the embedded DynamoDB takes it.
fn utf8(file: &Path) -> Result<&str, SandboxError> {
    file.to_str().ok_or_else(|| SandboxError::File {
        action: "open",
        path: file.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidFilename, "its name is not UTF-8"),
    })
}

/// Gives the stream records an index: the embedded DynamoDB asks for the highest sequence number of a table before every
/// write to one with a stream, and without an index it reads all records ever written for that.
fn index_streams(file: &Path) -> rusqlite::Result<()> {
    rusqlite::Connection::open(file)?.execute_batch(
        "CREATE INDEX IF NOT EXISTS sandbox_stream_order
         ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
    )
}

/// Gives the rows of tables an index in the order of a scan by segments: without, the embedded DynamoDB sorts the whole table for each
/// page of one.
fn index_segments(file: &Path, tables: &[String]) -> rusqlite::Result<()> {
    let connection = rusqlite::Connection::open(file)?;
    // As safe as the rows themselves.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    for table in tables {
        let (index, table) = (quoted(&format!("sandbox_segments_{table}")), quoted(table));
        connection.execute(&format!("CREATE INDEX IF NOT EXISTS {index} ON {table} (hash_prefix, pk, sk)"), [])?;
    }
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The key of a row as the embedded DynamoDB wants it.
fn key(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), pk.into()), ("sk".to_owned(), sk.into())])
}

/// Serves DynamoDB on the listener until `stop`.
pub(super) async fn serve(listener: TcpListener, tables: Tables, stop: CancellationToken) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "the sandbox's DynamoDB has no listener"),
    };
    let served = dynoxide::server::serve_with_shutdown(listener, tables.database, stop.clone().cancelled_owned());
    tokio::select! {
        result = served => if let Err(error) = result {
            tracing::error!(%error, "the sandbox's DynamoDB ended");
        },
        () = host::grace_over(stop) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(file: &Path, query: &str) -> String {
        let connection = rusqlite::Connection::open(file).unwrap();
        connection.query_row(&format!("EXPLAIN QUERY PLAN {query}"), [], |row| row.get("detail")).unwrap()
    }

    #[test]
    fn a_page_of_a_segment_does_not_sort_the_whole_table() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("dynamodb.sqlite");
        let tables = Tables::open(Some(&file)).unwrap();
        tables.create("dev-shop-product-data", TableOptions::default()).unwrap();
        let page = "SELECT pk, sk FROM \"dev-shop-product-data\" WHERE (hash_prefix, pk, sk) > ('a', 'b', 'c')
                    AND substr(hash_prefix, 1, 3) >= '000' ORDER BY hash_prefix ASC, pk ASC, sk ASC LIMIT 1";
        assert!(plan(&file, page).contains("sandbox_segments_dev-shop-product-data"), "{}", plan(&file, page));
        // Also in a file that was made without.
        drop(tables);
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.execute("DROP INDEX \"sandbox_segments_dev-shop-product-data\"", []).unwrap();
        drop(Tables::open(Some(&file)).unwrap());
        assert!(plan(&file, page).contains("sandbox_segments_dev-shop-product-data"), "{}", plan(&file, page));
    }

    #[test]
    fn writes_to_a_table_with_a_stream_do_not_read_all_its_records() {
        let dir = tempfile::tempdir().unwrap();
        // Memory begins as a copy of such a file.
        let file = dir.path().join("dynamodb.sqlite");
        let tables = Tables::open(Some(&file)).unwrap();
        tables.create("dev-shop-product-command", TableOptions { stream: true, ttl: false }).unwrap();
        tables.put("dev-shop-product-command", key("PRODUCT#acme", "P-1@1")).unwrap();
        let plan = plan(
            &file,
            "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1
             FROM _stream_records WHERE table_name = 'dev-shop-product-command'",
        );
        assert!(plan.contains("sandbox_stream_order"), "{plan}");
    }
}
