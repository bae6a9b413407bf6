//! The plan builder, key by key.

use super::{Fake, Play, Played, drawn};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Event};
use crate::tui::pane::Pane;
use crate::tui::screens::discard::Discard;
use crate::tui::text;

/// A plan with what no form can hold.
const FILE: &str = "# for ticket 4711\nname = \"products of acme to globex\"\noperation = \"copy\"\n\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\" # theirs\n\n[target]\ntenant = \"globex\"\n";

pub(super) fn plan_play(size: (u16, u16), keys: &str) -> Played {
    Play::new(size.0, size.1).with(files).keys(keys)
}

pub(super) fn files(play: &mut Play) {
    let transform = format!("{FILE}\n[[transform]]\nremove = [\"price\"]\n");
    for (name, text) in [
        ("copy.toml", FILE.to_owned()),
        ("undo.toml", "name = \"n\"\noperation = \"undo\"\n[undo]\nrun = \"x\"\n".to_owned()),
        ("unknown.toml", FILE.replace("tenant = \"acme\"", "tennant = \"acme\"")),
        ("broken.toml", FILE.replace("[target]", "[target")),
        ("transform.toml", transform),
    ] {
        play.files.insert(name.into(), text);
    }
}

/// Presses a key as often as it takes to get to a key of the form.
fn down(n: usize) -> String {
    "j".repeat(n)
}

#[test]
fn a_plan_is_begun_from_the_preview_too() {
    let open = ":open PRODUCT#acme<ret>:plan open copy.toml<ret>p";
    let previewed = plan_play((120, 40), open);
    assert!(previewed.app.plan.shows_preview, "{}", previewed.screen);
    let begun = plan_play((120, 40), &format!("{open}n"));
    let plan = &begun.app.plan;
    assert!(!plan.shows_preview && plan.form.as_ref().is_some_and(|form| form.path.is_none()), "{}", begun.screen);
    // One that is not saved is asked about first, as in the form.
    let asked = plan_play((120, 40), ":open PRODUCT#acme<ret>3n<ret>globex<ret>pn");
    assert!(asked.app.stack.shows::<Discard>(), "{}", asked.screen);
}

#[test]
fn all_that_a_preview_comes_to_is_read_in_the_smallest_window() {
    let open = ":plan open copy.toml<ret>p";
    let small = plan_play((60, 15), open).screen;
    assert!(small.contains("more lines: S shows them") && !small.contains("digest"), "{small}");
    let whole = plan_play((60, 15), &format!("{open}S"));
    assert!(whole.screen.contains("Summary of the preview"), "{}", whole.screen);
    assert!(whole.screen.contains("digest") || plan_play((60, 15), &format!("{open}SG")).screen.contains("digest"));
    for close in ["<esc>", "S"] {
        assert_eq!(plan_play((60, 15), &format!("{open}S{close}")).screen, small, "{close}");
    }
    assert!(plan_play((80, 24), ":summary<ret>").screen.contains("no plan was previewed yet"));
}

#[test]
fn every_screen_of_the_form() {
    let open = ":open PRODUCT#acme<ret>";
    for (name, keys) in [
        ("nothing", format!("{open}  3")),
        ("new", format!("{open}3n")),
        ("new_marked", format!("{open}  3n")),
        ("typing", format!("{open}3n<ret>gl")),
        ("chosen", format!("{open}3n<ret><tab><tab><ret>")),
        ("complete", ":plan open copy.toml<ret>".to_owned()),
        ("target", format!(":plan open copy.toml<ret>{}", down(14))),
        ("wrong_value", format!(":plan open copy.toml<ret>{}<ret>many<ret>", down(17))),
        ("unknown_key", ":plan open unknown.toml<ret>".to_owned()),
        ("broken", ":plan open broken.toml<ret>".to_owned()),
        ("transform", ":plan open transform.toml<ret>G".to_owned()),
        ("discard", format!("{open}3n<ret>globex<ret>n")),
    ] {
        for size in [(60, 15), (80, 24), (120, 40)] {
            insta::assert_snapshot!(format!("form_{name}_{}x{}", size.0, size.1), plan_play(size, &keys).screen);
        }
    }
}

