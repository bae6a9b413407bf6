//! Runs under way and runs that ended: followed, steered, gone on with and undone.

use super::deciding::decisions;
use super::fake::plan_run;
use super::running::{RUN, failures, paused, playing, run};
use super::{Fake, Play, Played, drawn};
use crate::domain::run::{Operation, Outcome, RunState};
use crate::engine::protocol::{Command, Event, RequestId, RunCost, RunInfo, Steering};
use crate::language::Language;
use crate::language::tests::speaking;
use crate::tui::pane::Pane;
use crate::tui::screens::leave::Leave;
use crate::tui::screens::log::progress::Stage;
use crate::tui::screens::paused::Paused;

fn steered(played: &Played) -> Vec<Steering> {
    let steered = played.commands.iter().filter_map(|c| match c {
        Command::Steer { steering, .. } => Some(*steering),
        _ => None,
    });
    steered.collect()
}

#[test]
fn a_run_that_ended_is_undone_from_the_log() {
    let undone = run("r3<ret>u");
    let form = undone.app.plan.form.as_ref().unwrap();
    assert_eq!(form.operation, Operation::Undo);
    assert!(undone.commands.iter().any(|c| matches!(c, Command::PreviewPlan { .. })), "it is previewed, not begun");
    // Its plan names no tenant; whose data it writes is said all the same, of the preview and of the run.
    let tenant = |p: &mut Play| p.fake.plans.tenant = Some("newco".into());
    let preview = playing((120, 40), tenant, &format!("{RUN}r3<ret>u"));
    let header = |played: &Played| played.screen.lines().next().unwrap().to_owned();
    assert!(header(&preview).contains("│ tenant newco │"), "{}", preview.screen);
    assert!(preview.screen.contains("plan for tenant newco"), "{}", preview.screen);
    let begun = playing((120, 40), tenant, &format!("{RUN}r3<ret>uR<esc>"));
    assert!(header(&begun).contains("│ tenant newco │"), "{}", begun.screen);
    assert!(run("r3<ret>").screen.contains("u undoes it"), "{}", run("r3<ret>").screen);
    // From elsewhere the log is gone to first.
    let elsewhere = run("r3<ret>2").screen;
    assert!(elsewhere.contains("4 u undoes it"), "{elsewhere}");
    // A command that does not fit is not shown in part.
    let far = |p: &mut Play| p.options.headless_prefix.push(format!("--data=/home/{}", "d/".repeat(60)));
    let screen = playing((120, 40), far, &format!("{RUN}r3<ret>")).screen;
    assert!(screen.contains("copies the record with its command") && !screen.contains("d/d/"), "{screen}");
    for (keys, why) in [("<esc>4u", "the run is not over"), ("qEu", "the run wrote nothing")] {
        let refused = run(keys);
        assert!(refused.screen.contains(why) && decisions(&refused).len() < 2, "{}", refused.screen);
    }
}

#[test]
fn a_paused_run_is_listed_as_paused_and_goes_on_with_the_key_that_says_so() {
    let here = |p: &mut Play| {
        let running = RunInfo { run: plan_run(), state: RunState::Running, left: 3, ..super::fake::stopped_run() };
        p.fake = Fake::golden().answering(move |c| {
            let events = vec![Event::Run(Box::new(running.clone())), Event::Finished { cancelled: false }];
            matches!(c, Command::Runs).then_some(events)
        });
    };
    let by_engine = |p: &mut Play| {
        here(p);
        paused(p);
    };
    let log = playing((120, 40), by_engine, &format!("{RUN}aW<esc>4"));
    assert!(log.screen.contains(" p go on") && !log.screen.contains(" p pause"), "{}", log.screen);
    let listed = playing((120, 40), by_engine, &format!("{RUN}aW<esc>:runs<ret>")).screen;
    let line = listed.lines().find(|line| line.contains("03-20 10:02")).unwrap();
    assert!(line.contains("paused") && !line.contains("running"), "{listed}");
    // The contract has no such state: the word is the console's own.
    let listed = || playing((120, 40), by_engine, &format!("{RUN}aW<esc>:runs<ret>")).screen;
    let listed = speaking(Language::Japanese, listed);
    let line = listed.lines().find(|line| line.contains("03-20 10:02")).unwrap();
    assert!(line.contains("一時停止中") && !line.contains("paused"), "{listed}");
    let waits = playing((120, 40), here, &format!("{RUN}<esc>:runs<ret>")).screen;
    assert!(waits.lines().any(|line| line.contains("03-20 10:02") && line.contains("waiting")), "{waits}");
}

