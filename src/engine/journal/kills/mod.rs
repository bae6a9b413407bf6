//! Runs whose process dies at a step of their journal, and what is there once they were gone on with.
//!
//! The services stand in the test's own process; the run is one of a child, which is this test program once more.

mod driver;
mod world;

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command as Process;

use tempfile::TempDir;

use self::driver::{TAKEN_OUT, approved, carry, plan, resume};
use self::world::{Place, World, profile};
use crate::domain::plan::Plan;
use crate::domain::publish::PublishMode;
use crate::domain::run::{Operation, Outcome, Reason, RunId, RunState};
use crate::engine::failure::ErrorCode;
use crate::engine::journal::dying::{DIE_AT, steps};
use crate::engine::journal::{Reader, list};
use crate::engine::protocol::{Command, ItemResult};

const PLACE: [&str; 4] =
    ["TENANTRY_TEST_DYNAMODB", "TENANTRY_TEST_S3", "TENANTRY_TEST_STATE_DIR", "TENANTRY_TEST_PLAN"];
const EXPECT: &str = "TENANTRY_TEST_EXPECT";
const SIGKILL: i32 = 9;

/// The part of a test of this module that runs in a process that may be killed. Alone it does nothing.
#[tokio::test]
#[ignore = "begun by the tests beside it, in a process of its own"]
async fn child() {
    let [Ok(dynamodb), Ok(s3), Ok(state), Ok(plan)] = PLACE.map(std::env::var) else { return };
    let plan: Plan = serde_json::from_str(&plan).unwrap();
    let skip = skipped(plan.work.operation());
    let expect = std::env::var(EXPECT).ok();
    let refused = usize::from(expect.is_some());
    let command = Command::RunPlan { plan: Box::new(plan), expect, rows: false };
    let ended = carry(&profile(&dynamodb, &s3), Path::new(&state), command, skip).await;
    assert_eq!(ended.failures.len(), refused, "{:?}", ended.failures);
    std::fs::write(Path::new(&state).join("steps"), steps().to_string()).unwrap();
}

/// The batch that is not approved; where there is one, the first batch is approved in part.
fn skipped(operation: Operation) -> Option<u32> {
    (operation == Operation::Copy).then_some(2)
}

/// Sort key, action, outcome, reason, and the versions of target and source afterwards.
type Recorded = (String, String, Option<Outcome>, Option<Reason>, u64, u64);

/// One tenant copied, moved or taken back, with a state directory of its own.
struct Case<'a> {
    world: &'a World,
    place: Place,
    state: TempDir,
    operation: Operation,
    /// The run that is taken back.
    first: Option<RunId>,
    mode: PublishMode,
    /// The digest that was approved elsewhere: another one, so that the run is refused.
    expect: Option<String>,
}

impl<'a> Case<'a> {
    async fn new(world: &'a World, operation: Operation, n: u64) -> Self {
        let (place, state) = (world.load(n), TempDir::new().unwrap());
        let mut case = Self { world, place, state, operation, first: None, mode: PublishMode::Sync, expect: None };
        if operation == Operation::Undo {
            // Of a copy and of a move in turn.
            let first = if n.is_multiple_of(2) { Operation::Copy } else { Operation::Move };
            let ended =
                carry(&world.profile(), case.state.path(), driver::run(plan(first, &case.place, None)), None).await;
            assert_eq!((ended.failures.as_slice(), ended.state), ([].as_slice(), Some(RunState::Done)));
            case.first = ended.run;
        }
        case
    }

    fn plan(&self) -> Plan {
        let mut plan = plan(self.operation, &self.place, self.first);
        plan.run.publish = Some(self.mode);
        plan
    }

    fn command(&self) -> Command {
        driver::run(self.plan())
    }

    /// Carries the plan out in a process that dies at a step, or at none; tells whether it did.
    fn child(&self, die_at: u64) -> bool {
        let at = self.world.profile().endpoints;
        let plan = serde_json::to_string(&self.plan()).unwrap();
        let state = self.state.path().to_str().unwrap().to_owned();
        let mut process = Process::new(std::env::current_exe().unwrap());
        process
            .args(["--exact", "engine::journal::kills::child", "--ignored", "--nocapture"])
            .env(DIE_AT, die_at.to_string());
        process.envs(PLACE.into_iter().zip([at.dynamodb.unwrap(), at.s3.unwrap(), state, plan]));
        process.envs(self.expect.iter().map(|digest| (EXPECT, digest)));
        let output = process.output().unwrap();
        match output.status.signal() {
            Some(SIGKILL) => true,
            None if output.status.success() => false,
            _ => panic!("{:?}\n{}", output.status, String::from_utf8_lossy(&output.stdout)),
        }
    }

