//! What a run leaves for those who did not see it.

use serde_json::Value as Json;

use crate::support::plan::{Plan, fill};
use crate::support::{Program, Stack};

#[tokio::test]
async fn a_report_tells_who_approved_what_and_how_it_is_taken_back() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 4).await;
    fill(&stack, "globex", 1).await;
    let plan = Plan::copy("acme", "globex").set("label", "\"a|b <script>\"");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    let run = printed.end()["run"].as_str().unwrap();
    let chain = program.json(&["runs", "check", run]).await.events("run")[0]["chain"].as_str().unwrap().to_owned();
    let (code, markdown, _) = program.text(&["runs", "report", run]).await;
    assert_eq!(code, 0);
    let digest = printed.end()["digest"].as_str().unwrap();
    let undo = format!("undo {run} --arm");
    for word in [digest, &chain, &undo, "operator-1", "a\\|b \\<script\\>", "approve"] {
        assert!(markdown.contains(word), "{word}: {markdown}");
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("run.html");
    let file = file.to_str().unwrap();
    let printed = program.json(&["runs", "report", run, "--to", file]).await;
    let html = std::fs::read_to_string(file).unwrap();
    assert_eq!((printed.code, &printed.end()["to"]), (0, &Json::from(file)), "{}", printed.stdout);
    for word in [digest, &chain, &undo, "a|b &lt;script&gt;"] {
        assert!(html.contains(word), "{word}: {html}");
    }
    for word in ["<script", "http://", "https://", "src=", "href="] {
        assert!(!html.contains(word), "{word}: {html}");
    }
    // Nothing is written over, not even its own.
    let again = program.json(&["runs", "report", run, "--to", file]).await;
    assert_eq!((again.code, std::fs::read_to_string(file).unwrap()), (1, html), "{}", again.stdout);
    assert_eq!(program.json(&["runs", "report", run]).await.code, 2);
}
