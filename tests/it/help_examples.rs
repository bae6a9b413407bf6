//! What `--help` shows as an example works as it stands, on the sandbox.

use std::path::Path;

use tenantry::cli::{examples, exit_codes};

use crate::support::program::binary;

/// The run that the examples name.
const RUN: &str = "01JD1S0V3Q8ZJ5N4M6T7W9XYAB";
/// They need what the sandbox does not have: other profiles, keys, files of one's own, a place of their own.
const ELSEWHERE: [&str; 7] = ["--profile", "--signed", "--mask", "--data", "config ", "~", "/mnt/"];
/// Commands that do not end, need an answer of somebody else, or take long.
const LEFT_OUT: [&str; 4] = ["", "sign", "sandbox serve", "rehearse"];

/// Exit code, stdout and stderr of one line in a directory, on the sandbox that stands there.
async fn run(dir: &Path, line: &str) -> (i32, String, String) {
    let (line, file) = line.split_once(" > ").map_or((line, None), |(line, file)| (line, Some(file)));
    let mut command = binary();
    command.current_dir(dir).args(["--sandbox", "--data", "data"]);
    command.args(line.split(' ').skip(1).map(|word| word.trim_matches('\'')));
    let output = command.output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    if let Some(file) = file {
        std::fs::write(dir.join(file), &output.stdout).unwrap();
    }
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

async fn newest_run(dir: &Path) -> String {
    let (code, stdout, stderr) = run(dir, "tenantry runs --json").await;
    let first = stdout.lines().next().unwrap_or_default();
    let line: serde_json::Value = serde_json::from_str(first).unwrap();
    line["run"].as_str().map(str::to_owned).unwrap_or_else(|| panic!("{code} {stdout} {stderr}"))
}

#[tokio::test]
async fn each_example_of_the_help_works_as_it_stands() {
    let dir = tempfile::TempDir::new().unwrap();
    let dir = dir.path();
    // What the examples take for there; others bring the rest themselves.
    run(dir, "tenantry plan example copy > copy.toml").await;
    run(dir, "tenantry plan example import > import.toml").await;
    let all = examples().filter(|(command, _)| !LEFT_OUT.contains(command));
    let mut lines: Vec<(&str, &str)> = all.flat_map(|(c, lines)| lines.iter().map(move |line| (c, *line))).collect();
    lines.retain(|(_, line)| !ELSEWHERE.iter().any(|word| line.contains(word)));
    // A journal is exported before it is checked.
    lines.sort_by_key(|(command, _)| *command == "runs check");
    assert!(lines.len() > 30, "{lines:?}");
    for (command, line) in lines {
        let line = if line.contains(RUN) { line.replace(RUN, &newest_run(dir).await) } else { line.to_owned() };
        let (code, stdout, stderr) = run(dir, &line).await;
        let is_one = exit_codes(command).iter().any(|known| i32::from(*known) == code);
        assert!(is_one && ![1, 2].contains(&code), "{line}: {code}\n{stdout}\n{stderr}");
        let looks = ["tenants", "entities", "find", "activity", "history", "diff"].contains(&command);
        let nothing = ["nothing was found", "no activity"].iter().any(|words| stdout.contains(words));
        assert!(!looks || (!stdout.is_empty() && !nothing), "{line}: {stdout}\n{stderr}");
    }
}
