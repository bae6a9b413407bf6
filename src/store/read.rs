//! Reading rows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};

use futures::{FutureExt, StreamExt, TryStreamExt};

use super::convert::{from_item, primary_key, text};
use super::error::{Call, ErrorKind, ServiceError, StoreError};
use super::meter::Meter;
use super::names::TableNames;
use super::publish::{Pacer, Room};
use crate::domain::key::{EntityKey, PartitionKey, VERSION_SEPARATOR};
use crate::domain::limits::{MAX_PK_BYTES, MAX_SK_BYTES};
use crate::domain::row::{Row, TableKind, field};

/// Keys that one BatchGetItem may name.
const BATCH_KEYS: usize = 100;
/// Such requests under way at once for one listing.
const BATCHES_AT_ONCE: usize = 4;
/// Answers in a row that leave every key over, after which a batch is given up.
const LEFT_OVER: u32 = 8;

/// Rows of a page at most. DynamoDB ends a page at 1 MB, which rows of a framework's size reach earlier. A store that reads all of what is
/// left before it cuts a page, as the embedded one does, would read a large partition once for each of its pages.
pub(super) const MOST_ROWS: i32 = 2_500;

/// Rows of a page for which so many are wanted at most.
pub(super) fn page_rows(wanted: Option<i32>) -> i32 {
    wanted.map_or(MOST_ROWS, |rows| rows.min(MOST_ROWS))
}

/// A store that reads the application's tables. It has no way to write; see [`super::publish::WriteStore`].
#[derive(Debug, Clone)]
pub struct ReadStore {
    pub(super) reads: aws_sdk_dynamodb::Client,
    pub(super) writes: aws_sdk_dynamodb::Client,
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) user_reads: aws_sdk_cognitoidentityprovider::Client,
    pub(super) user_writes: aws_sdk_cognitoidentityprovider::Client,
    pub(super) pacer: Arc<Pacer>,
    pub(super) carrying: Arc<Room>,
    pub(super) names: Arc<TableNames>,
    pub(super) bucket: Option<String>,
    pub(super) attribute_limit: usize,
    pub(super) meter: Arc<Meter>,
    /// Transactions carry a token.
    pub(super) has_tokens: bool,
}

/// One page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPage {
    /// The rows, in sort key order.
    pub rows: Vec<Row>,
    /// The sort key after which the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A row to fetch: table kind and whole sort key.
pub type RowKey = (TableKind, String);

pub(super) fn dynamodb<'a>(operation: &'static str, resource: &'a str) -> Call<'a> {
    Call { service: "dynamodb", operation, resource }
}

impl ReadStore {
    /// Sends transactions without the token that a service knows repeated ones by. An embedded store looks through those of the last ten
    /// minutes at each transaction, and no answer of it gets lost.
    #[must_use]
    pub fn without_tokens(mut self) -> Self {
        self.has_tokens = false;
        self
    }

    /// The same store, whose requests are counted apart as well.
    #[must_use]
    pub fn metered(&self) -> Self {
        Self { meter: Arc::new(Meter::part_of(&self.meter)), ..self.clone() }
    }

    /// Cost of the requests so far.
    #[must_use]
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Names of the tables.
    #[must_use]
    pub fn names(&self) -> &TableNames {
        &self.names
    }

    /// One row by its whole key; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed: a failure is never taken for absence.
    pub async fn get(
        &self,
        module: &str,
        kind: TableKind,
        pk: &PartitionKey,
        sk: &str,
        consistent: bool,
    ) -> Result<Option<Row>, StoreError> {
        self.get_from(&self.names.table(module, kind), pk.as_str(), sk, consistent).await
    }

    pub(super) async fn get_from(
        &self,
        table: &str,
        pk: &str,
        sk: &str,
        consistent: bool,
    ) -> Result<Option<Row>, StoreError> {
        if !may_be_key(pk, sk) {
            return Ok(None);
        }
        self.meter.request();
        let request = self
            .reads
            .get_item()
            .table_name(table)
            .set_key(Some(primary_key(pk, sk)))
            .consistent_read(consistent)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = request.send().await.map_err(|e| dynamodb("GetItem", table).failed(e))?;
        self.meter.read(answer.consumed_capacity());
        answer.item.map(from_item).transpose()
    }