#[test]
fn a_run_is_followed_to_its_end_and_counted() {
    let failed = |p: &mut Play| p.fake.plans.outcomes = failures();
    let played = playing((120, 40), failed, &format!("{RUN}aWr2<ret>"));
    let progress = played.app.run.as_ref().unwrap();
    assert_eq!((progress.stage, progress.attempted(), progress.left()), (Stage::Ended, 3, Some(0)));
    let counts: Vec<_> = progress.outcomes.iter().map(|(o, n)| (*o, *n)).collect();
    assert_eq!(counts, [(Outcome::Done, 1), (Outcome::Conflict, 1), (Outcome::Failed, 1)]);
    assert_eq!((progress.causes.len(), progress.unwritten.values().sum::<u64>()), (2, 1));
    assert!(!played.app.is_writing());
    assert_eq!(played.app.focus, Pane::Log);
}

#[test]
fn what_pauses_a_run_is_shown_and_decided_by_the_operator() {
    let play = |keys: &str| playing((120, 40), paused, &format!("{RUN}aW{keys}"));
    let shown = play("");
    assert!(shown.app.stack.shows::<Paused>() && steered(&shown).is_empty());
    assert!(shown.screen.contains("the credentials have expired") && shown.screen.contains("sign in again"));
    assert!(steered(&play("<ret>")).is_empty() && steered(&play("<esc>")).is_empty());
    assert_eq!(steered(&play("c")), [Steering::Continue]);
    assert_eq!(steered(&play("SE")), [Steering::Stop]);
    let left = play("<esc>4");
    assert!(left.screen.contains("PAUSED: the credentials have expired"), "{}", left.screen);
    assert_eq!(steered(&play("<esc>4p")), [Steering::Continue]);
}

#[test]
fn a_run_is_paused_sped_up_slowed_down_and_ended() {
    assert_eq!(steered(&run("<esc>4pp")), [Steering::Pause, Steering::Continue]);
    let faster =
        [Steering::Concurrency(64), Steering::Concurrency(128), Steering::Concurrency(256), Steering::Concurrency(256)];
    assert_eq!(steered(&run("<esc>4++++")), faster);
    assert_eq!(steered(&run("<esc>4--")), [Steering::Concurrency(16), Steering::Concurrency(8)]);
    assert!(steered(&run("<esc>4S<ret><esc>")).is_empty());
    let ended = run("aW<esc>4SE");
    assert_eq!(steered(&ended), [Steering::Stop]);
    assert!(ended.screen.contains("ended by you") && ended.screen.contains("run --resume"), "{}", ended.screen);
    assert!(ended.screen.contains(":runs, r resumes it"), "{}", ended.screen);
    // Without a run there is nothing to steer, and it says so.
    let none = playing((120, 40), |_| {}, "4p");
    assert!(none.screen.contains("no run is under way here") && steered(&none).is_empty());
}

#[test]
fn a_run_that_is_still_being_previewed_is_given_up() {
    let silent = |p: &mut Play| {
        p.fake = Fake::golden().answering(|c| matches!(c, Command::RunPlan { .. }).then(Vec::new));
    };
    let given_up = playing((120, 40), silent, &format!("{RUN}x"));
    assert!(matches!(given_up.commands.last(), Some(Command::Cancel { .. })));
    assert!(
        !run("<esc>4x").commands.iter().any(|c| matches!(c, Command::Cancel { .. })),
        "what may write is ended, not dropped"
    );
}

