#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on stops")]
//! How long the engine takes, next to a raw loop over the same rows in the same run.
//!
//! `cargo bench --bench engine [-- ENTITIES]`; the services are the embedded ones, in this process, so both sides pay for them alike.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use tenantry::config::Profile;
use tenantry::config::plan::parse;
use tenantry::domain::key::EntityKey;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Value, from_plain_json};
use tenantry::engine::protocol::{Command, Cursor, DeletedFilter, EntityRef, Envelope, Event, Listing, RequestId};
use tenantry::engine::{EngineHandle, boundary, serve};
use tenantry::sandbox::{Options, Sandbox, TableOptions, to_item};
use tenantry::session::sandbox_profile;

/// As many as are asked for.
fn entities() -> usize {
    std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000)
}

const VERSIONS: u64 = 10_000;
const PAGE: usize = 500;

fn row(pk: &str, sk: &str, base: &str, version: u64) -> Row {
    let json = format!(
        r#"{{"pk":"{pk}","sk":"{sk}","id":"{pk}#{base}","code":"{base}","name":"ボルト M6 {version}","type":"PRODUCT","tenantCode":"big",
            "version":{version},"createdAt":"2026-03-02T10:15:00+09:00","createdBy":"u-tanaka","updatedAt":"2026-03-02T10:15:00+09:00",
            "updatedBy":"u-tanaka","requestId":"req-{version}","ttl":null,
            "attributes":{{"price":{version},"unit":"pc","tags":["hardware","metric"],"dims":{{"l":25,"d":6}}}}}}"#
    );
    from_plain_json(&json).ok().and_then(|v| v.as_map().cloned()).map(Row).unwrap_or_default()
}

fn load(sandbox: &Sandbox) {
    let tables = sandbox.tables();
    for module in ["product", "master"] {
        for kind in ["data", "history", "command"] {
            let options = TableOptions { stream: false, ttl: false };
            tables.create(&format!("dev-shop-{module}-{kind}"), options).expect("a new table");
        }
    }
    let put = |table: &str, rows: Vec<Row>| {
        tables.load(table, rows.into_iter().map(to_item).collect()).expect("rows that fit");
    };
    let sk = |i: usize| format!("P-{i:07}");
    let all: Vec<usize> = (0..entities()).collect();
    let commands = |row: Row| {
        let mut map: Map = row.0;
        map.insert("status".to_owned(), Value::s("finish:FINISHED"));
        map.insert("syncMode".to_owned(), Value::s("SYNC"));
        Row(map)
    };
    for some in all.chunks(50_000) {
        put("dev-shop-product-data", some.iter().map(|i| row("PRODUCT#big", &sk(*i), &sk(*i), 1)).collect());
        let first = some.iter().map(|i| commands(row("PRODUCT#big", &format!("{}@1", sk(*i)), &sk(*i), 1)));
        put("dev-shop-product-command", first.collect());
    }
    put("dev-shop-product-data", vec![row("PRODUCT#old", "long", "long", VERSIONS)]);
    let versioned = |v: u64| row("PRODUCT#old", &format!("long@{v}"), "long", v);
    put("dev-shop-product-history", (1..VERSIONS).map(versioned).collect());
    put("dev-shop-product-command", (1..=VERSIONS).map(|v| commands(versioned(v))).collect());
}

struct Driver {
    handle: EngineHandle,
    next: u64,
}

impl Driver {
    /// Sends a command and hands its events over until it is finished.
    async fn each(&mut self, command: Command, mut on: impl FnMut(Event)) {
        self.next += 1;
        let request = RequestId(self.next);
        self.handle.commands.send((request, command)).await.expect("a running engine");
        while let Some(Envelope { request: of, event }) = self.handle.events.recv().await {
            if of != request {
                continue;
            }
            match event {
                Event::Finished { .. } => return,
                Event::Failed(failure) => panic!("{failure}"),
                event => on(event),
            }
        }
    }
}

async fn raw_query(
    client: &aws_sdk_dynamodb::Client,
    table: &str,
    pk: &str,
    prefix: &str,
    limit: Option<i32>,
) -> usize {
    let mut start = None;
    let mut rows = 0;
    loop {
        let mut ask = client
            .query()
            .table_name(table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":sk", AttributeValue::S(prefix.to_owned()))
            .set_exclusive_start_key(start);
        if let Some(limit) = limit {
            ask = ask.limit(limit);
        }
        let page = ask.send().await.expect("an answer");
        rows += page.items().len();
        match page.last_evaluated_key {
            Some(key) => start = Some(key),
            None => return rows,
        }
    }
}

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1_000.0
}

fn report(what: &str, ours: Duration, raw: Duration) {
    println!("{what:<58} {:>9.1} ms   raw loop {:>9.1} ms   ratio {:.2}", ms(ours), ms(raw), ms(ours) / ms(raw));
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

async fn client(profile: &Profile) -> aws_sdk_dynamodb::Client {
    let credentials = aws_sdk_dynamodb::config::Credentials::new("sandbox", "sandbox", None, None, "bench");
    let config = aws_sdk_dynamodb::config::Builder::new()
        .behavior_version_latest()
        .region(aws_sdk_dynamodb::config::Region::new("ap-northeast-1"))
        .credentials_provider(credentials)
        .endpoint_url(profile.endpoints.dynamodb.clone().unwrap_or_default());
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn main() {
    let sandbox = Sandbox::start(Options::default()).expect("free ports");
    let began = Instant::now();
    load(&sandbox);
    println!("loaded {} entities and {VERSIONS} versions in {:.1} s", entities(), began.elapsed().as_secs_f64());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&sandbox));
    runtime.shutdown_background();
}

