//! What a run leaves for those who did not see it.

use serde_json::Value as Json;
use tenantry::domain::row::TableKind;
use tenantry::domain::value::Value;

use crate::support::plan::{Plan, fill};
use crate::support::{Program, Stack};

#[tokio::test]
async fn a_report_tells_who_approved_what_and_how_it_is_taken_back() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 4).await;
    fill(&stack, "globex", 1).await;
    let plan = Plan::copy("acme", "globex").set("label", "\"a|b <script>\"");
    assert_eq!(program.json(&["rehearse", plan.path(), "--arm"]).await.code, 3, "one exists already");
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
    let partitions = "| product | PRODUCT\\#acme | PRODUCT\\#globex | 3 |";
    assert!(markdown.contains("## Partitions") && markdown.contains(partitions), "{markdown}");
    // The rehearsal before it, how long its batches took, and later that it was read back.
    assert!(markdown.contains("| read back | no |") && markdown.contains("of 4 done and undone |"), "{markdown}");
    assert!(markdown.contains("## Time line") && markdown.contains("items a second"), "{markdown}");
    assert_eq!(program.json(&["verify", run]).await.code, 0);
    let (_, markdown, _) = program.text(&["runs", "report", run]).await;
    assert!(markdown.contains("by operator-1: 3 entities, each as the run wrote it |"), "{markdown}");
    let written = stack.rows(TableKind::Data, "globex").await.pop().unwrap();
    let mut other = written.clone();
    other.0.insert("name".to_owned(), Value::s("otherwise"));
    stack.put("dev-shop-product-data", &other).await;
    assert_ne!(program.json(&["verify", run]).await.code, 0);
    let (_, markdown, _) = program.text(&["runs", "report", run]).await;
    assert!(markdown.contains("3 entities, different 1 |"), "{markdown}");
    // Nothing is written over, not even its own.
    let again = program.json(&["runs", "report", run, "--to", file]).await;
    assert_eq!((again.code, std::fs::read_to_string(file).unwrap()), (1, html), "{}", again.stdout);
    assert_eq!(program.json(&["runs", "report", run]).await.code, 2);
}

#[tokio::test]
async fn a_preview_and_what_the_doctor_found_can_be_given_to_others() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let before = stack.dump().await;
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let plan = Plan::copy("acme", "globex");
    let (html, markdown) = (path("preview.html"), path("doctor.md"));
    let printed = program.json(&["preview", plan.path(), "--report", &html]).await;
    let end = printed.end();
    let report = std::fs::read_to_string(&html).unwrap();
    assert_eq!(end["to"], html.as_str(), "{}", printed.stdout);
    let creates = format!("<td>create</td><td>{}</td>", end["actions"]["create"]);
    let problem =
        printed.events("item").into_iter().find(|i| i["action"] == "skip" || i["action"] == "conflict").unwrap();
    for word in [end["digest"].as_str().unwrap(), &creates, problem["reason"].as_str().unwrap(), "nothing was written"]
    {
        assert!(report.contains(word), "{word}: {report}");
    }
    assert!(!report.contains("http://") && !report.contains("<script"), "{report}");
    let printed = program.json(&["doctor", "--report", &markdown]).await;
    let report = std::fs::read_to_string(&markdown).unwrap();
    assert_eq!(printed.end()["to"], markdown.as_str(), "{}", printed.stdout);
    let findings = printed.events("finding");
    assert!(report.contains(&format!("| findings | {} |", findings.len())) && !findings.is_empty(), "{report}");
    let kinds = |kind: &str| report.matches(&format!("| {kind} | ")).count() - 1;
    assert_eq!(kinds("wedged"), findings.iter().filter(|f| f["kind"] == "wedged").count(), "{report}");
    // Never over another one.
    assert_eq!(program.json(&["doctor", "--report", &html]).await.code, 1);
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn a_masked_report_holds_no_key_value_or_message() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 4).await;
    fill(&stack, "globex", 1).await;
    let mut other = stack.rows(TableKind::Data, "globex").await.pop().unwrap();
    other.0.insert("name".to_owned(), Value::s("customer's own"));
    stack.put("dev-shop-product-data", &other).await;
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let mask = path("mask.toml");
    std::fs::write(&mask, "rest = \"redact\"\npseudonym = [\"keys\"]\n").unwrap();
    let plan = Plan::copy("acme", "globex").set("existing", "\"overwrite\"");
    let preview = path("preview.md");
    let printed = program.json(&["preview", plan.path(), "--report", &preview, "--mask", &mask]).await;
    assert_eq!(printed.end()["to"], preview.as_str(), "{}", printed.stdout);
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    let run = printed.end()["run"].as_str().unwrap();
    let (code, plain, _) = program.text(&["runs", "report", run]).await;
    let (masked_code, masked, _) = program.text(&["runs", "report", run, "--mask", &mask]).await;
    assert_eq!((code, masked_code), (0, 0));
    let (doctor, tenant) = (path("doctor.md"), ["--tenant", "acme"]);
    let printed = program.json(&[&["doctor", "--report", &doctor, "--mask", &mask][..], &tenant].concat()).await;
    assert_eq!(printed.end()["to"], doctor.as_str(), "{}", printed.stdout);
    let [preview, doctor] = [&preview, &doctor].map(|file| std::fs::read_to_string(file).unwrap());
    let secrets = ["acme", "globex", "I-0000", "I-0003", "customer's own", "copied"];
    assert!(["acme", "globex", "I-0000", "customer's own"].iter().all(|text| plain.contains(text)), "{plain}");
    for report in [&masked, &preview, &doctor] {
        let found: Vec<_> = secrets.iter().filter(|text| report.contains(**text)).collect();
        assert_eq!(found, Vec::<&&str>::new(), "{report}");
    }
    // What happened is there as before: counts, paths, types, who approved it, and how it is taken back.
    for word in [
        "product PRODUCT\\#p",
        "| done | 4 |",
        "| name | \"redacted\" | \"redacted\" |",
        "| rehearsed | no |",
        &format!("undo {run} --arm"),
        "operator-1",
    ] {
        assert!(masked.contains(word), "{word}: {masked}");
    }
    assert!(preview.contains("| create | 3 |"), "{preview}");
    // A file that masks nothing is refused before anything is read.
    std::fs::write(&mask, "pseudonym = [\"\"]\n").unwrap();
    assert_eq!(program.json(&["runs", "report", run, "--mask", &mask]).await.code, 1);
}
