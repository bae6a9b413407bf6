#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on stops")]
//! What listing partitions, finding and activity take, next to raw loops over the same rows in the same run.
//!
//! `cargo bench --bench find [-- PARTITIONS [ROWS [PAIRS]]]`: so many partitions of so many entities each, with a command row for each
//! entity, in a store that is another process; for instance `-- 1000 1000 3` for a million of each. Sides are interleaved and the median
//! counts. `ratio` of a listing is ours to the scan's, the smaller the better; of the others the raw loop's time to ours, 1 is even.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt, stream};
use tenantry::config::{Endpoints, Profile};
use tenantry::domain::row::Row;
use tenantry::domain::value::{Value, from_plain_json};
use tenantry::engine::protocol::{
    ActivityWanted, Among, Command, DeletedFilter, Envelope, Event, Near, RequestId, Wanted,
};
use tenantry::engine::{EngineHandle, boundary, serve};
use tenantry::sandbox::{Options, Sandbox, TableOptions, to_item};

/// Pages that the raw loops read side by side: as many as a search does.
const AT_ONCE: usize = 8;
const DATA: &str = "dev-shop-product-data";
const COMMANDS: &str = "dev-shop-product-command";

fn pk(partition: usize) -> String {
    format!("PRODUCT#t{partition:05}")
}

/// One entity; the others are made of it.
fn entity() -> Row {
    let json = r#"{"pk":"","sk":"","id":"","code":"C-1","name":"六角ボルト M6","type":"PRODUCT","tenantCode":"big","version":1,
        "createdAt":"2026-03-02T10:15:00+09:00","createdBy":"u-tanaka","updatedAt":"2026-03-02T10:15:00+09:00",
        "updatedBy":"u-tanaka","requestId":"req-1","ttl":null,
        "attributes":{"price":120,"unit":"pc","tags":["hardware","metric"],"dims":{"l":25,"d":6},"note":"ステンレス製、屋外用、百本入り"}}"#;
    from_plain_json(json).ok().and_then(|v| v.as_map().cloned()).map(Row).unwrap_or_default()
}

/// On the disk: there its segments have an index, as a sandbox with data of its own has.
fn load(dir: &Path, partitions: usize, rows: usize) -> Sandbox {
    let options = Options { data: Some(dir.to_owned()), ..Options::default() };
    let sandbox = Sandbox::start(options).expect("services");
    let tables = sandbox.tables();
    for kind in ["data", "history", "command"] {
        let options = TableOptions { stream: false, ttl: false };
        tables.create(&format!("dev-shop-product-{kind}"), options).expect("a new table");
    }
    let entity = entity();
    let under = |partition: usize, i: usize, version: &str| {
        let (pk, base) = (pk(partition), format!("P-{i:07}"));
        let mut row = entity.clone();
        row.0.insert("pk".to_owned(), Value::s(pk.as_str()));
        row.0.insert("sk".to_owned(), Value::s(format!("{base}{version}")));
        row.0.insert("id".to_owned(), Value::s(format!("{pk}#{base}")));
        if !version.is_empty() {
            row.0.insert("status".to_owned(), Value::s("finish:FINISHED"));
        }
        to_item(row)
    };
    let all: Vec<(usize, usize)> = (0..partitions).flat_map(|p| (0..rows).map(move |i| (p, i))).collect();
    for some in all.chunks(50_000) {
        tables.load(DATA, some.iter().map(|(p, i)| under(*p, *i, "")).collect()).expect("rows that fit");
        tables.load(COMMANDS, some.iter().map(|(p, i)| under(*p, *i, "@1")).collect()).expect("rows that fit");
    }
    sandbox
}

/// The other process, until its input ends.
struct Store {
    child: Child,
    endpoint: String,
}

