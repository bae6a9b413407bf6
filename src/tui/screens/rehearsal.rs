//! A rehearsal of the plan: its steps as they end, what would not be done, and how it went.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::run::Outcome;
use crate::engine::protocol::{
    Command, Event, ItemResult, Level, Phase, Rehearsal, RehearsalEvent, RehearsalStep, RequestId, StepResult,
};
use crate::language::{counted, listed, sentences};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::job::Job;
use crate::tui::keymap::Context;
use crate::tui::pane::Pane;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Place, Rich, Scroll, draw_list};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::rehearsed;
use crate::tui::theme::Role;

/// Items that are listed at most: how many there are is told all the same.
const LISTED: usize = 200;
/// Cells of the names of steps.
const NAMES: usize = 10;
const STEPS: [RehearsalStep; 5] =
    [RehearsalStep::Copy, RehearsalStep::Run, RehearsalStep::Verify, RehearsalStep::Undo, RehearsalStep::Compare];

/// A rehearsal that was begun, whether or not it is on screen.
#[derive(Debug)]
pub(crate) struct Rehearsing {
    name: String,
    job: Job,
    scale: Option<String>,
    steps: Vec<StepResult>,
    /// Phase at work, how many are done, and of how many, where that is known.
    at: Option<(Phase, u64, Option<u64>)>,
    /// Items that are neither done nor equal.
    left: Vec<(RehearsalStep, ItemResult)>,
    more: u64,
    /// Fields that are otherwise than they should be.
    findings: Vec<String>,
    done: Option<Rehearsal>,
}

impl Rehearsing {
    fn begun(request: RequestId, name: String) -> Self {
        Self {
            name,
            job: Job::begun(request),
            scale: None,
            steps: Vec::new(),
            at: None,
            left: Vec::new(),
            more: 0,
            findings: Vec::new(),
            done: None,
        }
    }

    fn take(&mut self, event: RehearsalEvent) {
        match event {
            RehearsalEvent::Scale { items, entities, bytes, read_units } => {
                let scale = tr!(
                    "%{items} of about %{entities}, %{size} KB and %{units} read units",
                    items = format::plural(items, text!("%{n} item"), text!("%{n} items")),
                    entities = format::plural(entities, text!("%{n} entity"), text!("%{n} entities")),
                    size = format::count(bytes.div_ceil(1_024)),
                    units = format::count(read_units)
                );
                self.scale = Some(scale.into_owned());
            }
            RehearsalEvent::Item { item, .. } if is_well(&item) => {}
            RehearsalEvent::Item { step, item } if self.left.len() < LISTED => self.left.push((step, *item)),
            RehearsalEvent::Item { .. } => self.more += 1,
            RehearsalEvent::Step(step) => {
                self.at = None;
                self.steps.push(step);
            }
            RehearsalEvent::Done(rehearsal) => self.done = Some(rehearsal),
        }
    }

    fn lines(&self, room: usize) -> Vec<Rich> {
        let mut lines = Vec::new();
        if let Some(scale) = &self.scale {
            lines.extend(named(&tr!("copied"), Role::Dim, scale, Role::Text, room));
        }
        let current = self.steps.len();
        for (i, step) in STEPS.into_iter().enumerate() {
            let name = step.as_str();
            match self.steps.iter().find(|result| result.step == step) {
                Some(result) => lines.extend(ended(result, room)),
                None if i == current && self.job.running => {
                    lines.extend(named(name, Role::Strong, &self.way(), Role::Text, room))
                }
                None => lines.extend(named(name, Role::Dim, "", Role::Dim, room)),
            }
        }
        if let Some(rehearsal) = &self.done {
            let role = if rehearsal.is_clean() { Role::Ok } else { Role::Warning };
            let words = tr!(
                "rehearsed in %{seconds} s: %{outcome}",
                seconds = format!("{:.1}", rehearsal.seconds),
                outcome = rehearsed::outcome(rehearsal)
            );
            lines.push(Rich::default());
            lines.extend(problem::notice(&words, role, room));
        }
        if let Some(failure) = &self.job.problem {
            lines.push(Rich::default());
            lines.extend(problem::lines(failure, room));
        }
        if self.job.cancelled {
            lines.push(Rich::default());
            lines.extend(problem::notice(&tr!("given up: nothing real was written"), Role::Warning, room));
        }
        if !self.findings.is_empty() || !self.left.is_empty() {
            lines.push(Rich::default());
        }
        lines.extend(self.findings.iter().flat_map(|words| problem::notice(words, Role::Error, room)));
        lines.extend(self.left.iter().flat_map(|(step, item)| left(*step, item, room)));
        if self.more > 0 {
            let words = tr!("and %{n} more, which `rehearse --json` lists", n = format::count(self.more));
            lines.extend(problem::notice(&words, Role::Dim, room));
        }
        lines
    }

    fn way(&self) -> String {
        let Some((phase, done, total)) = self.at else { return "…".to_owned() };
        let mut many = format::count(done);
        if let Some(total) = total {
            many = tr!("%{n} of %{all}", n = many, all = format::count(total)).into_owned();
        }
        let words = match phase {
            Phase::Scan => text!("%{n} copied"),
            Phase::Preview => text!("%{n} previewed"),
            Phase::Run | Phase::Export => text!("%{n} written"),
            Phase::Verify => text!("%{n} looked at"),
        };
        counted(words, &many)
    }
}

fn is_well(item: &ItemResult) -> bool {
    matches!(item.outcome, Some(Outcome::Done | Outcome::Equal) | None)
}

