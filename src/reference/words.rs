//! Words that stand in lines and lists, with their meanings.

use super::{Table, code};
use crate::domain::finding::FindingKind;
use crate::domain::run::{Action, Operation, Outcome, Reason, RunState};
use crate::engine::failure::ErrorCode;

pub(super) fn text() -> String {
    let mut out = String::from(
        "Scripts may rely on these words: new ones may come, none changes its meaning. The console and the tables of the command line\n\
         use the same ones.\n",
    );
    let mut section = |title: &str, about: &str, words: Vec<(&'static str, &'static str)>| {
        let mut table = Table::new(&["word", "meaning"]);
        for (word, meaning) in words {
            table.row(&[&code(word), meaning]);
        }
        out.push_str(&format!("\n## {title}\n\n{about}\n\n{}", table.text()));
    };
    macro_rules! of {
        ($words:ty) => {
            <$words>::ALL.iter().map(|word| (word.as_str(), word.meaning())).collect()
        };
    }
    section("Actions", "`action` of an `item` line: intended for the item.", of!(Action));
    section("Outcomes", "`outcome` of an `item` line: every item ends in exactly one.", of!(Outcome));
    section("Reasons", "`reason` of an `item` line: why it was not simply written.", of!(Reason));
    section("States of a run", "`state` of a `run` line.", of!(RunState));
    section("Operations", "`operation` of a plan and of a `run` line.", of!(Operation));
    section("Findings", "`kind` of a `finding` line, from the doctor, a comparison or a preview.", of!(FindingKind));
    section("Error codes", "`code` of an `error` line. Its `hint` says what can be done about it.", of!(ErrorCode));
    out
}
