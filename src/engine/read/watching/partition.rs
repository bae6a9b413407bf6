//! A partition: keys and versions of its data rows, as many as a look may cost.

use std::collections::BTreeMap;

use crate::domain::key::SortKey;
use crate::domain::row::{TableKind, field};
use crate::domain::value::{Value, to_plain_json};
use crate::engine::protocol::{Event, Listing, Watching};
use crate::engine::read::browse;
use crate::engine::task::{Stop, Task};
use crate::store::Query;

/// Rows looked at each time at most: reading costs by what the rows hold, not by what is taken of them.
const MOST: usize = 2_000;
/// Rows told at a time.
const CHUNK: usize = 100;
const FIELDS: [&str; 3] = [field::PK, field::SK, field::VERSION];

/// Versions as they are written, by sort key: also those that are no number tell one state from another.
type Versions = BTreeMap<String, Option<String>>;

/// A partition that is followed.
pub(super) struct Partition<'a> {
    listing: &'a Listing,
    seen: Option<Versions>,
}

impl<'a> Partition<'a> {
    pub(super) fn new(listing: &'a Listing) -> Self {
        Self { listing, seen: None }
    }

    pub(super) async fn look(&mut self, task: &Task) -> Result<bool, Stop> {
        let (now, capped) = self.read(task).await?;
        let Some(before) = &self.seen else {
            let rows = now.len() as u64;
            self.seen = Some(now);
            task.emit(Event::Watching(Watching::Begun { rows, capped })).await?;
            return Ok(false);
        };
        // Where only the first rows are looked at, what lies behind the last of either look tells nothing.
        let (ends, is_known) =
            (now.keys().next_back(), |end: Option<&String>, sk: &String| end.is_some_and(|e| sk <= e));
        let was_capped = before.len() >= MOST;
        let end_before = before.keys().next_back();
        let changed: Vec<String> = now
            .iter()
            .filter(|(sk, version)| match before.get(*sk) {
                Some(known) => known != *version,
                None => !was_capped || is_known(end_before, sk),
            })
            .map(|(sk, _)| sk.clone())
            .collect();
        let is_gone = |sk: &&String| !now.contains_key(*sk) && (!capped || is_known(ends, sk));
        let mut gone: Vec<SortKey> = before.keys().filter(is_gone).map(SortKey::new).collect();
        let is_quiet = changed.is_empty() && gone.is_empty();
        for sks in changed.chunks(CHUNK) {
            task.check()?;
            let entities = browse::some(task, self.listing, sks).await?;
            task.emit(Event::Changed { entities, gone: std::mem::take(&mut gone) }).await?;
        }
        if !gone.is_empty() {
            task.emit(Event::Changed { entities: Vec::new(), gone }).await?;
        }
        self.seen = Some(now);
        Ok(!is_quiet)
    }

    /// Keys and versions now, and whether there are more.
    async fn read(&self, task: &Task) -> Result<(Versions, bool), Stop> {
        let mut rows = Versions::new();
        let mut after: Option<String> = None;
        loop {
            task.check()?;
            let page = task
                .store()
                .query(&Query {
                    module: &self.listing.module,
                    kind: TableKind::Data,
                    pk: &self.listing.pk,
                    prefix: &self.listing.sk_prefix,
                    after: after.as_deref(),
                    limit: Some(MOST - rows.len()),
                    fields: &FIELDS,
                    consistent: true,
                })
                .await?;
            for row in page.rows {
                let version = row.get(field::VERSION).map(|v: &Value| to_plain_json(v));
                rows.insert(row.sk()?.to_owned(), version);
            }
            match page.next {
                Some(_) if rows.len() >= MOST => return Ok((rows, true)),
                Some(next) => after = Some(next),
                None => return Ok((rows, false)),
            }
        }
    }
}
