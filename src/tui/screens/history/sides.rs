//! Two versions beside each other, attribute by attribute: the changed ones first.

use crate::domain::diff::{Span, is_bookkeeping, words};
use crate::domain::path::Path;
use crate::domain::printable::printable;
use crate::domain::row::{Row, field};
use crate::domain::value::{Map, Value};
use crate::engine::protocol::DiffResult;
use crate::tui::format;
use crate::tui::parts::{Filter, Rich};
use crate::tui::screens::history::document::{LONGEST, MOST, ordered, scalar};
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells from which on two versions stand side by side; with less they stand one under the other.
pub(crate) const WIDE: usize = 70;
/// Between the two.
const BETWEEN: &str = " │ ";
/// Cells of a sign and the blank behind it.
const SIGN: usize = 2;

/// An attribute in both versions.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    path: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl Pair {
    fn is_changed(&self) -> bool {
        self.before != self.after
    }
}

/// Both versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sides(Vec<Pair>);

/// A version as it stands over its column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) version: String,
    /// The version's number, where there is room for little.
    pub(crate) short: String,
    pub(crate) when: String,
    pub(crate) who: String,
}

impl Sides {
    /// Of a comparison; a first version has nothing before it.
    pub(crate) fn of(result: &DiffResult, is_first: bool, all: bool) -> Self {
        let nothing = Row::default();
        let before = ordered(if is_first { &nothing } else { &result.before });
        let after = ordered(&result.after);
        let is_shown = |name: &str| name != field::PK && name != field::SK && (all || !is_bookkeeping(name));
        let mut pairs = Vec::new();
        for name in names(Some(&before.0), Some(&after.0)).into_iter().filter(|name| is_shown(name)) {
            collect(&Path::default().name(name), before.0.get(name), after.0.get(name), &mut pairs);
        }
        // Changed places come first, otherwise in the order of the row.
        pairs.sort_by_key(|pair| !pair.is_changed());
        Self(pairs)
    }

    /// The lines that a filter accepts.
    pub(crate) fn arranged(&self, filter: &Filter, room: usize, wrap: bool) -> Vec<Rich> {
        let columns = Columns::of(&self.0, room);
        let accepted: Vec<&Pair> = self.0.iter().filter(|pair| filter.accepts([pair.path.as_str()])).collect();
        let equal = accepted.iter().filter(|pair| !pair.is_changed()).count();
        let mut out = Vec::new();
        for (i, pair) in accepted.iter().enumerate() {
            if i + equal == accepted.len() {
                let equal =
                    format::plural(equal as u64, text!("%{n} attribute is equal"), text!("%{n} attributes are equal"));
                out.push(Rich::of(Role::Dim, &format!("── {equal}")));
            }
            out.extend(match &columns {
                Some(columns) => columns.lines(pair, wrap),
                None => below(pair, room, wrap),
            });
            if out.len() > MOST {
                break;
            }
        }
        out
    }

    /// The heads of both versions, in the columns of the lines.
    pub(crate) fn heads(&self, before: &Head, after: &Head, room: usize) -> Vec<Rich> {
        let Some(columns) = Columns::of(&self.0, room) else {
            let line = |sign: &str, head: &Head| {
                let text = format!("{sign} {}  {}  {}", head.version, head.when, head.who);
                Rich::of(Role::Strong, &text::cut(&printable(&text), room))
            };
            return vec![line("-", before), line("+", after)];
        };
        let line = |left: &str, right: &str| {
            let mut line = Rich::default();
            line.pad_to(SIGN + columns.path + 1);
            line.push(Role::Strong, &text::fit(left, columns.value));
            line.with(Role::Dim, BETWEEN).with(Role::Strong, &text::fit(right, columns.value))
        };
        let who = |head: &Head| format!("{} {}", head.when, head.who).trim().to_owned();
        // Where they do not fit beside each other, who stands beside the version.
        let fits = [before, after].iter().all(|head| text::width(&printable(&who(head))) <= columns.value);
        if fits {
            return vec![line(&before.version, &after.version), line(&who(before), &who(after))];
        }
        let by = |head: &Head| format!("{} {}", head.version, head.who);
        vec![line(&by(before), &by(after)), line(&before.when, &after.when)]
    }

    /// Both heads in one line, where a line for each would leave too few for the values.
    pub(crate) fn short_heads(before: &Head, after: &Head, room: usize) -> Rich {
        let whole = |head: &Head| [&head.short, &head.when, &head.who].map(String::as_str).join(" ").trim().to_owned();
        let brief = |head: &Head| format!("{} {}", head.short, head.who).trim().to_owned();
        let both = |one: &dyn Fn(&Head) -> String| printable(&format!("{} → {}", one(before), one(after))).into_owned();
        let text = both(&whole);
        let text = if text::width(&text) <= room { text } else { both(&brief) };
        Rich::of(Role::Strong, &text::cut(&text, room))
    }
}

/// Widths of the columns, where there is room for them.
struct Columns {
    path: usize,
    value: usize,
}

