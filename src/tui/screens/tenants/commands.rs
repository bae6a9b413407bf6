//! Counting, opening a partition, and reading it page by page.

use crate::domain::key::PartitionKey;
use crate::domain::tenant::tenant_of;
use crate::engine::protocol::{
    Command, Cursor, DeletedFilter, EntityRef, EntitySummary, Event, Level, Listing, RequestId,
};
use crate::language::listed;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::cache::{CachedCounts, Whose};
use crate::tui::format;
use crate::tui::keymap::Context;
use crate::tui::memory::{MemoryChange, Spot};
use crate::tui::message::Effect;
use crate::tui::pane::Pane;
use crate::tui::screens::count::CountBox;
use crate::tui::screens::tenants::entities::Entities;
use crate::tui::screens::tenants::held::Scope;
use crate::tui::screens::tenants::pages::{EntityLine, PAGE};
use crate::tui::screens::tenants::tree::{Counting, ListState, Node};

/// Partitions that the tree lists by itself: more is read only for who asks for it.
const MOST: usize = 100_000;

impl App {
    /// Lists the partitions of every module, a small page for each.
    pub(crate) fn list_partitions(&mut self) {
        if let Some(request) = self.tenants.tree.list_request.filter(|request| self.requests.has(*request)) {
            self.give_up(request);
        }
        self.tenants.tree.begin_list();
        let command = Command::ListPartitions { module: None };
        let request = self.ask(Pane::Tenants, command, |app, request, event| {
            // A list that was given up for a newer one says nothing any more.
            if app.tenants.tree.list_request == Some(request) {
                app.listed(request, event);
            }
        });
        self.tenants.tree.list_request = Some(request);
    }

    fn listed(&mut self, request: RequestId, event: Event) {
        let tree = &mut self.tenants.tree;
        match event {
            Event::Partitions(partitions) => {
                tree.take_listed(partitions);
                if tree.found >= MOST && tree.listed == ListState::Running {
                    tree.listed = ListState::Full;
                    self.give_up(request);
                }
            }
            Event::Failed(failure) => {
                tree.list_failed = true;
                tree.problem = Some(*failure);
            }
            Event::Finished { cancelled } => {
                let state = match tree.listed {
                    ListState::Full => ListState::Full,
                    // Nothing is taken away that is not known to be gone.
                    _ if cancelled || tree.list_failed => ListState::Stopped,
                    _ => ListState::Done(self.now),
                };
                self.tenants.tree.end_list(state);
            }
            _ => {}
        }
    }

    /// Asks whether to count, once it is known what that costs.
    pub(crate) fn ask_to_count(&mut self, scope: Scope) {
        if self.tenants.tree.request.is_some_and(|request| self.requests.has(request)) {
            return self.say(tr!("counting already; x stops it"));
        }
        let modules = match &scope {
            Scope::Everything => Vec::new(),
            Scope::Module(module) | Scope::Partitions(module, _) => vec![module.to_string()],
        };
        let request = self.ask_for_screen(Command::Measure { modules });
        self.stack.push(CountBox::new(request, scope));
    }

    /// `:scan MODULE`.
    ///
    /// # Errors
    /// That there is no such module, as far as the modules are known.
    pub(crate) fn scan_command(&mut self, module: &str) -> Result<(), String> {
        if let Some(connection) = self.connection.as_ref().filter(|c| c.modules.iter().all(|known| known != module)) {
            let known = listed(&connection.modules);
            return Err(tr!("there is no module %{module}: the modules are %{known}", module = module, known = known)
                .into_owned());
        }
        self.ask_to_count(Scope::Module(module.into()));
        Ok(())
    }

    /// The line under the cursor of the tree, to be counted.
    pub(crate) fn scope_at_cursor(&mut self) -> Scope {
        let node = self.tenants.tree.selected();
        node.map(|node| self.tenants.tree.scope_of(&node)).unwrap_or_default()
    }

    /// Counts entities.
    pub(crate) fn count(&mut self, scope: Scope) {
        if self.tenants.tree.request.is_some_and(|request| self.requests.has(request)) {
            return self.say(tr!("counting already; x stops it"));
        }
        self.tenants.tree.begin_scan(scope.clone());
        let command = match scope {
            Scope::Everything => Command::ScanTenants { module: None },
            Scope::Module(module) => Command::ScanTenants { module: Some(module.to_string()) },
            Scope::Partitions(module, pks) => Command::CountPartitions { module: module.to_string(), pks },
        };
        let request = self.ask(Pane::Tenants, command, |app, _, event| match event {
            Event::Tenants(counts) => app.tenants.tree.apply(counts, app.now),
            Event::Failed(failure) => app.tenants.tree.problem = Some(*failure),
            Event::Finished { cancelled } => app.scan_ended(cancelled),
            _ => {}
        });
        self.tenants.tree.request = Some(request);
    }

