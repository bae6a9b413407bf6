//! A listing that is read page by page, and of which only the pages round the cursor are kept.

use std::ops::Range;

use crate::domain::key::Version;
use crate::domain::timeline::Flag;
use crate::engine::protocol::{Cursor, EntityRef, EntitySummary};
use crate::tui::screens::history::plan_view::Seen;

/// Entities asked for at once.
pub(crate) const PAGE: usize = 100;
/// Pages kept on either side of the cursor.
const KEEP: usize = 8;
/// Lines below the cursor that shall be there before it arrives.
const AHEAD: usize = 60;

/// Line of a listing about an entity; its row is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntityLine {
    pub(crate) entity: EntityRef,
    pub(crate) tenant: String,
    pub(crate) name: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) version: Option<Version>,
    pub(crate) deleted: bool,
    pub(crate) updated_at: Option<String>,
    pub(crate) updated_by: Option<String>,
    pub(crate) flags: Vec<Flag>,
    pub(crate) problem: Option<String>,
    /// Effect on it of the plan that the list is seen through.
    pub(crate) seen: Option<Seen>,
}

impl From<EntitySummary> for EntityLine {
    fn from(summary: EntitySummary) -> Self {
        Self {
            entity: summary.entity,
            tenant: summary.tenant,
            name: summary.name,
            code: summary.code,
            version: summary.version,
            deleted: summary.deleted,
            updated_at: summary.updated_at,
            updated_by: summary.updated_by,
            flags: summary.flags,
            problem: summary.problem,
            seen: summary.viewed.map(Seen::from),
        }
    }
}

impl EntityLine {
    /// Sort key as stored.
    pub(crate) fn sk(&self) -> &str {
        self.entity.key.sk.as_str()
    }

    /// The texts that a filter looks at.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let state = if self.deleted { "deleted" } else { "" };
        [Some(self.sk()), self.name.as_deref(), self.code.as_deref(), self.updated_by.as_deref(), Some(state)]
            .into_iter()
            .flatten()
            .chain(self.flags.iter().map(|f| f.as_str()))
    }
}

/// Lines that no data row stands behind: entities that command rows alone know of.
fn without_data(rows: &[EntityLine]) -> usize {
    rows.iter().filter(|line| line.version == Some(Version(0))).count()
}

/// The rest of a listing, behind the pages that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Further {
    /// Nothing: the whole listing was read.
    Nothing,
    /// At least one entity.
    More,
    /// Nobody knows yet.
    Perhaps,
    /// Nobody knows yet; every data row was read.
    PerhapsWithoutData,
}

#[derive(Debug)]
struct Page {
    first: usize,
    len: usize,
    /// Those without a data row; they count as well while the rows are away.
    without_data: usize,
    start: Option<Cursor>,
    rows: Option<Vec<EntityLine>>,
}

/// The pages read so far.
#[derive(Debug)]
pub(crate) struct Pages {
    pages: Vec<Page>,
    /// Where the page after the last begins; nothing follows when `None`.
    next: Option<Option<Cursor>>,
}

impl Default for Pages {
    fn default() -> Self {
        Self { pages: Vec::new(), next: Some(None) }
    }
}

impl Pages {
    /// Entities read so far.
    pub(crate) fn len(&self) -> usize {
        self.pages.last().map_or(0, |p| p.first + p.len)
    }

    /// Whether the whole listing was read.
    pub(crate) fn complete(&self) -> bool {
        self.next.is_none()
    }

    /// True once the whole listing was read, while every row of it is still there.
    pub(crate) fn all_there(&self) -> bool {
        self.complete() && self.pages.iter().all(|page| page.rows.is_some())
    }

    /// The rest behind them.
    pub(crate) fn further(&self) -> Further {
        match &self.next {
            None => Further::Nothing,
            Some(Some(cursor)) if cursor.has_more() => Further::More,
            Some(Some(cursor)) if cursor.is_behind_data() => Further::PerhapsWithoutData,
            Some(_) => Further::Perhaps,
        }
    }

    /// Entities read so far that have no data row.
    pub(crate) fn without_data(&self) -> usize {
        self.pages.iter().map(|page| page.without_data).sum()
    }

    /// Pages read so far.
    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// An entity by its place; `None` while its page is away.
    pub(crate) fn get(&self, index: usize) -> Option<&EntityLine> {
        let page = self.pages.get(self.page_of(index)?)?;
        page.rows.as_ref()?.get(index - page.first)
    }

