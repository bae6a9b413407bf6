//! Changes in lines, with the words that differ.

use super::document::{Document, json_lines, scalar, type_word};
use crate::domain::diff::{Change, ChangeKind, Span, words};
use crate::domain::printable::printable;
use crate::domain::value::Value;
use crate::language::translated;
use crate::tui::parts::Rich;
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells for both values of a change that stands on one line.
const SHORT: usize = 44;
/// Column that the values of short changes begin at, where the path leaves room.
const COLUMN: usize = 34;

/// Every change as lines.
pub(crate) fn document(changes: &[Change]) -> Document {
    let mut document = Document::default();
    for change in changes {
        document.block(change.path.to_string(), lines(change));
    }
    document
}

/// How a kind of change is marked and named; [`text!`] marks its name.
pub(crate) fn mark(kind: ChangeKind) -> (&'static str, &'static str, Role) {
    match kind {
        ChangeKind::Added => ("+", text!("added"), Role::Added),
        ChangeKind::Removed => ("-", text!("removed"), Role::Removed),
        ChangeKind::Changed => ("~", text!("changed"), Role::Changed),
        ChangeKind::Type => ("!", text!("type changed"), Role::Changed),
        ChangeKind::Moved => (">", text!("moved"), Role::Moved),
    }
}

fn lines(change: &Change) -> Vec<Rich> {
    let (symbol, word, role) = mark(change.kind);
    let mut head = Rich::of(role, symbol).with(Role::Path, &format!(" {}", change.path));
    let note = match (change.kind, &change.before, &change.after, change.from_index) {
        (ChangeKind::Moved, .., Some(from)) => tr!("moved from [%{from}]", from = from),
        (ChangeKind::Type, Some(before), Some(after), _) => {
            let (before, after) = (translated(type_word(before)), translated(type_word(after)));
            tr!("type changed: %{before} to %{after}", before = before, after = after)
        }
        _ => translated(word),
    };
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    if let Some(values) = short(change.kind, before, after) {
        head.pad_to(COLUMN);
        head.push(Role::Text, "  ");
        head.append(&values);
        if change.kind != ChangeKind::Changed {
            head.push(Role::Dim, &format!("  ({note})"));
        }
        return vec![head];
    }
    head.push(Role::Dim, &format!("  ({note})"));
    let mut out = vec![head];
    match (change.kind, before, after) {
        (ChangeKind::Moved, _, Some(value)) => out.extend(json_lines(value, "    ", Role::Moved)),
        (_, Some(Value::S(old)), Some(Value::S(new))) => {
            let (old, new) = words(old, new);
            out.push(spans("  - ", &old, Role::Removed, Role::RemovedWord));
            out.push(spans("  + ", &new, Role::Added, Role::AddedWord));
        }
        _ => {
            out.extend(before.into_iter().flat_map(|v| json_lines(v, "  - ", Role::Removed)));
            out.extend(after.into_iter().flat_map(|v| json_lines(v, "  + ", Role::Added)));
        }
    }
    out
}

/// Both values on one line, where they are short.
fn short(kind: ChangeKind, before: Option<&Value>, after: Option<&Value>) -> Option<Rich> {
    let is_scalar =
        |v: &Value| !matches!(v, Value::M(m) if !m.is_empty()) && !matches!(v, Value::L(l) if !l.is_empty());
    if !before.into_iter().chain(after).all(is_scalar) {
        return None;
    }
    let shown = |v: Option<&Value>| v.map(scalar).unwrap_or_default();
    let (old, new) = (shown(before), shown(after));
    if text::width(&printable(&old)) + text::width(&printable(&new)) > SHORT {
        return None;
    }
    Some(match (kind, before, after) {
        (ChangeKind::Moved, ..) => Rich::of(Role::Moved, &new),
        (_, Some(Value::S(old)), Some(Value::S(new))) => {
            let (old, new) = words(old, new);
            let mut line = spans("", &old, Role::Removed, Role::RemovedWord);
            line.push(Role::Dim, " → ");
            line.append(&spans("", &new, Role::Added, Role::AddedWord));
            line
        }
        (_, Some(_), Some(_)) => Rich::of(Role::Removed, &old).with(Role::Dim, " → ").with(Role::Added, &new),
        (_, Some(_), None) => Rich::of(Role::Removed, &old),
        _ => Rich::of(Role::Added, &new),
    })
}

fn spans(lead: &str, spans: &[Span], same: Role, differs: Role) -> Rich {
    let mut line = Rich::of(same, lead).with(same, "\"");
    for span in spans {
        line.push(if span.changed { differs } else { same }, &span.text);
    }
    line.with(same, "\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::diff_maps;
    use crate::domain::value::from_plain_json;

    fn shown(before: &str, after: &str) -> Vec<String> {
        let map = |t: &str| from_plain_json(t).unwrap().as_map().unwrap().clone();
        document(&diff_maps(&map(before), &map(after))).lines().iter().map(Rich::plain).collect()
    }

    #[test]
    fn short_changes_stand_on_one_line_in_columns() {
        assert_eq!(
            shown(r#"{"name":"ボルト M6","n":1,"gone":true}"#, r#"{"name":"ボルト M8","n":20,"new":"\u001b"}"#),
            [
                "~ name                              \"ボルト M6\" → \"ボルト M8\"",
                "~ n                                 1 → 20",
                "- gone                              true  (removed)",
                "+ new                               \"␛\"  (added)",
            ]
        );
    }

    #[test]
    fn moves_and_changed_types_are_named() {
        assert_eq!(
            shown(r#"{"t":["a","b","c"],"p":5}"#, r#"{"t":["c","a","b"],"p":"5"}"#),
            [
                "> t[0]                              \"c\"  (moved from [2])",
                "! p                                 5 → \"5\"  (type changed: number to string)",
            ]
        );
    }

    #[test]
    fn long_texts_stand_below_each_other_with_their_words_marked() {
        let before = "The quick brown fox jumps over the lazy dog";
        let document = {
            let map = |t: &str| from_plain_json(&format!("{{\"d\":\"{t}\"}}")).unwrap().as_map().unwrap().clone();
            document(&diff_maps(&map(before), &map(&before.replace("brown", "red"))))
        };
        let lines = document.lines();
        assert_eq!(lines[0].plain(), "~ d  (changed)");
        assert_eq!(lines[1].plain(), format!("  - \"{before}\""));
        let expected = Rich::of(Role::Added, "  + ")
            .with(Role::Added, "\"")
            .with(Role::Added, "The quick ")
            .with(Role::AddedWord, "red")
            .with(Role::Added, " fox jumps over the lazy dog")
            .with(Role::Added, "\"");
        assert_eq!(lines[2], expected);
    }

    #[test]
    fn added_maps_are_shown_whole() {
        assert_eq!(shown("{}", r#"{"dims":{"l":30}}"#), ["+ dims  (added)", "  + {", "  +   \"l\": 30", "  + }"]);
    }
}
