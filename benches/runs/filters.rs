//! What filters cost in their worker: next to the same filters in this process, and to the whole transform.

use std::time::{Duration, Instant};

use tenantry::config::plan::parse;
use tenantry::domain::plan::Change;
use tenantry::domain::transform::{Brought, Evaluate as _, Rules};
use tenantry::domain::value::{Map, Value};
use tenantry::worker;

use crate::store::{Store, row, sk};
use crate::{Driver, median, profile};

const NOW: &str = "2026-04-01T00:00:00.000Z";
const PLAIN: &str = "rename = { unit = \"per\" }\ndefault = { category = \"uncategorized\" }";
const JQ: &str = "jq = '.per = .unit | del(.unit) | .category //= \"uncategorized\"'";
/// Entities that a preview looks at together.
const PAGE: usize = 300;

fn plan(operations: &str) -> String {
    format!(
        "name = \"bench\"\noperation = \"transform\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"big\"\n\
         [[transform]]\n{operations}\n[run]\nconcurrency = 32\n"
    )
}

fn change() -> Change {
    parse("bench.toml".as_ref(), &plan(JQ)).expect("a plan").change
}

/// A transform with jq next to the same without it, and the evaluation alone, in a worker and here.
pub(crate) async fn filters(items: usize, pairs: usize) {
    let state = tempfile::TempDir::new().expect("a directory");
    let (mut with, mut without, mut here, mut there) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in 0..pairs {
        for is_jq in [pair % 2 == 0, pair % 2 != 0] {
            let store = Store::start(items, true);
            let mut driver = Driver::new(profile(&store.endpoint), state.path());
            let taken = driver.carry(&plan(if is_jq { JQ } else { PLAIN }), items).await;
            (if is_jq { &mut with } else { &mut without }).push(taken.preview + taken.run);
        }
        here.push(evaluated_here(items));
        there.push(evaluated_there(items));
    }
    let [with, without, here, there] = [with, without, here, there].map(|all| median(all).as_secs_f64());
    println!("transform of {items} items, preview and run: with jq {with:.2} s, without {without:.2} s");
    let each = |seconds: f64| 1e6 * seconds / items as f64;
    println!(
        "the filter alone: here {:.1} us an item, in a worker {:.1} us; the worker costs {:.1} % of the transform",
        each(here),
        each(there),
        100.0 * (there - here) / with
    );
}

fn attributes(items: usize) -> Vec<Map> {
    // All of them would be one otherwise.
    let of = |i| {
        let mut map = row("PRODUCT#big", &sk(i), &sk(i)).get("attributes")?.as_map()?.clone();
        map.insert("n".to_owned(), Value::n(i as u64));
        Some(map)
    };
    (0..items).filter_map(of).collect()
}

fn evaluated_here(items: usize) -> Duration {
    let all = attributes(items);
    let began = Instant::now();
    let rules = Rules::new(&change(), NOW).expect("a filter");
    assert!(all.iter().all(|map| matches!(rules.apply(map), Brought::Changed(_))));
    began.elapsed()
}

/// As a preview does: page by page, its start included.
fn evaluated_there(items: usize) -> Duration {
    let all = attributes(items);
    let began = Instant::now();
    let changing = worker::changing(&change(), NOW).expect("a filter");
    let elsewhere = changing.elsewhere().expect("a worker");
    for page in all.chunks(PAGE) {
        elsewhere.prepare(page);
        assert!(page.iter().all(|map| matches!(changing.apply(map), Brought::Changed(_))));
    }
    began.elapsed()
}
