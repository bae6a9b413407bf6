use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_s3::primitives::ByteStream;
use tempfile::TempDir;
use tenantry::config::{Endpoints, Profile};
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Number, Value};
use tenantry::store::ReadStore;

use super::golden;

pub const BUCKET: &str = "shop-private";
pub const MODULES: [&str; 4] = ["product", "order", "customer", "master"];

/// Services with tables in them: the embedded ones, or those at `TENANTRY_TEST_ENDPOINT`.
pub struct Stack {
    pub profile: Profile,
    pub store: ReadStore,
    pub ddb: aws_sdk_dynamodb::Client,
    pub s3: aws_sdk_s3::Client,
    pub state: TempDir,
    #[cfg(feature = "sandbox")]
    _sandbox: Option<tenantry::sandbox::Sandbox>,
}

/// The second implementation, where the tests run against it.
pub fn external() -> Option<String> {
    std::env::var("TENANTRY_TEST_ENDPOINT").ok().filter(|e| !e.is_empty())
}

impl Stack {
    /// Empty tables of the golden modules.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// Empty tables, the profile changed first.
    pub async fn with(change: impl FnOnce(&mut Profile)) -> Self {
        // Engines of these tests run in the tests' own process.
        tenantry::worker::use_program(env!("CARGO_BIN_EXE_tenantry"));
        let mut profile = Profile::new("test", "dev", "shop");
        profile.region = Some("ap-northeast-1".to_owned());
        profile.credentials = Some(("sandbox".to_owned(), "sandbox".to_owned()));
        profile.account = Some("000000000000".to_owned());
        profile.bucket = Some(BUCKET.to_owned());
        profile.operator = "operator-1".to_owned();
        #[cfg(feature = "sandbox")]
        let mut sandbox = None;
        if let Some(endpoint) = external() {
            reset(&endpoint).await;
            profile.endpoints =
                Endpoints { dynamodb: Some(endpoint.clone()), s3: Some(endpoint.clone()), cognito: Some(endpoint) };
        } else {
            #[cfg(feature = "sandbox")]
            {
                let started = tokio::task::spawn_blocking(|| tenantry::sandbox::Sandbox::start(Default::default()));
                let started = started.await.unwrap().unwrap();
                let at = started.endpoints();
                profile.endpoints = Endpoints {
                    dynamodb: Some(at.dynamodb.clone()),
                    s3: Some(at.s3.clone()),
                    cognito: Some(at.cognito.clone()),
                };
                sandbox = Some(started);
            }
            #[cfg(not(feature = "sandbox"))]
            panic!("without the sandbox TENANTRY_TEST_ENDPOINT must name services");
        }
        change(&mut profile);
        let (ddb, s3) = clients(&profile).await;
        if external().is_some() {
            let region = aws_sdk_s3::types::BucketLocationConstraint::ApNortheast1;
            let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(region).build();
            s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await.unwrap();
        }
        let store = tenantry::store::connect(&profile).await.store;
        let stack = Self {
            profile,
            store,
            ddb,
            s3,
            state: TempDir::new().unwrap(),
            #[cfg(feature = "sandbox")]
            _sandbox: sandbox,
        };
        for module in MODULES {
            for kind in ["data", "history", "command"] {
                stack.create_table(&format!("dev-shop-{module}-{kind}")).await;
            }
        }
        stack
    }

    /// The golden rows and objects.
    pub async fn golden() -> Self {
        Self::golden_with(|_| {}).await
    }

    /// The golden rows and objects, the profile changed first.
    pub async fn golden_with(change: impl FnOnce(&mut Profile)) -> Self {
        let stack = Self::with(change).await;
        for (table, rows) in golden::tables() {
            stack.put_all(&table, &rows).await;
        }
        for (key, body) in golden::objects() {
            stack.put_object(&key, &body).await;
        }
        stack
    }

    pub async fn create_table(&self, name: &str) {
        let key = |n: &str, k| KeySchemaElement::builder().attribute_name(n).key_type(k).build().unwrap();
        let field = |n: &str| {
            AttributeDefinition::builder().attribute_name(n).attribute_type(ScalarAttributeType::S).build().unwrap()
        };
        self.ddb
            .create_table()
            .table_name(name)
            .key_schema(key("pk", KeyType::Hash))
            .key_schema(key("sk", KeyType::Range))
            .attribute_definitions(field("pk"))
            .attribute_definitions(field("sk"))
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
            .unwrap();
    }

    pub async fn put(&self, table: &str, row: &Row) {
        self.ddb.put_item().table_name(table).set_item(Some(to_item(&row.0))).send().await.unwrap();
    }

    pub async fn put_all(&self, table: &str, rows: &[Row]) {
        for row in rows {
            self.put(table, row).await;
        }
    }

    pub async fn delete(&self, table: &str, pk: &str, sk: &str) {
        let text = |t: &str| AttributeValue::S(t.to_owned());
        self.ddb.delete_item().table_name(table).key("pk", text(pk)).key("sk", text(sk)).send().await.unwrap();
    }

