//! Findings of the doctor's last look, and the entities that they concern.

use std::collections::HashMap;

use super::found::Findings;
use crate::domain::finding::FindingKind;
use crate::domain::key::EntityKey;
use crate::engine::protocol::{Among, EntityRef, Finding, RequestId, Severity};
use crate::tui::job::Job;

/// Entities that are remembered as concerned.
const MOST: usize = 100_000;

/// A look at what is wrong: under way, or the last one.
#[derive(Debug)]
pub(crate) struct Doctor {
    pub(crate) job: Job,
    /// It began armed, and so tried whether it may write.
    pub(crate) tried_writing: bool,
    /// In which partitions.
    pub(crate) among: Among,
    /// Rows looked at.
    pub(crate) looked: u64,
    pub(crate) findings: Findings,
    /// Findings that can be repaired.
    pub(crate) repairable: u64,
    /// The worst of each entity, with its kind.
    concerned: HashMap<EntityRef, (Severity, FindingKind)>,
}

impl Doctor {
    /// One that was asked for.
    pub(crate) fn begun(request: RequestId, among: Among) -> Self {
        Self {
            job: Job::begun(request),
            tried_writing: false,
            among,
            looked: 0,
            findings: Findings::default(),
            repairable: 0,
            concerned: HashMap::new(),
        }
    }

    /// One more finding.
    pub(crate) fn take(&mut self, finding: Finding) {
        self.repairable += u64::from(finding.repairable);
        let worst = (finding.severity, finding.kind);
        if self.concerned.len() < MOST {
            let known = self.concerned.entry(finding.entity.clone()).or_insert(worst);
            // The worst severity is the smallest.
            *known = (*known).min(worst);
        }
        self.findings.take(finding);
    }

    /// A run wrote an entity: what was found about it is of before.
    pub(crate) fn was_written(&mut self, module: &str, key: &EntityKey) {
        self.concerned.remove(&EntityRef { module: module.to_owned(), key: key.clone() });
    }

    /// The worst that was found about an entity.
    pub(crate) fn about(&self, entity: &EntityRef) -> Option<(Severity, FindingKind)> {
        self.concerned.get(entity).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::found::tests::finding;
    use super::*;

    #[test]
    fn the_worst_of_an_entity_is_what_marks_it() {
        let mut doctor = Doctor::begun(RequestId(1), Among::default());
        for (kind, severity, sk) in [
            (FindingKind::Gap, Severity::Note, "a"),
            (FindingKind::Wedged, Severity::Error, "a"),
            (FindingKind::Pending, Severity::Warning, "a"),
            (FindingKind::Gap, Severity::Note, "b"),
        ] {
            doctor.take(Finding { repairable: kind == FindingKind::Wedged, ..finding(kind, severity, sk) });
        }
        let of = |sk| doctor.about(&finding(FindingKind::Gap, Severity::Note, sk).entity);
        assert_eq!(
            (of("a"), of("b"), of("c")),
            (Some((Severity::Error, FindingKind::Wedged)), Some((Severity::Note, FindingKind::Gap)), None)
        );
        assert_eq!((doctor.findings.total(), doctor.repairable), (4, 1));
    }
}