#[test]
fn a_plan_begins_with_what_is_on_screen() {
    let played = plan_play((120, 40), ":open PRODUCT#acme<ret>  3n");
    let form = played.app.plan.form.unwrap();
    let value = |path: &str| form.value_of(path).unwrap_or_default();
    assert_eq!((value("source.type").as_str(), value("source.tenant").as_str()), ("PRODUCT", "acme"));
    assert_eq!(value("source.keys").split(", ").count(), 2);
    // The cursor waits where something is missing.
    assert_eq!(form.focused().unwrap().path(), "target.tenant");
    assert!(!value("name").is_empty() && form.value_of("module").is_none());
    assert!(played.screen.contains("3 Plan: copy"), "{}", played.screen);
    // A code in lower case needs no normalising: the plan that begins over it is about all that do.
    let played = plan_play((120, 40), ":open PRODUCT#acme<ret>:plan new normalize<ret>");
    let form = played.app.plan.form.unwrap();
    assert_eq!((form.value_of("source.tenants"), form.problem.as_deref()), (None, None));
}

#[test]
fn values_are_typed_completed_and_checked() {
    let played = plan_play((120, 40), ":open PRODUCT#acme<ret>3n<ret>glo<tab><ret>");
    let form = played.app.plan.form.unwrap();
    assert_eq!(form.value_of("target.tenant").as_deref(), Some("globex"));
    assert!(form.problem.is_none() && form.editing.is_none(), "{:?}", form.problem);
    let dropped = plan_play((120, 40), ":open PRODUCT#acme<ret>3n<ret>glo<esc>").app;
    assert_eq!(dropped.plan.form.unwrap().value_of("target.tenant"), None);
    assert_eq!(dropped.focus, Pane::Plan);
}

#[test]
fn a_word_that_is_no_operation_changes_nothing() {
    let played = plan_play((120, 40), ":plan open copy.toml<ret>g<ret><ctrl-u>copi<ret>");
    let form = played.app.plan.form.as_ref().unwrap();
    assert!(form.problem.is_none() && form.text() == FILE, "{:?}", form.problem);
    assert!(played.screen.contains("copi is no operation"), "{}", played.screen);
}

#[test]
fn keys_typed_into_a_value_do_nothing_else() {
    let played = plan_play((120, 40), ":open PRODUCT#acme<ret>3n<ret>q:RA?3<paste:x y><ret>");
    assert_eq!(played.app.plan.form.unwrap().value_of("target.tenant").as_deref(), Some("q:RA?3x y"));
    assert!(played.app.stack.is_empty());
}

#[test]
fn a_file_keeps_its_comments_and_what_no_form_can_hold() {
    let keys =
        format!(":plan open transform.toml<ret>g{}<ret><ctrl-u>initech<ret>:plan save other.toml<ret>", down(14));
    let played = plan_play((120, 40), &keys);
    let form = played.app.plan.form.unwrap();
    let expected = format!("{FILE}\n[[transform]]\nremove = [\"price\"]\n").replace("globex\"\n", "initech\"\n");
    let expected = expected.replace("acme to initech", "acme to globex");
    assert_eq!(form.text(), expected);
    assert!(!form.is_dirty(), "saved");
    assert_eq!(form.name(), "other.toml");
}

#[test]
fn a_plan_that_is_not_saved_is_not_lost_by_a_key() {
    for keys in ["n", ":plan open copy.toml<ret>"] {
        let asked = plan_play((120, 40), &format!(":open PRODUCT#acme<ret>3n<ret>globex<ret>{keys}"));
        assert!(asked.app.stack.shows::<Discard>());
        let kept = plan_play((120, 40), &format!(":open PRODUCT#acme<ret>3n<ret>globex<ret>{keys}<ret><esc>"));
        assert_eq!(kept.app.plan.form.unwrap().value_of("target.tenant").as_deref(), Some("globex"));
    }
    let gone = plan_play((120, 40), ":open PRODUCT#acme<ret>3n<ret>globex<ret>:plan open copy.toml<ret>D");
    assert_eq!(gone.app.plan.form.unwrap().name(), "copy.toml");
}