    pub async fn get(&self, table: &str, pk: &str, sk: &str) -> Option<Row> {
        let text = |t: &str| AttributeValue::S(t.to_owned());
        let ask = self.ddb.get_item().table_name(table).key("pk", text(pk)).key("sk", text(sk)).consistent_read(true);
        ask.send().await.unwrap().item.map(|item| Row(from_item(item)))
    }

    /// Every row of every table, sorted: for comparing before and after.
    pub async fn dump(&self) -> BTreeMap<String, Vec<Row>> {
        let mut out = BTreeMap::new();
        for table in self.ddb.list_tables().send().await.unwrap().table_names() {
            let mut rows = Vec::new();
            let mut start = None;
            loop {
                let scan = self.ddb.scan().table_name(table).consistent_read(true).set_exclusive_start_key(start);
                let page = scan.send().await.unwrap();
                rows.extend(page.items.unwrap_or_default().into_iter().map(|item| Row(from_item(item))));
                match page.last_evaluated_key {
                    Some(key) => start = Some(key),
                    None => break,
                }
            }
            rows.sort_by_key(|row| (row.text("pk").map(str::to_owned), row.text("sk").map(str::to_owned)));
            out.insert(table.clone(), rows);
        }
        out
    }

    pub async fn put_object(&self, key: &str, body: &str) {
        let body = ByteStream::from(body.as_bytes().to_vec());
        self.s3.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap();
    }

    pub async fn object(&self, key: &str) -> Option<String> {
        let answer = self.s3.get_object().bucket(BUCKET).key(key).send().await.ok()?;
        Some(String::from_utf8(answer.body.collect().await.unwrap().to_vec()).unwrap())
    }

    /// Keys of every object.
    pub async fn object_keys(&self) -> Vec<String> {
        let listed = self.s3.list_objects_v2().bucket(BUCKET).send().await.unwrap();
        listed.contents().iter().map(|o| o.key().unwrap().to_owned()).collect()
    }
}

async fn clients(profile: &Profile) -> (aws_sdk_dynamodb::Client, aws_sdk_s3::Client) {
    let credentials = aws_sdk_dynamodb::config::Credentials::new("sandbox", "sandbox", None, None, "test");
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("ap-northeast-1"))
        .credentials_provider(credentials)
        .load()
        .await;
    let ddb =
        aws_sdk_dynamodb::config::Builder::from(&config).endpoint_url(profile.endpoints.dynamodb.clone().unwrap());
    let s3 = aws_sdk_s3::config::Builder::from(&config)
        .endpoint_url(profile.endpoints.s3.clone().unwrap())
        .force_path_style(true);
    (aws_sdk_dynamodb::Client::from_conf(ddb.build()), aws_sdk_s3::Client::from_conf(s3.build()))
}

/// Empties the second implementation; its tests run one after another.
async fn reset(endpoint: &str) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let host = endpoint.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request =
        format!("POST /moto-api/reset HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

pub fn to_item(map: &Map) -> HashMap<String, AttributeValue> {
    map.iter().map(|(name, value)| (name.clone(), to_value(value))).collect()
}

fn to_value(value: &Value) -> AttributeValue {
    match value {
        Value::S(t) => AttributeValue::S(t.clone()),
        Value::N(n) => AttributeValue::N(n.as_str().to_owned()),
        Value::B(b) => AttributeValue::B(Blob::new(b.clone())),
        Value::Bool(b) => AttributeValue::Bool(*b),
        Value::Null => AttributeValue::Null(true),
        Value::M(m) => AttributeValue::M(to_item(m)),
        Value::L(l) => AttributeValue::L(l.iter().map(to_value).collect()),
        Value::Ss(s) => AttributeValue::Ss(s.iter().cloned().collect()),
        Value::Ns(s) => AttributeValue::Ns(s.iter().map(|n| n.as_str().to_owned()).collect()),
        Value::Bs(s) => AttributeValue::Bs(s.iter().cloned().map(Blob::new).collect()),
    }
}

fn from_item(item: HashMap<String, AttributeValue>) -> Map {
    let mut pairs: Vec<_> = item.into_iter().collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs.into_iter().map(|(name, value)| (name, from_value(value))).collect()
}

fn from_value(value: AttributeValue) -> Value {
    let n = |t: String| Number::parse(&t).unwrap();
    match value {
        AttributeValue::S(t) => Value::S(t),
        AttributeValue::N(t) => Value::N(n(t)),
        AttributeValue::B(b) => Value::B(b.into_inner()),
        AttributeValue::Bool(b) => Value::Bool(b),
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::M(m) => Value::M(from_item(m)),
        AttributeValue::L(l) => Value::L(l.into_iter().map(from_value).collect()),
        AttributeValue::Ss(s) => Value::Ss(s.into_iter().collect()),
        AttributeValue::Ns(s) => Value::Ns(s.into_iter().map(n).collect()),
        AttributeValue::Bs(s) => Value::Bs(s.into_iter().map(Blob::into_inner).collect()),
        other => panic!("unexpected {other:?}"),
    }
}
