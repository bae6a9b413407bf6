//! The columns of the list of entities: as many as there is room for, and as wide as what stands in them.

use jiff::tz::TimeZone;

use super::pages::EntityLine;
use crate::domain::clock::local_minutes;
use crate::domain::printable::printable;
use crate::engine::protocol::Severity;
use crate::tui::parts::Rich;
use crate::tui::screens::history::plan_view::Seen;
use crate::tui::screens::signs::letter;
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells of marks and flags, and the blank behind them.
const SIGNS: usize = 8;
/// Cells of a day, and of a day with its time.
const DAY: usize = 10;
const TIME: usize = 16;
/// Cells that a column has at least, where there is as much in it.
const KEY: usize = 8;
const NAME: usize = 12;
const AUTHOR: usize = 10;
/// Cells that a column has at most while others want room.
const CODE: usize = 20;
const LONG_NAME: usize = 24;
/// Cells that what a plan makes of entities needs beside the name.
const PLANNED: usize = 24;

/// Widths of the columns; one of 0 is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Columns {
    key: usize,
    code: usize,
    version: usize,
    name: usize,
    time: usize,
    author: usize,
    /// Effect on them of the plan that the list is seen through.
    planned: usize,
}

/// Widths of what stands in the lines that were read so far: they only grow, so that nothing jumps while the list is scrolled.
#[derive(Debug, Clone, Copy, Default)]
struct Natural {
    /// Width that three of four sort keys keep to: one long key among short ones shall not take the room of all.
    usual_key: usize,
    key: usize,
    /// 0 where each code is its sort key.
    code: usize,
    /// One code in four, or more, is not its sort key: the others say nothing that the key does not.
    has_own_codes: bool,
    version: usize,
    name: usize,
    author: usize,
}

impl Natural {
    fn of<'l>(lines: impl Iterator<Item = &'l EntityLine>) -> Self {
        let cells = |text: &str| text::width(&printable(text));
        let mut natural = Self { version: 3, ..Self::default() };
        let (mut keys, mut own_codes) = (Vec::new(), 0);
        for line in lines {
            keys.push(cells(line.sk()));
            natural.version = natural.version.max(line.version.map_or(1, |v| v.to_string().len()));
            natural.name = natural.name.max(line.name.as_deref().map_or(0, cells));
            natural.author = natural.author.max(line.updated_by.as_deref().map_or(0, cells));
            let code = line.code.as_deref().filter(|code| *code != line.sk());
            own_codes += usize::from(code.is_some());
            natural.code = natural.code.max(code.map_or(0, |code| cells(code).max(text::width(&tr!("code")))));
        }
        natural.has_own_codes = own_codes * 4 >= keys.len() && own_codes > 0;
        keys.sort_unstable();
        natural.usual_key = keys.get(keys.len() * 3 / 4).copied().unwrap_or(0);
        natural.key = keys.last().copied().unwrap_or(0);
        natural
    }

    /// The larger of each.
    fn grown(self, other: Self) -> Self {
        Self {
            usual_key: self.usual_key.max(other.usual_key),
            key: self.key.max(other.key),
            code: self.code.max(other.code),
            has_own_codes: self.has_own_codes || other.has_own_codes,
            version: self.version.max(other.version),
            name: self.name.max(other.name),
            author: self.author.max(other.author),
        }
    }
}

/// Columns of a list as it was drawn last: one that was shown stays while the list is open.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kept {
    natural: Natural,
    /// The room, whether the list is seen through a plan, and the columns that came of it.
    last: Option<(usize, bool, Columns)>,
}

impl Kept {
    /// Rows came in.
    pub(super) fn read<'l>(&mut self, lines: impl Iterator<Item = &'l EntityLine>) {
        self.natural = self.natural.grown(Natural::of(lines));
    }

    /// The columns for a room.
    pub(super) fn columns(&mut self, room: usize, is_viewed: bool) -> Columns {
        let before = self.last.filter(|(r, v, _)| (*r, *v) == (room, is_viewed)).map(|(.., columns)| columns);
        let columns = Columns::fitted(self.natural, room, is_viewed, before.unwrap_or_default());
        // Columns of nothing say nothing about those of the rows to come.
        self.last = (self.natural.key > 0).then_some((room, is_viewed, columns));
        columns
    }
}

