#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on stops")]
//! How long a run takes, next to a raw loop that sends the same transactions, prepared beforehand, at the same concurrency.
//!
//! `cargo bench --bench runs [-- SIZES [PAIRS]]`, for instance `-- 1000,10000 7`. The store is another process. Pairs are interleaved and
//! the median counts. `-- memory` previews 1,000,000 items and runs 100,000.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command as Process, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, ReturnConsumedCapacity, TransactWriteItem};
use tenantry::config::plan::parse;
use tenantry::config::{Endpoints, Profile};
use tenantry::domain::key::EntityKey;
use tenantry::domain::publish::{NewState, PublishMode, Stamp, Ttls, build};
use tenantry::domain::row::Row;
use tenantry::domain::run::Outcome;
use tenantry::domain::value::{Map, Value, from_plain_json};
use tenantry::engine::protocol::{Command, Decision, Envelope, Event, RequestId};
use tenantry::engine::{EngineHandle, boundary, serve};
use tenantry::sandbox::{Options, Sandbox, TableOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the framework's own migration loop does on an in-memory store, items a second.
const FRAMEWORK_PER_SECOND: f64 = 145.0;
const DELAY: Duration = Duration::from_millis(40);

fn sk(i: usize) -> String {
    format!("P-{i:07}")
}

fn row(pk: &str, sk: &str, base: &str) -> Row {
    let json = format!(
        r#"{{"pk":"{pk}","sk":"{sk}","id":"{pk}#{base}","code":"{base}","name":"ボルト M6","type":"PRODUCT","tenantCode":"big","seq":7,
            "version":1,"createdAt":"2026-03-02T10:15:00+09:00","createdBy":"u-tanaka","updatedAt":"2026-03-02T10:15:00+09:00",
            "updatedBy":"u-tanaka","requestId":"req-1","ttl":null,
            "attributes":{{"price":120,"unit":"pc","tags":["hardware","metric"],"dims":{{"l":25,"d":6}}}}}}"#
    );
    from_plain_json(&json).ok().and_then(|v| v.as_map().cloned()).map(Row).unwrap_or_default()
}

/// The other process: services with so many entities of one tenant, until its input ends.
fn store(entities: usize) {
    let sandbox = Sandbox::start(Options::default()).expect("services");
    let tables = sandbox.tables();
    for module in ["product", "master"] {
        for kind in ["data", "history", "command"] {
            let options = TableOptions { stream: false, ttl: false };
            tables.create(&format!("dev-shop-{module}-{kind}"), options).expect("a new table");
        }
    }
    let put = |table: &str, rows: Vec<Row>| {
        tables.load(table, rows.into_iter().map(tenantry::sandbox::to_item).collect()).expect("rows that fit");
    };
    for chunk in (0..entities).collect::<Vec<_>>().chunks(50_000) {
        put("dev-shop-product-data", chunk.iter().map(|i| row("PRODUCT#big", &sk(*i), &sk(*i))).collect());
        let command = |i: &usize| {
            let mut row = row("PRODUCT#big", &format!("{}@1", sk(*i)), &sk(*i));
            row.0.insert("status".to_owned(), Value::s("finish:FINISHED"));
            row
        };
        put("dev-shop-product-command", chunk.iter().map(command).collect());
    }
    println!("{}", sandbox.endpoints().dynamodb);
    let mut end = String::new();
    let _ = std::io::stdin().read_line(&mut end);
}

struct Store {
    child: Child,
    endpoint: String,
}

