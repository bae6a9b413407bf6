//! Top-level fields that the framework does not know and that travel with the rows of a plan.

use std::collections::BTreeSet;

use crate::domain::item::{PlannedItem, Role};
use crate::domain::publish::{NAMED_FIELDS, is_state};

/// Names that are told.
const NAMED: usize = 8;

/// Rows that carry some, and their names.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    rows: u64,
    names: BTreeSet<String>,
}

impl Unknown {
    /// Takes an item in.
    pub(super) fn add(&mut self, item: &PlannedItem) {
        let target = item.part(Role::Target).filter(|_| item.writes());
        let Some(after) = target.and_then(|part| part.after.as_deref()) else { return };
        let is_unknown = |name: &&String| is_state(name) && !NAMED_FIELDS.contains(&name.as_str());
        let mut extra = after.0.keys().filter(is_unknown).peekable();
        self.rows += u64::from(extra.peek().is_some());
        if self.names.len() <= NAMED {
            self.names.extend(extra.cloned());
        }
    }

    /// Note on these rows, to be read before the run.
    pub(super) fn note(&self) -> Option<String> {
        if self.rows == 0 {
            return None;
        }
        let names: Vec<&str> = self.names.iter().take(NAMED).map(String::as_str).collect();
        let more = if self.names.len() > NAMED { " and more" } else { "" };
        Some(format!(
            "{} rows carry top-level fields that the framework does not know ({}{more}): they travel with the row",
            self.rows,
            names.join(", ")
        ))
    }
}
