//! Rows as the operations of the plan in the form would make them.

use std::sync::Arc;

use crate::domain::diff::{Change as Differs, diff_values};
use crate::domain::path::Path;
use crate::domain::plan::Change;
use crate::domain::printable::printable;
use crate::domain::row::{Attributes, Row, field};
use crate::domain::transform::Brought;
use crate::domain::value::Value;
use crate::engine::protocol::Viewed;
use crate::tui::parts::Rich;
use crate::tui::screens::history::changes::{self, mark};
use crate::tui::screens::history::document::{self, Document};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::worker;

/// Cells of the plan's name in titles.
const NAME: usize = 18;

/// Places that are named of one entity.
const NAMED: usize = 12;

/// Plan that rows are seen through.
#[derive(Debug)]
pub(crate) struct PlanView {
    /// The plan's name.
    pub(crate) name: String,
    /// The state of its text.
    pub(crate) revision: u64,
    pub(crate) change: Arc<Change>,
}

/// Mark that titles have all the time while rows are not shown as they are stored.
pub(crate) fn title_mark(view: &PlanView) -> String {
    // A long name shall not take the room of the key behind it.
    format!("{} ", tr!("VIEW %{name}:", name = text::cut(&printable(&view.name), NAME)))
}

/// Effect of the plan on an entity of a listing, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Equal,
    /// Changes: a sign and a place each.
    Changed(String),
    /// Why it cannot be changed.
    Refused(String),
}

impl From<Viewed> for Seen {
    fn from(viewed: Viewed) -> Self {
        match viewed {
            Viewed::Equal => Self::Equal,
            Viewed::Changed(changes) => Self::Changed(places(&changes)),
            Viewed::Refused(_, message) => Self::Refused(message),
        }
    }
}

fn places(changes: &[Differs]) -> String {
    let of = |change: &Differs| {
        let path = change.path.to_string();
        format!("{}{}", mark(change.kind).0, path.strip_prefix("attributes.").unwrap_or(&path))
    };
    let more = changes.len().saturating_sub(NAMED);
    let mut out = changes.iter().take(NAMED).map(of).collect::<Vec<_>>().join(" ");
    if more > 0 {
        out.push_str(&format!(" {}", tr!("and %{n} more", n = more)));
    }
    out
}

/// A row of a version, made readable as the plan would make it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ViewedRow {
    pub(crate) document: Document,
    /// Changes; `None` where it stays as it is, with the reason in `refused`.
    pub(crate) changes: Option<usize>,
    pub(crate) refused: Option<String>,
}

impl ViewedRow {
    /// Works it out: filters may take their time, do it beside the loop. `now` is the time of the look.
    pub(crate) fn new(row: &Row, change: &Change, now: &str) -> Self {
        let refused = |why: String| Self { document: document::row(row), changes: None, refused: Some(why) };
        let changing = match worker::changing(change, now) {
            Ok(changing) => changing,
            Err(bad) => return refused(bad.to_string()),
        };
        let before = match row.attributes() {
            Ok(Attributes::Inline(before)) => before,
            Ok(Attributes::InS3(_)) => return refused(tr!("its attributes in S3 could not be read").into_owned()),
            Ok(Attributes::Absent) => return refused(tr!("it has no attributes").into_owned()),
            Err(error) => return refused(error.to_string()),
        };
        let after = match changing.apply(before) {
            Brought::Equal => return Self { document: document::row(row), changes: Some(0), refused: None },
            Brought::Refused(_, message) => return refused(message),
            Brought::Changed(after) => Value::M(after),
        };
        let place = Path::default().name(field::ATTRIBUTES);
        let differs = diff_values(&place, &Value::M(before.clone()), &after);
        let mut shown = Document::default();
        if !differs.is_empty() {
            shown.append(&changes::document(&differs));
            let heading = Rich::of(Role::Heading, &tr!("The row as it would be"));
            shown.block(String::new(), vec![Rich::default(), heading]);
        }
        shown.append(&document::row(&row.with_attributes(after)));
        Self { document: shown, changes: Some(differs.len()), refused: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::parse;
    use crate::domain::value::from_plain_json;

    fn change(operations: &str) -> Change {
        let head = "name = \"t\"\noperation = \"transform\"\n[source]\ntype = \"P\"\ntenant = \"a\"\n";
        parse("t.toml".as_ref(), &format!("{head}{operations}")).unwrap().change
    }

    fn seen(attributes: &str, operations: &str) -> ViewedRow {
        let json = format!(r#"{{"pk":"P#a","sk":"x","attributes":{attributes}}}"#);
        let row = Row(from_plain_json(&json).unwrap().as_map().unwrap().clone());
        ViewedRow::new(&row, &change(operations), "2026-03-20T01:02:03.000Z")
    }

    #[test]
    fn what_changes_stands_above_the_row_that_it_makes() {
        let rename = "[[transform]]\nrename = { a = \"b\" }\nnow = [\"at\"]\n";
        let changed = seen(r#"{"a":1}"#, rename);
        let lines: Vec<String> = changed.document.lines().iter().map(Rich::plain).collect();
        assert_eq!((changed.changes, changed.refused), (Some(3), None));
        assert!(lines[0].starts_with("- attributes.a ") && lines[1].starts_with("+ attributes.b "), "{lines:?}");
        let row = lines.iter().position(|l| l == "The row as it would be").unwrap();
        assert!(lines[row..].iter().any(|l| l.contains("\"at\": \"2026-03-20T01:02:03.000Z\"")), "{lines:?}");
        assert!(!lines[row..].iter().any(|l| l.contains("\"a\"")), "{lines:?}");
        let refused = seen(r#"{"a":1,"b":2}"#, rename);
        assert!(refused.refused.as_ref().is_some_and(|why| why.contains('b')), "{refused:?}");
        assert!(refused.document.lines().iter().any(|l| l.plain().contains("\"a\": 1")), "it is shown as it is");
        let equal = seen(r#"{"b":1}"#, "[[transform]]\ndefault = { b = 2 }\n");
        assert_eq!((equal.changes, equal.refused), (Some(0), None));
    }

    #[test]
    fn what_changes_in_a_line_of_a_list() {
        let map = |json: &str| from_plain_json(json).unwrap();
        let of = |a: &str, b: &str| {
            Seen::from(Viewed::Changed(diff_values(&Path::default().name("attributes"), &map(a), &map(b))))
        };
        assert_eq!(of(r#"{"a":1,"d":{"l":1}}"#, r#"{"b":1,"d":{"l":"1"}}"#), Seen::Changed("-a !d.l +b".into()));
        let many: Vec<String> = (0..14).map(|i| format!("\"k{i}\":1")).collect();
        let Seen::Changed(text) = of("{}", &format!("{{{}}}", many.join(","))) else { panic!() };
        assert!(text.ends_with("+k11 and 2 more"), "{text}");
    }
}