impl Store {
    fn start(entities: usize) -> Self {
        let own = std::env::current_exe().expect("a path");
        let mut child = Process::new(own)
            .args(["store", &entities.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut endpoint = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut endpoint).expect("its endpoint");
        Self { child, endpoint: endpoint.trim().to_owned() }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn profile(endpoint: &str) -> Profile {
    let mut profile = Profile::new("bench", "dev", "shop");
    profile.region = Some("ap-northeast-1".to_owned());
    profile.credentials = Some(("sandbox".to_owned(), "sandbox".to_owned()));
    profile.account = Some("000000000000".to_owned());
    profile.endpoints = Endpoints { dynamodb: Some(endpoint.to_owned()), s3: None, cognito: None };
    profile
}

struct Driver {
    handle: EngineHandle,
    next: u64,
}

/// What a run took.
struct Taken {
    run: Duration,
    preview: Duration,
    requests: u64,
    preview_requests: u64,
    /// Processor seconds of this process while it ran.
    cpu: f64,
}

impl Driver {
    fn new(profile: Profile, state: &std::path::Path) -> Self {
        let (handle, end) = boundary();
        tokio::spawn(serve(profile, state.to_path_buf(), end));
        Self { handle, next: 0 }
    }

    async fn send(&mut self, command: Command) -> RequestId {
        self.next += 1;
        self.handle.commands.send((RequestId(self.next), command)).await.expect("a running engine");
        RequestId(self.next)
    }

    /// Copies everything to a fresh tenant; the time from the approval to the end.
    async fn copy(&mut self, tenant: &str, items: usize, concurrency: usize, prefix: &str) -> Taken {
        let text = format!(
            "name = \"bench\"\noperation = \"copy\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"big\"\n\
             sk_prefix = \"{prefix}\"\n[target]\ntenant = \"{tenant}\"\n[run]\nconcurrency = {concurrency}\n"
        );
        let plan = Box::new(parse("bench.toml".as_ref(), &text).expect("a plan"));
        self.send(Command::Arm { armed: true }).await;
        let requests = |handle: &EngineHandle| handle.counters.borrow().requests;
        let (began, before) = (Instant::now(), requests(&self.handle));
        let request = self.send(Command::RunPlan { plan, expect: None, rows: false }).await;
        let (mut approved, mut previewed, mut used) = (Instant::now(), before, cpu());
        let mut done = 0;
        while let Some(Envelope { request: of, event }) = self.handle.events.recv().await {
            if of != request {
                continue;
            }
            match event {
                Event::ApprovalNeeded(batch) => {
                    approved = Instant::now();
                    used = cpu();
                    previewed = requests(&self.handle);
                    let (run, n, digest) = (batch.run, batch.batch, batch.digest);
                    let decision = Decision::ApproveRest { confirm: None };
                    self.send(Command::Decide { run, batch: n, digest, decision }).await;
                }
                Event::Item(item) => done += usize::from(item.outcome == Some(Outcome::Done)),
                Event::Failed(failure) => panic!("{failure}"),
                Event::Finished { .. } => break,
                _ => {}
            }
        }
        assert_eq!(done, items);
        Taken {
            run: approved.elapsed(),
            preview: approved - began,
            requests: requests(&self.handle) - previewed,
            preview_requests: previewed - before,
            cpu: cpu() - used,
        }
    }
}

fn value(value: &Value) -> AttributeValue {
    match value {
        Value::S(t) => AttributeValue::S(t.clone()),
        Value::N(n) => AttributeValue::N(n.as_str().to_owned()),
        Value::Bool(b) => AttributeValue::Bool(*b),
        Value::M(m) => AttributeValue::M(item(m)),
        Value::L(l) => AttributeValue::L(l.iter().map(self::value).collect()),
        _ => AttributeValue::Null(true),
    }
}

fn item(map: &Map) -> HashMap<String, AttributeValue> {
    map.iter().map(|(name, v)| (name.clone(), value(v))).collect()
}

/// The transactions that a copy sends, prepared.
fn prepared(tenant: &str, items: usize) -> Vec<Vec<TransactWriteItem>> {
    let stamp = Stamp {
        at: "2026-03-02T10:15:00+09:00".to_owned(),
        by: "operator-1".to_owned(),
        ip: None,
        request_id: "tenantry-01KAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        source: "tenantry copy".to_owned(),
    };
    let one = |i: usize| {
        let (pk, sk) = (format!("PRODUCT#{tenant}"), sk(i));
        let mut new = NewState::of(&row("PRODUCT#big", &sk, &sk));
        new.set("id", Value::s(format!("{pk}#{sk}")));
        new.set("tenantCode", Value::s(tenant));
        if let Some(Value::M(map)) = new.fields.get_mut("attributes") {
            map.insert("_migrated".to_owned(), Value::Bool(true));
            for (name, text) in [
                ("_sourceKey", format!("PRODUCT#big#{sk}")),
                ("_migratedFrom", format!("PRODUCT#big#{sk}")),
                ("_migratedAt", "2026-03-02T01:15:00.000Z".to_owned()),
                ("_migrationId", "01KAAAAAAAAAAAAAAAAAAAAAAA".to_owned()),
                ("_migratedBy", "operator-1".to_owned()),
            ] {
                map.insert(name.to_owned(), Value::s(text));
            }
            map.insert("_sourceVersion".to_owned(), Value::n(1));
        }
        let key = EntityKey::new(&*pk, &*sk);
        let rows = build(&key, None, &new, PublishMode::Sync, &stamp, Ttls::default()).expect("rows");
        let put = |kind: &str, row: &Row| {
            let put = Put::builder()
                .table_name(format!("dev-shop-product-{kind}"))
                .set_item(Some(item(&row.0)))
                .condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", "pk");
            TransactWriteItem::builder().put(put.build().expect("a put")).build()
        };
        let check = ConditionCheck::builder()
            .table_name("dev-shop-product-data")
            .key("pk", AttributeValue::S("PRODUCT#big".to_owned()))
            .key("sk", AttributeValue::S(sk))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", AttributeValue::N("1".to_owned()));
        let check = TransactWriteItem::builder().condition_check(check.build().expect("a check")).build();
        vec![put("command", &rows.command), put("data", rows.data.as_ref().expect("a data row")), check]
    };
    (0..items).map(one).collect()
}

async fn raw(client: &aws_sdk_dynamodb::Client, tenant: &str, items: usize, concurrency: usize) -> (Duration, f64) {
    let transactions = prepared(tenant, items);
    let (next, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(transactions)));
    let (began, used) = (Instant::now(), cpu());
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..concurrency {
        let (client, next, all, tenant) = (client.clone(), Arc::clone(&next), Arc::clone(&all), tenant.to_owned());
        workers.spawn(async move {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= items {
                    return;
                }
                let transaction = std::mem::take(&mut all.lock().expect("a lock")[i]);
                client
                    .transact_write_items()
                    .set_transact_items(Some(transaction))
                    .client_request_token(format!("{tenant}-{i}"))
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .expect("a commit");
            }
        });
    }
    while workers.join_next().await.is_some() {}
    (began.elapsed(), cpu() - used)
}

/// A proxy that holds each answer back.
async fn slow(upstream: &str) -> String {
    let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&upstream).await.expect("the store");
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let ((mut from, mut back), (mut answers, mut to)) = (client.into_split(), server.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut from, &mut to).await });
            tokio::spawn(async move {
                let mut buffer = vec![0; 1 << 20];
                while let Ok(n) = answers.read(&mut buffer).await {
                    tokio::time::sleep(DELAY).await;
                    if n == 0 || back.write_all(&buffer[..n]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    endpoint
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

async fn client(endpoint: &str) -> aws_sdk_dynamodb::Client {
    let credentials = aws_sdk_dynamodb::config::Credentials::new("sandbox", "sandbox", None, None, "bench");
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("ap-northeast-1"))
        .credentials_provider(credentials)
        .load()
        .await;
    aws_sdk_dynamodb::Client::from_conf(
        aws_sdk_dynamodb::config::Builder::from(&config)
            .endpoint_url(endpoint)
            .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
            .build(),
    )
}

async fn pairs(what: &str, endpoint: &str, items: usize, concurrency: usize, pairs: usize, prefix: &str) -> f64 {
    let state = tempfile::TempDir::new().expect("a directory");
    let client = client(endpoint).await;
    let mut driver = Driver::new(profile(endpoint), state.path());
    let (mut ours, mut theirs, mut previews) = (Vec::new(), Vec::new(), Vec::new());
    let (mut writes, mut reads) = (0.0, 0.0);
    let (mut our_cpu, mut raw_cpu) = (0.0, 0.0);
    for pair in 0..pairs {
        let name = format!("{what}{items}c{concurrency}p{pair}").replace([' ', '#'], "");
        let raw_first = pair % 2 == 0;
        if raw_first {
            let (time, used) = raw(&client, &format!("raw{name}"), items, concurrency).await;
            theirs.push(time);
            raw_cpu += used;
        }
        let taken = driver.copy(&format!("run{name}"), items, concurrency, prefix).await;
        ours.push(taken.run);
        our_cpu += taken.cpu;
        previews.push(taken.preview);
        writes = taken.requests as f64 / items as f64;
        reads = taken.preview_requests as f64 / items as f64;
        if !raw_first {
            let (time, used) = raw(&client, &format!("raw{name}"), items, concurrency).await;
            theirs.push(time);
            raw_cpu += used;
        }
    }
    let (run, raw, preview) = (median(ours), median(theirs), median(previews));
    let rate = items as f64 / run.as_secs_f64();
    println!(
        "{what:<14} {items:>7} items, concurrency {concurrency:>3}: run {:>8.2} s ({rate:>6.0}/s, {:.1} times the framework's loop)   raw {:>8.2} s   \
         ratio {:.2}   preview {:.2} s   requests an item: run {writes:.3}, preview {reads:.3}   processor an item: run {:.0} µs, raw {:.0} µs",
        run.as_secs_f64(),
        rate / FRAMEWORK_PER_SECOND,
        raw.as_secs_f64(),
        raw.as_secs_f64() / run.as_secs_f64(),
        preview.as_secs_f64(),
        our_cpu / (items * pairs) as f64 * 1e6,
        raw_cpu / (items * pairs) as f64 * 1e6,
    );
    run.as_secs_f64() / items as f64
}

/// Processor time of this process so far, in seconds: what others use of the machine does not count.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = |n: usize| after_name.split(' ').nth(n).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Peak resident memory of this process, in megabytes.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap_or(0.0) / 1024.0
}

async fn memory() {
    let state = tempfile::TempDir::new().expect("a directory");
    let store = Store::start(1_000_000);
    let mut driver = Driver::new(profile(&store.endpoint), state.path());
    let text = "name = \"bench\"\noperation = \"copy\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"big\"\n[target]\ntenant = \"fresh\"\n";
    let plan = Box::new(parse("bench.toml".as_ref(), text).expect("a plan"));
    let began = Instant::now();
    let request = driver.send(Command::PreviewPlan { plan }).await;
    let mut count = 0;
    while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
        match event {
            Event::Preview(_) if of == request => {
                count += 1;
                if count % 200_000 == 0 {
                    println!("previewed {count} in {:.0} s, peak {:.0} MB", began.elapsed().as_secs_f64(), peak_mb());
                }
            }
            Event::Failed(failure) => panic!("{failure}"),
            Event::Finished { .. } if of == request => break,
            _ => {}
        }
    }
    println!("preview of {count} items: {:.0} s, peak {:.0} MB", began.elapsed().as_secs_f64(), peak_mb());
    let taken = driver.copy("fresh", 100_000, 32, "P-00").await;
    println!("run of 100000 items: {:.0} s, peak {:.0} MB", taken.run.as_secs_f64(), peak_mb());
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    match args.first().map(String::as_str) {
        Some("store") => return store(args.get(1).and_then(|n| n.parse().ok()).unwrap_or(0)),
        Some("memory") => return memory().await,
        _ => {}
    }
    let sizes: Vec<usize> = args
        .first()
        .map_or_else(|| vec![1_000, 10_000], |sizes| sizes.split(',').filter_map(|s| s.parse().ok()).collect());
    let count = args.get(1).and_then(|n| n.parse().ok()).unwrap_or(7);
    let mut per_item = Vec::new();
    for items in sizes {
        let store = Store::start(items);
        per_item.push((items, pairs("loopback", &store.endpoint, items, 32, count, "").await));
        if items <= 1_000 {
            for concurrency in [8, 32] {
                let endpoint = slow(&store.endpoint).await;
                pairs("40 ms more", &endpoint, items, concurrency, count, "").await;
            }
        }
    }
    if let (Some((least, first)), Some((most, last))) = (per_item.first(), per_item.last()) {
        println!("time an item at {most} next to {least}: {:.2}", last / first);
    }
}
