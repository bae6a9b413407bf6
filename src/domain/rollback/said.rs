//! Moments of a plan as people say them, made into times.

use crate::domain::clock::{Now, moment, utc_millis};
use crate::domain::plan::{RollTo, Said};

/// Why a moment that is said cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMoment {
    /// It is none.
    #[error("{0:?} is no moment")]
    None(String),
    /// A window's end is before its beginning.
    #[error("rollback.window ends before it begins: {0}")]
    Backwards(String),
}

/// How far back a plan goes, moments turned into times, and what each was taken for.
///
/// # Errors
/// [`BadMoment`] where one is none, or where a window ends before it begins.
pub fn in_time(to: &RollTo, now: &Now) -> Result<(RollTo, Vec<String>), BadMoment> {
    let RollTo::Said(said) = to else { return Ok((to.clone(), Vec::new())) };
    let time = |text: &String| moment(text, now).ok_or_else(|| BadMoment::None(text.clone()));
    let note = |key: &str, text: &str, at| format!("rollback.{key}: {}", now.taken(text, at));
    Ok(match said {
        Said::Time(text) => {
            let at = time(text)?;
            (RollTo::Time(at), vec![note("to_time", text, at)])
        }
        Said::BeforeMigratedAt(text) => {
            let at = time(text)?;
            (RollTo::BeforeMigratedAt(utc_millis(at)), vec![note("before_migrated_at", text, at)])
        }
        Said::Window(first, last) => {
            let (from, to) = (time(first)?, time(last)?);
            let notes = vec![note("window", first, from), note("window", last, to)];
            if from > to {
                return Err(BadMoment::Backwards(notes.join("; ")));
            }
            (RollTo::Window { from, to }, notes)
        }
    })
}
