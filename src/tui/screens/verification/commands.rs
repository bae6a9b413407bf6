//! Comparing what should be with what is.

use super::VerificationBox;
use super::compared::{Compared, Verification};
use crate::domain::plan::Work;
use crate::domain::run::RunId;
use crate::engine::protocol::{Command, Event, Level, RequestId};
use crate::tui::app::App;
use crate::tui::format;

impl App {
    /// Compares both sides of the plan in the pane; comes back to a comparison that was left to look at an entity, that is still
    /// under way or that was stopped.
    pub(crate) fn show_verification(&mut self) {
        let Some(of) = self.compared() else { return };
        let last = self.verification.as_ref().filter(|v| v.of == of);
        match last.filter(|v| self.left_verification.is_some() || !v.is_complete()).map(|v| v.job.request) {
            Some(request) => self.show_verification_of(request),
            None => self.verify(of, false),
        }
    }

    /// `:verify resume`.
    pub(crate) fn resume_verification(&mut self) {
        if let Some(of) = self.compared() {
            self.verify(of, true);
        }
    }

    /// Reads back what a run wrote.
    pub(crate) fn verify_run(&mut self, run: RunId) {
        self.verify(Compared::Run(run), false);
    }

    /// The plan that is on screen, to compare its sides.
    fn compared(&self) -> Option<Compared> {
        let plan = self.plan.form.as_ref()?.plan.clone()?;
        Some(Compared::Plan(plan, self.plan_file()))
    }

    /// Compares, from the beginning or on from where an interrupted comparison was.
    pub(crate) fn verify(&mut self, of: Compared, resume: bool) {
        if let Some(request) = self.verification.as_ref().map(|v| v.job.request) {
            self.give_up(request);
        }
        let command = match &of {
            Compared::Plan(plan, _) => Command::VerifyPlan { plan: plan.clone(), resume },
            Compared::Run(run) => Command::VerifyRun { run: *run },
        };
        let request = self.ask(None, command, Self::verification_answer);
        self.verification = Some(Verification::begun(request, of, resume));
        self.left_verification = None;
        self.stack.close::<VerificationBox>();
        self.show_verification_of(request);
    }

    /// Shows the comparison again that was left to look at an entity; false where it is gone.
    pub(crate) fn verification_again(&mut self, of: RequestId) -> bool {
        let is_there = self.verification.as_ref().is_some_and(|v| v.job.request == of);
        let left = self.left_verification.take_if(|left| is_there && left.of == of);
        left.map(|left| self.stack.push(left)).is_some()
    }

    fn show_verification_of(&mut self, request: RequestId) {
        let left = self.left_verification.take().filter(|left| left.of == request);
        self.stack.push(left.unwrap_or_else(|| VerificationBox::new(request)));
    }

    fn verification_answer(&mut self, request: RequestId, event: Event) {
        let now = self.now;
        let Some(verification) = self.verification.as_mut().filter(|v| v.job.request == request) else { return };
        let has_ended = verification.job.take(&event, now);
        match event {
            Event::Finding(finding) => verification.take(*finding),
            Event::Progress { done, .. } => verification.looked = done,
            Event::Log(_, text) => verification.notes.push(text),
            _ => {}
        }
        if has_ended {
            self.verification_ended();
        }
    }

    fn verification_ended(&mut self) {
        let Some(verification) = &self.verification else { return };
        if verification.has_nothing_to_resume() {
            let of = verification.of.clone();
            self.verify(of, false);
            if let Some(verification) = &mut self.verification {
                let note = tr!("there was nothing to resume: compared from the beginning");
                verification.notes.push(note.into_owned());
            }
            return;
        }
        let found = format::plural(verification.findings.total(), text!("%{n} finding"), text!("%{n} findings"));
        let looked = format::plural(verification.looked, text!("%{n} entity"), text!("%{n} entities"));
        let words = match verification.is_complete() {
            true => {
                tr!("comparing is through: %{findings} in %{entities} compared", findings = found, entities = looked)
            }
            false => tr!(
                "comparing ended before its end: %{findings} in %{entities} compared",
                findings = found,
                entities = looked
            ),
        };
        self.tell(Level::Info, words);
    }

    /// Why the plan has no sides to compare.
    pub(crate) fn no_sides(&self) -> Option<String> {
        let why = |operation: &str| {
            tr!(
                "a %{operation} plan has no two sides to compare: its preview shows what is left to do",
                operation = operation
            )
            .into_owned()
        };
        if let Some(own) = self.plan.own() {
            return Some(why(own.work.operation().as_str()));
        }
        match &self.plan.form.as_ref()?.plan.as_ref()?.work {
            Work::Copy { .. } | Work::Move { .. } => None,
            other => Some(why(other.operation().as_str())),
        }
    }

    /// The command line that compares.
    pub(crate) fn line_of_verification(&self) -> String {
        match self.verification.as_ref().map(|v| (&v.of, v.is_resumable())) {
            Some((Compared::Plan(_, file), true)) => self.line(&["verify", file, "--resume"]),
            Some((Compared::Plan(_, file), false)) => self.line(&["verify", file]),
            Some((Compared::Run(run), _)) => self.line(&["verify", &run.to_string()]),
            None => self.line(&["verify", "PLAN.toml"]),
        }
    }
}
