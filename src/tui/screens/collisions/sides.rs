//! The rows that want a key, below each other: who changed them last, and where they differ.

use jiff::tz::TimeZone;

use super::decision::{Decision, MERGE_ALL, is_worth_reading, places, text as order_text};
use crate::domain::clock::local_minutes;
use crate::domain::diff::words;
use crate::domain::normalize::{Difference, decided_row};
use crate::domain::printable::printable;
use crate::domain::row::Row;
use crate::domain::value::Value;
use crate::engine::protocol::{Collision, CollisionRow};
use crate::language::listed;
use crate::tui::parts::Rich;
use crate::tui::parts::problem;
use crate::tui::screens::history::document::{json_lines, lookup, scalar};
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Width of a sign, a number and the blanks behind them.
const NUMBER: usize = 5;
const VERSION: usize = 5;
const WHEN: usize = 17;
const WHO: usize = 12;

/// The rows, the decision, and the differences, in lines of at most so many cells.
pub(super) fn lines(
    collision: &Collision,
    decision: &Decision,
    was_open: bool,
    zone: &TimeZone,
    room: usize,
) -> Vec<Rich> {
    let from = places(collision, &decision.from);
    let mut out: Vec<Rich> = Vec::new();
    for (i, row) in collision.rows.iter().enumerate() {
        out.extend(row_lines(i, row, from.contains(&i), zone, room));
    }
    if !decision.is_proposed {
        out.extend(problem::notice(&verdict(collision, decision, &from), role_of(decision), room));
    }
    if let Some(message) = collision.message.as_ref().filter(|_| is_worth_reading(collision, decision, was_open)) {
        out.extend(problem::notice(&format!("! {message}"), Role::Warning, room));
    }
    if !collision.decidable {
        return out;
    }
    let many = collision.differences.len() as u64;
    let count = format::plural(many, text!("%{n} difference"), text!("%{n} differences"));
    let head = if collision.differences.is_empty() {
        tr!("no differences but the spelling: it does not matter which stays").into_owned()
    } else if from.is_empty() {
        count
    } else {
        tr!("%{differences}; > is what the target gets", differences = count).into_owned()
    };
    out.push(Rich::default());
    out.extend(problem::notice(&head, Role::Heading, room));
    let rows: Vec<&Row> = collision.rows.iter().filter_map(|r| r.row.as_deref()).collect();
    let outcome = (!from.is_empty()).then(|| Value::M(decided_row(&rows, &from).0));
    for difference in &collision.differences {
        out.extend(difference_lines(difference, &from, outcome.as_ref(), room));
    }
    out
}

fn role_of(decision: &Decision) -> Role {
    if decision.is_open() { Role::Warning } else { Role::Ok }
}

/// The decision, in words.
fn verdict(collision: &Collision, decision: &Decision, from: &[usize]) -> String {
    let news = if decision.is_new { tr!("; not previewed yet: p") } else { "".into() };
    match (decision.from.len(), from) {
        (0, _) if decision.is_open() => {
            let most = collision.rows.len().min(9);
            tr!("undecided%{news}. 1-%{most} keeps that row, m merges them", news = news, most = most)
        }
        (0, _) => {
            tr!("not decided by itself: the plan's collision = \"%{policy}\" decides", policy = policy(decision.word))
        }
        (1, [at]) => tr!("decided: keep %{n}%{news}. u takes it back", n = at + 1, news = news),
        (n, from) if n == from.len() => tr!(
            "decided: merge %{order}, later ones win%{news}. u takes it back",
            order = order_text(from),
            news = news
        ),
        _ => {
            tr!("! decided for rows that do not want this key: %{rows}. u takes it back", rows = listed(&decision.from))
        }
    }
    .into_owned()
}

