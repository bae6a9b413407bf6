//! Tenants with many products, and what a run left of them.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use serde_json::Value as Json;
use tenantry::domain::key::PartitionKey;
use tenantry::domain::row::{Row, TableKind};
use tenantry::domain::value::{Map, Value, from_plain_json, to_plain_json};
use tenantry::store::Query;

use super::program::Printed;
use super::stack::{BUCKET, Stack, to_item};

const KINDS: [TableKind; 3] = [TableKind::Data, TableKind::History, TableKind::Command];
/// Fields that say when: taken out before comparing.
const TIMES: [&str; 6] = ["createdAt", "updatedAt", "ttl", "_migratedAt", "_deletedAt", "_restoredAt"];

/// The sort key of a product.
pub fn sk(i: usize) -> String {
    format!("P-{i:05}")
}

/// A row of a product as the framework leaves it after its first publish; `note` is an attribute.
pub fn product(tenant: &str, i: usize, note: &str) -> Row {
    let (pk, sk) = (format!("PRODUCT#{tenant}"), sk(i));
    let json = format!(
        r#"{{"pk":"{pk}","sk":"{sk}","id":"{pk}#{sk}","code":"{sk}","name":"n {i}","type":"PRODUCT","tenantCode":"{tenant}","version":1,
            "createdAt":"2026-03-02T10:15:00+09:00","createdBy":"u-1","updatedAt":"2026-03-02T10:15:00+09:00","updatedBy":"u-1",
            "requestId":"req-{i}","ttl":null,"cpk":"{pk}","csk":"{sk}","attributes":{{"price":{i},"note":"{note}"}}}}"#
    );
    Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())
}

impl Stack {
    /// Gives a tenant so many products, their command rows included; every tenth has a note of `long` bytes.
    pub async fn products(&self, tenant: &str, count: usize, long: usize) {
        let note = |i: usize| if i.is_multiple_of(10) { "x".repeat(long) } else { String::new() };
        let data: Vec<Row> = (0..count).map(|i| product(tenant, i, &note(i))).collect();
        let command = data.iter().map(|row| {
            let mut map = row.0.clone();
            map.insert("sk".to_owned(), Value::s(format!("{}@1", row.text("sk").unwrap())));
            map.insert("status".to_owned(), Value::s("finish:FINISHED"));
            map.insert("syncMode".to_owned(), Value::s("SYNC"));
            Row(map)
        });
        self.load("dev-shop-product-command", &command.collect::<Vec<_>>()).await;
        self.load("dev-shop-product-data", &data).await;
    }

    /// Puts rows, many at a time.
    pub async fn load(&self, table: &str, rows: &[Row]) {
        for rows in rows.chunks(25) {
            let put = |row: &Row| PutRequest::builder().set_item(Some(to_item(&row.0))).build().unwrap();
            let puts = rows.iter().map(|row| WriteRequest::builder().put_request(put(row)).build()).collect();
            let answer = self.ddb.batch_write_item().request_items(table, puts).send().await.unwrap();
            assert!(answer.unprocessed_items().is_none_or(|left| left.is_empty()));
        }
    }

    /// All rows of a tenant's products.
    pub async fn rows(&self, kind: TableKind, tenant: &str) -> Vec<Row> {
        let pk = PartitionKey::new(format!("PRODUCT#{tenant}"));
        let (mut rows, mut after) = (Vec::new(), None::<String>);
        loop {
            let after_sk = after.as_deref();
            let ask = Query {
                module: "product",
                kind,
                pk: &pk,
                prefix: "",
                after: after_sk,
                limit: None,
                fields: &[],
                consistent: true,
            };
            let page = self.store.query(&ask).await.unwrap();
            rows.extend(page.rows);
            match page.next {
                Some(next) => after = Some(next),
                None => return rows,
            }
        }
    }

    /// Every row of two tenants' products and the place of every S3 object, without what differs from run to run: the tenants'
    /// names, run ids, names of objects, times.
    pub async fn left(&self, from: &str, to: &str, runs: &[&str]) -> Vec<String> {
        let text = |text: &str| {
            let text = text.replace(&format!("#{from}"), "#FROM").replace(&format!("#{to}"), "#INTO");
            runs.iter().enumerate().fold(text, |text, (i, run)| text.replace(run, &format!("RUN{i}")))
        };
        let objects = self.objects_below("ddb/").await;
        let mut left = Vec::new();
        for kind in KINDS {
            for tenant in [from, to] {
                for row in self.rows(kind, tenant).await {
                    let mut row = plain("", &Value::M(row.0), &text, &objects);
                    if let Value::M(map) = &mut row {
                        map.shift_remove("tenantCode");
                    }
                    left.push(format!("{kind:?} {}", to_plain_json(&row)));
                }
            }
        }
        let ours = |key: &&String| [from, to].iter().any(|t| key.contains(&format!("/PRODUCT#{t}/")));
        let mut places: Vec<String> = objects.keys().filter(ours).map(|key| text(place(key))).collect();
        places.sort();
        left.extend(places);
        left
    }

    /// Keys and bodies of the objects below a prefix.
    pub async fn objects_below(&self, prefix: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut more = None;
        loop {
            let ask = self.s3.list_objects_v2().bucket(BUCKET).prefix(prefix).set_continuation_token(more);
            let page = ask.send().await.unwrap();
            for object in page.contents() {
                let key = object.key().unwrap();
                found.insert(key.to_owned(), self.object(key).await.unwrap());
            }
            more = page.next_continuation_token;
            if more.is_none() {
                return found;
            }
        }
    }
}

fn place(key: &str) -> &str {
    key.rsplit_once('/').unwrap().0
}

fn plain(name: &str, value: &Value, text: &dyn Fn(&str) -> String, objects: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Null => Value::Null,
        _ if TIMES.contains(&name) => Value::s("TIME"),
        Value::S(stored) => match stored.strip_prefix("s3://shop-private/").filter(|_| name == "attributes") {
            // With what the object holds: a reference to none is what must never be.
            Some(key) => {
                let body = objects.get(key).unwrap_or_else(|| panic!("{key} is gone"));
                let body = from_plain_json(body).unwrap();
                Value::L(vec![Value::s(text(place(key))), plain("", &body, text, objects)])
            }
            None => Value::s(text(stored)),
        },
        Value::M(map) => Value::M(map.iter().map(|(n, v)| (n.clone(), plain(n, v, text, objects))).collect::<Map>()),
        Value::L(list) => Value::L(list.iter().map(|v| plain("", v, text, objects)).collect()),
        other => other.clone(),
    }
}

/// How often each sort key was told with each outcome.
pub fn outcomes(items: &[&Json]) -> BTreeMap<(String, String), usize> {
    let mut told = BTreeMap::new();
    for item in items {
        let word = |name: &str| item[name].as_str().unwrap_or("none").to_owned();
        *told.entry((word("sk"), word("outcome"))).or_default() += 1;
    }
    told
}

/// Asserts that every product was told as done exactly once, and nothing else was told.
pub fn all_done_once(printed: &Printed, count: usize) {
    let told = outcomes(&printed.events("item"));
    let wanted = (0..count).map(|i| ((sk(i), "done".to_owned()), 1)).collect();
    assert_eq!(told, wanted, "{}", printed.stderr);
}
