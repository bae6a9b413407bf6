//! Where a build says that it comes from.

#[expect(dead_code, reason = "its main is what cargo runs")]
#[path = "../../build.rs"]
mod build;

use std::path::Path;
use std::process::Command;

use build::Source;

use crate::support::program::binary;

fn git(dir: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(dir).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(args);
    command.env("GIT_COMMITTER_DATE", "2026-03-10T12:00:00Z").env("GIT_AUTHOR_DATE", "2026-03-10T12:00:00Z");
    assert!(command.output().unwrap().status.success(), "{args:?}");
}

#[test]
fn a_build_says_its_own_commit_and_a_day_that_does_not_depend_on_the_clock() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, inside) = (dir.path(), dir.path().join("target/package/tenantry-0.1.0"));
    git(repository, &["init", "--quiet"]);
    git(repository, &["commit", "--quiet", "--allow-empty", "--message", "first"]);
    let known = Source::of(repository, None);
    assert_eq!(known.date.as_deref(), Some("2026-03-10"));
    let commit = known.commit.unwrap();
    assert!(commit.len() == 12 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{commit}");
    // One second before midnight of a leap day.
    assert_eq!(Source::of(repository, Some("1709251199")).date.as_deref(), Some("2024-02-29"));
    assert_eq!(Source::of(repository, Some("0")).date.as_deref(), Some("1970-01-01"));
    assert_eq!(Source::of(repository, Some("x")).date.as_deref(), Some("2026-03-10"));
    // A package is not of the repository that it lies in.
    std::fs::create_dir_all(&inside).unwrap();
    assert_eq!(Source::of(&inside, None), Source::default());
    std::fs::write(inside.join(".cargo_vcs_info.json"), "{\"git\": {\"sha1\": \"0123456789abcdef0123\"}}").unwrap();
    let packaged = Source::of(&inside, Some("1709251199"));
    assert_eq!((packaged.commit.as_deref(), packaged.date.as_deref()), (Some("0123456789ab"), Some("2024-02-29")));
}

#[tokio::test]
async fn the_version_is_one_line() {
    let output = binary().arg("--version").output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, format!("tenantry {}\n", tenantry::version::whole()));
}
