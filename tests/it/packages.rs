//! Packages: the script and the workflow that make them, and what their pages say of them.

use std::collections::BTreeSet;
use std::path::Path;

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The commands of the script that a text names.
fn commands(text: &str) -> BTreeSet<&str> {
    let words = text.split("packaging/dist ").skip(1);
    words
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next())
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn every_command_of_the_script_is_run_before_a_release_and_documented() {
    let script = text("packaging/dist");
    let known: BTreeSet<&str> = script.lines().filter_map(|line| line.strip_suffix(')')).collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let known: BTreeSet<&str> = known.into_iter().filter(is_word).collect();
    assert_eq!(known, BTreeSet::from(["archive", "audit", "check", "deb", "deb-check", "sbom"]));
    assert_eq!(commands(&text("docs/packages.md")), known);
    let run = [".github/workflows/release.yml", ".ci/run"].map(text).join("\n");
    assert_eq!(commands(&run), known);
}

#[test]
fn licences_that_are_accepted_are_the_same_everywhere() {
    let of = |file: &str, path: &[&str]| -> BTreeSet<String> {
        let table: toml::Table = text(file).parse().unwrap();
        let value = path.iter().fold(&toml::Value::Table(table), |value, key| &value[*key]).clone();
        value.as_array().unwrap().iter().map(|licence| licence.as_str().unwrap().to_owned()).collect()
    };
    let accepted = of("packaging/about.toml", &["accepted"]);
    assert!(accepted.len() > 5, "{accepted:?}");
    assert_eq!(accepted, of("deny.toml", &["licenses", "allow"]));
}

#[test]
fn a_package_names_no_file_that_is_missing() {
    let table: toml::Table = text("Cargo.toml").parse().unwrap();
    let assets = table["package"]["metadata"]["deb"]["assets"].as_array().unwrap();
    let sources: Vec<&str> = assets.iter().map(|asset| asset[0].as_str().unwrap()).collect();
    for own in sources.iter().filter(|source| !source.starts_with("target/")) {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(own).exists(), "{own}");
    }
    for needed in ["LICENSE-MIT", "LICENSE-APACHE", "target/dist/THIRD-PARTY.html", "target/dist/man/*"] {
        assert!(sources.contains(&needed), "{needed}: {sources:?}");
    }
}

#[test]
fn pages_name_the_format_of_journals_of_today() {
    let schema = text("src/engine/journal/schema.rs");
    let format = schema.split("FORMAT: i64 = ").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
    for (page, words) in [
        ("docs/architecture.md", format!("is the format, now {format}")),
        ("CHANGELOG.md", format!("Journals have format {format}.")),
    ] {
        assert!(text(page).contains(&words), "{page}: {words}");
    }
}
