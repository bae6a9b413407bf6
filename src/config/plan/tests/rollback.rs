use super::*;

fn text(source: &str, rollback: &str) -> String {
    format!(
        "name = \"n\"\noperation = \"rollback\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n{source}\n[rollback]\n{rollback}\n"
    )
}

fn how(rollback: &str) -> Rollback {
    match read(&text("", rollback)).unwrap().work {
        Work::Rollback { how, .. } => how,
        other => panic!("{other:?}"),
    }
}

#[test]
fn exactly_one_key_says_how_far_back() {
    let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    assert_eq!(how("to_version = 12").to, RollTo::Version(Version(12)));
    assert_eq!(how("to_time = \"2026-03-10T00:00:00+09:00\"").to, RollTo::Time(time("2026-03-09T15:00:00Z")));
    assert_eq!(how("before_run = \"M-1\"\nto_version = 0\nwindow = []").to, RollTo::BeforeRun("M-1".to_owned()));
    let migrated = "2026-03-10T00:00:00.000Z";
    let expected = RollTo::BeforeMigratedAt(migrated.to_owned());
    assert_eq!(how(&format!("before_migrated_at = \"{migrated}\"\nto_time = \"\"")).to, expected);
    let window =
        how("window = [\"2026-03-10T00:00:00Z\", \"2026-03-10T01:00:00Z\"]\nmarked = true\nconflicts = \"force\"");
    let expected = RollTo::Window { from: time("2026-03-10T00:00:00Z"), to: time("2026-03-10T01:00:00Z") };
    assert_eq!((window.to, window.only_marked, window.conflicts), (expected, true, Conflicts::Force));
    let message = "rollback must say how far back: exactly one of \"to_version\", \"to_time\", \"before_run\", \"before_migrated_at\" or \"window\"";
    assert_complaint(&text("", ""), 7, "rollback.to_version", message, None);
    let message = "rollback has both to_version and before_run: exactly one of them says how far back";
    assert_complaint(&text("", "to_version = 3\nbefore_run = \"x\""), 9, "rollback.before_run", message, None);
}

#[test]
fn times_are_whole_and_windows_run_forwards() {
    let wanted = crate::domain::clock::MOMENT;
    let message = format!("rollback.to_time must be {wanted}, not \"yesterday\"");
    assert_complaint(&text("", "to_time = \"yesterday\""), 8, "rollback.to_time", &message, None);
    let message = format!("rollback.window must hold {wanted}, not \"2026-03-10\"");
    let line = "window = [\"2026-03-10T00:00:00Z\", \"2026-03-10\"]";
    assert_complaint(&text("", line), 8, "rollback.window", &message, None);
    let line = "window = [\"2026-03-10T01:00:00Z\", \"2026-03-10T00:00:00Z\"]";
    assert_complaint(&text("", line), 8, "rollback.window", "rollback.window ends before it begins", None);
    let message = "rollback.window must hold two times: the first and the last moment";
    assert_complaint(&text("", "window = [\"2026-03-10T01:00:00Z\"]"), 8, "rollback.window", message, None);
    let message = "rollback.marked narrows a window: there is none";
    assert_complaint(&text("", "to_version = 3\nmarked = true"), 9, "rollback.marked", message, None);
}

#[test]
fn soft_deleted_entities_are_taken_back_unless_the_plan_says_otherwise() {
    let deleted = |line: &str| match read(&text(line, "to_version = 3")).unwrap().work {
        Work::Rollback { source, .. } => source.deleted,
        other => panic!("{other:?}"),
    };
    assert_eq!((deleted(""), deleted("deleted = \"skip\"")), (DeletedSources::Keep, DeletedSources::Skip));
    assert_eq!(deleted("deleted = \"keep\""), DeletedSources::Keep);
}

#[test]
fn moments_may_be_said_as_people_say_them() {
    use crate::domain::plan::Said;
    let said = |line: &str| match how(line).to {
        RollTo::Said(said) => said,
        other => panic!("{other:?}"),
    };
    assert_eq!(said("to_time = \"yesterday 10:00\""), Said::Time("yesterday 10:00".to_owned()));
    let window = Said::Window("2h".to_owned(), "2026-03-10T00:00:00Z".to_owned());
    assert_eq!(said("window = [\"2h\", \"2026-03-10T00:00:00Z\"]\nmarked = true"), window);
    assert_eq!(said("before_migrated_at = \"10:00\""), Said::BeforeMigratedAt("10:00".to_owned()));
    // Rows may hold anything.
    assert_eq!(how("before_migrated_at = \"last week\"").to, RollTo::BeforeMigratedAt("last week".to_owned()));
}

#[test]
fn a_window_is_narrowed_by_lists() {
    let window = "window = [\"2026-03-10T00:00:00Z\", \"2026-03-10T01:00:00Z\"]";
    let read = how(&format!("{window}\nby = [\"u-1\", \"u-2\"]\nrequest = [\"r\"]\nsource = [\"s\"]"));
    assert_eq!((read.by.len(), read.request, read.source), (2, vec!["r".to_owned()], vec!["s".to_owned()]));
    for key in ["by", "request", "source"] {
        let message = format!("rollback.{key} narrows a window: there is none");
        let lines = format!("to_version = 3\n{key} = [\"x\"]");
        assert_complaint(&text("", &lines), 9, &format!("rollback.{key}"), &message, None);
    }
}
