//! Export plans, which have no items: what they would write is said, and what they wrote is told. Users and lines among items.

use super::{Fake, Play, Played};
use crate::domain::diff::diff_rows;
use crate::domain::key::{EntityKey, Version};
use crate::domain::publish::PublishMode;
use crate::domain::run::Action;
use crate::domain::users::{Changing, CodeChange, User};
use crate::engine::protocol::{Command, EntityRef, Event, ExportedFile, ItemResult, Preview};
use crate::tui::parts::Rich;
use crate::tui::screens::described::Described;
use crate::tui::screens::items::tests::item;
use crate::tui::screens::log::lines;
use crate::tui::screens::plan::preview_view;

/// A file that lacks two entities.
fn file(to: &str) -> ExportedFile {
    ExportedFile {
        to: to.to_owned(),
        rows: 1_204,
        left_out: 2,
        expired: 0,
        unreadable: 0,
        bytes: 70_000,
        sha256: "4f2a".repeat(16),
    }
}

fn play(to: &str, keys: &str) -> Played {
    let text = format!(
        "name = \"out\"\noperation = \"export\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n[target]\ntenant = \"globex\"\n[export]\nto = \"{to}\"\n"
    );
    let file = file(to);
    let answer = move |c: &Command| {
        let done = vec![Event::Exported(Box::new(file.clone())), Event::Finished { cancelled: false }];
        matches!(c, Command::RunPlan { .. }).then_some(done)
    };
    let change = |p: &mut Play| {
        p.files.insert("out.toml".into(), text);
        p.fake = Fake::golden().answering(answer);
    };
    Play::new(120, 40).with(change).keys(&format!(":plan open out.toml<ret>{keys}"))
}

fn runs(played: &Played) -> usize {
    played.commands.iter().filter(|c| matches!(c, Command::RunPlan { .. })).count()
}

#[test]
fn an_export_plan_says_what_it_would_write_and_what_it_wrote() {
    let said = play("out.csv", "p");
    assert!(said.screen.contains("would write PRODUCT of acme for globex to out.csv"), "{}", said.screen);
    assert!(!said.commands.iter().any(|c| matches!(c, Command::PreviewPlan { .. } | Command::RunPlan { .. })));
    // A file of this machine needs no arming, and there is no run that could begin or not.
    let written = play("out.csv", "R");
    assert_eq!((runs(&written), written.app.run.is_none()), (1, true), "{}", written.screen);
    for words in ["exported 1,204 rows, 70,000 bytes to out.csv", "SHA-256 4f2a4f2a"] {
        assert!(written.screen.contains(words), "{words}\n{}", written.screen);
    }
    let refused = play("s3://shop-private/x.csv", "R");
    assert!(refused.screen.contains("the console is read-only"), "{}", refused.screen);
    assert_eq!((runs(&refused), runs(&play("s3://shop-private/x.csv", "AAR"))), (0, 1));
}

#[test]
fn the_open_partition_is_written_into_a_file() {
    let play = |keys: &str| Play::new(120, 40).keys(keys);
    let sent = play(":open PRODUCT#acme<ret>:csv /tmp/acme.csv<ret>");
    let wanted = sent.commands.iter().find_map(|c| match c {
        Command::Export { module, wanted } => Some((module.as_str(), wanted.pk.as_str(), wanted.to.to_string())),
        _ => None,
    });
    assert_eq!(wanted, Some(("product", "PRODUCT#acme", "/tmp/acme.csv".to_owned())), "{}", sent.screen);
    let written = |c: &Command| {
        let events = || vec![Event::Exported(Box::new(file("acme.csv"))), Event::Finished { cancelled: false }];
        matches!(c, Command::Export { .. }).then(events)
    };
    let answered = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(written));
    let said = answered.keys(":open PRODUCT#acme<ret>:csv acme.csv<ret>").screen;
    assert!(said.contains("1,204 rows in acme.csv; 2 soft-deleted entities were left out"), "{said}");
    for (keys, why) in
        [(":csv x.csv<ret>", "open a partition first"), (":open PRODUCT#acme<ret>:csv s3://b/<ret>", "read-only")]
    {
        let refused = play(keys);
        assert!(refused.screen.contains(why), "{}", refused.screen);
        assert!(!refused.commands.iter().any(|c| matches!(c, Command::Export { .. })));
    }
}

#[test]
fn the_command_line_of_an_export_plan_runs_it() {
    let copied = |to: &str| play(to, "Yy").copied.pop().unwrap();
    assert_eq!(copied("out.csv"), "tenantry --sandbox run out.toml");
    assert_eq!(copied("s3://shop-private/x.csv"), "tenantry --sandbox run out.toml --arm");
}

fn of_user() -> ItemResult {
    let key = EntityKey::new("pool_1", "tanaka");
    let entity = EntityRef { module: "users".into(), key: key.clone() };
    ItemResult { source: key, entity, version_after: Version(0), ..item(1, Action::Update, None) }
}

#[test]
fn items_show_the_line_of_the_file_and_users_no_versions() {
    let imported = ItemResult { line: Some(7), ..item(1, Action::Create, None) };
    assert!(lines::item(&imported).1.ends_with("P-0000001 0 → 1, line 7"), "{:?}", lines::item(&imported));
    assert!(preview_view::line(&imported, 80).plain().ends_with(" 0 → 1, line 7"));
    assert!(lines::item(&of_user()).1.ends_with("pool_1 / tanaka"), "{:?}", lines::item(&of_user()));
    assert!(!preview_view::line(&of_user(), 80).plain().contains('→'));
}

#[test]
fn nothing_of_tables_is_said_about_a_user() {
    let rules =
        Changing { pool: "pool_1".into(), change: CodeChange::Lowercase, attributes: vec!["custom:tenant".into()] };
    let user = User {
        name: "tanaka".into(),
        attributes: [("custom:tenant".to_owned(), "ACME".to_owned())].into(),
        federated: false,
    };
    let (planned, _) = rules.item(&user);
    let (before, after) = (planned.before().cloned(), planned.after().cloned());
    let item = of_user();
    let preview = Preview {
        n: 1,
        entity: item.entity.clone(),
        source: item.source.clone(),
        source_versions: (Version(0), Version(0)),
        only_source: false,
        digest: String::new(),
        action: Action::Update,
        reason: None,
        message: None,
        line: None,
        warnings: vec![],
        version_before: Version(0),
        version_after: Version(0),
        version_from: Version(0),
        found: Some(crate::domain::row::TableKind::Data),
        changes: diff_rows(before.as_ref().unwrap(), after.as_ref().unwrap(), true),
        before,
        after,
        wrote: None,
        publish: PublishMode::Sync,
        write_units: 0,
        s3_objects: 0,
    };
    let shown = Described::new(vec![preview]).lines(100).iter().map(Rich::plain).collect::<Vec<_>>().join("\n");
    for words in
        ["user          tanaka", "pool          pool_1", "1 change to the user as it is now", "\"ACME\" → \"acme\""]
    {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
    for words in ["table", "transaction", "write unit", "0 → 0", "row"] {
        assert!(!shown.contains(words), "{words}\n{shown}");
    }
}
