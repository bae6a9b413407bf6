//! Long lists of entities: read page by page as the cursor moves, searched, and read again.

use super::{Fake, Play, Played};
use crate::engine::protocol::Command;

fn many(n: usize) -> Fake {
    let mut fake = Fake::empty();
    for i in 0..n {
        fake.data.add(
            "product",
            &format!(r#"{{"pk":"PRODUCT#big","sk":"B-{i:05}","version":1,"name":"Item {i}","tenantCode":"big"}}"#),
        );
    }
    fake
}

#[test]
fn pages_are_read_as_the_cursor_moves() {
    let pages = |played: &Played| played.commands.iter().filter(|c| matches!(c, Command::Page { .. })).count();
    let open = ":open PRODUCT#big<ret>";
    let played = Play::new(120, 40).with(|p| p.fake = many(1_000)).keys(open);
    assert_eq!(pages(&played), 1);
    assert!(played.screen.contains("1/100, more") && played.screen.contains("100 loaded, more"), "{}", played.screen);
    let played = Play::new(120, 40).with(|p| p.fake = many(1_000)).keys(&format!("{open}GGGGGGGGGGGG"));
    assert!(played.screen.contains("1,000/1,000"), "{}", played.screen);
    assert!(played.screen.contains("B-00999"), "{}", played.screen);
}

#[test]
fn rows_far_from_the_cursor_are_read_again_when_it_comes_back() {
    let keys = format!(":open PRODUCT#big<ret>{}g", "G".repeat(40));
    let played = Play::new(120, 40).with(|p| p.fake = many(3_000)).keys(&keys);
    assert!(played.screen.contains("1/3,000") && played.screen.contains("B-00000"), "{}", played.screen);
    assert!(played.app.tenants.entities.unwrap().pages.loaded().count() < 1_800);
}

#[test]
fn a_filter_searches_the_whole_partition_once_it_is_kept() {
    let keys = ":open PRODUCT#big<ret>/item 777";
    let played = Play::new(120, 40).with(|p| p.fake = many(1_000)).keys(keys);
    assert!(played.screen.contains("among the 100 read so far; Enter searches"), "{}", played.screen);
    let played = Play::new(120, 40).with(|p| p.fake = many(1_000)).keys(&format!("{keys}<ret>"));
    assert!(played.screen.contains("B-00777") && played.screen.contains("all 1,000 searched"), "{}", played.screen);
    let played = Play::new(120, 40).with(|p| p.fake = many(1_000)).keys(&format!("{keys}<ret><esc>"));
    assert!(played.screen.contains("778/1,000"), "the row stays, not its number: {}", played.screen);
}

#[test]
fn reading_again_keeps_the_line_under_the_cursor() {
    let place = |keys: &str| {
        let played = Play::new(120, 40).with(|p| p.fake = many(350)).keys(&format!(":open PRODUCT#big<ret>{keys}"));
        let list = played.app.tenants.entities.as_ref().unwrap();
        (list.cursor(), list.is_old(), list.selected().map(|line| line.sk().to_owned()))
    };
    let at = |n: usize, sk: &str| (n, false, Some(sk.to_owned()));
    assert_eq!(place("/B-000<ret>jjj<f5>"), at(3, "B-00003"));
    // Also where it stands behind the first page, with a filter and without.
    let down = "j".repeat(240);
    assert_eq!(place(&format!("{down}<f5>")), at(240, "B-00240"));
    assert_eq!(place(&format!("/B-00<ret>{down}<f5>")), at(240, "B-00240"));
}

#[test]
fn a_held_key_goes_on_where_more_is_read() {
    let keys = format!(":open PRODUCT#big<ret>{}", "j".repeat(150));
    let played = Play::new(120, 40).with(|p| p.fake = many(1_000)).keys(&keys);
    assert!(played.screen.contains("151/"), "{}", played.screen);
}
