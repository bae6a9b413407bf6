//! CSV files, out and in: the guide's columns, nothing lost, bad rows told with their line, runs like any other.

use std::path::PathBuf;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use tenantry::domain::publish::NewState;
use tenantry::domain::row::Row;
use tenantry::domain::value::{from_plain_json, to_plain_json};

use crate::support::many::product;
use crate::support::plan::{accepts_next_publish, as_before};
use crate::support::program::Printed;
use crate::support::proxy::{Fault, Proxy};
use crate::support::{Program, Stack};

const PRODUCTS: &str = "dev-shop-product-data";

/// A directory with a plan and what it names.
pub struct Dir(tempfile::TempDir);

impl Dir {
    pub fn new() -> Self {
        Self(tempfile::TempDir::new().unwrap())
    }

    pub fn at(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    pub fn import(&self, more: &str) -> String {
        let text = format!("name = \"in\"\noperation = \"import\"\n[import]\nrejects = \"rejects.csv\"\n{more}\n");
        std::fs::write(self.0.path().join("plan.toml"), text).unwrap();
        self.at("plan.toml")
    }

    pub fn file(&self, name: &str, text: &[u8]) -> String {
        std::fs::write(self.0.path().join(name), text).unwrap();
        self.at(name)
    }
}

/// (line, action, reason) of the items of a preview.
fn items(printed: &Printed) -> Vec<(u64, String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    let items = printed.events("item");
    items.iter().map(|i| (i["line"].as_u64().unwrap(), text(&i["action"]), text(&i["reason"]))).collect()
}

/// The states of a tenant's products, without what tells of tenant and publish.
async fn states(stack: &Stack, tenant: &str) -> Vec<(String, NewState)> {
    let dump = stack.dump().await;
    let own = |row: &&Row| row.text("pk") == Some(&format!("PRODUCT#{tenant}"));
    let state = |row: &Row| {
        let mut state = NewState::of(row);
        for name in ["id", "tenantCode"] {
            state.fields.shift_remove(name);
        }
        state
    };
    dump[PRODUCTS].iter().filter(own).map(|row| (row.text("sk").unwrap().to_owned(), state(row))).collect()
}

#[tokio::test]
async fn every_golden_product_comes_back_as_it_was() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let to = dir.at("out.csv");
    let export =
        program.json(&["export", "PRODUCT#acme", "--to", &to, "--deleted", "keep", "--target-tenant", "hooli"]).await;
    let rows = before[PRODUCTS].iter().filter(|row| row.text("pk") == Some("PRODUCT#acme")).count() as u64;
    assert_eq!((export.code, export.end()["rows"].as_u64()), (0, Some(rows)), "{}", export.stdout);
    let bytes = std::fs::read(&to).unwrap();
    let sha256: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!((export.end()["sha256"].as_str(), export.end()["to"].as_str()), (Some(&*sha256), Some(&*to)));
    let manifest: Json = serde_json::from_str(&dir.read("out.csv.manifest.json")).unwrap();
    assert_eq!((manifest["rows"].as_u64(), manifest["sha256"].as_str()), (Some(rows), Some(&*sha256)));
    assert!(
        bytes.starts_with(b"sourcePk,sourceSk,code,name,attributes,targetTenantCode,attributes_ddb,fields_ddb\r\n")
    );
    assert_eq!(stack.dump().await, before, "an export writes nothing");
    // Nothing is written over.
    let again = program.json(&["export", "PRODUCT#acme", "--to", &to]).await;
    assert!(again.code == 1 && again.stdout.contains("exists already"), "{}", again.stdout);
    assert_eq!(std::fs::read(&to).unwrap(), bytes);

