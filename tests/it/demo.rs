//! The demo data has in it what the console is for, and nothing that the framework would not have left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry::sandbox::{BUCKET, Options, Sandbox, SandboxError};

use super::sandbox::clients::{self, Row, get, n, s};

const MODULES: [&str; 4] = ["product", "order", "customer", "master"];

/// Everything in a module's tables.
#[derive(Default)]
struct Module {
    data: BTreeMap<(String, String), Row>,
    /// Under the entity's key and the version.
    history: BTreeMap<(String, String, u64), Row>,
    commands: BTreeMap<(String, String, u64), Row>,
}

impl Module {
    fn versions<'a>(rows: &'a BTreeMap<(String, String, u64), Row>, pk: &str, sk: &str) -> Vec<(u64, &'a Row)> {
        let key = |version| (pk.to_owned(), sk.to_owned(), version);
        rows.range(key(0)..=key(u64::MAX)).map(|((.., version), row)| (*version, row)).collect()
    }
}

fn text<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

fn version(row: &Row) -> u64 {
    row["version"].as_n().unwrap().parse().unwrap()
}

fn attributes(row: &Row) -> Option<&Row> {
    row["attributes"].as_m().ok()
}

async fn scan(client: &aws_sdk_dynamodb::Client, table: &str) -> Vec<Row> {
    let pages = client.scan().table_name(table).into_paginator().items().send();
    pages.collect::<Result<Vec<_>, _>>().await.unwrap()
}

async fn module(client: &aws_sdk_dynamodb::Client, name: &str) -> Module {
    let mut module = Module::default();
    for row in scan(client, &format!("dev-shop-{name}-data")).await {
        module.data.insert((text(&row, "pk").unwrap().into(), text(&row, "sk").unwrap().into()), row);
    }
    for kind in ["history", "command"] {
        let rows = if kind == "history" { &mut module.history } else { &mut module.commands };
        for row in scan(client, &format!("dev-shop-{name}-{kind}")).await {
            let (base, version) = text(&row, "sk").unwrap().rsplit_once('@').unwrap();
            let key = (text(&row, "pk").unwrap().to_owned(), base.to_owned(), version.parse().unwrap());
            rows.insert(key, row);
        }
    }
    module
}

/// A sandbox with the demo in it and all rows of all modules.
struct Demo {
    sandbox: Sandbox,
    modules: BTreeMap<&'static str, Module>,
}

impl Demo {
    async fn load() -> Self {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        sandbox.load_demo(|_, _| {}).unwrap();
        let client = clients::dynamodb(&sandbox);
        let mut modules = BTreeMap::new();
        for name in MODULES {
            modules.insert(name, module(&client, name).await);
        }
        Self { sandbox, modules }
    }
}

/// The demo, which tests that run at the same time share: none of them writes.
fn demo() -> Arc<Demo> {
    static SHARED: Mutex<Weak<Demo>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let load =
            || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(Demo::load());
        // A runtime cannot be entered from within another one.
        let demo = Arc::new(std::thread::scope(|scope| scope.spawn(load).join().unwrap()));
        *shared = Arc::downgrade(&demo);
        demo
    })
}

#[tokio::test]
async fn it_has_three_thousand_entities_of_six_tenants() {
    let demo = demo();
    let Demo { sandbox, modules } = &*demo;
    let mut entities = BTreeSet::new();
    for (name, module) in modules {
        entities.extend(module.data.keys().map(|(pk, sk)| (*name, pk, sk)));
        entities.extend(module.commands.keys().map(|(pk, sk, _)| (*name, pk, sk)));
    }
    assert_eq!(entities.len(), 3_000);
    for name in ["product", "order", "customer"] {
        let codes: BTreeSet<_> = modules[name].data.values().filter_map(|row| text(row, "tenantCode")).collect();
        let spelled: Vec<_> = codes.iter().filter(|code| code.eq_ignore_ascii_case("my_tenant")).copied().collect();
        assert_eq!(spelled, ["MY_TENANT", "My_Tenant", "my_tenant"], "{name}");
        let tenants: BTreeSet<_> = codes.iter().map(|code| code.to_lowercase()).collect();
        assert_eq!(tenants.len(), 6, "{name}: {tenants:?}");
        assert!(codes.contains("Kita_Foods"));
    }
    // One sort key under two spellings: normalising the tenant meets a collision.
    let order = |tenant: &str| modules["order"].data.get(&(format!("ORDER#{tenant}"), "ORDER#O-1".to_owned()));
    assert_ne!(order("MY_TENANT").unwrap()["attributes"], order("my_tenant").unwrap()["attributes"]);
    // Order lines name products that are there.
    for row in modules["order"].data.values().filter_map(attributes).filter(|a| a.contains_key("productCode")) {
        let (pk, sk) = text(row, "product").unwrap().rsplit_once('#').unwrap();
        let product = &modules["product"].data[&(pk.to_owned(), sk.to_owned())];
        assert_eq!(product["code"], row["productCode"]);
    }
    let names: BTreeSet<_> = modules["product"].data.values().filter_map(|row| text(row, "name")).collect();
    assert!(names.len() > 1_200, "{}", names.len());
    assert!(sandbox.tables().names().unwrap().contains(&"dev-shop-session".to_owned()));
}

