//! How long updates and frames take. Run with `cargo test --release --lib tui::tests::speed -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::script::now;
use crate::config::Profile;
use crate::domain::key::{EntityKey, Version};
use crate::domain::run::{Action, Outcome, RunId};
use crate::engine::protocol::{EntityRef, Envelope, Event, ItemResult, Level, RequestId, TenantCount};
use crate::tui::app::App;
use crate::tui::message::{Message, Purpose};
use crate::tui::panes::Filter;
use crate::tui::panes::history::Opened;
use crate::tui::panes::history::versions::tests::entry;
use crate::tui::update::update;
use crate::tui::{ConsoleOptions, view};

fn app() -> App {
    let options = ConsoleOptions {
        profile: Profile::new("p", "dev", "shop"),
        start_armed: false,
        state_dir: "state".into(),
        headless_prefix: vec!["tenantry".into()],
        open: None,
        no_color: false,
    };
    App::new(options, now()).unwrap()
}

fn entity(n: u64) -> EntityRef {
    EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", format!("P-{n}")) }
}

fn event(n: u64) -> Event {
    match n % 3 {
        0 => Event::Log(Level::Info, format!("segment {n} read")),
        1 => Event::Tenants(vec![TenantCount {
            module: "product".into(),
            pk: format!("PRODUCT#t{}", n % 5_000).as_str().into(),
            entity_type: "PRODUCT".into(),
            tenant: format!("t{}", n % 5_000),
            entities: n,
            deleted: 0,
            oldest: None,
            newest: None,
        }]),
        _ => Event::Item(Box::new(ItemResult {
            run: RunId::from_parts(0, 1),
            batch: Some(1),
            n,
            source: entity(n).key,
            source_versions: (Version(1), Version(2)),
            before: None,
            after: None,
            entity: entity(n),
            action: Action::Update,
            outcome: Some(Outcome::Done),
            reason: None,
            message: None,
            warnings: vec![],
            version_before: Version(1),
            version_after: Version(2),
            attempts: 1,
            request_id: None,
        })),
    }
}

/// The time below which so many thousandths of the samples lie.
fn percentile(samples: &mut [Duration], thousandths: usize) -> Duration {
    samples.sort();
    samples[(samples.len() * thousandths / 1000).min(samples.len() - 1)]
}

/// Streams ten seconds of 10,000 events a second at 30 frames a second, with a version list of 10,000 open.
fn stream() -> (Duration, Duration) {
    let mut app = app();
    let scan = app.pending(|p| *p == Purpose::Connect).unwrap();
    app.requests.insert(scan, Purpose::Scan);
    let mut opened = Opened::new(entity(1), "acme".into(), 1);
    opened.versions.apply((1..=10_000).map(|n| entry(n, false, n == 10_000)).collect(), &Filter::default());
    opened.versions.complete = true;
    app.history.opened = Some(opened);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 60));
    let (mut updates, mut draws) = (Vec::new(), Vec::new());
    for n in 0..100_000_u64 {
        let envelope = Envelope { request: RequestId(scan.0), event: event(n) };
        let began = Instant::now();
        update(&mut app, now(), Message::Engine(envelope));
        updates.push(began.elapsed());
        if n.is_multiple_of(333) {
            let began = Instant::now();
            buffer.reset();
            view::draw(&mut app, &mut buffer);
            draws.push(began.elapsed());
        }
    }
    (percentile(&mut updates, 999), percentile(&mut draws, 999))
}

#[test]
#[ignore = "measures; meant for a release build on a quiet machine"]
fn a_stream_of_events_leaves_the_screen_quick() {
    let (update, draw) = stream();
    println!("99.9th percentile: update {update:?}, draw {draw:?}");
    assert!(update + draw < Duration::from_millis(16), "update {update:?}, draw {draw:?}");
}

#[test]
fn ten_thousand_versions_come_in_quickly_in_any_order() {
    let mut opened = Opened::new(entity(1), "acme".into(), 1);
    let began = Instant::now();
    for chunk in (0..100).rev() {
        let entries = (1..=100).map(|n| entry(chunk * 100 + n, false, false)).collect();
        opened.versions.apply(entries, &Filter::default());
        opened.follow();
    }
    assert_eq!((opened.versions.len(), opened.selected), (10_000, Some(Version(10_000))));
    // Generous: inserting one by one would take minutes here.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
