mod edits;
mod keys;
mod rollback;
mod steps;
mod transform;
mod users;
mod values;

use std::path::Path;
use std::time::Duration;

use super::rows::ROWS;
use super::*;
use crate::config::rows::comparing::assert_shown;
use crate::config::rows::{Row, Unset};
use crate::domain::csv::Place;
use crate::domain::csv::encoding::{EncodingChoice, Format};
use crate::domain::key::Version;
use crate::domain::plan::{
    Change, Conflicts, DeletedSources, Engine, Existing, Normalize, RollTo, Rollback, RunSettings, Source, StopAfter,
    Target, Undo, UndoFrom, Verify,
};
use crate::domain::publish::PublishMode;
use crate::domain::transform::{Literal, Op, Schema, Transform};
use crate::domain::users::{ATTRIBUTES, CodeChange};
use crate::domain::value::Value;

const RUN: &str = "01JQZC5V3T8W4M6N7P9R2S0XYA";

fn read(text: &str) -> Result<Plan, Box<ConfigError>> {
    parse(Path::new("plans/p.toml"), text)
}

/// A copy plan; more keys of the top go above the first table, more keys of `[run]` and other tables below.
fn copy_plan(top: &str, more: &str) -> String {
    format!(
        "name = \"n\"\noperation = \"copy\"\n{top}\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n[target]\ntenant = \"globex\"\n{more}\n"
    )
}

fn undo_plan(more: &str) -> String {
    format!("name = \"n\"\noperation = \"undo\"\n[undo]\nrun = \"{RUN}\"\n{more}\n")
}

fn source() -> Source {
    Source { entity_type: Some("PRODUCT".to_owned()), tenant: "acme".to_owned(), ..Source::default() }
}

fn target() -> Target {
    Target { tenant: "globex".to_owned(), ..Target::default() }
}

fn plan(name: &str, work: Work) -> Plan {
    Plan {
        name: name.to_owned(),
        profile: None,
        reason: String::new(),
        modules: Modules::ByType,
        work,
        change: Change::default(),
        run: RunSettings::default(),
    }
}

/// Error about a text: every one has its file, line, column and key.
fn complaint(text: &str) -> Box<ConfigError> {
    let error = match read(text) {
        Err(error) => error,
        Ok(plan) => panic!("{text}\nis a plan: {plan:?}"),
    };
    assert_eq!(error.file, Path::new("plans/p.toml"), "{text}");
    assert!(error.line.is_some() && error.column.is_some() && error.key.is_some(), "{text}\n{error:?}");
    error
}

/// The complaint's line, key and words.
#[track_caller]
fn assert_complaint(text: &str, line: usize, key: &str, message: &str, hint: Option<&str>) {
    let error = complaint(text);
    let found = (error.line, error.key.as_deref(), error.message.as_str(), error.hint.as_deref());
    assert_eq!(found, (Some(line), Some(key), message, hint), "{text}");
}

/// Operations of the example of a transform.
fn transformed() -> Vec<Transform> {
    let place = |text: &str| text.parse().unwrap();
    let names = [("productName", "name"), ("unitPrice", "price"), ("categoryCode", "category")];
    let defaults = [("category", Value::s("uncategorized")), ("tags", Value::L(Vec::new()))];
    [
        Op::Rename(names.map(|(from, to)| (place(from), place(to))).to_vec()),
        Op::Default(defaults.map(|(at, value)| (place(at), Literal::new(value))).to_vec()),
    ]
    .map(|op| Transform { when: None, op })
    .to_vec()
}