#[tokio::test]
async fn rows_belong_together_as_the_framework_leaves_them() {
    let demo = demo();
    let modules = &demo.modules;
    let mut odd = BTreeSet::new();
    for module in modules.values() {
        for ((pk, sk), row) in &module.data {
            let current = version(row);
            assert_eq!(text(row, "cpk"), Some(pk.as_str()));
            assert!(text(row, "csk").unwrap().starts_with(sk.as_str()));
            for gone in ["status", "syncMode", "source"] {
                assert!(!row.contains_key(gone), "{pk} {sk} has {gone}");
            }
            let commands = Module::versions(&module.commands, pk, sk);
            let history = Module::versions(&module.history, pk, sk);
            let complete = commands.iter().map(|(v, _)| *v).eq(1..=current)
                && history.iter().map(|(v, _)| *v).eq(1..current)
                && commands.iter().all(|(_, command)| text(command, "status") == Some("finish:FINISHED"));
            let named = text(row, "id") == Some(&format!("{pk}#{sk}"));
            if !complete || !named {
                odd.insert(format!("{pk} {sk}"));
            }
            for (v, row) in history.iter().chain(&commands) {
                assert_eq!(version(row), *v, "{pk} {sk}");
            }
        }
    }
    let expected = [
        "CUSTOMER#acme user",
        "PRODUCT#acme P-0003",
        "PRODUCT#acme P-0005",
        "PRODUCT#acme P-0006",
        "PRODUCT#acme P-0007",
        "PRODUCT#acme P-0008",
        "PRODUCT#acme P-0014",
        "PRODUCT#acme P-0015",
        "PRODUCT#globex GX-09002",
        "PRODUCT#globex GX-09003",
    ];
    assert_eq!(odd.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn some_entities_have_a_long_history() {
    let demo = demo();
    let modules = &demo.modules;
    let long: Vec<_> = modules["product"].data.iter().filter(|(_, row)| version(row) > 30).collect();
    assert!(long.len() >= 12, "{}", long.len());
    for ((pk, sk), row) in long {
        let month = |version| {
            let command = &modules["product"].commands[&(pk.clone(), sk.clone(), version)];
            text(command, "createdAt").unwrap()[..7].to_owned()
        };
        let months: BTreeSet<_> = (1..=version(row)).map(month).collect();
        assert!(months.len() >= 12, "{pk} {sk}: {months:?}");
    }
    let bolt = &modules["product"].data[&("PRODUCT#acme".into(), "01HX7MBJK3V9WQBZ7XNDK5ZT2M".into())];
    assert_eq!((version(bolt), text(bolt, "name")), (38, Some("六角ボルト M6×25")));
}

#[tokio::test]
async fn commands_above_the_data_row_wait_failed_or_are_wedged() {
    let demo = demo();
    let modules = &demo.modules;
    let mut found = BTreeMap::<&str, Vec<String>>::new();
    for module in modules.values() {
        for ((pk, sk, v), command) in &module.commands {
            let current = module.data.get(&(pk.clone(), sk.clone())).map_or(0, version);
            if *v > current {
                let state = text(command, "status").unwrap_or("none");
                assert_eq!(command.contains_key("syncMode"), state.starts_with("publish_sync"), "{pk} {sk}");
                found.entry(state).or_default().push(format!("{pk} {sk}@{v} over {current}"));
            }
        }
    }
    let of = |state: &str| found[state].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("sync_data:FAILED"), ["PRODUCT#acme P-0003@2 over 1", "PRODUCT#globex GX-09002@4 over 3"]);
    assert_eq!(of("publish_sync:STARTED"), ["PRODUCT#acme P-0005@3 over 2"]);
    assert_eq!(of("publish_sync:FAILED"), ["PRODUCT#globex GX-09003@5 over 4"]);
    assert_eq!(of("check_version:FINISHED"), ["PRODUCT#acme P-0014@5 over 2"]);
    assert_eq!(found["none"].len(), 6);
    assert!(found["none"].contains(&"PRODUCT#acme P-0004@1 over 0".to_owned()));
    assert!(found["none"].contains(&"PRODUCT#acme P-0008@3 over 2".to_owned()));
    assert_eq!(found.len(), 5);
    // The failed pipeline had copied the current version to history before it gave up.
    assert_eq!(Module::versions(&modules["product"].history, "PRODUCT#acme", "P-0003").len(), 1);
}

#[tokio::test]
async fn versions_are_missing_here_and_there() {
    let demo = demo();
    let modules = &demo.modules;
    let product = &modules["product"];
    let at = |sk: &str, v| ("PRODUCT#acme".to_owned(), sk.to_owned(), v);
    assert!(!product.history.contains_key(&at("P-0006", 3)) && product.commands.contains_key(&at("P-0006", 3)));
    assert!(!product.history.contains_key(&at("P-0007", 2)) && !product.commands.contains_key(&at("P-0007", 2)));
    assert_eq!(version(&product.data[&("PRODUCT#acme".into(), "P-0015".into())]), 4);
    assert!(Module::versions(&product.commands, "PRODUCT#acme", "P-0015").is_empty());
    assert!(Module::versions(&product.history, "PRODUCT#acme", "P-0015").is_empty());
}

#[tokio::test]
async fn long_attributes_are_in_s3_with_an_object_for_each_row() {
    let demo = demo();
    let Demo { sandbox, modules } = &*demo;
    let client = clients::s3(sandbox);
    let product = &modules["product"];
    let rows = product.data.values().chain(product.history.values()).chain(product.commands.values());
    let references: Vec<&str> = rows.filter_map(|row| text(row, "attributes")).collect();
    let entities = product.data.values().filter(|row| text(row, "attributes").is_some()).count();
    assert_eq!(entities, 6);
    assert_eq!(references.iter().collect::<BTreeSet<_>>().len(), references.len());
    for reference in references {
        let key = reference.strip_prefix(&format!("s3://{BUCKET}/")).unwrap();
        let body = client.get_object().bucket(BUCKET).key(key).send().await.unwrap().body.collect().await.unwrap();
        let body = body.to_vec();
        let attributes: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert!(attributes["description"].is_string() && body.len() > 102_400, "{key}");
    }
}

#[tokio::test]
async fn deleted_restored_and_never_deleted_are_told_apart() {
    let demo = demo();
    let modules = &demo.modules;
    let mut states = BTreeMap::<Option<bool>, usize>::new();
    for row in modules.values().flat_map(|module| module.data.values()) {
        *states.entry(row.get("isDeleted").map(|value| *value.as_bool().unwrap())).or_default() += 1;
    }
    assert!(states[&Some(true)] > 60, "{states:?}");
    assert!(states[&Some(false)] >= 2, "{states:?}");
    assert!(states[&None] > 2_500, "{states:?}");
}

#[tokio::test]
async fn keys_and_values_are_of_every_kind() {
    let demo = demo();
    let Demo { sandbox, modules } = &*demo;
    let keys: Vec<&(String, String)> = modules.values().flat_map(|module| module.data.keys()).collect();
    let count = |matches: &dyn Fn(&str, &str) -> bool| keys.iter().filter(|(pk, sk)| matches(pk, sk)).count();
    assert!(count(&|_, sk| sk.starts_with("ORDER_ITEM#O-1#00")) >= 8);
    assert!(count(&|pk, _| pk.starts_with("LOG#") && pk.split('#').count() == 3) == 72);
    assert!(count(&|_, sk| sk.starts_with("煎茶-")) > 40);
    assert_eq!(count(&|_, sk| sk.contains('@')), 1);

    let customer = |sk: &str| &modules["customer"].data[&("CUSTOMER#acme".to_owned(), sk.to_owned())];
    assert_eq!(text(customer("user"), "id"), Some("CUSTOMER#acme#user@example.com"));
    assert_eq!(text(customer("user@example.com"), "id"), Some("CUSTOMER#acme#user@example.com"));
    assert_eq!(Module::versions(&modules["customer"].commands, "CUSTOMER#acme", "user").len(), 2);

    let client = clients::dynamodb(sandbox);
    let exact = get(&client, "dev-shop-product-data", "PRODUCT#acme", "P-0010").await.unwrap();
    let exact = attributes(&exact).unwrap();
    assert_eq!(exact["lotNumber"], n("12345678901234567890123456789012345678"));
    assert!(matches!(&exact["certificates"], AttributeValue::Ss(set) if set.len() == 3));
    assert!(matches!(&exact["lengths"], AttributeValue::Ns(set) if set.len() == 3));
    assert!(matches!(&exact["seals"], AttributeValue::Bs(set) if set.len() == 2));
    assert!(matches!(&exact["thumbnail"], AttributeValue::B(blob) if blob.as_ref().starts_with(b"\x89PNG")));
    assert_eq!((&exact["remark"], &exact["discontinued"]), (&s(""), &AttributeValue::Null(true)));

    let dangerous = get(&client, "dev-shop-product-data", "PRODUCT#acme", "P-0011").await.unwrap();
    let name = text(&dangerous, "name").unwrap();
    for symbol in ["\u{1b}[31m", "\u{7}", "\u{202e}", "\u{200b}", "🎍", "\n"] {
        assert!(name.contains(symbol), "{symbol:?}");
    }
    let migrated = &modules["product"].data[&("PRODUCT#acme".into(), "P-0013".into())];
    assert_eq!(attributes(migrated).unwrap()["_migrated"], AttributeValue::Bool(true));
}

#[tokio::test]
async fn initech_still_has_its_old_schemas() {
    let demo = demo();
    let modules = &demo.modules;
    let of = |module: &str, pk: &str| -> Vec<Row> {
        let rows = modules[module].data.iter().filter(|((of, _), _)| of == pk);
        rows.map(|(_, row)| attributes(row).unwrap().clone()).collect()
    };
    let products = of("product", "PRODUCT#initech");
    let old = products.iter().filter(|a| a.contains_key("productName") && a.contains_key("unitPrice")).count();
    let marked = products.iter().filter(|a| a.get("version") == Some(&s("v2"))).count();
    assert!(old > 150 && marked > 25 && old + marked == products.len(), "{old} {marked}");
    assert!(products.iter().any(|a| a.contains_key("productName") && !a.contains_key("categoryCode")));

    let customers = of("customer", "CUSTOMER#initech");
    let mut markers = BTreeMap::<Option<&str>, usize>::new();
    for customer in &customers {
        *markers.entry(customer.get("_schemaVersion").map(|v| v.as_n().unwrap().as_str())).or_default() += 1;
    }
    assert_eq!(markers.keys().copied().collect::<Vec<_>>(), [None, Some("1"), Some("2"), Some("3"), Some("7")]);
    assert!(customers.iter().filter(|a| a.contains_key("fullName")).count() > 20);
}

#[tokio::test]
async fn retention_is_set_and_nothing_has_expired() {
    let demo = demo();
    let Demo { sandbox, modules } = &*demo;
    let client = clients::dynamodb(sandbox);
    let setting = get(&client, "dev-shop-master-data", "MASTER#acme", "TTL#dev-shop-product-history").await.unwrap();
    assert_eq!(attributes(&setting).unwrap()["days"], n("90"));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut expiring = BTreeMap::<&str, usize>::new();
    for module in modules.values() {
        let (data, history, commands) = (module.data.values(), module.history.values(), module.commands.values());
        let rows =
            data.map(|r| ("data", r)).chain(history.map(|r| ("history", r))).chain(commands.map(|r| ("command", r)));
        for (kind, row) in rows {
            match &row["ttl"] {
                AttributeValue::Null(true) => {}
                ttl => {
                    assert!(ttl.as_n().unwrap().parse::<u64>().unwrap() > now, "{row:?}");
                    *expiring.entry(kind).or_default() += 1;
                }
            }
        }
    }
    assert!(expiring.len() == 3 && expiring.values().all(|count| *count > 20), "{expiring:?}");
    assert_eq!(sandbox.tables().sweep_ttl().unwrap(), 0);
}

#[tokio::test]
async fn tables_are_as_the_framework_deploys_them() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    let client = clients::dynamodb(sandbox);
    let names = sandbox.tables().names().unwrap();
    assert_eq!(names.len(), 16);
    for name in names {
        let table = client.describe_table().table_name(&name).send().await.unwrap().table.unwrap();
        let view = table.stream_specification().and_then(|stream| stream.stream_view_type()).map(|view| view.as_str());
        let streams = name.ends_with("-command") || name.ends_with("-tasks") || name.ends_with("-import_tmp");
        assert_eq!(view, streams.then_some("NEW_IMAGE"), "{name}");
        let expiry = client.describe_time_to_live().table_name(&name).send().await.unwrap();
        assert_eq!(expiry.time_to_live_description.unwrap().attribute_name(), Some("ttl"), "{name}");
    }
    let counters = scan(&client, "dev-shop-sequences").await;
    let spelled = counters.iter().filter(|row| text(row, "pk").unwrap().eq_ignore_ascii_case("SEQ#my_tenant"));
    assert_eq!(spelled.count(), 3);
    let jobs = scan(&client, "dev-shop-import_tmp").await;
    assert!(jobs.iter().all(|job| text(job, "pk").unwrap().starts_with("CSV_IMPORT#")) && jobs.len() == 2);
}