    /// The data row of an entity, read consistently.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn data_row(&self, module: &str, key: &EntityKey) -> Result<Option<Row>, StoreError> {
        self.get(module, TableKind::Data, &key.pk, key.sk.as_str(), true).await
    }

    /// Rows of one partition by their keys, from any of the module's three tables; those that are not there are left out.
    ///
    /// `fields` narrows what is fetched (empty: everything). At most 100 keys a request; what the service leaves over is asked for again.
    ///
    /// # Errors
    /// [`StoreError`] when a call failed, or when the service kept leaving keys over.
    pub async fn batch_get(
        &self,
        module: &str,
        pk: &PartitionKey,
        keys: &[RowKey],
        fields: &[&str],
        consistent: bool,
    ) -> Result<HashMap<RowKey, Row>, StoreError> {
        // The service refuses a list that names a key twice.
        let mut named = HashSet::with_capacity(keys.len());
        let may_be = |(_, sk): &&RowKey| may_be_key(pk.as_str(), sk);
        let keys: Vec<RowKey> = keys.iter().filter(may_be).filter(|key| named.insert(*key)).cloned().collect();
        let chunks: Vec<_> = keys
            .chunks(BATCH_KEYS)
            .map(|chunk| self.batch_get_chunk(module, pk, chunk, fields, consistent).boxed())
            .collect();
        let mut answers = futures::stream::iter(chunks).buffer_unordered(BATCHES_AT_ONCE);
        let mut found = HashMap::with_capacity(keys.len());
        while let Some(rows) = answers.try_next().await? {
            found.extend(rows);
        }
        Ok(found)
    }

    async fn batch_get_chunk(
        &self,
        module: &str,
        pk: &PartitionKey,
        keys: &[RowKey],
        fields: &[&str],
        consistent: bool,
    ) -> Result<HashMap<RowKey, Row>, StoreError> {
        let mut found = HashMap::with_capacity(keys.len());
        let mut wanted: HashMap<String, KeysAndAttributes> = HashMap::new();
        let mut kinds: HashMap<String, TableKind> = HashMap::new();
        for kind in [TableKind::Data, TableKind::History, TableKind::Command] {
            let rows: Vec<_> =
                keys.iter().filter(|(k, _)| *k == kind).map(|(_, sk)| primary_key(pk.as_str(), sk)).collect();
            if rows.is_empty() {
                continue;
            }
            let table = self.names.table(module, kind);
            let mut ask = KeysAndAttributes::builder().set_keys(Some(rows)).consistent_read(consistent);
            if !fields.is_empty() {
                ask =
                    ask.set_expression_attribute_names(Some(aliases(fields))).projection_expression(projection(fields));
            }
            wanted.insert(table.clone(), ask.build()?);
            kinds.insert(table, kind);
        }
        let mut attempt = 0u32;
        while !wanted.is_empty() {
            self.meter.request();
            let names = wanted.keys().cloned().collect::<Vec<_>>().join(", ");
            let asked = std::mem::take(&mut wanted);
            let request = self
                .reads
                .batch_get_item()
                .set_request_items(Some(asked.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let answer = match request.send().await.map_err(|e| dynamodb("BatchGetItem", &names).failed(e)) {
                Ok(answer) => answer,
                // The same as an answer that leaves every key over.
                Err(error) if error.kind() == Some(ErrorKind::Throttled) && attempt < LEFT_OVER => {
                    self.meter.throttled();
                    attempt += 1;
                    tokio::time::sleep(super::backoff::delay(attempt)).await;
                    wanted = asked;
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.meter.read(answer.consumed_capacity());
            let before = found.len();
            for (table, items) in dynamodb("BatchGetItem", &names).part(answer.responses, "Responses")? {
                let Some(kind) = kinds.get(&table) else { continue };
                for item in items {
                    let row = from_item(item)?;
                    found.insert((*kind, row.sk()?.to_owned()), row);
                }
            }
            wanted = answer.unprocessed_keys.unwrap_or_default();
            if !wanted.is_empty() {
                self.meter.throttled();
                attempt = if found.len() > before { 0 } else { attempt + 1 };
                if attempt > LEFT_OVER {
                    return Err(leftover(&names));
                }
                tokio::time::sleep(super::backoff::delay(attempt)).await;
            }
        }
        Ok(found)
    }

    /// One page of a partition in sort key order: at most `limit` rows, those after `after`, those that begin with `prefix`.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn query(&self, ask: &Query<'_>) -> Result<RowPage, StoreError> {
        if ask.pk.as_str().is_empty() || ask.pk.as_str().len() > MAX_PK_BYTES || ask.prefix.len() > MAX_SK_BYTES {
            return Ok(RowPage { rows: Vec::new(), next: None });
        }
        let table = self.names.table(ask.module, ask.kind);
        self.meter.request();
        let mut request = self
            .reads
            .query()
            .table_name(&table)
            .consistent_read(ask.consistent)
            .expression_attribute_names("#pk", field::PK)
            .expression_attribute_values(":pk", text(ask.pk.as_str()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        request = match ask.prefix {
            "" => request.key_condition_expression("#pk = :pk"),
            prefix => request
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :sk)")
                .expression_attribute_names("#sk", field::SK)
                .expression_attribute_values(":sk", text(prefix)),
        };
        if !ask.fields.is_empty() {
            for (alias, name) in aliases(ask.fields) {
                request = request.expression_attribute_names(alias, name);
            }
            request = request.projection_expression(projection(ask.fields));
        }
        request = request.limit(page_rows(ask.limit.and_then(|limit| i32::try_from(limit).ok())));
        if let Some(after) = ask.after {
            request = request.set_exclusive_start_key(Some(primary_key(ask.pk.as_str(), after)));
        }
        let answer = request.send().await.map_err(|e| dynamodb("Query", &table).failed(e))?;
        self.meter.read(answer.consumed_capacity());
        let next = answer.last_evaluated_key.and_then(|key| match key.get(field::SK) {
            Some(AttributeValue::S(sk)) => Some(sk.clone()),
            _ => None,
        });
        let rows = dynamodb("Query", &table)
            .part(answer.items, "Items")?
            .into_iter()
            .map(from_item)
            .collect::<Result<_, _>>()?;
        Ok(RowPage { rows, next })
    }

    /// Rows of every version of an entity, one page of the command or history table at a time. Rows of other entities whose
    /// sort key merely begins alike are among them.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn versions_page(
        &self,
        module: &str,
        kind: TableKind,
        key: &EntityKey,
        after: Option<&str>,
    ) -> Result<RowPage, StoreError> {
        let prefix = format!("{}{VERSION_SEPARATOR}", key.sk);
        self.query(&Query {
            module,
            kind,
            pk: &key.pk,
            prefix: &prefix,
            after,
            limit: None,
            fields: &[],
            consistent: true,
        })
        .await
    }
}

/// Parameters of a query.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Module.
    pub module: &'a str,
    /// Table.
    pub kind: TableKind,
    /// Partition.
    pub pk: &'a PartitionKey,
    /// Prefix of the sort keys; empty for all.
    pub prefix: &'a str,
    /// The sort key before the first one wanted.
    pub after: Option<&'a str>,
    /// Rows at most; a page of 1 MB otherwise.
    pub limit: Option<usize>,
    /// Fields to fetch; empty for all.
    pub fields: &'a [&'a str],
    /// Strongly consistent, at twice the price.
    pub consistent: bool,
}

/// Whether a row can have these keys at all: the service refuses a request that asks for others, and with it all the rest.
fn may_be_key(pk: &str, sk: &str) -> bool {
    (1..=MAX_PK_BYTES).contains(&pk.len()) && (1..=MAX_SK_BYTES).contains(&sk.len())
}

/// Aliases for field names in expressions: many of them are reserved words.
pub(super) fn aliases(fields: &[&str]) -> HashMap<String, String> {
    fields.iter().map(|name| (format!("#f_{name}"), (*name).to_owned())).collect()
}

pub(super) fn projection(fields: &[&str]) -> String {
    fields.iter().map(|name| format!("#f_{name}")).collect::<Vec<_>>().join(", ")
}

fn leftover(tables: &str) -> StoreError {
    let call = dynamodb("BatchGetItem", tables);
    StoreError::Service(Box::new(ServiceError::of(
        ErrorKind::Throttled,
        call,
        "keys were left unprocessed again and again",
    )))
}
