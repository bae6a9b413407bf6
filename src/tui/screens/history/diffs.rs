//! Comparisons: what is asked for, what was answered, and never more than one at work.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use super::{changes, document};
use crate::domain::diff::diff_rows;
use crate::domain::row::{Row, TableKind};
use crate::engine::failure::Failure;
use crate::engine::protocol::{DiffResult, RequestId, Side};
use crate::tui::screens::history::document::Document;
use crate::tui::screens::history::sides::Sides;

/// Comparisons kept ready.
const KEPT: usize = 16;

/// A comparison that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiffKey {
    /// Before.
    pub(crate) from: Side,
    /// After. The same as `from` for an entity's first version: all of it is new then.
    pub(crate) to: Side,
    /// Bookkeeping fields too.
    pub(crate) all: bool,
    /// The selected version is the one before, not the one after.
    pub(crate) selected_first: bool,
}

impl DiffKey {
    /// Whether there is nothing to compare with.
    pub(crate) fn is_first(&self) -> bool {
        self.from == self.to
    }
}

/// A comparison made readable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DiffView {
    /// The changes.
    pub(crate) changes: Document,
    /// The selected version's row.
    pub(crate) row: Document,
    /// The selected version's row as it is.
    pub(crate) stored: Arc<Row>,
    /// Table that it came from.
    pub(crate) found: TableKind,
    /// The answer itself, with the changes of a first version filled in.
    pub(crate) result: DiffResult,
    /// Bookkeeping fields take part.
    all: bool,
    /// Both versions beside each other, once somebody wanted to see them so.
    sides: OnceLock<Sides>,
}

impl DiffView {
    /// Makes an answer readable. Rows may be large: do it beside the loop.
    pub(crate) fn new(key: &DiffKey, mut result: DiffResult) -> Self {
        if key.is_first() {
            result.changes = diff_rows(&Row::default(), &result.after, key.all);
        }
        let (stored, found) = if key.selected_first {
            (result.before.clone(), result.from_found)
        } else {
            (result.after.clone(), result.to_found)
        };
        let (changes, row) = (changes::document(&result.changes), document::row(&stored));
        Self { changes, row, stored, found, result, all: key.all, sides: OnceLock::new() }
    }

    /// Both versions beside each other.
    pub(crate) fn sides(&self) -> &Sides {
        self.sides.get_or_init(|| Sides::of(&self.result, self.is_first(), self.all))
    }

    /// Whether there is nothing before it.
    pub(crate) fn is_first(&self) -> bool {
        self.result.from == self.result.to
    }
}

/// Comparisons of one opened entity.
#[derive(Debug, Default)]
pub(crate) struct Diffs {
    ready: VecDeque<(DiffKey, Arc<DiffView>)>,
    asked: Option<Asked>,
    building: Option<DiffKey>,
    failed: Option<(DiffKey, Failure)>,
}

#[derive(Debug)]
struct Asked {
    request: RequestId,
    key: DiffKey,
    given_up: bool,
}

/// Next step, so that a wanted comparison comes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: it is there, on its way, or failed.
    Nothing,
    /// Ask for it.
    Ask,
    /// Give up the one at work first.
    GiveUp(RequestId),
}

impl Diffs {
    /// A comparison that is ready.
    pub(crate) fn get(&self, key: &DiffKey) -> Option<Arc<DiffView>> {
        self.ready.iter().find(|(k, _)| k == key).map(|(_, view)| view.clone())
    }

    /// Why a comparison failed.
    pub(crate) fn failure(&self, key: &DiffKey) -> Option<&Failure> {
        self.failed.as_ref().filter(|(k, _)| k == key).map(|(_, failure)| failure)
    }

    /// Next step, so that a comparison comes. Older ones are given up, never queued.
    pub(crate) fn next(&mut self, wanted: &DiffKey) -> Next {
        if self.get(wanted).is_some() || self.failure(wanted).is_some() {
            return Next::Nothing;
        }
        match &mut self.asked {
            Some(asked) if asked.key == *wanted || asked.given_up => Next::Nothing,
            Some(asked) => {
                asked.given_up = true;
                Next::GiveUp(asked.request)
            }
            None if self.building.as_ref() == Some(wanted) => Next::Nothing,
            None => Next::Ask,
        }
    }

