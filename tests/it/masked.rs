//! Masked copies hold nothing of what was planted, in no file, and open as the original does.

use std::path::Path;

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Value};

use crate::support::pool::Pool;
use crate::support::program::{Printed, binary, json_lines};
use crate::support::{Program, Stack};

/// What every planted string begins with.
const PLANTED: &str = "canary";
/// Entities, each in a partition of its own.
const ENTITIES: usize = 40;
const USERS: usize = 20;

/// Gives out strings that nothing else holds.
#[derive(Default)]
struct Planting(Vec<String>);

impl Planting {
    fn next(&mut self) -> String {
        let text = format!("{PLANTED}{:04}", self.0.len());
        self.0.push(text.clone());
        text
    }

    fn value(&mut self) -> Value {
        Value::S(self.next())
    }
}

fn map(fields: Vec<(&str, Value)>) -> Map {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn attributes(p: &mut Planting) -> Map {
    map(vec![
        ("note", Value::S(format!("to {} and {}", p.next(), p.next()))),
        ("address", Value::M(map(vec![("city", p.value()), ("lines", Value::L(vec![p.value(), p.value()]))]))),
        ("tags", Value::Ss([p.next(), p.next()].into())),
        ("contacts", Value::L(vec![Value::M(map(vec![("email", Value::S(format!("{}@{}", p.next(), p.next())))]))])),
        ("price", Value::n(7)),
    ])
}

/// Who did it, when and for what.
fn request(p: &mut Planting) -> Vec<(&'static str, Value)> {
    vec![
        ("createdBy", p.value()),
        ("createdIp", p.value()),
        ("updatedBy", p.value()),
        ("requestId", p.value()),
        ("createdAt", Value::s("2026-03-10T00:00:00+09:00")),
    ]
}

/// Rows of an entity in all three tables, its attributes in S3 where `in_s3` says so; and the keys of the object.
async fn plant(stack: &Stack, p: &mut Planting, n: usize) {
    let (tenant, month, sk) = (p.next(), p.next(), p.next());
    let (pk, code, name) = (format!("PRODUCT#{tenant}#{month}"), p.next(), p.next());
    let base = format!("ITEM#{sk}");
    let fields = |stored: &str, version: u64| {
        map(vec![
            ("pk", Value::s(&*pk)),
            ("sk", Value::s(stored)),
            ("id", Value::S(format!("{pk}#{base}"))),
            ("code", Value::s(&*code)),
            ("name", Value::s(&*name)),
            ("tenantCode", Value::s(&*tenant)),
            ("type", Value::s("PRODUCT")),
            ("version", Value::n(version)),
            ("cpk", Value::s(&*pk)),
            ("csk", Value::s(&*base)),
        ])
    };
    for (kind, stored, version) in
        [("data", base.clone(), 2), ("history", format!("{base}@1"), 1), ("command", format!("{base}@2"), 2)]
    {
        let mut row = fields(&stored, version);
        row.extend(map(request(p)));
        if kind == "command" {
            row.extend(map(vec![
                ("source", p.value()),
                ("taskToken", p.value()),
                ("status", Value::s("finish:FINISHED")),
                ("metadata", Value::M(map(vec![("by", p.value())]))),
            ]));
        }
        let table = format!("dev-shop-product-{kind}");
        let mut own = attributes(p);
        own.insert("seen".to_owned(), Value::S(format!("PRODUCT#{tenant}#{month}#{base}")));
        let value = if n.is_multiple_of(4) {
            let key = format!("ddb/{table}/{pk}/{stored}/{}.json", p.next());
            stack.put_object(&key, &tenantry::domain::value::to_plain_json(&Value::M(without_sets(own)))).await;
            Value::S(format!("s3://{}/{key}", p.next()))
        } else {
            Value::M(own)
        };
        row.insert("attributes".to_owned(), value);
        stack.put(&table, &Row(row)).await;
    }
}

/// What JSON can hold.
fn without_sets(map: Map) -> Map {
    map.into_iter()
        .map(|(name, value)| match value {
            Value::Ss(set) => (name, Value::L(set.into_iter().map(Value::S).collect())),
            other => (name, other),
        })
        .collect()
}

/// Names and contents of all files below a directory.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut todo = vec![dir.to_path_buf()];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            out.push((path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()));
        }
    }
    out
}

