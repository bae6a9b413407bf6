//! Objects in S3 that only JavaScript can read as attributes: copied and moved byte by byte, and brought back so.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::Value;

use super::{COMMAND, DATA, in_s3, ran, reasons};
use crate::support::many::{product, sk};
use crate::support::plan::{Plan, accepts_next_publish, as_before};
use crate::support::program::Printed;
use crate::support::stack::BUCKET;
use crate::support::{Program, Stack};

const HISTORY: &str = "dev-shop-product-history";

pub(super) fn deep(levels: usize) -> String {
    format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels))
}

/// What JavaScript reads and writes, and what cannot stand in a row or be written anew without a change.
fn bodies() -> Vec<(&'static str, String)> {
    vec![
        ("half of a character", r#"{"s":"\ud83d"}"#.to_owned()),
        ("half of a character, the second", r#"{"s":["x\uDE00 y"],"n":1764300000000000001}"#.to_owned()),
        ("half of a character in a name", r#"{"\ud83d":1,"b":{"\ud83d":2}}"#.to_owned()),
        (
            "half of a character, laid out",
            " {\n  \"s\" : \"\\ud83d\" ,\n  \"n\" : 1.50e0, \"\\u0061\" : \"\\/\" }\n".to_owned(),
        ),
        ("more levels than are read", deep(120)),
        ("many more", deep(20_000)),
        ("more levels than a row has", deep(40)),
        ("a name twice", r#"{"a":1,"a":2}"#.to_owned()),
        ("a name twice, further in", r#"{"l":[{"a":1,"\u0061":1}]}"#.to_owned()),
        ("digits", r#"{"n":1764300000000000001}"#.to_owned()),
        ("an empty name", r#"{"m":{"":1}}"#.to_owned()),
    ]
}

pub(super) async fn bytes_of(stack: &Stack, row: &Row) -> String {
    let uri = row.attributes_ref().unwrap_or_else(|| panic!("{row:?} has no attributes in S3"));
    stack.object(uri.strip_prefix("s3://shop-private/").unwrap()).await.unwrap()
}

/// Where the rows of an entity are to have their bytes.
async fn assert_bytes(stack: &Stack, pk: &str, sk: &str, rows: &[(&str, u64)], is_deleted: bool, body: &str) {
    let data = stack.get(DATA, pk, sk).await.unwrap();
    assert_eq!((data.is_deleted(), bytes_of(stack, &data).await.as_str()), (is_deleted, body), "{pk} {sk}");
    for (table, version) in rows {
        let row = stack.get(table, pk, &format!("{sk}@{version}")).await;
        let row = row.unwrap_or_else(|| panic!("{table} has no {sk}@{version}"));
        assert_eq!(bytes_of(stack, &row).await, body, "{table} {sk}@{version}");
        // Each row has an object of its own, in the place where the framework puts it.
        assert!(row.attributes_ref().unwrap().contains(&format!("/{table}/{pk}/{sk}@{version}/")), "{row:?}");
    }
}

async fn undone(program: &Program, printed: &Printed) -> Printed {
    let undone = program.json(&["undo", printed.end()["run"].as_str().unwrap(), "--arm", "--approve", "all"]).await;
    assert_eq!(undone.code, 0, "{}\n{}", undone.stdout, undone.stderr);
    assert!(undone.events("item").iter().all(|item| item["outcome"] == "done"), "{}", undone.stdout);
    undone
}

async fn verified(program: &Program, what: &str) {
    let verified = program.json(&["verify", what]).await;
    assert_eq!((verified.code, verified.events("finding").len()), (0, 0), "{}", verified.stdout);
}

pub(super) fn plain(operation: &'static str, target: &str) -> Plan {
    Plan::new(operation, "acme", target).set("stamp", "\"none\"")
}

async fn all_kinds(stack: &Stack) -> Vec<(String, &'static str, String)> {
    let mut kinds = Vec::new();
    for (i, (what, body)) in bodies().into_iter().enumerate() {
        kinds.push((in_s3(stack, i, body.as_bytes()).await, what, body));
    }
    kinds
}

#[tokio::test]
async fn a_copy_that_changes_no_attribute_stores_the_bytes_and_its_undo_too() {
    let stack = Stack::new().await;
    let kinds = all_kinds(&stack).await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let plan = plain("copy", "globex");
    let printed = ran(&program, plan.path(), 0).await;
    assert_eq!(printed.events("item").len(), kinds.len());
    for (sk, what, body) in &kinds {
        println!("{what}");
        assert_bytes(&stack, "PRODUCT#globex", sk, &[(COMMAND, 1)], false, body).await;
        assert_bytes(&stack, "PRODUCT#acme", sk, &[(COMMAND, 1)], false, body).await;
    }
    verified(&program, printed.end()["run"].as_str().unwrap()).await;
    verified(&program, plan.path()).await;
    // The same bytes are equal, wherever they stand.
    let again = program.json(&["preview", plain("copy", "globex").set("existing", "\"overwrite\"").path()]).await;
    assert!(reasons(&again).iter().all(|(_, action, _)| action == "equal"), "{}", again.stdout);
    let digest = |printed: &Printed| printed.end()["digest"].as_str().unwrap().to_owned();
    let undo = undone(&program, &printed).await;
    for (sk, what, body) in &kinds {
        println!("{what}");
        let rows = [(COMMAND, 1), (COMMAND, 2), (HISTORY, 1)];
        assert_bytes(&stack, "PRODUCT#globex", sk, &rows, true, body).await;
    }
    as_before(&before, &stack.dump().await);
    verified(&program, undo.end()["run"].as_str().unwrap()).await;
    // Taken back it counts as absent: the same plan has other versions, and brings the same bytes again.
    let restored = ran(&program, plan.path(), 0).await;
    assert_ne!(digest(&restored), digest(&printed));
    assert!(restored.events("item").iter().all(|item| item["action"] == "restore"), "{}", restored.stdout);
    let (sk, _, body) = &kinds[0];
    assert_bytes(&stack, "PRODUCT#globex", sk, &[(COMMAND, 3), (HISTORY, 2)], false, body).await;
    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#globex"), kinds.len());
}

#[tokio::test]
async fn a_move_soft_deletes_the_source_with_the_same_bytes_and_its_undo_brings_it_back() {
    let stack = Stack::new().await;
    let kinds = all_kinds(&stack).await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let printed = ran(&program, plain("move", "globex").path(), 0).await;
    for (sk, what, body) in &kinds {
        println!("{what}");
        assert_bytes(&stack, "PRODUCT#globex", sk, &[(COMMAND, 1)], false, body).await;
        let rows = [(COMMAND, 1), (COMMAND, 2), (HISTORY, 1)];
        assert_bytes(&stack, "PRODUCT#acme", sk, &rows, true, body).await;
    }
    verified(&program, printed.end()["run"].as_str().unwrap()).await;
    // The source's first object is an orphan by now, and may be gone: history has its bytes.
    let (sk, _, _) = &kinds[0];
    let old = format!("ddb/{DATA}/PRODUCT#acme/{sk}/01HX7MBJK3V9WQBZ7XNDK5ZT2M.json");
    stack.s3.delete_object().bucket(BUCKET).key(&old).send().await.unwrap();
    assert_eq!(stack.object(&old).await, None);
    let undo = undone(&program, &printed).await;
    for (sk, what, body) in &kinds {
        println!("{what}");
        let rows = [(COMMAND, 1), (COMMAND, 2), (COMMAND, 3), (HISTORY, 1), (HISTORY, 2)];
        assert_bytes(&stack, "PRODUCT#acme", sk, &rows, false, body).await;
        assert_bytes(&stack, "PRODUCT#globex", sk, &[(COMMAND, 2), (HISTORY, 1)], true, body).await;
    }
    as_before(&before, &stack.dump().await);
    verified(&program, undo.end()["run"].as_str().unwrap()).await;
    for pk in ["PRODUCT#acme", "PRODUCT#globex"] {
        assert_eq!(accepts_next_publish(&stack.dump().await, "product", pk), kinds.len());
    }
}

#[tokio::test]
async fn what_the_rows_alone_tell_of_a_run_is_enough_to_undo_it() {
    let stack = Stack::new().await;
    let body = r#"{"s":"\ud83d"}"#;
    let sk = in_s3(&stack, 1, body.as_bytes()).await;
    let program = Program::new(&stack);
    let printed = ran(&program, plain("move", "globex").path(), 0).await;
    let run = printed.end()["run"].as_str().unwrap();
    for (pk, is_deleted) in [("PRODUCT#acme", false), ("PRODUCT#globex", true)] {
        let undone = program.json(&["undo", run, "--pk", pk, "--arm", "--approve", "all"]).await;
        assert_eq!(undone.code, 0, "{}", undone.stdout);
        assert_bytes(&stack, pk, &sk, &[], is_deleted, body).await;
    }
}

#[tokio::test]
async fn a_target_that_held_bytes_gets_them_back() {
    let stack = Stack::new().await;
    let body = deep(120);
    let sk = in_s3(&stack, 1, body.as_bytes()).await;
    let mut source = product("umbrella", 1, "plain");
    source.0.insert("code".to_owned(), Value::s("another"));
    stack.put(DATA, &source).await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let onto = |stamp: &str| Plan::copy("umbrella", "acme").set("stamp", stamp).set("existing", "\"overwrite\"");
    let guide = program.json(&["preview", onto("\"guide\"").path()]).await;
    assert_eq!(reasons(&guide), [(sk.clone(), "invalid".to_owned(), "s3_unreadable".to_owned())]);
    let printed = ran(&program, onto("\"none\"").path(), 0).await;
    let history = stack.get(HISTORY, "PRODUCT#acme", &format!("{sk}@1")).await.unwrap();
    assert_eq!(bytes_of(&stack, &history).await, body);
    assert!(stack.get(DATA, "PRODUCT#acme", &sk).await.unwrap().attributes_ref().is_none());
    undone(&program, &printed).await;
    assert_bytes(&stack, "PRODUCT#acme", &sk, &[(COMMAND, 3), (HISTORY, 1)], false, &body).await;
    as_before(&before, &stack.dump().await);
}

fn message(printed: &Printed) -> String {
    printed.events("item")[0]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn work_that_looks_at_attributes_refuses_them_and_says_what_does_not() {
    let stack = Stack::new().await;
    for (i, body) in [r#"{"s":"\ud83d"}"#, &deep(120)].into_iter().enumerate() {
        in_s3(&stack, i, body.as_bytes()).await;
    }
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("any.json"), "{}").unwrap();
    let head = |operation: &str| {
        format!(
            "name = \"p\"\noperation = \"{operation}\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n"
        )
    };
    let onto = "[target]\ntenant = \"globex\"\n[run]\nstamp = \"none\"\n";
    for (what, text) in [
        ("stamps", head("copy") + &onto.replace("none", "guide")),
        ("stamps", head("move") + &onto.replace("none", "guide")),
        ("transforms", head("copy") + onto + "[[transform]]\nset = { a = 1 }\n"),
        ("transforms", head("transform") + "[[transform]]\nset = { a = 1 }\n"),
        ("checks", head("copy") + onto + "[validate]\nschema = \"any.json\"\n"),
        ("merges", head("copy") + &onto.replace("\"globex\"\n", "\"globex\"\nexisting = \"merge\"\n")),
        ("rolls back", head("rollback") + "[rollback]\nto_version = 1\n"),
    ] {
        std::fs::write(dir.path().join("plan.toml"), text).unwrap();
        let path = dir.path().join("plan.toml").to_str().unwrap().to_owned();
        let printed = ran(&program, &path, 3).await;
        let refused = |i| (sk(i), "invalid".to_owned(), "s3_unreadable".to_owned());
        assert_eq!(reasons(&printed), [refused(0), refused(1)], "{what}: {}", printed.stdout);
        let message = message(&printed);
        assert!(message.contains("[run] stamp = \"none\"") && message.contains("lone surrogate"), "{what}: {message}");
    }
    let rolled = program.json(&["rollback", "PRODUCT#acme", &sk(0), "--to", "1", "--arm"]).await;
    assert!(rolled.code != 0 && rolled.stdout.contains("stamp = \\\"none\\\""), "{}", rolled.stdout);
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn what_no_json_stringify_wrote_is_never_carried() {
    let stack = Stack::new().await;
    let torn = deep(120);
    let bodies: [(&str, &[u8]); 10] = [
        ("a list", b"[1]"),
        ("a list with half of a character", b"[\"\\ud83d\"]"),
        ("a page", b"<html></html>"),
        ("a byte order mark", b"\xef\xbb\xbf{}"),
        ("no number", b"{\"s\":\"\\ud83d\",\"n\":NaN}"),
        ("cut off", &torn.as_bytes()[..150]),
        ("cut off behind half of a character", b"{\"s\":\"\\ud83d\""),
        ("no UTF-8", b"{\"s\":\"\xed\xa0\xbd\"}"),
        ("nothing", b""),
        ("two objects", b"{\"s\":\"\\ud83d\"}{}"),
    ];
    for (i, (_, body)) in bodies.iter().enumerate() {
        in_s3(&stack, i, body).await;
    }
    let before = stack.dump().await;
    let printed = ran(&Program::new(&stack), plain("copy", "globex").path(), 3).await;
    for (i, item) in printed.events("item").iter().enumerate() {
        let told = (item["action"].as_str(), item["reason"].as_str());
        assert_eq!(told, (Some("invalid"), Some("s3_unreadable")), "{}: {item}", bodies[i].0);
        assert!(!item["message"].as_str().unwrap().contains("stamp"), "{}: {item}", bodies[i].0);
    }
    assert_eq!((printed.events("item").len(), stack.dump().await), (bodies.len(), before));
}

#[tokio::test]
async fn a_row_whose_attributes_are_text_that_names_bytes_holds_none() {
    let stack = Stack::new().await;
    let hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let row = product("acme", 1, "").with_attributes(Value::s(format!("2 bytes, SHA-256 {hash}")));
    stack.put(DATA, &row).await;
    let printed = ran(&Program::new(&stack), plain("copy", "globex").path(), 3).await;
    assert_eq!(reasons(&printed), [(sk(1), "invalid".to_owned(), "key_invalid".to_owned())]);
}

#[tokio::test]
async fn the_digest_rests_on_the_bytes_and_not_on_the_objects_name() {
    let digests = |bodies: [&'static str; 2]| async move {
        let mut digests = BTreeMap::new();
        for (i, body) in bodies.into_iter().enumerate() {
            let stack = Stack::new().await;
            let sk = in_s3(&stack, 1, body.as_bytes()).await;
            // Another name for the second one.
            if i == 1 {
                stack.put_object("ddb/elsewhere.json", body).await;
                let row = stack.get(DATA, "PRODUCT#acme", &sk).await.unwrap();
                stack.put(DATA, &row.with_attributes(Value::s(format!("s3://{BUCKET}/ddb/elsewhere.json")))).await;
            }
            let printed = Program::new(&stack).json(&["preview", plain("copy", "globex").path()]).await;
            assert_eq!(printed.code, 0, "{}", printed.stdout);
            digests.insert(i, printed.end()["digest"].clone());
        }
        digests.into_values().collect::<Vec<Json>>()
    };
    let same = digests([r#"{"s":"\ud83d"}"#, r#"{"s":"\ud83d"}"#]).await;
    assert_eq!(same[0], same[1]);
    let other = digests([r#"{"s":"\ud83d"}"#, r#"{"s":"\ud83e"}"#]).await;
    assert_ne!(other[0], other[1]);
}