async fn measure(sandbox: &Sandbox) {
    let profile = sandbox_profile(sandbox);
    let raw = client(&profile).await;
    let state = tempfile::TempDir::new().expect("a directory");
    let (handle, end) = boundary();
    tokio::spawn(serve(profile, state.path().to_path_buf(), end));
    let mut driver = Driver { handle, next: 0 };
    driver.each(Command::Connect, |_| {}).await;
    raw_query(&raw, "dev-shop-product-data", "PRODUCT#old", "", None).await;
    partition(&mut driver, &raw).await;
    long_history(&mut driver, &raw).await;
    scan(&mut driver).await;
    normalize(&mut driver, &raw).await;
}

/// Looking for tenant codes that are not in lower case, where there are none, next to four segments of nothing but reading.
async fn normalize(driver: &mut Driver, raw: &aws_sdk_dynamodb::Client) {
    let text = "name = \"bench\"\noperation = \"normalize\"\nmodule = \"product\"\n";
    let plan = parse("bench.toml".as_ref(), text).expect("a plan");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let began = Instant::now();
        driver.each(Command::PreviewPlan { plan: Box::new(plan.clone()), keep: false }, |_| {}).await;
        ours.push(began.elapsed());
        let began = Instant::now();
        let segments = (0..4).map(|segment| segment_of(raw, segment));
        let rows: usize = futures::future::join_all(segments).await.into_iter().sum();
        assert_eq!(rows, entities() + 1);
        theirs.push(began.elapsed());
    }
    ours.sort();
    theirs.sort();
    report("tenant codes of the table, median of five", ours[2], theirs[2]);
    println!("that is {:.2} of a raw segmented scan", theirs[2].as_secs_f64() / ours[2].as_secs_f64());
}

async fn segment_of(client: &aws_sdk_dynamodb::Client, segment: i32) -> usize {
    let (mut start, mut rows) = (None, 0);
    loop {
        let ask = client
            .scan()
            .table_name("dev-shop-product-data")
            .projection_expression("pk, sk, tenantCode")
            .segment(segment)
            .total_segments(4)
            .set_exclusive_start_key(start);
        let page = ask.send().await.expect("an answer");
        rows += page.items().len();
        match page.last_evaluated_key {
            Some(key) => start = Some(key),
            None => return rows,
        }
    }
}

async fn partition(driver: &mut Driver, raw: &aws_sdk_dynamodb::Client) {
    let listing = Listing {
        module: "product".to_owned(),
        pk: "PRODUCT#big".into(),
        sk_prefix: String::new(),
        deleted: DeletedFilter::Keep,
        resolve: false,
        view: None,
    };
    let mut cursor: Option<Cursor> = None;
    let began = Instant::now();
    let command = Command::Page { listing: listing.clone(), after: None, limit: 100 };
    driver.each(command, |_| {}).await;
    println!("first page of a {}-entity partition: {:.1} ms", entities(), ms(began.elapsed()));
    let before = resident_mb();
    let (mut seen, mut peak, began) = (0, before, Instant::now());
    while seen < entities() {
        let command = Command::Page { listing: listing.clone(), after: cursor.take(), limit: PAGE };
        driver
            .each(command, |event| {
                if let Event::Page { entities, next } = event {
                    seen += entities.len();
                    cursor = next;
                }
            })
            .await;
        peak = peak.max(resident_mb());
    }
    let ours = began.elapsed();
    println!("paging through it: memory {before:.0} MB before, {peak:.0} MB at most");
    let began = Instant::now();
    let limit = i32::try_from(PAGE).ok();
    assert_eq!(raw_query(raw, "dev-shop-product-data", "PRODUCT#big", "", limit).await, seen);
    report("all its pages, with flags from two command rows each", ours, began.elapsed());
}

async fn long_history(driver: &mut Driver, raw: &aws_sdk_dynamodb::Client) {
    let entity = EntityRef { module: "product".to_owned(), key: EntityKey::new("PRODUCT#old", "long") };
    let (mut newest, mut seen, began) = (None, 0, Instant::now());
    driver
        .each(Command::History { entity, resolve: false }, |event| {
            if let Event::Versions(entries) = event {
                seen += entries.len();
                newest.get_or_insert_with(|| (began.elapsed(), entries.len()));
            }
        })
        .await;
    let ours = began.elapsed();
    assert_eq!(seen as u64, VERSIONS);
    let (first, count) = newest.unwrap_or_default();
    println!("{VERSIONS} versions: the newest {count} after {:.1} ms", ms(first));
    let began = Instant::now();
    for table in ["dev-shop-product-history", "dev-shop-product-command"] {
        raw_query(raw, table, "PRODUCT#old", "long@", None).await;
    }
    report("all of them, both tables", ours, began.elapsed());
}

async fn scan(driver: &mut Driver) {
    let (mut first, mut entities, began) = (None, 0, Instant::now());
    driver
        .each(Command::ScanTenants { module: Some("product".to_owned()) }, |event| {
            if let Event::Tenants(counts) = event {
                first.get_or_insert_with(|| began.elapsed());
                entities = counts.iter().map(|t| t.entities).max().unwrap_or(entities).max(entities);
            }
        })
        .await;
    println!(
        "scan of {entities} rows: first counts after {:.1} ms, all after {:.1} ms",
        ms(first.unwrap_or_default()),
        ms(began.elapsed())
    );
}
