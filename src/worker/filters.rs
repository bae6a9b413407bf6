//! A plan's changes, where filters are among them: evaluated in a worker.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexSet;

use super::child::{APPLY, CHANGE, FILTER};
use super::session::{Refused, Session, try_out};
use super::wire::{Reader, Writer};
use crate::domain::plan::{Change, Validate};
use crate::domain::run::Reason;
use crate::domain::transform::{BadFilter, Brought, Changing, Evaluate};
use crate::domain::value::Map;

/// Texts whose check is remembered: a plan is read again at every change of its form.
const REMEMBERED: usize = 32;

/// A plan's changes; `now` is the run's time. Those with filters are evaluated in a worker.
///
/// # Errors
/// [`BadFilter`] for a filter that cannot be read, or whose worker does not survive the reading.
pub fn changing(change: &Change, now: &str) -> Result<Changing, BadFilter> {
    Changing::new(change, now, || evaluator(change, now))
}

fn evaluator(change: &Change, now: &str) -> Result<Arc<dyn Evaluate>, BadFilter> {
    // Unit tests are no program that could be started again.
    #[cfg(test)]
    if super::program().is_none() {
        return Ok(Arc::new(crate::domain::transform::Rules::new(change, now)?));
    }
    let change = Change { validate: Validate::default(), ..change.clone() };
    let json = serde_json::to_string(&change).map_err(|error| BadFilter(error.to_string()))?;
    let mut setup = Writer::of(CHANGE);
    setup.text(&json);
    setup.text(now);
    let session = Session::open(setup).map_err(bad)?;
    Ok(Arc::new(Elsewhere { session, ready: Mutex::default() }))
}

/// Whether a filter can be read.
///
/// # Errors
/// [`BadFilter`] with jq's own words, or with what became of the worker that read it.
pub fn check_filter(text: &str) -> Result<(), BadFilter> {
    #[cfg(test)]
    if super::program().is_none() {
        return crate::domain::transform::Filter::new(text).map(drop);
    }
    static CHECKED: Remembered = Remembered::new();
    CHECKED
        .of(text, || {
            let mut setup = Writer::of(FILTER);
            setup.text(text);
            try_out(&setup)
        })
        .map_err(bad)
}

fn bad(refused: Refused) -> BadFilter {
    match refused {
        Refused::Unreadable(words) => BadFilter(words),
        Refused::Ended(words) => BadFilter(format!("reading the filter {words}")),
    }
}

/// Results for texts that were checked lately.
#[derive(Debug)]
pub(super) struct Remembered(Mutex<VecDeque<(String, Result<(), String>)>>);

impl Remembered {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// Result for a text. That a worker ended over it is not remembered: the machine may have been at its limit.
    pub(super) fn of(&self, text: &str, check: impl FnOnce() -> Result<(), Refused>) -> Result<(), Refused> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = lock().iter().find(|(checked, _)| checked == text) {
            return known.clone().map_err(Refused::Unreadable);
        }
        let result = check();
        let known = match &result {
            Ok(()) => Ok(()),
            Err(Refused::Unreadable(words)) => Err(words.clone()),
            Err(Refused::Ended(_)) => return result,
        };
        let mut all = lock();
        all.truncate(REMEMBERED - 1);
        all.push_front((text.to_owned(), known));
        result
    }
}

/// Changes that a worker carries out.
#[derive(Debug)]
struct Elsewhere {
    session: Session,
    /// Results worked out before they were asked for, by the attributes as they are sent.
    ready: Mutex<HashMap<Vec<u8>, Brought>>,
}

impl Evaluate for Elsewhere {
    fn apply(&self, attributes: &Map) -> Brought {
        let sent = sent(attributes);
        let known = self.ready.lock().unwrap_or_else(PoisonError::into_inner).get(&sent).cloned();
        known.unwrap_or_else(|| self.evaluate(&[sent]).pop().unwrap_or(Brought::Equal))
    }

    fn prepare(&self, attributes: &[Map]) {
        // Equal ones once, in their order: where it becomes hopeless, the first that failed is the first that was tried.
        let all: Vec<Vec<u8>> = attributes.iter().map(sent).collect::<IndexSet<_>>().into_iter().collect();
        let brought = self.evaluate(&all);
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.clear();
        ready.extend(all.into_iter().zip(brought));
    }

    fn is_hopeless(&self) -> bool {
        self.session.is_hopeless()
    }
}

impl Elsewhere {
    fn evaluate(&self, all: &[Vec<u8>]) -> Vec<Brought> {
        let refused = |words: String| Brought::Refused(Reason::Transform, words);
        let answers = self.session.ask(APPLY, all).into_iter().map(|answer| match answer {
            Ok(answer) => Reader::new(&answer).brought().unwrap_or_else(|bad| refused(format!("jq: {bad}"))),
            Err(words) => refused(format!("jq: the filter {words}")),
        });
        answers.collect()
    }
}

fn sent(attributes: &Map) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.map(attributes);
    writer.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_remembered_unless_its_worker_ended() {
        let checked = Remembered::new();
        let fresh = |text: &str, result: Result<(), Refused>| {
            let mut asked = false;
            let got = checked.of(text, || {
                asked = true;
                result
            });
            (asked, got)
        };
        let unreadable = || Err(Refused::Unreadable("no".to_owned()));
        assert_eq!(fresh("a", Ok(())), (true, Ok(())));
        assert_eq!(fresh("a", unreadable()), (false, Ok(())));
        assert_eq!(fresh("b", unreadable()), (true, unreadable()));
        assert_eq!(fresh("b", Ok(())), (false, unreadable()));
        let ended = Err(Refused::Ended("took longer than 1 s".to_owned()));
        assert_eq!(fresh("c", ended.clone()), (true, ended));
        assert_eq!(fresh("c", Ok(())), (true, Ok(())));
        (0..REMEMBERED).for_each(|i| drop(fresh(&i.to_string(), Ok(()))));
        assert!(fresh("a", Ok(())).0, "only so many are remembered");
    }
}
