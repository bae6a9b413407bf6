//! Calls to services that failed, as errors name them.

use super::made::{DEPTH, LEAD, words};

/// The translation of a call to a service that failed, of which the service says why.
pub(super) fn call(text: &str) -> Option<String> {
    Call::of(text).map(|call| call.said(DEPTH))
}

/// A call to a service that failed: `ListUsers on POOL: why`.
pub(super) struct Call<'t> {
    operation: &'t str,
    resource: &'t str,
    why: Option<&'t str>,
}

impl<'t> Call<'t> {
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let (operation, rest) = text.split_once(" on ")?;
        let is_operation = operation.starts_with(|c: char| c.is_ascii_uppercase())
            && operation.chars().all(|c| c.is_ascii_alphanumeric());
        let (resource, why) = rest.split_once(LEAD).map_or((rest, None), |(resource, why)| (resource, Some(why)));
        is_operation.then_some(Self { operation, resource, why })
    }

    pub(super) fn said(&self, depth: usize) -> String {
        let known = |text: &str| words(text, depth - 1).unwrap_or_else(|| text.to_owned());
        let why = self.why.map(|why| format!("{LEAD}{}", known(why))).unwrap_or_default();
        format!("{}{}{}{why}", self.operation, super::comma(), known(self.resource))
    }
}
