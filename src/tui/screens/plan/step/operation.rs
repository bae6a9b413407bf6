//! The operation of a transform.

use super::StepForm;
use crate::config::plan::{ALONE, Field, Kind, SHARING};
use crate::tui::app::App;
use crate::tui::screens::plan::editing::Editing;
use crate::tui::screens::plan::form::Form;

/// Those that may share a transform.
pub(super) const GROUP: &str = "rename, default, now, remove";

/// Every operation.
const OPERATIONS: &[&str] =
    &[GROUP, "set", "copy", "lowercase", "uppercase", "trim", "split", "join", "map", "convert", "jq"];

/// The operation of a name.
pub(super) fn known(word: &str) -> Option<&'static str> {
    OPERATIONS.iter().copied().find(|known| *known == word)
}

pub(super) fn words() -> Vec<String> {
    OPERATIONS.iter().map(|word| (*word).to_owned()).collect()
}

/// It, being typed.
pub(super) fn editing(value: &str) -> Editing {
    let of = Field {
        table: "transform",
        key: "operation",
        kind: Kind::Choice(OPERATIONS),
        default: String::new(),
        required: true,
        help: text!("what it does with attributes; rename, default, now and remove may share one, in that order")
            .to_owned(),
    };
    Editing::new(of, value, words())
}

impl StepForm {
    /// The operation that stands in the text, or the one that was chosen.
    pub(super) fn operation(&self, form: &Form) -> Option<&'static str> {
        let keys = form.draft().step_keys(self.place());
        let is_there = |key: &&str| keys.iter().any(|other| other == key);
        let alone = ALONE.iter().copied().find(is_there);
        alone.or_else(|| SHARING.iter().any(is_there).then_some(GROUP)).or(self.chosen)
    }

    /// Another operation: the value of the one before is put aside, and comes back with it.
    pub(super) fn choose(&mut self, app: &mut App, word: &str) {
        let (Some(word), Some(form)) = (known(word), &mut app.plan.form) else { return };
        let before = self.operation(form);
        if before == Some(word) {
            return;
        }
        let keys = |operation: &'static str| if operation == GROUP { SHARING.to_vec() } else { vec![operation] };
        let place = self.place();
        let mut aside = self.aside.clone();
        let changed = form.change(|draft| {
            let there = draft.step_keys(place);
            for key in before.map(keys).unwrap_or_default().into_iter().filter(|key| there.iter().any(|k| k == key)) {
                aside.retain(|(other, _)| *other != key);
                aside.extend(draft.step_literal(place, key).map(|literal| (key, literal)));
                draft.step_clear(place, key)?;
            }
            for key in keys(word) {
                if let Some((_, literal)) = aside.iter().find(|(other, _)| *other == key) {
                    draft.step_write(place, key, literal)?;
                }
            }
            Ok::<_, crate::config::plan::CannotEdit>(())
        });
        match changed {
            Ok(()) => (self.aside, self.chosen) = (aside, Some(word)),
            Err(why) => app.refuse(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_offered() {
        assert_eq!(OPERATIONS[1..], ALONE);
        assert_eq!(GROUP, SHARING.join(", "));
    }
}
