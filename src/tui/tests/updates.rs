//! Effects of keys and events on the state, seen from both ends of the boundary.

use super::fake::log;
use super::script::now;
use super::{Fake, Play, Played};
use crate::config::Profile;
use crate::domain::key::Version;
use crate::domain::plan::{RollTo, Work};
use crate::domain::row::{Row, TableKind};
use crate::domain::value::from_plain_json;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Decision, Envelope, Event, RequestId, TenantCount};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::app::update;
use crate::tui::cache::CachedCounts;
use crate::tui::message::{Effect, Message};
use crate::tui::pane::Pane;
use crate::tui::screens::log::progress::Stage;
use crate::tui::screens::tenants::tree::Counting;
use crate::tui::{ConsoleOptions, OpenAt};

const BOLT: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";

fn play(keys: &str) -> Played {
    Play::new(120, 40).keys(keys)
}

pub(super) fn open_bolt(keys: &str) -> String {
    format!(":open PRODUCT#acme {BOLT}<ret>{keys}")
}

fn decisions(played: &Played) -> Vec<&Decision> {
    let mut out = Vec::new();
    for command in &played.commands {
        if let Command::Decide { decision, .. } = command {
            out.push(decision);
        }
    }
    out
}

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
fn rolling_back_is_refused_while_read_only() {
    let played = play(&open_bolt("[[R"));
    assert!(!played.commands.iter().any(|c| matches!(c, Command::RunPlan { .. })));
    assert!(played.screen.contains("the console is read-only: A allows writing"), "{}", played.screen);
}

#[test]
fn enter_by_reflex_writes_nothing() {
    let played = play(&format!("AA{}", open_bolt("[[R<ret>")));
    assert_eq!(decisions(&played), [&Decision::Stop]);
    let played = play(&format!("AA{}", open_bolt("[[R<esc>")));
    assert_eq!(decisions(&played), [&Decision::Stop]);
}

