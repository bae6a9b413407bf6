#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on stops")]
//! How a run gets along with DynamoDB's limits, next to raw loops with the SDK's own retries, in front of the same proxy that keeps to those
//! limits.
//!
//! `cargo bench --bench limits [-- SCENARIO…]`, for instance `-- one halved polite`; without any, all of them: one, hundred, halved, growing,
//! provisioned, polite, beside. The store is another process, and far from its own limit: those of the proxy are lower. A run imports rows;
//! the raw loops put the command row and the data row of each, one after the other, at half the price of a transaction, and send again what
//! the SDK gives up. Every side has a fresh store.
//!
//! Printed are the share of the limit that was used and the share of requests that were refused, both from the moment on when the limit
//! should be found; the seconds until nine tenths of it got through with hardly a refusal; the partition that got least next to the one that
//! got most; and the share of another tenant's steady writes that were refused.

#[path = "../../tests/it/support/limits/mod.rs"]
mod limits;
mod raw;
mod run;
mod scenario;
#[path = "../runs/store.rs"]
mod store;
mod writer;

use scenario::{Scenario, all};

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    if args.first().is_some_and(|first| first == "store") {
        return store::serve(0, true).await;
    }
    let wanted = |scenario: &Scenario| args.is_empty() || args.iter().any(|name| name == scenario.name);
    println!("| scenario | side | of the limit | refused | settled | fairness | another tenant loses |");
    println!("|---|---|---|---|---|---|---|");
    for scenario in all().iter().filter(|scenario| wanted(scenario)) {
        scenario.measure().await;
    }
}
