//! All steps of a migration at 1,000,000 items next to 10,000. A store takes longer for each row the more rows it holds: raw loops at
//! both sizes tell how much of the difference is its own.

use std::path::Path;
use std::time::{Duration, Instant};

use tenantry::config::plan::parse;
use tenantry::domain::csv::Place;
use tenantry::domain::key::PartitionKey;
use tenantry::domain::plan::Plan;
use tenantry::engine::protocol::{Command, CopyWanted, ExportWanted, Phase};
use tenantry::report::WantedCopy;

use crate::raw::{Writes, client, raw_in_parts, read_partition, read_table};
use crate::steps::{Step, Taken, answered, resets_peak};
use crate::store::Store;
use crate::{Driver, copy_plan, median, pages, profile};

const FEW: usize = 10_000;
/// So few items take seconds, and their medians count.
const TIMES: usize = 5;
const CONCURRENCY: usize = 32;
const BIG: &str = "PRODUCT#big";
const FRESH: &str = "PRODUCT#fresh";

/// A step, and the time of its raw loop.
struct Measured {
    step: Taken,
    raw: Duration,
}

pub(crate) async fn million(items: usize) {
    let of = |each: f64| items as f64 * each;
    println!(
        "{items} items take about {:.1} hours, {:.0} GB of disk below {} and {:.0} GB of memory for the store",
        of(9e-3) / 3_600.0,
        of(20e-6).ceil(),
        std::env::temp_dir().display(),
        of(9e-6).ceil()
    );
    if !resets_peak() {
        println!("this kernel resets no peaks: they are those since the bench began");
    }
    let mut few = Vec::new();
    for _ in 0..TIMES {
        few.push(measured(FEW, false).await);
    }
    let many = measured(items, true).await;
    table(&few, items, &many);
}

/// Every step and its raw loop; with `lists` also how long listings take.
async fn measured(items: usize, lists: bool) -> Vec<Measured> {
    println!("{items} items");
    let state = tempfile::TempDir::new().expect("a directory");
    let mut all = copied(items, state.path(), lists).await;
    // On stores of their own: one that held these rows as well would take half as much memory again.
    all.extend(filed(items, state.path(), lists).await);
    all
}

/// An engine that is armed and has asked the store for something: connecting is no part of a step.
async fn ready(store: &Store, state: &Path) -> Driver {
    let mut driver = Driver::new(profile(&store.endpoint), state);
    answered(&mut driver, Command::Arm { armed: true }).await;
    answered(&mut driver, Command::Measure { modules: vec!["product".to_owned()] }).await;
    driver
}

fn plan(text: &str) -> Box<Plan> {
    Box::new(parse("bench.toml".as_ref(), text).expect("a plan"))
}

fn run(plan: Box<Plan>) -> Command {
    Command::RunPlan { plan, expect: None, rows: false }
}

/// A copy that is previewed, run, verified, compared side by side, and undone.
async fn copied(items: usize, state: &Path, lists: bool) -> Vec<Measured> {
    let store = Store::start(items, true);
    let raw = client(&store.endpoint).await;
    let mut driver = ready(&store, state).await;
    // The partition alone, as the raw loop reads it.
    let text = copy_plan("fresh", CONCURRENCY, "").replace("sk_prefix = \"\"", "partitions = \"exact\"");
    let command = Command::PreviewPlan { plan: plan(&text), keep: true };
    let preview = Step::new("preview", command, Phase::Preview, items).take(&mut driver).await;
    let read_source = timed(read_partition(&raw, BIG), items).await;
    if let Some(run) = preview.run.filter(|_| lists) {
        pages(&mut driver, run, items as u64).await;
    }
    let copy = Step::new("run", run(plan(&text)), Phase::Run, items).take(&mut driver).await;
    let id = copy.run.expect("a run");
    let verify = Step::new("verify", Command::VerifyRun { run: id }, Phase::Verify, items).take(&mut driver).await;
    let read_target = timed(read_partition(&raw, FRESH), items).await;
    let command = Command::VerifyPlan { plan: plan(&text), resume: false };
    let compare = Step::new("compare", command, Phase::Verify, items).take(&mut driver).await;
    let both = async {
        let (source, target) = tokio::join!(read_partition(&raw, BIG), read_partition(&raw, FRESH));
        source + target
    };
    let read_both = timed(both, 2 * items).await;
    let text = format!("name = \"undo\"\noperation = \"undo\"\n[undo]\nrun = \"{id}\"\n");
    let undo = Step::new("undo", run(plan(&text)), Phase::Run, items).take(&mut driver).await;
    if lists {
        tell_disk(state);
    }
    // Two stores of this size at once might be too much for the memory.
    drop((driver, store));
    let store = Store::start(items, true);
    let raw = client(&store.endpoint).await;
    let raw_copy = raw_in_parts(&raw, Writes::Copy, "fresh", items, CONCURRENCY).await;
    let raw_undo = raw_in_parts(&raw, Writes::Undo, "fresh", items, CONCURRENCY).await;
    vec![
        Measured { step: preview, raw: read_source },
        Measured { step: copy, raw: raw_copy },
        Measured { step: verify, raw: read_target },
        Measured { step: compare, raw: read_both },
        Measured { step: undo, raw: raw_undo },
    ]
}