    fn steps(&self) -> u64 {
        std::fs::read_to_string(self.state.path().join("steps")).unwrap().parse().unwrap()
    }

    /// The run, if the journal knows of one.
    fn run(&self) -> Option<RunId> {
        let runs = list(self.state.path()).unwrap();
        runs.into_iter().map(Result::unwrap).find(|info| info.operation == self.operation).map(|info| info.run)
    }

    /// Goes on with what a kill left; where it left nothing to go on with, nothing was written either.
    async fn go_on(&self, untouched: &[String]) {
        let (profile, skip) = (self.world.profile(), skipped(self.operation));
        let resumed = match self.run() {
            Some(run) => Some(carry(&profile, self.state.path(), resume(run), skip).await),
            None => None,
        };
        let is_gone = |code| code == ErrorCode::NotFound;
        let ended = match resumed {
            Some(ended) if !ended.failures.iter().any(|f| is_gone(f.code)) => ended,
            _ => {
                assert_eq!(self.world.left(&self.place, &self.first_runs()).await, untouched);
                carry(&profile, self.state.path(), self.command(), skip).await
            }
        };
        assert_eq!((ended.failures.as_slice(), ended.state), ([].as_slice(), Some(RunState::Done)));
        assert!(ended.outcomes.values().all(|told| told.len() == 1), "{:?}", ended.outcomes);
    }

    fn first_runs(&self) -> Vec<RunId> {
        self.first.into_iter().collect()
    }

    /// Content of the tables and of S3, with the names of runs and objects and the times taken out.
    async fn left(&self) -> Vec<String> {
        if self.mode == PublishMode::Async {
            self.world.settled(&self.place).await;
        }
        let mut runs = self.first_runs();
        runs.extend(self.run());
        self.world.left(&self.place, &runs).await
    }

    /// Each approval that is recorded is of a digest that somebody approved, and the records chain. Gives back how many there are.
    fn assert_approved(&self) -> usize {
        let reader = Reader::open(self.state.path(), self.run().unwrap()).unwrap();
        assert!(reader.check().is_ok());
        let (given, recorded) = (approved(self.state.path()), reader.approvals().unwrap());
        for approval in &recorded {
            assert!(given.contains(&approval.digest), "{} is not among {given:?}", approval.digest);
        }
        recorded.len()
    }

    /// The journal's record of each item.
    fn items(&self) -> Vec<Recorded> {
        let items = Reader::open(self.state.path(), self.run().unwrap()).unwrap().items(0, 1_000).unwrap();
        let told = |i: ItemResult| {
            let versions = (i.version_after.0, i.source_versions.1.0);
            (i.entity.key.sk.to_string(), i.action.to_string(), i.outcome, i.reason, versions.0, versions.1)
        };
        items.into_iter().map(told).collect()
    }

    fn assert_marked(&self) {
        if let Some(first) = self.first {
            let info = Reader::open(self.state.path(), first).unwrap().info().unwrap();
            assert_eq!((info.state, info.undone_by), (RunState::Undone, self.run()));
        }
    }
}

/// Every step of the first `dense` and the last `dense`, and every `stride`-th between.
fn chosen(steps: u64, dense: u64, stride: u64) -> impl Iterator<Item = u64> {
    (1..=steps).filter(move |n| *n <= dense || *n + dense > steps || n.is_multiple_of(stride))
}

async fn killed_at_steps(operation: Operation, dense: u64, stride: u64) {
    killed(&World::start(), operation, PublishMode::Sync, dense, stride).await;
}

/// Runs that are begun to be killed at one step.
const ATTEMPTS: u64 = 5;

