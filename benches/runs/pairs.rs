//! A run next to the raw loop, interleaved.

use crate::raw::{client, raw};
use crate::store::{Store, Way, proxy};
use crate::{Driver, median, profile};

/// One comparison: what stands between the two and the store, how many items, how many at once.
#[derive(Clone, Copy)]
pub(crate) struct Compared {
    pub(crate) what: &'static str,
    pub(crate) way: Way,
    pub(crate) items: usize,
    pub(crate) concurrency: usize,
    pub(crate) pairs: usize,
}

/// Prints the medians; gives back the seconds that a run takes for an item.
pub(crate) async fn pairs(compared: Compared) -> f64 {
    let Compared { what, way, items, concurrency, pairs } = compared;
    let state = tempfile::TempDir::new().expect("a directory");
    let (mut ours, mut theirs, mut previews) = (Vec::new(), Vec::new(), Vec::new());
    let (mut writes, mut reads) = (0.0, 0.0);
    let (mut our_cpu, mut raw_cpu) = (0.0, 0.0);
    for pair in 0..pairs {
        let name = format!("{what}{items}c{concurrency}p{pair}").replace([' ', '#'], "");
        // Interleaved, and the order changes from pair to pair.
        for is_raw in [pair % 2 == 0, pair % 2 != 0] {
            // The store remembers every transaction for a while: each side has a fresh one.
            let store = Store::start(items, way.hide_tokens);
            let endpoint = if way.delay.is_zero() { store.endpoint.clone() } else { proxy(&store.endpoint, way).await };
            if is_raw {
                let (time, used) = raw(&client(&endpoint).await, &format!("raw{name}"), items, concurrency).await;
                theirs.push(time);
                raw_cpu += used;
                continue;
            }
            let mut driver = Driver::new(profile(&endpoint), state.path());
            let taken = driver.copy(&format!("run{name}"), items, concurrency, "").await;
            ours.push(taken.run);
            our_cpu += taken.cpu;
            previews.push(taken.preview);
            writes = taken.requests as f64 / items as f64;
            reads = taken.preview_requests as f64 / items as f64;
        }
    }
    let (run, raw, preview) = (median(ours), median(theirs), median(previews));
    let rate = items as f64 / run.as_secs_f64();
    println!(
        "{what:<16} {items:>7} items, concurrency {concurrency:>3}: run {:>8.2} s ({rate:>6.0}/s)   raw {:>8.2} s   \
         ratio {:.2}   preview {:.2} s   requests an item: run {writes:.3}, preview {reads:.3}   processor an item: run {:.0} µs, raw {:.0} µs",
        run.as_secs_f64(),
        raw.as_secs_f64(),
        raw.as_secs_f64() / run.as_secs_f64(),
        preview.as_secs_f64(),
        our_cpu / (items * pairs) as f64 * 1e6,
        raw_cpu / (items * pairs) as f64 * 1e6,
    );
    run.as_secs_f64() / items as f64
}
