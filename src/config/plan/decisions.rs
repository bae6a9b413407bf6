//! Decisions about single keys in a plan's text: `[[normalize.decide]]`, one added, changed or taken away, everything else as it was
//! written.

use super::draft::{Draft, list, quoted};
use super::steps::{CannotEdit, Steps};
use crate::domain::plan::Decided;

/// The text is written in a way that a decision cannot be put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the plan's text cannot take the decision as it is written: add [[normalize.decide]] to it in the editor")]
pub struct CannotDecide;

impl From<CannotEdit> for CannotDecide {
    fn from(_: CannotEdit) -> Self {
        Self
    }
}

impl Draft {
    /// Writes a decision; an earlier one for the same key is changed where it stands.
    ///
    /// # Errors
    /// [`CannotDecide`]; the text is as it was then.
    pub fn decide(&mut self, decided: &Decided) -> Result<(), CannotDecide> {
        let (key, value) = match decided.from.as_slice() {
            [one] => ("keep", quoted(one)),
            several => ("merge", list(several)),
        };
        let mut draft = self.clone();
        match draft.decision(&decided.pk, &decided.sk) {
            Some(n) => {
                let place = Steps::Decisions.at(n);
                let old = ["keep", "merge"].into_iter().find(|key| draft.step_shown(place, key, false).is_some());
                draft.step_replace(place, old.ok_or(CannotDecide)?, &format!("{key} = {value}"))?;
            }
            None => {
                let place = Steps::Decisions.at(draft.step_add(Steps::Decisions)?);
                for (key, value) in [("pk", &quoted(&decided.pk)), ("sk", &quoted(&decided.sk)), (key, &value)] {
                    draft.step_write(place, key, value)?;
                }
            }
        }
        if draft.decision(&decided.pk, &decided.sk).is_none() {
            return Err(CannotDecide);
        }
        *self = draft;
        Ok(())
    }

    /// Takes the decision for a key away; comments on lines of their own stay.
    ///
    /// # Errors
    /// [`CannotDecide`]; the text is as it was then.
    pub fn undecide(&mut self, pk: &str, sk: &str) -> Result<(), CannotDecide> {
        let Some(n) = self.decision(pk, sk) else { return Ok(()) };
        Ok(self.step_remove(Steps::Decisions, n)?)
    }

    /// The place of the decision for a key.
    fn decision(&self, pk: &str, sk: &str) -> Option<usize> {
        self.step_with(Steps::Decisions, &[("pk", pk), ("sk", sk)])
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::plan::Work;

    const HEAD: &str = "# why\nname = \"n\"\noperation = \"normalize\"\n";

    fn decided(sk: &str, from: &[&str]) -> Decided {
        let from = from.iter().map(|pk| (*pk).to_owned()).collect();
        Decided { pk: "ORDER#t".into(), sk: sk.into(), from }
    }

    /// Reads the plan's decisions.
    fn read(draft: &Draft) -> Vec<Decided> {
        let plan = super::super::parse(Path::new("p"), draft.text());
        match plan.unwrap_or_else(|e| panic!("{e}\n{}", draft.text())).work {
            Work::Normalize { how, .. } => how.decided,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn decisions_are_added_changed_and_taken_back_wherever_the_plan_has_them() {
        let block = "[[normalize.decide]] # theirs\n# talked to Sato\npk = \"ORDER#t\"\nsk = \"old\" # this\nkeep = \"ORDER#T\" # so\n";
        for text in [
            HEAD.to_owned(),
            HEAD.trim_end().to_owned(),
            format!("{HEAD}\n[normalize]\nsequences = false\n\n[run]\nbatch = 5 # few\n"),
            format!("{HEAD}\n{block}\n[run]\nbatch = 5\n"),
            format!("{HEAD}normalize = {{ sequences = false }}\n"),
            format!("{HEAD}normalize = {{ }}\n"),
            format!("{HEAD}normalize.sequences = false\n"),
            format!("{HEAD}[normalize]\ndecide = [] # none yet\n"),
            format!(
                "{HEAD}[normalize]\ndecide = [\n  {{ pk = \"ORDER#t\", sk = \"old\", keep = \"ORDER#T\" }}, # x\n]\n"
            ),
        ] {
            let mut draft = Draft::new(text.clone());
            let before = read(&draft);
            let (one, two) = (decided("A \"1\"", &["ORDER#T"]), decided("A-2", &["ORDER#t", "ORDER#T"]));
            draft.decide(&one).unwrap();
            draft.decide(&two).unwrap();
            assert_eq!(read(&draft), [before.clone(), vec![one.clone(), two.clone()]].concat(), "{}", draft.text());
            // Another decision about the same key stands where the first one stood.
            let other = decided("A \"1\"", &["ORDER#T", "ORDER#t"]);
            draft.decide(&other).unwrap();
            assert_eq!(read(&draft), [before.clone(), vec![other, two.clone()]].concat(), "{}", draft.text());
            draft.undecide("ORDER#t", "A \"1\"").unwrap();
            assert_eq!(read(&draft), [before.clone(), vec![two]].concat(), "{}", draft.text());
            draft.undecide("ORDER#t", "A-2").unwrap();
            draft.undecide("ORDER#t", "never decided").unwrap();
            assert_eq!(read(&draft), before, "{}", draft.text());
            for comment in text.lines().filter_map(|l| l.split_once('#').map(|(_, c)| c)).filter(|c| !c.contains('"')) {
                assert!(draft.text().contains(comment), "{comment} of\n{text}\nis lost in\n{}", draft.text());
            }
        }
    }

    #[test]
    fn a_plan_is_as_it_was_once_its_decisions_are_taken_back() {
        let text = format!("{HEAD}\n[run]\nbatch = 5 # few\n");
        let mut draft = Draft::new(text.clone());
        for sk in ["a", "b", "c"] {
            draft.decide(&decided(sk, &["ORDER#T"])).unwrap();
        }
        for sk in ["b", "c", "a"] {
            draft.undecide("ORDER#t", sk).unwrap();
        }
        assert_eq!(draft.text(), text);
    }

    #[test]
    fn a_comment_inside_of_a_decision_outlives_it() {
        let text = format!(
            "{HEAD}\n[[normalize.decide]]\n# talked to [[Sato]]\npk = \"ORDER#t\"\nsk = \"x\"\nkeep = \"ORDER#T\" # so\n\n[run]\nbatch = 5\n"
        );
        let mut draft = Draft::new(text);
        draft.undecide("ORDER#t", "x").unwrap();
        assert_eq!(draft.text(), format!("{HEAD}\n# talked to [[Sato]]\n\n[run]\nbatch = 5\n"));
    }

    #[test]
    fn what_cannot_take_a_decision_stays_as_it_is() {
        for text in ["name = ", "[normalize]\ndecide = 3\n", "normalize = 3\n"] {
            let mut draft = Draft::new(text);
            assert_eq!(draft.decide(&decided("x", &["ORDER#T"])), Err(CannotDecide), "{text}");
            assert_eq!(draft.text(), text);
        }
    }
}