    let plan = dir.import("[source]\ndeleted = \"keep\"");
    let printed = program.json(&["preview", &plan]).await;
    assert_eq!(
        (printed.code, printed.events("error")[0]["key"].as_str()),
        (1, Some("source.file")),
        "{}",
        printed.stdout
    );
    let unarmed = program.json(&["import", &to, &plan]).await;
    assert_eq!((unarmed.code, unarmed.end()["actions"]["create"].as_u64()), (4, Some(rows)), "{}", unarmed.stdout);
    assert_eq!(stack.dump().await, before, "a preview writes nothing");
    let digest = unarmed.end()["digest"].as_str().unwrap();
    let run = program.json(&["import", &to, &plan, "--arm", "--approve", "all", "--expect", digest]).await;
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (0, Some(rows)), "{}", run.stdout);
    let after = stack.dump().await;
    accepts_next_publish(&after, "product", "PRODUCT#hooli");
    let command = after["dev-shop-product-command"].iter().find(|r| r.text("pk") == Some("PRODUCT#hooli")).unwrap();
    assert_eq!(command.text("source"), Some("tenantry import"));
    // Once more, side by side with what the files hold: exported again, both tell the same.
    let second = dir.at("second.csv");
    let export = program.json(&["export", "PRODUCT#hooli", "--to", &second, "--deleted", "keep"]).await;
    assert_eq!(export.code, 0, "{}", export.stdout);
    assert_eq!(dir.read("second.csv").replace("hooli", "acme"), dir.read("out.csv").replace("hooli", "acme"));
    // And back.
    let id = run.end()["run"].as_str().unwrap();
    let verify = program.json(&["verify", id]).await;
    assert_eq!((verify.code, verify.events("finding").len()), (0, 0), "{}", verify.stdout);
    let undo = program.json(&["undo", id, "--arm", "--approve", "all"]).await;
    assert_eq!(undo.code, 0, "{}", undo.stdout);
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn the_guides_own_file_is_compared_mapped_and_fed_again() {
    let stack = Stack::golden().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let export = program
        .json(&["export", "PRODUCT#acme", "--to", &dir.at("out.csv"), "--plain", "--target-tenant", "hooli"])
        .await;
    let text = dir.read("out.csv");
    let header = "sourcePk,sourceSk,code,name,attributes,targetTenantCode\r\n";
    assert!(text.starts_with(header) && export.code == 0, "{text}");
    assert!(!text.contains("P-0002"), "soft-deleted ones are left out: {text}");
    // As the guide's code writes it: line feeds alone, and a byte order mark as spreadsheets add it.
    let file = dir.file("guide.csv", format!("\u{feff}{}", text.replace("\r\n", "\n")).as_bytes());
    let plan = dir.import("[target]\nexisting = \"merge\"");
    let run = program.json(&["import", &file, &plan, "--arm", "--approve", "all"]).await;
    assert_eq!(run.code, 0, "{}", run.stdout);
    let attributes = |state: &NewState| to_plain_json(&state.fields["attributes"]);
    let (from, to) = (states(&stack, "acme").await, states(&stack, "hooli").await);
    for (sk, state) in &to {
        let source = &from.iter().find(|(own, _)| own == sk).unwrap().1;
        if !attributes(source).contains("s3://") {
            assert_eq!(from_plain_json(&attributes(state)), from_plain_json(&attributes(source)), "{sk}");
        }
    }
    // A second time everything is equal; one changed field is one update, and what the file lacks stays.
    let again = program.json(&["import", &file, &plan, "--arm", "--approve", "all"]).await;
    assert_eq!(again.end()["actions"]["equal"].as_u64(), Some(to.len() as u64), "{}", again.stdout);
    let changed = dir.file(
        "changed.csv",
        b"targetTenantCode,attributes,sourceSk,sourcePk\nhooli,\"{\"\"colour\"\":\"\"red\"\"}\",P-0009,PRODUCT#acme\n",
    );
    let run = program.json(&["import", &changed, &plan, "--arm", "--approve", "all"]).await;
    assert_eq!((run.code, run.end()["actions"]["update"].as_u64()), (0, Some(1)), "{}", run.stdout);
    let history = program.json(&["history", "PRODUCT#hooli", "P-0009", "--rows"]).await;
    let rows: Vec<&Json> = history.events("version").iter().map(|v| &v["row"]).collect();
    let [first, second] = rows.as_slice() else { panic!("{}", history.stdout) };
    assert_eq!((&first["code"], &first["name"]), (&second["code"], &second["name"]), "no column, no change");
    let (old, new) = (first["attributes"]["M"].as_object().unwrap(), second["attributes"]["M"].as_object().unwrap());
    assert_eq!(new["colour"]["S"], "red");
    assert!(old.iter().all(|(name, value)| new[name] == *value) && new.len() == old.len() + 1);
}

