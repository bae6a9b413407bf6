//! Parts of a plan, each carried out by a process of its own: one digest, nothing twice, nothing missed.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tenantry::domain::plan::PlanPart;

use crate::support::plan::{Plan, accepts_next_publish, as_before, fill};
use crate::support::program::{Printed, json_lines};
use crate::support::{Program, Stack};

const DATA: &str = "dev-shop-product-data";
const ITEMS: usize = 40;

async fn stack() -> (Stack, Plan) {
    let stack = Stack::new().await;
    fill(&stack, "acme", ITEMS).await;
    (stack, Plan::copy("acme", "globex").set("batch", "5").set("canary", "2"))
}

async fn digest(program: &Program, plan: &Plan) -> String {
    program.json(&["preview", plan.path()]).await.end()["digest"].as_str().unwrap().to_owned()
}

fn arguments<'a>(plan: &'a Plan, part: &'a str, digest: &'a str) -> Vec<&'a str> {
    vec!["run", plan.path(), "--part", part, "--expect", digest, "--arm", "--approve", "all"]
}

async fn worker(program: &Program, plan: &Plan, part: &str, digest: &str) -> Printed {
    program.json(&arguments(plan, part, digest)).await
}

fn keys(printed: &Printed) -> BTreeSet<String> {
    printed.events("item").iter().map(|item| item["sk"].as_str().unwrap().to_owned()).collect()
}

fn joined(printed: &Printed) -> &Json {
    printed.events("joined")[0]
}

