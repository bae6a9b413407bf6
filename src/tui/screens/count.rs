//! The question before entities are counted, with what that costs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::engine::protocol::{Event, MeasuredTable, RequestId};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::job::Job;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::Frame;
use crate::tui::parts::{Hints, Question, problem, words};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::tenants::held::Scope;
use crate::tui::theme::Role;

/// Bytes of a megabyte, as people know it.
const MEGABYTE: f64 = 1_000_000.0;

/// The question.
#[derive(Debug)]
pub(crate) struct CountBox {
    scope: Scope,
    job: Job,
    tables: Vec<MeasuredTable>,
    /// Why the size of a table is not known.
    unknown: Option<crate::engine::failure::Failure>,
}

impl CountBox {
    /// One that waits for the sizes of tables.
    pub(crate) fn new(request: RequestId, scope: Scope) -> Self {
        Self { scope, job: Job::begun(request), tables: Vec::new(), unknown: None }
    }

    /// There is nothing to count: asking how large it is ended with that.
    fn has_nothing(&self) -> bool {
        self.job.problem.is_some()
    }

    /// The cost, in words.
    fn cost(&self, app: &App) -> String {
        if self.job.running {
            return tr!("Asking how large the tables are…").into_owned();
        }
        let units: f64 = self.tables.iter().map(MeasuredTable::units).sum();
        let (bytes, rows) = self.tables.iter().fold((0, 0), |(b, r), table| (b + table.bytes, r + table.rows));
        let size = tr!(
            "%{rows} and %{megabytes} MB",
            rows = format::plural(rows, text!("%{n} row"), text!("%{n} rows")),
            megabytes = bytes as f64 / MEGABYTE : {:.1}
        );
        let half = |units: f64| format::units((units * 2.0).ceil() / 2.0);
        let Scope::Partitions(module, pks) = &self.scope else {
            let units = half(units.max(0.5));
            return if self.tables.len() == 1 {
                tr!("It reads its data table once: about %{units} read units (%{size}).", units = units, size = size)
            } else {
                tr!("It reads each data table once: about %{units} read units (%{size}).", units = units, size = size)
            }
            .into_owned();
        };
        let known = app.tenants.tree.partitions_in(module).max(pks.len());
        let share = units * pks.len() as f64 / known.max(1) as f64;
        let least = 0.5 * pks.len() as f64;
        let (about, most) = (half(share.max(least)), half(units.max(least)));
        let reads = if pks.len() == 1 {
            tr!(
                "It reads this partition and no other: about %{about} read units where partitions are alike, %{most} at most.",
                about = about,
                most = most
            )
        } else {
            tr!(
                "It reads these partitions and no other: about %{about} read units where partitions are alike, %{most} at most.",
                about = about,
                most = most
            )
        };
        let has = tr!(
            "Module %{module} has %{partitions} with %{size}.",
            module = module,
            partitions = format::plural(known as u64, text!("%{n} partition"), text!("%{n} partitions")),
            size = size
        );
        format!("{reads} {has}")
    }
}

impl Screen for CountBox {
    fn context(&self) -> Context {
        Context::Count
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Accept if self.job.running => {
                app.say(tr!("what it costs is not known yet"));
                return Flow::Stay;
            }
            Action::Accept if self.has_nothing() => return Flow::Stay,
            Action::Accept => app.count(self.scope.clone()),
            _ => app.give_up(self.job.request),
        }
        Flow::Close
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.job.request == request
    }

    fn answer(&mut self, app: &mut App, _: RequestId, event: Event) {
        self.job.take(&event, app.now);
        match event {
            Event::Measured(tables) => self.tables = tables,
            Event::Failed(failure) => self.unknown = Some(*failure),
            _ => {}
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let title = tr!("Count?");
        let question = Question { frame: Frame::Dialog, title: &title, width: 72, margin: 1 };
        let room = question.room(area);
        let mut lines = words(&tr!("Count the entities of %{scope}.", scope = self.scope.words()), Role::Strong, room);
        if !self.tables.is_empty() || self.job.running {
            lines.extend(words(&self.cost(app), Role::Text, room));
        }
        if let Some(failure) = &self.unknown {
            lines.extend(problem::lines(failure, room));
        }
        if !self.tables.is_empty() {
            lines.extend(words(&tr!("The service counts sizes every few hours."), Role::Dim, room));
        }
        let answers = [(Action::Accept, text!("count")), (Action::Back, text!("close"))];
        let answers = if self.has_nothing() { &answers[1..] } else { &answers[..] };
        question.draw(buffer, area, &lines, &Hints::of(&app.keymap, Context::Count, answers), &app.theme);
        None
    }
}
