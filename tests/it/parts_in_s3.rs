//! Parts of a plan whose workers have no disk of their own: their journals are kept in S3 between attempts.

use std::process::Stdio;

use aws_sdk_s3::primitives::ByteStream;
use rusqlite::Connection;
use serde_json::Value as Json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::plan::{Plan, accepts_next_publish, fill};
use crate::support::program::{Printed, json_lines};
use crate::support::{Program, Stack};

const BUCKET: &str = "shop-private";
const AT: &str = "s3://shop-private/parts";
const ITEMS: usize = 40;

async fn stack() -> (Stack, Plan, String) {
    let stack = Stack::new().await;
    fill(&stack, "acme", ITEMS).await;
    let plan = Plan::copy("acme", "globex").set("batch", "5").set("canary", "2");
    let digest =
        Program::new(&stack).json(&["preview", plan.path()]).await.end()["digest"].as_str().unwrap().to_owned();
    (stack, plan, digest)
}

/// A worker of an array job of three, on a disk of its own.
fn worker(program: &Program, plan: &Plan, index: usize, digest: &str, approve: &str) -> Command {
    let mut command =
        program.command(&["run", plan.path(), "--part", "auto", "--expect", digest, "--arm", "--approve", approve]);
    command.args(["--journal-bucket", AT, "--json"]);
    command.env("AWS_BATCH_JOB_ARRAY_INDEX", index.to_string()).env("AWS_BATCH_JOB_ARRAY_SIZE", "3");
    command
}

async fn whole(stack: &Stack, plan: &Plan, index: usize, digest: &str) -> Printed {
    let disk = tempfile::tempdir().unwrap();
    let program = Program::new(stack).keeping(disk.path());
    json_lines(worker(&program, plan, index, digest, "all")).await
}

/// Lets a worker end so many items, and then kills it.
async fn killed_after(mut child: Child, items: usize) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut run, mut done) = (String::new(), 0);
    while let Some(line) = lines.next_line().await.unwrap() {
        let line: Json = serde_json::from_str(&line).unwrap();
        if let Some(named) = line["run"].as_str() {
            run = named.to_owned();
        }
        done += usize::from(line["event"] == "item" && line["outcome"] == "done");
        if done == items {
            break;
        }
    }
    child.start_kill().unwrap();
    assert!(child.wait().await.unwrap().code().is_none(), "it ended before it was killed");
    assert_eq!(done, items);
    run
}

async fn keys(stack: &Stack) -> Vec<String> {
    let listed = stack.s3.list_objects_v2().bucket(BUCKET).prefix("parts/").send().await.unwrap();
    listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
}

fn canary(digest: &str) -> String {
    format!("parts/{digest}/canary.json")
}

#[tokio::test]
async fn workers_that_are_killed_go_on_where_they_were_on_another_disk() {
    let (stack, plan, digest) = stack().await;
    let plan = plan.set("rate", "8");
    let mut killed = Vec::new();
    for index in [0, 2] {
        // The first one's canary has to be through before the other begins.
        if index > 0 {
            while !keys(&stack).await.contains(&canary(&digest)) {
                assert_eq!(whole(&stack, &plan, 0, &digest).await.code, 0);
            }
        }
        let disk = tempfile::tempdir().unwrap();
        let program = Program::new(&stack).keeping(disk.path());
        let mut command = worker(&program, &plan, index, &digest, "all");
        killed.push(killed_after(command.stdout(Stdio::piped()).spawn().unwrap(), 4).await);
    }
    let mut runs = Vec::new();
    for index in 0..3 {
        let printed = whole(&stack, &plan, index, &digest).await;
        assert_eq!(printed.code, 0, "{index}: {}{}", printed.stdout, printed.stderr);
        runs.push(printed.end()["run"].as_str().unwrap().to_owned());
    }
    // Not begun anew: the runs of the first attempts ended.
    assert_eq!([&runs[0], &runs[2]], [&killed[0], &killed[1]]);
    assert_eq!(keys(&stack).await.iter().filter(|key| key.ends_with("journal.db")).count(), 3);
    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#globex"), ITEMS);
    let joined = Program::new(&stack).json(&["runs", "join", AT]).await;
    assert_eq!(joined.code, 0, "{}", joined.stdout);
    assert_eq!(
        (&joined.events("joined")[0]["complete"], &joined.events("joined")[0]["left"]),
        (&true.into(), &0.into())
    );
    assert_eq!(joined.end()["outcomes"]["done"].as_u64(), Some(ITEMS as u64));
    let journal = joined.events("run")[0]["journal"].as_str().unwrap();
    assert!(journal.starts_with(&format!("{AT}/{digest}/1-of-3/")), "{journal}");
    // A join is of one plan alone where that is asked for.
    let none = Program::new(&stack).json(&["runs", "join", AT, "--expect", &"0".repeat(64)]).await;
    assert_eq!((none.code, &none.events("error")[0]["code"]), (1, &"not_found".into()));
}

