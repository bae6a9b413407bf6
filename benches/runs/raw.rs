//! The raw loop: the transactions of a copy, its undo, an import or a change in place, prepared beforehand and sent as they are; and a raw
//! read.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, ReturnConsumedCapacity, TransactWriteItem, Update};
use tenantry::domain::key::EntityKey;
use tenantry::domain::publish::{NewState, PublishMode, PublishRows, Stamp, Ttls, build};
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Value};

use super::cpu;
use super::store::{row, sk};

fn value(value: &Value) -> AttributeValue {
    match value {
        Value::S(t) => AttributeValue::S(t.clone()),
        Value::N(n) => AttributeValue::N(n.as_str().to_owned()),
        Value::Bool(b) => AttributeValue::Bool(*b),
        Value::M(m) => AttributeValue::M(item(m)),
        Value::L(l) => AttributeValue::L(l.iter().map(self::value).collect()),
        _ => AttributeValue::Null(true),
    }
}

fn item(map: &Map) -> HashMap<String, AttributeValue> {
    map.iter().map(|(name, v)| (name.clone(), value(v))).collect()
}

/// Whether transactions rest on the content of the rows, as a run's do, or on their versions alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    Content,
    Version,
}

/// The condition that a row still has its version, and holds the fields that `counts` takes.
fn as_shown(
    row: &Row,
    rest: Rest,
    counts: impl Fn(&str) -> bool,
) -> (String, HashMap<String, String>, HashMap<String, AttributeValue>) {
    let mut condition = "#version = :version".to_owned();
    let mut names = HashMap::from([("#version".to_owned(), "version".to_owned())]);
    let mut values = HashMap::from([(":version".to_owned(), AttributeValue::N("1".to_owned()))]);
    if rest == Rest::Version {
        return (condition, names, values);
    }
    condition.push_str(" AND attribute_not_exists(#deleted)");
    names.insert("#deleted".to_owned(), "isDeleted".to_owned());
    for (i, (name, held)) in row.0.iter().filter(|(name, _)| counts(name)).enumerate() {
        condition.push_str(&format!(" AND #f{i} = :f{i}"));
        names.insert(format!("#f{i}"), name.clone());
        values.insert(format!(":f{i}"), value(held));
    }
    (condition, names, values)
}

fn stamp(source: &str) -> Stamp {
    Stamp {
        at: "2026-03-02T10:15:00+09:00".to_owned(),
        by: "operator-1".to_owned(),
        ip: None,
        request_id: "tenantry-01KAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        source: source.to_owned(),
    }
}

/// An entity's state in another tenant.
fn state_in(tenant: &str, sk: &str) -> NewState {
    let mut new = NewState::of(&row("PRODUCT#big", sk, sk));
    new.set("id", Value::s(format!("PRODUCT#{tenant}#{sk}")));
    new.set("tenantCode", Value::s(tenant));
    new
}

/// The same with the marks that a copy leaves in its attributes.
fn marked_in(tenant: &str, sk: &str) -> NewState {
    let mut new = state_in(tenant, sk);
    if let Some(Value::M(map)) = new.fields.get_mut("attributes") {
        map.insert("_migrated".to_owned(), Value::Bool(true));
        for (name, text) in [
            ("_sourceKey", format!("PRODUCT#big#{sk}")),
            ("_migratedFrom", format!("PRODUCT#big#{sk}")),
            ("_migratedAt", "2026-03-02T01:15:00.000Z".to_owned()),
            ("_migrationId", "01KAAAAAAAAAAAAAAAAAAAAAAA".to_owned()),
            ("_migratedBy", "operator-1".to_owned()),
        ] {
            map.insert(name.to_owned(), Value::s(text));
        }
        map.insert("_sourceVersion".to_owned(), Value::n(1));
    }
    new
}

/// The rows of an entity that is new to a tenant.
fn created(tenant: &str, sk: &str, new: &NewState, source: &str) -> PublishRows {
    let key = EntityKey::new(format!("PRODUCT#{tenant}"), sk);
    build(&key, None, new, PublishMode::Sync, &stamp(source), Ttls::default()).expect("rows")
}