    /// Asks for the modules and the account.
    pub(crate) fn connect(&mut self) {
        let request = self.ask(None, Command::Connect, |app, _, event| match event {
            Event::Connected(connection) => app.connected(connection),
            Event::Failed(failure) => app.tenants.tree.problem = Some(*failure),
            Event::CodeWanted => app.ask_for_code(None),
            _ => {}
        });
        self.connecting = Some(request);
    }

    /// Lists the partitions again, and connects again where that failed; then they are listed by themselves.
    pub(crate) fn reconnect(&mut self) {
        let is_asked = self.connecting.is_some_and(|request| self.requests.has(request));
        match &self.connection {
            Some(_) => self.list_partitions(),
            None if is_asked => {}
            None => self.connect(),
        }
    }

    fn scan_ended(&mut self, cancelled: bool) {
        let failed = self.tenants.tree.problem.as_ref().is_some_and(|p| p.fatal);
        self.tenants.tree.end_scan(!cancelled && !failed, self.now);
        let seen = format::count(self.tenants.tree.seen);
        if let Counting::Done(now) = self.tenants.tree.counting {
            let (counts, at) = self.tenants.tree.counts();
            let counted = format::plural(self.tenants.tree.seen, text!("%{n} entity"), text!("%{n} entities"));
            let within = match &self.tenants.tree.scope {
                Scope::Everything => {
                    format::plural(counts.len() as u64, text!("%{n} partition"), text!("%{n} partitions"))
                }
                scope => scope.words(),
            };
            self.tell(Level::Info, tr!("counted %{counted} in %{within}", counted = counted, within = within));
            let place = self.connection.as_ref().map(|c| (c.account.clone(), c.region.clone()));
            let (account, region) = place.unwrap_or_default();
            let cached = CachedCounts { at: at.unwrap_or(now), counts };
            self.effect(Effect::WriteCache(Whose { account, region }, cached));
        } else {
            self.tell(
                Level::Warning,
                tr!("counting stopped at %{seen} rows: the counts are not complete", seen = seen),
            );
        }
    }

    /// Goes to a partition, or to an entity of it, without any scan.
    pub(crate) fn open_key(&mut self, pk: &str, sk: Option<&str>, module: Option<String>) {
        let pk = PartitionKey::from(pk);
        self.say(tr!("looking for %{pk}…", pk = pk));
        let (command, sk) = (Command::Open { pk: pk.clone(), module }, sk.map(str::to_owned));
        self.ask(Pane::Tenants, command, move |app, _, event| match event {
            Event::Opened { modules } => app.opened(pk.clone(), sk.clone(), modules),
            // Any other is in the log, and what was found is on screen soon.
            Event::Failed(failure) if failure.fatal => app.refuse(failure.message),
            _ => {}
        });
    }

    fn opened(&mut self, pk: PartitionKey, sk: Option<String>, modules: Vec<String>) {
        let Some((module, others)) = modules.split_first() else {
            return self.refuse_unknown(&pk, &tr!("no module has the partition %{pk}", pk = pk));
        };
        self.notice = None;
        self.tenants.typed = Some(pk.clone());
        if !others.is_empty() {
            self.say(tr!("opened in module %{module}; also in %{others}", module = module, others = listed(others)));
        }
        let tenant = tenant_of(&pk, None).code;
        self.list(module.clone(), pk.clone(), tenant.clone());
        if let Some(sk) = sk {
            let key = crate::domain::key::EntityKey { pk, sk: sk.as_str().into() };
            self.open_entity(EntityRef { module: module.clone(), key }, tenant);
        }
    }

    /// Says that a key leads nowhere, and offers the one that it is most like.
    fn refuse_unknown(&mut self, pk: &PartitionKey, what: &str) {
        let nearest = self.tenants.tree.nearest(pk.as_str());
        let context = if self.tenants.entities.is_some() { Context::Entities } else { Context::Tree };
        let open = self.key_of(context, Action::OpenKey);
        let hint = match &nearest {
            Some(nearest) if self.focus == Pane::Tenants => {
                tr!("nearest is %{nearest} (%{open} offers it)", nearest = nearest, open = open)
            }
            // Elsewhere the key means something else.
            Some(nearest) => tr!("nearest is %{nearest}", nearest = nearest),
            None => tr!("check its spelling, letter case included"),
        };
        self.tenants.offered = nearest;
        let text = format!("{what}: {hint}");
        self.tell(Level::Warning, text.clone());
        self.refuse(text);
    }

    /// Lists the entities of a partition.
    pub(crate) fn list(&mut self, module: String, pk: PartitionKey, tenant: String) {
        let view = self.view.as_ref().map(|v| v.change.clone());
        let (deleted, resolve) = (DeletedFilter::Keep, view.is_some());
        // Header, breadcrumb and content are about one tenant.
        if self.history.opened.as_ref().is_some_and(|opened| opened.tenant != tenant) {
            self.close_history();
        }
        self.visit(Spot::Partition(module.clone(), pk.to_string()));
        let listing = Listing { module, pk, sk_prefix: String::new(), deleted, resolve, view };
        self.relist(listing, tenant);
        self.focus = Pane::Tenants;
    }

