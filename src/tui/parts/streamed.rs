//! A list that fills while the engine looks: filtered, bounded, and stopped with a key.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::filter::draw_above;
use super::scroll::Step;
use super::{Filter, Place, Rich, Scroll, Whole, draw_line, draw_lines, draw_list};
use crate::tui::actions::Action;
use crate::tui::format;
use crate::tui::job::Job;
use crate::tui::theme::{Role, Theme};

/// Rows kept; what comes after is counted alone.
const KEPT: usize = 50_000;

/// Effect of a key on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Did {
    /// All that it does.
    Done,
    /// The list shall be left.
    Leave,
    /// The rest of the rows shall be given up.
    Stop,
    /// Nothing: the key is the screen's.
    Nothing,
}

/// How a row stands among the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Of the first of a group: how many there are.
    pub(crate) group: Option<usize>,
    /// It is in the range.
    pub(crate) in_range: bool,
}

/// Text that rows of one group have in common.
pub(crate) type GroupOf<T> = fn(&T) -> &str;

/// The list.
#[derive(Debug)]
pub(crate) struct Streamed<T> {
    pub(crate) job: Job,
    rows: Vec<T>,
    total: u64,
    filter: Filter,
    scroll: Scroll,
    /// Places of the rows that the filter accepts, of how many rows and which filter.
    shown: Vec<usize>,
    shown_of: (usize, String),
    is_narrowed_anew: bool,
    /// The one thing that rows must have in common to be listed, besides what the filter says.
    common: Option<(GroupOf<T>, String)>,
    /// How rows are put together; in the order in which they came otherwise.
    group: Option<GroupOf<T>>,
    /// Where in `shown` a group begins, and how many rows it has.
    groups: HashMap<usize, usize>,
    /// Where in `shown` a range begins; it ends at the cursor.
    range: Option<usize>,
}

impl<T> Streamed<T> {
    /// One of which nothing came yet.
    pub(crate) fn begun(job: Job) -> Self {
        Self {
            job,
            rows: Vec::new(),
            total: 0,
            filter: Filter::default(),
            scroll: Scroll::default(),
            shown: Vec::new(),
            shown_of: (0, String::new()),
            is_narrowed_anew: false,
            common: None,
            group: None,
            groups: HashMap::new(),
            range: None,
        }
    }

    /// The same list anew: what it is narrowed to and how it is grouped stay.
    pub(crate) fn again(&self, job: Job) -> Self {
        Self { filter: self.filter.clone(), common: self.common.clone(), group: self.group, ..Self::begun(job) }
    }

    /// More of it.
    pub(crate) fn extend(&mut self, rows: Vec<T>) {
        self.total += rows.len() as u64;
        let room = KEPT.saturating_sub(self.rows.len());
        self.rows.extend(rows.into_iter().take(room));
    }

    /// Number of rows that came in all.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The row under the cursor.
    pub(crate) fn selected(&self) -> Option<&T> {
        self.rows.get(*self.shown.get(self.scroll.cursor)?)
    }

    /// The rows that the filter accepts.
    pub(crate) fn accepted(&self) -> impl Iterator<Item = &T> {
        self.shown.iter().filter_map(|at| self.rows.get(*at))
    }

    /// Begins a range at the cursor, or gives it up; true where there is one now.
    pub(crate) fn turn_range(&mut self) -> bool {
        self.range = if self.range.is_none() && !self.shown.is_empty() { Some(self.scroll.cursor) } else { None };
        self.range.is_some()
    }

    /// Rows of the range, by their places in the list.
    pub(crate) fn range(&self) -> Option<RangeInclusive<usize>> {
        let (begun, cursor) = (self.range?, self.scroll.cursor);
        Some(begun.min(cursor)..=begun.max(cursor))
    }

    /// The rows of the range, otherwise all that the filter accepts.
    pub(crate) fn chosen(&self) -> impl Iterator<Item = &T> {
        let range = self.range();
        let is_in = move |place: &usize| range.as_ref().is_none_or(|range| range.contains(place));
        self.accepted().enumerate().filter(move |(place, _)| is_in(place)).map(|(_, row)| row)
    }

    /// All rows that are kept.
    pub(crate) fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The value that the listed rows have in common.
    pub(crate) fn common(&self) -> Option<&str> {
        self.common.as_ref().map(|(_, value)| value.as_str())
    }

    /// Lists only the rows of which `of` gives exactly this value; `None` for all.
    pub(crate) fn narrow_to(&mut self, common: Option<(GroupOf<T>, String)>) {
        self.common = common;
        self.is_narrowed_anew = true;
    }

    /// Puts rows together that have something in common, groups and rows in the order in which they came; `None` for none.
    pub(crate) fn group_by(&mut self, group: Option<GroupOf<T>>) {
        (self.group, self.range) = (group, None);
        let selected = self.place_of_cursor();
        self.shown.sort_unstable();
        self.put_together();
        self.cursor_to(selected);
    }

    /// The filter, which takes keys as text while it is typed.
    pub(crate) fn filter_mut(&mut self) -> &mut Filter {
        &mut self.filter
    }

