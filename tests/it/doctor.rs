//! What is wrong is named, and nothing else; what is wedged is finished as the framework would have finished it.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tenantry::domain::plan::{NamedEntity, Plan};
use tenantry::domain::row::Row;
use tenantry::domain::value::{Value, from_plain_json};
use tenantry::engine::protocol::{Command, Decision, Event};

use crate::support::plan::{accepts_next_publish, as_before};
use crate::support::program::Printed;
use crate::support::{Driver, Fault, Program, Proxy, Recorder, Stack};

const ACME: &str = "PRODUCT#acme";
const ENTITY: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";
const DATA: &str = "dev-shop-product-data";
const HISTORY: &str = "dev-shop-product-history";
const COMMAND: &str = "dev-shop-product-command";

type Told = (String, String, String, String, bool);

/// Objects that no row refers to; the real framework left two, of rows that it replaced.
fn orphans(printed: &Printed) -> BTreeSet<String> {
    let all = printed.events("finding").into_iter().filter(|f| f["kind"] == "s3_orphan");
    all.inspect(|f| assert_eq!((f["severity"].as_str(), f["pk"].as_str()), (Some("note"), None)))
        .map(|f| f["path"].as_str().unwrap().to_owned())
        .collect()
}

/// (kind, severity, pk, sk, repairable) of the findings of entities and settings.
fn findings(printed: &Printed) -> BTreeSet<Told> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    let told = |f: &&Json| {
        let repairable = f["repairable"].as_bool().unwrap();
        (text(&f["kind"]), text(&f["severity"]), text(&f["pk"]), text(&f["sk"]), repairable)
    };
    let found: Vec<Told> =
        printed.events("finding").iter().map(told).filter(|f| f.0 != "pitr" && f.0 != "s3_orphan").collect();
    let set: BTreeSet<Told> = found.iter().cloned().collect();
    assert_eq!(found.len(), set.len(), "told twice: {found:?}");
    set
}

fn expected(list: &[(&str, &str, &str, &str)]) -> BTreeSet<Told> {
    let owned = |t: &str| t.to_owned();
    list.iter().map(|(k, s, pk, sk)| (owned(k), owned(s), owned(pk), owned(sk), *k == "wedged")).collect()
}

const GOLDEN: [(&str, &str, &str, &str); 4] = [
    ("wedged", "error", ACME, "P-0003"),
    ("pending", "warning", ACME, "P-0004"),
    ("mangled", "error", "CUSTOMER#acme", "user"),
    ("mangled", "error", "CUSTOMER#acme", "user@example.com"),
];

#[tokio::test]
async fn of_the_golden_rows_the_broken_ones_are_named_and_no_sound_one() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let at = &stack.profile.endpoints;
    let tables = Recorder::before(at.dynamodb.as_deref().unwrap()).await;
    let objects = Recorder::before(at.s3.as_deref().unwrap()).await;
    let program = Program::at(&stack, &tables.endpoint, &objects.endpoint, "");
    let printed = program.json(&["doctor"]).await;
    assert_eq!((findings(&printed), printed.code), (expected(&GOLDEN), 3), "{}", printed.stdout);
    let own: BTreeSet<String> = orphans(&printed);
    assert!(own.len() == 2 && own.iter().all(|uri| uri.contains("/PRODUCT#acme/P-0009")), "{own:?}");
    let product = program.json(&["doctor", "--module", "product"]).await;
    assert_eq!((findings(&product), product.code), (expected(&GOLDEN[..2]), 3), "{}", product.stdout);
    let master = program.json(&["doctor", "--module", "master"]).await;
    assert_eq!((findings(&master).len(), master.code), (0, 0), "{}", master.stdout);
    let none = program.json(&["doctor", "--module", "prodct"]).await;
    assert_eq!((none.code, none.events("error")[0]["code"].as_str()), (1, Some("no_table")));
    // Looking writes nothing, and does not even try to.
    let asked = tables.operations().await;
    assert!(asked.len() > 20 && asked.iter().all(|o| !o.contains("Write") && !o.contains("Put")), "{asked:?}");
    assert!(objects.operations().await.iter().all(|o| o == "GET" || o == "HEAD"));
    assert_eq!(stack.dump().await, before);
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn of_the_demo_data_the_broken_ones_are_named_and_no_sound_one() {
    let mut command = crate::support::program::binary();
    command.args(["--sandbox", "doctor", "--json"]);
    let printed = crate::support::program::json_lines(command).await;
    let found = expected(&[
        ("wedged", "error", ACME, "P-0003"),
        ("pending", "warning", ACME, "P-0004"),
        ("wedged", "error", ACME, "P-0005"),
        ("gap", "note", ACME, "P-0007"),
        ("pending", "warning", ACME, "P-0008"),
        ("failed", "warning", ACME, "P-0014"),
        ("gap", "note", ACME, "P-0015"),
        ("gap", "warning", ACME, "P-0015"),
        ("pending", "warning", "PRODUCT#globex", "GX-09001"),
        ("wedged", "error", "PRODUCT#globex", "GX-09002"),
        ("wedged", "error", "PRODUCT#globex", "GX-09003"),
        ("pending", "warning", "ORDER#acme", "ORDER#O-900"),
        ("pending", "warning", "ORDER#sakura-shoten", "ORDER#O-901"),
        ("pending", "warning", "ORDER#MY_TENANT", "ORDER#O-902"),
        ("mangled", "error", "CUSTOMER#acme", "user"),
        ("mangled", "error", "CUSTOMER#acme", "user@example.com"),
    ]);
    assert_eq!(findings(&printed), found, "{}", printed.stdout);
}