fn put(kind: &str, row: &Row) -> PutBuilder {
    Put::builder().table_name(format!("dev-shop-product-{kind}")).set_item(Some(item(&row.0)))
}

fn built(put: PutBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().put(put.build().expect("a put")).build()
}

/// A row that must not be there yet.
fn put_new(kind: &str, row: &Row) -> TransactWriteItem {
    let put = put(kind, row).condition_expression("attribute_not_exists(#pk)");
    built(put.expression_attribute_names("#pk", "pk"))
}

/// A row over another, which must still be as it was.
fn put_over(before: &Row, row: &Row) -> TransactWriteItem {
    let (condition, names, values) = as_shown(before, Rest::Content, |name| !["pk", "sk", "version"].contains(&name));
    let put = put("data", row).condition_expression(condition).set_expression_attribute_names(Some(names));
    built(put.set_expression_attribute_values(Some(values)))
}

/// The transactions that a copy sends, prepared.
fn prepared(tenant: &str, items: Range<usize>, rest: Rest) -> Vec<Vec<TransactWriteItem>> {
    let one = |i: usize| {
        let sk = sk(i);
        let rows = created(tenant, &sk, &marked_in(tenant, &sk), "tenantry copy");
        let carried = ["code", "name", "seq", "attributes", "requestId"];
        let (condition, names, values) = as_shown(&row("PRODUCT#big", &sk, &sk), rest, |name| carried.contains(&name));
        let check = ConditionCheck::builder()
            .table_name("dev-shop-product-data")
            .key("pk", AttributeValue::S("PRODUCT#big".to_owned()))
            .key("sk", AttributeValue::S(sk))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values));
        let check = TransactWriteItem::builder().condition_check(check.build().expect("a check")).build();
        vec![put_new("command", &rows.command), put_new("data", rows.data.as_ref().expect("a data row")), check]
    };
    items.map(one).collect()
}

/// The transactions that an import sends, prepared: no entity of the tables is checked as its source.
fn prepared_import(tenant: &str, items: Range<usize>) -> Vec<Vec<TransactWriteItem>> {
    let one = |i: usize| {
        let sk = sk(i);
        let rows = created(tenant, &sk, &state_in(tenant, &sk), "tenantry import");
        vec![put_new("command", &rows.command), put_new("data", rows.data.as_ref().expect("a data row"))]
    };
    items.map(one).collect()
}

/// The transactions that the undo of such a copy sends, prepared: what it created is soft-deleted.
fn prepared_undo(tenant: &str, items: Range<usize>) -> Vec<Vec<TransactWriteItem>> {
    let one = |i: usize| {
        let sk = sk(i);
        let copied = created(tenant, &sk, &marked_in(tenant, &sk), "tenantry copy");
        let before = copied.data.expect("a data row");
        let mut new = NewState::of(&before);
        new.set("isDeleted", Value::Bool(true));
        let stamp = stamp("tenantry undo");
        let rows = build(&copied.key, Some(&before), &new, PublishMode::Sync, &stamp, Ttls::default()).expect("rows");
        vec![
            put_new("command", &rows.command),
            built(put("history", rows.history.as_ref().expect("a history row"))),
            put_over(&before, rows.data.as_ref().expect("a data row")),
        ]
    };
    items.map(one).collect()
}

/// The transactions that a change of attributes in place sends, prepared: a copy writes two rows, this four.
fn prepared_changes(items: usize) -> Vec<Vec<TransactWriteItem>> {
    let one = |i: usize| {
        let sk = sk(i);
        let before = row("PRODUCT#big", &sk, &sk);
        let mut new = NewState::of(&before);
        if let Some(Value::M(map)) = new.fields.get_mut("attributes") {
            map.insert("category".to_owned(), Value::s("uncategorized"));
        }
        let key = EntityKey::new("PRODUCT#big", &*sk);
        let stamp = stamp("tenantry transform");
        let rows = build(&key, Some(&before), &new, PublishMode::Sync, &stamp, Ttls::default()).expect("rows");
        let previous = Update::builder()
            .table_name("dev-shop-product-command")
            .key("pk", AttributeValue::S("PRODUCT#big".to_owned()))
            .key("sk", AttributeValue::S(format!("{sk}@1")))
            .update_expression("SET #ttl = :ttl")
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_values(":ttl", AttributeValue::Null(true));
        vec![
            put_new("command", &rows.command),
            TransactWriteItem::builder().update(previous.build().expect("an update")).build(),
            built(put("history", rows.history.as_ref().expect("a history row"))),
            put_over(&before, rows.data.as_ref().expect("a data row")),
        ]
    };
    (0..items).map(one).collect()
}

