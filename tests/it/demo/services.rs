//! Services of the demo: objects, tables and users, and how they are loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry::sandbox::{BUCKET, Options, Sandbox, SandboxError};

use super::{Demo, attributes, demo, scan, text};
use crate::sandbox::clients::{self, get, n};

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
