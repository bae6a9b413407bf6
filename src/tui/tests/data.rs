//! Rows for the fake engine: those that the real framework wrote.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::domain::key::{EntityKey, Version, version_of};
use crate::domain::row::{Row, TableKind};
use crate::domain::timeline::EntityRows;
use crate::domain::value::{Value, from_plain_json, item_from_ddb_json};

/// The rows of every module, by table and keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Data {
    pub(crate) rows: BTreeMap<(String, TableKind, String, String), Arc<Row>>,
    objects: BTreeMap<String, Value>,
}

fn lines(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

impl Data {
    /// The golden rows.
    pub(crate) fn golden() -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden");
        let mut data = Self::default();
        for module in ["product", "order", "customer", "master"] {
            for kind in [TableKind::Data, TableKind::History, TableKind::Command] {
                for json in lines(&dir.join(format!("tables/dev-shop-{module}-{}.jsonl", kind.as_str()))) {
                    data.insert(module, kind, Row(item_from_ddb_json(&json).unwrap()));
                }
            }
        }
        for json in lines(&dir.join("s3-objects.jsonl")) {
            let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
            let body = if json["body"].is_string() { text("body") } else { json["body"].to_string() };
            data.objects.insert(format!("s3://{}/{}", text("bucket"), text("key")), from_plain_json(&body).unwrap());
        }
        data
    }

    pub(crate) fn insert(&mut self, module: &str, kind: TableKind, row: Row) {
        let key = (module.to_owned(), kind, row.pk().unwrap().to_owned(), row.sk().unwrap().to_owned());
        self.rows.insert(key, Arc::new(row));
    }

    /// A data row from plain JSON.
    pub(crate) fn add(&mut self, module: &str, json: &str) {
        self.insert(module, TableKind::Data, Row(from_plain_json(json).unwrap().as_map().unwrap().clone()));
    }

    /// The rows of a table in the order of their keys.
    pub(crate) fn table(&self, module: &str, kind: TableKind) -> impl Iterator<Item = &Arc<Row>> {
        self.from(module, kind, "", "").map(|(_, row)| row)
    }

    /// The rows of a table from a key on, with their keys.
    fn from(
        &self,
        module: &str,
        kind: TableKind,
        pk: &str,
        sk: &str,
    ) -> impl Iterator<Item = ((&String, &String), &Arc<Row>)> {
        let module = module.to_owned();
        let rows = self.rows.range((module.clone(), kind, pk.to_owned(), sk.to_owned())..);
        let rows = rows.take_while(move |((m, k, ..), _)| *m == module && *k == kind);
        rows.map(|((.., pk, sk), row)| ((pk, sk), row))
    }

    /// Every row of an entity.
    pub(crate) fn entity(&self, module: &str, key: &EntityKey) -> EntityRows {
        let of = |kind| {
            let (pk, base) = (key.pk.as_str(), key.sk.as_str());
            let rows = self.from(module, kind, pk, base).take_while(|((p, sk), _)| *p == pk && sk.starts_with(base));
            rows.filter_map(|((_, sk), row)| Some((version_of(&key.sk, sk)?, row.clone())))
                .collect::<BTreeMap<Version, _>>()
        };
        EntityRows {
            data: self.rows.get(&(module.to_owned(), TableKind::Data, key.pk.to_string(), key.sk.to_string())).cloned(),
            history: of(TableKind::History),
            commands: of(TableKind::Command),
            has_next: None,
        }
    }

    /// Loses every object in S3.
    pub(crate) fn lose_objects(&mut self) {
        self.objects.clear();
    }

    /// A row with its attributes from S3.
    pub(crate) fn resolve(&self, row: &Arc<Row>) -> Arc<Row> {
        match row.attributes_ref().and_then(|uri| self.objects.get(uri)) {
            Some(attributes) => Arc::new(row.with_attributes(attributes.clone())),
            None => row.clone(),
        }
    }
}