#[tokio::test]
async fn bad_rows_stop_nothing_else_and_can_be_mended() {
    let stack = Stack::golden().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let mut text = b"sourcePk,sourceSk,code,name,attributes,targetTenantCode\r\n".to_vec();
    let rows: [&[u8]; 10] = [
        b"PRODUCT#x,A-1,A-1,\"two\nlines\",\"{\"\"t\"\":\"\"=cmd\"\",\"\"e\"\":\"\"\xf0\x9f\x98\x80\"\"}\",hooli\r\n",
        b"PRODUCT#x,A-2,A-2,n,{oops,hooli\r\n",
        b"PRODUCT#x,A-3,A-3\r\n",
        b"PRODUCT#x,user@example.com,c,n,{},hooli\r\n",
        b"PRODUCT#x,A-5,\xff,n,{},hooli\r\n",
        b"PRODUCT#x,A-1,A-1,twice,{},hooli\r\n",
        b"SINGLE,A-7,A-7,n,{},hooli\r\n",
        b"NOWHERE#x,A-8,A-8,n,{},hooli\r\n",
        b"PRODUCT#x,A-9,A-9,n,{},\r\n",
        b"PRODUCT#x,A-10,,,,hooli\r\n",
    ];
    rows.iter().for_each(|row| text.extend_from_slice(row));
    let file = dir.file("in.csv", &text);
    let plan = dir.import("");
    let run = program.json(&["import", &file, &plan, "--arm", "--approve", "all"]).await;
    let found: Vec<(u64, String, String)> = items(&run).into_iter().filter(|i| i.1 == "invalid").collect();
    let expected = [
        (4, "malformed_json"),
        (5, "csv"),
        (6, "at_sign"),
        (7, "csv"),
        (8, "collision"),
        (9, "key_invalid"),
        (10, "key_invalid"),
        (11, "csv"),
    ];
    let expected: Vec<_> = expected.map(|(line, why)| (line, "invalid".to_owned(), why.to_owned())).to_vec();
    assert_eq!((found, run.code), (expected, 3), "{}", run.stdout);
    assert_eq!(run.end()["outcomes"]["done"].as_u64(), Some(2), "{}", run.stdout);
    let row = stack.get(PRODUCTS, "PRODUCT#hooli", "A-1").await.unwrap();
    assert_eq!(
        (row.text("name"), row.text("tenantCode"), row.text("type")),
        (Some("two\nlines"), Some("hooli"), Some("PRODUCT"))
    );
    assert_eq!(row.get("attributes"), Some(&from_plain_json("{\"t\":\"=cmd\",\"e\":\"😀\"}").unwrap()));
    let bare = stack.get(PRODUCTS, "PRODUCT#hooli", "A-10").await.unwrap();
    assert!(["code", "name", "attributes"].iter().all(|name| bare.get(name).is_none()), "empty is absent: {bare:?}");
    // The rejects are a file of their own, bytes kept; one mended, it is fed again.
    let rejects = std::fs::read(dir.at("rejects.csv")).unwrap();
    let text = String::from_utf8_lossy(&rejects).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "sourcePk,sourceSk,code,name,attributes,targetTenantCode,line,reason");
    assert!(lines.len() == 9 && lines[1].starts_with("PRODUCT#x,A-2,A-2,n,{oops,hooli,4,"), "{text}");
    assert!(lines[1].contains("attributes is not JSON") && rejects.windows(6).any(|w| w == b"A-5,\xff,"), "{text}");
    let mended = dir.file("mended.csv", text.replace("{oops", "{}").as_bytes());
    let run = program.json(&["import", &mended, &plan, "--arm", "--approve", "all"]).await;
    assert_eq!((run.end()["outcomes"]["done"].as_u64(), run.code), (Some(1 + 1), 3), "{}", run.stdout);
    assert!(stack.get(PRODUCTS, "PRODUCT#hooli", "A-2").await.is_some());
    let same = program.json(&["import", &dir.at("rejects.csv"), &plan]).await;
    assert!(same.code == 2 && same.stdout.contains("rejects go"), "{}", same.stdout);
}