#[test]
fn no_other_file_is_written_over_unless_told_to() {
    let refused = plan_play((120, 40), ":plan open copy.toml<ret>:plan save undo.toml<ret>");
    assert!(refused.screen.contains("undo.toml is there already"), "{}", refused.screen);
    assert_eq!(refused.app.plan.form.unwrap().name(), "copy.toml");
    let replaced =
        plan_play((120, 40), ":plan open copy.toml<ret>:plan replace undo.toml<ret>:plan open undo.toml<ret>");
    assert_eq!(replaced.app.plan.form.unwrap().text(), FILE);
}

#[test]
fn what_the_editor_leaves_is_kept_whatever_it_is() {
    let edited = |editor: fn(&str) -> Result<String, String>| {
        Play::new(120, 40).with(files).with(|p| p.editor = editor).keys(":plan open copy.toml<ret>e")
    };
    let broken = edited(|text| Ok(text.replace("[target]", "[target")));
    assert!(broken.app.plan.form.as_ref().unwrap().text().contains("[target\n"));
    assert!(broken.screen.contains("line 9"), "{}", broken.screen);
    let mended = edited(|text| Ok(text.replace("globex", "initech"))).app.plan.form.unwrap();
    assert_eq!((mended.value_of("target.tenant").as_deref(), mended.is_dirty()), (Some("initech"), true));
    let failed = edited(|_| Err("vi ended with exit status: 1: the plan is as it was".to_owned()));
    assert!(failed.screen.contains("the plan is as it was"));
    assert_eq!(failed.app.plan.form.unwrap().text(), FILE);
}

#[test]
fn japanese_values_keep_their_columns() {
    let keys = ":plan open copy.toml<ret>j<ret><ctrl-u>製品を株式会社アクメから移す<ret>";
    for size in [(60, 15), (80, 24), (120, 40)] {
        let played = plan_play(size, keys);
        for line in played.screen.lines().filter(|l| l.ends_with(['│', '┃', '┓', '┐'])) {
            assert_eq!(text::width(line), usize::from(size.0), "{line}\n{}", played.screen);
        }
        insta::assert_snapshot!(format!("form_cjk_{}x{}", size.0, size.1), played.screen);
    }
}

#[test]
fn without_a_scan_nothing_is_claimed_of_a_tenant() {
    let uncounted = Play::new(120, 40)
        .with(files)
        .with(|p| p.options.profile.name = "staging".into())
        .keys(&format!(":plan open copy.toml<ret>{}", down(14)));
    assert!(uncounted.screen.contains("not counted yet"), "{}", uncounted.screen);
    let counted = plan_play((120, 40), &format!(":plan open copy.toml<ret>{}", down(14)));
    assert!(counted.screen.contains("globex: ") && !counted.screen.contains("not counted"), "{}", counted.screen);
}

#[test]
fn every_operation_has_a_form() {
    for operation in crate::config::plan::operations() {
        let played = Play::new(120, 66).with(|p| p.fake = Fake::golden()).keys(&format!(":plan new {operation}<ret>"));
        for field in crate::config::plan::fields(operation) {
            assert!(played.screen.contains(field.key), "{operation} {}\n{}", field.path(), played.screen);
        }
    }
}

#[test]
fn every_screen_of_the_preview() {
    let preview = ":plan open copy.toml<ret>p";
    for (name, keys) in [
        ("whole", preview.to_owned()),
        ("second", format!("{preview}jj")),
        ("problems", format!("{preview}v")),
        ("searched", format!("{preview}/0003<ret>")),
        ("item", format!("{preview}<ret>")),
        ("old", format!("{preview}<esc>{}<ret>-2<ret>v", down(14))),
    ] {
        for size in [(60, 15), (80, 24), (120, 40)] {
            insta::assert_snapshot!(format!("preview_{name}_{}x{}", size.0, size.1), plan_play(size, &keys).screen);
        }
    }
}

#[test]
fn a_text_narrows_the_items_while_it_is_typed() {
    let asked = |keys: &str| -> Vec<String> {
        let played = plan_play((120, 40), &format!(":plan open copy.toml<ret>p{keys}"));
        let texts = played.commands.iter().filter_map(|c| match c {
            Command::Items { filter, .. } => Some(filter.text.clone()),
            _ => None,
        });
        texts.collect()
    };
    assert_eq!(asked("/00"), ["", "0", "00"]);
    assert_eq!(asked("/00<ret>"), ["", "0", "00"], "what is kept is not asked for again");
    assert_eq!(asked("/0<ret>/3"), ["", "0", "3"], "what was kept is typed over");
    assert_eq!(asked("/0<esc>"), ["", "0", ""]);
}

