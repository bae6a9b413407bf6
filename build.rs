//! Says which source a release was built from: commit and date, where they can be known. The same source gives the same words, whenever
//! and wherever it is built.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    // The texts in other languages are compiled in by a macro, which no compiler watches.
    println!("cargo:rerun-if-changed=assets/locales");
    // Whoever works on it would build everything anew with each commit.
    if std::env::var("PROFILE").is_ok_and(|profile| profile != "release") {
        return;
    }
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let root = Path::new(&root);
    for name in ["HEAD", "logs/HEAD"] {
        let path = root.join(".git").join(name);
        if path.exists() {
            println!("cargo:rerun-if-changed={}", path.display());
        }
    }
    let source = Source::of(root, std::env::var("SOURCE_DATE_EPOCH").ok().as_deref());
    for (name, value) in [("TENANTRY_COMMIT", source.commit), ("TENANTRY_DATE", source.date)] {
        if let Some(value) = value {
            println!("cargo:rustc-env={name}={value}");
        }
    }
}

/// Where a build comes from.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The commit, twelve digits of it.
    pub commit: Option<String>,
    /// A day: that of `SOURCE_DATE_EPOCH`, else of the commit.
    pub date: Option<String>,
}

impl Source {
    /// Looks at the directory of the package, and nowhere above it: a package that is unpacked inside another repository is not of that
    /// repository.
    pub fn of(root: &Path, epoch: Option<&str>) -> Self {
        let given = epoch.and_then(|seconds| seconds.trim().parse::<i64>().ok()).map(day);
        if root.join(".git").exists() {
            let commit = git(root, &["rev-parse", "--short=12", "HEAD"]);
            let date =
                given.or_else(|| git(root, &["log", "-1", "--format=%ct"]).and_then(|text| text.parse().ok()).map(day));
            return Self { commit, date };
        }
        // What `cargo package` leaves in place of the repository.
        let packaged = std::fs::read_to_string(root.join(".cargo_vcs_info.json")).ok();
        let commit = packaged.as_deref().and_then(|text| text.split("\"sha1\"").nth(1)?.split('"').nth(1)?.get(..12));
        Self { commit: commit.map(str::to_owned), date: given }
    }
}

/// The first line that git answers with.
fn git(root: &Path, args: &[&str]) -> Option<String> {
    let answer = Command::new("git").arg("-C").arg(root).args(args).output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| answer.status.success() && !text.is_empty())
}

/// The day of a moment in Unix seconds, in UTC: the Gregorian calendar in days from March on (Howard Hinnant's algorithm).
fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + next)
}