#[test]
fn an_approved_rollback_is_written_and_seen() {
    let played = play(&format!("AA{}", open_bolt("[[R<tab><ret>")));
    assert_eq!(decisions(&played), [&Decision::Approve { confirm: None }]);
    let rollback = played.commands.iter().find_map(|c| match c {
        Command::RunPlan { plan, .. } => match &plan.work {
            Work::Rollback { how, .. } => Some((how.to.clone(), how.expect)),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(rollback, Some((RollTo::Version(Version(10)), Some(Version(12)))));
    assert!(played.screen.contains("is at version 13 now"), "{}", played.screen);
    assert_eq!(played.app.history.opened.unwrap().selected, Some(Version(13)));
}

/// The log is followed while it runs; then the operator is where the rollback was begun.
#[test]
fn a_rollback_ends_in_the_history_that_it_was_begun_from() {
    let rolled = |keys: &str| play(&format!("AA{}", open_bolt(&format!("[[R{keys}"))));
    assert_eq!(rolled("").app.focus, Pane::Log);
    let written = rolled("<tab><ret>");
    assert_eq!((written.app.focus, written.app.stack.is_empty()), (Pane::History, true));
    assert_eq!(written.app.run.as_ref().unwrap().stage, Stage::Ended);
    let declined = rolled("<ret>");
    assert_eq!((declined.app.focus, declined.app.history.opened.unwrap().selected), (Pane::History, Some(Version(10))));
    assert!(declined.screen.contains("nothing was written to PRODUCT#acme"), "{}", declined.screen);
}

#[test]
fn a_rollback_with_nothing_to_write_asks_nothing_and_says_why() {
    let fake = || {
        let mut fake = Fake::golden();
        for (kind, end, version) in [(TableKind::History, "@1", 1), (TableKind::Data, "", 2)] {
            let row = format!(
                r#"{{"pk":"CUSTOMER#acme","sk":"same{end}","id":"CUSTOMER#acme#same","version":{version},"name":"n"}}"#
            );
            fake.data.insert("customer", kind, Row(from_plain_json(&row).unwrap().as_map().unwrap().clone()));
        }
        fake
    };
    let played = Play::new(120, 40).with(|p| p.fake = fake()).keys("AA:open CUSTOMER#acme same<ret>[R");
    assert_eq!((played.app.focus, decisions(&played).len()), (Pane::History, 0));
    assert!(
        played.screen.contains("is as wanted already: the entity already is as version 1 was"),
        "{}",
        played.screen
    );
}

/// However often it is pressed: a key that leads away from writing never leads to it.
#[test]
fn left_never_chooses_to_write() {
    for (keys, decision) in [
        ("[[R<left><ret>", Decision::Stop),
        ("[[R<right><left><left><ret>", Decision::Stop),
        ("[[R<right><right><ret>", Decision::Approve { confirm: None }),
    ] {
        assert_eq!(decisions(&play(&format!("AA{}", open_bolt(keys)))), [&decision], "{keys}");
    }
}

#[test]
fn a_protected_profile_wants_the_name_typed() {
    let protected = |keys: &str| {
        let change = |p: &mut Play| {
            p.options.profile.protected = true;
            p.fake.confirm = Some("acme".into());
        };
        Play::new(120, 40).with(change).keys(keys)
    };
    let played = protected(&format!("AA{}", open_bolt("[R<tab><ret>")));
    assert_eq!(decisions(&played), [] as [&Decision; 0]);
    assert!(played.screen.contains("type acme exactly"), "{}", played.screen);
    let played = protected(&format!("AA{}", open_bolt("[Racm<tab><ret>e<ret>")));
    assert_eq!(decisions(&played), [&Decision::Approve { confirm: Some("acme".into()) }]);
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
fn a_failure_stands_in_its_place_and_once_in_the_log() {
    let fails = |c: &Command| match c {
        Command::Page { .. } => {
            let mut failure = Failure::new(ErrorCode::AccessDenied, "not allowed to dynamodb:Query");
            failure.hint = Some("ask for the read-only policy".into());
            failure.request_id = Some("REQ-1".into());
            Some(vec![Event::Failed(Box::new(failure)), Event::Finished { cancelled: false }])
        }
        _ => None,
    };
    let played = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(fails)).keys(":open PRODUCT#acme<ret>");
    assert!(played.screen.contains("! not allowed to dynamodb:Query"), "{}", played.screen);
    assert!(played.screen.contains("→ ask for the read-only policy"), "{}", played.screen);
    let pages = played.commands.iter().filter(|c| matches!(c, Command::Page { .. })).count();
    assert_eq!((pages, played.app.log.errors), (1, 1));
    assert!(played.screen.contains("request id REQ-1"), "{}", played.screen);
}

#[test]
fn what_is_not_there_is_said_so() {
    let played = play(":open NOBODY#x<ret>");
    assert!(played.screen.contains("no module has the partition NOBODY#x"), "{}", played.screen);
    let played = Play::new(120, 40).with(|p| p.fake = Fake::empty()).keys("");
    assert!(played.screen.contains("no tables found for dev-shop"), "{}", played.screen);
}

#[test]
fn keys_rows_and_diffs_are_copied() {
    let bolt = open_bolt("[[[[");
    let copied = |keys: &str| play(&format!("{bolt}{keys}")).copied.pop().unwrap();
    assert_eq!(copied("yk"), format!("PRODUCT#acme {BOLT}"));
    assert_eq!(
        from_plain_json(&copied("yr")).unwrap().as_map().unwrap()["version"].as_number().unwrap().as_u64(),
        Some(8)
    );
    assert!(
        copied("yd").contains(r#""path": "attributes.dims.l", "kind": "changed", "before": 20, "after": 25"#),
        "{}",
        copied("yd")
    );
    assert!(copied("ym").contains("| ~ changed | `attributes.dims.l` | `20` | `25` |"), "{}", copied("ym"));
    assert_eq!(copied("yc"), format!("tenantry --sandbox diff 'PRODUCT#acme' {BOLT} 7 8 --module product"));
    assert_eq!(copied(":copy sort-key<ret>"), BOLT);
    let listed = play(":open PRODUCT#acme<ret>jyr").copied.pop().unwrap();
    assert!(listed.contains("\"sk\": \"P-0002\""), "{listed}");
}

#[test]
fn the_command_line_does_what_is_on_screen() {
    let line = |keys: &str| play(&format!("{keys}Yy")).copied.pop().unwrap();
    assert_eq!(line(""), "tenantry --sandbox tenants --module customer");
    assert_eq!(
        line(":open PRODUCT#acme<ret>vv"),
        "tenantry --sandbox entities 'PRODUCT#acme' --module product --deleted only"
    );
    assert_eq!(
        line(&open_bolt("o")),
        format!("tenantry --sandbox history 'PRODUCT#acme' {BOLT} --module product --rows")
    );
    let dry =
        format!("tenantry --sandbox rollback 'PRODUCT#acme' {BOLT} --to 11 --expect 12 --dry-run --module product");
    assert_eq!(line(&open_bolt("[p")), dry);
    let wet = format!("tenantry --sandbox --arm rollback 'PRODUCT#acme' {BOLT} --to 11 --expect 12 --module product");
    assert_eq!(line(&format!("AA{}", open_bolt("[R"))), wet);
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
fn answers_that_nobody_waits_for_are_ignored() {
    let options = ConsoleOptions {
        profile: Profile::new("p", "dev", "shop"),
        start_armed: false,
        state_dir: "state".into(),
        headless_prefix: vec![],
        forgets: false,
        open: None,
        no_color: true,
        ui: Default::default(),
        settings: Default::default(),
    };
    let mut app = App::new(options, now()).unwrap();
    app.take_effects();
    for event in [
        Event::Opened { modules: vec!["x".into()] },
        Event::Versions(vec![]),
        Event::Page { entities: vec![], next: None },
    ] {
        let effects = update(&mut app, now(), Message::Engine(Envelope { request: RequestId(99), event }));
        assert!(effects.is_empty() && app.history.opened.is_none() && app.tenants.entities.is_none());
    }
    let effects = update(&mut app, now(), Message::EngineGone);
    assert!(effects.is_empty() && app.engine_gone);
    let effects = update(&mut app, now(), Message::Key("s".parse().unwrap()));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Send(..))), "{effects:?}");
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
fn a_history_that_was_stopped_says_so() {
    let stopped = Fake::golden().answering(|c| match c {
        Command::History { .. } => Some(vec![Event::Finished { cancelled: true }]),
        _ => None,
    });
    let played = Play::new(120, 40).with(|p| p.fake = stopped).keys(&open_bolt(""));
    assert!(played.screen.contains("reading stopped; F5 reads again"), "{}", played.screen);
}

#[test]
fn an_engine_that_ends_is_told_of() {
    let options = ConsoleOptions {
        profile: Profile::new("p", "dev", "shop"),
        start_armed: true,
        state_dir: "state".into(),
        headless_prefix: vec![],
        forgets: false,
        open: None,
        no_color: true,
        ui: Default::default(),
        settings: Default::default(),
    };
    let mut app = App::new(options, now()).unwrap();
    update(&mut app, now(), Message::EngineGone);
    let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 120, 40));
    crate::tui::view::draw(&mut app, &mut buffer);
    let screen = super::shown(&buffer);
    assert!(screen.contains("ENGINE ENDED") && screen.contains("the engine has ended"), "{screen}");
}

#[test]
fn what_was_read_stays_on_screen_when_reading_again_fails() {
    let expired = || Event::Failed(Box::new(Failure::new(ErrorCode::Credentials, "the session has expired")));
    let mut asked = 0;
    let fails = move |c: &Command| match c {
        Command::Page { .. } | Command::History { .. } => {
            asked += 1;
            (asked > 1).then(|| vec![expired(), Event::Finished { cancelled: false }])
        }
        _ => None,
    };
    let listed = Play::new(120, 40)
        .with(|p| p.fake = Fake::golden().answering(fails))
        .keys(":open PRODUCT#acme<ret>/p-<ret><f5>");
    assert!(listed.screen.contains("P-0002") && listed.screen.contains("OLD"), "{}", listed.screen);
    assert!(listed.screen.contains("the session has expired") && listed.screen.contains("/p-"), "{}", listed.screen);
    let list = listed.app.tenants.entities.as_ref().unwrap();
    assert!(list.is_old() && list.selected().is_some());
}

#[test]
fn a_partition_that_is_not_there_is_answered_with_the_nearest() {
    let missing = |c: &Command| match c {
        Command::Open { pk, .. } if pk.as_str() == "ORDER#glob" => {
            Some(vec![Event::Opened { modules: vec![] }, Event::Finished { cancelled: false }])
        }
        Command::Open { pk, .. } if pk.as_str() == "PRODUCT#amce" => {
            Some(vec![Event::Opened { modules: vec!["product".into()] }, Event::Finished { cancelled: false }])
        }
        _ => None,
    };
    let keys = |keys: &str| Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(missing)).keys(keys);
    let told = keys(":open ORDER#glob<ret>");
    assert!(told.screen.contains("nearest is ORDER#globex (o offers it)"), "{}", told.screen);
    assert!(keys(":open ORDER#glob<ret>o").screen.contains("open ORDER#globex"));
    let completed = keys(":open ORDER#gl<tab>");
    assert!(completed.screen.contains("open ORDER#globex"), "{}", completed.screen);
    // A key that names a module is opened without a look; its list is empty.
    let empty = keys(":open PRODUCT#amce<ret>");
    assert!(
        empty.screen.contains("PRODUCT#amce has no entities: nearest is PRODUCT#acme (o offers it)"),
        "{}",
        empty.screen
    );
    assert!(keys(":open PRODUCT#amce<ret>o").screen.contains("open PRODUCT#acme"));
    assert_eq!(empty.app.memory.recent, []);
    // Keys of one type have its name in common, and no more.
    assert!(!keys(":open ORDER#zzzzqq<ret>").screen.contains("nearest"));
}

