//! A listing that is read page by page from the engine's database, and of which only the pages round the cursor are held.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Scroll;
use super::scroll::Step;
use crate::engine::protocol::RequestId;

/// Lines asked for at once.
pub(crate) const PAGE: u64 = 100;
/// Pages kept on either side of the cursor.
const KEEP: u64 = 4;

/// The listing.
#[derive(Debug)]
pub(crate) struct Paged<T> {
    /// Lines in all; unknown until the first page is there.
    pub(crate) total: Option<u64>,
    pages: BTreeMap<u64, Vec<T>>,
    asked: Option<RequestId>,
    /// Asked for of the lines that were listed before.
    stale: Option<RequestId>,
    /// Number of the item whose line the cursor is to stand on once its page is there.
    near: Option<u64>,
    pub(crate) scroll: Scroll,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self { total: None, pages: BTreeMap::new(), asked: None, stale: None, near: None, scroll: Scroll::default() }
    }
}

impl<T> Paged<T> {
    /// A listing of other lines in its place, the cursor on the line of an item where that is among them. What is still being read of
    /// these is waited for, so that one page is read at a time however fast somebody types.
    pub(crate) fn again(&self, near: Option<u64>) -> Self {
        Self { stale: self.asked.or(self.stale), near: near.or(self.near), ..Self::default() }
    }

    /// Number of the item whose page is wanted instead of the first one.
    pub(crate) fn near(&self) -> Option<u64> {
        self.near
    }

    /// Lines of the list.
    pub(crate) fn len(&self) -> usize {
        self.total.and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
    }

    /// A line by its place; `None` while its page is away.
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let index = index as u64;
        self.pages.get(&(index / PAGE))?.get(usize::try_from(index % PAGE).ok()?)
    }

    /// The line under the cursor.
    pub(crate) fn selected(&self) -> Option<&T> {
        self.get(self.scroll.cursor)
    }

    /// Moves the cursor; whether it stands elsewhere now.
    pub(crate) fn step(&mut self, step: Step) -> bool {
        let before = self.scroll.cursor;
        let len = self.len();
        self.scroll.step(step, len);
        self.scroll.cursor != before
    }

    /// The lines to draw.
    pub(crate) fn window(&mut self, height: usize) -> Range<usize> {
        let len = self.len();
        self.scroll.window(len, height)
    }

    /// The page that should be asked for next; those on screen first, one at a time.
    pub(crate) fn wanted(&mut self) -> Option<u64> {
        let cursor = self.scroll.cursor as u64;
        self.pages.retain(|page, _| page.abs_diff(cursor / PAGE) <= KEEP);
        if self.asked.is_some() || self.stale.is_some() {
            return None;
        }
        if self.total.is_none() {
            return Some(0);
        }
        let shown = self.scroll.visible();
        let last = self.len().saturating_sub(1);
        let places = [self.scroll.cursor, shown.start, shown.end];
        let missing = places.iter().map(|i| (*i).min(last) as u64 / PAGE).find(|page| !self.pages.contains_key(page));
        missing.filter(|_| self.len() > 0)
    }

    /// A page was asked for.
    pub(crate) fn asked(&mut self, request: RequestId) {
        self.asked = Some(request);
    }

    /// Whether a page is waited for under a request.
    pub(crate) fn waits_for(&self, request: RequestId) -> bool {
        self.asked == Some(request) || self.is_stale(request)
    }

    /// True for a request that asked for the lines listed before: its answer is none of these.
    pub(crate) fn is_stale(&self, request: RequestId) -> bool {
        self.stale == Some(request)
    }

    /// A page came, of these lines; `is_of` tells the line of an item.
    pub(crate) fn take(&mut self, total: u64, from: u64, lines: Vec<T>, is_of: impl Fn(&T, u64) -> bool) {
        self.total = Some(total);
        let place = self.near.take().and_then(|n| lines.iter().position(|line| is_of(line, n)));
        if let Some(place) = place.and_then(|place| usize::try_from(from).ok()?.checked_add(place)) {
            self.scroll.cursor = place;
        }
        self.pages.insert(from / PAGE, lines);
    }

    /// A request ended.
    pub(crate) fn finish(&mut self, request: RequestId) {
        self.asked.take_if(|r| *r == request);
        self.stale.take_if(|r| *r == request);
    }

    /// Pages that are held.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.pages.len()
    }

    /// Pages that are held at most.
    #[cfg(test)]
    pub(crate) const MOST: usize = 2 * KEEP as usize + 1;
}
