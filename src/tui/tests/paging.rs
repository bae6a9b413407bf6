//! Long lists of entities: read page by page as the cursor moves, searched, and read again.

use super::{Fake, Play, Played};
use crate::domain::key::{EntityKey, Version};
use crate::domain::row::TableKind;
use crate::engine::protocol::{Command, Cursor, CursorAt, EntitySummary, Event};

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

/// So many entities with a data row, of which the command table was not read, and so many that it knows alone.
fn with_commands(with: usize, without: usize) -> Play {
    let mut fake = many(with + without);
    let rows: Vec<_> = fake.data.table("product", TableKind::Data).cloned().collect();
    let mut page: Vec<EntitySummary> = rows
        .into_iter()
        .map(|row| fake.summary("product", EntityKey::new("PRODUCT#big", row.sk().unwrap()), Some(row)))
        .collect();
    let mut unprocessed = page.split_off(with);
    unprocessed.iter_mut().for_each(|entity| entity.version = Some(Version(0)));
    fake = fake.answering(move |command| {
        let Command::Page { after, .. } = command else { return None };
        let (entities, next) = match after {
            None => (page.clone(), Some(Cursor::from(CursorAt::Commands(None)))),
            Some(_) => (unprocessed.clone(), None),
        };
        Some(vec![Event::Page { entities, next }, Event::Finished { cancelled: false }])
    });
    Play::new(120, 40).with(|p| p.fake = fake)
}

#[test]
fn a_list_promises_no_more_than_is_known() {
    let open = ":open PRODUCT#big<ret>";
    let first = with_commands(100, 0).keys(open).screen;
    assert!(first.contains("1/100 or more") && first.contains("100 loaded, perhaps more"), "{first}");
    assert!(!first.contains("100, more") && !first.contains("loaded, more"), "{first}");
    let whole = with_commands(100, 0).keys(&format!("{open}G")).screen;
    assert!(whole.contains("100/100 ") && whole.contains("all 100 loaded "), "{whole}");
}

#[test]
fn a_list_tells_how_many_of_it_the_tree_does_not_count() {
    let screen = with_commands(100, 2).keys(":open PRODUCT#big<ret>GG").screen;
    assert!(screen.contains("102/102 ") && screen.contains("all 102 loaded, 2 without a data row"), "{screen}");
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
fn a_filter_being_typed_over_a_list_that_is_all_there_promises_nothing_more() {
    let screen = Play::new(120, 40).with(|p| p.fake = many(50)).keys(":open PRODUCT#big<ret>/item 7").screen;
    assert!(screen.contains(" 1/1 ") && screen.contains("all 50 searched"), "{screen}");
    assert!(!screen.contains("or more") && !screen.contains("read so far"), "{screen}");
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
