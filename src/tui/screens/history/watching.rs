//! Following an entity or a partition live.

use crate::domain::key::SortKey;
use crate::domain::timeline::VersionStatus;
use crate::engine::failure::Failure;
use crate::engine::protocol::{
    Command, DeletedFilter, EntitySummary, Event, HistoryEntry, Level, RequestId, Watched, Watching,
};
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::pane::Pane;
use crate::tui::screens::history::watch::Watch;
use crate::tui::screens::tenants::pages::EntityLine;

impl App {
    /// Begins to follow what the focused pane shows, or ends that.
    pub(crate) fn toggle_watch(&mut self) {
        let Some(what) = self.watchable() else { return };
        let is_same = self.watch.as_ref().is_some_and(|w| self.is_watched(w, &what));
        if self.watch.is_some() {
            self.end_watch();
        }
        if is_same {
            return self.say(tr!("no longer watching"));
        }
        let request = self.ask(None, Command::Watch { what: Box::new(what.clone()) }, Self::watch_answer);
        self.watch = Some(Watch::begun(request, what));
        self.say(tr!("watching: what is published from now on is marked +"));
    }

    fn is_watched(&self, watch: &Watch, what: &Watched) -> bool {
        match what {
            Watched::Entity { entity, .. } => watch.follows(entity),
            Watched::Partition(listing) => watch.follows_partition(listing),
        }
    }

    /// Entity or partition in the focused pane, where it can be followed.
    fn watchable(&self) -> Option<Watched> {
        let list = self.tenants.entities.as_ref().map(|l| Watched::Partition(l.listing.clone()));
        let opened = self
            .history
            .opened
            .as_ref()
            .map(|o| Watched::Entity { entity: o.entity.clone(), known: o.versions.newest() });
        match self.focus {
            Pane::Tenants => list.or(opened),
            _ => opened.or(list),
        }
    }

    /// Why nothing can be followed.
    pub(crate) fn no_watch(&self) -> Option<String> {
        let words = || tr!("nothing is open that could be watched: an entity or a partition").into_owned();
        self.watchable().is_none().then(words)
    }

    fn end_watch(&mut self) {
        if let Some(watch) = self.watch.take() {
            self.give_up(watch.request);
        }
    }

    /// Ends the watch where its entity or partition is no longer on screen.
    pub(crate) fn pump_watch(&mut self) {
        let Some(watch) = &self.watch else { return };
        let opened = self.history.opened.as_ref().is_some_and(|o| watch.follows(&o.entity));
        let listed = self.tenants.entities.as_ref().is_some_and(|l| watch.follows_partition(&l.listing));
        if !opened && !listed {
            self.end_watch();
        }
    }

    fn own_watch(&mut self, request: RequestId) -> Option<&mut Watch> {
        self.watch.as_mut().filter(|w| w.request == request)
    }

    fn watch_answer(&mut self, request: RequestId, event: Event) {
        match event {
            Event::Watching(state) => self.watching(request, state),
            Event::Versions(entries) => self.watched_versions(request, entries),
            Event::Changed { entities, gone } => self.watched_rows(request, entities, &gone),
            Event::Failed(failure) => self.watch_failed(request, *failure),
            Event::Finished { .. } => {
                self.watch.take_if(|w| w.request == request);
            }
            _ => {}
        }
    }

    fn watching(&mut self, request: RequestId, state: Watching) {
        let now = self.now;
        let Some(watch) = self.own_watch(request) else { return };
        match state {
            Watching::Begun { rows, capped } => {
                watch.since = Some(now);
                watch.capped = capped.then_some(rows);
                watch.paused = None;
                if capped {
                    let rows = format::count(rows);
                    let words = tr!("only the first %{rows} rows of the partition are watched", rows = rows);
                    self.tell(Level::Warning, words);
                }
                // Rows that changed between the last reading and this moment are read now.
                if let Some(list) = self.tenants.entities.as_mut().filter(|_| self.focus == Pane::Tenants) {
                    list.pages.forget_all();
                }
            }
            Watching::Paused(failure) => {
                watch.paused = Some((*failure).clone());
                self.record(&failure, Some(&tr!("watching is paused")));
            }
            Watching::Resumed => {
                watch.paused = None;
                self.tell(Level::Info, tr!("watching goes on"));
            }
        }
    }

    /// Versions that are new or changed.
    fn watched_versions(&mut self, request: RequestId, entries: Vec<HistoryEntry>) {
        let Some(watch) = self.watch.as_mut().filter(|w| w.request == request) else { return };
        let Some(opened) = self.history.opened.as_mut().filter(|o| watch.follows(&o.entity)) else { return };
        for entry in &entries {
            let version = &entry.version;
            let known = opened.versions.get(version.version).map(|line| line.status);
            // The one that was current before comes again as well: nothing is new about it.
            if version.status != VersionStatus::Gap && known != Some(version.status) {
                watch.versions.insert(version.version);
            }
        }
        opened.versions.apply(entries, &opened.filter);
        opened.follow();
    }

    /// Rows of the partition that are new, changed or gone.
    fn watched_rows(&mut self, request: RequestId, entities: Vec<EntitySummary>, gone: &[SortKey]) {
        let Some(watch) = self.watch.as_mut().filter(|w| w.request == request) else { return };
        let Some(list) = self.tenants.entities.as_mut().filter(|l| watch.follows_partition(&l.listing)) else { return };
        let mut is_known = gone.is_empty() && list.listing.deleted == DeletedFilter::Keep;
        // Reported rows are not seen through the view that was begun since.
        is_known &= list.listing.view.is_none();
        for entity in entities {
            let line = EntityLine::from(entity);
            watch.rows.insert(line.sk().to_owned());
            is_known &= list.replace(line);
        }
        for sk in gone {
            watch.rows.remove(sk.as_str());
        }
        // Rows have come or gone: where the others stand now is read again.
        if !is_known {
            list.pages.forget_all();
        }
    }

    fn watch_failed(&mut self, request: RequestId, failure: Failure) {
        if let Some(watch) = self.own_watch(request).filter(|_| failure.fatal) {
            watch.paused = Some(failure);
        }
    }
}
