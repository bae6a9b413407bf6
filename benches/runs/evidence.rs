//! What evidence costs: a rehearsal next to the run that it rehearses, a snapshot next to reading as many rows, and the chain of a
//! journal next to the run that recorded it.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use tenantry::config::plan::parse;
use tenantry::engine::protocol::{Command, CopyWanted, Envelope, Event, RehearsalEvent};
use tenantry::report::WantedCopy;

use crate::raw::{client, read_table};
use crate::store::Store;
use crate::{Driver, copy_plan, median, profile};

pub(crate) async fn evidence(items: usize, pairs: usize) {
    let state = tempfile::TempDir::new().expect("a directory");
    let (mut rehearsals, mut runs, mut whole_runs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut snapshots, mut reads, mut chains) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..pairs {
        let store = Store::start(items, true);
        let client = client(&store.endpoint).await;
        let mut driver = Driver::new(profile(&store.endpoint), state.path());
        for is_raw in [pair % 2 == 0, pair % 2 != 0] {
            let began = Instant::now();
            if is_raw {
                let mut rows = 0;
                for kind in ["data", "history", "command"] {
                    rows += read_table(&client, &format!("dev-shop-product-{kind}"), "PRODUCT#big").await;
                }
                assert_eq!(rows, 2 * items);
                reads.push(began.elapsed());
            } else {
                snapshot(&mut driver, &state.path().join(format!("snapshot-{pair}")), 2 * items).await;
                snapshots.push(began.elapsed());
            }
        }
        // Each side writes or rehearses the same copy, into a tenant that is empty.
        for is_run in [pair % 2 == 0, pair % 2 != 0] {
            if is_run {
                let taken = driver.copy(&format!("run{pair}"), items, 32, "").await;
                whole_runs.push(taken.preview + taken.run);
                runs.push(taken.run);
            } else {
                rehearsals.push(rehearse(&mut driver, &format!("rehearsed{pair}"), items).await);
            }
        }
        chains.push(chain(&newest(&state.path().join("runs"))));
    }
    let seconds = |times: Vec<Duration>| median(times).as_secs_f64();
    let (run, whole, rehearsal) = (seconds(runs), seconds(whole_runs), seconds(rehearsals));
    println!(
        "rehearsal of {items}: {rehearsal:.2} s, the run with its preview {whole:.2} s: ratio {:.2}",
        whole / rehearsal
    );
    let (snapshot, read) = (seconds(snapshots), seconds(reads));
    println!("snapshot of {} rows: {snapshot:.2} s, reading them {read:.2} s: ratio {:.2}", 2 * items, read / snapshot);
    let chain = seconds(chains);
    println!("chain of {items}: {chain:.3} s of the run's {run:.2} s: {:.1} %", chain / run * 100.0);
}

/// From the order to the end, the undo and the comparison of all rows included.
async fn rehearse(driver: &mut Driver, tenant: &str, items: usize) -> Duration {
    let plan = Box::new(parse("bench.toml".as_ref(), &copy_plan(tenant, 32, "")).expect("a plan"));
    driver.send(Command::Arm { armed: true }).await;
    let began = Instant::now();
    let request = driver.send(Command::Rehearse { plan, data: None }).await;
    while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
        match event {
            Event::Rehearsal(told) => match *told {
                RehearsalEvent::Step(step) => {
                    println!("  until the end of {:?}: {:.2} s", step.step, began.elapsed().as_secs_f64())
                }
                RehearsalEvent::Done(rehearsal) => {
                    assert!(rehearsal.is_clean() && rehearsal.undone as usize == items, "{rehearsal:?}");
                }
                _ => {}
            },
            Event::Failed(failure) => panic!("{failure}"),
            Event::Finished { .. } if of == request => break,
            _ => {}
        }
    }
    began.elapsed()
}

async fn snapshot(driver: &mut Driver, to: &Path, rows: usize) {
    let tenant = Some("big".to_owned());
    let wanted = CopyWanted { module: Some("product".to_owned()), entity_type: None, tenant, users: false };
    let copy = WantedCopy { to: Some(to.to_path_buf()), scope: wanted.clone(), mask: None };
    let mut keeper = tenantry::keep::begin(copy).expect("a place");
    let request = driver.send(Command::Copy { wanted }).await;
    let mut taken = 0;
    while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
        match event {
            Event::Copied(part) => {
                if let tenantry::engine::protocol::CopiedPart::Rows { rows, .. } = &*part {
                    taken += rows.len();
                }
                tokio::task::block_in_place(|| keeper.take(*part)).expect("a disk");
            }
            Event::Failed(failure) => panic!("{failure}"),
            Event::Finished { .. } if of == request => break,
            _ => {}
        }
    }
    assert_eq!(taken, rows);
    keeper.finish().expect("a disk");
}

/// The journal that was made last.
fn newest(runs: &Path) -> std::path::PathBuf {
    let entries = std::fs::read_dir(runs).expect("runs");
    // Names of runs begin with their time.
    let run = entries.flatten().map(|entry| entry.path()).max().expect("a run");
    run.join("journal.db")
}

/// Links every record of a journal anew and puts it into an empty table.
fn chain(journal: &Path) -> Duration {
    let journal = Connection::open(journal).expect("a journal");
    let mut statement = journal.prepare("SELECT kind, n, body FROM record ORDER BY place").expect("records");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("records");
    let records: Vec<(String, Option<i64>, String)> = rows.collect::<Result<_, _>>().expect("records");
    let mut copy = Connection::open_in_memory().expect("a database");
    copy.execute_batch(
        "CREATE TABLE record (place INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, n INTEGER, body TEXT, sha256 TEXT)",
    )
    .expect("a table");
    let began = Instant::now();
    let within = copy.transaction().expect("a transaction");
    let mut head = String::new();
    for (kind, n, body) in &records {
        let mut hash = Sha256::new();
        for part in [head.as_str(), kind, &n.map(|n| n.to_string()).unwrap_or_default(), body] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        head = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        within
            .prepare_cached("INSERT INTO record (kind, n, body, sha256) VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut statement| statement.execute(params![kind, n, body, head]))
            .expect("a row");
    }
    within.commit().expect("a disk");
    began.elapsed()
}
