//! What cannot be read is told, once for each cause, and hides nothing that can.

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::Value;

use crate::support::program::Printed;
use crate::support::{Fault, Program, Proxy, Stack};

const DATA: &str = "dev-shop-product-data";
const COMMAND: &str = "dev-shop-product-command";

/// Code and words of every error.
fn errors(printed: &Printed) -> Vec<(&str, &str)> {
    let text = |e: &'_ Json, name: &str| e[name].as_str().unwrap().to_owned().leak() as &str;
    printed.events("error").into_iter().map(|e| (text(e, "code"), text(e, "message"))).collect()
}

/// The row under another sort key.
fn under(row: &Row, sk: &str) -> Row {
    let mut row = row.clone();
    row.0.insert("id".to_owned(), Value::s(format!("PRODUCT#acme#{sk}")));
    row.0.insert("sk".to_owned(), Value::s(sk));
    row
}

async fn drop_table(stack: &Stack, name: &str) {
    stack.ddb.delete_table().table_name(name).send().await.unwrap();
}

#[tokio::test]
async fn a_missing_command_table_is_told_once_for_a_listing_of_several_pages() {
    let stack = Stack::golden().await;
    drop_table(&stack, COMMAND).await;
    let row = stack.get(DATA, "PRODUCT#acme", "P-0003").await.unwrap();
    let rows: Vec<Row> = (0..500).map(|i| under(&row, &format!("X-{i:03}"))).collect();
    stack.put_all(DATA, &rows).await;
    let program = Program::new(&stack);
    let printed = program.json(&["entities", "PRODUCT#acme"]).await;
    let [(code, message)] = errors(&printed)[..] else { panic!("{:?}", errors(&printed)) };
    assert_eq!((printed.code, code, printed.events("error")[0]["fatal"].as_bool()), (1, "no_table", Some(false)));
    assert!(message.contains("pending") && message.contains("wedged") && message.contains(COMMAND), "{message}");
    assert_eq!(printed.events("entity").len(), 504);
    // One entity is enough to miss its flags.
    let printed = program.json(&["entities", "PRODUCT#acme", "--limit", "1"]).await;
    assert_eq!((printed.code, errors(&printed).len(), printed.events("entity").len()), (1, 1, 1));
    // An empty partition reads no data rows whose commands could be missed, only the table itself.
    let printed = program.json(&["entities", "PRODUCT#nobody"]).await;
    assert_eq!((printed.code, errors(&printed).len(), printed.events("entity").len()), (1, 1, 0));
}

#[tokio::test]
async fn a_module_without_a_command_table_is_not_taken_for_one_without_the_partition() {
    let stack = Stack::golden().await;
    drop_table(&stack, COMMAND).await;
    let mut thing = under(&stack.get(DATA, "PRODUCT#acme", "P-0003").await.unwrap(), "x");
    thing.0.insert("pk".to_owned(), Value::s("THING#acme"));
    thing.0.insert("id".to_owned(), Value::s("THING#acme#x"));
    stack.put("dev-shop-order-data", &thing).await;
    let program = Program::new(&stack);
    let printed = program.json(&["entities", "THING#acme"]).await;
    let [(code, message)] = errors(&printed)[..] else { panic!("{:?}", errors(&printed)) };
    assert_eq!((printed.code, code, printed.events("entity").len()), (1, "no_table", 1));
    assert!(message.contains("module product") && message.contains("THING#acme"), "{message}");
}

#[tokio::test]
async fn a_missing_history_or_command_table_is_told_and_hides_no_version() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let history = ["history", "PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M"];
    drop_table(&stack, "dev-shop-product-history").await;
    let printed = program.json(&history).await;
    let [(code, message)] = errors(&printed)[..] else { panic!("{:?}", errors(&printed)) };
    assert_eq!((printed.code, code, printed.events("error")[0]["fatal"].as_bool()), (1, "no_table", Some(false)));
    assert!(message.contains("dev-shop-product-history"), "{message}");
    assert_eq!(printed.events("version").len(), 12, "the command rows are there");
    drop_table(&stack, COMMAND).await;
    let printed = program.json(&history).await;
    assert_eq!((printed.code, errors(&printed).len()), (1, 2), "{}", printed.stdout);
    assert_eq!(printed.events("version").iter().filter(|v| v["status"] != "gap").count(), 1, "{}", printed.stdout);
}

