//! The mouse: what is under it moves, and what it is pressed on gets the keys.

use ratatui::style::Modifier;

use super::{Play, Played};
use crate::tui::pane::Pane;

const BOLT: &str = ":open PRODUCT#acme 01HX7MBJK3V9WQBZ7XNDK5ZT2M<ret>";

fn play(keys: &str) -> Played {
    Play::new(120, 40).keys(keys)
}

/// Whether the cursor of the list that has the keys is on a row of the screen.
fn is_at(played: &Played, x: u16, y: u16) -> bool {
    played.buffer[(x, y)].modifier.contains(Modifier::REVERSED)
}

fn selected(played: &Played) -> u64 {
    played.app.history.opened.as_ref().unwrap().selected.unwrap().0
}

#[test]
fn a_press_gives_the_pane_the_keys_and_puts_the_cursor_there() {
    let entities = play(":open PRODUCT#acme<ret><press@5,8>");
    assert!(is_at(&entities, 5, 8) && !is_at(&entities, 5, 4), "{}", entities.screen);
    let history = play(&format!("{BOLT}<press@60,9>"));
    assert!(is_at(&history, 60, 9), "{}", history.screen);
    let back = play(&format!("{BOLT}<press@60,9><press@5,4>"));
    assert_eq!(back.app.focus, Pane::Tenants);
    assert!(!is_at(&back, 60, 9), "{}", back.screen);
    assert_eq!(selected(&back), selected(&history));
    // A frame and what stands above a list are no lines of it.
    let title = play(":open PRODUCT#acme<ret>jj<press@5,2><press@5,3>");
    assert!(is_at(&title, 5, 6), "{}", title.screen);
    let log = play(&format!("{BOLT}<press@60,37>"));
    assert_eq!(log.app.focus, Pane::Log);
}

#[test]
fn a_press_on_a_tab_shows_its_pane() {
    for (x, pane) in [(3, Pane::Tenants), (16, Pane::History), (28, Pane::Plan), (37, Pane::Log)] {
        let played = Play::new(80, 24).keys(&format!("<press@{x},1>"));
        assert_eq!(played.app.focus, pane, "{}", played.screen);
    }
}

#[test]
fn the_wheel_moves_what_is_under_it_and_leaves_the_keys_where_they_are() {
    let before = selected(&play(BOLT));
    let wheel = play(&format!("{BOLT}1<wheel-down@60,9>"));
    assert_eq!((selected(&wheel), wheel.app.focus), (before - 3, Pane::Tenants));
    assert_eq!(selected(&play(&format!("{BOLT}1<wheel-down@60,9><wheel-up@60,5>"))), before);
    let detail = |keys: &str| {
        let played = Play::new(120, 22).keys(&format!("{BOLT}o{keys}"));
        (selected(&played), played.app.history.opened.as_ref().unwrap().detail.visible().start)
    };
    assert_eq!([detail("<wheel-down@60,13>"), detail("<wheel-down@60,5>")], [(before, 3), (before - 3, 0)]);
}

#[test]
fn a_dialog_has_the_mouse_to_itself() {
    let pressed = play(":<press@40,13>");
    assert!(is_at(&pressed, 40, 13), "{}", pressed.screen);
    let turned = play(":<wheel-down@40,20>");
    assert!(is_at(&turned, 40, 13), "{}", turned.screen);
    let beside = play(":<press@2,20><wheel-down@2,20>");
    assert!(is_at(&beside, 40, 10) && beside.app.focus == Pane::Tenants, "{}", beside.screen);
}

#[test]
fn what_is_typed_is_not_left_by_a_press() {
    let played = play(":open PRODUCT#acme<ret>/bo<press@60,9>lt");
    assert_eq!(played.app.focus, Pane::Tenants);
    assert_eq!(played.app.tenants.entities.as_ref().unwrap().filter.text(), "bolt");
}
