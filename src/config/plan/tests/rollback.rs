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
    let wanted = "a time with its zone, such as \"2026-03-10T00:00:00+09:00\" or \"2026-03-09T15:00:00Z\"";
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
