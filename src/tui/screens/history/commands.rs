//! Opening an entity, and walking through its versions.

use std::collections::BTreeMap;

use crate::domain::key::Version;
use crate::domain::timeline::{BySource, VersionStatus};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, EntityRef, Event, HistoryEntry, RequestId, Side};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::memory::Spot;
use crate::tui::message::{Effect, Work};
use crate::tui::pane::Pane;
use crate::tui::parts::scroll::Step;
use crate::tui::screens::activity::Activity;
use crate::tui::screens::find::Find;
use crate::tui::screens::history::diffs::{DiffKey, Next};
use crate::tui::screens::history::made::Made;
use crate::tui::screens::history::{CameFrom, Compare, LastChanges, Opened, ROWS, Shown, Wanted};

impl App {
    /// Opens an entity's history.
    pub(crate) fn open_entity(&mut self, entity: EntityRef, tenant: String) {
        let key = &entity.key;
        self.visit(Spot::Entity(entity.module.clone(), key.pk.to_string(), key.sk.to_string()));
        self.close_history();
        // Header, breadcrumb and content are about one tenant.
        if self.tenants.entities.as_ref().is_some_and(|list| list.tenant != tenant) {
            self.close_list();
        }
        let generation = self.generation();
        let command = Command::History { entity: entity.clone(), resolve: false };
        let request = self.ask(Pane::History, command, move |app, request, event| {
            app.versions_answer(generation, request, event);
        });
        let mut opened = Opened::new(entity, tenant, generation);
        opened.reading = Some(request);
        self.history.opened = Some(opened);
        self.focus = Pane::History;
    }

    /// Opens an entity's history out of a list, which is one level back then.
    pub(crate) fn open_entity_of(&mut self, list: CameFrom, entity: EntityRef, tenant: String) {
        self.open_entity(entity, tenant);
        if let Some(opened) = &mut self.history.opened {
            opened.came_from = Some(list);
        }
    }

    /// Shows the list again that the entity was opened out of; false where there is none, or it is gone.
    pub(super) fn back_to_list(&mut self) -> bool {
        let from = self.history.opened.as_mut().and_then(|opened| opened.came_from.take());
        match from {
            Some(CameFrom::Find) => self.stack.bring_back::<Find>(),
            Some(CameFrom::Activity) => self.stack.bring_back::<Activity>(),
            Some(CameFrom::Findings(of)) => self.findings_again(of),
            Some(CameFrom::Verification(of)) => self.verification_again(of),
            Some(CameFrom::Violations(of)) => self.violations_again(of),
            None => false,
        }
    }

    /// Gives up what is being read of the opened entity.
    pub(crate) fn close_history(&mut self) {
        if self.history.opened.take().is_some() {
            self.requests.of(Pane::History).into_iter().for_each(|request| self.give_up(request));
        }
    }

    /// Reads the opened entity again; what the operator chose stays.
    pub(crate) fn reload_history(&mut self) {
        let Some(old) = &mut self.history.opened else { return };
        let (entity, tenant) = (old.entity.clone(), old.tenant.clone());
        let (mut versions, filter) = (std::mem::take(&mut old.versions), old.filter.clone());
        versions.read_again();
        let kept = (old.compare.clone(), old.shown, old.all, old.wrap, old.marked);
        let (selected, chosen, came_from) = (old.selected, old.chosen, old.came_from);
        let focus = self.focus;
        self.open_entity(entity, tenant);
        self.focus = focus;
        if let Some(opened) = &mut self.history.opened {
            (opened.compare, opened.shown, opened.all, opened.wrap, opened.marked) = kept;
            (opened.selected, opened.chosen, opened.came_from) = (selected, chosen, came_from);
            (opened.versions, opened.filter) = (versions, filter);
            opened.follow();
        }
        if self.history.opened.as_ref().is_some_and(|o| o.shown == Shown::LastChanges) {
            self.ask_last_changes();
        }
    }

    fn versions_answer(&mut self, generation: u64, request: RequestId, event: Event) {
        match event {
            Event::Versions(entries) => self.versions(generation, entries),
            Event::Failed(failure) => {
                if let Some(opened) = self.history.opened.as_mut().filter(|o| o.generation == generation) {
                    opened.problem = Some(*failure);
                }
            }
            Event::Finished { cancelled } => self.versions_ended(generation, request, cancelled),
            _ => {}
        }
    }