/// A partition that is exported and kept as a snapshot, and its file imported.
async fn filed(items: usize, state: &Path, lists: bool) -> Vec<Measured> {
    let store = Store::start(items, true);
    let raw = client(&store.endpoint).await;
    let mut driver = ready(&store, state).await;
    let file = state.join("big.csv").to_str().expect("a path").to_owned();
    let to = Place::File(file.clone());
    let wanted = ExportWanted { pk: PartitionKey::new(BIG), tenant: None, to, lossless: true, deleted: true };
    let command = Command::Export { module: "product".to_owned(), wanted: Box::new(wanted) };
    let export = Step::new("export", command, Phase::Export, items).take(&mut driver).await;
    let read_source = timed(read_partition(&raw, BIG), items).await;
    let snapshot = snapshot(&state.join("snapshot"), items).take(&mut driver).await;
    let tables = async {
        let mut rows = 0;
        for kind in ["data", "history", "command"] {
            rows += read_table(&raw, &format!("dev-shop-product-{kind}"), BIG).await;
        }
        rows
    };
    let read_tables = timed(tables, 2 * items).await;
    let text = format!(
        "name = \"bench\"\noperation = \"import\"\n[source]\nfile = \"{file}\"\n[target]\ntenant = \"filed\"\n\
         [run]\nconcurrency = {CONCURRENCY}\n"
    );
    let import = Step::new("import", run(plan(&text)), Phase::Run, items).take(&mut driver).await;
    if lists {
        tell_disk(state);
        for which in ["first", "again"] {
            let began = Instant::now();
            let runs = answered(&mut driver, Command::Runs).await;
            println!("listing of {runs} runs, {which}: {:.1} ms", began.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    drop((driver, store));
    let store = Store::start(items, true);
    let raw = client(&store.endpoint).await;
    let raw_import = raw_in_parts(&raw, Writes::Import, "filed", items, CONCURRENCY).await;
    vec![
        Measured { step: export, raw: read_source },
        Measured { step: import, raw: raw_import },
        Measured { step: snapshot, raw: read_tables },
    ]
}

/// A snapshot of the partition in all tables: two rows of each entity. Its own store is started before the clock is: that takes the
/// same time for any number of items.
fn snapshot(to: &Path, items: usize) -> Step {
    let tenant = Some("big".to_owned());
    let wanted = CopyWanted { module: Some("product".to_owned()), entity_type: None, tenant, users: false };
    let copy = WantedCopy { to: Some(to.to_path_buf()), scope: wanted.clone(), mask: None };
    let keeper = tenantry::keep::begin(copy).expect("a place");
    Step { keeper: Some(keeper), ..Step::new("snapshot", Command::Copy { wanted }, Phase::Scan, 2 * items) }
}

/// How long a reading of so many rows takes.
async fn timed(reading: impl Future<Output = usize>, rows: usize) -> Duration {
    let began = Instant::now();
    assert_eq!(reading.await, rows);
    began.elapsed()
}

fn tell_disk(state: &Path) {
    println!("journals and files so far: {:.1} GB", bytes_below(state) as f64 / 1e9);
}

fn bytes_below(dir: &Path) -> u64 {
    let bytes = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(of) if of.is_dir() => bytes_below(&entry.path()),
        Ok(of) => of.len(),
        Err(_) => 0,
    };
    std::fs::read_dir(dir).map_or(0, |entries| entries.flatten().map(bytes).sum())
}

/// Microseconds for each item.
fn each(took: Duration, items: usize) -> f64 {
    took.as_secs_f64() * 1e6 / items as f64
}

/// Prints the steps at both sizes. The raw loop's ratio is that of the store itself.
fn table(few: &[Vec<Measured>], items: usize, many: &[Measured]) {
    println!(
        "{:<9} {:>9} {:>12} {:>13} {:>7} {:>10} {:>14} {:>8} {:>18}",
        "step",
        "seconds",
        format!("µs at {FEW}"),
        format!("µs at {items}"),
        "ratio",
        "raw ratio",
        "without growth",
        "peak MB",
        "halves MB"
    );
    for (place, Measured { step, raw }) in many.iter().enumerate() {
        let steps: Vec<Duration> = few.iter().map(|all| all[place].step.took).collect();
        let raws: Vec<Duration> = few.iter().map(|all| all[place].raw).collect();
        let (at_few, at_many) = (each(median(steps), FEW), each(step.took, items));
        let ratio = at_many / at_few;
        let raw_ratio = each(*raw, items) / each(median(raws), FEW);
        let halves = step.memory.halves.map(|(first, second)| format!("{first:.0} then {second:.0}"));
        println!(
            "{:<9} {:>9.1} {at_few:>12.1} {at_many:>13.1} {ratio:>7.2} {raw_ratio:>10.2} {:>14.2} {:>8.0} {:>18}",
            step.name,
            step.took.as_secs_f64(),
            ratio / raw_ratio,
            step.memory.most,
            halves.unwrap_or_default()
        );
    }
}