fn policy(word: &'static str) -> &'static str {
    if word == MERGE_ALL { "merge" } else { word }
}

/// One row: which, its version, when it was changed last and by whom.
fn row_lines(at: usize, row: &CollisionRow, is_taken: bool, zone: &TimeZone, room: usize) -> Vec<Rich> {
    let number = number(at, is_taken);
    let unknown = || tr!("unknown").into_owned();
    let (mut when, mut who) = (unknown(), unknown());
    let mut certain = true;
    if let Some(changed) = &row.changed {
        when = changed.at.as_deref().map_or_else(unknown, |at| local_minutes(at, zone));
        who = changed.by.clone().unwrap_or_else(unknown);
        certain = changed.certain;
    }
    if !certain {
        who = format!("{}?", text::cut(&printable(&who), WHO.saturating_sub(2)));
    }
    let role = if certain { Role::Text } else { Role::Warning };
    let facts = Rich::of(Role::Text, &text::cell(&format!("v{}", row.version), VERSION))
        .with(Role::Text, &text::cell(&when, WHEN))
        .with(role, &text::fit(&who, WHO));
    let left = room.saturating_sub(NUMBER + facts.width() + 1);
    let pk = printable(row.pk.as_str());
    if text::width(&pk) <= left {
        let mut line = number.with(Role::Strong, &text::fit(&pk, left)).with(Role::Text, " ");
        line.append(&facts);
        return vec![line];
    }
    // Where the key leaves no room beside it, the facts stand below.
    let mut below = Rich::default();
    below.pad_to(NUMBER);
    below.append(&facts);
    let mut lines = number.with(Role::Strong, &pk).wrapped(room);
    lines.push(below);
    lines
}

fn number(at: usize, is_taken: bool) -> Rich {
    let sign = if is_taken { ">" } else { " " };
    Rich::of(if is_taken { Role::Ok } else { Role::Text }, sign)
        .with(Role::Key, &text::fit_right(&(at + 1).to_string(), 2))
        .with(Role::Text, "  ")
}

/// A place, and below it what each row holds there.
fn difference_lines(difference: &Difference, from: &[usize], outcome: Option<&Value>, room: usize) -> Vec<Rich> {
    let mut out = Rich::of(Role::Path, &difference.path.to_string()).wrapped(room);
    let result = outcome.map(|row| lookup(row, &difference.path.0));
    // The last of the rows that hold it gives it to the target, unless several are put together.
    let winner = result.and_then(|result| from.iter().rev().find(|i| held(difference, **i) == result)).copied();
    for (i, value) in difference.values.iter().enumerate() {
        out.extend(value_lines(number(i, winner == Some(i)), value.as_ref(), first(difference, i), room));
    }
    if let (Some(result), None) = (result, winner) {
        let sign = Rich::of(Role::Ok, "> =  ");
        out.extend(value_lines(sign, result, None, room));
    }
    out
}

fn held(difference: &Difference, at: usize) -> Option<&Value> {
    difference.values.get(at).and_then(Option::as_ref)
}

/// The text that another one is compared with word by word: the first row's.
fn first(difference: &Difference, at: usize) -> Option<&str> {
    held(difference, 0).and_then(Value::as_str).filter(|_| at > 0)
}

fn value_lines(lead: Rich, value: Option<&Value>, before: Option<&str>, room: usize) -> Vec<Rich> {
    let Some(value) = value else { return vec![lead.with(Role::Dim, &tr!("not there"))] };
    let is_nested = match value {
        Value::M(map) => !map.is_empty(),
        Value::L(list) => !list.is_empty(),
        _ => false,
    };
    if is_nested {
        let mut lines = json_lines(value, "", Role::Text).into_iter();
        let mut out: Vec<Rich> = Vec::new();
        if let Some(first) = lines.next() {
            let mut line = lead;
            line.append(&first);
            out.push(line);
        }
        out.extend(lines.map(|line| {
            let mut indented = Rich::default();
            indented.pad_to(NUMBER);
            indented.append(&line);
            indented
        }));
        return out.iter().flat_map(|line| line.hanging(NUMBER, room)).collect();
    }
    let mut line = lead;
    match (value, before) {
        (Value::S(text), Some(before)) if before != text => {
            line.push(Role::Text, "\"");
            for span in words(before, text).1 {
                line.push(if span.changed { Role::AddedWord } else { Role::Text }, &span.text);
            }
            line.push(Role::Text, "\"");
        }
        _ => line.push(Role::Text, &scalar(value)),
    }
    line.hanging(NUMBER, room)
}
