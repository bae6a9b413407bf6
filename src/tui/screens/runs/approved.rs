//! Approvals of a run, in words.

use std::borrow::Cow;

use super::facts::Fact;
use crate::domain::clock::local_minutes;
use crate::engine::protocol::{Approval, RunInfo};
use crate::language::counted;
use crate::tui::app::App;

/// Approvals that are shown of a run.
const MOST: usize = 3;

/// The last approvals.
pub(super) fn facts(app: &App, run: &RunInfo) -> Vec<Fact> {
    let before = run.approvals.len().saturating_sub(MOST);
    let last = run.approvals.iter().skip(before).enumerate();
    let fact = |(i, approval): (usize, &Approval)| {
        let approved = words(approval, &local_minutes(&approval.at, &app.zone));
        match (i, before) {
            (0, 0) => (tr!("approved"), approved),
            (0, _) => {
                let all = tr!("%{n} earlier, %{approved}", n = before, approved = approved);
                (tr!("approved"), all.into_owned())
            }
            _ => (Cow::Borrowed(" "), approved),
        }
    };
    last.map(fact).collect()
}

/// An approval, its operator, and `at` as the time: [`Approval::words`] for the console.
pub(crate) fn words(approval: &Approval, at: &str) -> String {
    let mut what = approval.batch.map_or_else(|| tr!("everything"), |batch| tr!("batch %{batch}", batch = batch));
    if let Some((_, items)) = approval.decision.split_once(" but for ") {
        let n = items.split(' ').next().unwrap_or(items);
        let items = counted(if n == "1" { text!("%{n} item") } else { text!("%{n} items") }, n);
        what = tr!("%{what} but for %{items}", what = what, items = items);
    }
    if approval.is_of_the_rest() {
        what = tr!("%{what} and everything after it", what = what);
    }
    tr!("%{what} was approved by %{by} at %{at}", what = what, by = approval.by, at = at).into_owned()
}