#[test]
fn each_example_shows_its_optional_keys_at_their_defaults() {
    let expected = [
        plan("products of acme to globex", Work::Copy { source: source(), target: target() }),
        plan("products of acme move to globex", Work::Move { source: source(), target: target() }),
        plan(
            "tenant codes in lower case",
            Work::Normalize { source: Source::default(), how: Normalize { sequences: true, ..Normalize::default() } },
        ),
        Plan {
            change: Change {
                schema: Some(Schema {
                    marker: "version".parse().unwrap(),
                    missing: None,
                    current: Literal::new(Value::s("v2")),
                }),
                transforms: transformed(),
                ..Change::default()
            },
            ..plan("products to schema v2", Work::Transform { source: source() })
        },
        plan(
            "products of a file to globex",
            Work::Import {
                source: Source::default(),
                target: Target::default(),
                file: Some(Place::File("plans/products.csv".to_owned())),
                rejects: None,
                table: None,
                format: Format::default(),
            },
        ),
        plan(
            "products of acme as CSV",
            Work::Export {
                source: source(),
                tenant: "acme".to_owned(),
                to: Some(Place::S3 { bucket: "shop-private".to_owned(), key: String::new() }),
                lossless: true,
            },
        ),
        plan(
            "users in lower case",
            Work::Users {
                pool: None,
                change: CodeChange::Lowercase,
                attributes: ATTRIBUTES.map(str::to_owned).to_vec(),
            },
        ),
        plan(
            "products of acme, as they were",
            Work::Rollback {
                source: Source { deleted: DeletedSources::Keep, ..source() },
                how: Rollback::to(RollTo::Version(Version(4))),
            },
        ),
        plan(
            "take the copy to globex back",
            Work::Undo(Undo {
                run: RUN.parse().unwrap(),
                conflicts: Conflicts::Skip,
                from: UndoFrom::Journal,
                items: vec![],
            }),
        ),
    ];
    let shown: Vec<Plan> = EXAMPLES.iter().map(|(_, text)| read(text).unwrap()).collect();
    assert_eq!(shown, expected);
    // Keys that are left out have the same defaults.
    let mut short = read(&copy_plan("", "")).unwrap();
    short.name.clone_from(&shown[0].name);
    assert_eq!(short, shown[0]);
}

#[test]
fn each_example_shows_the_keys_of_its_operation_as_their_rows_have_them() {
    for (operation, text) in EXAMPLES {
        let of = |table: &str| -> Vec<&Row> {
            ROWS.iter().filter(|row| row.table == table && row.is_of(Some(*operation))).collect()
        };
        assert_shown(text, &[], &of(""));
        for row in of("") {
            match row.kind {
                Kind::Table(name) => assert_shown(text, &[name], &of(name)),
                // Lists of tables may stand in comments: an empty one would be no default.
                Kind::Tables(name) => assert!(text.contains(&format!("[[{name}]]")), "{operation} {name}"),
                _ => {}
            }
        }
        // A comment tells what each is for.
        for line in text.lines().filter(|l| l.contains(" = ")) {
            assert!(line.contains(" # "), "{operation}: {line}");
        }
    }
}

#[test]
fn each_way_to_change_attributes_has_a_row() {
    use super::transform::{ALONE, SHARING};
    let mut read: Vec<&str> = SHARING.into_iter().chain(ALONE).chain(["when"]).collect();
    let mut known = super::keys::names("transform", Some(Operation::Transform));
    read.sort_unstable();
    known.sort_unstable();
    assert_eq!(known, read);
}

#[test]
fn every_table_of_a_row_has_rows_for_each_of_its_operations() {
    for row in ROWS {
        assert!(!row.of.is_empty() && (!row.help.is_empty() || row.key == "operation"), "{} {}", row.table, row.key);
        assert_eq!(row.default().is_some(), matches!(row.unset, Unset::Counts(_)), "{} {}", row.table, row.key);
        if let Kind::Table(name) | Kind::Tables(name) = row.kind {
            for operation in row.of.iter().filter(|operation| **operation != Operation::Repair) {
                let inner = |r: &&Row| r.table == name && r.is_of(Some(*operation));
                assert!(ROWS.iter().any(|r| inner(&r)), "{operation} {name}");
                for key in super::keys::names(name, Some(*operation)) {
                    assert_eq!(ROWS.iter().filter(|r| inner(r) && r.key == key).count(), 1, "{operation} {name}.{key}");
                }
            }
        }
    }
}