    /// Takes pasted text, likewise.
    pub(crate) fn paste(&mut self, text: &str) {
        if self.filter.typing() {
            self.filter.paste(text);
        }
    }

    /// Does what every such list does.
    pub(crate) fn act(&mut self, action: Action) -> Did {
        match action {
            Action::Back if self.range.is_some() => self.range = None,
            Action::Back if self.filter.shown() => self.filter.clear(),
            Action::Back if self.common.is_some() => self.narrow_to(None),
            Action::Back | Action::Left => return Did::Leave,
            Action::Filter => self.filter.begin(),
            Action::Cancel if self.job.running => return Did::Stop,
            action => match Step::of(action) {
                Some(step) => self.scroll.step(step, self.shown.len()),
                None => return Did::Nothing,
            },
        }
        Did::Done
    }

    /// Brings the list up to date with what came and with the filter; `texts` are what the filter looks at.
    pub(crate) fn arrange(&mut self, texts: impl Fn(&T) -> Vec<String>) {
        let is_narrowed_anew = std::mem::take(&mut self.is_narrowed_anew) || self.shown_of.1 != self.filter.text();
        if !is_narrowed_anew && self.shown_of.0 == self.rows.len() {
            return;
        }
        let selected = self.place_of_cursor();
        if is_narrowed_anew {
            (self.shown_of, self.shown) = ((0, self.filter.text().to_owned()), Vec::new());
        }
        self.accept(&texts);
        if is_narrowed_anew || self.group.is_some() {
            self.range = None;
        }
        if self.group.is_some() {
            self.put_together();
        }
        if is_narrowed_anew || self.group.is_some() {
            self.cursor_to(selected);
        }
    }

    /// Looks at the rows that came since.
    fn accept(&mut self, texts: &impl Fn(&T) -> Vec<String>) {
        let from = self.shown_of.0;
        let filter = &self.filter;
        let common = self.common.as_ref();
        let fits = |row: &T| {
            common.is_none_or(|(of, value)| of(row) == value)
                && (!filter.active() || filter.accepts(texts(row).iter().map(String::as_str)))
        };
        let more = self.rows.iter().enumerate().skip(from).filter(|(_, row)| fits(row)).map(|(at, _)| at);
        self.shown.extend(more);
        self.shown_of.0 = self.rows.len();
    }

    fn put_together(&mut self) {
        self.groups.clear();
        let Some(group) = self.group else { return };
        let rows = &self.rows;
        let of = |at: usize| rows.get(at).map_or("", group);
        // A group stands where the first of its rows came.
        let mut first: HashMap<&str, usize> = HashMap::new();
        for at in &self.shown {
            let known = first.entry(of(*at)).or_insert(*at);
            *known = (*known).min(*at);
        }
        self.shown.sort_by_key(|at| (first.get(of(*at)).copied(), *at));
        let mut begins = 0;
        for (place, at) in self.shown.iter().enumerate() {
            if place > 0 && self.shown.get(place - 1).is_some_and(|before| of(*before) != of(*at)) {
                begins = place;
            }
            *self.groups.entry(begins).or_default() += 1;
        }
    }

    /// The row under the cursor, by its place among all.
    fn place_of_cursor(&self) -> Option<usize> {
        self.shown.get(self.scroll.cursor).copied()
    }

    /// The row stays under the cursor, where it is still there.
    fn cursor_to(&mut self, row: Option<usize>) {
        let place = row.and_then(|row| self.shown.iter().position(|at| *at == row));
        self.scroll.cursor = place.unwrap_or(0);
    }

    /// `3/120`, for the frame.
    pub(crate) fn place(&self) -> String {
        let len = self.shown.len();
        format!("{}/{}", format::len((self.scroll.cursor + 1).min(len)), format::len(len))
    }

