//! The engine's events as lines of the log.

use crate::domain::run::Outcome;
use crate::engine::failure::Failure;
use crate::engine::protocol::{ExportedFile, Finding, ItemResult, Level, RunInfo, Severity};
use crate::language::{comma, listed, sentences, spoken};
use crate::tui::{format, subject};

/// An item that began or ended.
pub(crate) fn item(item: &ItemResult) -> (Level, String) {
    let (key, versions) = subject::of_item(item);
    let versions = format!("{versions}{}", subject::line(item.line));
    let mut text = match item.outcome {
        None => tr!("started %{action} %{key}", action = item.action, key = format!("{key}{versions}")).into_owned(),
        // An item that is not written is called what it could not be.
        Some(outcome) if outcome.as_str() == item.action.as_str() => format!("{outcome} {key}{versions}"),
        Some(outcome) => format!("{outcome} {} {key}{versions}", item.action),
    };
    if let Some(reason) = item.reason {
        text.push_str(&format!(" ({reason})"));
    }
    if let Some(message) = &item.message {
        text.push_str(&format!(": {message}"));
    }
    for warning in &item.warnings {
        text.push_str(&format!(" [{warning}]"));
    }
    if item.attempts > 1 {
        text.push_str(comma());
        text.push_str(&tr!("after %{n} attempts", n = item.attempts));
    }
    (item_level(item), text)
}

/// How an item's line reads.
pub(crate) fn item_level(item: &ItemResult) -> Level {
    match item.outcome {
        Some(Outcome::Conflict | Outcome::Invalid | Outcome::Held) => Level::Warning,
        Some(Outcome::Failed) => Level::Error,
        _ => Level::Info,
    }
}

/// Something found by looking at the tables.
pub(crate) fn finding(finding: &Finding) -> (Level, String) {
    let level = match finding.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Note => Level::Info,
    };
    let path = finding.path.as_deref().map(|p| format!(" {p}")).unwrap_or_default();
    (level, format!("{} {}{path}: {}", finding.kind, finding.entity.key, spoken(&finding.message)))
}

/// A run that changed its state.
pub(crate) fn run(run: &RunInfo) -> (Level, String) {
    // A run without a plan is named after what it does.
    let operation = run.operation.as_str();
    let what = if run.name.starts_with(operation) { run.name.clone() } else { listed([operation, &run.name]) };
    let mut text = tr!("run %{run} (%{what}) is %{state}", run = run.run, what = what, state = run.state).into_owned();
    let outcomes: Vec<String> = run.outcomes.iter().map(|(outcome, n)| format!("{n} {outcome}")).collect();
    if !outcomes.is_empty() {
        text.push_str(&format!(": {}", listed(outcomes)));
    }
    (Level::Info, text)
}

/// A file that was written.
pub(crate) fn exported(file: &ExportedFile) -> (Level, String) {
    let rows = format::plural(file.rows, text!("%{n} row"), text!("%{n} rows"));
    let bytes = format::plural(file.bytes, text!("%{n} byte"), text!("%{n} bytes"));
    let (to, sum) = (&file.to, &file.sha256);
    let text =
        tr!("exported %{rows}, %{bytes} to %{to}, SHA-256 %{sum}", rows = rows, bytes = bytes, to = to, sum = sum);
    (Level::Info, sentences(std::iter::once(text.into_owned()).chain(left_out(file))))
}

/// Sentences on entities that a file lacks.
pub(crate) fn left_out(file: &ExportedFile) -> impl Iterator<Item = String> {
    let deleted = (text!("%{n} soft-deleted entity was left out"), text!("%{n} soft-deleted entities were left out"));
    let expired = (text!("%{n} expired entity was left out"), text!("%{n} expired entities were left out"));
    let counts = [(file.left_out, deleted), (file.expired, expired)];
    counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, (one, many))| format::plural(n, one, many))
}

/// A failure with everything that helps: what to do about it, the service's own code and request id.
pub(crate) fn failure(failure: &Failure) -> String {
    let mut text = failure.message.clone();
    if let Some(pk) = &failure.pk {
        let sk = failure.sk.as_ref().map(|sk| format!(" / {sk}")).unwrap_or_default();
        if !text.contains(pk.as_str()) {
            text.push_str(&format!(" [{pk}{sk}]"));
        }
    }
    if let Some(hint) = &failure.hint {
        text.push_str(&format!(" → {hint}"));
    }
    let request = failure.request_id.as_ref().map(|id| tr!("request id %{id}", id = id).into_owned());
    let service = [failure.service.clone(), failure.aws_code.clone(), request];
    let parts: Vec<String> = service.into_iter().flatten().collect();
    if !parts.is_empty() {
        text.push_str(&format!(" ({})", listed(parts)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::Action;
    use crate::engine::failure::ErrorCode;
    use crate::tui::screens::items::tests::item as ended;

    #[test]
    fn what_an_item_is_and_becomes_in_one_word_is_said_once() {
        let said = |action, outcome| item(&ended(1, action, Some(outcome))).1;
        assert!(said(Action::Invalid, Outcome::Invalid).starts_with("invalid PRODUCT"));
        assert!(said(Action::Update, Outcome::Invalid).starts_with("invalid update PRODUCT"));
    }

    #[test]
    fn a_failure_says_what_to_do_and_whom_to_ask() {
        let mut error = Failure::new(ErrorCode::AccessDenied, "not allowed to dynamodb:Query").at("PRODUCT#acme", None);
        error.hint = Some("ask for the read-only policy".into());
        error.service = Some("dynamodb".into());
        error.aws_code = Some("AccessDeniedException".into());
        error.request_id = Some("ABC123".into());
        assert_eq!(
            failure(&error),
            "not allowed to dynamodb:Query [PRODUCT#acme] → ask for the read-only policy \
             (dynamodb, AccessDeniedException, request id ABC123)"
        );
    }
}
