//! The house: who may use whom, and who may use what.

use std::path::{Path, PathBuf};

/// The one folder of tests that carries out whole runs, on services of its own.
const WHOLE_RUNS: &str = "src/engine/journal/kills";

pub(crate) fn sources(dir: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(dir);
    let mut out = Vec::new();
    let mut todo = vec![root];
    while let Some(path) = todo.pop() {
        if path.ends_with(WHOLE_RUNS) {
            continue;
        }
        if path.is_dir() {
            todo.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let code = without_tests(&std::fs::read_to_string(&path).unwrap());
            out.push((path, code));
        }
    }
    out
}

/// A file's text without the items that only tests have: those are free to build what they need. Nothing else is left out.
fn without_tests(text: &str) -> String {
    let mut out = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if !["#[cfg(test)]", "#[cfg(all(test, unix))]"].contains(&line.trim()) {
            out.push(line);
            continue;
        }
        // As far as rustfmt's own indentation says that the item goes.
        let indent = line.len() - line.trim_start().len();
        for line in lines.by_ref() {
            let is_own = line.len() - line.trim_start().len() == indent;
            if is_own
                && !line.trim_start().starts_with('#')
                && (line.ends_with(';') || line.trim_end() == "}" || line.ends_with("},") || line.ends_with(','))
            {
                break;
            }
            if is_own && line.trim_start().starts_with('}') {
                break;
            }
        }
    }
    out.join("\n")
}

#[test]
fn only_what_tests_have_is_left_out() {
    let text = "a\n#[cfg(test)]\npub(crate) mod dying;\nb\nimpl X {\n    #[cfg(test)]\n    fn f() {\n        t\n    }\n\n    fn g() {}\n}\n\
                #[cfg(test)]\nmod tests {\n    t\n}\nc";
    assert_eq!(without_tests(text), "a\nb\nimpl X {\n\n    fn g() {}\n}\nc");
    let journal = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine/journal/mod.rs"));
    assert!(journal.unwrap().contains("#[cfg(test)]\n#[cfg(feature = \"sandbox\")]\nmod kills;"), "{WHOLE_RUNS}");
}

/// Lines of code, comments left out, in which a word stands.
fn uses(dir: &str, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources(dir) {
        for line in text.lines().filter(|l| !l.trim_start().starts_with("//") && l.contains(word)) {
            found.push(format!("{}: {line}", path.display()));
        }
    }
    found
}

fn assert_free(dir: &str, words: &[&str]) {
    assert!(!sources(dir).is_empty(), "{dir}");
    for word in words {
        assert_eq!(uses(dir, word), Vec::<String>::new(), "{dir} must not use {word}");
    }
}

#[test]
fn the_domain_is_pure() {
    let layers = ["crate::store", "crate::engine", "crate::tui", "crate::report", "crate::config", "crate::sandbox"];
    assert_free("domain", &layers);
    assert_free("domain", &["tokio", "aws_", "ratatui", "crossterm", "std::fs", "std::net", "std::env", "rusqlite"]);
}

#[test]
fn dependencies_point_one_way() {
    assert_free("store", &["crate::engine", "crate::tui", "crate::report", "crate::sandbox", "rusqlite"]);
    let above = ["crate::store", "crate::engine", "crate::tui", "crate::report", "crate::config", "crate::sandbox"];
    assert_free("worker", &above);
    assert_free("engine", &["crate::tui", "crate::report", "crate::sandbox", "crate::cli"]);
    assert_free("config", &["crate::store", "crate::engine", "crate::tui", "crate::report", "crate::sandbox"]);
    assert_free("tui", &["crate::store", "crate::report", "crate::sandbox", "crate::cli"]);
    assert_free("report", &["crate::store", "crate::tui", "crate::sandbox"]);
    assert_free("signing", &above);
    let of_interfaces = ["crate::store", "crate::tui", "crate::report", "crate::config", "crate::sandbox"];
    assert_free("evidence", &of_interfaces);
    assert_free("cli", &["crate::store", "crate::tui", "crate::report", "crate::sandbox", "crate::session"]);
    assert_free("session.rs", &["crate::store", "crate::tui", "crate::report"]);
}

#[test]
fn only_the_console_speaks_another_language() {
    for dir in ["domain", "worker", "store", "engine", "evidence", "report", "cli"] {
        assert_free(dir, &["crate::language", "tr!("]);
    }
}

#[test]
fn services_and_terminals_have_one_place_each() {
    for dir in ["domain", "engine", "config", "report", "tui"] {
        assert_free(dir, &["aws_sdk", "aws_config", "aws_smithy"]);
    }
    for dir in ["domain", "engine", "config", "report", "store", "sandbox"] {
        assert_free(dir, &["ratatui", "crossterm"]);
    }
}

