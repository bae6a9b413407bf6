//! Following an entity or a partition live.

use super::script::now;
use super::{Fake, Play, Played};
use crate::domain::key::{EntityKey, SortKey, Version};
use crate::domain::row::{Row, TableKind};
use crate::domain::timeline::VersionStatus;
use crate::domain::value::{Value, from_plain_json};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Envelope, Event, HistoryEntry, Watched, Watching};
use crate::tui::app::update;
use crate::tui::message::{Effect, Message};

const BOLT: &str = ":open PRODUCT#acme 01HX7MBJK3V9WQBZ7XNDK5ZT2M<ret>";

fn begun() -> Event {
    Event::Watching(Watching::Begun { rows: 4, capped: false })
}

/// Where version 13 waits to be processed.
fn waiting() -> Fake {
    let mut fake = Fake::golden();
    let key = EntityKey::new("PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M");
    let mut command = fake.data.entity("product", &key).data.unwrap().as_ref().clone();
    command.0.insert("sk".into(), Value::s(key.sk.at(Version(13))));
    command.0.insert("version".into(), Value::n(13));
    command.0.insert("name".into(), Value::s("ボルト M8"));
    command.0.insert("createdBy".into(), Value::s("u-suzuki"));
    fake.data.insert("product", TableKind::Command, command);
    fake
}

/// It was processed.
fn processed() -> Vec<Event> {
    let fake = waiting();
    let (mut before, mut after) = (entry(&fake, 12), entry(&fake, 13));
    before.version.current = false;
    (after.version.current, after.version.status) = (true, VersionStatus::Published);
    after.version.found = vec![TableKind::Data, TableKind::Command];
    vec![begun(), Event::Versions(vec![before, after])]
}

fn with(size: (u16, u16), events: fn() -> Vec<Event>, keys: &str) -> Played {
    on(Fake::golden(), size, events, keys)
}

fn on(fake: Fake, size: (u16, u16), events: fn() -> Vec<Event>, keys: &str) -> Played {
    let fake = fake.answering(move |c| matches!(c, Command::Watch { .. }).then(events));
    Play::new(size.0, size.1).with(|p| p.fake = fake).keys(keys)
}

fn entry(fake: &Fake, n: u64) -> HistoryEntry {
    let key = EntityKey::new("PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M");
    let entity = crate::engine::protocol::EntityRef { module: "product".into(), key };
    let all = fake.history(&entity, false).into_iter();
    let mut all = all.flat_map(|e| if let Event::Versions(entries) = e { entries } else { vec![] });
    all.find(|e| e.version.version == Version(n)).unwrap()
}

/// Version 13 was published on top of version 12.
fn published() -> Vec<Event> {
    let fake = Fake::golden();
    let mut before = entry(&fake, 12);
    let mut after = before.clone();
    before.version.current = false;
    (after.version.version, after.version.by) = (Version(13), Some("u-suzuki".into()));
    vec![begun(), Event::Versions(vec![before, after])]
}