    /// Draws the lines `above`, the filter, and below them the rows; `line` learns how each stands among the others.
    ///
    /// Where lines are cut, `whole` of the row under the cursor stands below them.
    pub(crate) fn draw(
        &mut self,
        buffer: &mut Buffer,
        (frame, inner): (Rect, Rect),
        mut above: Vec<Rich>,
        theme: &Theme,
        line: impl Fn(&T, Standing) -> Rich,
        whole: impl Fn(&T) -> Whole,
    ) -> Option<(u16, u16)> {
        if self.total > self.rows.len() as u64 {
            let kept = format::len(self.rows.len());
            above.push(Rich::of(Role::Warning, &tr!("! the first %{kept} are listed; Y lists all", kept = kept)));
        }
        let (body, cursor) = draw_above(buffer, inner, above, &self.filter, theme);
        if self.shown.is_empty() {
            let words = match (self.rows.is_empty(), self.job.running) {
                (false, _) => tr!("none like that"),
                (true, true) => tr!("nothing so far"),
                (true, false) => tr!("nothing"),
            };
            draw_line(buffer, body, &Rich::of(Role::Dim, &words), 0, theme, Style::default());
        }
        let (rows, shown, groups, range) = (&self.rows, &self.shown, &self.groups, self.range());
        let at = |at: usize| rows.get(*shown.get(at)?);
        let row = |place: usize| {
            let in_range = range.as_ref().is_some_and(|range| range.contains(&place));
            let standing = Standing { group: groups.get(&place).copied(), in_range };
            at(place).map(|row| line(row, standing))
        };
        let room = usize::from(body.width);
        let seen = self.scroll.window(shown.len(), usize::from(body.height));
        // As many lines as the longest of those in sight needs: the list does not jump from one to the next.
        let below = seen.filter_map(|i| Some(whole(at(i)?).height_below(&row(i)?, room))).max().unwrap_or(0);
        let below = u16::try_from(below).unwrap_or(0).min(body.height / 3);
        if let Some(chosen) = at(self.scroll.cursor).filter(|_| below > 0) {
            let lines = whole(chosen).lines(room);
            draw_lines(buffer, Rect { y: body.bottom() - below, height: below, ..body }, &lines, theme);
        }
        let lines = Rect { height: body.height - below, ..body };
        draw_list(buffer, Place { frame, lines }, &mut self.scroll, shown.len(), theme, row);
        cursor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::RequestId;

    fn filter_by<T>(list: &mut Streamed<T>, text: &str) {
        list.filter_mut().clear();
        list.filter_mut().paste(text);
    }

    fn list(n: u64) -> Streamed<u64> {
        let mut list = Streamed::begun(Job::begun(RequestId(1)));
        list.extend((0..n).collect());
        list.arrange(|row| vec![row.to_string()]);
        list
    }

    #[test]
    fn a_filter_keeps_the_row_under_the_cursor_and_goes_on_with_what_comes() {
        let mut list = list(100);
        for _ in 0..42 {
            list.act(Action::Down);
        }
        list.act(Action::Filter);
        list.paste("2");
        list.arrange(|row| vec![row.to_string()]);
        assert_eq!((list.selected(), list.accepted().count()), (Some(&42), 19));
        list.extend(vec![200, 300]);
        list.arrange(|row| vec![row.to_string()]);
        assert_eq!((list.selected(), list.accepted().count()), (Some(&42), 20));
        list.act(Action::Back);
        list.arrange(|row| vec![row.to_string()]);
        assert_eq!((list.selected(), list.accepted().count()), (Some(&42), 102));
        assert_eq!((list.act(Action::Cancel), list.act(Action::Back)), (Did::Stop, Did::Leave));
    }

    #[test]
    fn a_range_goes_from_where_it_began_to_the_cursor_and_is_given_up_first() {
        let mut list = list(10);
        let chosen = |list: &Streamed<u64>| list.chosen().copied().collect::<Vec<_>>();
        list.act(Action::Down);
        list.act(Action::Down);
        assert!(list.turn_range());
        list.act(Action::Up);
        assert_eq!((chosen(&list), list.range()), (vec![1, 2], Some(1..=2)));
        list.act(Action::Down);
        list.act(Action::Down);
        assert_eq!(chosen(&list), [2, 3]);
        assert_eq!((list.act(Action::Back), chosen(&list).len()), (Did::Done, 10));
        assert!(list.turn_range() && !list.turn_range());
        list.turn_range();
        filter_by(&mut list, "7");
        list.arrange(|row| vec![row.to_string()]);
        assert_eq!((list.range(), chosen(&list)), (None, vec![7]));
        assert_eq!((list.act(Action::Back), list.act(Action::Back)), (Did::Done, Did::Leave));
    }

    #[test]
    fn rows_stand_together_in_the_order_in_which_they_came() {
        let mut list = Streamed::begun(Job::begun(RequestId(1)));
        let texts = |row: &&str| vec![(*row).to_owned()];
        list.extend(vec!["b1", "a1", "b2", "c1", "a2"]);
        list.arrange(texts);
        list.act(Action::Down);
        let shown = |list: &Streamed<&'static str>| list.accepted().copied().collect::<Vec<_>>().join(" ");
        list.group_by(Some(|row| &row[..1]));
        assert_eq!((shown(&list).as_str(), list.selected()), ("b1 b2 a1 a2 c1", Some(&"a1")));
        assert_eq!(list.groups, HashMap::from([(0, 2), (2, 2), (4, 1)]));
        list.extend(vec!["b3", "d1"]);
        list.arrange(texts);
        assert_eq!((shown(&list).as_str(), list.selected()), ("b1 b2 b3 a1 a2 c1 d1", Some(&"a1")));
        filter_by(&mut list, "1");
        list.arrange(texts);
        assert_eq!((shown(&list).as_str(), list.groups.len()), ("b1 a1 c1 d1", 4));
        filter_by(&mut list, "");
        list.group_by(None);
        list.arrange(texts);
        assert_eq!((shown(&list).as_str(), list.groups.len()), ("b1 a1 b2 c1 a2 b3 d1", 0));
    }

    #[test]
    fn more_than_can_be_kept_is_counted() {
        let list = list(KEPT as u64 + 7);
        assert_eq!((list.accepted().count(), list.total()), (KEPT, KEPT as u64 + 7));
    }
}
