//! Things found by looking at the tables: so many of them kept, all of them counted.

use crate::domain::finding::FindingKind;
use crate::engine::protocol::{Finding, Severity};

/// Findings kept; what comes after is counted alone.
const KEPT: usize = 20_000;
/// Bytes of their messages, which tell the values that were found: those may be large.
const BYTES: usize = 32 << 20;

/// Findings so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Finding>,
    counts: [u64; 3],
    bytes: usize,
    widest: usize,
}

fn place(severity: Severity) -> usize {
    match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Note => 2,
    }
}

impl Findings {
    /// One more; whether it is kept.
    pub(crate) fn take(&mut self, finding: Finding) -> bool {
        self.counts[place(finding.severity)] += 1;
        let is_kept = self.kept.len() < KEPT && self.bytes < BYTES;
        if is_kept {
            self.bytes += finding.message.len();
            self.widest = self.widest.max(finding.kind.as_str().len());
            self.kept.push(finding);
        }
        is_kept
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Found in all.
    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Found of a severity.
    pub(crate) fn count(&self, severity: Severity) -> u64 {
        self.counts[place(severity)]
    }

    /// Those that are kept, in the order that they were found in.
    pub(crate) fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// Cells of the longest kind among them.
    pub(crate) fn widest(&self) -> usize {
        self.widest
    }

    /// The kinds among them, in alphabetical order.
    pub(crate) fn kinds(&self) -> Vec<FindingKind> {
        let mut kinds: Vec<FindingKind> = self.kept.iter().map(|f| f.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::key::EntityKey;
    use crate::engine::protocol::EntityRef;

    pub(crate) fn finding(kind: FindingKind, severity: Severity, sk: &str) -> Finding {
        let entity = EntityRef { module: "order".into(), key: EntityKey::new("ORDER#globex", sk) };
        Finding { kind, severity, entity, path: None, message: "m".to_owned(), change: None, repairable: false }
    }

    #[test]
    fn more_than_can_be_kept_are_counted() {
        let mut findings = Findings::default();
        for n in 0..KEPT + 5 {
            let severity = if n % 2 == 0 { Severity::Error } else { Severity::Note };
            findings.take(finding(if n % 2 == 0 { FindingKind::Wedged } else { FindingKind::Gap }, severity, "x"));
        }
        assert_eq!((findings.kept().len(), findings.total()), (KEPT, KEPT as u64 + 5));
        assert_eq!(findings.count(Severity::Error), KEPT as u64 / 2 + 3);
        assert_eq!(
            (findings.count(Severity::Warning), findings.kinds()),
            (0, vec![FindingKind::Gap, FindingKind::Wedged])
        );
    }
}