#[tokio::test]
async fn each_cause_is_told_once_and_each_row_says_what_it_lacks() {
    let mut stack = Stack::golden().await;
    let proxy = Proxy::before(stack.profile.endpoints.s3.as_deref().unwrap()).await;
    stack.profile.endpoints.s3 = Some(proxy.endpoint.clone());
    stack.profile.bucket = Some("shop-public".to_owned());
    // What AWS answers; the embedded S3 only knows missing objects.
    let no_bucket_next = |times| proxy.next_reads(&vec![Fault::S3(404, "NoSuchBucket"); times]);
    let in_s3 = stack.get(DATA, "PRODUCT#acme", "P-0009").await.unwrap();
    stack.put(DATA, &under(&in_s3, "P-0010")).await;
    let program = Program::new(&stack);
    let no_bucket = |printed: &Printed| {
        let e = printed.events("error")[0];
        let message = e["message"].as_str().unwrap();
        assert_eq!((e["code"].as_str(), e["aws_code"].as_str()), (Some("not_found"), Some("NoSuchBucket")), "{e}");
        assert!(message.contains("shop-public") && message.contains("no bucket"), "{message}");
        assert_eq!(e["hint"], "check bucket of the profile");
    };
    let lacking = |printed: &Printed, event: &str| {
        let lacks = |l: &&&Json| l["problem"].as_str().is_some_and(|p| p.contains("shop-public"));
        printed.events(event).iter().filter(lacks).count()
    };
    no_bucket_next(2);
    let printed = program.json(&["history", "PRODUCT#acme", "P-0009", "--rows"]).await;
    no_bucket(&printed);
    assert_eq!((printed.code, errors(&printed).len(), lacking(&printed, "version")), (1, 1, 2), "{}", printed.stdout);
    // What is fatal says the same.
    no_bucket_next(2);
    let printed = program.json(&["diff", "PRODUCT#acme", "P-0009", "1", "2"]).await;
    no_bucket(&printed);
    proxy.clear();
    no_bucket_next(2);
    let dry = program.json(&["rollback", "PRODUCT#acme", "P-0009", "--to", "1", "--dry-run"]).await;
    assert_eq!((dry.code, dry.events("item").len()), (1, 0), "a missing bucket is no missing object: {}", dry.stdout);
    // Three causes are three errors.
    proxy.clear();
    no_bucket_next(1);
    proxy.next_reads(&[Fault::S3(403, "AccessDenied"), Fault::S3(404, "NoSuchBucket")]);
    stack.put(DATA, &under(&in_s3, "P-0011")).await;
    drop_table(&stack, COMMAND).await;
    let printed = program.json(&["entities", "PRODUCT#acme", "--rows"]).await;
    assert_eq!(lacking(&printed, "entity"), 3, "{}", printed.stdout);
    let codes: Vec<&str> = errors(&printed).iter().map(|(code, _)| *code).collect();
    assert_eq!((printed.code, codes), (1, vec!["no_table", "not_found", "access_denied"]), "{}", printed.stdout);
    // Without --rows nothing is read from S3, and nothing is missed.
    let printed = program.json(&["history", "PRODUCT#acme", "P-0009"]).await;
    assert_eq!(lacking(&printed, "version"), 0);
}

#[tokio::test]
async fn modules_are_found_on_every_page_of_the_table_list() {
    let stack = Stack::golden().await;
    for i in 0..110 {
        stack.create_table(&format!("dev-shop-m{i:03}-data")).await;
    }
    for kind in ["data", "history", "command"] {
        stack.create_table(&format!("dev-shop-zebra-{kind}")).await;
    }
    let first = stack.ddb.list_tables().send().await.unwrap();
    assert!(first.last_evaluated_table_name().is_some() && !first.table_names().iter().any(|t| t.contains("zebra")));
    let program = Program::new(&stack);
    let row = under(&stack.get(DATA, "PRODUCT#acme", "P-0003").await.unwrap(), "z");
    stack
        .put(
            "dev-shop-zebra-data",
            &Row(row.0.into_iter().chain([("pk".to_owned(), Value::s("ZEBRA#acme"))]).collect()),
        )
        .await;
    let printed = program.json(&["entities", "ZEBRA#acme"]).await;
    assert_eq!((printed.code, printed.events("entity").len()), (0, 1), "{}", printed.stdout);
    assert_eq!(printed.events("entity")[0]["module"], "zebra");
}
