#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on stops")]
//! How long a run takes, next to a raw loop that sends the same transactions, prepared beforehand, at the same concurrency.
//!
//! `cargo bench --bench runs [-- SIZES [PAIRS]]`, for instance `-- 1000,10000 7`. The store is another process. Pairs are interleaved and
//! the median counts. Sizes over 10,000 are measured with the idempotency tokens hidden only: the store would spend its time on them.
//! Where Node is, the framework's own loop takes part in the first three pairs, up to 10,000 items; it takes minutes, and
//! `TENANTRY_BENCH_FRAMEWORK=0` leaves it out.
//! `-- memory` previews 1,000,000 items and runs 100,000. `-- changes [ITEMS [PAIRS]]` changes attributes in place next to a copy of as many, and
//! compares both sides of that copy next to reading both partitions. `-- log [ITEMS [PAIRS]]` lets a console follow a copy.
//! `-- evidence [ITEMS [PAIRS]]` rehearses a copy next to its run, takes a snapshot next to reading as many rows, and links the records of a
//! journal anew next to the run that made them. `-- filters [ITEMS [PAIRS]]` changes attributes by jq next to the same change without it.
//! `-- million [ITEMS]` takes 1,000,000 items through preview, run, verify, undo, export, import and snapshot, next to 10,000 and to raw loops
//! at both sizes, with the memory of each step. It takes hours and says first how many, and how much disk.

mod changes;
mod evidence;
mod files;
mod filters;
mod framework;
mod million;
mod pairs;
mod raw;
mod steps;
mod store;

use std::time::{Duration, Instant};

use framework::Framework;
use pairs::{Compared, pairs};
use store::{Store, Way};
use tenantry::config::plan::parse;
use tenantry::config::{Endpoints, Profile};
use tenantry::domain::key::EntityKey;
use tenantry::domain::run::{Outcome, RunId};
use tenantry::engine::protocol::{Command, Decision, EntityRef, Envelope, Event, ItemFilter, RequestId};
use tenantry::engine::{EngineHandle, boundary, serve};
use tenantry::tui::ConsoleOptions;
use tenantry::tui::measure::Bare;

