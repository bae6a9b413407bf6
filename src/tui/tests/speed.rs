//! Work that would be slow if it were done naively. Figures come from `cargo bench --bench console`.

use std::time::{Duration, Instant};

use crate::domain::key::{EntityKey, Version};
use crate::engine::protocol::EntityRef;
use crate::tui::parts::Filter;
use crate::tui::screens::history::Opened;
use crate::tui::screens::history::versions::tests::entry;

#[test]
fn ten_thousand_versions_come_in_quickly_in_any_order() {
    let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-1") };
    let mut opened = Opened::new(entity, "acme".into(), 1);
    let began = Instant::now();
    for chunk in (0..100).rev() {
        let entries = (1..=100).map(|n| entry(chunk * 100 + n, false, false)).collect();
        opened.versions.apply(entries, &Filter::default());
        opened.follow();
    }
    assert_eq!((opened.versions.len(), opened.selected), (10_000, Some(Version(10_000))));
    // Generous: inserting one by one would take minutes here.
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