#[test]
fn every_key_is_read() {
    let text = "name = \"n\"\noperation = \"move\"\nprofile = \"staging\"\nreason = \"T-1\"\nmodule = [\"product\", \"order\"]\n\
        [source]\ntype = \"*\"\ntenant = \"acme\"\nsk_prefix = \"P-\"\nkeys = [\"P-1\", \"P-2\"]\ndeleted = \"keep\"\n\
        [target]\ntenant = \"globex\"\nexisting = \"merge\"\n\
        [run]\nbatch = 1_000\ncanary = 0x10\nconcurrency = 256\nrate = 25\npolite = 0.5\nstop_after_failures = 0\npublish = \"async\"\n\
        stamp = \"none\"\ntimeout = \"90s\"\npending = 7\nverify = \"end\"\nengine = \"direct\"\nlabel = \"2nd try\"\n";
    let expected = Plan {
        name: "n".to_owned(),
        profile: Some("staging".to_owned()),
        reason: "T-1".to_owned(),
        modules: Modules::Named(vec!["product".to_owned(), "order".to_owned()]),
        work: Work::Move {
            source: Source {
                entity_type: None,
                tenant: "acme".to_owned(),
                sk_prefix: "P-".to_owned(),
                keys: vec!["P-1".to_owned(), "P-2".to_owned()],
                entities: Vec::new(),
                deleted: DeletedSources::Keep,
                partitions: Default::default(),
                pk: None,
                snapshot: None,
                part: None,
                is_alone: false,
            },
            target: Target { tenant: "globex".to_owned(), existing: Existing::Merge, ..Target::default() },
        },
        change: Change::default(),
        run: RunSettings {
            batch: 1000,
            canary: 16,
            concurrency: 256,
            rate: 25,
            polite: Some(5_000),
            stop_after_failures: StopAfter::Count(0),
            publish: Some(PublishMode::Async),
            stamp: false,
            timeout: Duration::from_secs(90),
            pending: 7,
            verify: Verify::End,
            engine: Engine::Direct,
            label: "2nd try".to_owned(),
        },
    };
    assert_eq!(read(text).unwrap(), expected);
    let existing = |word: &str| match read(&copy_plan("", &format!("existing = \"{word}\""))).unwrap().work {
        Work::Copy { target, .. } => target.existing,
        other => panic!("{other:?}"),
    };
    assert_eq!((existing("overwrite"), existing("stop")), (Existing::Overwrite, Existing::Stop));
    let run = |line: &str| read(&copy_plan("", &format!("[run]\n{line}"))).unwrap().run;
    assert_eq!(run("stop_after_failures = \"2.5%\"").stop_after_failures, StopAfter::Ratio(250));
    assert_eq!(
        (run("polite = 1").polite, run("polite = 1.0").polite, run("polite = 0.0125").polite),
        (None, None, Some(125))
    );
    assert_eq!(run("stop_after_failures = 12").stop_after_failures, StopAfter::Count(12));
    assert_eq!(
        (run("verify = \"batch\"").verify, run("publish = \"sync\"").publish),
        (Verify::Batch, Some(PublishMode::Sync))
    );
    assert_eq!(run("batch = 1\ncanary = 200").canary, 200);
}

#[test]
fn an_undo_finds_its_journal_beside_the_plan() {
    let undo = |more: &str| match read(&undo_plan(more)).unwrap().work {
        Work::Undo(undo) => undo,
        other => panic!("{other:?}"),
    };
    assert_eq!(undo("conflicts = \"force\"").conflicts, Conflicts::Force);
    assert_eq!(undo("journal = \"old/j.db\"").from, UndoFrom::File("plans/old/j.db".to_owned()));
    assert_eq!(undo("journal = \"/tmp/j.db\"").from, UndoFrom::File("/tmp/j.db".to_owned()));
    let text = undo_plan("journal = \"j.db\"");
    let Work::Undo(here) = parse(Path::new("p.toml"), &text).unwrap().work else { panic!("{text}") };
    assert_eq!(here.from, UndoFrom::File("j.db".to_owned()));
}