fn without(row: &Row, fields: &[&str]) -> Row {
    Row(row.0.iter().filter(|(n, _)| !fields.contains(&n.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect())
}

fn field(mut row: Row, name: &str, value: Value) -> Row {
    row.0.insert(name.to_owned(), value);
    row
}

/// Takes an entity back to before its last publish was finished: the command stands, the data row is the one before.
async fn wedge(stack: &Stack, sk: &str, version: u64, status: &str) {
    let history = stack.get(HISTORY, ACME, &format!("{sk}@{}", version - 1)).await.unwrap();
    let data = field(field(history, "sk", Value::s(sk)), "ttl", Value::Null);
    stack.put(DATA, &data).await;
    stack.delete(HISTORY, ACME, &format!("{sk}@{}", version - 1)).await;
    let command = stack.get(COMMAND, ACME, &format!("{sk}@{version}")).await.unwrap();
    stack.put(COMMAND, &field(command, "status", Value::s(status))).await;
}

#[tokio::test]
async fn a_repair_leaves_the_rows_that_the_framework_itself_left() {
    // One published through the stream, one synchronously, one with its attributes in S3: the real framework finished them.
    for (sk, version, status) in
        [("P-0002", 3, "sync_data:FAILED"), (ENTITY, 12, "publish_sync:STARTED"), ("P-0009", 2, "publish_sync:FAILED")]
    {
        let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4_096).await;
        let real = stack.dump().await;
        wedge(&stack, sk, version, status).await;
        let program = Program::new(&stack);
        let told = findings(&program.json(&["doctor", "--module", "product"]).await);
        assert!(told.contains(&("wedged".into(), "error".into(), ACME.into(), sk.into(), true)), "{told:?}");
        let plan = ["doctor", "--repair", "--module", "product", "--arm", "--approve", "all"];
        let printed = program.json(&plan).await;
        let items = printed.events("item");
        assert!(items.iter().any(|i| i["sk"] == sk && i["outcome"] == "done"), "{}", printed.stdout);
        assert!(!findings(&printed).iter().any(|f| f.0 == "wedged"), "{}", printed.stdout);
        // Expiry is counted from today, and objects have names of their own.
        for (table, own) in [(DATA, sk.to_owned()), (HISTORY, format!("{sk}@{}", version - 1))] {
            let is = stack.get(table, ACME, &own).await.unwrap();
            let was = real[table].iter().find(|r| r.text("pk") == Some(ACME) && r.text("sk") == Some(&own)).unwrap();
            let mut left_out = vec!["ttl"];
            if let (Some(a), Some(b)) = (is.attributes_ref(), was.attributes_ref()) {
                left_out.push("attributes");
                let body = |uri: &str| uri.strip_prefix("s3://shop-private/").unwrap().to_owned();
                let (a, b) = (stack.object(&body(a)).await.unwrap(), stack.object(&body(b)).await.unwrap());
                assert_eq!(from_plain_json(&a).unwrap(), from_plain_json(&b).unwrap(), "{table} {own}");
            }
            assert!(without(&is, &left_out) == without(was, &left_out), "{table} {own}");
        }
        let command = stack.get(COMMAND, ACME, &format!("{sk}@{version}")).await.unwrap();
        let was = real[COMMAND].iter().find(|r| r.text("sk") == command.text("sk")).unwrap();
        assert_eq!(without(&command, &["updatedAt"]), without(was, &["updatedAt"]));
    }
}

#[tokio::test]
async fn what_was_repaired_can_be_published_again_and_taken_back() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let unarmed = program.json(&["doctor", "--repair"]).await;
    assert_eq!((unarmed.code, unarmed.events("item").len()), (4, 1), "{}", unarmed.stdout);
    assert_eq!(stack.dump().await, before);
    let printed = program.json(&["doctor", "--repair", "--module", "product", "--arm", "--approve", "all"]).await;
    assert_eq!((printed.code, printed.end()["command"].as_str()), (0, Some("doctor")), "{}", printed.stdout);
    let run = printed.events("run").last().unwrap()["run"].as_str().unwrap().to_owned();
    assert_eq!(printed.events("run").last().unwrap()["operation"], "repair");
    let row = stack.get(DATA, ACME, "P-0003").await.unwrap();
    assert_eq!((row.version().unwrap().0, row.text("csk")), (2, Some("P-0003@2")));
    let mut after = stack.dump().await;
    // P-0004 waits for the pipeline still: it is nobody's to finish.
    after.get_mut(COMMAND).unwrap().retain(|r| r.text("sk") != Some("P-0004@1"));
    assert_eq!(accepts_next_publish(&after, "product", ACME), 4);
    // A publish after it works: the rollback is one.
    let back = program.json(&["rollback", ACME, "P-0003", "--to", "1", "--arm"]).await;
    assert_eq!((back.code, back.events("item")[0]["version_after"].as_u64()), (0, Some(3)), "{}", back.stdout);
    let back = back.end()["run"].as_str().unwrap().to_owned();
    let undone = program.json(&["undo", &back, "--arm", "--approve", "all"]).await;
    assert_eq!(undone.code, 0, "{}", undone.stdout);
    let verified = program.json(&["verify", &run]).await;
    assert_eq!(verified.code, 0, "{}", verified.stdout);
    // Its own undo meets someone's later versions.
    let conflict = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!((conflict.code, conflict.events("item")[0]["outcome"].as_str()), (3, Some("conflict")));
    let forced = program.json(&["undo", &run, "--conflicts", "force", "--arm", "--approve", "all"]).await;
    assert_eq!(forced.code, 0, "{}", forced.stdout);
    let mut after = stack.dump().await;
    // The command that was finished stays finished: everything else is as before.
    let rows = after.get_mut(COMMAND).unwrap();
    rows.retain(|r| r.text("sk") != Some("P-0003@2"));
    rows.push(before[COMMAND].iter().find(|r| r.text("sk") == Some("P-0003@2")).unwrap().clone());
    as_before(&before, &after);
    let again = program.json(&["doctor", "--repair", "--module", "product", "--arm", "--approve", "all"]).await;
    assert_eq!((again.code, again.events("item").len()), (0, 0), "{}", again.stdout);
}