#[tokio::test]
async fn users_have_tenants_in_every_spelling_and_some_broken_roles() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    let client = clients::cognito(sandbox);
    let listed = client.list_users().user_pool_id(sandbox.user_pool_id()).send().await.unwrap();
    let values = |name: &str| -> Vec<&str> {
        let attributes = listed.users().iter().flat_map(|user| user.attributes());
        attributes.filter(|attribute| attribute.name() == name).filter_map(|attribute| attribute.value()).collect()
    };
    assert_eq!(listed.users().len(), 42);
    let tenants = values("custom:tenant");
    for code in ["MY_TENANT", "my_tenant", "My_Tenant", "GLOBEX", "Kita_Foods", ""] {
        assert!(tenants.contains(&code), "{code}");
    }
    let broken = |name: &str| {
        values(name).iter().filter(|text| serde_json::from_str::<serde_json::Value>(text).is_err()).count()
    };
    assert_eq!((broken("custom:roles"), broken("custom:groups")), (3, 1));
    assert!(values("custom:roles").len() > 30 && values("custom:groups").len() >= 9);
}

#[tokio::test]
async fn it_loads_while_clients_read_and_only_into_an_empty_sandbox() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(Options { data: Some(dir.path().to_owned()), ..Options::default() }).unwrap();
    let client = clients::dynamodb(&sandbox);
    let heard = Mutex::new(Vec::new());
    let (summary, reads) = std::thread::scope(|scope| {
        let loading = scope.spawn(|| sandbox.load_demo(|done, of| heard.lock().unwrap().push((done, of))).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let reading = scope.spawn(move || {
            // Until the tables are there, and none before all are.
            runtime.block_on(async {
                let mut reads = 0;
                loop {
                    let names = client.list_tables().send().await.unwrap().table_names.unwrap_or_default();
                    reads += 1;
                    if !names.is_empty() {
                        assert_eq!(names.len(), 16);
                        return reads;
                    }
                }
            })
        });
        (loading.join().unwrap(), reading.join().unwrap())
    });
    assert!(reads > 1, "{reads}");
    assert_eq!((summary.entities, summary.tables, summary.users), (3_000, 16, 42));
    assert!(summary.rows > 9_000 && summary.objects >= 18, "{summary:?}");
    let heard = heard.into_inner().unwrap();
    assert!(heard.is_sorted() && heard.len() > 3, "{heard:?}");
    assert_eq!((heard[0], heard[heard.len() - 1]), ((0, 3_000), (3_000, 3_000)));

    let error = sandbox.load_demo(|_, _| {}).unwrap_err();
    assert!(matches!(error, SandboxError::NotEmpty { tables: 16 }), "{error}");
    sandbox.stop().unwrap();
    assert!(!dir.path().join("loading").exists());
    let sandbox = Sandbox::start(Options { data: Some(dir.path().to_owned()), ..Options::default() }).unwrap();
    let client = clients::dynamodb(&sandbox);
    assert!(get(&client, "dev-shop-product-data", "PRODUCT#acme", "P-0010").await.is_some());
    assert_eq!(sandbox.users().count(), 42);
}