#[test]
fn what_is_not_toml_has_its_line() {
    let error = read("name = \"n\"\noperation = copy\n").unwrap_err();
    assert_eq!((error.line, error.key), (Some(2), None));
    let error = read("name = \"n\"\nname = \"m\"\n").unwrap_err();
    assert_eq!(error.line, Some(2), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("no.toml");
    let error = load(&missing).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}: cannot be read: ", missing.display())), "{error}");
    let path = dir.path().join("p.toml");
    std::fs::write(&path, EXAMPLES[0].1).unwrap();
    assert_eq!(load(&path).unwrap().name, "products of acme to globex");
    std::fs::write(&path, b"name = \"\xff\"").unwrap();
    assert!(load(&path).unwrap_err().message.starts_with("cannot be read: "));
}

#[test]
fn a_plan_cut_or_broken_anywhere_is_read_or_complained_about() {
    for (_, text) in EXAMPLES {
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            if let Err(error) = read(&text[..end]) {
                assert!(error.line.is_some() && !error.message.is_empty(), "{error:?}\n{}", &text[..end]);
            }
            for odd in ["\u{0}", "#", "\"", "=", "[", "\u{1f600}", "9", "\n"] {
                let broken = format!("{}{odd}{}", &text[..end], &text[end..].chars().skip(1).collect::<String>());
                if let Err(error) = read(&broken) {
                    assert!(error.line.is_some() && !error.message.is_empty(), "{error:?}\n{broken}");
                }
            }
        }
    }
}

#[test]
fn a_plan_that_respells_codes_says_which_and_where() {
    let ends = |more: &str| {
        let text = format!("name = \"n\"\noperation = \"normalize\"\n{more}\n");
        parse(Path::new("p.toml"), &text).unwrap().ends()
    };
    let of = |source: &str, target: &str| (source.to_owned(), target.to_owned());
    let type_of = "[source]\ntype = \"P\"\ntenants = ";
    assert_eq!(ends(&format!("{type_of}[\"Acme\"]")), of("P of Acme", "acme"));
    assert_eq!(ends(&format!("{type_of}[\"Acme\", \"ACME\"]")), of("P of Acme, ACME", "acme"));
    assert_eq!(ends(&format!("{type_of}[\"Acme\", \"B\"]")), of("P of Acme, B", ""));
    assert_eq!(ends("module = \"order\""), of("order", ""));
    assert_eq!(ends("module = \"*\""), of("every module", ""));
}

#[test]
fn a_copy_may_read_from_a_snapshot_beside_its_plan_and_lead_back() {
    let text = |source: &str, target: &str| {
        format!(
            "name = \"n\"\noperation = \"copy\"\n[source]\n{source}\ntype = \"P\"\ntenant = \"acme\"\n[target]\ntenant = \"{target}\"\n"
        )
    };
    let parsed = parse(Path::new("plans/p.toml"), &text("snapshot = \"monday\"", "acme")).unwrap();
    let Work::Copy { source, .. } = &parsed.work else { panic!("{parsed:?}") };
    assert_eq!(source.snapshot.as_deref(), Some("plans/monday"));
    assert_eq!(parsed.ends(), ("P of acme in the snapshot plans/monday".to_owned(), "acme".to_owned()));
    for source in ["", "snapshot = \"\""] {
        assert_eq!(
            parse(Path::new("p.toml"), &text(source, "acme")).unwrap_err().key.as_deref(),
            Some("target.tenant")
        );
    }
    let moved = text("snapshot = \"monday\"", "globex").replace("copy", "move");
    let error = parse(Path::new("p.toml"), &moved).unwrap_err();
    assert_eq!(error.key.as_deref(), Some("source.snapshot"));
}
