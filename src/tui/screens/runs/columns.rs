//! The columns of the list of runs: as many as there is room for.

use std::borrow::Cow;

use super::{WIDE, state, subject_of};
use crate::domain::clock::local_minutes;
use crate::domain::run::Outcome;
use crate::engine::protocol::RunInfo;
use crate::tui::app::App;
use crate::tui::parts::Rich;
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Cells from which on numbers have columns of their own.
const NUMBERS: usize = 72;
/// Cells that the subject of a run gets at least.
const SUBJECT: usize = 20;
/// Cells between two columns, and where room is short.
const GAP: usize = 2;
const NARROW: usize = 1;

/// A column: its heading, the cells of it, and what stands in it.
struct Column {
    heading: Cow<'static, str>,
    width: usize,
    is_number: bool,
    value: fn(&App, &RunInfo) -> (Role, String),
}

/// The columns for the runs of a list.
pub(super) struct Columns {
    all: Vec<Column>,
    gap: usize,
}

impl Columns {
    /// Each is as wide as what stands in it; the subject gets the rest.
    pub(super) fn of(app: &App, runs: &[RunInfo], room: usize) -> Self {
        let column = |heading: Cow<'static, str>, is_number, value: fn(&App, &RunInfo) -> (Role, String)| {
            let widest = runs.iter().map(|run| text::width(&value(app, run).1)).max().unwrap_or(0);
            Column { width: widest.max(text::width(&heading)), heading, is_number, value }
        };
        let mut columns = if room < NUMBERS {
            vec![
                column(tr!("when"), false, day),
                column(tr!("operation"), false, operation),
                column(tr!("state"), false, stands),
            ]
        } else {
            vec![
                column(tr!("when"), false, when),
                column(tr!("operation"), false, operation),
                column(tr!("state"), false, plain_state),
            ]
        };
        let place = columns.len();
        if room >= NUMBERS {
            columns.extend([column(Outcome::Done.as_str().into(), true, done), column(left_heading(), true, left)]);
            if runs.iter().any(|run| !others(app, run).1.is_empty()) {
                columns.push(column(tr!("not done"), false, others));
            }
        }
        if room >= WIDE {
            columns.push(column(tr!("who"), false, operator));
        }
        let gap = if room < NUMBERS { NARROW } else { GAP };
        let taken: usize = columns.iter().map(|column| column.width + gap).sum();
        let width = room.saturating_sub(taken).max(SUBJECT);
        let heading = tr!("source → target, name");
        columns.insert(place, Column { heading, width, is_number: false, value: subject });
        Self { all: columns, gap }
    }

    /// The line above the rows.
    pub(super) fn headings(&self) -> Rich {
        self.line(|column| (Role::Dim, column.heading.to_string()))
    }

    /// The row of a run.
    pub(super) fn row(&self, app: &App, run: &RunInfo) -> Rich {
        self.line(|column| (column.value)(app, run))
    }

    fn line(&self, cell: impl Fn(&Column) -> (Role, String)) -> Rich {
        let mut line = Rich::default();
        for (i, column) in self.all.iter().enumerate() {
            if i > 0 {
                line.push(Role::Text, &" ".repeat(self.gap));
            }
            let (role, value) = cell(column);
            let fitted = if column.is_number { text::fit_right } else { text::fit };
            line.push(role, &fitted(&value, column.width));
        }
        line
    }
}

fn when(app: &App, run: &RunInfo) -> (Role, String) {
    (Role::Text, local_minutes(&run.started_at, &app.zone))
}

/// Without the year.
fn day(app: &App, run: &RunInfo) -> (Role, String) {
    let (role, at) = when(app, run);
    (role, at.split_once('-').map_or(at.as_str(), |(_, day)| day).to_owned())
}

fn operation(_: &App, run: &RunInfo) -> (Role, String) {
    (Role::Strong, run.operation.as_str().to_owned())
}

fn plain_state(app: &App, run: &RunInfo) -> (Role, String) {
    (if run.is_open() { Role::Warning } else { Role::Text }, state(app, run).to_owned())
}

/// Its state, and in its place the items left of an unfinished one: one column has to do.
fn stands(app: &App, run: &RunInfo) -> (Role, String) {
    let (role, state) = plain_state(app, run);
    (role, if run.is_unfinished() { tr!("%{n} left", n = format::count(run.left)).into_owned() } else { state })
}

fn subject(_: &App, run: &RunInfo) -> (Role, String) {
    (Role::Text, subject_of(run))
}

fn done(_: &App, run: &RunInfo) -> (Role, String) {
    (Role::Text, format::count(run.count(Outcome::Done)))
}

/// Alone, the word is that of a direction too.
fn left_heading() -> Cow<'static, str> {
    tr!("%{n} left", n = "").trim().to_owned().into()
}

/// Items without an outcome; those of a run that nobody began are nothing half done, and stand back.
fn left(_: &App, run: &RunInfo) -> (Role, String) {
    let role = if run.is_unfinished() { Role::Warning } else { Role::Dim };
    (role, if run.is_open() { format::count(run.left) } else { "–".to_owned() })
}

/// Outcomes but for those done.
fn others(_: &App, run: &RunInfo) -> (Role, String) {
    let others = run.outcomes.iter().filter(|(outcome, n)| *outcome != Outcome::Done && *n > 0);
    (Role::Text, others.map(|(outcome, n)| format!("{} {outcome}", format::count(*n))).collect::<Vec<_>>().join(", "))
}

fn operator(_: &App, run: &RunInfo) -> (Role, String) {
    (Role::Dim, run.operator.clone())
}
