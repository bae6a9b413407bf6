//! The plan's decision about a key, and the order of a merge.

use crate::domain::plan::{Collision as Policy, Decided};
use crate::engine::protocol::{Collision, CollisionKey};
use crate::tui::app::App;

/// Decision about a key as the plan stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decision {
    /// Partition keys of the rows that the target is made from, in their order; none where nobody decided.
    pub(super) from: Vec<String>,
    /// One word, in English.
    pub(super) word: &'static str,
    /// The plan says something else than when it was previewed.
    pub(super) is_new: bool,
    /// Nobody has decided so yet: it is shown while it is put together.
    pub(super) is_proposed: bool,
}

impl Decision {
    /// Whether it still wants one.
    pub(super) fn is_open(&self) -> bool {
        self.word == UNDECIDED
    }
}

/// Decided by the plan's rule for all keys.
pub(super) const MERGE_ALL: &str = text!("merge all");
const UNDECIDED: &str = text!("undecided");

/// Decision about a key by the plan in the pane and by its preview.
pub(super) fn of(app: &App, key: &CollisionKey) -> Decision {
    let same = |d: &&Decided| d.pk == key.target.key.pk.as_str() && d.sk == key.target.key.sk.as_str();
    let before = app.plan.preview.as_ref().and_then(|p| p.decided.iter().find(same));
    let (all, policy) = app.plan.form.as_ref().and_then(|f| f.decisions()).unwrap_or((&[], Policy::Block));
    let now = all.iter().find(same);
    let from = now.map(|d| d.from.clone()).unwrap_or_default();
    let word = match (from.len(), policy) {
        (1, _) => text!("keep"),
        (2.., _) => text!("merge"),
        _ if key.open && before.is_none() => UNDECIDED,
        (_, Policy::Block) => UNDECIDED,
        (_, Policy::Target) => "target",
        (_, Policy::Newest) => "newest",
        (_, Policy::Merge) => MERGE_ALL,
    };
    Decision { from, word, is_new: before != now, is_proposed: false }
}

/// How many decisions the plan holds, and how many of them its preview does not know, or knew otherwise.
pub(super) fn count(app: &App) -> (u64, u64) {
    let before = app.plan.preview.as_ref().map(|p| p.decided.as_slice()).unwrap_or_default();
    let now = app.plan.form.as_ref().and_then(|f| f.decisions()).map(|(all, _)| all).unwrap_or_default();
    let gone = before.iter().filter(|d| !now.iter().any(|n| (&n.pk, &n.sk) == (&d.pk, &d.sk))).count();
    let new = now.iter().filter(|d| !before.contains(d)).count();
    (now.len() as u64, (new + gone) as u64)
}

/// Places of a decision's rows among those that want the key; what is not among them any more is left out.
pub(super) fn places(collision: &Collision, from: &[String]) -> Vec<usize> {
    from.iter().filter_map(|pk| collision.rows.iter().position(|row| row.pk.as_str() == pk)).collect()
}

/// Whether the preview says more about a key than that it is undecided.
pub(super) fn is_worth_reading(collision: &Collision, decision: &Decision, was_open: bool) -> bool {
    let fits = places(collision, &decision.from).len() == decision.from.len();
    !collision.decidable || !fits || (was_open && !decision.from.is_empty() && !decision.is_new)
}

/// The order of a merge: every row once, later ones win.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order(pub(super) Vec<usize>);

impl Order {
    /// By the time of the last change, so that the newest wins; what has no time comes first.
    pub(super) fn by_time(collision: &Collision) -> Self {
        let at = |i: &usize| {
            let changed = collision.rows.get(*i).and_then(|row| row.changed.as_ref());
            changed.and_then(|c| c.at.as_deref()).and_then(crate::domain::clock::parse_time)
        };
        let mut order: Vec<usize> = (0..collision.rows.len()).collect();
        order.sort_by_key(at);
        Self(order)
    }

    /// Lets a row come last, so that it wins.
    pub(super) fn put_last(&mut self, row: usize) {
        if let Some(at) = self.0.iter().position(|i| *i == row) {
            self.0.remove(at);
            self.0.push(row);
        }
    }

    /// As it is shown: numbers from 1, the winner at the end.
    pub(super) fn text(&self) -> String {
        text(&self.0)
    }
}

/// Places as numbers from 1, the winner at the end.
pub(super) fn text(places: &[usize]) -> String {
    places.iter().map(|i| (i + 1).to_string()).collect::<Vec<_>>().join(" < ")
}
