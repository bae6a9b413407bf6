//! The scenarios: what the proxy allows, what changes meanwhile, and what is measured of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::retry::RetryConfig;

use crate::limits::{Limits, Rules, TableRule, Tally};
use crate::store::Store;
use crate::writer::{Lost, Writer};
use crate::{raw, run};

const DATA: &str = "dev-shop-product-data";
/// Concurrency of every side.
pub(crate) const AT_ONCE: usize = 32;
/// How long raw loops go on, in seconds.
const RAW: u64 = 25;
/// Tenths of a second from the first write on, until the limit should be found; and where each partition takes an item a second.
const FOUND: usize = 50;
const FOUND_SLOWLY: usize = 200;

/// The writer.
#[derive(Debug, Clone, PartialEq)]
enum Side {
    Run {
        polite: Option<f64>,
    },
    Standard,
    Adaptive,
    /// Only the other tenant.
    Nobody,
}

impl Side {
    fn name(&self) -> String {
        match self {
            Self::Run { polite: None } => "run".to_owned(),
            Self::Run { polite: Some(polite) } => format!("run, polite = {polite}"),
            Self::Standard => "raw, standard retries".to_owned(),
            Self::Adaptive => "raw, adaptive retries".to_owned(),
            Self::Nobody => "nobody".to_owned(),
        }
    }
}

/// Changes the rules while a side writes.
type Change = fn(&mut Rules);

/// Rules of the proxy, and the writers.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    rules: Rules,
    partitions: usize,
    /// Units a second of each partition at the end.
    limit: f64,
    /// Rows for each partition in a run.
    rows: usize,
    /// After so many seconds of writing, other rules.
    change: Option<(u64, Change)>,
    /// Seconds of a raw loop.
    seconds: u64,
    /// Writes a second of another tenant, to the first partition and to another one.
    beside: Option<u32>,
    sides: Vec<Side>,
}

fn provisioned(write: f64) -> TableRule {
    TableRule::Provisioned { write, read: 3_000.0 }
}

/// All of them.
pub(crate) fn all() -> Vec<Scenario> {
    let three = || vec![Side::Run { polite: None }, Side::Standard, Side::Adaptive];
    let one = || Scenario {
        name: "one",
        rules: Rules::writing(80.0),
        partitions: 1,
        limit: 80.0,
        rows: 1_200,
        change: None,
        seconds: RAW,
        beside: None,
        sides: three(),
    };
    let hundred = Rules { burst: 5.0, ..Rules::writing(2.0) };
    let growing = TableRule::OnDemand { first: 40.0, doubles_after: 5.0, most: 160.0 };
    vec![
        one(),
        Scenario { name: "hundred", rules: hundred, partitions: 100, limit: 2.0, rows: 80, seconds: 40, ..one() },
        Scenario {
            name: "halved",
            rules: Rules { table: provisioned(120.0), ..Rules::default() },
            limit: 60.0,
            rows: 1_500,
            change: Some((12, |rules| rules.table = provisioned(60.0))),
            seconds: 35,
            ..one()
        },
        Scenario {
            name: "growing",
            rules: Rules { table: growing, ..Rules::default() },
            limit: 160.0,
            rows: 4_000,
            seconds: 45,
            ..one()
        },
        Scenario {
            name: "provisioned",
            rules: Rules { table: provisioned(80.0), is_adaptive: true, ..Rules::writing(10.0) },
            partitions: 4,
            limit: 20.0,
            rows: 300,
            ..one()
        },
        Scenario {
            name: "polite",
            rows: 600,
            sides: vec![Side::Run { polite: Some(0.5) }, Side::Run { polite: Some(0.25) }],
            ..one()
        },
        Scenario {
            name: "beside",
            beside: Some(20),
            rows: 900,
            sides: [vec![Side::Nobody, Side::Run { polite: Some(0.5) }], three()].concat(),
            ..one()
        },
    ]
}

impl Scenario {
    fn tenants(&self) -> Vec<String> {
        (0..self.partitions).map(|n| format!("t{n:03}")).collect()
    }

    /// Prints a line for each side.
    pub(crate) async fn measure(&self) {
        let pks: Vec<String> = self.tenants().iter().map(|tenant| format!("PRODUCT#{tenant}")).collect();
        for side in &self.sides {
            let (tally, changed, lost) = self.carry(side, &pks).await;
            println!("| {} | {} | {} |", self.name, side.name(), self.figures(side, &tally, &pks, changed, lost));
        }
    }

    async fn carry(&self, side: &Side, pks: &[String]) -> (Tally, Option<Instant>, Option<[Lost; 2]>) {
        let store = Store::start(0, true);
        let limits = Arc::new(Limits::before(&store.endpoint, self.rules).await.expect("a port"));
        let writers = match self.beside {
            Some(rate) => {
                let client = raw::client(&limits.endpoint, RetryConfig::disabled()).await;
                Some([&*pks[0], "PRODUCT#elsewhere"].map(|pk| Writer::start(client.clone(), pk, rate)))
            }
            None => None,
        };
        let changing = self.change.map(|(after, change)| {
            let (limits, pk) = (Arc::clone(&limits), pks[0].clone());
            tokio::spawn(async move {
                while limits.tally().active(DATA, &pk).is_none() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                tokio::time::sleep(Duration::from_secs(after)).await;
                limits.change(change);
                Instant::now()
            })
        });
        match side {
            Side::Run { polite } => run::import(&limits.endpoint, &self.tenants(), self.rows, *polite).await,
            Side::Nobody => tokio::time::sleep(Duration::from_secs(RAW)).await,
            Side::Standard | Side::Adaptive => {
                let of = if *side == Side::Standard { RetryConfig::standard() } else { RetryConfig::adaptive() };
                let client = raw::client(&limits.endpoint, of).await;
                raw::put_for(&client, pks, Duration::from_secs(self.seconds)).await;
            }
        }
        let changed = match changing {
            Some(changing) if changing.is_finished() => changing.await.ok(),
            _ => None,
        };
        (limits.tally(), changed, writers.map(|writers| writers.map(|writer| writer.lost())))
    }

    fn figures(
        &self,
        side: &Side,
        tally: &Tally,
        pks: &[String],
        changed: Option<Instant>,
        lost: Option<[Lost; 2]>,
    ) -> String {
        let (began, first_done) = tally.all_active(DATA, pks);
        let last_done = pks.iter().filter_map(|pk| tally.active(DATA, pk)).map(|(_, to)| to).max().unwrap_or_default();
        // Raw loops end by the clock, all partitions at once.
        let end = if matches!(side, Side::Run { .. }) { first_done } else { last_done };
        let began = changed.map_or(began, |at| tally.tenth(at));
        let found = match self.name {
            // A table that grows is not found before it has.
            "growing" => end.saturating_sub(100),
            "hundred" => began + FOUND_SLOWLY,
            _ => began + FOUND,
        };
        let figures = tally.figures(DATA, pks, self.limit, (found, end));
        let share = if let Side::Run { polite: Some(polite) } = side { *polite } else { 1.0 };
        let settled = tally.settled(DATA, pks, self.limit * share, (began, end));
        let settled = settled.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds:.1} s"));
        let losing = lost.map_or_else(
            || "–".to_owned(),
            |lost| lost.map(|lost| format!("{:.1} %", lost.share() * 100.0)).join(" here, ") + " elsewhere",
        );
        if *side == Side::Nobody {
            return format!("– | – | – | – | {losing}");
        }
        format!(
            "{:.2} | {:.1} % | {settled} | {:.2} | {losing}",
            figures.share,
            figures.refused * 100.0,
            figures.fairness
        )
    }
}