#[tokio::test]
async fn the_others_wait_for_the_canary_of_the_first_part() {
    let (stack, plan, digest) = stack().await;
    let before = stack.dump().await;
    let disk = tempfile::tempdir().unwrap();
    let program = Program::new(&stack).keeping(disk.path());
    let mut child = worker(&program, &plan, 1, &digest, "all").spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    while !said.next_line().await.unwrap().expect("it waits").contains("waiting for the canary batch of part 1") {}
    assert_eq!(stack.dump().await["dev-shop-product-data"], before["dev-shop-product-data"]);
    assert_eq!(whole(&stack, &plan, 0, &digest).await.code, 0);
    assert!(keys(&stack).await.contains(&canary(&digest)));
    drop(said);
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn nothing_is_written_behind_a_canary_that_was_not_clean() {
    let (stack, plan, digest) = stack().await;
    let record = |digest: &str| {
        format!(
            r#"{{"digest":"{digest}","run":"01M8NBTXE0FDDY3M1Z8W82YH3T","clean":false,"at":"2026-03-20T01:02:00.000Z"}}"#
        )
    };
    let put = async |text: String| {
        let body = ByteStream::from(text.into_bytes());
        stack.s3.put_object().bucket(BUCKET).key(canary(&digest)).body(body).send().await.unwrap();
    };
    let before = stack.dump().await;
    put(record(&digest)).await;
    let stopped = whole(&stack, &plan, 2, &digest).await;
    assert_eq!((stopped.code, &stopped.end()["stopped"]), (4, &"canary".into()), "{}", stopped.stdout);
    assert!(stopped.stderr.contains("was not clean"), "{}", stopped.stderr);
    // A record of something else is none.
    put(record(&"0".repeat(64))).await;
    let other = whole(&stack, &plan, 2, &digest).await;
    assert_eq!((other.code, &other.events("error")[0]["code"]), (1, &"io".into()), "{}", other.stdout);
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn a_journal_that_was_changed_in_s3_writes_nothing() {
    let (stack, plan, digest) = stack().await;
    let disk = tempfile::tempdir().unwrap();
    let program = Program::new(&stack).keeping(disk.path());
    // Nobody approves, and the journal is kept all the same.
    assert_eq!(json_lines(worker(&program, &plan, 0, &digest, "ask")).await.code, 4);
    let key = keys(&stack).await.into_iter().find(|key| key.ends_with("journal.db")).unwrap();
    let object = stack.s3.get_object().bucket(BUCKET).key(&key).send().await.unwrap();
    let file = disk.path().join("changed.db");
    std::fs::write(&file, object.body.collect().await.unwrap().to_vec()).unwrap();
    let journal = Connection::open(&file).unwrap();
    let forge = "UPDATE item_rows SET parts = replace(parts, '{\"S\":\"item\"}', '{\"S\":\"FORGED\"}')";
    assert!(journal.execute(forge, []).unwrap() > 0);
    drop(journal);
    let body = ByteStream::from(std::fs::read(&file).unwrap());
    stack.s3.put_object().bucket(BUCKET).key(&key).body(body).send().await.unwrap();
    let before = stack.dump().await;
    let refused = whole(&stack, &plan, 0, &digest).await;
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    let error = refused.events("error")[0];
    let says = error["message"].as_str().unwrap();
    assert!(
        error["code"] == "conflict" && says.starts_with(&format!("s3://{BUCKET}/{key} is not what was recorded")),
        "{says}"
    );
    assert_eq!(stack.dump().await, before);
    // One that says that nothing is left is believed no more than that, and neither is one that is cut short.
    for change in ["done", "cut"] {
        match change {
            "done" => {
                let journal = Connection::open(&file).unwrap();
                journal.execute("UPDATE run SET state = 'done', ended_at = '2026-03-20T01:02:00.000Z'", []).unwrap();
            }
            _ => std::fs::write(&file, &std::fs::read(&file).unwrap()[..20_000]).unwrap(),
        }
        let body = ByteStream::from(std::fs::read(&file).unwrap());
        stack.s3.put_object().bucket(BUCKET).key(&key).body(body).send().await.unwrap();
        let refused = whole(&stack, &plan, 0, &digest).await;
        assert_eq!((refused.code, stack.dump().await == before), (1, true), "{change}: {}", refused.stdout);
        let joined = Program::new(&stack).json(&["runs", "join", AT]).await;
        let error = joined.events("error")[0]["message"].as_str().unwrap();
        assert!(joined.code == 1 && error.contains(&key), "{change}: {}", joined.stdout);
    }
}

#[tokio::test]
async fn a_plan_is_divided_once_and_its_parts_are_known_while_they_wait() {
    let (stack, plan, digest) = stack().await;
    let disk = tempfile::tempdir().unwrap();
    let program = Program::new(&stack).keeping(disk.path());
    let mut waiting = worker(&program, &plan, 1, &digest, "all").spawn().unwrap();
    let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines();
    while !said.next_line().await.unwrap().expect("it waits").contains("waiting for the canary batch of part 1") {}
    let joined = Program::new(&stack).json(&["runs", "join", AT]).await;
    assert_eq!(joined.events("run")[0]["state"], "running", "{}", joined.stdout);
    let before = stack.dump().await;
    let other = tempfile::tempdir().unwrap();
    let program = Program::new(&stack).keeping(other.path());
    let all =
        ["run", plan.path(), "--part", "1/2", "--expect", &digest, "--arm", "--approve", "all", "--journal-bucket", AT];
    let (code, _, stderr) = program.text(&all).await;
    assert!(code == 2 && stderr.contains("are of 3, not of 2"), "{stderr}");
    assert_eq!(stack.dump().await, before);
    // The record of the canary comes back once part 1 is started again.
    assert_eq!(whole(&stack, &plan, 0, &digest).await.code, 0);
    drop(said);
    assert_eq!(waiting.wait().await.unwrap().code(), Some(0));
    stack.s3.delete_object().bucket(BUCKET).key(canary(&digest)).send().await.unwrap();
    assert_eq!(whole(&stack, &plan, 0, &digest).await.code, 0);
    assert!(keys(&stack).await.contains(&canary(&digest)));
    assert_eq!(whole(&stack, &plan, 2, &digest).await.code, 0);
    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#globex"), ITEMS);
}

#[tokio::test]
async fn a_bucket_for_journals_is_for_parts() {
    let (stack, plan, digest) = stack().await;
    let program = Program::new(&stack);
    let call = async |more: &[&str]| {
        let all = [&["run", plan.path(), "--expect", &digest, "--arm", "--approve", "all"], more].concat();
        program.text(&all).await
    };
    let (code, _, stderr) = call(&["--journal-bucket", AT]).await;
    assert!(code == 2 && stderr.contains("--part I/N"), "{stderr}");
    let (code, _, stderr) = call(&["--journal-bucket", "s3://", "--part", "1/3"]).await;
    assert!(code == 2 && stderr.contains("names no place in S3"), "{stderr}");
    // A bucket that is not there is found out before anything is written.
    let before = stack.dump().await;
    let (code, _, stderr) = call(&["--journal-bucket", "s3://nowhere/x", "--part", "1/3"]).await;
    assert!(code == 1 && stderr.contains("nowhere"), "{stderr}");
    assert_eq!(stack.dump().await, before);
}

/// The words of the worker's command line in a definition, without the values that are to be filled in.
fn words(text: &str) -> Vec<String> {
    let is_word = |word: &&str| word.starts_with("--") || ["run", "auto", "all"].contains(word);
    let pieces = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    pieces.filter(is_word).map(str::to_owned).collect()
}

#[test]
fn the_definitions_for_engines_start_workers_as_the_program_takes_them() {
    use clap::Parser as _;
    let args =
        "run plan.toml --part auto --expect DIGEST --journal-bucket s3://BUCKET/PREFIX --arm --approve all --json";
    let wanted = words(args);
    let file = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scale").join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let part = args.replace("auto", "1/8");
    tenantry::cli::Cli::try_parse_from(std::iter::once("tenantry").chain(part.split(' '))).unwrap();
    let batch: Json = serde_json::from_str(&file("aws-batch.json")).unwrap();
    let definition = &batch["jobDefinition"];
    assert_eq!(words(&definition["containerProperties"]["command"].to_string()), wanted);
    assert_eq!(batch["job"]["jobDefinition"], definition["jobDefinitionName"]);
    // A parameter that the command refers to is one that the definition knows.
    for word in definition["containerProperties"]["command"].as_array().unwrap() {
        if let Some(name) = word.as_str().unwrap().strip_prefix("Ref::") {
            assert!(definition["parameters"][name].is_string(), "{name}");
        }
    }
    let map: Json = serde_json::from_str(&file("step-functions.json")).unwrap();
    let task = &map["States"]["Parts"]["ItemProcessor"]["States"]["Part"];
    let container = &task["Parameters"]["Overrides"]["ContainerOverrides"][0];
    assert_eq!(words(container["Command.$"].as_str().unwrap()), wanted);
    assert_eq!(container["Environment"][0]["Name"], "TENANTRY_PART");
    let job = file("kubernetes.yaml");
    let (_, args) = job.split_once("args:").unwrap();
    let (args, env) = args.split_once("env:").unwrap();
    assert_eq!(words(args), wanted);
    assert!(job.contains("completionMode: Indexed") && env.contains("name: TENANTRY_PARTS"));
    assert!(job.contains("completions: 8") && env.contains("value: \"8\""));
}