impl Store {
    fn start(partitions: usize, rows: usize) -> Self {
        let own = std::env::current_exe().expect("a path");
        let mut child = Process::new(own)
            .args(["store", &partitions.to_string(), &rows.to_string()])
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

struct Driver {
    handle: EngineHandle,
    next: u64,
}

/// Time, units and requests of one command.
struct Taken {
    time: Duration,
    units: f64,
    requests: u64,
}

impl Driver {
    fn new(endpoint: &str, state: &std::path::Path) -> Self {
        let mut profile = Profile::new("bench", "dev", "shop");
        profile.region = Some("ap-northeast-1".to_owned());
        profile.credentials = Some(("sandbox".to_owned(), "sandbox".to_owned()));
        profile.account = Some("000000000000".to_owned());
        profile.endpoints = Endpoints { dynamodb: Some(endpoint.to_owned()), s3: None, cognito: None };
        let (handle, end) = boundary();
        tokio::spawn(serve(profile, state.to_path_buf(), end));
        Self { handle, next: 0 }
    }

    async fn each(&mut self, command: Command, mut on: impl FnMut(Event)) -> Taken {
        self.next += 1;
        let request = RequestId(self.next);
        let before = *self.handle.counters.borrow();
        let began = Instant::now();
        self.handle.commands.send((request, command)).await.expect("a running engine");
        while let Some(Envelope { request: of, event }) = self.handle.events.recv().await {
            if of != request {
                continue;
            }
            match event {
                Event::Finished { .. } => break,
                Event::Failed(failure) => panic!("{failure}"),
                event => on(event),
            }
        }
        let after = *self.handle.counters.borrow();
        let (units, requests) = (after.read_units - before.read_units, after.requests - before.requests);
        Taken { time: began.elapsed(), units, requests }
    }
}

async fn client(endpoint: &str) -> aws_sdk_dynamodb::Client {
    let credentials = aws_sdk_dynamodb::config::Credentials::new("sandbox", "sandbox", None, None, "bench");
    let config = aws_sdk_dynamodb::config::Builder::new()
        .behavior_version_latest()
        .region(aws_sdk_dynamodb::config::Region::new("ap-northeast-1"))
        .credentials_provider(credentials)
        .endpoint_url(endpoint);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// Rows of a partition by whole pages.
async fn partition(client: &aws_sdk_dynamodb::Client, table: &str, pk: String) -> usize {
    let (mut start, mut rows) = (None, 0);
    loop {
        let ask = client
            .query()
            .table_name(table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
            .set_exclusive_start_key(start);
        let page = ask.send().await.expect("an answer");
        rows += page.items().len();
        match page.last_evaluated_key {
            Some(key) => start = Some(key),
            None => return rows,
        }
    }
}

/// Every partition of the tables, some side by side.
async fn queries(client: &aws_sdk_dynamodb::Client, tables: &[&str], partitions: usize) -> (Duration, usize) {
    let began = Instant::now();
    let mut rows = 0;
    for table in tables {
        let all = stream::iter((0..partitions).map(|p| partition(client, table, pk(p)))).buffer_unordered(AT_ONCE);
        rows += all.fold(0, |sum, rows| async move { sum + rows }).await;
    }
    (began.elapsed(), rows)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64)
}

fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

async fn listing(driver: &mut Driver, partitions: usize, rows: usize, pairs: usize) {
    let (mut ours, mut scans, mut costs) = (Vec::new(), Vec::new(), (0.0, 0.0));
    let module = Some("product".to_owned());
    for _ in 0..pairs {
        let mut found = 0;
        let listed = driver
            .each(Command::ListPartitions { module: module.clone() }, |event| {
                found += if let Event::Partitions(some) = event { some.len() } else { 0 };
            })
            .await;
        assert_eq!(found, partitions);
        let scanned = driver.each(Command::ScanTenants { module: module.clone() }, |_| {}).await;
        costs = (listed.units, scanned.units);
        println!(
            "  listing: {} requests, {:.1} units; scan: {:.1} units",
            listed.requests, listed.units, scanned.units
        );
        ours.push(listed.time);
        scans.push(scanned.time);
    }
    let (ours, scans) = (median(ours), median(scans));
    println!(
        "listing {partitions} partitions of {rows} rows: {ours:.3} s, scan {scans:.3} s: time ratio {:.3} (wanted 0.200), units ratio {:.4} (wanted 0.0500)",
        ours / scans,
        costs.0 / costs.1
    );
}

fn wanted(text: &str) -> Command {
    let among = Among { module: Some("product".to_owned()), ..Among::default() };
    let (places, near) = (Vec::new(), Near::default());
    let deleted = DeletedFilter::Keep;
    let wanted =
        Wanted { text: text.to_owned(), places, exact: false, among, deleted, limit: None, max_units: None, near };
    Command::Find { wanted: Box::new(wanted) }
}

async fn find(driver: &mut Driver, raw: &aws_sdk_dynamodb::Client, partitions: usize, rows: usize, pairs: usize) {
    // Nothing holds the first; one row of a hundred holds the second.
    for (what, text) in [("nothing", "no such text"), ("one in a hundred", "00042")] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let mut count = 0;
        for _ in 0..pairs {
            let (time, read) = queries(raw, &[DATA, COMMANDS], partitions).await;
            assert_eq!(read, 2 * partitions * rows);
            theirs.push(time);
            count = 0;
            let taken = driver
                .each(wanted(text), |event| {
                    count += if let Event::Found(found) = event { found.len() } else { 0 };
                })
                .await;
            ours.push(taken.time);
        }
        let (ours, theirs) = (median(ours), median(theirs));
        println!(
            "find ({what}, {count} found) over {} data rows and as many commands: {ours:.3} s, raw queries {theirs:.3} s: ratio {:.2} (wanted 0.85), peak {:.0} MB",
            partitions * rows,
            theirs / ours,
            peak_mb()
        );
    }
}

async fn activity(driver: &mut Driver, raw: &aws_sdk_dynamodb::Client, partitions: usize, rows: usize, pairs: usize) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut count = 0;
    for _ in 0..pairs {
        // The tables that it reads, too: history is empty here, and of data rows the keys.
        theirs.push(queries(raw, &[COMMANDS, DATA], partitions).await.0);
        let among = Among { module: Some("product".to_owned()), ..Among::default() };
        let wanted = ActivityWanted { among, by: vec!["nobody".to_owned()], ..ActivityWanted::default() };
        count = 0;
        let taken = driver
            .each(Command::Activity { wanted: Box::new(wanted) }, |event| {
                count += if let Event::Activity(rows) = event { rows.len() } else { 0 };
            })
            .await;
        ours.push(taken.time);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "activity ({count} listed) of {} command rows: {ours:.3} s, raw queries {theirs:.3} s: ratio {:.2} (wanted 0.85), peak {:.0} MB",
        partitions * rows,
        theirs / ours,
        peak_mb()
    );
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let number = |n: usize, other| args.get(n).and_then(|text| text.parse().ok()).unwrap_or(other);
    if args.first().is_some_and(|first| first == "store") {
        let dir = tempfile::TempDir::new().expect("a directory");
        let sandbox = load(dir.path(), number(1, 0), number(2, 0));
        println!("{}", sandbox.endpoints().dynamodb);
        let mut end = String::new();
        let _ = std::io::stdin().read_line(&mut end);
        return;
    }
    let (partitions, rows, pairs) = (number(0, 100), number(1, 100), number(2, 3));
    let began = Instant::now();
    let store = Store::start(partitions, rows);
    println!("{partitions} partitions of {rows} entities, loaded in {:.1} s", began.elapsed().as_secs_f64());
    let state = tempfile::TempDir::new().expect("a directory");
    let mut driver = Driver::new(&store.endpoint, state.path());
    driver.each(Command::Connect, |_| {}).await;
    let raw = client(&store.endpoint).await;
    listing(&mut driver, partitions, rows, pairs).await;
    find(&mut driver, &raw, partitions, rows, pairs).await;
    activity(&mut driver, &raw, partitions, rows, pairs).await;
}