#[test]
fn one_tenant_is_on_screen_at_a_time() {
    let played = play(&format!("{}:open ORDER#globex<ret>", open_bolt("")));
    assert!(played.app.history.opened.is_none() && played.screen.contains("tenant globex"), "{}", played.screen);
    assert!(!played.screen.contains("acme ›"), "{}", played.screen);
}

#[test]
fn a_held_key_goes_on_where_more_is_read() {
    let keys = format!(":open PRODUCT#big<ret>{}", "j".repeat(150));
    let played = Play::new(120, 40).with(|p| p.fake = many(1_000)).keys(&keys);
    assert!(played.screen.contains("151/"), "{}", played.screen);
}

#[test]
fn what_the_terminal_may_have_dropped_is_not_called_copied() {
    let options = Play::new(120, 40).options;
    let mut app = App::new(options, now()).unwrap();
    update(&mut app, now(), Message::SentToTerminal { what: "sort key".into(), characters: 3 });
    let notice = app.notice.as_ref().unwrap().text.clone();
    assert!(notice.starts_with("sent") && !notice.contains("copied"), "{notice}");
    assert!(notice.contains(":copy file"), "{notice}");
    assert!(
        app.log.get(app.log.len() - 1).unwrap().text().contains("the sort key (3 characters) was sent to the terminal")
    );
    // Where nothing but an answer is typed, the command has to wait.
    app.perform(Action::Arm);
    update(&mut app, now(), Message::SentToTerminal { what: "sort key".into(), characters: 3 });
    let notice = app.notice.as_ref().unwrap().text.clone();
    assert!(notice.contains("after this, `:copy file`"), "{notice}");
}

#[test]
fn the_last_copy_goes_into_a_file() {
    let played = play(&open_bolt("ysyf"));
    assert_eq!(played.copied, [BOLT.to_owned(), format!("file: {BOLT}")]);
    assert!(played.screen.contains("the sort key is in a file"), "{}", played.screen);
    // Also where nothing is open any more, and not before anything was copied.
    assert_eq!(play(&open_bolt("ys:copy file<ret>")).copied.len(), 2);
    let nothing = play(":copy file<ret>");
    assert!(nothing.copied.is_empty() && nothing.screen.contains("nothing was copied yet"), "{}", nothing.screen);
}