    /// The rows of a page, where they are there.
    pub(crate) fn rows(&self, page: usize) -> Option<&[EntityLine]> {
        self.pages.get(page)?.rows.as_deref()
    }

    /// The place of a page's first entity.
    pub(crate) fn first(&self, page: usize) -> usize {
        self.pages.get(page).map_or(0, |p| p.first)
    }

    /// Every entity that is there with its place, in order.
    pub(crate) fn loaded(&self) -> impl Iterator<Item = (usize, &EntityLine)> {
        self.pages.iter().flat_map(|p| p.rows.iter().flatten().enumerate().map(move |(at, line)| (p.first + at, line)))
    }

    fn page_of(&self, index: usize) -> Option<usize> {
        let at = self.pages.partition_point(|p| p.first <= index).checked_sub(1)?;
        (index < self.len()).then_some(at)
    }

    /// Where to begin reading a page; `None` for one that is not known of.
    pub(crate) fn start(&self, page: usize) -> Option<Option<Cursor>> {
        match self.pages.get(page) {
            Some(known) => Some(known.start.clone()),
            None if page == self.pages.len() => self.next.clone(),
            None => None,
        }
    }

    /// The page that should be read next for a window on screen, if any.
    pub(crate) fn wanted(&self, window: &Range<usize>) -> Option<usize> {
        let end = (window.end + AHEAD).min(self.len());
        let away = (window.start..end).step_by(PAGE / 4).chain(end.checked_sub(1)).find_map(|i| {
            let page = self.page_of(i)?;
            self.pages[page].rows.is_none().then_some(page)
        });
        let more = self.next.is_some() && window.end + AHEAD > self.len();
        away.or_else(|| more.then_some(self.pages.len()))
    }

    /// Takes a page in. Of a page read again, the length may have changed meanwhile.
    pub(crate) fn fill(&mut self, page: usize, rows: Vec<EntityLine>, next: Option<Cursor>) {
        if let Some(known) = self.pages.get_mut(page) {
            (known.len, known.without_data) = (rows.len(), without_data(&rows));
            known.rows = Some(rows);
            let mut first = known.first + known.len;
            // Where rows have come in between, the page behind begins earlier than it did: nothing may fall between the two.
            if let (Some(later), Some(begin)) = (self.pages.get_mut(page + 1), next)
                && later.start.as_ref().map(|c| &c.at) != Some(&begin.at)
            {
                (later.start, later.rows) = (Some(begin), None);
            }
            for later in &mut self.pages[page + 1..] {
                later.first = first;
                first += later.len;
            }
            return;
        }
        if let (true, Some(start)) = (page == self.pages.len(), self.next.take()) {
            let (first, len, without_data) = (self.len(), rows.len(), without_data(&rows));
            self.pages.push(Page { first, len, without_data, start, rows: Some(rows) });
            self.next = next.map(Some);
        }
    }

    /// Puts a newer line in the place of the one with its key; whether there was one.
    pub(crate) fn replace(&mut self, line: EntityLine) -> bool {
        for page in &mut self.pages {
            let Some(rows) = &mut page.rows else { continue };
            if let Some(known) = rows.iter_mut().find(|known| known.entity.key.sk == line.entity.key.sk) {
                *known = line;
                page.without_data = without_data(rows);
                return true;
            }
        }
        false
    }

    /// Lets go of every row: what is on screen is read again.
    pub(crate) fn forget_all(&mut self) {
        self.pages.iter_mut().for_each(|page| page.rows = None);
    }

