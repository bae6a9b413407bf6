//! A run next to the raw loop and the framework's own, interleaved.

use crate::framework::{Column, Framework, written};
use crate::raw::{Rest, client, raw};
use crate::store::{Store, Way, proxy};
use crate::{Driver, median, profile};

/// Larger copies would take the framework's loop minutes each.
const FRAMEWORK_AT_MOST: usize = 10_000;
/// The framework's loop takes many times as long as a run: in the pairs after these it sits out.
const FRAMEWORK_PAIRS: usize = 3;
/// One publish after the other, as the framework's migration guide does, takes a whole answer's time for each request.
const ONE_BY_ONE_AT_MOST: usize = 1_000;

/// One comparison: what stands between the sides and the store, how many items, how many at once.
#[derive(Clone, Copy)]
pub(crate) struct Compared<'a> {
    pub(crate) what: &'static str,
    pub(crate) way: Way,
    pub(crate) items: usize,
    pub(crate) concurrency: usize,
    pub(crate) pairs: usize,
    pub(crate) framework: Option<&'a Framework>,
}

/// Copies the same entities, each in a way of its own.
#[derive(Clone, Copy)]
enum Side<'a> {
    Run,
    Raw(Rest),
    Framework { framework: &'a Framework, concurrency: usize },
}

impl<'a> Compared<'a> {
    fn sides(self) -> Vec<Side<'a>> {
        // The same transactions; and how much of their time the conditions on content take.
        let mut sides = vec![Side::Raw(Rest::Content), Side::Run, Side::Raw(Rest::Version)];
        if let Some(framework) = self.framework.filter(|_| self.items <= FRAMEWORK_AT_MOST) {
            sides.push(Side::Framework { framework, concurrency: self.concurrency });
            if self.items <= ONE_BY_ONE_AT_MOST && self.way.delay.is_zero() {
                sides.push(Side::Framework { framework, concurrency: 1 });
            }
        }
        sides
    }
}

/// Prints the medians; gives back the seconds that a run takes for an item.
pub(crate) async fn pairs(compared: Compared<'_>) -> f64 {
    let Compared { what, way, items, concurrency, pairs, .. } = compared;
    let state = tempfile::TempDir::new().expect("a directory");
    let (mut ours, mut theirs, mut plain, mut previews) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut writes, mut reads) = (0.0, 0.0);
    let (mut our_cpu, mut raw_cpu) = (0.0, 0.0);
    let mut column = Column::default();
    let mut sides = compared.sides();
    for pair in 0..pairs {
        let name = format!("{what}{items}c{concurrency}p{pair}").replace([' ', '#'], "");
        for side in &sides {
            if pair >= FRAMEWORK_PAIRS && matches!(side, Side::Framework { .. }) {
                continue;
            }
            // The store remembers every transaction for a while: each side has a fresh one.
            let store = Store::start(items, way.hide_tokens);
            let endpoint = if way.delay.is_zero() { store.endpoint.clone() } else { proxy(&store.endpoint, way).await };
            match *side {
                Side::Raw(rest) => {
                    let client = client(&endpoint).await;
                    let (time, used) = raw(&client, &format!("raw{name}"), items, concurrency, rest).await;
                    match rest {
                        Rest::Content => theirs.push(time),
                        Rest::Version => plain.push(time),
                    }
                    raw_cpu += if rest == Rest::Content { used } else { 0.0 };
                }
                Side::Run => {
                    let mut driver = Driver::new(profile(&endpoint), state.path());
                    let taken = driver.copy(&format!("run{name}"), items, concurrency, "").await;
                    ours.push(taken.run);
                    our_cpu += taken.cpu;
                    previews.push(taken.preview);
                    writes = taken.requests as f64 / items as f64;
                    reads = taken.preview_requests as f64 / items as f64;
                }
                Side::Framework { framework, concurrency } => {
                    let tenant = format!("framework{name}");
                    let copied = framework.copy(&endpoint, &tenant, concurrency).await;
                    column.add(concurrency, copied, written(&client(&store.endpoint).await, &tenant).await);
                }
            }
        }
        // Interleaved, and another one begins from pair to pair.
        sides.rotate_left(1);
    }
    let (run, raw, plain, preview) = (median(ours), median(theirs), median(plain), median(previews));
    let rate = items as f64 / run.as_secs_f64();
    println!(
        "{what:<16} {items:>7} items, concurrency {concurrency:>3}: run {:>8.2} s ({rate:>6.0}/s)   raw {:>8.2} s   \
         ratio {:.2} (to conditions on versions alone {:.2})   preview {:.2} s   requests an item: run {writes:.3}, preview {reads:.3}   processor an item: run {:.0} µs, raw {:.0} µs{}",
        run.as_secs_f64(),
        raw.as_secs_f64(),
        raw.as_secs_f64() / run.as_secs_f64(),
        plain.as_secs_f64() / run.as_secs_f64(),
        preview.as_secs_f64(),
        our_cpu / (items * pairs) as f64 * 1e6,
        raw_cpu / (items * pairs) as f64 * 1e6,
        column.text(run),
    );
    run.as_secs_f64() / items as f64
}
