//! A list that fills while the engine looks: filtered, bounded, and stopped with a key.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::filter::draw_above;
use super::scroll::Step;
use super::{Filter, Place, Rich, Scroll, draw_line, draw_list};
use crate::tui::actions::Action;
use crate::tui::format;
use crate::tui::job::Job;
use crate::tui::theme::{Role, Theme};

/// Rows kept; what comes after is counted alone.
const KEPT: usize = 50_000;

/// What a key did to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Did {
    /// All that it does.
    Done,
    /// The list shall be left.
    Leave,
    /// What still comes shall be given up.
    Stop,
    /// Nothing: the key is the screen's.
    Nothing,
}

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
        }
    }

    /// More of it.
    pub(crate) fn extend(&mut self, rows: Vec<T>) {
        self.total += rows.len() as u64;
        let room = KEPT.saturating_sub(self.rows.len());
        self.rows.extend(rows.into_iter().take(room));
    }

    /// What came in all.
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

    /// The text that the rows are narrowed to.
    pub(crate) fn filter_text(&self) -> &str {
        self.filter.text()
    }

    /// Narrows the rows to a text.
    pub(crate) fn filter_by(&mut self, text: &str) {
        self.filter.clear();
        self.filter.paste(text);
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
            Action::Back if self.filter.shown() => self.filter.clear(),
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
        if self.shown_of.1 != self.filter.text() {
            let selected = self.shown.get(self.scroll.cursor).copied();
            (self.shown_of, self.shown) = ((0, self.filter.text().to_owned()), Vec::new());
            self.accept(&texts);
            // The row stays under the cursor.
            self.scroll.cursor = selected.and_then(|at| self.shown.binary_search(&at).ok()).unwrap_or(0);
        }
        self.accept(&texts);
    }

    /// Looks at the rows that came since.
    fn accept(&mut self, texts: &impl Fn(&T) -> Vec<String>) {
        let from = self.shown_of.0;
        let filter = &self.filter;
        let fits = |row: &T| !filter.active() || filter.accepts(texts(row).iter().map(String::as_str));
        let more = self.rows.iter().enumerate().skip(from).filter(|(_, row)| fits(row)).map(|(at, _)| at);
        self.shown.extend(more);
        self.shown_of.0 = self.rows.len();
    }

    /// `3/120`, for the frame.
    pub(crate) fn place(&self) -> String {
        let len = self.shown.len();
        format!("{}/{}", format::len((self.scroll.cursor + 1).min(len)), format::len(len))
    }

    /// Draws the lines `above`, the filter, and below them the rows.
    pub(crate) fn draw(
        &mut self,
        buffer: &mut Buffer,
        (frame, inner): (Rect, Rect),
        mut above: Vec<Rich>,
        theme: &Theme,
        line: impl Fn(&T) -> Rich,
    ) -> Option<(u16, u16)> {
        if self.total > self.rows.len() as u64 {
            let kept = format::len(self.rows.len());
            above.push(Rich::of(Role::Warning, &format!("! the first {kept} are listed; Y lists all")));
        }
        let (body, cursor) = draw_above(buffer, inner, above, &self.filter, theme);
        if self.shown.is_empty() {
            let words = match (self.rows.is_empty(), self.job.running) {
                (false, _) => "none like that",
                (true, true) => "nothing so far",
                (true, false) => "nothing",
            };
            draw_line(buffer, body, &Rich::of(Role::Dim, words), 0, theme, Style::default());
        }
        let (rows, shown) = (&self.rows, &self.shown);
        let row = |at: usize| rows.get(*shown.get(at)?).map(&line);
        draw_list(buffer, Place { frame, lines: body }, &mut self.scroll, shown.len(), theme, row);
        cursor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::RequestId;

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
    fn more_than_can_be_kept_is_counted() {
        let list = list(KEPT as u64 + 7);
        assert_eq!((list.accepted().count(), list.total()), (KEPT, KEPT as u64 + 7));
    }
}
