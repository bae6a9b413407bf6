//! The entities of one partition.

use std::collections::BTreeSet;
use std::ops::Range;

use super::entity_columns::{Columns, Kept};
use super::pages::{EntityLine, Pages};
use super::search::Search;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Cursor, DeletedFilter, Listing, RequestId};
use crate::tui::parts::Filter;
use crate::tui::parts::Scroll;
use crate::tui::parts::scroll::Step;

/// Lines that a held key may be ahead of what was read.
const OWED: isize = 100;

/// An opened partition.
#[derive(Debug)]
pub(crate) struct Entities {
    /// Request that the rows are listed by.
    pub(crate) listing: Listing,
    /// Tenant of the partition.
    pub(crate) tenant: String,
    /// Sets apart the answers to an earlier listing.
    pub(crate) generation: u64,
    /// Pages that were read.
    pub(crate) pages: Pages,
    /// The page being read.
    pub(crate) reading: Option<(usize, RequestId)>,
    /// Reading was stopped by the operator; moving on reads on.
    pub(crate) stopped: bool,
    /// Marked sort keys.
    pub(crate) marks: BTreeSet<String>,
    /// Where the range begins that is being marked.
    range: Option<usize>,
    /// The text behind `/`.
    pub(crate) filter: Filter,
    /// Its matches.
    pub(crate) search: Option<Search>,
    /// Why reading failed.
    pub(crate) problem: Option<Failure>,
    scroll: Scroll,
    /// Pages and matches from before a reload: they stay on screen until the line with the cursor was read again.
    old: Option<(Pages, Option<Search>)>,
    /// Lines that the cursor could not go further down yet.
    owed: isize,
    columns: Kept,
}

impl Entities {
    /// A listing of which nothing was read yet.
    pub(crate) fn new(listing: Listing, tenant: String, generation: u64) -> Self {
        Self {
            listing,
            tenant,
            generation,
            pages: Pages::default(),
            reading: None,
            stopped: false,
            marks: BTreeSet::new(),
            range: None,
            filter: Filter::default(),
            search: None,
            problem: None,
            scroll: Scroll::default(),
            old: None,
            owed: 0,
            columns: Kept::default(),
        }
    }

    /// Module of the listing.
    pub(crate) fn module(&self) -> &str {
        &self.listing.module
    }

    /// Lines in the list as it is filtered now.
    pub(crate) fn len(&self) -> usize {
        let (pages, search) = self.on_screen();
        search.map_or_else(|| pages.len(), |s| s.matches().len())
    }

    /// A line by its place; `None` while its page is away.
    pub(crate) fn get(&self, index: usize) -> Option<&EntityLine> {
        match self.on_screen() {
            (_, Some(search)) => search.matches().get(index),
            (pages, None) => pages.get(index),
        }
    }

    fn on_screen(&self) -> (&Pages, Option<&Search>) {
        let old = self.old.as_ref().map(|(pages, search)| (pages, search.as_ref()));
        old.unwrap_or((&self.pages, self.search.as_ref()))
    }

    /// Whether what is on screen was read before the last reload, which has brought nothing yet.
    pub(crate) fn is_old(&self) -> bool {
        self.old.is_some()
    }

    /// Reads the partition again, under another generation; the filter, the marks and the cursor stay.
    pub(crate) fn read_again(&mut self, generation: u64) {
        self.generation = generation;
        self.range = None;
        let cursor = self.cursor();
        let (pages, search) = (std::mem::take(&mut self.pages), self.search.take());
        // Where the last reload brought nothing, what was there before it is still the best there is.
        if self.old.is_none() && pages.pages() > 0 {
            self.old = Some((pages, search));
        }
        (self.problem, self.stopped, self.reading) = (None, false, None);
        self.search = self.filter.active().then(|| Search::whole_at(cursor));
    }

    /// A page came in.
    pub(crate) fn take_page(&mut self, page: usize, rows: Vec<EntityLine>, next: Option<Cursor>) {
        self.columns.read(rows.iter());
        self.pages.fill(page, rows, next);
        let cursor = self.cursor();
        let reaches = match &mut self.search {
            Some(search) => {
                search.advance(&self.filter, &self.pages);
                cursor < search.matches().len() || !search.more(&self.pages)
            }
            None => cursor < self.pages.len() || self.pages.complete(),
        };
        // A list that is shorter than it was would take the cursor up.
        if self.old.is_some() && !reaches {
            return;
        }
        self.old = None;
        let owed = std::mem::take(&mut self.owed);
        if owed > 0 {
            self.step(Step::Lines(owed));
        }
    }

    /// The selected line.
    pub(crate) fn selected(&self) -> Option<&EntityLine> {
        self.get(self.cursor())
    }

    /// Place of the cursor.
    pub(crate) fn cursor(&self) -> usize {
        self.search.as_ref().map_or(self.scroll.cursor, |s| s.scroll.cursor)
    }

