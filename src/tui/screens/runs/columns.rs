//! The columns of the list of runs: as many as there is room for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::facts::{ends, state, subject_of};
use crate::domain::clock::local_minutes;
use crate::domain::run::{Outcome, RunId};
use crate::engine::protocol::RunInfo;
use crate::language::listed;
use crate::tui::app::App;
use crate::tui::parts::Rich;
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Cells that the subject of a run gets at least.
const SUBJECT: usize = 20;
/// Columns that stand before it.
const BEFORE: usize = 3;

/// Columns beside the subject: the fuller ones first.
struct Layout {
    has_year: bool,
    /// Columns of their own for what is done and left; otherwise what is left stands in the place of the state.
    has_numbers: bool,
    has_others: bool,
    has_who: bool,
    gap: usize,
}

const LEANEST: Layout = Layout { has_year: false, has_numbers: false, has_others: false, has_who: false, gap: 1 };
const FULLER: [Layout; 5] = [
    Layout { has_year: true, has_numbers: true, has_others: true, has_who: true, gap: 2 },
    Layout { has_year: false, has_numbers: true, has_others: true, has_who: true, gap: 2 },
    Layout { has_year: true, has_numbers: true, has_others: true, has_who: false, gap: 2 },
    Layout { has_year: false, has_numbers: true, has_others: true, has_who: false, gap: 2 },
    Layout { has_year: false, has_numbers: true, has_others: false, has_who: false, gap: 2 },
];

/// A column: its heading, the cells of it, and what stands in it.
struct Column {
    heading: Cow<'static, str>,
    width: usize,
    is_number: bool,
    value: Value,
}

/// Content of a column.
#[derive(Clone, Copy)]
enum Value {
    Of(fn(&App, &RunInfo) -> (Role, String)),
    Subject,
}

/// Runs by their ids.
type Known<'r> = BTreeMap<RunId, &'r RunInfo>;

/// The columns for the runs of a list.
pub(super) struct Columns<'r> {
    all: Vec<Column>,
    known: Known<'r>,
    gap: usize,
    /// True where one of them says who ran it.
    pub(super) has_who: bool,
}

impl<'r> Columns<'r> {
    /// As many as leave the subjects their room, otherwise as many as leave them a little; each is as wide as what stands in it, and the
    /// subject gets the rest.
    pub(super) fn of(app: &App, runs: &'r [RunInfo], room: usize) -> Self {
        let heading = tr!("source → target, name");
        let least = SUBJECT.max(text::width(&heading));
        let known: Known<'r> = runs.iter().map(|run| (run.run, run)).collect();
        let subject = |run| text::width(&subject_of(run, undone(&known, run)));
        let widest = runs.iter().map(subject).max().unwrap_or(0);
        let leaving = |cells: usize, wanted: fn(&Layout) -> bool| {
            let laid_out = FULLER.iter().filter(|layout| wanted(layout)).map(|layout| Self::beside(app, runs, layout));
            laid_out.into_iter().find(|columns| columns.width() + cells <= room)
        };
        // Where a subject is cut, the operator takes none of its room.
        let is_roomy: fn(&Layout) -> bool = |layout| layout.has_year || !layout.has_who;
        let mut columns = leaving(least.max(widest), |_| true)
            .or_else(|| leaving(least, is_roomy))
            .unwrap_or_else(|| Self::beside(app, runs, &LEANEST));
        let width = room.saturating_sub(columns.width()).max(SUBJECT);
        columns.known = known;
        columns.all.insert(BEFORE, Column { heading, width, is_number: false, value: Value::Subject });
        columns
    }

    /// All but the subject's.
    fn beside(app: &App, runs: &'r [RunInfo], layout: &Layout) -> Self {
        let column = |heading: Cow<'static, str>, is_number, value: fn(&App, &RunInfo) -> (Role, String)| {
            let widest = runs.iter().map(|run| text::width(&value(app, run).1)).max().unwrap_or(0);
            Column { width: widest.max(text::width(&heading)), heading, is_number, value: Value::Of(value) }
        };
        let mut all = vec![
            column(tr!("when"), false, if layout.has_year { when } else { day }),
            column(tr!("operation"), false, operation),
            column(tr!("state"), false, if layout.has_numbers { plain_state } else { stands }),
        ];
        if layout.has_numbers {
            all.extend([column(Outcome::Done.as_str().into(), true, done), column(left_heading(), true, left)]);
        }
        if layout.has_others && runs.iter().any(|run| !others(app, run).1.is_empty()) {
            all.push(column(tr!("not done"), false, others));
        }
        if layout.has_who {
            all.push(column(tr!("operator"), false, operator));
        }
        Self { all, known: Known::new(), gap: layout.gap, has_who: layout.has_who }
    }

    /// Cells that they take, each with its gap.
    fn width(&self) -> usize {
        self.all.iter().map(|column| column.width + self.gap).sum()
    }

    /// True where the subject of a run does not fit.
    pub(super) fn cuts(&self, run: &RunInfo) -> bool {
        self.all.get(BEFORE).is_some_and(|column| text::width(&self.subject(run)) > column.width)
    }

    /// The ends of a run; of an undo, those of the run that it takes back.
    pub(super) fn ends(&self, run: &RunInfo) -> String {
        ends(undone(&self.known, run).unwrap_or(run))
    }

    fn subject(&self, run: &RunInfo) -> String {
        subject_of(run, undone(&self.known, run))
    }

    /// The line above the rows.
    pub(super) fn headings(&self) -> Rich {
        self.line(|column| (Role::Dim, column.heading.to_string()))
    }

    /// The row of a run.
    pub(super) fn row(&self, app: &App, run: &RunInfo) -> Rich {
        self.line(|column| match column.value {
            Value::Of(value) => value(app, run),
            Value::Subject => (Role::Text, self.subject(run)),
        })
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
    let role = match (app.stands_out(run), run.is_open()) {
        (true, _) => Role::Warning,
        (false, true) => Role::Dim,
        (false, false) => Role::Text,
    };
    (role, state(app, run).into_owned())
}

/// Its state, and in its place the items left of an unfinished one: one column has to do.
fn stands(app: &App, run: &RunInfo) -> (Role, String) {
    let (role, state) = plain_state(app, run);
    (role, if run.is_unfinished() { tr!("%{n} left", n = format::count(run.left)).into_owned() } else { state })
}

/// The run that another takes back, where it is known.
fn undone<'r>(known: &Known<'r>, run: &RunInfo) -> Option<&'r RunInfo> {
    known.get(&run.undo_of?).copied()
}

fn done(_: &App, run: &RunInfo) -> (Role, String) {
    (Role::Text, format::count(run.count(Outcome::Done)))
}

/// Alone, the word is that of a direction too.
fn left_heading() -> Cow<'static, str> {
    tr!("%{n} left", n = "").trim().to_owned().into()
}

/// Items without an outcome; those of a run that nobody began are nothing half done, and stand back.
fn left(app: &App, run: &RunInfo) -> (Role, String) {
    let role = if app.stands_out(run) { Role::Warning } else { Role::Dim };
    (role, if run.is_open() { format::count(run.left) } else { "–".to_owned() })
}

/// Outcomes but for those done.
fn others(_: &App, run: &RunInfo) -> (Role, String) {
    let others = run.outcomes.iter().filter(|(outcome, n)| *outcome != Outcome::Done && *n > 0);
    (Role::Text, listed(others.map(|(outcome, n)| format!("{} {outcome}", format::count(*n)))))
}

fn operator(_: &App, run: &RunInfo) -> (Role, String) {
    (Role::Dim, run.operator.clone())
}