/// One row has another version, one is new, and one is gone.
fn changed() -> Vec<Event> {
    let fake = Fake::golden();
    let row = |sk: &str, version: u64| {
        let json = format!(r#"{{"pk":"PRODUCT#acme","sk":"{sk}","version":{version},"name":"新しい名前"}}"#);
        let row = Row(from_plain_json(&json).unwrap().as_map().unwrap().clone());
        fake.summary("product", EntityKey::new("PRODUCT#acme", sk), Some(row.into()))
    };
    vec![begun(), Event::Changed { entities: vec![row("P-0002", 9)], gone: vec![] }]
}

fn paused() -> Vec<Event> {
    let failure = Failure::new(ErrorCode::Credentials, "the credentials have expired").hint("sign in again");
    vec![begun(), Event::Watching(Watching::Paused(Box::new(failure)))]
}

fn capped() -> Vec<Event> {
    vec![Event::Watching(Watching::Begun { rows: 2_000, capped: true })]
}

#[test]
fn every_screen_of_watching() {
    for (name, events, keys) in [
        ("entity", processed as fn() -> Vec<Event>, format!("{BOLT}L")),
        ("entity_paused", paused, format!("{BOLT}L")),
        ("partition", changed, ":open PRODUCT#acme<ret>L".to_owned()),
        ("partition_paused", paused, ":open PRODUCT#acme<ret>L".to_owned()),
        ("partition_capped", capped, ":open PRODUCT#acme<ret>L".to_owned()),
    ] {
        for size in [(60, 15), (80, 24), (120, 40)] {
            insta::assert_snapshot!(
                format!("watch_{name}_{}x{}", size.0, size.1),
                on(waiting(), size, events, &keys).screen
            );
        }
    }
}

#[test]
fn the_engine_is_asked_for_what_is_newer_than_what_is_on_screen() {
    let played = with((120, 40), || vec![begun()], &format!("{BOLT}L"));
    let watched = played.commands.iter().find_map(|c| match c {
        Command::Watch { what } => Some(what.as_ref().clone()),
        _ => None,
    });
    let Some(Watched::Entity { entity, known }) = watched else { panic!("{:?}", played.commands) };
    assert_eq!((entity.key.sk.as_str(), known), ("01HX7MBJK3V9WQBZ7XNDK5ZT2M", Some(Version(12))));
    assert!(played.screen.contains("WATCHING since 10:02:03: 01HX7MBJK3V9WQBZ7XNDK5ZT2M"), "{}", played.screen);
}

#[test]
fn what_is_new_is_marked_and_what_was_current_is_not() {
    let played = with((120, 40), published, &format!("{BOLT}L"));
    let watch = played.app.watch.as_ref().unwrap();
    assert_eq!(watch.versions.iter().map(|v| v.0).collect::<Vec<_>>(), [13]);
    let opened = played.app.history.opened.as_ref().unwrap();
    assert_eq!((opened.versions.current(), opened.selected), (Some(Version(13)), Some(Version(13))));
    assert!(played.screen.contains(" =+    13  "), "{}", played.screen);
    // A version that the operator chose stays selected.
    let chosen = with((120, 40), published, &format!("{BOLT}[[L"));
    assert_eq!(chosen.app.history.opened.unwrap().selected, Some(Version(10)));
    // A status that changed is news, too.
    fn failed() -> Vec<Event> {
        let mut again = entry(&Fake::golden(), 11);
        again.version.status = VersionStatus::Failed;
        vec![begun(), Event::Versions(vec![again])]
    }
    let failed = with((120, 40), failed, &format!("{BOLT}L"));
    assert!(failed.app.watch.unwrap().versions.contains(&Version(11)));
}

#[test]
fn changed_rows_are_marked_where_they_stand_and_new_ones_are_read() {
    let played = with((120, 40), || vec![begun()], ":open PRODUCT#acme<ret>L");
    fn pages(played: &Played) -> usize {
        played.commands.iter().filter(|c| matches!(c, Command::Page { .. })).count()
    }
    // Once at the beginning, once when the watch had begun.
    assert_eq!(pages(&played), 2);
    let mut app = played.app;
    let request = app.watch.as_ref().map(|w| w.request).unwrap();
    let event = changed().pop().unwrap();
    let effects = update(&mut app, now(), Message::Engine(Envelope { request, event }));
    assert!(effects.is_empty(), "a row that is known is not read again: {effects:?}");
    let list = app.tenants.entities.as_ref().unwrap();
    let at = |sk: &str| (0..list.len()).filter_map(|i| list.get(i)).find(|l| l.sk() == sk).unwrap();
    assert_eq!((at("P-0002").name.as_deref(), at("P-0002").version), (Some("新しい名前"), Some(Version(9))));
    assert!(app.watch.as_ref().unwrap().rows.iter().eq(["P-0002"]));
    let event = Event::Changed { entities: vec![], gone: vec![SortKey::new("P-0002")] };
    let effects = update(&mut app, now(), Message::Engine(Envelope { request, event }));
    assert!(matches!(effects.as_slice(), [Effect::Send(_, Command::Page { .. })]), "{effects:?}");
}

#[test]
fn it_ends_with_the_same_key_and_when_what_it_follows_is_left() {
    let cancelled = |played: &Played| {
        let watch = played.commands.iter().position(|c| matches!(c, Command::Watch { .. })).unwrap();
        played.commands[watch..].iter().filter(|c| matches!(c, Command::Cancel { .. })).count()
    };
    for (keys, ends) in [
        (format!("{BOLT}LL"), true),
        (format!("{BOLT}L:open PRODUCT#acme P-0002<ret>"), true),
        (format!("{BOLT}L4"), false),
        (format!("{BOLT}L<f5>"), false),
        (":open PRODUCT#acme<ret>L<esc>".to_owned(), true),
        (":open PRODUCT#acme<ret>Lv".to_owned(), false),
        (":open PRODUCT#acme<ret>L:open CUSTOMER#acme<ret>".to_owned(), true),
    ] {
        let played = with((120, 40), || vec![begun()], &keys);
        assert_eq!((played.app.watch.is_none(), cancelled(&played) > 0), (ends, ends), "{keys}\n{}", played.screen);
    }
    let played = Play::new(120, 40).keys("L:watch<ret>");
    assert!(played.screen.contains("nothing is open that could be watched"), "{}", played.screen);
}

#[test]
fn a_pause_is_told_once_and_forgotten_when_it_goes_on() {
    let played = with((120, 40), paused, &format!("{BOLT}L"));
    assert!(played.screen.contains("WATCHING, paused: 01HX") && played.app.log.errors == 1, "{}", played.screen);
    let (mut app, request) = (played.app, crate::engine::protocol::RequestId);
    let own = app.watch.as_ref().map(|w| w.request).unwrap();
    let tell = |app: &mut _, request, event| {
        update(app, now(), Message::Engine(Envelope { request, event }));
    };
    // Somebody else's watch says nothing about this one.
    tell(&mut app, request(9_999), Event::Watching(Watching::Resumed));
    assert!(app.watch.as_ref().unwrap().paused.is_some());
    tell(&mut app, own, Event::Watching(Watching::Resumed));
    assert!(app.watch.as_ref().unwrap().paused.is_none());
    tell(&mut app, own, Event::Finished { cancelled: true });
    assert!(app.watch.is_none());
}

#[test]
fn without_colours_the_marks_stay() {
    let fake = Fake::golden().answering(|c| matches!(c, Command::Watch { .. }).then(published));
    let change = |p: &mut Play| (p.fake, p.options.no_color) = (fake, true);
    let played = Play::new(120, 40).with(change).keys(&format!("{BOLT}L"));
    assert!(played.screen.contains(" =+    13  ") && played.screen.contains("WATCHING since"), "{}", played.screen);
}
