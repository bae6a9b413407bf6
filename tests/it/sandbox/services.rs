//! Each service does what the console needs of it.

use aws_sdk_cognitoidentityprovider::types::AttributeType;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use aws_sdk_s3::primitives::ByteStream;
use tenantry::sandbox::{BUCKET, Options, Sandbox, TableOptions};

use super::clients::{self, create_table, get, n, row, s};

#[tokio::test]
async fn tables_keep_every_kind_of_value() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let client = clients::dynamodb(&sandbox);
    create_table(&client, "dev-shop-product-data").await;
    let stored = row([
        ("pk", s("PRODUCT#acme")),
        ("sk", s("P-1")),
        ("exact", n("12345678901234567890123456789012345678")),
        ("binary", AttributeValue::B(Blob::new([0, 159, 146, 150]))),
        ("words", AttributeValue::Ss(vec!["a".into(), "b".into()])),
        ("empty", s("")),
        ("nothing", AttributeValue::Null(true)),
    ]);
    client.put_item().table_name("dev-shop-product-data").set_item(Some(stored.clone())).send().await.unwrap();
    assert_eq!(get(&client, "dev-shop-product-data", "PRODUCT#acme", "P-1").await, Some(stored));
    sandbox.stop().unwrap();
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let client = clients::dynamodb(&sandbox);
    for table in ["one", "two"] {
        create_table(&client, table).await;
    }
    let put = |table: &str, sk: &str| {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(row([("pk", s("p")), ("sk", s(sk))])))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let write = |items| client.transact_write_items().set_transact_items(Some(items)).send();
    write(vec![put("one", "a"), put("two", "a")]).await.unwrap();
    let error = write(vec![put("one", "b"), put("two", "a")]).await.unwrap_err().into_service_error();
    assert!(error.is_transaction_canceled_exception(), "{error:?}");
    assert!(get(&client, "two", "p", "a").await.is_some());
    assert_eq!(get(&client, "one", "p", "b").await, None);
}

#[tokio::test]
async fn objects_keep_their_keys() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let client = clients::s3(&sandbox);
    let key = "ddb/dev-shop-product-data/PRODUCT#acme/user@example.com/商品カタログ 1+1.json";
    let put = client.put_object().bucket(BUCKET).key(key).body(ByteStream::from_static(b"{\"a\":1}"));
    put.send().await.unwrap();
    let got = client.get_object().bucket(BUCKET).key(key).send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"{\"a\":1}");
    let listed = client.list_objects_v2().bucket(BUCKET).prefix("ddb/").send().await.unwrap();
    assert_eq!(listed.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(), [key]);

    assert_eq!(sandbox.objects().get(key).unwrap().unwrap(), b"{\"a\":1}");
    sandbox.objects().put("direct/é#1.json", b"[]").unwrap();
    let got = client.get_object().bucket(BUCKET).key("direct/é#1.json").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"[]");

    let missing = client.get_object().bucket(BUCKET).key("nowhere").send().await.unwrap_err();
    assert!(missing.into_service_error().is_no_such_key());
}

#[tokio::test]
async fn the_pool_has_the_custom_attributes() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let client = clients::cognito(&sandbox);
    let pool = sandbox.user_pool_id();
    assert!(client.list_users().user_pool_id(pool).send().await.unwrap().users().is_empty());
    let attributes = [("custom:tenant", "MY_TENANT"), ("custom:roles", "[]"), ("custom:groups", "[{}]")];
    let mut create = client.admin_create_user().user_pool_id(pool).username("tanaka");
    for (name, value) in attributes {
        create = create.user_attributes(AttributeType::builder().name(name).value(value).build().unwrap());
    }
    create.send().await.unwrap();
    client
        .admin_update_user_attributes()
        .user_pool_id(pool)
        .username("tanaka")
        .user_attributes(AttributeType::builder().name("custom:tenant").value("my_tenant").build().unwrap())
        .send()
        .await
        .unwrap();
    let listed = client.list_users().user_pool_id(pool).send().await.unwrap();
    let [user] = listed.users() else { panic!("{listed:?}") };
    let tenant = user.attributes().iter().find(|attribute| attribute.name() == "custom:tenant").unwrap();
    assert_eq!(tenant.value(), Some("my_tenant"));
    assert_eq!(sandbox.users().count(), 1);
}

#[tokio::test]
async fn rows_load_without_the_network_and_expire_when_swept() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let tables = sandbox.tables();
    assert!(sandbox.is_empty().unwrap());
    tables.create("dev-shop-product-data", TableOptions { stream: true, ttl: true }).unwrap();
    assert!(!sandbox.is_empty().unwrap());
    let rows = |ttl: u64| (0..5).map(move |i| item(&format!("P-{ttl}-{i}"), ttl));
    let loaded = tables.load("dev-shop-product-data", rows(1).chain(rows(9_999_999_999)).collect()).unwrap();
    assert_eq!(loaded, 10);

    let client = clients::dynamodb(&sandbox);
    let count = async || client.scan().table_name("dev-shop-product-data").send().await.unwrap().count();
    assert_eq!(count().await, 10);
    assert_eq!(tables.sweep_ttl().unwrap(), 5);
    assert_eq!(count().await, 5);
    assert!(tables.get("dev-shop-product-data", "PRODUCT#acme", "P-9999999999-0").unwrap().is_some());
}

fn item(sk: &str, ttl: u64) -> tenantry::sandbox::Item {
    use tenantry::sandbox::AttributeValue;
    [
        ("pk".to_owned(), AttributeValue::S("PRODUCT#acme".into())),
        ("sk".to_owned(), AttributeValue::S(sk.into())),
        ("ttl".to_owned(), AttributeValue::N(ttl.to_string())),
    ]
    .into()
}