    /// Lists anew, what was being read before is given up.
    pub(crate) fn relist(&mut self, listing: Listing, tenant: String) {
        self.close_list();
        let generation = self.generation();
        self.tenants.entities = Some(Entities::new(listing, tenant, generation));
    }

    /// Back to the tree.
    pub(crate) fn close_list(&mut self) {
        if let Some((_, request)) = self.tenants.entities.take().and_then(|e| e.reading) {
            self.give_up(request);
        }
    }

    fn page_answer(&mut self, generation: u64, page: usize, request: RequestId, event: Event) {
        match event {
            Event::Page { entities, next } => self.page(generation, page, entities, next),
            Event::Failed(failure) => {
                if let Some(list) = self.tenants.entities.as_mut().filter(|l| l.generation == generation) {
                    list.problem = Some(*failure);
                }
            }
            Event::Finished { cancelled } => self.page_ended(generation, request, cancelled),
            _ => {}
        }
    }

    fn page(&mut self, generation: u64, page: usize, entities: Vec<EntitySummary>, next: Option<Cursor>) {
        let Some(list) = self.tenants.entities.as_mut().filter(|l| l.generation == generation) else { return };
        if let Some(tenant) = entities.first().map(|e| e.tenant.clone()).filter(|t| !t.is_empty()) {
            list.tenant = tenant;
        }
        // A module that the key names is opened without a look whether it has the partition.
        let is_whole = list.listing.sk_prefix.is_empty() && list.listing.deleted == DeletedFilter::Keep;
        let is_nowhere = page == 0 && entities.is_empty() && next.is_none() && is_whole;
        list.take_page(page, entities.into_iter().map(EntityLine::from).collect(), next);
        let beside = self.history.opened.as_ref().map(|o| &o.entity);
        let same = |e: &&EntityRef| e.module == list.listing.module && e.key.pk == list.listing.pk;
        if let Some(entity) = beside.filter(same).filter(|_| page == 0) {
            list.stand_on(entity.key.sk.as_str());
        }
        // A place that is not there is none to come back to.
        let gone = is_nowhere.then(|| Spot::Partition(list.listing.module.clone(), list.listing.pk.to_string()));
        let typed = self.tenants.typed.take().filter(|pk| is_nowhere && *pk == list.listing.pk);
        if let Some(pk) = typed {
            self.refuse_unknown(&pk, &tr!("%{pk} has no entities", pk = pk));
        }
        if let Some(spot) = gone {
            self.remember(MemoryChange::Gone(spot));
        }
    }

    fn page_ended(&mut self, generation: u64, request: RequestId, cancelled: bool) {
        let Some(list) = self.tenants.entities.as_mut().filter(|l| l.generation == generation) else { return };
        if list.reading.is_some_and(|(_, r)| r == request) {
            list.reading = None;
            list.stopped |= cancelled;
        }
    }

    /// Reads the page that is wanted next.
    pub(crate) fn pump_pages(&mut self) {
        let Some(list) = &mut self.tenants.entities else { return };
        let wanted = list.wanted();
        list.tidy();
        let Some((page, after)) = wanted.and_then(|page| Some((page, list.pages.start(page)?))) else { return };
        let (listing, generation) = (list.listing.clone(), list.generation);
        let command = Command::Page { listing, after, limit: PAGE };
        let request = self.ask(Pane::Tenants, command, move |app, request, event| {
            app.page_answer(generation, page, request, event);
        });
        if let Some(list) = &mut self.tenants.entities {
            list.reading = Some((page, request));
        }
    }

    /// Opens the selected line of the tree.
    pub(crate) fn open_node(&mut self) {
        let Some(node) = self.tenants.tree.selected() else { return };
        match &node {
            Node::Partition(module, tenant, pk) => self.list(module.to_string(), pk.clone(), tenant.to_string()),
            Node::Tenant(module, tenant) => match self.tenants.tree.only_partition(&node) {
                Some(pk) => self.list(module.to_string(), pk, tenant.to_string()),
                None => self.turn_node(!self.tenants.tree.is_open(&node)),
            },
            Node::Module(_) => self.turn_node(!self.tenants.tree.is_open(&node)),
        }
    }

    /// Opens or closes the selected branch; closing a closed one goes to the branch above.
    pub(crate) fn turn_node(&mut self, open: bool) {
        let Some(node) = self.tenants.tree.selected() else { return };
        if !open && !self.tenants.tree.is_open(&node) {
            return self.tenants.tree.go_to_parent();
        }
        self.tenants.tree.set_open(&node, open);
    }

    /// Opens the history of the selected entity.
    pub(crate) fn open_selected_entity(&mut self) {
        let Some(list) = &self.tenants.entities else { return };
        let Some(line) = list.selected() else { return };
        let (entity, tenant) = (line.entity.clone(), line.tenant.clone());
        self.open_entity(entity, tenant);
    }
}