    fn versions(&mut self, generation: u64, entries: Vec<HistoryEntry>) {
        let Some(opened) = self.history.opened.as_mut().filter(|o| o.generation == generation) else { return };
        let Opened { versions, filter, .. } = opened;
        versions.apply(entries, filter);
        opened.follow();
    }

    fn versions_ended(&mut self, generation: u64, request: RequestId, cancelled: bool) {
        let Some(opened) = self.history.opened.as_mut().filter(|o| o.generation == generation) else { return };
        if opened.reading == Some(request) {
            opened.reading = None;
            opened.cancelled = cancelled;
            let is_complete = !cancelled && !opened.problem.as_ref().is_some_and(|p| p.fatal);
            if is_complete {
                opened.versions.forget_old(&opened.filter);
            }
            opened.versions.complete |= is_complete;
            opened.follow();
        }
    }

    /// Asks for the comparison that is on screen, where it is not there.
    pub(crate) fn pump_diff(&mut self) {
        let Some(opened) = self.history.opened.as_mut().filter(|o| o.shown != Shown::LastChanges) else { return };
        let Wanted::Diff(key) = opened.wanted() else { return };
        match opened.diffs.next(&key) {
            Next::Nothing => {}
            Next::GiveUp(request) => self.give_up(request),
            Next::Ask => {
                let (generation, of) = (opened.generation, key.clone());
                let command = Command::Diff { from: key.from.clone(), to: key.to.clone(), all: key.all };
                let request = self.ask(Pane::History, command, move |app, request, event| {
                    app.diff_answer(generation, &of, request, event);
                });
                if let Some(opened) = &mut self.history.opened {
                    opened.diffs.ask(key, request);
                }
            }
        }
    }

    fn diff_answer(&mut self, generation: u64, key: &DiffKey, request: RequestId, event: Event) {
        let again = self.key_of(Context::Everywhere, Action::Reload);
        let Some(opened) = self.history.opened.as_mut().filter(|o| o.generation == generation) else { return };
        match event {
            Event::Diff(result) if opened.diffs.answered(key) => {
                self.effect(Effect::Build(Work::Diff { generation, key: key.clone(), result }));
            }
            Event::Failed(failure) => opened.diffs.fail(key.clone(), *failure),
            Event::Finished { cancelled } => opened.diffs.finish(request, cancelled, || {
                Failure::new(ErrorCode::Internal, tr!("the engine gave no answer"))
                    .hint(tr!("%{again} asks again", again = again))
            }),
            _ => {}
        }
    }

    /// Moves in the list of versions.
    pub(crate) fn step_version(&mut self, step: Step) {
        let Some(opened) = &mut self.history.opened else { return };
        opened.list.step(step, opened.versions.shown_len());
        if let Some(version) = opened.versions.at(opened.list.cursor).map(|l| l.version) {
            opened.select(version);
        }
    }

    /// Selects a version by its number.
    pub(crate) fn go_to_version(&mut self, version: Version) {
        let Some(opened) = &mut self.history.opened else { return self.refuse(tr!("open an entity first")) };
        if opened.versions.get(version).is_none() {
            return self.refuse(tr!("there is no version %{version}", version = version));
        }
        opened.select(version);
        self.focus = Pane::History;
    }

    /// Marks the selected version, or takes the mark away.
    pub(crate) fn mark_version(&mut self) {
        let compare = self.key_of(Context::History, Action::CompareWith);
        let Some(opened) = &mut self.history.opened else { return };
        let Some(selected) = opened.selected else { return };
        if opened.marked == Some(selected) {
            opened.marked = None;
            if opened.compare == Compare::Marked {
                opened.compare = Compare::Previous;
            }
            self.say(tr!("version %{version} is no longer marked", version = selected));
        } else {
            opened.marked = Some(selected);
            self.say(tr!(
                "version %{version} is marked; %{compare} compares others with it",
                version = selected,
                compare = compare
            ));
        }
    }

    /// Compares with the same sort key of another partition.
    pub(crate) fn compare_with_partition(&mut self, pk: &str) {
        let Some(opened) = &mut self.history.opened else { return self.refuse(tr!("open an entity first")) };
        if pk == opened.entity.key.pk.as_str() {
            return self.refuse(tr!("that is the partition the entity is in"));
        }
        let mut other = opened.entity.clone();
        other.key.pk = pk.into();
        opened.compare = Compare::Other(other);
        if opened.shown != Shown::Sides {
            opened.shown = Shown::Changes;
        }
        self.focus = Pane::History;
    }

