use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json};

use super::all_words;
use crate::domain::run::Outcome;
use crate::engine::protocol::{RehearsalStep, StepResult};

#[derive(Debug, Serialize)]
pub(in super::super) struct RehearsalLine<'a> {
    event: &'static str,
    step: RehearsalStep,
    outcomes: JsonMap<String, Json>,
    differences: u64,
    message: &'a str,
}

impl<'a> RehearsalLine<'a> {
    pub(in super::super) fn new(step: &'a StepResult) -> Self {
        Self {
            event: "rehearsal",
            step: step.step,
            outcomes: all_words(Outcome::ALL, &step.outcomes),
            differences: step.differences,
            message: &step.message,
        }
    }
}