impl Columns {
    fn of(pairs: &[Pair], room: usize) -> Option<Self> {
        if room < WIDE {
            return None;
        }
        let path = pairs.iter().map(|pair| text::width(&printable(&pair.path))).max().unwrap_or(0);
        let path = path.clamp(8, room / 4);
        Some(Self { path, value: (room - SIGN - path - 1 - text::width(BETWEEN)) / 2 })
    }

    fn lines(&self, pair: &Pair, wrap: bool) -> Vec<Rich> {
        let (sign, role) = sign(pair);
        let (left, right) = values(pair);
        let cells = |line: Rich, room: usize| match wrap {
            true => line.wrapped(room),
            false => vec![cut(&line, room)],
        };
        let path = cells(Rich::of(Role::Path, &pair.path), self.path);
        let (left, right) = (cells(left, self.value), cells(right, self.value));
        let lines = path.len().max(left.len()).max(right.len());
        let whole = |at: usize| {
            let mut line = Rich::of(role, if at == 0 { sign } else { " " }).with(Role::Text, " ");
            path.get(at).into_iter().for_each(|piece| line.append(piece));
            line.pad_to(SIGN + self.path + 1);
            left.get(at).into_iter().for_each(|piece| line.append(piece));
            line.pad_to(SIGN + self.path + 1 + self.value);
            line.push(Role::Dim, BETWEEN);
            right.get(at).into_iter().for_each(|piece| line.append(piece));
            line
        };
        (0..lines).map(whole).collect()
    }
}

/// The place, and each version's value below it.
fn below(pair: &Pair, room: usize, wrap: bool) -> Vec<Rich> {
    let (sign, role) = sign(pair);
    let head = Rich::of(role, sign).with(Role::Text, " ").with(Role::Path, &pair.path);
    let (left, right) = values(pair);
    if !pair.is_changed() {
        let mut line = head.with(Role::Text, "  ");
        line.append(&right);
        return hung(line, 4, room, wrap);
    }
    let mut out = hung(head, 4, room, wrap);
    for (sign, role, value) in [("    - ", Role::Removed, left), ("    + ", Role::Added, right)] {
        let mut line = Rich::of(role, sign);
        line.append(&value);
        out.extend(hung(line, 6, room, wrap));
    }
    out
}

/// A line in pieces that hang below a column, or as it is where it shall not be wrapped.
pub(super) fn hung(line: Rich, column: usize, room: usize, wrap: bool) -> Vec<Rich> {
    if wrap { line.hanging(column, room) } else { vec![line] }
}

fn cut(line: &Rich, room: usize) -> Rich {
    let mut pieces = line.wrapped(room).into_iter();
    let first = pieces.next().unwrap_or_default();
    if pieces.next().is_none() {
        return first;
    }
    let short = line.wrapped(room.saturating_sub(1)).into_iter().next().unwrap_or_default();
    short.with(Role::Dim, text::CUT)
}

fn sign(pair: &Pair) -> (&'static str, Role) {
    match (&pair.before, &pair.after) {
        (None, Some(_)) => ("+", Role::Added),
        (Some(_), None) => ("-", Role::Removed),
        (before, after) if before != after => ("~", Role::Changed),
        _ => (" ", Role::Text),
    }
}

/// Both values, with the words that differ.
fn values(pair: &Pair) -> (Rich, Rich) {
    let shown = |value: &Option<Value>| value.as_ref().map(scalar);
    let (before, after) = match (shown(&pair.before), shown(&pair.after)) {
        (Some(before), Some(after)) if before == after => (Rich::of(Role::Dim, &before), Rich::of(Role::Dim, &after)),
        (Some(before), Some(after)) => {
            let (old, new) = words(&before, &after);
            (spans(&old, Role::Removed, Role::RemovedWord), spans(&new, Role::Added, Role::AddedWord))
        }
        (before, after) => {
            let one = |text: Option<String>, role| match text {
                Some(text) => Rich::of(role, &text),
                None => Rich::of(Role::Dim, &tr!("not there")),
            };
            (one(before, Role::Removed), one(after, Role::Added))
        }
    };
    (before.shortened(LONGEST), after.shortened(LONGEST))
}

fn spans(spans: &[Span], same: Role, differs: Role) -> Rich {
    spans.iter().fold(Rich::default(), |line, span| line.with(if span.changed { differs } else { same }, &span.text))
}

/// The names of two maps: the second's, then what only the first has.
fn names<'m>(before: Option<&'m Map>, after: Option<&'m Map>) -> Vec<&'m String> {
    let gone =
        before.into_iter().flat_map(|map| map.keys()).filter(|name| after.is_none_or(|a| !a.contains_key(*name)));
    after.into_iter().flat_map(|map| map.keys()).chain(gone).collect()
}

