//! The name of a plan that nobody has named: it follows from the operation and its ends.

use super::Form;
use crate::config::plan;
use crate::domain::run::Operation;
use crate::tui::format;

impl Form {
    /// The name that follows from the operation and its two ends.
    fn own_name(&self) -> String {
        let of = |lead: &str, path: &str| self.value_of(path).map(|value| format!("{lead}{value}")).unwrap_or_default();
        let tenant = match self.operation {
            Operation::Normalize => of(" of ", "source.tenants"),
            _ => of(" of ", "source.tenant"),
        };
        let target = of(" to ", "target.tenant");
        let named = self.value_of("source.entities").and_then(|list| plan::entity_count(&list)).filter(|n| *n > 0);
        // It is written into the plan and kept in the journal: English in every language.
        let noun = if named == Some(1) { "entity" } else { "entities" };
        let named = named.map(|n| format!(" {} {noun}", format::len(n))).unwrap_or_default();
        format!("{}{named}{}{tenant}{target}{}", self.operation, of(" ", "source.type"), of(" of ", "undo.run"))
    }

    /// True while nobody has typed another name than the one that follows.
    pub(super) fn has_own_name(&self) -> bool {
        self.value_of("name").is_some_and(|name| name == self.own_name())
    }

    /// Gives a plan that was begun the name that follows, with the cursor on what it wants next.
    pub(crate) fn named(mut self) -> Self {
        self.name_itself();
        self.was_used();
        self.scroll.cursor = self.first_wanting();
        self
    }

    /// Gives it the name that follows.
    pub(super) fn name_itself(&mut self) {
        let name = self.own_name();
        if let Some(field) = self.fields.iter().find(|f| f.path() == "name") {
            self.draft.set(field, &name);
        }
        self.check();
    }
}