#[tokio::test]
async fn parts_write_a_plan_whole_under_its_one_digest_and_are_taken_back() {
    let (stack, plan) = stack().await;
    let program = Program::new(&stack);
    let before = stack.dump().await;
    let digest = digest(&program, &plan).await;
    let mut written = BTreeSet::new();
    let mut runs = Vec::new();
    // In any order, the later ones after the first has written.
    for part in ["2/3", "3/3", "1/3"] {
        let printed = worker(&program, &plan, part, &digest).await;
        assert_eq!(printed.code, 0, "{part}: {}{}", printed.stdout, printed.stderr);
        let info = printed.events("run")[0];
        assert_eq!((info["part"].as_str(), printed.end()["digest"].as_str()), (Some(part), Some(&*digest)));
        let own: PlanPart = part.parse().unwrap();
        let keys = keys(&printed);
        assert!(keys.len() > 5 && keys.iter().all(|sk| own.takes("PRODUCT#acme", sk)), "{part}: {keys:?}");
        assert!(keys.is_disjoint(&written), "{part}");
        written.extend(keys);
        runs.push(info["run"].as_str().unwrap().to_owned());
        let joined_so_far = program.json(&["runs", "join", stack.state.path().to_str().unwrap()]).await;
        let is_whole = runs.len() == 3;
        assert_eq!(joined_so_far.code, if is_whole { 0 } else { 3 }, "{}", joined_so_far.stdout);
        assert_eq!(joined(&joined_so_far)["complete"], is_whole);
        assert_eq!(joined(&joined_so_far)["missing"].as_array().unwrap().len(), 3 - runs.len());
        assert_eq!(joined_so_far.end()["outcomes"]["done"].as_u64(), Some(written.len() as u64));
    }
    assert_eq!(written.len(), ITEMS);
    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#globex"), ITEMS);
    // Started once more, a part that is done writes nothing.
    let after = stack.dump().await;
    let again = worker(&program, &plan, "3/3", &digest).await;
    assert_eq!((again.code, again.end()["run"].as_str()), (0, Some(&*runs[1])), "{}", again.stdout);
    assert_eq!(stack.dump().await, after);
    for run in &runs {
        assert_eq!(program.json(&["runs", "check", run]).await.code, 0);
        assert_eq!(program.json(&["verify", run]).await.code, 0);
        assert_eq!(program.json(&["undo", run, "--arm", "--approve", "all"]).await.code, 0);
    }
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn a_part_that_is_started_again_goes_on_where_it_was() {
    let (stack, plan) = stack().await;
    let program = Program::new(&stack);
    let digest = digest(&program, &plan).await;
    // Nobody approves: it waits.
    let all = arguments(&plan, "1/2", &digest);
    let waiting = program.json(&all[..7]).await;
    let run = waiting.end()["run"].as_str().unwrap().to_owned();
    assert_eq!((waiting.code, &waiting.events("run")[0]["state"]), (4, &"waiting".into()), "{}", waiting.stdout);
    let resumed = program.json(&all).await;
    assert_eq!((resumed.code, resumed.end()["run"].as_str()), (0, Some(&*run)), "{}", resumed.stdout);
    assert_eq!(program.json(&["runs"]).await.events("run").len(), 1);
}

#[tokio::test]
async fn only_what_was_approved_is_written_by_a_part() {
    let (stack, plan) = stack().await;
    let program = Program::new(&stack);
    let digest = digest(&program, &plan).await;
    let first: PlanPart = "1/2".parse().unwrap();
    let sk = |own: bool| {
        let all = (0..ITEMS).map(|n| format!("I-{n:04}"));
        all.into_iter().find(|sk| first.takes("PRODUCT#acme", sk) == own).unwrap()
    };
    let change = async |sk: &str| {
        let mut row = stack.get(DATA, "PRODUCT#acme", sk).await.unwrap();
        row.0.insert("name".to_owned(), tenantry::domain::value::Value::S("changed".to_owned()));
        stack.put(DATA, &row).await;
    };
    assert_eq!(worker(&program, &plan, "1/2", &digest).await.code, 0);
    // The other part's entities are no longer this one's business.
    change(&sk(true)).await;
    let before = stack.dump().await;
    change(&sk(false)).await;
    let changed = stack.dump().await;
    let refused = worker(&program, &plan, "2/2", &digest).await;
    assert_eq!((refused.code, &refused.end()["stopped"]), (4, &"not_approved".into()), "{}", refused.stdout);
    assert_eq!(stack.dump().await, changed);
    // As it was approved it is written.
    for row in before[DATA].iter().filter(|row| row.text("sk") == Some(&*sk(false))) {
        stack.put(DATA, row).await;
    }
    let printed = worker(&program, &plan, "2/2", &digest).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#globex"), ITEMS);
}

#[tokio::test]
async fn a_part_wants_the_digest_of_the_whole_and_a_place_among_the_others() {
    let (stack, plan) = stack().await;
    let program = Program::new(&stack);
    let before = stack.dump().await;
    let digest = digest(&program, &plan).await;
    let without = program.text(&["run", plan.path(), "--part", "1/2", "--arm", "--approve", "all"]).await;
    assert!(without.0 == 2 && without.2.contains("--expect"), "{without:?}");
    for (part, words) in [("3/2", "no part such as"), ("auto", "TENANTRY_PART")] {
        let (code, _, stderr) = program.text(&arguments(&plan, part, &digest)).await;
        assert!(code == 2 && stderr.contains(words), "{part}: {stderr}");
    }
    // In the file it is the same, and a preview shows the part under the digest of the whole.
    let file = Plan::copy("acme", "globex").set("batch", "5").set("canary", "2");
    let text = std::fs::read_to_string(file.path()).unwrap().replace("[source]", "[source]\npart = \"2/2\"");
    std::fs::write(file.path(), text).unwrap();
    let shown = program.json(&["preview", file.path()]).await;
    let creates = shown.end()["actions"]["create"].as_u64().unwrap() as usize;
    assert!(shown.end()["digest"] == *digest && (5..ITEMS - 5).contains(&creates), "{}", shown.stdout);
    let unexpected = program.json(&["run", file.path(), "--arm", "--approve", "all"]).await;
    assert_eq!((unexpected.code, &unexpected.events("error")[0]["key"]), (2, &"source.part".into()));
    assert_eq!(stack.dump().await, before);
    // The engine that starts workers says which part each one is.
    let mut command = program.command(&[&["--json"], arguments(&plan, "auto", &digest).as_slice()].concat());
    command.env("AWS_BATCH_JOB_ARRAY_INDEX", "0").env("AWS_BATCH_JOB_ARRAY_SIZE", "2");
    let printed = json_lines(command).await;
    assert_eq!((printed.code, printed.events("run")[0]["part"].as_str()), (0, Some("1/2")), "{}", printed.stdout);
    let nothing =
        program.json(&["runs", "join", stack.state.path().to_str().unwrap(), "--expect", &"0".repeat(64)]).await;
    assert_eq!((nothing.code, &nothing.events("error")[0]["code"]), (1, &"not_found".into()));
}
