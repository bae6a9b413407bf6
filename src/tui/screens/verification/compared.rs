//! A comparison of what should be with what is: of both sides of a plan, or of what a run wrote.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::domain::finding::FindingKind;
use crate::domain::plan::Plan;
use crate::domain::run::RunId;
use crate::engine::failure::ErrorCode;
use crate::engine::protocol::{Finding, RequestId, Severity};
use crate::tui::job::Job;
use crate::tui::screens::findings::found::Findings;

/// Subject of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Compared {
    /// Both sides of a plan, and the file that it is kept in.
    Plan(Box<Plan>, String),
    /// Entities that a run wrote.
    Run(RunId),
}

/// A comparison: under way, or the last one.
#[derive(Debug)]
pub(crate) struct Verification {
    pub(crate) job: Job,
    pub(crate) of: Compared,
    /// It goes on with one that was interrupted.
    pub(crate) resumed: bool,
    /// Entities compared.
    pub(crate) looked: u64,
    /// The engine's notes about it.
    pub(crate) notes: Vec<String>,
    pub(crate) findings: Findings,
    kinds: BTreeMap<FindingKind, u64>,
    entities: Vec<Judged>,
}

/// An entity that something was found about.
#[derive(Debug)]
pub(crate) struct Judged {
    /// Its findings, by their places among those that are kept: they come one after another.
    pub(crate) findings: Range<usize>,
    /// The worst of them.
    pub(crate) severity: Severity,
}

impl Verification {
    /// One that was asked for.
    pub(crate) fn begun(request: RequestId, of: Compared, resumed: bool) -> Self {
        Self {
            job: Job::begun(request),
            of,
            resumed,
            looked: 0,
            notes: Vec::new(),
            findings: Findings::default(),
            kinds: BTreeMap::new(),
            entities: Vec::new(),
        }
    }

    /// One more finding.
    pub(crate) fn take(&mut self, finding: Finding) {
        *self.kinds.entry(finding.kind).or_default() += 1;
        let (at, severity) = (self.findings.kept().len(), finding.severity);
        let same = self.findings.kept().last().is_some_and(|last| last.entity == finding.entity);
        if !self.findings.take(finding) {
            return;
        }
        match self.entities.last_mut().filter(|_| same) {
            Some(entity) => {
                entity.findings.end = at + 1;
                // The worst severity is the smallest.
                entity.severity = entity.severity.min(severity);
            }
            None => self.entities.push(Judged { findings: at..at + 1, severity }),
        }
    }

    /// Entities that something was found about, in the order of their keys.
    pub(crate) fn entities(&self) -> &[Judged] {
        &self.entities
    }

    /// Findings about an entity.
    pub(crate) fn about(&self, entity: &Judged) -> &[Finding] {
        self.findings.kept().get(entity.findings.clone()).unwrap_or_default()
    }

    /// How often each kind was found.
    pub(crate) fn kinds(&self) -> &BTreeMap<FindingKind, u64> {
        &self.kinds
    }

    /// Everything was looked at.
    pub(crate) fn is_complete(&self) -> bool {
        self.job.is_complete()
    }

    /// Whether it can go on where it was.
    pub(crate) fn is_resumable(&self) -> bool {
        !self.job.running && !self.is_complete() && matches!(self.of, Compared::Plan(..))
    }

    /// Whether it was to go on with one of which nothing is kept.
    pub(crate) fn has_nothing_to_resume(&self) -> bool {
        self.resumed && self.job.problem.as_ref().is_some_and(|failure| failure.code == ErrorCode::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::screens::findings::found::tests::finding;

    #[test]
    fn findings_of_one_entity_stand_together_with_the_worst_of_them() {
        let mut verification = Verification::begun(RequestId(1), Compared::Run(RunId::from_parts(0, 1)), false);
        for (kind, severity, sk) in [
            (FindingKind::Ttl, Severity::Warning, "a"),
            (FindingKind::Different, Severity::Error, "a"),
            (FindingKind::Missing, Severity::Error, "b"),
            (FindingKind::Different, Severity::Note, "c"),
        ] {
            verification.take(finding(kind, severity, sk));
        }
        let entities: Vec<_> = verification.entities().iter().map(|e| (e.findings.clone(), e.severity)).collect();
        assert_eq!(entities, [(0..2, Severity::Error), (2..3, Severity::Error), (3..4, Severity::Note)]);
        let kinds: Vec<_> = verification.kinds().iter().map(|(kind, n)| (*kind, *n)).collect();
        assert_eq!(kinds, [(FindingKind::Different, 2), (FindingKind::Missing, 1), (FindingKind::Ttl, 1)]);
        assert_eq!(verification.about(&verification.entities()[0]).len(), 2);
    }
}