fn named(name: &str, role: Role, words: &str, words_role: Role, room: usize) -> Vec<Rich> {
    let mut wrapped = problem::notice(words, words_role, room.saturating_sub(NAMES).max(8)).into_iter();
    let mut first = Rich::of(role, name);
    first.pad_to(NAMES);
    if let Some(line) = wrapped.next() {
        first.append(&line);
    }
    let rest = wrapped.map(|line| {
        let mut indented = Rich::default();
        indented.pad_to(NAMES);
        indented.append(&line);
        indented
    });
    std::iter::once(first).chain(rest).collect()
}

fn ended(result: &StepResult, room: usize) -> Vec<Rich> {
    let is_clean = result.differences == 0
        && result.outcomes.iter().all(|(word, _)| matches!(word, Outcome::Done | Outcome::Equal | Outcome::Skipped));
    let counts = listed(result.outcomes.iter().map(|(word, n)| format!("{} {word}", format::count(*n))));
    let words = if counts.is_empty() { result.message.clone() } else { sentences([&counts, &result.message]) };
    named(result.step.as_str(), if is_clean { Role::Ok } else { Role::Warning }, &words, Role::Text, room)
}

fn left(step: RehearsalStep, item: &ItemResult, room: usize) -> Vec<Rich> {
    let outcome = item.outcome.map(|outcome| outcome.to_string()).unwrap_or_default();
    let reason = item.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
    let message = item.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
    let undo = if step == RehearsalStep::Undo { "undo: " } else { "" };
    let role = match item.outcome {
        Some(Outcome::Skipped) => Role::Dim,
        Some(Outcome::Failed | Outcome::Invalid) => Role::Error,
        _ => Role::Warning,
    };
    problem::notice(&format!("{undo}{outcome}{reason} {}{message}", item.entity.key), role, room)
}

/// The dialog; what it shows stays with the plan.
#[derive(Debug, Default)]
pub(crate) struct RehearsalBox {
    scroll: Scroll,
    lines: usize,
}

impl Screen for RehearsalBox {
    fn context(&self) -> Context {
        Context::Rehearsal
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Back | Action::Left => return Flow::Close,
            Action::Cancel => app.end_rehearsal(),
            Action::Reload if app.is_rehearsing() => app.say(tr!("it is under way")),
            Action::Reload => {
                if let Some(why) = app.no_rehearsal() {
                    app.refuse(why);
                    return Flow::Stay;
                }
                app.begin_rehearsal();
            }
            action => {
                if let Some(step) = Step::of(action) {
                    self.scroll.step(step, self.lines);
                }
            }
        }
        Flow::Stay
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 108, area.height.saturating_sub(1));
        let Some(rehearsing) = &app.plan.rehearsal else { return None };
        let title = tr!("Rehearsal: %{name}", name = rehearsing.name);
        let inner = framed(buffer, area, Frame::Dialog, &title, &tr!("on a copy"), &app.theme);
        let hints: &[(Action, &'static str)] = match rehearsing.job.running {
            true => &[(Action::Cancel, text!("give up")), (Action::Back, text!("close; it goes on"))],
            false => &[(Action::Reload, text!("again")), (Action::Back, text!("close"))],
        };
        foot(buffer, area, &Hints::of(&app.keymap, Context::Rehearsal, hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let lines = rehearsing.lines(usize::from(inner.width).max(8));
        self.lines = lines.len();
        let place = Place { frame: area, lines: inner };
        draw_list(buffer, place, &mut self.scroll, lines.len(), &app.theme, |i| lines.get(i).cloned());
        None
    }
}

impl App {
    /// Shows the rehearsal that is under way, or begins one of the plan in the pane.
    pub(crate) fn rehearse(&mut self) {
        if !self.is_rehearsing() {
            self.begin_rehearsal();
        }
        self.stack.close::<RehearsalBox>();
        self.stack.push(RehearsalBox::default());
    }

    fn begin_rehearsal(&mut self) {
        let own = self.plan.own().cloned().map(Box::new);
        let Some(plan) = own.or_else(|| self.plan.form.as_ref()?.plan.clone()) else { return };
        let name = plan.name.clone();
        let request = self.ask(Pane::Plan, Command::Rehearse { plan, data: None }, Self::rehearsal_answer);
        self.plan.rehearsal = Some(Rehearsing::begun(request, name));
    }

    fn is_rehearsing(&self) -> bool {
        self.plan.rehearsal.as_ref().is_some_and(|rehearsing| rehearsing.job.running)
    }

    fn end_rehearsal(&mut self) {
        match self.plan.rehearsal.as_ref().filter(|rehearsing| rehearsing.job.running).map(|r| r.job.request) {
            Some(request) => self.stop_waiting(vec![request]),
            None => self.say(tr!("it is over")),
        }
    }

    fn rehearsal_answer(&mut self, request: RequestId, event: Event) {
        let now = self.now;
        let Some(rehearsing) = self.plan.rehearsal.as_mut().filter(|r| r.job.request == request) else { return };
        let has_ended = rehearsing.job.take(&event, now);
        match event {
            Event::Rehearsal(event) => rehearsing.take(*event),
            Event::Progress { phase, done, total } => rehearsing.at = Some((phase, done, total)),
            Event::Finding(finding) if !rehearsing.steps.is_empty() && rehearsing.findings.len() < LISTED => {
                let path = finding.path.as_deref().map(|path| format!(" {path}")).unwrap_or_default();
                rehearsing.findings.push(format!("{}{path}: {}", finding.entity.key, finding.message));
            }
            _ => {}
        }
        if has_ended && let Some(done) = &rehearsing.done {
            let words = tr!("rehearsed on a copy: %{outcome}", outcome = rehearsed::outcome(done));
            let level = if done.is_clean() { Level::Info } else { Level::Warning };
            self.tell(level, words);
        }
    }
}