async fn killed(world: &World, operation: Operation, mode: PublishMode, dense: u64, stride: u64) {
    // Two wholes, because undo takes back a copy and a move in turn.
    let mut wholes = Vec::new();
    let mut steps = 0;
    for n in 0..2 {
        let mut case = Case::new(world, operation, n).await;
        case.mode = mode;
        let untouched = case.left().await;
        assert!(!case.child(0));
        steps = steps.max(case.steps());
        case.assert_marked();
        wholes.push((untouched, case.left().await, case.items()));
    }
    let items = &wholes[0].2;
    assert!(items.iter().filter(|i| i.2 == Some(Outcome::Done)).count() >= 5, "{items:?}");
    if skipped(operation).is_some() {
        // The items are in the order of their numbers.
        let out = &items[usize::try_from(TAKEN_OUT).unwrap() - 1];
        assert_eq!((out.2, out.3), (Some(Outcome::Skipped), Some(Reason::NotApproved)), "{items:?}");
    }
    let (mut kills, mut survived, mut tried) = (0, 0, BTreeSet::new());
    while let Some(step) = chosen(steps, dense, stride).find(|step| !tried.contains(step)) {
        tried.insert(step);
        let mut most = 0;
        for attempt in 0..ATTEMPTS {
            // Even, so that undo takes back the same kind of run.
            let mut case = Case::new(world, operation, 2 + step + 1_000 * attempt).await;
            case.mode = mode;
            let (untouched, left, items) = &wholes[usize::from(step % 2 == 1)];
            let is_killed = case.child(step);
            if is_killed {
                kills += 1;
                case.go_on(untouched).await;
            }
            assert_eq!(case.left().await, *left, "killed at step {step} of {steps}");
            assert_eq!(case.items(), *items, "killed at step {step} of {steps}");
            assert!(case.assert_approved() >= 2, "killed at step {step} of {steps}");
            case.assert_marked();
            if is_killed {
                break;
            }
            // The changes that share a commit depend on the moment: this time there were fewer steps, and the next time perhaps not.
            most = most.max(case.steps());
            if attempt + 1 == ATTEMPTS {
                // The machine has less to do than when they were counted: the last ones are nearer now.
                (survived, steps) = (survived + 1, most);
            }
        }
    }
    println!("{operation}: {steps} steps, {kills} kills, {survived} times there were fewer");
    assert!(kills > 9 * survived, "{kills} kills, {survived} survived");
}

/// How many steps at the beginning and at the end are all died at, and which of those between: every fourth, so that each of a
/// commit's three comes up. Every single one of them is died at in `every_step`.
const DENSE: u64 = 12;
const STRIDE: u64 = 4;

#[tokio::test]
async fn a_copy_killed_at_a_step_is_finished_by_resuming() {
    killed_at_steps(Operation::Copy, DENSE, STRIDE).await;
}

#[tokio::test]
async fn a_move_killed_at_a_step_is_finished_by_resuming() {
    killed_at_steps(Operation::Move, DENSE, STRIDE).await;
}

#[tokio::test]
async fn an_undo_killed_at_a_step_is_finished_by_resuming() {
    killed_at_steps(Operation::Undo, DENSE, STRIDE).await;
}

/// The pipeline goes on meanwhile: what it applied is found, and nothing is published twice.
#[tokio::test]
async fn a_copy_killed_while_it_follows_the_pipeline_is_finished_by_resuming() {
    killed(&World::with_pipeline(), Operation::Copy, PublishMode::Async, 2, 7).await;
}

/// The digest shown is not the one approved: wherever the refusal is cut short, there is nothing to resume.
#[tokio::test]
async fn a_run_that_was_to_be_refused_is_never_gone_on_with() {
    let world = World::start();
    let mut whole = Case::new(&world, Operation::Copy, 0).await;
    whole.expect = Some("0".repeat(64));
    assert!(!whole.child(0));
    assert_eq!((whole.run(), whole.steps() > 2), (None, true), "{}", whole.steps());
    for step in 1..=whole.steps() {
        let mut case = Case::new(&world, Operation::Copy, step).await;
        case.expect.clone_from(&whole.expect);
        let untouched = case.left().await;
        assert!(case.child(step), "step {step}");
        if let Some(run) = case.run() {
            let ended = carry(&world.profile(), case.state.path(), resume(run), None).await;
            let codes: Vec<ErrorCode> = ended.failures.iter().map(|f| f.code).collect();
            assert_eq!(codes, [ErrorCode::NotFound], "killed at step {step}");
        }
        assert!(case.left().await == untouched, "killed at step {step}");
    }
}

/// Nobody goes on with it: what it wrote, and what it may have written, is taken back all the same.
#[tokio::test]
async fn what_a_killed_run_wrote_can_be_undone() {
    let world = World::start();
    let whole = Case::new(&world, Operation::Move, 0).await;
    assert!(!whole.child(0));
    let (steps, mut undone) = (whole.steps(), 0);
    for step in (1..=steps).rev().step_by(5) {
        let case = Case::new(&world, Operation::Move, step).await;
        let before = world.live(&case.place).await;
        let killed = case.child(step);
        if let Some(run) = case.run() {
            let undo = plan(Operation::Undo, &case.place, Some(run));
            let ended = carry(&world.profile(), case.state.path(), driver::run(undo), None).await;
            assert_eq!((ended.failures.as_slice(), ended.state), ([].as_slice(), Some(RunState::Done)));
            undone += usize::from(killed && ended.outcomes.values().flatten().any(|o| *o == Outcome::Done));
        }
        assert_eq!(world.live(&case.place).await, before, "killed at step {step} of {steps}");
    }
    assert!(undone >= 5, "only {undone} had written anything");
}

#[tokio::test]
#[ignore = "takes two minutes"]
async fn every_step() {
    for operation in [Operation::Copy, Operation::Move, Operation::Undo] {
        killed_at_steps(operation, 0, 1).await;
    }
}