impl Columns {
    /// Gives each column what it cannot do without and what it had `before`, and then the rest to those that say most.
    fn fitted(natural: Natural, room: usize, is_viewed: bool, before: Self) -> Self {
        let mut left = room.saturating_sub(SIGNS + natural.version + 1);
        let mut columns = Self { version: natural.version, ..Self::default() };
        let take = |left: &mut usize, width: usize, wanted: usize| {
            let more = wanted.saturating_sub(width).min(*left);
            *left -= more;
            width + more
        };
        // One that is not there has nothing to grow from.
        let grow =
            |left: &mut usize, width: usize, wanted: usize| if width > 0 { take(left, width, wanted) } else { 0 };
        // A column that is added costs the blank behind it as well; one that is there grows.
        let add = |left: &mut usize, width: usize, wanted: usize| {
            if width > 0 {
                return take(left, width, wanted);
            }
            let fits = wanted > 0 && *left > wanted;
            *left -= if fits { wanted + 1 } else { 0 };
            if fits { wanted } else { 0 }
        };
        columns.key = add(&mut left, 0, before.key);
        columns.code = add(&mut left, 0, before.code);
        columns.time = add(&mut left, 0, before.time);
        columns.author = add(&mut left, 0, before.author);
        // These two had what was left over: of that others may have a part.
        columns.planned = add(&mut left, 0, before.planned.min(PLANNED));
        let named = before.name.min(natural.name.max(4)).min(left.saturating_sub(1));
        columns.name = add(&mut left, 0, named);
        if columns.key == 0 {
            columns.key = natural.key.clamp(1, KEY).min(left.saturating_sub(1)).max(1);
            left = left.saturating_sub(columns.key + 1);
        }
        if is_viewed && columns.planned == 0 {
            columns.planned = left.saturating_sub(1).min(PLANNED);
            left = left.saturating_sub(columns.planned + 1);
        }
        columns.name = add(&mut left, columns.name, natural.name.clamp(4, NAME));
        let code = natural.code.min(CODE);
        if natural.has_own_codes {
            columns.code = add(&mut left, columns.code, code);
        }
        columns.name = grow(&mut left, columns.name, natural.name.min(LONG_NAME));
        columns.key = take(&mut left, columns.key, natural.usual_key.max(text::width(&tr!("sort key"))));
        if !is_viewed {
            columns.time = add(&mut left, columns.time, DAY);
        }
        columns.code = add(&mut left, columns.code, code);
        columns.key = take(&mut left, columns.key, natural.key);
        columns.name = grow(&mut left, columns.name, natural.name);
        if columns.time > 0 && (columns.time >= TIME || left >= TIME - DAY) {
            columns.time = take(&mut left, columns.time, TIME);
            columns.author = add(&mut left, columns.author, natural.author.min(AUTHOR));
            columns.author = grow(&mut left, columns.author, natural.author);
        }
        // The column that says most gets the rest.
        if is_viewed {
            columns.planned += left;
        } else if columns.name > 0 {
            columns.name += left;
        }
        columns
    }

    /// Whether codes have a column.
    pub(super) fn has_code(&self) -> bool {
        self.code > 0
    }

    /// Whether the whole time of the last change has one.
    pub(super) fn has_time(&self) -> bool {
        self.time >= TIME
    }

    /// Whether the author of the last change has one.
    pub(super) fn has_author(&self) -> bool {
        self.author > 0
    }

    /// The heading.
    pub(super) fn heading(&self) -> Rich {
        let mut head = format!("  {}", text::fit(&tr!("flags"), SIGNS - 2));
        head.push_str(&text::fit(&tr!("sort key"), self.key));
        head.push(' ');
        let mut add = |words: &str, width: usize| {
            if width > 0 {
                head.push_str(&text::fit(words, width));
                head.push(' ');
            }
        };
        add(&tr!("code"), self.code);
        add(&text::fit_right(&tr!("ver"), self.version), self.version);
        add(&tr!("name"), self.name);
        add(&tr!("as planned"), self.planned);
        add(&tr!("updated"), self.time);
        add(&tr!("by"), self.author);
        Rich::of(Role::Dim, &head)
    }

    /// A line with its signs: marked, new since a watch began, the worst that the doctor found.
    pub(super) fn line(
        &self,
        line: &EntityLine,
        (marked, is_new, worst): (bool, bool, Option<Severity>),
        zone: &TimeZone,
    ) -> Rich {
        let mut flags: String = if line.deleted { "D".to_owned() } else { String::new() };
        flags.extend(line.flags.iter().map(|f| letter(*f)));
        match worst {
            Some(Severity::Error) => flags.push('!'),
            _ if line.problem.is_some() => flags.push('!'),
            Some(_) => flags.push('~'),
            None => {}
        }
        let role = if line.deleted { Role::Dim } else { Role::Text };
        let version = line.version.map_or_else(|| "?".to_owned(), |v| v.to_string());
        let mut out = Rich::of(Role::Marked, if marked { "*" } else { " " });
        out.push(Role::Added, if is_new { "+" } else { " " });
        out.push(Role::Flag, &text::fit(&flags, SIGNS - 3));
        out.push(Role::Text, " ");
        out.push(role, &text::fit(line.sk(), self.key));
        out.push(Role::Text, " ");
        let mut add = |role: Role, words: &str, width: usize| {
            if width > 0 {
                out.push(role, &text::fit(words, width));
                out.push(Role::Text, " ");
            }
        };
        add(role, line.code.as_deref().unwrap_or_default(), self.code);
        add(role, &text::fit_right(&version, self.version), self.version);
        // Where no column has it, the code stands for a name that there is not.
        let code = line.code.as_deref().filter(|_| self.code == 0);
        add(role, line.name.as_deref().or(code).unwrap_or_default(), self.name);
        let (planned_role, planned) = seen(line);
        add(planned_role, &planned, self.planned);
        let at = line.updated_at.as_deref().map(|at| local_minutes(at, zone)).unwrap_or_default();
        // A day cut off from its time is still a day.
        let at = if self.time < TIME { at.get(..DAY).unwrap_or_default() } else { &at };
        add(Role::Dim, at, self.time);
        add(Role::Dim, line.updated_by.as_deref().unwrap_or_default(), self.author);
        out
    }
}