const DELAY: Duration = Duration::from_millis(40);
/// A console draws 30 times a second while outcomes stream.
const FRAME: Duration = Duration::from_millis(33);

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
        let end = tenantry::engine::EngineEnd { stage: Some(tenantry::stage::open), ..end };
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
        self.carry(&copy_plan(tenant, concurrency, prefix), items).await
    }

    /// Carries a plan out.
    async fn carry(&mut self, text: &str, items: usize) -> Taken {
        self.shown(text, items, None).await
    }

    /// The same, with a console that takes every outcome and draws as often as the real one does.
    async fn shown(&mut self, text: &str, items: usize, mut console: Option<&mut Bare>) -> Taken {
        let mut drawn = Instant::now();
        let plan = Box::new(parse("bench.toml".as_ref(), text).expect("a plan"));
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
            if let Some(console) = &mut console {
                if matches!(event, Event::Item(_)) {
                    console.take(event.clone());
                }
                if drawn.elapsed() >= FRAME {
                    console.draw();
                    drawn = Instant::now();
                }
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

fn copy_plan(tenant: &str, concurrency: usize, prefix: &str) -> String {
    format!(
        "name = \"bench\"\noperation = \"copy\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"big\"\n\
         sk_prefix = \"{prefix}\"\n[target]\ntenant = \"{tenant}\"\n[run]\nconcurrency = {concurrency}\n"
    )
}

/// A copy that a console follows, next to one that nobody looks at.
async fn log(items: usize, pairs: usize) {
    let state = tempfile::TempDir::new().expect("a directory");
    let (mut alone, mut shown) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        for is_shown in [pair % 2 == 0, pair % 2 != 0] {
            let store = Store::start(items, true);
            let mut driver = Driver::new(profile(&store.endpoint), state.path());
            let plan = copy_plan("fresh", 32, "");
            if !is_shown {
                alone.push(driver.carry(&plan, items).await.run);
                continue;
            }
            let options = ConsoleOptions {
                profile: profile(&store.endpoint),
                start_armed: true,
                state_dir: state.path().to_path_buf(),
                headless_prefix: vec!["tenantry".to_owned()],
                forgets: false,
                open: None,
                no_color: false,
                ui: Default::default(),
                settings: Default::default(),
            };
            let entity = EntityRef { module: "product".to_owned(), key: EntityKey::new("PRODUCT#big", "P-1") };
            let mut console = Bare::new(options, (200, 60), entity, Vec::new()).expect("a console");
            shown.push(driver.shown(&plan, items, Some(&mut console)).await.run);
            assert!(console.inked() > 0);
        }
    }
    let (alone, shown) = (median(alone).as_secs_f64(), median(shown).as_secs_f64());
    println!(
        "run of {items} items: {alone:.2} s alone, {shown:.2} s with a console: {:+.1} %",
        (shown / alone - 1.0) * 100.0
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
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

/// How long pages of a kept preview take: the first of a listing, which arranges it, and others from anywhere.
async fn pages(driver: &mut Driver, run: RunId, count: u64) {
    let some = ItemFilter { text: "P-0000".to_owned(), ..ItemFilter::default() };
    for (what, filter, from) in [
        ("arranged, first", ItemFilter::default(), 0),
        ("middle", ItemFilter::default(), count / 2),
        ("last", ItemFilter::default(), count.saturating_sub(100)),
        ("narrowed by a text, first", some, 0),
    ] {
        let began = Instant::now();
        let request = driver.send(Command::Items { run, filter, from, near: None, limit: 100, fresh: false }).await;
        while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
            match event {
                Event::Items { total, items, .. } => {
                    let took = began.elapsed().as_secs_f64() * 1_000.0;
                    println!("page, {what}: {} of {total} items in {took:.1} ms", items.len());
                }
                Event::Finished { .. } if of == request => break,
                _ => {}
            }
        }
    }
}

async fn memory() {
    let state = tempfile::TempDir::new().expect("a directory");
    let store = Store::start(1_000_000, true);
    let mut driver = Driver::new(profile(&store.endpoint), state.path());
    let text = "name = \"bench\"\noperation = \"copy\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"big\"\n[target]\ntenant = \"fresh\"\n";
    let plan = Box::new(parse("bench.toml".as_ref(), text).expect("a plan"));
    let began = Instant::now();
    let request = driver.send(Command::PreviewPlan { plan, keep: true }).await;
    let (mut count, mut told, mut run) = (0, 0, None);
    while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
        match event {
            Event::Planned(summary) => {
                count = summary.actions.iter().map(|(_, n)| n).sum();
                run = Some(summary.run);
            }
            Event::Progress { done, .. } if of == request => {
                count = done;
                if count / 200_000 > told {
                    told = count / 200_000;
                    println!("previewed {count} in {:.0} s, peak {:.0} MB", began.elapsed().as_secs_f64(), peak_mb());
                }
            }
            Event::Failed(failure) => panic!("{failure}"),
            Event::Finished { .. } if of == request => break,
            _ => {}
        }
    }
    println!("preview of {count} items: {:.0} s, peak {:.0} MB", began.elapsed().as_secs_f64(), peak_mb());
    if let Some(run) = run {
        pages(&mut driver, run, count).await;
    }
    let taken = driver.copy("fresh", 100_000, 32, "P-00").await;
    println!("run of 100000 items: {:.0} s, peak {:.0} MB", taken.run.as_secs_f64(), peak_mb());
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let number = |n: usize, other| args.get(n).and_then(|text| text.parse().ok()).unwrap_or(other);
    match args.first().map(String::as_str) {
        Some("store") => return store::serve(number(1, 0), args.get(2).is_some_and(|hide| hide == "true")).await,
        Some("memory") => return memory().await,
        Some("million") => return million::million(number(1, 1_000_000)).await,
        Some("log") => return log(number(1, 10_000), number(2, 7)).await,
        Some("changes") => return changes::changes(number(1, 10_000), number(2, 5)).await,
        Some("filters") => {
            tenantry::worker::use_program(env!("CARGO_BIN_EXE_tenantry"));
            return filters::filters(number(1, 10_000), number(2, 3)).await;
        }
        Some("evidence") => return evidence::evidence(number(1, 10_000), number(2, 3)).await,
        Some("files") => return files::files(number(1, 10_000), number(2, 5)).await,
        Some("users") => return files::users(number(1, 100_000)).await,
        _ => {}
    }
    let sizes: Vec<usize> = args
        .first()
        .map_or_else(|| vec![1_000, 10_000], |sizes| sizes.split(',').filter_map(|s| s.parse().ok()).collect());
    let count = number(1, 7);
    let framework = Framework::install();
    let framework = framework.as_ref();
    let direct = Way { delay: Duration::ZERO, hide_tokens: false };
    let mut per_item = Vec::new();
    for items in sizes {
        let compared = Compared { what: "loopback", way: direct, items, concurrency: 32, pairs: count, framework };
        if items <= 10_000 {
            pairs(compared).await;
        }
        let hidden = Way { hide_tokens: true, ..direct };
        per_item.push((items, pairs(Compared { what: "tokens hidden", way: hidden, ..compared }).await));
        if items <= 1_000 {
            let slow = Way { delay: DELAY, ..direct };
            for concurrency in [8, 32] {
                pairs(Compared { what: "40 ms more", way: slow, concurrency, ..compared }).await;
            }
        }
    }
    if let (Some((least, first)), Some((most, last))) = (per_item.first(), per_item.last()) {
        println!("time an item at {most} next to {least}: {:.2}", last / first);
    }
}
