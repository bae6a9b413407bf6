//! Plan files, and what counts as unchanged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tenantry::domain::digest::STAMPS;
use tenantry::domain::key::split_versioned;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Value};

use super::Stack;

/// A plan file of `PRODUCT`.
pub struct Plan {
    dir: tempfile::TempDir,
    path: String,
    operation: &'static str,
    source: Vec<String>,
    target: Vec<String>,
    run: Vec<String>,
}

impl Plan {
    pub fn new(operation: &'static str, from: &str, to: &str) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("plan.toml").to_str().unwrap().to_owned();
        let plan = Self {
            dir,
            path,
            operation,
            source: vec!["type = \"PRODUCT\"".to_owned(), format!("tenant = \"{from}\"")],
            target: vec![format!("tenant = \"{to}\"")],
            run: Vec::new(),
        };
        plan.write();
        plan
    }

    pub fn copy(from: &str, to: &str) -> Self {
        Self::new("copy", from, to)
    }

    /// With another key, in the table that it belongs to.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        let table = match key {
            "sk_prefix" | "keys" | "deleted" => &mut self.source,
            "existing" => &mut self.target,
            _ => &mut self.run,
        };
        table.push(format!("{key} = {value}"));
        self.write();
        self
    }

    fn write(&self) {
        let text = format!(
            "name = \"products\"\noperation = \"{}\"\nmodule = \"product\"\n[source]\n{}\n[target]\n{}\n[run]\n{}\n",
            self.operation,
            self.source.join("\n"),
            self.target.join("\n"),
            self.run.join("\n")
        );
        std::fs::write(PathBuf::from(&self.path), text).unwrap();
    }

    /// As the engine takes it.
    pub fn model(&self) -> Box<tenantry::domain::plan::Plan> {
        let text = std::fs::read_to_string(self.path()).unwrap();
        Box::new(tenantry::config::plan::parse(self.path().as_ref(), &text).unwrap())
    }

    pub fn path(&self) -> &str {
        assert!(self.dir.path().exists());
        &self.path
    }
}

/// Fields that a run and its undo may leave changed.
const BOOKKEEPING: [&str; 8] = ["version", "requestId", "updatedAt", "updatedBy", "updatedIp", "ttl", "cpk", "csk"];

fn business(row: &Row) -> Map {
    row.0
        .iter()
        .filter(|(name, _)| !BOOKKEEPING.contains(&name.as_str()))
        .map(|(name, value)| match value {
            Value::M(map) if name == "attributes" => {
                let own = map.iter().filter(|(n, _)| !STAMPS.contains(&n.as_str()));
                (name.clone(), Value::M(own.map(|(n, v)| (n.clone(), v.clone())).collect()))
            }
            other => (name.clone(), other.clone()),
        })
        .collect()
}

fn keyed(rows: &[Row]) -> BTreeMap<(String, String), &Row> {
    rows.iter().map(|r| ((r.text("pk").unwrap().to_owned(), r.text("sk").unwrap().to_owned()), r)).collect()
}

