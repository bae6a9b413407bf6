//! Effects of keys and events on the state, seen from both ends of the boundary.

use super::fake::log;
use super::script::now;
use super::{Fake, Play, Played};
use crate::config::Profile;
use crate::domain::key::Version;
use crate::engine::protocol::{Command, TenantCount};
use crate::tui::OpenAt;
use crate::tui::cache::CachedCounts;
use crate::tui::pane::Pane;
use crate::tui::screens::tenants::tree::Counting;

pub(super) const BOLT: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";

pub(super) fn play(keys: &str) -> Played {
    Play::new(120, 40).keys(keys)
}

pub(super) fn open_bolt(keys: &str) -> String {
    format!(":open PRODUCT#acme {BOLT}<ret>{keys}")
}

#[test]
fn nothing_is_asked_but_who_and_where_before_a_key_is_pressed() {
    let played = Play::new(120, 40).with(|p| p.options.profile = Profile::new("staging", "stg", "shop")).keys("");
    // Listing partitions reads a row of each, and what is recorded on this machine costs nothing elsewhere; counting reads all rows.
    let asked = [Command::Connect, Command::Runs, Command::ListPartitions { module: None }];
    assert_eq!(played.commands.len(), asked.len(), "{:?}", played.commands);
    assert!(asked.iter().all(|command| played.commands.contains(command)), "{:?}", played.commands);
    assert!(played.screen.contains("not counted"), "{}", played.screen);
}

#[test]
fn counts_of_an_earlier_session_are_shown_with_their_age() {
    let count = |tenant: &str| TenantCount {
        module: "customer".into(),
        pk: format!("CUSTOMER#{tenant}").as_str().into(),
        entity_type: "CUSTOMER".into(),
        tenant: tenant.into(),
        entities: 7,
        deleted: 0,
        oldest: None,
        newest: None,
    };
    let at = now() - jiff::SignedDuration::from_hours(3);
    let cached = CachedCounts { at, counts: vec![count("acme"), count("initech")] };
    let played = Play::new(120, 40).with(|p| p.cached = Some(cached)).keys("");
    let asked = [Command::Connect, Command::Runs, Command::ListPartitions { module: None }];
    assert!(asked.iter().all(|command| played.commands.contains(command)), "{:?}", played.commands);
    assert!(played.screen.contains("counted 3 h ago"), "{}", played.screen);
}

#[test]
fn counts_of_an_account_that_nobody_names_are_shown_once_it_is_known() {
    let at = now() - jiff::SignedDuration::from_hours(3);
    let shows = |fake: Fake| {
        let own = |play: &mut Play| {
            play.fake = fake;
            play.options.profile.account = None;
            play.cached = Some(CachedCounts { at, counts: Vec::new() });
        };
        Play::new(120, 40).with(own).keys("").app.tenants.tree.counting.clone()
    };
    assert_eq!(shows(Fake::golden()), Counting::Cached(at));
    let silent = Fake::golden().answering(|command| matches!(command, Command::Connect).then(Vec::new));
    assert_eq!(shows(silent), Counting::Never);
}

#[test]
fn a_key_can_be_opened_from_the_command_line() {
    let at = OpenAt { pk: "PRODUCT#acme".into(), sk: Some("P-0002".into()), module: None };
    let played = Play::new(120, 40).with(|p| p.options.open = Some(at)).keys("");
    assert!(played.screen.contains("History of P-0002"), "{}", played.screen);
}

#[test]
fn a_protected_profile_does_not_start_armed() {
    let start = |protected| {
        let change = |p: &mut Play| {
            p.options.profile.protected = protected;
            p.options.start_armed = true;
        };
        Play::new(120, 40).with(change).keys("").app.armed
    };
    assert_eq!((start(false), start(true)), (true, false));
}

#[test]
fn ctrl_c_leaves_a_dialog_and_not_the_console() {
    let played = play(&format!("AA{}", open_bolt("[R<ctrl-c>")));
    assert!(!played.app.quit && played.app.stack.is_empty(), "{}", played.screen);
    let typed = play(":open<ctrl-c>");
    assert!(!typed.app.quit && typed.app.stack.is_empty(), "{}", typed.screen);
    assert!(play(":open<ctrl-c><ctrl-c>").app.quit);
    // Nor a line that is being typed: a filter, a value of a plan.
    for keys in ["/ac<ctrl-c>".to_owned(), format!("{}/bo<ctrl-c>", open_bolt("")), "3n<ret>x<ctrl-c>".to_owned()] {
        let mut left = play(&keys);
        let is_typing = left.app.plan.is_typing() || left.app.filter().is_some_and(|filter| filter.typing());
        assert!(!left.app.quit && !is_typing, "{keys}\n{}", left.screen);
        assert!(play(&format!("{keys}<ctrl-c>")).app.quit, "{keys}");
    }
}

#[test]
fn stepping_fast_asks_for_one_diff_at_a_time() {
    let silent = Fake::golden().answering(|c| matches!(c, Command::Diff { .. }).then(Vec::new));
    let played = Play::new(120, 40).with(|p| p.fake = silent).keys(&open_bolt("[[[[[["));
    let of = |wanted: fn(&&Command) -> bool| played.commands.iter().filter(wanted).count();
    assert_eq!(of(|c| matches!(c, Command::Diff { .. })), 1);
    assert_eq!(of(|c| matches!(c, Command::Cancel { .. })), 1);
    assert!(played.screen.contains("version 5 → 6"), "{}", played.screen);
}