/// Each of the strings that stands in a file or in its name.
fn found<'p>(dir: &Path, planted: &'p [String]) -> Vec<&'p String> {
    let mut text = String::new();
    for (name, bytes) in files(dir) {
        text.push_str(&name.to_lowercase());
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&bytes).to_lowercase());
    }
    planted.iter().filter(|one| text.contains(one.as_str())).collect()
}

async fn opened(dir: &Path, args: &[&str]) -> Printed {
    let mut command = binary();
    command.args(["--json", "--sandbox", "--data", dir.to_str().unwrap()]).args(args);
    json_lines(command).await
}

#[tokio::test]
async fn a_masked_copy_holds_none_of_a_thousand_planted_strings() {
    let stack = Stack::with(|profile| profile.attribute_limit_bytes = 64).await;
    let pool = Pool::empty(&stack).await;
    let program = pool.program(&stack);
    let mut p = Planting::default();
    for n in 0..ENTITIES {
        plant(&stack, &mut p, n).await;
    }
    for _ in 0..USERS {
        let roles = format!(r#"[{{"tenant":"{}","role":"{}"}}]"#, p.next(), p.next());
        let fields =
            [("email", format!("{}@{}", p.next(), p.next())), ("custom:tenant", p.next()), ("custom:roles", roles)];
        let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
        pool.add(&p.next(), &fields).await;
    }
    let planted = p.0;
    assert!(planted.len() >= 1_000, "{}", planted.len());
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let plain = program.json(&["snapshot", "--to", at("plain").to_str().unwrap(), "--users"]).await;
    assert_eq!(plain.code, 0, "{}", plain.stdout);
    assert_eq!(
        found(&at("plain"), &planted).len(),
        planted.len(),
        "what is not masked is there, or nothing could be missed"
    );
    let named = "redact = [\"metadata\", \"taskToken\", \"attributes.note\", \"attributes.address\"]\n\
                 pseudonym = [\"keys\", \"name\", \"createdBy\", \"createdIp\", \"updatedBy\", \"requestId\", \"source\", \"users\", \
                 \"attributes.tags\", \"attributes.contacts\"]\n";
    let (mut counts, mut whole) = (Vec::new(), Vec::new());
    for (name, mask) in [
        ("named", named),
        ("rest", "rest = \"pseudonym\"\n"),
        ("redacted", "rest = \"redact\"\npseudonym = [\"users\"]\n"),
    ] {
        let file = at(&format!("{name}.toml"));
        std::fs::write(&file, mask).unwrap();
        let args = ["snapshot", "--users", "--mask", file.to_str().unwrap(), "--to"];
        let taken = program.json(&[&args[..], &[at(name).to_str().unwrap()]].concat()).await;
        assert_eq!((taken.code, taken.events("unmasked").len()), (0, 0), "{}{}", taken.stdout, taken.stderr);
        assert_eq!(found(&at(name), &planted), Vec::<&String>::new(), "{name}");
        assert!(files(&at(name)).len() > ENTITIES / 4, "{name}");
        // It opens, and every row is in its place.
        let tenants = opened(&at(name), &["tenants"]).await;
        let pk = tenants.events("tenant")[0]["pk"].as_str().unwrap().to_owned();
        let entities = opened(&at(name), &["entities", &pk, "--rows"]).await;
        let entity = entities.events("entity")[0].clone();
        let history = opened(&at(name), &["history", &pk, entity["sk"].as_str().unwrap(), "--rows"]).await;
        let versions = history.events("version");
        assert_eq!(
            versions.iter().map(|v| v["version"].as_u64().unwrap()).collect::<Vec<_>>(),
            [1, 2],
            "{}",
            history.stdout
        );
        assert!(
            versions.iter().all(|v| v["problem"].is_null() && v["row"]["attributes"]["M"].is_object()),
            "{}",
            history.stdout
        );
        if name != "redacted" {
            // A reference leads to the entity that it led to.
            let row = &entity["row"];
            assert_eq!(row["attributes"]["M"]["seen"]["S"], row["id"]["S"], "{row}");
        }
        counts.push(tenants.events("tenant").len());
        whole.push(row_counts(&at(name)));
    }
    assert_eq!((counts, whole), (vec![ENTITIES; 3], vec![row_counts(&at("plain")); 3]));
    // The key is gone: another copy has other names.
    let again = at("again");
    let file = at("named.toml");
    program.json(&["snapshot", "--mask", file.to_str().unwrap(), "--to", again.to_str().unwrap()]).await;
    let first = |dir: Printed| dir.events("tenant").iter().map(|t| t["pk"].to_string()).collect::<Vec<_>>();
    let (one, other) = (
        first(opened(&at("named"), &["tenants", "--keys"]).await),
        first(opened(&again, &["tenants", "--keys"]).await),
    );
    assert!(one.len() == other.len() && one.iter().all(|pk| !other.contains(pk)), "{one:?} {other:?}");
}

fn row_counts(dir: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(dir.join("manifest.json")).unwrap();
    let manifest: Json = serde_json::from_str(&text).unwrap();
    ["data", "command", "history", "objects", "users"].map(|what| manifest[what].clone()).to_vec()
}

#[tokio::test]
async fn texts_that_no_rule_names_are_listed_before_anything_is_written() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    plant(&stack, &mut Planting::default(), 1).await;
    let dir = tempfile::tempdir().unwrap();
    let mask = dir.path().join("mask.toml");
    std::fs::write(
        &mask,
        "pseudonym = [\"keys\", \"attributes.adress\"]\nkeep = [\"name\"]\n[[transform]]\nremove = [\"note\"]\n",
    )
    .unwrap();
    let (mask, to) = (mask.to_str().unwrap(), dir.path().join("copy"));
    let checked = program.json(&["snapshot", "--mask", mask, "--check"]).await;
    assert_eq!((checked.code, checked.end()["to"].as_str(), to.exists()), (3, None, false), "{}", checked.stdout);
    let listed: Vec<(&str, u64)> = checked
        .events("unmasked")
        .iter()
        .map(|line| (line["path"].as_str().unwrap(), line["values"].as_u64().unwrap()))
        .collect();
    let expected = [
        ("attributes.address.city", 3),
        ("attributes.address.lines", 6),
        ("attributes.contacts.email", 3),
        ("attributes.tags", 3),
        ("createdBy", 3),
        ("createdIp", 3),
        ("metadata.by", 1),
        ("requestId", 3),
        ("source", 1),
        ("taskToken", 1),
        ("updatedBy", 3),
    ];
    assert_eq!(listed, expected, "{}", checked.stdout);
    assert!(checked.stderr.contains("attributes.adress"), "a place that nothing had is told: {}", checked.stderr);
    // For people the same in a table, and the copy itself is taken all the same.
    let (code, stdout, _) = program.text(&["snapshot", "--mask", mask, "--to", to.to_str().unwrap()]).await;
    assert!(code == 0 && to.exists() && stdout.contains("attributes.contacts.email"), "{stdout}");
    for (text, code) in [("pseudonym = [\"keys\"", 1), ("pseudonim = []", 1), ("keep = [\"name\"]", 1)] {
        std::fs::write(mask, text).unwrap();
        let refused = program.json(&["snapshot", "--mask", mask, "--check"]).await;
        assert_eq!((refused.code, &refused.events("error")[0]["code"]), (code, &"config".into()), "{text}");
    }
    assert_eq!(program.json(&["snapshot", "--check"]).await.code, 2);
}