/// Effect of the plan on an entity.
fn seen(line: &EntityLine) -> (Role, String) {
    match &line.seen {
        None => (Role::Dim, String::new()),
        Some(Seen::Equal) => (Role::Dim, format!("= {}", tr!("stays"))),
        Some(Seen::Changed(places)) => (Role::Changed, places.clone()),
        Some(Seen::Refused(why)) => (Role::Warning, format!("invalid: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::pages::tests::line;
    use super::*;
    use crate::domain::key::{EntityKey, Version};

    const BOLT: Natural =
        Natural { usual_key: 26, key: 26, code: 6, has_own_codes: true, version: 3, name: 14, author: 8 };

    #[test]
    fn what_there_is_room_for_is_shown_and_nothing_is_wider_than_the_room() {
        let of = |room| Columns::fitted(BOLT, room, false, Columns::default());
        assert_eq!((of(43).code, of(43).name, of(43).time), (6, 14, 0), "{:?}", of(43));
        assert_eq!((of(78).key, of(78).code, of(78).time, of(78).author), (26, 6, TIME, 0), "{:?}", of(78));
        assert_eq!((of(120).key, of(120).time, of(120).author), (26, TIME, 8), "{:?}", of(120));
        for room in 30..200 {
            for is_viewed in [false, true] {
                let columns = Columns::fitted(BOLT, room, is_viewed, Columns::default());
                assert!(text::width(columns.heading().plain().trim_end()) <= room, "{room} {columns:?}");
            }
        }
    }

    #[test]
    fn where_few_codes_are_no_sort_keys_names_come_before_them() {
        let few = Natural { has_own_codes: false, name: 30, ..BOLT };
        let of = |room| Columns::fitted(few, room, false, Columns::default());
        assert_eq!((of(48).code, of(48).name > 20), (0, true), "{:?}", of(48));
        assert!(of(120).code == 6 && of(120).name >= 30, "{:?}", of(120));
        let many = Columns::fitted(Natural { has_own_codes: true, ..few }, 48, false, Columns::default());
        assert_eq!(many.code, 6, "{many:?}");
    }

    #[test]
    fn a_code_that_is_the_sort_key_takes_no_room() {
        let mut entity = line(7);
        entity.code = Some("P-000007".into());
        let natural = Natural::of([&entity].into_iter());
        assert_eq!((natural.code, Columns::fitted(natural, 80, false, Columns::default()).code), (0, 0));
        entity.code = Some("A-7".into());
        assert_eq!(Natural::of([&entity].into_iter()).code, 4, "its heading is longer");
        let columns = Columns::fitted(Natural::of([&entity].into_iter()), 80, false, Columns::default());
        let shown = columns.line(&entity, (true, false, None), &TimeZone::UTC).plain();
        assert!(shown.starts_with("*       P-000007 A-7    1 Item 7"), "{shown}");
    }

    #[test]
    fn a_column_that_was_shown_stays_and_does_not_shrink_while_more_is_read() {
        let mut short = line(7);
        short.code = Some("A-7".into());
        let mut long = line(8);
        long.entity.key = EntityKey::new("PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M");
        long.name = Some("A name that is longer than any other".into());
        (long.version, long.updated_by) = (Some(Version(12_345)), Some("u-somebody-else".into()));
        for room in 30..140 {
            for is_viewed in [false, true] {
                let mut kept = Kept::default();
                kept.read([&short].into_iter());
                let before = kept.columns(room, is_viewed);
                kept.read(std::iter::repeat_n(&long, 9));
                let after = kept.columns(room, is_viewed);
                let is_left = |was: usize, is: usize| was <= is;
                assert!(is_left(before.key, after.key) && is_left(before.code, after.code), "{room} {after:?}");
                assert!(is_left(before.time, after.time) && is_left(before.author, after.author), "{room} {after:?}");
                assert!(before.name == 0 || after.name > 0, "{room} {after:?}");
                assert!(text::width(after.heading().plain().trim_end()) <= room, "{room} {after:?}");
                assert_eq!(kept.columns(room, is_viewed), after, "drawn again it is the same");
            }
        }
    }

    #[test]
    fn the_heading_of_the_keys_is_whole_where_there_is_room() {
        let natural = Natural { usual_key: 3, key: 3, code: 0, has_own_codes: false, version: 3, name: 8, author: 0 };
        let columns = Columns::fitted(natural, 58, false, Columns::default());
        assert!(columns.heading().plain().contains("sort key ver name"), "{columns:?}");
    }
}
