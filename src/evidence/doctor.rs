//! Report of the doctor's findings.

use std::collections::BTreeMap;

use super::{Block, Report, facts, table};
use crate::domain::finding::FindingKind;
use crate::engine::protocol::{Among, Finding, Severity};

/// Findings that are listed.
const LISTED: usize = 1_000;

/// Report of a look of the doctor: what was looked at, and what was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct DoctorReport {
    /// Of which profile.
    pub(crate) profile: String,
    /// Its environment and app.
    pub(crate) environment: String,
    /// In which partitions.
    pub(crate) among: Among,
    /// When.
    pub(crate) at: String,
    /// Rows looked at.
    pub(crate) looked: u64,
    listed: Vec<(Severity, Vec<String>)>,
    counts: BTreeMap<(Severity, FindingKind), u64>,
}

impl DoctorReport {
    /// Of a look at a moment.
    pub(crate) fn new(among: Among, at: String) -> Self {
        Self { among, at, ..Self::default() }
    }

    /// Takes a finding in.
    pub(crate) fn add(&mut self, finding: &Finding) {
        *self.counts.entry((finding.severity, finding.kind)).or_default() += 1;
        if self.listed.len() < LISTED {
            let repairable = if finding.repairable { "yes" } else { "" };
            let row = vec![
                word(finding.severity).to_owned(),
                finding.kind.to_string(),
                format!("{} {}", finding.entity.module, finding.entity.key).trim().to_owned(),
                finding.path.clone().unwrap_or_default(),
                finding.message.clone(),
                repairable.to_owned(),
            ];
            self.listed.push((finding.severity, row));
        }
    }
}

/// Findings, the worst first.
pub(crate) fn of_doctor(mut report: DoctorReport) -> Report {
    let total: u64 = report.counts.values().sum();
    let mut blocks = vec![facts(vec![
        ("profile", report.profile),
        ("environment", report.environment),
        ("module", report.among.module.unwrap_or_else(|| "all".to_owned())),
        ("type", report.among.entity_type.unwrap_or_default()),
        ("tenant", report.among.tenant.unwrap_or_default()),
        ("looked", report.at),
        ("rows looked at", report.looked.to_string()),
        ("findings", total.to_string()),
    ])];
    blocks.push(Block::Heading("Counts".to_owned()));
    let counts = report
        .counts
        .iter()
        .map(|((severity, kind), n)| vec![word(*severity).to_owned(), kind.to_string(), n.to_string()]);
    blocks.push(table(&["severity", "kind", "findings"], counts.collect(), "Nothing was found."));
    if total > 0 {
        blocks.push(Block::Heading("Findings".to_owned()));
        report.listed.sort_by_key(|(severity, _)| *severity);
        let listed = report.listed.len() as u64;
        let rows = report.listed.into_iter().map(|(_, row)| row).collect();
        blocks.push(table(&["severity", "kind", "entity", "path", "message", "repairable"], rows, ""));
        if total > listed {
            blocks.push(Block::Text(format!("{} more are not listed.", total - listed)));
        }
    }
    Report { title: "what the doctor found".to_owned(), blocks }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
