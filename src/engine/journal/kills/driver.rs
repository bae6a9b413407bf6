//! An engine of its own for each command, driven as an interface would.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use super::world::Place;
use crate::config::Profile;
use crate::domain::digest::part_digest;
use crate::domain::plan::{
    Change, Conflicts, Existing, Modules, Plan, RunSettings, Source, Target, Undo, UndoFrom, Work,
};
use crate::domain::run::{Operation, Outcome, RunId, RunState};
use crate::engine::failure::Failure;
use crate::engine::journal::Reader;
use crate::engine::protocol::{Command, Decision, Event, RequestId};
use crate::engine::{boundary, serve};

/// An engine's report about a run.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) run: Option<RunId>,
    pub(super) state: Option<RunState>,
    /// By key of the target.
    pub(super) outcomes: BTreeMap<String, Vec<Outcome>>,
    pub(super) failures: Vec<Failure>,
}

/// A plan in small batches: a canary of three, then five and five. Transactions go two at a time, so that commits share some.
pub(super) fn plan(operation: Operation, place: &Place, first: Option<RunId>) -> Plan {
    let source = Source {
        entity_type: Some("PRODUCT".to_owned()),
        tenant: place.from.clone(),
        sk_prefix: String::new(),
        keys: Vec::new(),
        entities: Vec::new(),
        deleted: Default::default(),
        partitions: Default::default(),
        pk: None,
        snapshot: None,
        part: None,
        is_alone: false,
    };
    let target = Target { tenant: place.to.clone(), existing: Existing::Overwrite, ..Target::default() };
    Plan {
        name: "killed".to_owned(),
        profile: None,
        reason: String::new(),
        modules: Modules::ByType,
        work: match (operation, first) {
            (Operation::Copy, _) => Work::Copy { source, target },
            (Operation::Move, _) => Work::Move { source, target },
            (_, first) => Work::Undo(Undo {
                run: first.unwrap(),
                conflicts: Conflicts::Skip,
                from: UndoFrom::Journal,
                items: Vec::new(),
            }),
        },
        change: Change::default(),
        run: RunSettings { batch: 5, canary: 3, concurrency: 2, ..RunSettings::default() },
    }
}

pub(super) fn run(plan: Plan) -> Command {
    Command::RunPlan { plan: Box::new(plan), expect: None, rows: false }
}

pub(super) fn resume(run: RunId) -> Command {
    Command::ResumeRun { run, rows: false, retry: false }
}

/// The item of the first batch that is taken out of it, where a batch is skipped too.
pub(super) const TAKEN_OUT: u64 = 2;

/// The file beside the runs that the digests stand in which were approved, one a line: whoever approves may be killed right after.
const APPROVED: &str = "approved";

/// Digests that somebody approved with this state directory, in their order.
pub(super) fn approved(state: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(state.join(APPROVED)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn note_approved(state: &Path, digest: &str) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(state.join(APPROVED)).unwrap();
    writeln!(file, "{digest}").unwrap();
}

/// Carries a command out to its end: the first batch is approved alone, the one named is skipped, then all the rest is approved at
/// once. Where one is skipped, an item is taken out of the first batch as well.
pub(super) async fn carry(profile: &Profile, state: &Path, command: Command, skip: Option<u32>) -> Ended {
    let (mut handle, end) = boundary();
    let engine = tokio::spawn(serve(profile.clone(), state.to_path_buf(), end));
    let mut ended = Ended::default();
    let mut decides = 2;
    let asked = RequestId(2);
    handle.commands.send((RequestId(1), Command::Arm { armed: true })).await.unwrap();
    handle.commands.send((asked, command)).await.unwrap();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(60), handle.events.recv()).await;
        let envelope = next.unwrap().unwrap();
        match envelope.event {
            Event::Failed(failure) => ended.failures.push(*failure),
            Event::Finished { .. } if envelope.request == asked => break,
            Event::Run(info) => (ended.run, ended.state) = (Some(info.run), Some(info.state)),
            Event::Item(item) => {
                ended.outcomes.entry(item.entity.key.to_string()).or_default().extend(item.outcome);
            }
            Event::ApprovalNeeded(batch) => {
                let confirm = None;
                let is_out = |n: u64| skip.is_some() && n == TAKEN_OUT;
                let mut digest = batch.digest.clone();
                let decision = match batch.batch {
                    n if skip == Some(n) => Decision::Skip,
                    _ if batch.items.iter().any(|item| is_out(item.n)) => {
                        digest = part_digest(batch.items.iter().map(|item| (&item.digest, is_out(item.n))));
                        Decision::ApprovePart { without: vec![TAKEN_OUT], rest: false, confirm }
                    }
                    1 => Decision::Approve { confirm },
                    _ => Decision::ApproveRest { confirm },
                };
                let items = Reader::open(state, batch.run).unwrap().items(0, 1_000).unwrap();
                // A resume asks again for what is left of a batch, and for nothing else.
                let of_batch = items.iter().filter(|i| i.batch == Some(batch.batch) && i.outcome.is_none());
                let open: Vec<u64> = of_batch.map(|i| i.n).collect();
                let shown: Vec<u64> = batch.items.iter().map(|i| i.n).collect();
                assert_eq!(shown, open, "asked about something else than what is left: {items:?}");
                if decision != Decision::Skip {
                    note_approved(state, &digest);
                }
                let decide = Command::Decide { run: batch.run, batch: batch.batch, digest, decision };
                decides += 1;
                handle.commands.send((RequestId(decides), decide)).await.unwrap();
            }
            _ => {}
        }
    }
    drop(handle);
    engine.await.unwrap();
    ended
}
