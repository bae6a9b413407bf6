use serde::Serialize;

use crate::domain::mask::Untouched;

/// A place whose texts a mask leaves as they are.
#[derive(Debug, Serialize)]
pub(in crate::report) struct UnmaskedLine<'a> {
    event: &'static str,
    module: &'a str,
    path: &'a str,
    values: u64,
}

impl<'a> UnmaskedLine<'a> {
    pub(in crate::report) fn new(left: &'a Untouched) -> Self {
        Self { event: "unmasked", module: &left.module, path: &left.place, values: left.values }
    }
}