/// Items whose transactions are prepared together: some ten megabytes.
const PART: usize = 1_000;

/// Steps that write.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Writes {
    Copy,
    Undo,
    Import,
}

/// How long it takes to send the transactions of a step. They are prepared part by part, as those of a million items would not fit
/// into memory; preparing them does not count.
pub(crate) async fn raw_in_parts(
    client: &aws_sdk_dynamodb::Client,
    writes: Writes,
    tenant: &str,
    items: usize,
    concurrency: usize,
) -> Duration {
    let mut took = Duration::ZERO;
    for from in (0..items).step_by(PART) {
        let part = from..items.min(from + PART);
        let transactions = match writes {
            Writes::Copy => prepared(tenant, part, Rest::Content),
            Writes::Undo => prepared_undo(tenant, part),
            Writes::Import => prepared_import(tenant, part),
        };
        took += send(client, &format!("{writes:?}-{from}"), transactions, concurrency).await.0;
    }
    took
}

/// How long a change of so many entities in place takes.
pub(crate) async fn raw_changes(client: &aws_sdk_dynamodb::Client, items: usize, concurrency: usize) -> Duration {
    send(client, "changes", prepared_changes(items), concurrency).await.0
}

/// How long it takes, and the processor seconds of this process.
pub(crate) async fn raw(
    client: &aws_sdk_dynamodb::Client,
    tenant: &str,
    items: usize,
    concurrency: usize,
    rest: Rest,
) -> (Duration, f64) {
    send(client, tenant, prepared(tenant, 0..items, rest), concurrency).await
}

async fn send(
    client: &aws_sdk_dynamodb::Client,
    tenant: &str,
    transactions: Vec<Vec<TransactWriteItem>>,
    concurrency: usize,
) -> (Duration, f64) {
    let items = transactions.len();
    let (next, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(transactions)));
    let (began, used) = (Instant::now(), cpu());
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..concurrency {
        let (client, next, all, tenant) = (client.clone(), Arc::clone(&next), Arc::clone(&all), tenant.to_owned());
        workers.spawn(async move {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= items {
                    return;
                }
                let transaction = std::mem::take(&mut all.lock().expect("a lock")[i]);
                client
                    .transact_write_items()
                    .set_transact_items(Some(transaction))
                    .client_request_token(format!("{tenant}-{i}"))
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .expect("a commit");
            }
        });
    }
    while workers.join_next().await.is_some() {}
    (began.elapsed(), cpu() - used)
}

pub(crate) async fn client(endpoint: &str) -> aws_sdk_dynamodb::Client {
    let credentials = aws_sdk_dynamodb::config::Credentials::new("sandbox", "sandbox", None, None, "bench");
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("ap-northeast-1"))
        .credentials_provider(credentials)
        .load()
        .await;
    aws_sdk_dynamodb::Client::from_conf(
        aws_sdk_dynamodb::config::Builder::from(&config)
            .endpoint_url(endpoint)
            .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
            .build(),
    )
}

/// Reads a partition of the data table to its end.
pub(crate) async fn read_partition(client: &aws_sdk_dynamodb::Client, pk: &str) -> usize {
    read_table(client, "dev-shop-product-data", pk).await
}

/// Reads a partition of a table, page by page; gives back its rows.
pub(crate) async fn read_table(client: &aws_sdk_dynamodb::Client, table: &str, pk: &str) -> usize {
    let (mut start, mut rows) = (None, 0);
    loop {
        let ask = client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .set_exclusive_start_key(start);
        let page = ask.send().await.expect("an answer");
        rows += page.items().len();
        match page.last_evaluated_key {
            Some(key) => start = Some(key),
            None => return rows,
        }
    }
}
