//! Lines of the list of findings: the summary above it, each finding in one line, and the whole of the one under the cursor.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::FindingsBox;
use super::doctor::Doctor;
use super::found::Findings;
use crate::domain::clock::with_local_times;
use crate::engine::protocol::{Finding, Severity};
use crate::language::{listed, spoken};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::Rich;
use crate::tui::parts::problem;
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Cells of the column of kinds at least, with the gap behind them.
const KIND: usize = 11;

impl FindingsBox {
    /// How many there are, and which are shown.
    pub(super) fn summary(&self, findings: &Findings) -> Rich {
        let mut line = Rich::default();
        for severity in [Severity::Error, Severity::Warning, Severity::Note] {
            let n = findings.count(severity);
            if n > 0 {
                let (one, many) = counts(severity);
                line.push(role(severity), &format!("{}  ", format::plural(n, one, many)));
            }
        }
        let repairable = findings.kept().iter().filter(|f| f.repairable).count() as u64;
        if repairable > 0 {
            let counted = format::plural(repairable, text!("%{n} repairable"), text!("%{n} repairable"));
            line.push(Role::Ok, &format!("{counted} (r)  "));
        }
        let kind = self.kind.map(|kind| Cow::Borrowed(kind.as_str()));
        let only: Vec<Cow<'static, str>> = self.severity.map(several).into_iter().chain(kind).collect();
        if !self.marks.is_empty() {
            let marked = tr!("%{n} marked: r repairs these alone", n = format::len(self.marks.len()));
            line.push(Role::Marked, &format!("{marked}  "));
        }
        if !only.is_empty() {
            line.push(Role::Match, &format!("{}  ", tr!("only %{what}", what = listed(&only))));
        }
        let kept = findings.kept().len() as u64;
        if findings.total() > kept {
            let first = format::count(kept);
            line.push(Role::Warning, &tr!("! the first %{n} are listed; Y lists all", n = first));
        }
        line
    }
}

/// How far the doctor is, and what it could not look at.
pub(super) fn progress(app: &App, doctor: &Doctor, room: usize) -> Vec<Rich> {
    let looked = format::plural(doctor.looked, text!("%{n} row"), text!("%{n} rows"));
    let (role, words) = match (doctor.job.running, doctor.job.ended) {
        (true, _) => (Role::Text, tr!("looking… %{looked} so far; x stops", looked = looked)),
        (false, _) if doctor.job.cancelled => {
            (Role::Warning, tr!("stopped at %{looked}: not all was looked at", looked = looked))
        }
        (false, Some(at)) if doctor.job.problem.is_none() => {
            let age = format::age(at, app.now);
            let words = if doctor.tried_writing {
                tr!("%{looked} looked at %{age}", looked = looked, age = age)
            } else {
                tr!("%{looked} looked at %{age}; read-only, so writing was not tried", looked = looked, age = age)
            };
            (Role::Dim, words)
        }
        _ => (Role::Warning, tr!("ended at %{looked}: not all was looked at", looked = looked)),
    };
    let mut lines = problem::notice(&words, role, room);
    let again = app.key_of(Context::Findings, Action::Reload);
    lines.extend(problem::before_run(doctor.job.before, &again, room));
    lines.extend(doctor.job.problem.iter().flat_map(|failure| problem::lines(failure, room)));
    lines
}

/// One finding of a severity, and several.
fn counts(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Error => (text!("%{n} error"), text!("%{n} errors")),
        Severity::Warning => (text!("%{n} warning"), text!("%{n} warnings")),
        Severity::Note => (text!("%{n} note"), text!("%{n} notes")),
    }
}

fn one(severity: Severity) -> Cow<'static, str> {
    match severity {
        Severity::Error => tr!("error"),
        Severity::Warning => tr!("warning"),
        Severity::Note => tr!("note"),
    }
}

fn several(severity: Severity) -> Cow<'static, str> {
    match severity {
        Severity::Error => tr!("errors"),
        Severity::Warning => tr!("warnings"),
        Severity::Note => tr!("notes"),
    }
}

fn role(severity: Severity) -> Role {
    match severity {
        Severity::Error => Role::Error,
        Severity::Warning => Role::Warning,
        Severity::Note => Role::Text,
    }
}

/// A finding in one line, its severity also without colours; the longest kind that is listed says how wide their column is.
pub(super) fn line(finding: &Finding, widest: usize, is_marked: bool, zone: &TimeZone) -> Rich {
    let sign = match finding.severity {
        Severity::Error => "!",
        Severity::Warning => "~",
        Severity::Note => " ",
    };
    let place = match finding.entity.key.pk.as_str() {
        "" => finding.entity.module.clone(),
        _ => finding.entity.key.to_string(),
    };
    let path = finding.path.as_deref().map(|p| format!(" {p}")).unwrap_or_default();
    Rich::of(role(finding.severity), sign)
        .with(Role::Ok, if finding.repairable { "r" } else { " " })
        .with(Role::Marked, if is_marked { "*" } else { " " })
        .with(role(finding.severity), &text::cell(finding.kind.as_str(), KIND.max(widest + 1)))
        .with(Role::Text, &place)
        .with(Role::Path, &path)
        .with(Role::Dim, &format!("  {}", with_local_times(&spoken(&finding.message), zone)))
}

/// A finding in as many lines as it needs.
pub(super) fn whole(finding: &Finding, room: usize, zone: &TimeZone) -> Vec<Rich> {
    let mut lines = Vec::new();
    let place = match finding.entity.key.pk.as_str() {
        "" => tr!("module %{module}", module = finding.entity.module),
        _ => tr!("%{key} in %{module}", key = finding.entity.key, module = finding.entity.module),
    };
    lines.extend(problem::notice(&place, Role::Strong, room));
    let path = finding.path.as_deref().map(|p| format!("{p}: ")).unwrap_or_default();
    let message = spoken(&finding.message);
    let message = with_local_times(&message, zone);
    let what = format!("{} ({}): {path}{message}", finding.kind, one(finding.severity));
    lines.extend(problem::notice(&what, Role::Text, room));
    lines
}

#[cfg(test)]
mod tests {
    use super::super::found::tests::finding;
    use super::*;
    use crate::domain::finding::FindingKind;

    #[test]
    fn the_longest_kind_leaves_a_gap_and_the_keys_stand_below_one_another() {
        let mut findings = Findings::default();
        findings.take(finding(FindingKind::Ttl, Severity::Error, "P-1"));
        findings.take(finding(FindingKind::MalformedJson, Severity::Error, "P-2"));
        let shown = |f| line(f, findings.widest(), false, &TimeZone::UTC).plain();
        let lines: Vec<String> = findings.kept().iter().map(shown).collect();
        assert!(lines[1].starts_with("!  malformed_json ORDER#globex"), "{lines:?}");
        assert_eq!(lines[0].find("ORDER"), lines[1].find("ORDER"), "{lines:?}");
    }
}
