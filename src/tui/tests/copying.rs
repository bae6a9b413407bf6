//! Keys, rows, diffs and command lines that are copied.

use super::Play;
use super::script::now;
use super::updates::{BOLT, open_bolt, play};
use crate::domain::value::from_plain_json;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::app::update;
use crate::tui::message::Message;

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
