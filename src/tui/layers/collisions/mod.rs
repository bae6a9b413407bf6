//! Keys that several rows want when tenant codes are respelled: which rows, how they differ, and which of them stays.

mod decision;
mod keys;
mod sides;
mod view;

use decision::{Decision, Order};

use crate::domain::run::RunId;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Collision, CollisionFilter, CollisionKey, EntityRef, RequestId};
use crate::tui::paged::Paged;
use crate::tui::panes::Filter;
use crate::tui::widgets::{Rich, Scroll};

/// What the screen lacks.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// A page of the keys, by its number.
    Page(u64),
    /// The rows that want a key.
    Rows(CollisionKey),
}

/// Lines of the rows shown, for a width and a decision.
#[derive(Debug)]
struct Arranged {
    room: usize,
    of: Decision,
    lines: Vec<Rich>,
}

/// The screen.
#[derive(Debug)]
pub(crate) struct Collisions {
    /// The preview that they were found by.
    pub(crate) run: RunId,
    /// Sets apart the answers to an earlier listing.
    pub(crate) generation: u64,
    list: Paged<CollisionKey>,
    /// Only what was undecided when it was previewed.
    only_open: bool,
    filter: Filter,
    asked: Option<(EntityRef, RequestId)>,
    shown: Option<Box<Collision>>,
    arranged: Option<Arranged>,
    problem: Option<Failure>,
    detail: Scroll,
    /// The rows take the whole window.
    whole: bool,
    /// The order of a merge that is being put together.
    order: Option<Order>,
}

impl Collisions {
    /// Of which nothing was read yet.
    pub(crate) fn new(run: RunId, generation: u64) -> Self {
        Self {
            run,
            generation,
            list: Paged::default(),
            only_open: false,
            filter: Filter::default(),
            asked: None,
            shown: None,
            arranged: None,
            problem: None,
            detail: Scroll::default(),
            whole: false,
            order: None,
        }
    }

    /// What the engine is asked for.
    pub(crate) fn filter(&self) -> CollisionFilter {
        CollisionFilter { open: self.only_open, text: self.filter.text().to_owned() }
    }

    /// What should be asked for next.
    pub(crate) fn wanted(&mut self) -> Option<Wanted> {
        // Nothing is asked for again and again once it failed, nor while the filter is still being typed.
        if self.problem.is_some() || self.filter.typing() {
            return None;
        }
        if let Some(page) = self.list.wanted() {
            return Some(Wanted::Page(page));
        }
        let key = self.list.selected()?;
        let is_there = self.shown.as_ref().is_some_and(|s| s.target == key.target);
        (!is_there && self.asked.is_none()).then(|| Wanted::Rows(key.clone()))
    }

    /// It was asked for.
    pub(crate) fn asked(&mut self, wanted: Wanted, request: RequestId) {
        match wanted {
            Wanted::Page(_) => self.list.asked(request),
            Wanted::Rows(key) => self.asked = Some((key.target, request)),
        }
    }

    /// A page came.
    pub(crate) fn take_page(&mut self, total: u64, from: u64, keys: Vec<CollisionKey>) {
        self.list.take(total, from, keys);
    }

    /// The rows of a key came.
    pub(crate) fn take_rows(&mut self, collision: Collision) {
        self.shown = Some(Box::new(collision));
        self.arranged = None;
    }

    /// A request failed.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        self.problem = Some(failure.clone());
    }

    /// A request ended.
    pub(crate) fn finish(&mut self, request: RequestId) {
        self.list.finish(request);
        self.asked.take_if(|(_, r)| *r == request);
    }

    pub(super) fn paste(&mut self, text: &str) {
        if self.filter.typing() {
            self.filter.paste(text);
        }
    }

    /// The rows of the key under the cursor, once they are there.
    fn rows(&self) -> Option<&Collision> {
        let key = self.list.selected()?;
        self.shown.as_deref().filter(|s| s.target == key.target)
    }

    /// Lists anew.
    fn again(&mut self, generation: u64) {
        self.generation = generation;
        self.list = Paged::default();
        self.moved();
    }

    /// The cursor stands on another key.
    fn moved(&mut self) {
        self.asked = None;
        self.problem = None;
        self.detail = Scroll::default();
    }
}
