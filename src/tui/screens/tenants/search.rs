//! A filter over a listing: at first over what is there, then, once it is kept, over the whole partition.

use super::pages::{EntityLine, Pages};
use crate::tui::parts::Filter;
use crate::tui::parts::Scroll;

/// Matches kept at most.
pub(crate) const MOST: usize = 2_000;
/// Matches below the cursor that are searched for before it arrives.
const AHEAD: usize = 60;

/// Matches of a filter so far.
#[derive(Debug, Default)]
pub(crate) struct Search {
    matches: Vec<EntityLine>,
    /// The place of each in the listing.
    places: Vec<usize>,
    next_page: usize,
    whole: bool,
    stopped: bool,
    /// Cursor among the matches.
    pub(crate) scroll: Scroll,
}

impl Search {
    /// Looks only at what is there, while the filter is being typed.
    pub(crate) fn peek(filter: &Filter, pages: &Pages) -> Self {
        let found = pages.loaded().filter(|(_, l)| filter.accepts(l.texts())).take(MOST);
        let (places, matches) = found.map(|(place, line)| (place, line.clone())).unzip();
        // Where all rows are there, this was the whole partition: nothing is left to promise.
        let whole = pages.all_there();
        let next_page = if whole { pages.pages() } else { 0 };
        Self { matches, places, next_page, whole, ..Self::default() }
    }

    /// Looks at the whole partition, from its beginning.
    pub(crate) fn whole() -> Self {
        Self { whole: true, ..Self::default() }
    }

    /// The same with the cursor on a match that was found before.
    pub(crate) fn whole_at(cursor: usize) -> Self {
        let mut search = Self::whole();
        search.scroll.cursor = cursor;
        search
    }

    /// The place of a match in the listing.
    pub(crate) fn place(&self, at: usize) -> Option<usize> {
        self.places.get(at).copied()
    }

    /// The matches so far.
    pub(crate) fn matches(&self) -> &[EntityLine] {
        &self.matches
    }

    /// Puts a newer line in the place of the one with its key.
    pub(crate) fn replace(&mut self, line: &EntityLine) {
        if let Some(known) = self.matches.iter_mut().find(|known| known.entity.key == line.entity.key) {
            known.clone_from(line);
        }
    }

    /// Whether more matches may follow.
    pub(crate) fn more(&self, pages: &Pages) -> bool {
        let over = self.whole && self.next_page >= pages.pages() && pages.complete();
        !self.full() && !over
    }

    /// Whether matches were left off.
    pub(crate) fn full(&self) -> bool {
        self.matches.len() >= MOST
    }

    /// Whether the operator stopped it.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped
    }

    /// Stops looking; what was found stays.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Goes through the pages that are there, and says which one is wanted next.
    pub(crate) fn advance(&mut self, filter: &Filter, pages: &Pages) -> Option<usize> {
        while self.whole && !self.stopped && self.matches.len() < self.scroll.cursor + self.scroll.height() + AHEAD {
            if self.full() || !self.more(pages) {
                return None;
            }
            let Some(rows) = pages.rows(self.next_page) else { return Some(self.next_page) };
            let room = MOST - self.matches.len();
            let first = pages.first(self.next_page);
            let found = rows.iter().enumerate().filter(|(_, l)| filter.accepts(l.texts())).take(room);
            for (at, line) in found {
                self.places.push(first + at);
                self.matches.push(line.clone());
            }
            self.next_page += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::pages::PAGE;
    use super::super::pages::tests::line;
    use super::*;
    use crate::engine::protocol::{Cursor, CursorAt};

    #[test]
    fn the_whole_partition_is_searched_page_by_page() {
        let mut filter = Filter::default();
        filter.paste("-000350");
        let mut pages = Pages::default();
        let mut search = Search::whole();
        let mut asked = Vec::new();
        while let Some(page) = search.advance(&filter, &pages) {
            asked.push(page);
            let rows = (page * PAGE..(page + 1) * PAGE).map(line).collect();
            pages.fill(page, rows, (page < 4).then_some(Cursor::from(CursorAt::Data(None))));
        }
        assert_eq!(asked, [0, 1, 2, 3, 4]);
        assert_eq!(search.matches().iter().map(EntityLine::sk).collect::<Vec<_>>(), ["P-000350"]);
        assert!(!search.more(&pages));
    }

    #[test]
    fn a_list_that_is_all_there_is_searched_whole_while_the_filter_is_typed() {
        let mut filter = Filter::default();
        filter.paste("-000003");
        let mut pages = Pages::default();
        pages.fill(0, (0..PAGE).map(line).collect(), Some(Cursor::from(CursorAt::Data(None))));
        assert!(Search::peek(&filter, &pages).more(&pages));
        pages.fill(1, vec![line(PAGE)], None);
        let mut search = Search::peek(&filter, &pages);
        assert!(!search.more(&pages));
        assert_eq!((search.advance(&filter, &pages), search.matches().len()), (None, 1));
        // Rows that were let go of were not looked at.
        pages.forget_all();
        assert!(Search::peek(&filter, &pages).more(&pages));
    }

    #[test]
    fn it_waits_when_enough_was_found_and_goes_on_with_the_cursor() {
        let mut filter = Filter::default();
        filter.paste("item");
        let mut pages = Pages::default();
        pages.fill(0, (0..PAGE).map(line).collect(), Some(Cursor::from(CursorAt::Data(None))));
        let mut search = Search::whole();
        assert_eq!(search.advance(&filter, &pages), None);
        assert!(search.more(&pages));
        search.scroll.cursor = 50;
        assert_eq!(search.advance(&filter, &pages), Some(1));
        search.stop();
        assert_eq!(search.advance(&filter, &pages), None);
    }
}