    /// Lets go of the rows far from a place.
    pub(crate) fn forget_far_from(&mut self, index: usize) {
        let here = self.page_of(index.min(self.len().saturating_sub(1))).unwrap_or(0);
        for (i, page) in self.pages.iter_mut().enumerate() {
            if i.abs_diff(here) > KEEP {
                page.rows = None;
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::key::EntityKey;
    use crate::engine::protocol::CursorAt;

    pub(crate) fn line(n: usize) -> EntityLine {
        EntityLine {
            entity: EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", format!("P-{n:06}")) },
            tenant: "acme".into(),
            name: Some(format!("Item {n}")),
            code: None,
            version: Some(Version(1)),
            deleted: false,
            updated_at: None,
            updated_by: None,
            flags: vec![],
            problem: None,
            seen: None,
        }
    }

    fn fill(pages: &mut Pages, page: usize, total: usize) {
        let from = page * PAGE;
        let rows: Vec<EntityLine> = (from..(from + PAGE).min(total)).map(line).collect();
        let more = from + PAGE < total;
        let next = more.then(|| Cursor::from(CursorAt::Data(Some(format!("P-{:06}", from + PAGE - 1)))));
        pages.fill(page, rows, next);
    }

    #[test]
    fn pages_are_read_ahead_of_the_cursor_and_far_ones_let_go() {
        let total = 100_000;
        let mut pages = Pages::default();
        assert_eq!(pages.wanted(&(0..20)), Some(0));
        let mut cursor = 0;
        while !pages.complete() {
            while let Some(page) = pages.wanted(&(cursor..cursor + 20)) {
                fill(&mut pages, page, total);
                pages.forget_far_from(cursor);
            }
            cursor = pages.len() - 1;
        }
        assert_eq!(pages.len(), total);
        assert!(pages.loaded().count() <= (2 * KEEP + 1) * PAGE, "{}", pages.loaded().count());
        assert_eq!(pages.get(total - 1).unwrap().sk(), "P-099999");
        assert_eq!(pages.get(0), None);
        // Back at the top the first page is read again from where it began.
        assert_eq!((pages.wanted(&(0..20)), pages.start(0)), (Some(0), Some(None)));
        fill(&mut pages, 0, total);
        assert_eq!(pages.get(7).unwrap().sk(), "P-000007");
    }

    #[test]
    fn a_page_that_shrank_moves_the_later_ones() {
        let mut pages = Pages::default();
        fill(&mut pages, 0, 250);
        fill(&mut pages, 1, 250);
        fill(&mut pages, 2, 250);
        assert!(pages.complete());
        pages.fill(1, (100..150).map(line).collect(), None);
        assert_eq!((pages.len(), pages.get(150).unwrap().sk()), (200, "P-000200"));
    }

    #[test]
    fn a_row_that_came_in_between_pushes_no_other_one_out() {
        let mut pages = Pages::default();
        fill(&mut pages, 0, 250);
        fill(&mut pages, 1, 250);
        let mut rows: Vec<EntityLine> = (0..PAGE - 1).map(line).collect();
        rows.insert(1, EntityLine { name: Some("new".into()), ..line(1_000_000) });
        // The page ends one row earlier than before, and the next one begins there.
        let ends = Cursor::from(CursorAt::Data(Some("P-000098".into())));
        pages.fill(0, rows, Some(ends.clone()));
        assert_eq!((pages.start(1), pages.wanted(&(90..110))), (Some(Some(ends)), Some(1)));
        let newer = EntityLine { version: Some(Version(9)), ..line(5) };
        assert!(pages.replace(newer) && !pages.replace(line(2_000_000)));
        assert_eq!(pages.get(6).unwrap().version, Some(Version(9)));
    }

    #[test]
    fn the_rest_is_told_as_far_as_it_is_known() {
        let mut pages = Pages::default();
        assert_eq!(pages.further(), Further::Perhaps);
        let ends = Cursor::from(CursorAt::Data(Some("P-000099".into())));
        pages.fill(0, (0..PAGE).map(line).collect(), Some(ends.clone()));
        assert_eq!(pages.further(), Further::More);
        pages.fill(1, vec![line(100)], Some(Cursor { is_sure: false, ..ends }));
        assert_eq!(pages.further(), Further::Perhaps);
        pages.fill(2, vec![line(101)], Some(Cursor::from(CursorAt::Commands(None))));
        assert_eq!(pages.further(), Further::PerhapsWithoutData);
        let unprocessed = EntityLine { version: Some(Version(0)), ..line(102) };
        pages.fill(3, vec![unprocessed.clone()], None);
        assert_eq!((pages.further(), pages.len(), pages.without_data()), (Further::Nothing, 103, 1));
        // It counts also while its row is away, and no longer once it was processed.
        pages.forget_all();
        assert_eq!(pages.without_data(), 1);
        pages.fill(3, vec![unprocessed], None);
        assert!(pages.replace(line(102)));
        assert_eq!(pages.without_data(), 0);
    }

    #[test]
    fn an_empty_page_in_between_does_not_end_the_listing() {
        let mut pages = Pages::default();
        pages.fill(0, vec![], Some(Cursor::from(CursorAt::Commands(None))));
        assert_eq!((pages.len(), pages.wanted(&(0..20))), (0, Some(1)));
        pages.fill(1, vec![line(0)], None);
        assert_eq!((pages.len(), pages.get(0).unwrap().sk(), pages.wanted(&(0..20))), (1, "P-000000", None));
    }
}
