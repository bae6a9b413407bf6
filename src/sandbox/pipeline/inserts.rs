//! Command rows as the streams of the command tables bring them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use dynoxide::streams::shard_id;

use crate::domain::row::Row;
use crate::sandbox::convert::to_row;
use crate::sandbox::{SandboxError, Tables};

/// A place in the stream of each command table.
pub(super) struct Inserts {
    tables: Tables,
    /// Where to read on, by table.
    iterators: BTreeMap<String, String>,
    /// When tables were last looked for.
    listed: Option<Instant>,
}

/// How often new tables are looked for.
const LIST_EVERY: Duration = Duration::from_millis(200);

impl Inserts {
    /// Begins at the oldest record, so that commands inserted before a restart are seen again.
    pub(super) fn new(tables: Tables) -> Self {
        Self { tables, iterators: BTreeMap::new(), listed: None }
    }

    /// The rows inserted since the last call, with the name of their table, in order for each table.
    pub(super) fn next(&mut self) -> Vec<(String, Row)> {
        if self.listed.is_none_or(|listed| listed.elapsed() >= LIST_EVERY) {
            self.listed = Some(Instant::now());
            if let Err(error) = self.list() {
                tracing::warn!(%error, "the sandbox's pipeline stand-in finds no streams");
            }
        }
        let mut inserted = Vec::new();
        let tables = &self.tables;
        self.iterators.retain(|table, iterator| match read(tables, iterator) {
            Ok(rows) => {
                inserted.extend(rows.into_iter().map(|row| (table.clone(), row)));
                true
            }
            // The table is gone, or will be found again and read from its beginning.
            Err(error) => {
                tracing::warn!(%error, table, "the sandbox's pipeline stand-in cannot read a stream");
                false
            }
        });
        inserted
    }

    /// Looks for command tables that are new.
    fn list(&mut self) -> Result<(), SandboxError> {
        let failed = || SandboxError::dynamo("list its streams");
        let database = self.tables.database();
        let streams = database.list_streams(ListStreamsRequest::default()).map_err(failed())?.streams;
        for stream in streams {
            let table = stream.table_name;
            if !(table.ends_with("-command") || table.ends_with(super::IMPORTS)) || self.iterators.contains_key(&table)
            {
                continue;
            }
            let request = GetShardIteratorRequest {
                stream_arn: stream.stream_arn,
                shard_id: shard_id(&table),
                shard_iterator_type: "TRIM_HORIZON".to_owned(),
                sequence_number: None,
            };
            let answer = database.get_shard_iterator(request).map_err(failed())?;
            self.iterators.insert(table, answer.shard_iterator.unwrap_or_default());
        }
        Ok(())
    }
}

/// The rows inserted since the iterator, which moves on behind them.
fn read(tables: &Tables, iterator: &mut String) -> Result<Vec<Row>, SandboxError> {
    let request = GetRecordsRequest { shard_iterator: iterator.clone(), limit: None };
    let page = tables.database().get_records(request).map_err(SandboxError::dynamo("read a stream"))?;
    let images = page.records.into_iter().filter(|record| record.event_name == "INSERT");
    let rows = images.filter_map(|record| record.dynamodb.new_image).map(to_row).collect::<Result<_, _>>()?;
    if let Some(next) = page.next_shard_iterator {
        *iterator = next;
    }
    Ok(rows)
}
