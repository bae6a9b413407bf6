//! A comparison as Markdown for a ticket: what it is about, who made both versions and when, and the changes.

use jiff::tz::TimeZone;

use crate::domain::clock::local_seconds;
use crate::domain::printable::printable;
use crate::domain::row::field;
use crate::domain::value::{Value, to_plain_json};
use crate::engine::protocol::{DiffResult, Side};
use crate::tui::app::App;
use crate::tui::screens::history::changes::mark;
use crate::tui::screens::history::diffs::DiffView;
use crate::tui::screens::history::made::Made;

/// A comparison with what is known of both of its sides.
pub(crate) struct Ticket<'a> {
    result: &'a DiffResult,
    is_first: bool,
    before: Made,
    after: Made,
    zone: &'a TimeZone,
}

impl<'a> Ticket<'a> {
    /// Of the comparison on screen.
    pub(crate) fn of(app: &'a App, view: &'a DiffView) -> Self {
        let result = &view.result;
        let opened = app.history.opened.as_ref();
        let made = |side, row| opened.map(|opened| opened.made(side, row)).unwrap_or_default();
        Self {
            result,
            is_first: view.is_first(),
            before: made(&result.from, &result.before),
            after: made(&result.to, &result.after),
            zone: &app.zone,
        }
    }
}

/// The comparison in two tables: who, when and with which request, then the changes.
pub(crate) fn diff_markdown(ticket: &Ticket) -> String {
    let (result, is_first) = (ticket.result, ticket.is_first);
    let name = |side: &Side| {
        let version = side.version.map_or_else(|| "current version".to_owned(), |v| format!("version {v}"));
        format!("{} {version}", code(&side.entity.key.to_string()))
    };
    let title = [&result.after, &result.before].into_iter().find_map(|row| row.text(field::NAME));
    let mut out = title.map(|title| format!("{} — ", code(title))).unwrap_or_default();
    out.push_str(&match is_first {
        true => format!("{}, the first\n\n", name(&result.to)),
        false => format!("{} → {}\n\n", name(&result.from), name(&result.to)),
    });
    let when = format!("when ({})", ticket.zone.iana_name().unwrap_or("local time"));
    let of = |fact: &dyn Fn(&Made) -> Option<String>| {
        let cell = |made: &Made| fact(made).map_or_else(|| "unknown".to_owned(), |text| code(&text));
        (if is_first { String::new() } else { cell(&ticket.before) }, cell(&ticket.after))
    };
    out.push_str("| | before | after |\n|---|---|---|\n");
    let facts = [
        (when, of(&|made| made.at.as_deref().map(|at| local_seconds(at, ticket.zone)))),
        ("who".to_owned(), of(&|made| made.by.clone())),
        ("request".to_owned(), of(&|made| made.request.clone())),
    ];
    for (fact, (before, after)) in facts {
        out.push_str(&format!("| {fact} | {before} | {after} |\n"));
    }
    let unsure = [(!is_first && ticket.before.uncertain, "before"), (ticket.after.uncertain, "after")];
    let unsure: Vec<&str> = unsure.into_iter().filter(|(is_unsure, _)| *is_unsure).map(|(_, word)| word).collect();
    if !unsure.is_empty() {
        let of = unsure.join(" and ");
        out.push_str(&format!("\nUncertain ({of}): no command row is left, and the row's own fields may be stale.\n"));
    }
    out.push_str("\n| | path | before | after |\n|---|---|---|---|\n");
    let value = |v: Option<&Value>| v.map(|v| code(&to_plain_json(v))).unwrap_or_default();
    for c in &result.changes {
        let kind = format!("{} {}", mark(c.kind).0, mark(c.kind).1);
        let row = [kind, code(&c.path.to_string()), value(c.before.as_ref()), value(c.after.as_ref())];
        out.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    if result.changes.is_empty() {
        out.push_str("| | no differences | | |\n");
    }
    out
}

/// A text that stays one cell of a table, whatever is in it.
fn code(text: &str) -> String {
    format!("`{}`", printable(text).replace('`', "'").replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::screens::copy::tests::result;

    fn made(by: &str, uncertain: bool) -> Made {
        let at = Some("2026-03-02T10:15:00+09:00".to_owned());
        Made { at, by: Some(by.to_owned()), request: Some(format!("req-{by}")), uncertain }
    }

    #[test]
    fn it_says_who_and_when_and_its_values_cannot_break_it() {
        let (result, zone) = (result(), TimeZone::get("Asia/Tokyo").unwrap());
        let (before, after) = (made("u-a", true), made("u|b", false));
        let text = diff_markdown(&Ticket { result: &result, is_first: false, before, after, zone: &zone });
        assert_eq!(
            text,
            "`P#a / x` version 1 → `P#a / x` version 2\n\n\
             | | before | after |\n|---|---|---|\n\
             | when (Asia/Tokyo) | `2026-03-02 10:15:00` | `2026-03-02 10:15:00` |\n\
             | who | `u-a` | `u\\|b` |\n\
             | request | `req-u-a` | `req-u\\|b` |\n\n\
             Uncertain (before): no command row is left, and the row's own fields may be stale.\n\n\
             | | path | before | after |\n|---|---|---|---|\n\
             | ~ changed | `a` | `\"x\\|y\"` | `\"'z\"` |\n| + added | `b` |  | `{\"c\":12345678901234567890}` |\n"
        );
    }

    #[test]
    fn a_first_version_has_nothing_before_it() {
        let result = result();
        let (before, after) = (Made::default(), made("u-a", false));
        let text = diff_markdown(&Ticket { result: &result, is_first: true, before, after, zone: &TimeZone::UTC });
        assert!(text.starts_with("`P#a / x` version 2, the first\n"), "{text}");
        assert!(text.contains("| who |  | `u-a` |\n") && !text.contains("Uncertain"), "{text}");
    }
}