#[test]
fn keys_typed_into_a_filter_do_nothing_else() {
    let played = play("/qA:<tab>");
    assert!(!played.app.quit && played.app.stack.is_empty() && played.app.focus == Pane::Tenants);
    assert_eq!(played.app.tenants.tree.filter.text(), "qA:");
}

#[test]
fn counting_can_be_stopped() {
    let counted = |c: &Command| match c {
        Command::ScanTenants { .. } => Some(vec![log("counting")]),
        _ => None,
    };
    let played = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(counted)).keys("x");
    let scan = played.app.tenants.tree.request.unwrap();
    assert_eq!(played.commands.last(), Some(&Command::Cancel { request: scan }));
}

#[test]
fn commands_say_what_they_want() {
    let played = play(":rollback <ret>");
    assert!(played.screen.contains("rollback wants N"), "{}", played.screen);
    let played = play(&open_bolt(":version x<ret>"));
    assert!(played.screen.contains("x is no version number"), "{}", played.screen);
    let played = play(&open_bolt(":version 3<ret>"));
    assert_eq!(played.app.history.opened.unwrap().selected, Some(Version(3)));
}

#[test]
fn another_tenant_is_compared_by_sort_key() {
    let fake = {
        let mut fake = Fake::golden();
        fake.data.add(
            "product",
            &format!(r#"{{"pk":"PRODUCT#globex","sk":"{BOLT}","version":2,"name":"Bolt","tenantCode":"globex"}}"#),
        );
        fake
    };
    let played = Play::new(120, 40).with(|p| p.fake = fake).keys(&open_bolt("cPRODUCT#glob<down><ret>"));
    let played = if played.app.stack.is_empty() { played } else { panic!("{}", played.screen) };
    assert!(played.screen.contains("PRODUCT#acme 12 → PRODUCT#globex 2"), "{}", played.screen);
}

#[test]
fn the_parts_of_the_pane_have_filters_of_their_own() {
    let played = play(&open_bolt("/u-tanaka<ret>"));
    assert!(played.screen.contains("/6 ") && !played.screen.contains("u-sato        ·"), "{}", played.screen);
    let played = play(&open_bolt("[[[[<ret>/dims"));
    assert!(
        played.screen.contains("attributes.dims.l") && !played.screen.contains("attributes.price"),
        "{}",
        played.screen
    );
    let played = play(&open_bolt("[[[[<ret>/dims<ret><esc>"));
    assert!(played.screen.contains("attributes.price"), "{}", played.screen);
    let played = play("4/customer<ret>");
    assert_eq!(played.app.log.len(), 1);
}

#[test]
fn long_lines_are_wrapped_or_scrolled() {
    let long = format!("{}END", "0123456789".repeat(20));
    let fake = || {
        let mut fake = Fake::empty();
        fake.data.add("product", &format!(r#"{{"pk":"PRODUCT#a","sk":"x","version":1,"name":"{long}"}}"#));
        fake
    };
    let keys =
        |keys: &str| Play::new(120, 40).with(|p| p.fake = fake()).keys(&format!(":open PRODUCT#a x<ret>{keys}")).screen;
    assert!(keys("").contains("END"));
    assert!(!keys("w").contains("END"));
    assert!(keys(&format!("w<ret>{}", "l".repeat(30))).contains("END"));
    assert!(!keys(&format!("w<ret>{}{}", "l".repeat(30), "h".repeat(30))).contains("END"));
}

#[test]
fn panes_are_reached_zoomed_and_left_again() {
    let focus = |keys: &str| play(keys).app.focus;
    assert_eq!([focus("<tab>"), focus("<tab><tab>"), focus("<shift-tab>")], [Pane::History, Pane::Plan, Pane::Log]);
    assert_eq!([focus("3"), focus("3<esc>"), focus("4<esc>")], [Pane::Plan, Pane::Tenants, Pane::Tenants]);
    assert!(play("4z").app.zoomed && !play("4z<esc>").app.zoomed);
    let played = play(&open_bolt("<ret><esc><esc><esc>"));
    assert!(played.app.focus == Pane::Tenants && played.app.tenants.entities.is_none(), "{}", played.screen);
}

#[test]
fn arming_is_asked_for_and_taken_back() {
    assert!(!play("A").app.armed && !play("A<esc>").app.armed && !play("A<ret>").app.armed);
    assert!(play("AA").app.armed && !play("AAA").app.armed);
    assert!(play("AA").screen.contains(" ARMED ") && play("AAA").screen.contains("READ-ONLY"));
}

#[test]
fn marks_stay_when_the_listing_changes() {
    let played = play(":open PRODUCT#acme<ret>  v");
    assert_eq!(played.app.tenants.entities.unwrap().marks.len(), 2);
    assert_eq!(play(":open PRODUCT#acme<ret>  u").app.tenants.entities.unwrap().marks.len(), 0);
}

#[test]
fn one_tenant_is_on_screen_at_a_time() {
    let played = play(&format!("{}:open ORDER#globex<ret>", open_bolt("")));
    assert!(played.app.history.opened.is_none() && played.screen.contains("tenant globex"), "{}", played.screen);
    assert!(!played.screen.contains("acme ›"), "{}", played.screen);
}
