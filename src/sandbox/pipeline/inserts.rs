//! Command rows as the streams of the command tables bring them.

use std::collections::HashMap;

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
    iterators: HashMap<String, String>,
}

impl Inserts {
    /// Begins at the oldest record, so that commands inserted before a restart are seen again.
    pub(super) fn new(tables: Tables) -> Self {
        Self { tables, iterators: HashMap::new() }
    }

    /// The rows inserted since the last call, with the name of their table, in order for each table.
    ///
    /// # Errors
    /// [`SandboxError::Dynamo`]; the next call reads the same records again.
    pub(super) fn next(&mut self) -> Result<Vec<(String, Row)>, SandboxError> {
        let failed = || SandboxError::dynamo("read its streams");
        let database = self.tables.database();
        let mut inserted = Vec::new();
        let streams = database.list_streams(ListStreamsRequest::default()).map_err(failed())?.streams;
        for stream in streams.into_iter().filter(|stream| stream.table_name.ends_with("-command")) {
            let table = stream.table_name;
            let begin = match self.iterators.get(&table) {
                Some(iterator) => iterator.clone(),
                None => {
                    let request = GetShardIteratorRequest {
                        stream_arn: stream.stream_arn,
                        shard_id: shard_id(&table),
                        shard_iterator_type: "TRIM_HORIZON".to_owned(),
                        sequence_number: None,
                    };
                    let answer = database.get_shard_iterator(request).map_err(failed())?;
                    answer.shard_iterator.unwrap_or_default()
                }
            };
            let request = GetRecordsRequest { shard_iterator: begin, limit: None };
            let page = database.get_records(request).map_err(failed())?;
            for record in page.records.into_iter().filter(|record| record.event_name == "INSERT") {
                if let Some(image) = record.dynamodb.new_image {
                    inserted.push((table.clone(), to_row(image)?));
                }
            }
            if let Some(next) = page.next_shard_iterator {
                self.iterators.insert(table, next);
            }
        }
        Ok(inserted)
    }
}
