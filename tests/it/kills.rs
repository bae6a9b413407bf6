//! The real program, killed at random moments of its runs: resuming finishes them as if nothing had happened.
//!
//! What happens at each single step of the journal is looked at beside the library's own tests.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tenantry::domain::row::{Row, TableKind};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::plan::{Plan, as_before};
use crate::support::{Program, Stack};

/// Attributes longer than this go to S3: those of every tenth product.
const LIMIT: usize = 2_000;

/// When a program is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after its start: while it reads, mostly.
    Time(Duration),
    /// So long after it told of so many items.
    Items(u64, Duration),
}

/// Knuth's generator, its upper bits: the moments of a seed are always the same ones.
struct Moments {
    chance: u64,
    /// Items told before a kill at most: few enough that all the kills happen.
    items: u64,
}

impl Moments {
    fn below(&mut self, most: u64) -> u64 {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % most
    }

    fn next(&mut self) -> Moment {
        match self.below(4) {
            0 => Moment::Time(Duration::from_millis(self.below(250))),
            _ => Moment::Items(1 + self.below(self.items), Duration::from_micros(self.below(20_000))),
        }
    }
}

/// Runs the program and kills it at a moment, unless it has ended by then; its exit code otherwise.
async fn killed_at(program: &Program, args: &[&str], moment: Option<Moment>) -> Option<i32> {
    let mut command = program.command(args);
    let mut child = command.arg("--json").stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let began = tokio::time::Instant::now();
    let mut at = match moment {
        Some(Moment::Time(after)) => Some(began + after),
        _ => None,
    };
    let (mut told, mut last) = (0, String::new());
    loop {
        tokio::select! {
            line = lines.next_line() => match line.unwrap() {
                Some(line) => {
                    told += u64::from(line.contains(r#""event":"item""#));
                    if let (Some(Moment::Items(n, after)), None) = (moment, at)
                        && told == n
                    {
                        at = Some(tokio::time::Instant::now() + after);
                    }
                    last = line;
                }
                None => break,
            },
            () = tokio::time::sleep_until(at.unwrap_or(began)), if at.is_some() => {
                child.start_kill().unwrap();
                at = None;
            }
        }
    }
    let status = child.wait().await.unwrap();
    if status.signal().is_none() {
        assert_eq!(serde_json::from_str::<Json>(&last).unwrap()["event"], "end", "{last}");
    }
    status.code()
}

/// The runs that are known, by what they are in.
async fn runs(program: &Program) -> BTreeMap<String, String> {
    let printed = program.json(&["runs"]).await;
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    printed.events("run").into_iter().map(|run| (text(&run["run"]), text(&run["state"]))).collect()
}

/// Carries something out with up to `kills` kills on the way; gives the run that came through and how often it was killed.
async fn carried(program: &Program, args: &[&str], kills: usize, moments: &mut Moments) -> (String, usize) {
    let before: BTreeSet<String> = runs(program).await.into_keys().collect();
    let (mut killed, mut run) = (0, None::<String>);
    loop {
        let resume = run.as_deref().map(|run| ["run", "--resume", run, "--arm", "--approve", "all"]);
        let args = resume.as_ref().map_or(args, |resume| resume.as_slice());
        let moment = (killed < kills).then(|| moments.next());
        let code = killed_at(program, args, moment).await;
        let known = runs(program).await;
        let new = known.keys().rfind(|run| !before.contains(*run)).cloned();
        match code {
            None => killed += 1,
            // Killed before the preview was complete: there is nothing to go on with, and the newest run is another one.
            Some(1) if run.is_some() => {
                let printed = program.json(&["run", "--resume", run.as_deref().unwrap(), "--arm"]).await;
                assert_eq!(printed.events("error")[0]["code"], "not_found", "{}", printed.stdout);
                run = None;
                continue;
            }
            Some(code) => {
                let run = new.unwrap();
                assert_eq!((code, known[&run].as_str()), (0, "done"));
                return (run, killed);
            }
        }
        run = new.filter(|new| run.is_none() || run.as_ref() == Some(new)).or(run);
    }
}

async fn rows(stack: &Stack, tenants: [&str; 2]) -> BTreeMap<String, Vec<Row>> {
    let mut found: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for kind in [TableKind::Data, TableKind::History, TableKind::Command] {
        let rows = found.entry(format!("dev-shop-product-{}", kind.as_str())).or_default();
        for tenant in tenants {
            rows.extend(stack.rows(kind, tenant).await);
        }
    }
    found
}

/// A run and its undo, each killed so often, beside the same two without kills.
async fn killed_and_undone(operation: &'static str, items: usize, kills: usize, seed: u64) {
    println!("seed {seed}");
    let mut moments = Moments { chance: seed, items: (items / kills) as u64 };
    let stack = Stack::with(|p| p.attribute_limit_bytes = LIMIT).await;
    let program = Program::new(&stack);
    let mut wholes: Vec<Vec<String>> = Vec::new();
    for (name, kills) in [("whole", 0), ("killed", kills)] {
        let (from, to) = (format!("{name}-a"), format!("{name}-b"));
        stack.products(&from, items, LIMIT).await;
        let before = rows(&stack, [&from, &to]).await;
        let plan = Plan::new(operation, &from, &to);
        let run = ["run", plan.path(), "--arm", "--approve", "all"];
        let mut done: Vec<String> = Vec::new();
        for step in 0..2 {
            let first = done.first().cloned().unwrap_or_default();
            let undo = ["undo", &first, "--arm", "--approve", "all"];
            let args = if step == 0 { run.as_slice() } else { undo.as_slice() };
            let began = Instant::now();
            let (id, killed) = carried(&program, args, kills, &mut moments).await;
            done.push(id);
            let names: Vec<&str> = done.iter().map(String::as_str).collect();
            let left = stack.left(&from, &to, &names).await;
            if kills == 0 {
                wholes.push(left);
                continue;
            }
            println!("{operation}: {killed} kills of {} in {:?}", args[0], began.elapsed());
            assert!(killed * 2 >= kills, "only {killed} kills");
            assert!(left == wholes[step], "{operation}, seed {seed}: {} is not as without kills", args[0]);
        }
        as_before(&before, &rows(&stack, [&from, &to]).await);
        assert_eq!(runs(&program).await[&done[0]], "undone");
    }
}

#[tokio::test]
async fn a_copy_and_its_undo_survive_kills_at_any_moment() {
    killed_and_undone("copy", 300, 3, 21).await;
}

#[tokio::test]
async fn a_move_and_its_undo_survive_kills_at_any_moment() {
    killed_and_undone("move", 300, 3, 22).await;
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn fifty_kills_of_two_thousand_items() {
    killed_and_undone("copy", 2_000, 50, 23).await;
    killed_and_undone("move", 2_000, 50, 24).await;
}