#[tokio::test]
async fn rows_that_do_not_hold_are_rejected_too_and_transforms_apply() {
    let stack = Stack::golden().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    dir.file("s.json", br#"{"required":["price"],"properties":{"price":{"type":"number"}}}"#);
    let header = "sourcePk,sourceSk,code,name,attributes,targetTenantCode\n";
    let rows =
        "PRODUCT#x,A-1,a,n,\"{\"\"unitPrice\"\":1.5}\",hooli\nPRODUCT#x,A-2,a,n,{},hooli\nORDER#x,A-3,a,n,{},hooli\n";
    let file = dir.file("in.csv", format!("{header}{rows}").as_bytes());
    let plan = dir.import(
        "[source]\ntype = \"PRODUCT\"\n[validate]\nschema = \"s.json\"\n[[transform]]\nrename = { unitPrice = \"price\" }",
    );
    let run = program.json(&["import", &file, &plan, "--arm", "--approve", "all"]).await;
    let found: Vec<_> = items(&run).into_iter().filter(|i| i.1 != "begun").map(|i| (i.0, i.2)).collect();
    assert_eq!(found, [(3, "schema".to_owned()), (2, String::new())], "{}", run.stdout);
    let row = stack.get(PRODUCTS, "PRODUCT#hooli", "A-1").await.unwrap();
    assert_eq!(to_plain_json(row.get("attributes").unwrap()), r#"{"price":1.5}"#);
    assert!(dir.read("rejects.csv").contains("PRODUCT#x,A-2,a,n,{},hooli,3,"), "{}", dir.read("rejects.csv"));
}

#[tokio::test]
async fn files_in_s3_go_the_same_ways() {
    let stack = Stack::golden().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let bucket = stack.profile.bucket.clone().unwrap();
    let to = format!("s3://{bucket}/");
    let unarmed = program.json(&["export", "PRODUCT#acme", "--to", &to]).await;
    assert_eq!((unarmed.code, unarmed.end()["to"].is_null()), (4, true), "{}", unarmed.stdout);
    let export = program.json(&["export", "PRODUCT#acme", "--to", &to, "--arm", "--target-tenant", "hooli"]).await;
    let place = export.end()["to"].as_str().unwrap_or_default().to_owned();
    let key = place.strip_prefix(&to).unwrap_or_default();
    let parts: Vec<&str> = key.split('/').collect();
    assert!(export.code == 0 && parts[0] == "migrations", "{}", export.stdout);
    assert!(parts[1].parse::<u64>().is_ok_and(|at| at > 1_700_000_000_000), "{key}");
    assert_eq!(parts[2], "migration-PRODUCT-acme-to-hooli.csv");
    let keys = stack.object_keys().await;
    assert!(keys.contains(&key.to_owned()) && keys.contains(&format!("{key}.manifest.json")), "{keys:?}");
    let plan = dir.import("");
    let run = program.json(&["import", &place, &plan, "--arm", "--approve", "all"]).await;
    assert_eq!(
        (run.code, run.end()["outcomes"]["done"].as_u64()),
        (0, export.end()["rows"].as_u64()),
        "{}",
        run.stdout
    );
    let none = program.json(&["import", &format!("{place}.no"), &plan]).await;
    assert!(
        none.code == 1 && none.events("error")[0]["message"].as_str().unwrap().contains("is not there"),
        "{}",
        none.stdout
    );
    let left: Vec<PathBuf> = std::fs::read_dir(stack.state.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.iter().all(|path| !path.to_string_lossy().contains("import-")), "{left:?}");
}

#[tokio::test]
async fn a_plan_exports_a_tenants_types() {
    let stack = Stack::golden().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let plan = dir.file(
        "plan.toml",
        b"name = \"out\"\noperation = \"export\"\nmodule = \"*\"\n[source]\ntenant = \"acme\"\n[target]\ntenant = \"hooli\"\n\
          [export]\nto = \"all.csv\"\nlossless = false\n",
    );
    let run = program.json(&["run", &plan]).await;
    let text = dir.read("all.csv");
    assert_eq!((run.code, run.end()["rows"].as_u64()), (0, Some(text.lines().count() as u64 - 1)), "{}", run.stdout);
    assert!(text.contains("PRODUCT#acme,P-0009") && text.lines().skip(1).all(|l| l.contains("#acme,")), "{text}");
    let preview = program.json(&["preview", &plan]).await;
    assert!(preview.code == 2 && preview.stdout.contains("an export has no items"), "{}", preview.stdout);
}

/// Products of a tenant whose file takes several parts.
async fn long_products(stack: &Stack, tenant: &str) {
    let rows: Vec<Row> = (0..60).map(|i| product(tenant, i, &"x".repeat(200_000))).collect();
    for rows in rows.chunks(5) {
        stack.load(PRODUCTS, rows).await;
    }
}

#[tokio::test]
async fn an_export_that_fails_or_is_killed_leaves_no_object() {
    let stack = Stack::new().await;
    long_products(&stack, "long").await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.s3.as_deref().unwrap()).await;
    let program = Program::at(&stack, at.dynamodb.as_deref().unwrap(), &proxy.endpoint, "");
    let to = format!("s3://{}/out.csv", stack.profile.bucket.as_deref().unwrap());
    let args = ["export", "PRODUCT#long", "--to", &to, "--arm"];
    proxy.after(1, Some(Fault::S3(403, "AccessDenied")));
    let refused = program.json(&args).await;
    let error = refused.events("error")[0];
    assert_eq!((refused.code, error["code"].as_str()), (1, Some("access_denied")), "{}", refused.stdout);
    assert!(proxy.transactions().len() >= 2 && stack.object_keys().await.is_empty(), "{:?}", stack.object_keys().await);
    // Killed while a part is on its way.
    let sent = proxy.transactions().len();
    proxy.after(0, Some(Fault::Slow));
    let mut child =
        program.command(&args).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    while proxy.transactions().len() == sent {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    child.kill().await.unwrap();
    assert!(stack.object_keys().await.is_empty(), "{:?}", stack.object_keys().await);
    proxy.clear();
    proxy.after(0, None);
    let whole = program.json(&args).await;
    assert_eq!((whole.code, whole.end()["rows"].as_u64()), (0, Some(60)), "{}", whole.stdout);
    let body = stack.object("out.csv").await.unwrap();
    let sha256: String = Sha256::digest(body.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(whole.end()["sha256"].as_str(), Some(&*sha256));
}

#[tokio::test]
async fn a_killed_import_is_gone_on_with_and_writes_each_row_once() {
    let stack = Stack::new().await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let rows: String =
        (0..300).map(|i| format!("PRODUCT#x,L-{i:03},L-{i:03},part {i},\"{{\"\"n\"\":{i}}}\",hooli\n")).collect();
    let file =
        dir.file("in.csv", format!("sourcePk,sourceSk,code,name,attributes,targetTenantCode\n{rows}").as_bytes());
    let plan = dir.import("[run]\nbatch = 50\nconcurrency = 4");
    let mut command = program.command(&["import", &file, &plan, "--arm", "--approve", "all", "--json"]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(child.stdout.take().unwrap()));
    let (mut done, mut run) = (0, String::new());
    while done < 90 {
        let line: Json =
            serde_json::from_str(&lines.next_line().await.unwrap().expect("it is still under way")).unwrap();
        done += usize::from(line["outcome"] == "done");
        run = line["run"].as_str().map_or(run, str::to_owned);
    }
    child.kill().await.unwrap();
    // The file is not needed any more: the journal knows the rows.
    std::fs::remove_file(&file).unwrap();
    let resumed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(resumed.code, 0, "{}", resumed.stdout);
    let dump = stack.dump().await;
    let own: Vec<&Row> = dump[PRODUCTS].iter().filter(|row| row.text("pk") == Some("PRODUCT#hooli")).collect();
    assert!(own.len() == 300 && own.iter().all(|row| row.version().unwrap().0 == 1));
    assert_eq!(dump["dev-shop-product-command"].len(), 300);
}

#[tokio::test]
async fn the_tenant_of_a_longer_key_is_told_by_its_own_row() {
    let stack = Stack::new().await;
    let json = r#"{"pk":"PRODUCT#2024-05#acme","sk":"L-1","id":"PRODUCT#2024-05#acme#L-1","tenantCode":"acme","type":"PRODUCT","version":1,"attributes":{}}"#;
    stack.put(PRODUCTS, &Row(from_plain_json(json).unwrap().as_map().unwrap().clone())).await;
    let (program, dir) = (Program::new(&stack), Dir::new());
    let file = dir.at("out.csv");
    let export = program.json(&["export", "PRODUCT#2024-05#acme", "--to", &file, "--target-tenant", "hooli"]).await;
    assert_eq!((export.code, export.end()["rows"].as_u64()), (0, Some(1)), "{}", export.stdout);
    let preview = program.json(&["import", &file, &dir.import("")]).await;
    assert_eq!(preview.events("item")[0]["target_pk"], "PRODUCT#2024-05#hooli", "{}", preview.stdout);
}