#[test]
fn leaving_asks_while_a_run_is_under_way_and_other_panes_do_not_end_it() {
    let asked = run("<esc>123q");
    assert!(asked.app.stack.shows::<Leave>() && !asked.app.quit);
    assert!(asked.screen.contains("A run is not over") && asked.screen.contains("run --resume"), "{}", asked.screen);
    assert!(asked.app.is_writing());
    assert!(run("<esc>qq").app.quit);
    assert!(run("r3<ret>q").app.quit, "when it is over nothing is asked");
    // A sandbox in memory goes with the console.
    let forgets = playing((120, 40), |p| p.options.forgets = true, &format!("{RUN}aW<esc>q")).screen;
    assert!(forgets.contains("The sandbox is in memory") && !forgets.contains("To resume it later"), "{forgets}");
    // It ended while the question stood there: nothing untrue is said of it, or of the plan.
    let mut ended = run("r3<ret>").app;
    ended.stack.push(Leave);
    let screen = drawn(&mut ended);
    assert!(screen.contains("has ended meanwhile") && !screen.contains("not saved."), "{screen}");
}

#[test]
fn the_log_is_narrowed_by_outcome_and_tenant() {
    let failed = |p: &mut Play| p.fake.plans.outcomes = failures();
    let lines = |keys: &str| {
        let played = playing((120, 40), failed, &format!("{RUN}r3<ret>4{keys}"));
        played.app.log.len()
    };
    let all = lines("");
    assert_eq!((lines("o"), lines("oo"), lines("ooo"), lines("oooo")), (1, 0, 1, 1));
    assert_eq!(lines("oooooooo"), all);
    assert_eq!(lines("t"), 4);
    assert_eq!(lines("tt"), all);
    assert_eq!(lines("t/0009<ret>"), 1);
}

#[test]
fn a_run_that_stopped_is_gone_on_with() {
    let stopped = |p: &mut Play| {
        p.fake = Fake::golden().answering(|c| {
            let info = super::fake::stopped_run();
            match c {
                Command::Runs => Some(vec![Event::Run(Box::new(info)), Event::Finished { cancelled: false }]),
                Command::ResumeRun { .. } => Some(vec![Event::Run(Box::new(info))]),
                _ => None,
            }
        });
    };
    let armed = playing((120, 40), stopped, "AA:runs<ret>r");
    assert!(armed.commands.iter().any(|c| matches!(c, Command::ResumeRun { .. })));
    assert_eq!((armed.app.focus, armed.app.stack.is_empty()), (Pane::Log, true));
    let unarmed = playing((120, 40), stopped, ":runs<ret>r");
    assert!(
        unarmed.screen.contains("read-only: A allows")
            && !unarmed.commands.iter().any(|c| matches!(c, Command::ResumeRun { .. }))
    );
}

#[test]
fn the_log_counts_what_its_run_wrote_and_nothing_of_others() {
    let mut app = run("r3<ret>").app;
    let own = app.run.as_ref().unwrap().request;
    app.counters.write_units = 812.0;
    app.counters.throttled = 9;
    let cost = |request| Some(RunCost { request, write_units: 24.0, throttled: 3 });
    app.counters.run = cost(RequestId(own.0 + 1));
    let screen = drawn(&mut app);
    let log = |screen: &str| screen.rsplit_once("wrote ").unwrap().1.lines().next().unwrap().to_owned();
    assert!(log(&screen).starts_with("0 units") && !log(&screen).contains("throttled"), "{screen}");
    app.counters.run = cost(own);
    let screen = drawn(&mut app);
    assert!(log(&screen).starts_with("24 units") && log(&screen).contains("throttled 3"), "{screen}");
}
