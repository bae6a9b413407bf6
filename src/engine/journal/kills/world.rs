//! The services, the rows that are copied, and what is left of them in the end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::config::{Endpoints, Profile};
use crate::domain::digest::without_stamps;
use crate::domain::key::PartitionKey;
use crate::domain::row::{Row, TableKind};
use crate::domain::run::RunId;
use crate::domain::value::{Map, Value, from_plain_json, to_plain_json};
use crate::sandbox::{BUCKET, Options, Sandbox, TableOptions, to_item};
use crate::store::{Query, ReadStore, connect};

const MODULE: &str = "product";
const KINDS: [TableKind; 3] = [TableKind::Data, TableKind::History, TableKind::Command];
/// Attributes of this many bytes go to S3.
const LIMIT: usize = 400;
/// Fields that say when: taken out before comparing.
const TIMES: [&str; 6] = ["createdAt", "updatedAt", "ttl", "_migratedAt", "_deletedAt", "_restoredAt"];

/// Two tenants.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) from: String,
    pub(super) to: String,
}

pub(super) struct World {
    dir: TempDir,
    sandbox: Sandbox,
}

/// A profile that leads to services.
pub(super) fn profile(dynamodb: &str, s3: &str) -> Profile {
    let mut profile = Profile::new("test", "dev", "shop");
    profile.region = Some("ap-northeast-1".to_owned());
    profile.credentials = Some(("sandbox".to_owned(), "sandbox".to_owned()));
    profile.account = Some("000000000000".to_owned());
    profile.bucket = Some(BUCKET.to_owned());
    profile.attribute_limit_bytes = LIMIT;
    profile.endpoints = Endpoints { dynamodb: Some(dynamodb.to_owned()), s3: Some(s3.to_owned()), cognito: None };
    profile
}

fn table(module: &str, kind: TableKind) -> String {
    format!("dev-shop-{module}-{}", kind.as_str())
}

impl World {
    pub(super) fn start() -> Self {
        Self::with(None)
    }

    /// With a stand-in for the application's pipeline, which goes on while a run is dead.
    pub(super) fn with_pipeline() -> Self {
        Self::with(Some(Duration::from_millis(5)))
    }

    fn with(pipeline: Option<Duration>) -> Self {
        let dir = TempDir::new().unwrap();
        let data = Some(dir.path().to_path_buf());
        let sandbox = Sandbox::start(Options { data, pipeline, ..Options::default() }).unwrap();
        for module in [MODULE, "master"] {
            for kind in KINDS {
                let stream = pipeline.is_some() && kind == TableKind::Command;
                sandbox.tables().create(&table(module, kind), TableOptions { stream, ttl: false }).unwrap();
            }
        }
        Self { dir, sandbox }
    }

    pub(super) fn profile(&self) -> Profile {
        profile(&self.sandbox.endpoints().dynamodb, &self.sandbox.endpoints().s3)
    }

    /// Two tenants that nobody used so far: twelve products of one, and another of the same key as the third in the other.
    pub(super) fn load(&self, n: u64) -> Place {
        let place = Place { from: format!("from{n:05}"), to: format!("into{n:05}") };
        let mut rows: [Vec<Row>; 3] = Default::default();
        for i in 1..=12 {
            self.entity(&mut rows, &place.from, i, 1 + i % 3);
        }
        self.entity(&mut rows, &place.to, 3, 2);
        for (kind, rows) in KINDS.into_iter().zip(rows) {
            let items = rows.into_iter().map(to_item).collect();
            self.sandbox.tables().load(&table(MODULE, kind), items).unwrap();
        }
        place
    }

