//! Rows that the real framework wrote.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::item_from_ddb_json;

pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden").join(name)
}

pub fn row(json: &Json) -> Row {
    Row(item_from_ddb_json(json).unwrap())
}

/// Rows by table.
pub fn tables() -> BTreeMap<String, Vec<Row>> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(path("tables")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let rows = text.lines().map(|line| row(&serde_json::from_str(line).unwrap())).collect();
        out.insert(name, rows);
    }
    out
}

/// S3 objects: key and body.
pub fn objects() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path("s3-objects.jsonl")).unwrap();
    let one = |line: &str| {
        let json: Json = serde_json::from_str(line).unwrap();
        (json["key"].as_str().unwrap().to_owned(), json["body"].as_str().unwrap().to_owned())
    };
    text.lines().map(one).collect()
}
