//! The demo data has in it what the console is for, and nothing that the framework would not have left.

mod services;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry::sandbox::{Options, Sandbox};

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