/// Whether every entity is as it was before a run and its undo: live data rows hold the same, versions only rose, entities that
/// were not there are soft-deleted, and no other row changed.
pub fn as_before(before: &BTreeMap<String, Vec<Row>>, after: &BTreeMap<String, Vec<Row>>) {
    let mut touched: BTreeSet<(String, String)> = BTreeSet::new();
    for (table, rows) in before.iter().filter(|(t, _)| t.ends_with("-data")) {
        let (old, new) = (keyed(rows), keyed(&after[table]));
        for (key, row) in &new {
            let Some(was) = old.get(key) else {
                assert!(row.is_deleted(), "{table} {key:?} was not there and is live");
                touched.insert(key.clone());
                continue;
            };
            let versions = (was.version().unwrap(), row.version().unwrap());
            assert!(versions.1 >= versions.0, "{table} {key:?}");
            if versions.0 == versions.1 {
                assert_eq!(was, row, "{table} {key:?}");
                continue;
            }
            touched.insert(key.clone());
            let inline = |row: &Row| row.attributes_ref().is_none();
            if inline(was) && inline(row) {
                assert_eq!(business(was), business(row), "{table} {key:?}");
            }
        }
        assert!(old.keys().all(|key| new.contains_key(key)), "{table} lost a row");
    }
    for (table, rows) in before.iter().filter(|(t, _)| !t.ends_with("-data")) {
        let (old, new) = (keyed(rows), keyed(&after[table]));
        for (key, row) in &old {
            let now = new.get(key).unwrap_or_else(|| panic!("{table} lost {key:?}"));
            // Only the expiry of a previous command may change.
            let without_ttl = |row: &Row| {
                row.0.iter().filter(|(n, _)| *n != "ttl").map(|(n, v)| (n.clone(), v.clone())).collect::<Map>()
            };
            assert_eq!(without_ttl(row), without_ttl(now), "{table} {key:?}");
        }
        for key in new.keys().filter(|key| !old.contains_key(*key)) {
            let base = split_versioned(&key.1).map_or(key.1.as_str(), |(base, _)| base);
            assert!(touched.contains(&(key.0.clone(), base.to_owned())), "{table} got {key:?}");
        }
    }
}

/// A plain entity at version 1: its data row and its command row.
pub fn rows(tenant: &str, n: usize) -> (Row, Row) {
    let (pk, sk) = (format!("PRODUCT#{tenant}"), format!("I-{n:04}"));
    let row = |stored: &str| {
        let text = |name: &str, value: &str| (name.to_owned(), Value::s(value));
        Row(Map::from([
            text("pk", &pk),
            text("sk", stored),
            text("id", &format!("{pk}#{sk}")),
            text("code", &sk),
            text("name", "item"),
            text("tenantCode", tenant),
            text("type", "PRODUCT"),
            ("version".to_owned(), Value::n(1)),
            ("attributes".to_owned(), Value::M(Map::from([("n".to_owned(), Value::n(n as u64))]))),
        ]))
    };
    let mut command = row(&format!("{sk}@1"));
    command.0.insert("status".to_owned(), Value::s("finish:FINISHED"));
    (row(&sk), command)
}

/// So many plain entities of a tenant, with their command rows.
pub async fn fill(stack: &Stack, tenant: &str, count: usize) {
    for n in 0..count {
        let (data, command) = rows(tenant, n);
        stack.put("dev-shop-product-data", &data).await;
        stack.put("dev-shop-product-command", &command).await;
    }
}

/// Whether the framework's own rules accept the next publish of every entity of a partition: the command row of the data row's
/// version is there and complete, none stands above it, and the data row points to it.
pub fn accepts_next_publish(dump: &BTreeMap<String, Vec<Row>>, module: &str, pk: &str) -> usize {
    let commands = keyed(&dump[&format!("dev-shop-{module}-command")]);
    let mut checked = 0;
    for data in dump[&format!("dev-shop-{module}-data")].iter().filter(|r| r.text("pk") == Some(pk)) {
        let (sk, version) = (data.text("sk").unwrap(), data.version().unwrap());
        let at = |v: u64| commands.get(&(pk.to_owned(), format!("{sk}@{v}")));
        let command = at(version.0).unwrap_or_else(|| panic!("{sk}@{version} is missing"));
        assert_eq!(command.version(), Ok(version), "{sk}");
        assert_eq!(command.text("status"), Some("finish:FINISHED"), "{sk}");
        assert!(at(version.0 + 1).is_none(), "a command stands above {sk}@{version}");
        assert_eq!((data.text("cpk"), data.text("id")), (Some(pk), Some(format!("{pk}#{sk}").as_str())));
        let csk = data.text("csk").unwrap();
        assert!(csk == sk || csk == format!("{sk}@{version}"), "{csk}");
        assert_eq!(data.get("attributes").is_some(), command.get("attributes").is_some(), "{sk}");
        checked += 1;
    }
    checked
}