/// Leaves: whatever is no map with something in it.
fn collect(path: &Path, before: Option<&Value>, after: Option<&Value>, out: &mut Vec<Pair>) {
    match (branches(before), branches(after)) {
        (Some(old), Some(new)) if old.is_some() || new.is_some() => {
            for name in names(old, new) {
                let [old, new] = [old, new].map(|map| map.and_then(|map| map.get(name)));
                collect(&path.name(name), old, new, out);
            }
        }
        _ => out.push(Pair { path: path.to_string(), before: before.cloned(), after: after.cloned() }),
    }
}

/// Branches of a value: a map, or nothing where it is not there; `None` for a leaf.
fn branches(value: Option<&Value>) -> Option<Option<&Map>> {
    match value {
        None => Some(None),
        Some(Value::M(map)) if !map.is_empty() => Some(Some(map)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::diff::diff_rows;
    use crate::domain::key::{EntityKey, Version};
    use crate::domain::row::TableKind;
    use crate::domain::value::from_plain_json;
    use crate::engine::protocol::{EntityRef, Side};

    fn sides(before: &str, after: &str) -> Sides {
        let row = |t: &str| Row(from_plain_json(t).unwrap().as_map().unwrap().clone());
        let (before, after) = (row(before), row(after));
        let side = |n| Side {
            entity: EntityRef { module: "product".into(), key: EntityKey::new("P#a", "x") },
            version: Some(Version(n)),
        };
        let result = DiffResult {
            from: side(1),
            to: side(2),
            from_found: TableKind::History,
            to_found: TableKind::Data,
            changes: diff_rows(&before, &after, false),
            before: Arc::new(before),
            after: Arc::new(after),
        };
        Sides::of(&result, false, false)
    }

    const BEFORE: &str =
        r#"{"pk":"P#a","version":1,"name":"ボルト M6","attributes":{"n":1,"gone":true,"t":["a","b"]}}"#;
    const AFTER: &str =
        r#"{"pk":"P#b","version":2,"name":"ボルト M8","attributes":{"n":1,"t":["a","c"],"new":{"x":null}}}"#;

    fn shown(room: usize) -> Vec<String> {
        let lines = sides(BEFORE, AFTER).arranged(&Filter::default(), room, true);
        lines.iter().map(|line| line.plain().trim_end().to_owned()).collect()
    }

    #[test]
    fn both_values_stand_beside_each_other_and_what_changed_comes_first() {
        assert_eq!(
            shown(70),
            [
                "~ name             \"ボルト M6\"              │ \"ボルト M8\"",
                "+ attributes.new.x not there                │ null",
                "~ attributes.t     [\"a\",\"b\"]                │ [\"a\",\"c\"]",
                "- attributes.gone  true                     │ not there",
                "── 1 attribute is equal",
                "  attributes.n     1                        │ 1",
            ]
        );
    }

    #[test]
    fn one_under_the_other_where_there_is_no_room() {
        let narrow = shown(58);
        assert_eq!(narrow[..3], ["~ name", "    - \"ボルト M6\"", "    + \"ボルト M8\""]);
        assert_eq!(narrow.last().unwrap(), "  attributes.n  1");
    }

    #[test]
    fn heads_say_who_and_when_over_their_columns() {
        let head = |version: &str, who: &str| Head {
            version: version.into(),
            short: version.trim_start_matches("version ").into(),
            when: "2026-03-02 10:15".into(),
            who: who.into(),
        };
        let of = |room| sides(BEFORE, AFTER).heads(&head("version 1", "u-a"), &head("version 2", "u-b"), room);
        let plain = |lines: Vec<Rich>| lines.iter().map(|l| l.plain().trim_end().to_owned()).collect::<Vec<_>>();
        let at = "~ attributes.new.x ".len();
        let wide = plain(of(80));
        assert_eq!(wide[0].find("version 1"), Some(at), "{wide:?}");
        assert!(wide[1].contains("2026-03-02 10:15 u-a") && wide[1].contains("│ 2026-03-02 10:15 u-b"), "{wide:?}");
        assert_eq!(plain(of(58))[0], "- version 1  2026-03-02 10:15  u-a");
        let short = |room| Sides::short_heads(&head("version 1", "u-a"), &head("version 2", "u-b"), room).plain();
        assert_eq!(short(58), "1 2026-03-02 10:15 u-a → 2 2026-03-02 10:15 u-b");
        assert_eq!(short(30), "1 u-a → 2 u-b");
    }

    #[test]
    fn no_line_is_wider_than_the_room() {
        let long = format!(r#"{{"attributes":{{"{}":"{}","n":1}}}}"#, "とても長い名前".repeat(9), "値".repeat(400));
        let other = long.replace('値', "物").replace("\"n\":1", "\"n\":2");
        for room in [20, 58, 70, 73, 78, 198] {
            for wrap in [true, false] {
                let lines = sides(&long, &other).arranged(&Filter::default(), room, wrap);
                let is_cut = wrap || room >= WIDE;
                assert!(!is_cut || lines.iter().all(|line| line.width() <= room), "{room} {wrap}");
            }
        }
    }
}