#[tokio::test]
async fn a_repair_of_named_entities_leaves_the_others() {
    let stack = Stack::golden().await;
    wedge(&stack, "P-0002", 3, "sync_data:FAILED").await;
    let mut driver = Driver::new(&stack);
    let named = |sk: &str| NamedEntity { module: Some("product".to_owned()), pk: ACME.into(), sk: sk.to_owned() };
    let mut planned = async |only: Vec<NamedEntity>| {
        let plan = Box::new(Plan::repair_of(only));
        let request = driver.send(Command::PreviewPlan { plan, keep: false }).await;
        let events = driver.rest(request).await;
        let sk = |e: &Event| match e {
            Event::Planned(summary) => Some(summary.blast.entities),
            _ => None,
        };
        events.iter().find_map(sk)
    };
    assert_eq!(planned(vec![named("P-0003"), named("P-0002")]).await, Some(2));
    assert_eq!(planned(vec![named("P-0003")]).await, Some(1));
    // What waits for the pipeline is not wedged.
    assert_eq!(planned(vec![named("P-0004")]).await, Some(0));
    driver.leave().await;
}

#[tokio::test]
async fn a_command_that_moves_on_while_its_repair_waits_is_a_conflict() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Box::new(Plan::repair(Some("product".to_owned())));
    let request = driver.send(Command::RunPlan { plan, expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    assert_eq!((asked.items.len(), asked.items[0].entity.key.sk.as_str()), (1, "P-0003"));
    // The application's own retry is at it.
    let command = stack.get(COMMAND, ACME, "P-0003@2").await.unwrap();
    stack.put(COMMAND, &field(command, "status", Value::s("sync_data:STARTED"))).await;
    let before = stack.dump().await;
    driver.decide(&asked, Decision::Approve { confirm: None }).await;
    let rest = driver.rest(request).await;
    let outcomes: Vec<String> = rest
        .iter()
        .filter_map(|e| match e {
            Event::Item(item) => item.outcome.map(|o| format!("{o} {}", item.message.clone().unwrap_or_default())),
            _ => None,
        })
        .collect();
    assert!(outcomes.iter().any(|o| o.starts_with("conflict") && o.contains("no longer as shown")), "{outcomes:?}");
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_a_denied_write_is_told() {
    let stack = Stack::golden().await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    // An armed checkup tries whether it may write, under a condition that never holds.
    let before = stack.dump().await;
    proxy.next(&[Fault::Denied]);
    let armed = program.json(&["doctor", "--module", "product", "--arm"]).await;
    let denied: Vec<_> = armed.events("finding").into_iter().filter(|f| f["kind"] == "permission").collect();
    assert_eq!(denied.len(), 1, "{}", armed.stdout);
    assert!(denied[0]["message"].as_str().unwrap().contains("the role lacks dynamodb:PutItem"), "{}", denied[0]);
    let allowed = program.json(&["doctor", "--module", "product", "--arm"]).await;
    assert!(!findings(&allowed).iter().any(|f| f.0 == "permission"), "{}", allowed.stdout);
    assert_eq!(stack.dump().await, before, "nothing was written");
    proxy.next(&[Fault::LoseAnswer]);
    let printed = program.json(&["doctor", "--repair", "--module", "product", "--arm", "--approve", "all"]).await;
    let item = printed.events("item").into_iter().find(|i| i["outcome"] == "done").unwrap();
    assert_eq!((printed.code, item["sk"].as_str()), (0, Some("P-0003")), "{}", printed.stdout);
    assert_eq!(stack.get(DATA, ACME, "P-0003").await.unwrap().version().unwrap().0, 2);
    // What it wrote carries the id of whoever published, and is its own all the same.
    let run = printed.events("run").last().unwrap()["run"].as_str().unwrap();
    let undone = program.json(&["undo", run, "--arm", "--approve", "all"]).await;
    assert_eq!((undone.code, undone.events("item")[0]["outcome"].as_str()), (0, Some("done")), "{}", undone.stdout);
    let row = stack.get(DATA, ACME, "P-0003").await.unwrap();
    let was = before[DATA].iter().find(|r| r.text("sk") == Some("P-0003")).unwrap();
    assert_eq!((row.version().unwrap().0, row.get("attributes")), (3, was.get("attributes")));
}

#[tokio::test]
async fn lost_attributes_forgotten_objects_and_short_memories_are_told() {
    let stack = Stack::golden().await;
    let row = stack.get(DATA, ACME, "P-0009").await.unwrap();
    let key = row.attributes_ref().unwrap().strip_prefix("s3://shop-private/").unwrap().to_owned();
    stack.s3.delete_object().bucket("shop-private").key(&key).send().await.unwrap();
    let forgotten = format!("ddb/{DATA}/{ACME}/P-0009/01JFORGOTTEN.json");
    stack.put_object(&forgotten, "{}").await;
    let setting = |days: u64| {
        let sk = format!("TTL#{HISTORY}");
        let json = format!(
            r#"{{"pk":"MASTER#acme","sk":"{sk}","id":"MASTER#acme#{sk}","version":1,"tenantCode":"acme","attributes":{{"days":{days}}}}}"#
        );
        Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())
    };
    stack.put("dev-shop-master-data", &setting(30)).await;
    let program = Program::new(&stack);
    let told = |printed: &Printed| {
        let product: BTreeSet<Told> = expected(&GOLDEN[..2]);
        findings(printed).difference(&product).cloned().collect::<BTreeSet<_>>()
    };
    let printed = program.json(&["doctor", "--module", "product"]).await;
    let mut wanted = expected(&[("s3_missing", "error", ACME, "P-0009")]);
    assert_eq!(told(&printed), wanted, "{}", printed.stdout);
    let uri = format!("s3://shop-private/{forgotten}");
    assert!(orphans(&printed).len() == 3 && orphans(&printed).contains(&uri), "{}", printed.stdout);
    stack.put("dev-shop-master-data", &setting(29)).await;
    let printed = program.json(&["doctor", "--module", "product"]).await;
    wanted.extend(expected(&[("ttl", "warning", "MASTER#acme", &format!("TTL#{HISTORY}"))]));
    assert_eq!(told(&printed), wanted, "{}", printed.stdout);
}