    /// It was asked for.
    pub(crate) fn ask(&mut self, key: DiffKey, request: RequestId) {
        self.failed = None;
        self.asked = Some(Asked { request, key, given_up: false });
    }

    /// The engine answered: whether anybody still wants it made readable.
    pub(crate) fn answered(&mut self, key: &DiffKey) -> bool {
        let wanted = self.asked.as_ref().is_some_and(|a| a.key == *key && !a.given_up);
        if wanted {
            self.building = Some(key.clone());
        }
        wanted
    }

    /// The engine failed.
    pub(crate) fn fail(&mut self, key: DiffKey, failure: Failure) {
        self.failed = Some((key, failure));
    }

    /// The engine is done with it. One that brought neither an answer nor a reason counts as failed.
    pub(crate) fn finish(&mut self, request: RequestId, cancelled: bool, otherwise: impl Fn() -> Failure) {
        let Some(asked) = self.asked.take_if(|a| a.request == request) else { return };
        let answered = self.building.as_ref() == Some(&asked.key) || self.get(&asked.key).is_some();
        if !answered && !cancelled && !asked.given_up && self.failure(&asked.key).is_none() {
            self.failed = Some((asked.key, otherwise()));
        }
    }

    /// It is readable now.
    pub(crate) fn ready(&mut self, key: DiffKey, view: DiffView) {
        self.building.take_if(|k| *k == key);
        if self.ready.len() >= KEPT {
            self.ready.pop_front();
        }
        self.ready.push_back((key, Arc::new(view)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::{EntityKey, Version};
    use crate::engine::failure::ErrorCode;
    use crate::engine::protocol::EntityRef;

    fn key(n: u64) -> DiffKey {
        let side = |n| Side {
            entity: EntityRef { module: "product".into(), key: EntityKey::new("P#a", "x") },
            version: Some(Version(n)),
        };
        DiffKey { from: side(n - 1), to: side(n), all: false, selected_first: false }
    }

    fn view(key: &DiffKey) -> DiffView {
        let result = DiffResult {
            from: key.from.clone(),
            to: key.to.clone(),
            from_found: TableKind::History,
            to_found: TableKind::Data,
            before: Arc::default(),
            after: Arc::default(),
            changes: vec![],
        };
        DiffView::new(key, result)
    }

    fn failure() -> Failure {
        Failure::new(ErrorCode::Internal, "no answer")
    }

    #[test]
    fn stepping_fast_gives_the_older_one_up_and_queues_nothing() {
        let mut diffs = Diffs::default();
        assert_eq!(diffs.next(&key(9)), Next::Ask);
        diffs.ask(key(9), RequestId(1));
        assert_eq!(diffs.next(&key(9)), Next::Nothing);
        assert_eq!(diffs.next(&key(8)), Next::GiveUp(RequestId(1)));
        for n in (2..8).rev() {
            assert_eq!(diffs.next(&key(n)), Next::Nothing);
        }
        assert!(!diffs.answered(&key(9)), "nobody wants it any more");
        diffs.finish(RequestId(1), true, failure);
        assert_eq!(diffs.next(&key(2)), Next::Ask);
    }

    #[test]
    fn an_answer_is_kept() {
        let mut diffs = Diffs::default();
        diffs.ask(key(5), RequestId(1));
        assert!(diffs.answered(&key(5)));
        diffs.finish(RequestId(1), false, failure);
        assert_eq!(diffs.next(&key(5)), Next::Nothing, "being made readable");
        diffs.ready(key(5), view(&key(5)));
        assert_eq!(diffs.next(&key(5)), Next::Nothing);
        for n in 10..10 + KEPT as u64 {
            diffs.ready(key(n), view(&key(n)));
        }
        assert_eq!(diffs.next(&key(5)), Next::Ask, "long ago");
    }

    #[test]
    fn no_answer_is_a_failure_and_is_not_asked_again_and_again() {
        let mut diffs = Diffs::default();
        diffs.ask(key(5), RequestId(1));
        diffs.finish(RequestId(1), false, failure);
        assert_eq!(diffs.failure(&key(5)).unwrap().message, "no answer");
        assert_eq!(diffs.next(&key(5)), Next::Nothing);
    }
}