    /// Puts the cursor, while nobody has moved it, on an entity that is open beside the list.
    pub(crate) fn stand_on(&mut self, sk: &str) {
        if self.scroll.cursor > 0 || self.search.is_some() {
            return;
        }
        let found = (0..self.pages.len()).find(|i| self.pages.get(*i).is_some_and(|line| line.sk() == sk));
        self.scroll.cursor = found.unwrap_or_default();
    }

    /// Moves the cursor.
    pub(crate) fn step(&mut self, step: Step) {
        let len = self.len();
        self.stopped = false;
        let before = self.cursor();
        match &mut self.search {
            Some(search) => search.scroll.step(step, len),
            None => self.scroll.step(step, len),
        }
        // A key that is held goes on behind the last line read so far, as soon as there is one.
        let more = self.search.is_none() && !self.pages.complete();
        self.owed = match step {
            Step::Lines(n) if n > 0 && more => {
                let gone = isize::try_from(self.cursor() - before).unwrap_or(0);
                (self.owed + n - gone).clamp(0, OWED)
            }
            _ => 0,
        };
    }

    /// The lines to draw.
    pub(crate) fn window(&mut self, height: usize) -> Range<usize> {
        let len = self.len();
        match &mut self.search {
            Some(search) => search.scroll.window(len, height),
            None => self.scroll.window(len, height),
        }
    }

    /// The columns that it is drawn in.
    pub(super) fn columns(&mut self, room: usize) -> Columns {
        self.columns.columns(room, self.listing.view.is_some())
    }

    /// Puts a newer line in the place of the one with its key; whether there was one.
    pub(crate) fn replace(&mut self, line: EntityLine) -> bool {
        self.columns.read(std::iter::once(&line));
        if let Some(search) = &mut self.search {
            search.replace(&line);
        }
        self.pages.replace(line)
    }

    /// The filter's text changed.
    pub(crate) fn filter_typed(&mut self) {
        self.range = None;
        self.search = self.filter.active().then(|| Search::peek(&self.filter, &self.pages));
    }

    /// The filter is kept: search the whole partition.
    pub(crate) fn filter_kept(&mut self) {
        self.range = None;
        self.search = self.filter.active().then(Search::whole);
        self.stopped = false;
    }

    /// Without the filter.
    pub(crate) fn unfilter(&mut self) {
        self.filter.clear();
        self.range = None;
        // The row stays under the cursor, not its number among those found.
        if let Some(place) = self.search.take().and_then(|search| search.place(search.scroll.cursor)) {
            self.scroll.cursor = place;
        }
    }

    /// The page to read next, if any.
    pub(crate) fn wanted(&mut self) -> Option<usize> {
        // A search looks at a page as soon as it is there: a moment later its rows may be let go.
        let next = match &mut self.search {
            Some(search) => search.advance(&self.filter, &self.pages),
            None => {
                let shown = self.scroll.visible();
                let start = shown.start.min(self.scroll.cursor);
                let end = shown.end.max(self.scroll.cursor + 1);
                self.pages.wanted(&(start..end))
            }
        };
        let failed = self.problem.as_ref().is_some_and(|p| p.fatal);
        next.filter(|_| self.reading.is_none() && !self.stopped && !failed)
    }

    /// After a page came in: keep only what is near.
    pub(crate) fn tidy(&mut self) {
        // A range is marked by the sort keys of its rows.
        if self.range.is_none() {
            self.pages.forget_far_from(self.scroll.cursor);
        }
    }

    /// Begins a range of marks at the cursor.
    pub(super) fn begin_range(&mut self) {
        self.range = (self.len() > 0).then(|| self.cursor());
    }

    /// Where the range began.
    pub(super) fn range_begun(&self) -> Option<usize> {
        self.range.map(|from| from.min(self.len().saturating_sub(1)))
    }

    /// Gives the range up; whether there was one.
    pub(crate) fn drop_range(&mut self) -> bool {
        self.range.take().is_some()
    }

    /// The next choice of what to do with deleted entities.
    pub(crate) fn next_deleted(&self) -> DeletedFilter {
        match self.listing.deleted {
            DeletedFilter::Keep => DeletedFilter::Skip,
            DeletedFilter::Skip => DeletedFilter::Only,
            DeletedFilter::Only => DeletedFilter::Keep,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::failure::ErrorCode;

    #[test]
    fn only_what_ended_the_reading_ends_it() {
        let listing = Listing {
            module: "product".into(),
            pk: "PRODUCT#acme".into(),
            sk_prefix: String::new(),
            deleted: DeletedFilter::Keep,
            resolve: false,
            view: None,
        };
        let mut list = Entities::new(listing, "acme".into(), 1);
        let failure = Failure::new(ErrorCode::NoTable, "there is no command table");
        list.problem = Some(failure.clone().not_fatal());
        assert_eq!(list.wanted(), Some(0));
        list.problem = Some(failure);
        assert_eq!(list.wanted(), None);
    }
}