    /// Shows the next view of the selected version.
    pub(crate) fn next_view(&mut self) {
        let Some(opened) = &mut self.history.opened else { return };
        opened.shown = match opened.shown {
            Shown::Changes | Shown::Sides => Shown::Row,
            Shown::Row => Shown::LastChanges,
            Shown::LastChanges => Shown::Changes,
        };
        opened.detail = Default::default();
        opened.sideways = 0;
        if opened.shown == Shown::LastChanges {
            self.ask_last_changes();
        }
    }

    /// Shows both versions side by side, or the changes again.
    pub(super) fn toggle_sides(&mut self) {
        let again = self.key_of(Context::History, Action::SideBySide);
        let Some(opened) = &mut self.history.opened else { return };
        opened.shown = if opened.shown == Shown::Sides { Shown::Changes } else { Shown::Sides };
        (opened.detail, opened.sideways) = (Default::default(), 0);
        let text = match opened.shown {
            Shown::Sides => {
                tr!("both versions with all that is equal; %{again} shows the changes alone", again = again)
            }
            _ => tr!("the changes alone"),
        };
        self.say(text);
    }

    fn ask_last_changes(&mut self) {
        let Some(opened) = &self.history.opened else { return };
        if !matches!(opened.last_changes, LastChanges::Unasked | LastChanges::Failed(_)) {
            return;
        }
        let (entity, generation) = (opened.entity.clone(), opened.generation);
        self.ask(Pane::History, Command::History { entity, resolve: true }, move |app, request, event| match event {
            Event::Versions(entries) => app.rows(request, generation, entries),
            Event::Failed(failure) => app.rows_failed(generation, *failure),
            Event::Finished { .. } => app.rows_ended(generation),
            _ => {}
        });
        if let Some(opened) = &mut self.history.opened {
            opened.last_changes = LastChanges::Reading(BTreeMap::new());
        }
    }

    fn rows(&mut self, request: RequestId, generation: u64, entries: Vec<HistoryEntry>) {
        let Some(opened) = self.history.opened.as_mut().filter(|o| o.generation == generation) else { return };
        let LastChanges::Reading(rows) = &mut opened.last_changes else { return };
        // A version above the data row is not current: it waits, or failed.
        for entry in entries.into_iter().filter(|entry| entry.version.status == VersionStatus::Published) {
            // Without its attributes a row would look as if they had been removed.
            if entry.resolved.is_none() && entry.version.attributes_ref().is_some() {
                let why = entry.problem.unwrap_or_default();
                let what =
                    tr!("version %{version} cannot be compared: %{why}", version = entry.version.version, why = why);
                opened.last_changes = LastChanges::Failed(Box::new(Failure::new(ErrorCode::NotFound, what)));
                return self.give_up(request);
            }
            let version = entry.version;
            let uncertain = version.by_source == Some(BySource::Row);
            if let Some(row) = entry.resolved.or(version.row) {
                rows.insert(
                    version.version,
                    (Made { at: version.at, by: version.by, request: version.request_id, uncertain }, row),
                );
            }
        }
        if rows.len() >= ROWS {
            while rows.len() > ROWS {
                rows.pop_first();
            }
            self.rows_ended(generation);
            self.give_up(request);
        }
    }

    fn rows_failed(&mut self, generation: u64, failure: Failure) {
        if !failure.fatal {
            return;
        }
        if let Some(opened) = self.history.opened.as_mut().filter(|o| o.generation == generation) {
            opened.last_changes = LastChanges::Failed(Box::new(failure));
        }
    }

    /// Works the last changes out from the rows that came.
    fn rows_ended(&mut self, generation: u64) {
        let Some(opened) = self.history.opened.as_mut().filter(|o| o.generation == generation) else { return };
        let LastChanges::Reading(rows) = &mut opened.last_changes else { return };
        let rows: Vec<_> = std::mem::take(rows).into_iter().collect();
        opened.last_changes = LastChanges::Building(rows.len());
        self.effect(Effect::Build(Work::LastChanges { generation, rows }));
    }

    /// Reads the current row of an entity, to copy it.
    pub(crate) fn read_row_to_copy(&mut self, entity: EntityRef) {
        let side = Side { entity, version: None };
        self.ask(None, Command::Diff { from: side.clone(), to: side, all: true }, |app, _, event| match event {
            Event::Diff(result) => app.copy_read_row(&result),
            Event::Failed(failure) => app.refuse(failure.message),
            _ => {}
        });
    }
}