#[test]
fn a_schema_that_was_changed_is_read_again_by_the_next_preview() {
    let dir = tempfile::tempdir().unwrap();
    let schema = dir.path().join("s.json");
    std::fs::write(&schema, "{}").unwrap();
    let text = format!("{FILE}\n[validate]\nschema = \"{}\"\n", schema.display());
    let with = |play: &mut Play| {
        play.files.insert("checked.toml".into(), text.clone());
    };
    let mut played = Play::new(120, 40).with(with).keys(":plan open checked.toml<ret>p");
    let document = |played: &Played| {
        let plan = played.app.plan.form.as_ref().unwrap().plan.as_ref();
        plan.map(|plan| plan.change.validate.schemas[0].document.clone())
    };
    assert_eq!(document(&played).as_deref(), Some("{}"), "{}", played.screen);
    std::fs::write(&schema, "{\"required\":[\"a\"]}").unwrap();
    played.app.preview_plan();
    assert_eq!(document(&played).as_deref(), Some("{\"required\":[\"a\"]}"));
    // One that cannot be read any more is no reason to go on with the old one.
    std::fs::write(&schema, "{").unwrap();
    let before = played.app.plan.preview.as_ref().unwrap().job.request;
    played.app.preview_plan();
    assert_eq!(played.app.plan.preview.as_ref().unwrap().job.request, before);
    assert!(drawn(&mut played.app).contains("not ready"));
}

#[test]
fn a_scrollbar_covers_no_end_of_a_line() {
    for size in [(80, 24), (120, 40)] {
        let screen = plan_play(size, ":plan open copy.toml<ret>pjj").screen;
        // Between the text and the border is a blank: the bar stands on the border.
        assert!(screen.lines().any(|line| line.ends_with('█')) && !screen.contains("█ ┃"), "{screen}");
    }
}

#[test]
fn a_preview_of_a_million_items_scrolls() {
    let played = Play::new(120, 40)
        .with(files)
        .with(|p| p.fake.plans.many = Some(1_000_000))
        .keys(":plan open copy.toml<ret>pG<up><up>");
    assert!(played.screen.contains("P-0999998") && played.screen.contains("999,998/1,000,000"), "{}", played.screen);
    let pages = played.commands.iter().filter(|c| matches!(c, Command::Items { .. })).count();
    assert!(pages <= 4, "{pages} pages were read");
}

#[test]
fn an_edited_plan_makes_its_preview_old_and_a_new_one_fresh() {
    let edit = format!("<esc>{}<ret>-2<ret>", down(14));
    let old = plan_play((120, 40), &format!(":plan open copy.toml<ret>p{edit}v"));
    assert!(old.screen.contains("OLD: the plan was changed"), "{}", old.screen);
    assert_eq!(old.app.fresh_digest(), None);
    let again = plan_play((120, 40), &format!(":plan open copy.toml<ret>p{edit}p"));
    assert!(!again.screen.contains("OLD") && again.app.fresh_digest().is_some(), "{}", again.screen);
}

#[test]
fn a_preview_can_be_stopped_and_its_failure_is_told() {
    let silent = Fake::golden().answering(|c| matches!(c, Command::PreviewPlan { .. }).then(Vec::new));
    let stopped = Play::new(120, 40).with(files).with(|p| p.fake = silent).keys(":plan open copy.toml<ret>px");
    assert!(matches!(stopped.commands.last(), Some(Command::Cancel { .. })));
    let failing = Fake::golden().answering(|c| {
        let failure = Failure::new(ErrorCode::Credentials, "the credentials have expired").hint("sign in again");
        matches!(c, Command::PreviewPlan { .. })
            .then(|| vec![Event::Failed(Box::new(failure)), Event::Finished { cancelled: false }])
    });
    let failed = Play::new(120, 40).with(files).with(|p| p.fake = failing).keys(":plan open copy.toml<ret>p");
    assert!(failed.screen.contains("! the credentials have expired") && failed.screen.contains("→ sign in again"));
}
