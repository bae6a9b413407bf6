//! Attributes changed in place next to a copy, and both sides of that copy compared next to reading them.

use std::time::Instant;

use tenantry::config::plan::parse;
use tenantry::engine::protocol::{Command, Envelope, Event};

use crate::raw::{self, raw, read_partition};
use crate::store::Store;
use crate::{Driver, copy_plan, median, profile};

/// Attributes changed in place next to a copy, and both sides of the copy compared next to reading them.
pub(crate) async fn changes(items: usize, pairs: usize) {
    let state = tempfile::TempDir::new().expect("a directory");
    let (mut copies, mut transforms, mut verifies, mut reads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut raw_copies, mut raw_changes) = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        let store = Store::start(items, true);
        let client = raw::client(&store.endpoint).await;
        let mut driver = Driver::new(profile(&store.endpoint), state.path());
        copies.push(driver.copy("fresh", items, 32, "").await.run);
        let began = Instant::now();
        // Otherwise it looks through the whole table for longer keys first.
        let text = copy_plan("fresh", 32, "").replace("sk_prefix = \"\"", "partitions = \"exact\"");
        let plan = Box::new(parse("bench.toml".as_ref(), &text).expect("a plan"));
        let request = driver.send(Command::VerifyPlan { plan, resume: false }).await;
        let mut compared = 0;
        while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
            match event {
                Event::Progress { done, .. } if of == request => compared = done,
                Event::Finding(finding) => panic!("{finding:?}"),
                Event::Failed(failure) => panic!("{failure}"),
                Event::Finished { .. } if of == request => break,
                _ => {}
            }
        }
        assert_eq!(compared as usize, items);
        verifies.push(began.elapsed());
        let began = Instant::now();
        let (a, b) = tokio::join!(read_partition(&client, "PRODUCT#big"), read_partition(&client, "PRODUCT#fresh"));
        assert_eq!((a, b), (items, items));
        reads.push(began.elapsed());
        let text = "name = \"bench\"\noperation = \"transform\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"big\"\n\
            [[transform]]\nrename = { unit = \"per\" }\ndefault = { category = \"uncategorized\" }\n[run]\nconcurrency = 32\n";
        transforms.push(driver.carry(text, items).await.run);
        // What the store itself makes of two rows and of four.
        let store = Store::start(items, true);
        let client = raw::client(&store.endpoint).await;
        raw_copies.push(raw(&client, "fresh", items, 32, raw::Rest::Content).await.0);
        raw_changes.push(raw::raw_changes(&client, items, 32).await);
    }
    let (copy, transform) = (median(copies).as_secs_f64(), median(transforms).as_secs_f64());
    let (verify, read) = (median(verifies).as_secs_f64(), median(reads).as_secs_f64());
    println!(
        "transform {items} items: {transform:.2} s, a copy of as many {copy:.2} s: {:.2} of its items a second",
        copy / transform
    );
    let (raw_copy, raw_change) = (median(raw_copies).as_secs_f64(), median(raw_changes).as_secs_f64());
    println!(
        "raw: the transactions of such a transform {raw_change:.2} s, of a copy {raw_copy:.2} s: {:.2}; next to raw, transform {:.2}, copy {:.2}",
        raw_copy / raw_change,
        raw_change / transform,
        raw_copy / copy
    );
    println!("verify {items} items: {verify:.2} s, both partitions read {read:.2} s: ratio {:.2}", read / verify);
}
