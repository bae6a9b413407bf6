//! Failures that many rows share.

use crate::store::error::ErrorKind;

/// Two failures with the same one are the same: its effect, and its kind. The service's own words are not part of it, they may name the row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cause {
    effect: String,
    kind: Option<ErrorKind>,
    aws_code: Option<String>,
}

/// Failures that a listing has reported so far; they go from page to page with the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReportedFailures(Vec<Cause>);

impl ReportedFailures {
    /// Notes a failure; false where it was reported before.
    pub(in crate::engine) fn is_new(&mut self, effect: &str, kind: Option<ErrorKind>, aws_code: Option<&str>) -> bool {
        let cause = Cause { effect: effect.to_owned(), kind, aws_code: aws_code.map(str::to_owned) };
        let is_new = !self.0.contains(&cause);
        if is_new {
            self.0.push(cause);
        }
        is_new
    }
}