#[test]
fn filters_and_schemas_are_evaluated_in_the_worker_alone() {
    for dir in ["store", "engine", "config", "report", "tui"] {
        assert_free(dir, &["jsonschema::", "Rules::new", "Filter::new", "jaq_"]);
    }
}

#[test]
fn files_that_people_name_are_opened_as_regular_ones() {
    for dir in ["config", "tui", "report"] {
        let read = ["File::open(", "fs::read(", "read_to_string("].iter().flat_map(|call| uses(dir, call));
        let is_free = |line: &String| ["config/regular.rs", "/tests", "assert_eq!("].iter().any(|w| line.contains(w));
        let read: Vec<String> = read.filter(|line| !is_free(line)).collect();
        assert_eq!(read, Vec::<String>::new());
    }
}

#[test]
fn only_the_armed_store_writes() {
    for call in [".put_item()", ".update_item()", ".delete_item()", ".batch_write_item()", ".transact_write_items()"] {
        let found = uses("store", call);
        let allowed = found.iter().all(|f| call == ".transact_write_items()" && f.contains("publish/transact.rs"));
        assert!(allowed, "{found:?}");
    }
    for call in
        [".put_object()", ".create_multipart_upload()", ".delete_object()", ".delete_objects()", ".copy_object()"]
    {
        let found = uses("store", call);
        let places = ["publish/objects.rs", "publish/upload.rs"];
        assert!(found.iter().all(|f| places.iter().any(|place| f.contains(place))), "{found:?}");
    }
    let found = uses("store", ".admin_update_user_attributes()");
    assert!(found.len() == 1 && found[0].contains("publish/users.rs"), "{found:?}");
    let armed: Vec<String> = uses("engine", ".arm()").into_iter().chain(uses("report", ".arm()")).collect();
    assert!(armed.len() == 1 && armed[0].contains("engine/task/"), "{armed:?}");
}

/// What is rehearsed writes through an engine of its own, whose profile leads to the copy and whose type is made in one place: a task
/// of the real services has no way to it.
#[test]
fn a_rehearsal_cannot_write_to_the_services_that_it_reads() {
    assert_free("engine/rehearse", &["WriteStore", "shared.writes(", "controls.take", "Command::Arm"]);
    for (call, file) in [("shared.arm(", "staged.rs"), ("engine::run", "staged.rs"), ("Shared::new(", "staged.rs")] {
        let found = uses("engine/rehearse", call);
        assert!(!found.is_empty() && found.iter().all(|line| line.contains(file)), "{call}: {found:?}");
    }
    let started = uses("engine/rehearse", "run::start(");
    assert!(started.len() == 1 && started[0].contains("run::start(&task, &plan"), "{started:?}");
}

/// Which folder of the console may use which: parts know of no screen, and nothing but the console's own frame knows of the stack.
#[test]
fn the_console_is_built_from_below() {
    let frame = ["tui::stack", "tui::view", "tui::run::"];
    assert_free("tui/parts", &["tui::app", "tui::screen", "tui::stack", "tui::view", "tui::message"]);
    assert_free("tui/screens", &frame);
}

/// The engine from the bottom to the top: each of these uses only those before it.
const ENGINE: [&str; 14] = [
    "failure", "protocol", "journal", "task", "remote", "read", "items", "records", "check", "files", "plan", "run",
    "rehearse", "serve",
];

#[test]
fn the_engine_is_built_from_below() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine");
    for (path, text) in sources("engine") {
        let inside: Vec<String> =
            path.strip_prefix(&root).unwrap().iter().map(|p| p.to_string_lossy().replace(".rs", "")).collect();
        if inside == ["mod"] {
            continue;
        }
        let own = ENGINE.iter().position(|name| *name == inside[0]);
        let own = own.unwrap_or_else(|| panic!("{} stands on no floor", path.display()));
        let depth = if inside.last().unwrap() == "mod" { inside.len() - 2 } else { inside.len() - 1 };
        let out = "super::".repeat(depth + 1);
        for line in text.lines().filter(|l| !l.trim_start().starts_with("//")) {
            assert!(!line.contains(&out), "{}: name it from crate::engine: {line}", path.display());
            for (at, _) in line.match_indices("crate::engine::") {
                let name =
                    line[at + "crate::engine::".len()..].split(|c: char| !c.is_alphanumeric() && c != '_').next();
                let used = ENGINE.iter().position(|floor| Some(*floor) == name);
                assert!(used.is_none_or(|used| used <= own), "{}: {line}", path.display());
            }
        }
    }
}