    /// All versions of an entity. The fifth and the tenth are long enough for S3; the eleventh is deleted.
    fn entity(&self, [data, history, command]: &mut [Vec<Row>; 3], tenant: &str, i: u64, versions: u64) {
        let (pk, base) = (format!("PRODUCT#{tenant}"), format!("P-{i:02}"));
        for version in 1..=versions {
            let long = if i.is_multiple_of(5) { "x".repeat(LIMIT) } else { String::new() };
            let attributes = format!(r#"{{"price":{version}{i:02},"tags":["a","b"],"note":"{long}"}}"#);
            let row = |kind: TableKind, sk: &str| {
                let json = format!(
                    r#"{{"pk":"{pk}","sk":"{sk}","id":"{pk}#{base}","code":"{base}","name":"{base} v{version}","type":"PRODUCT",
                        "tenantCode":"{tenant}","version":{version},"createdAt":"2026-03-02T10:15:00+09:00","createdBy":"u-1",
                        "updatedAt":"2026-03-02T10:15:00+09:00","updatedBy":"u-1","requestId":"req-{version}","ttl":null,
                        "cpk":"{pk}","csk":"{base}","isDeleted":{},"attributes":{attributes}}}"#,
                    i == 11
                );
                let row = Row(from_plain_json(&json).unwrap().as_map().unwrap().clone());
                if long.is_empty() {
                    return row;
                }
                let key = format!("ddb/{}/{pk}/{sk}/loaded-{version}.json", table(MODULE, kind));
                self.sandbox.objects().put(&key, attributes.as_bytes()).unwrap();
                row.with_attributes(Value::s(format!("s3://{BUCKET}/{key}")))
            };
            let mut published = row(TableKind::Command, &format!("{base}@{version}"));
            published.0.insert("status".to_owned(), Value::s("finish:FINISHED"));
            published.0.insert("syncMode".to_owned(), Value::s("SYNC"));
            command.push(published);
            if version == versions {
                data.push(row(TableKind::Data, &base));
            } else {
                history.push(row(TableKind::History, &format!("{base}@{version}")));
            }
        }
    }

    /// Every row of the two tenants and the place of every object, without what differs from run to run.
    pub(super) async fn left(&self, place: &Place, runs: &[RunId]) -> Vec<String> {
        let names = Names { place, runs };
        let store = connect(&self.profile()).await.store;
        let mut left = Vec::new();
        for kind in KINDS {
            for tenant in [&place.from, &place.to] {
                for row in rows(&store, kind, tenant).await {
                    let map = row.0.iter().map(|(name, value)| (name.clone(), self.plain(name, value, &names)));
                    left.push(format!("{kind:?} {}", to_plain_json(&Value::M(map.collect()))));
                }
            }
        }
        for kind in KINDS {
            for tenant in [&place.from, &place.to] {
                let dir = format!("ddb/{}/PRODUCT#{tenant}", table(MODULE, kind));
                let under = self.dir.path().join("s3").join(BUCKET).join(&dir);
                left.extend(files(&under).into_iter().map(|sk| names.plain(&format!("object {dir}/{sk}"))));
            }
        }
        left
    }

    /// Waits until the pipeline is through with every command of the target.
    pub(super) async fn settled(&self, place: &Place) {
        let store = connect(&self.profile()).await.store;
        for _ in 0..600 {
            let commands = rows(&store, TableKind::Command, &place.to).await;
            if commands.iter().all(|row| row.text("status") == Some("finish:FINISHED")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the pipeline does not come to its end");
    }

    /// Live entities of the two tenants, as the application sees them, without the fields that a run may leave changed.
    pub(super) async fn live(&self, place: &Place) -> Vec<String> {
        let store = connect(&self.profile()).await.store;
        let mut live = Vec::new();
        for tenant in [&place.from, &place.to] {
            for row in rows(&store, TableKind::Data, tenant).await.iter().filter(|row| !row.is_deleted()) {
                let mut map = without_stamps(&store.resolve(row).await.unwrap());
                map.shift_remove("version");
                live.push(to_plain_json(&Value::M(map)));
            }
        }
        live
    }

    fn plain(&self, name: &str, value: &Value, names: &Names<'_>) -> Value {
        match value {
            Value::Null => Value::Null,
            _ if TIMES.contains(&name) => Value::s("TIME"),
            Value::S(text) => match text.strip_prefix(&format!("s3://{BUCKET}/")).filter(|_| name == "attributes") {
                // With what the object holds: a reference to none is what must never be.
                Some(key) => {
                    let body = self.sandbox.objects().get(key).unwrap().unwrap_or_else(|| panic!("{key} is gone"));
                    let body = from_plain_json(&String::from_utf8(body).unwrap()).unwrap();
                    let place = key.rsplit_once('/').unwrap().0;
                    Value::L(vec![Value::s(names.plain(place)), self.plain("", &body, names)])
                }
                None => Value::s(names.plain(text)),
            },
            Value::M(map) => Value::M(map.iter().map(|(n, v)| (n.clone(), self.plain(n, v, names))).collect::<Map>()),
            Value::L(list) => Value::L(list.iter().map(|v| self.plain("", v, names)).collect()),
            other => other.clone(),
        }
    }
}

struct Names<'a> {
    place: &'a Place,
    runs: &'a [RunId],
}

impl Names<'_> {
    fn plain(&self, text: &str) -> String {
        let tenants = text.replace(&self.place.from, "FROM").replace(&self.place.to, "INTO");
        self.runs.iter().enumerate().fold(tenants, |text, (i, run)| text.replace(&run.to_string(), &format!("RUN{i}")))
    }
}

async fn rows(store: &ReadStore, kind: TableKind, tenant: &str) -> Vec<Row> {
    let pk = PartitionKey::new(format!("PRODUCT#{tenant}"));
    let ask =
        Query { module: MODULE, kind, pk: &pk, prefix: "", after: None, limit: None, fields: &[], consistent: true };
    let page = store.query(&ask).await.unwrap();
    assert_eq!(page.next, None);
    page.rows
}

/// The directory of each file below a directory, relative to it: names of objects differ from run to run.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo: Vec<PathBuf> = vec![dir.to_path_buf()];
    while let Some(at) = todo.pop() {
        for entry in std::fs::read_dir(&at).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                found.push(at.strip_prefix(dir).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}
