//! Rehearsals that were, in the words of the console.

use jiff::Timestamp;

use crate::domain::clock::parse_time;
use crate::engine::protocol::{Rehearsal, Remembered};
use crate::tui::format::{age, count};

/// [`Rehearsal::outcome`].
pub(crate) fn outcome(rehearsal: &Rehearsal) -> String {
    let Rehearsal { done, items, undone, differences, .. } = *rehearsal;
    let (done, items) = (count(done), count(items));
    let words = match (undone == rehearsal.done, differences) {
        (true, 0) => tr!("%{done} of %{items} done and undone", done = done, items = items),
        (_, 0) => tr!("%{done} of %{items} done, %{undone} undone", done = done, items = items, undone = count(undone)),
        (_, more) => tr!(
            "%{done} of %{items} done, %{undone} undone, differences left %{more}",
            done = done,
            items = items,
            undone = count(undone),
            more = count(more)
        ),
    };
    words.into_owned()
}

/// [`Remembered::words`].
pub(crate) fn words(remembered: Option<&Remembered>, now: Timestamp) -> String {
    let Some(Remembered { rehearsal, is_changed }) = remembered else { return tr!("not rehearsed").into_owned() };
    let ago = parse_time(&rehearsal.at).map_or_else(|| tr!("before").into_owned(), |at| age(at, now));
    let outcome = outcome(rehearsal);
    let words = match is_changed {
        false => tr!("rehearsed %{ago}, %{outcome}", ago = ago, outcome = outcome),
        true => tr!("rehearsed %{ago}, %{outcome}; rows were changed since", ago = ago, outcome = outcome),
    };
    words.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_says_what_the_engine_says() {
        let at = "2026-03-10T00:00:00.000Z";
        let now = at.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_mins(12);
        for (undone, differences, is_changed) in [(3_420, 0, false), (3_000, 0, true), (3_000, 12, false)] {
            let rehearsal = Rehearsal {
                at: at.to_owned(),
                plan: String::new(),
                digest: String::new(),
                place: Default::default(),
                items: 3_421,
                done: 3_420,
                undone,
                differences,
                seconds: 1.0,
            };
            assert_eq!(outcome(&rehearsal), rehearsal.outcome());
            let remembered = Remembered { rehearsal, is_changed };
            assert_eq!(words(Some(&remembered), now), Remembered::words(Some(&remembered), now));
        }
        assert_eq!(words(None, now), Remembered::words(None, now));
    }
}
