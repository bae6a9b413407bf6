//! Module, tenant and type, with what was counted in each.

mod lines;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::held::{Leaf, Module, Scope, Tenant, Totals};
use crate::domain::key::PartitionKey;
use crate::domain::run::RunId;
use crate::engine::failure::Failure;
use crate::engine::protocol::{ListedPartition, RequestId, TenantCount};
use crate::tui::parts::Filter;
use crate::tui::parts::Scroll;
use crate::tui::parts::scroll::Step;

/// How much alike two keys are, from 0 to 1, that may be meant for each other.
const ALIKE: f64 = 0.8;

/// A line of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// A module.
    Module(Arc<str>),
    /// A tenant in a module.
    Tenant(Arc<str>, Arc<str>),
    /// A partition of a tenant.
    Partition(Arc<str>, Arc<str>, PartitionKey),
}

/// How far listing the partitions is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ListState {
    /// Nobody has listed them yet.
    #[default]
    Never,
    /// They are being listed.
    Running,
    /// All of them were, at this time.
    Done(Timestamp),
    /// Stopped by the operator or by a failure.
    Stopped,
    /// Stopped at as many as the tree takes by itself.
    Full,
}

/// How far counting is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Counting {
    /// Nobody has counted yet.
    #[default]
    Never,
    /// Counted in an earlier session, at this time.
    Cached(Timestamp),
    /// Being counted.
    Running,
    /// Counted in this session.
    Done(Timestamp),
    /// Stopped by the operator or by a failure.
    Stopped,
}

/// The tree.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    modules: BTreeMap<Arc<str>, Module>,
    /// Lines that are not as they are by default: modules are open, tenants closed.
    turned: HashSet<Node>,
    rows: Vec<Node>,
    stale: bool,
    scan: u64,
    list: u64,
    /// The request that lists partitions, and how far it is.
    pub(crate) list_request: Option<RequestId>,
    pub(crate) listed: ListState,
    /// Partitions that it has found, and whether part of it failed.
    pub(crate) found: usize,
    pub(crate) list_failed: bool,
    /// The request that counts, and what.
    pub(crate) request: Option<RequestId>,
    pub(crate) scope: Scope,
    /// A run that has written since something was counted, and the number of the count before it.
    before: Option<(RunId, u64)>,
    /// Rows counted by the scan at work.
    pub(crate) seen: u64,
    pub(crate) counting: Counting,
    /// When the counts of an earlier session were made.
    pub(crate) kept_at: Option<Timestamp>,
    pub(crate) filter: Filter,
    pub(crate) scroll: Scroll,
    pub(crate) problem: Option<Failure>,
}

impl Tree {
    /// Moves the cursor.
    pub(crate) fn step(&mut self, step: Step) {
        let len = self.rows().len();
        self.scroll.step(step, len);
    }

    /// Shows modules that nothing was counted in yet.
    pub(crate) fn know_modules(&mut self, names: &[String]) {
        for name in names {
            self.modules.entry(name.as_str().into()).or_default();
        }
        self.stale = true;
    }

    /// The partitions are listed anew: those that are not found again go away in the end.
    pub(crate) fn begin_list(&mut self) {
        self.list += 1;
        self.found = 0;
        self.listed = ListState::Running;
        self.list_failed = false;
        self.problem = None;
    }

    /// Takes partitions in; what was counted in them stays.
    pub(crate) fn take_listed(&mut self, partitions: Vec<ListedPartition>) {
        self.stale = true;
        self.found += partitions.len();
        let listed = self.list;
        for one in partitions {
            let module = entry(&mut self.modules, &one.module);
            match module.leaf_mut(&one.pk) {
                Some(known) => known.listed = listed,
                None => {
                    let ListedPartition { module: name, pk, entity_type, tenant } = one;
                    let (entities, deleted) = (0, 0);
                    let (oldest, newest) = (None, None);
                    let count =
                        TenantCount { module: name, pk, entity_type, tenant, entities, deleted, oldest, newest };
                    module.put(Leaf { count, counted: None, scan: 0, listed });
                }
            }
        }
    }

    /// The list ended.
    pub(crate) fn end_list(&mut self, state: ListState) {
        self.listed = state;
        self.stale = true;
        if matches!(state, ListState::Done(_)) {
            let (list, scan) = (self.list, self.scan);
            // A count of this session may have found what was written behind the list's back.
            let is_wanted = |leaf: &Leaf| leaf.listed == list || scan > 0 && leaf.scan == scan;
            self.modules.values_mut().for_each(|module| module.retain(is_wanted));
        }
    }

    /// A new count begins: what it does not find again goes away when it ends.
    pub(crate) fn begin_scan(&mut self, scope: Scope) {
        self.scan += 1;
        self.seen = 0;
        self.scope = scope;
        self.counting = Counting::Running;
        self.problem = None;
    }

    /// A run has written: what was counted is from before it.
    pub(crate) fn wrote(&mut self, run: RunId) {
        self.before = Some((run, self.scan));
    }

    /// The last run that has written since the oldest of the counts.
    pub(crate) fn before(&self) -> Option<RunId> {
        let (run, scan) = self.before?;
        let is_counted_anew = self.scan > scan && self.counting != Counting::Running;
        let is_from_before = |leaf: &Leaf| leaf.counted.is_some() && leaf.scan <= scan;
        (!is_counted_anew || self.leaves().any(is_from_before)).then_some(run)
    }

    /// The count ended.
    pub(crate) fn end_scan(&mut self, complete: bool, now: Timestamp) {
        self.counting = if complete { Counting::Done(now) } else { Counting::Stopped };
        self.stale = true;
        // Each partition that was named was reported, whatever it holds.
        if !complete || matches!(self.scope, Scope::Partitions(..)) {
            return;
        }
        let (scope, scan) = (&self.scope, self.scan);
        for (name, module) in &mut self.modules {
            module.retain(|leaf| leaf.scan == scan || !scope.holds(name, &leaf.count.pk));
        }
    }

    /// Takes counts in, each in place of what was known of its partition.
    pub(crate) fn apply(&mut self, counts: Vec<TenantCount>, at: Timestamp) {
        self.stale = true;
        let scan = self.scan;
        for count in counts {
            let module = entry(&mut self.modules, &count.module);
            let listed = module.leaf_mut(&count.pk).map_or(0, |leaf| leaf.listed);
            self.seen += count.entities;
            let old = module.put(Leaf { count, counted: Some(at), scan, listed });
            let of_this_scan = old.filter(|leaf| leaf.scan == scan).map_or(0, |leaf| leaf.count.entities);
            self.seen = self.seen.saturating_sub(of_this_scan);
        }
    }

    fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.modules.values().flat_map(Module::leaves)
    }

    /// Every count, to be kept for the next session, and when the oldest of them was made.
    pub(crate) fn counts(&self) -> (Vec<TenantCount>, Option<Timestamp>) {
        let at = self.leaves().filter_map(|leaf| leaf.counted).min();
        (self.leaves().filter(|leaf| leaf.counted.is_some()).map(|leaf| leaf.count.clone()).collect(), at)
    }

    /// The known partitions; nobody has to have counted them.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = &TenantCount> {
        self.leaves().map(|l| &l.count)
    }

    /// The same, each with the time at which it was counted.
    pub(crate) fn counted(&self) -> impl Iterator<Item = (&TenantCount, Option<Timestamp>)> {
        self.leaves().map(|l| (&l.count, l.counted))
    }

    /// True where a known partition was not counted.
    pub(crate) fn has_uncounted(&self) -> bool {
        self.modules.values().any(|module| module.totals.uncounted > 0)
    }

    /// True for a count that was kept from an earlier session.
    pub(crate) fn is_kept(&self, at: Timestamp) -> bool {
        self.kept_at == Some(at)
    }

    /// How many partitions of a module are known.
    pub(crate) fn partitions_in(&self, module: &str) -> usize {
        self.modules.get(module).map_or(0, |module| module.totals.partitions)
    }

    /// The extent of a line, to be counted.
    pub(crate) fn scope_of(&self, node: &Node) -> Scope {
        match node {
            Node::Module(module) => Scope::Module(module.clone()),
            Node::Tenant(module, name) => {
                let own = self.tenant(module, name).map(|t| t.leaves.keys().cloned().collect());
                Scope::Partitions(module.clone(), own.unwrap_or_default())
            }
            Node::Partition(module, _, pk) => Scope::Partitions(module.clone(), vec![pk.clone()]),
        }
    }

    /// When the oldest count below a line was made; `None` where something there was not counted.
    pub(crate) fn counted_at(&self, node: &Node) -> Option<Timestamp> {
        let leaves: Vec<&Leaf> = match node {
            Node::Module(name) => self.modules.get(name)?.leaves().collect(),
            Node::Tenant(module, name) => self.tenant(module, name)?.leaves.values().collect(),
            Node::Partition(.., pk) => vec![self.leaf(node, pk)?],
        };
        let times: Option<Vec<Timestamp>> = leaves.iter().map(|leaf| leaf.counted).collect();
        times?.into_iter().min()
    }

    /// The known partition that is spelled most like a key, where one is at all.
    pub(crate) fn nearest(&self, pk: &str) -> Option<String> {
        let asked = pk.to_lowercase();
        // Keys of one type begin alike: what stands behind it tells them apart.
        let score = |known: &str| {
            let known = known.to_lowercase();
            match (known.split_once('#'), asked.split_once('#')) {
                (Some((kind, rest)), Some((other, tenant))) if kind == other => strsim::jaro_winkler(rest, tenant),
                _ => strsim::jaro_winkler(&known, &asked),
            }
        };
        let scored =
            self.partitions().map(|c| (score(c.pk.as_str()), c.pk.as_str())).filter(|(score, _)| *score > ALIKE);
        scored.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, pk)| pk.to_owned())
    }

    /// Partitions and tenants known of.
    pub(crate) fn size(&self) -> (usize, usize) {
        // One tenant may be in several modules. Asked for each frame: the first module is counted without looking anything up.
        let tenants = self.modules.values().enumerate().map(|(at, module)| {
            let is_new = |tenant: &str| !self.modules.values().take(at).any(|m| m.tenants.contains_key(tenant));
            if at == 0 { module.tenants.len() } else { module.tenants.keys().filter(|tenant| is_new(tenant)).count() }
        });
        (self.leaves().count(), tenants.sum())
    }

    /// True while no partition is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.leaves().next().is_none()
    }

    /// Counts below a line; `None` where no partition is known.
    pub(crate) fn totals(&self, node: &Node) -> Option<Totals> {
        match node {
            Node::Module(name) => self.modules.get(name).filter(|m| !m.tenants.is_empty()).map(|m| m.totals.clone()),
            Node::Tenant(module, name) => self.tenant(module, name).map(|t| t.totals.clone()),
            Node::Partition(.., pk) => self.leaf(node, pk).map(Leaf::totals),
        }
    }

    fn tenant(&self, module: &str, name: &str) -> Option<&Tenant> {
        self.modules.get(module)?.tenants.get(name)
    }

    fn leaf(&self, node: &Node, pk: &PartitionKey) -> Option<&Leaf> {
        let Node::Partition(module, tenant, _) = node else { return None };
        self.tenant(module, tenant)?.leaves.get(pk)
    }

    /// True where a partition's count comes from before the one that is at work on it.
    pub(crate) fn is_old(&self, node: &Node) -> bool {
        let Node::Partition(module, _, pk) = node else { return false };
        matches!(self.counting, Counting::Running | Counting::Stopped)
            && self.scope.holds(module, pk)
            && self.leaf(node, pk).is_some_and(|l| l.counted.is_some() && l.scan != self.scan)
    }
}

fn entry<'m, V: Default>(map: &'m mut BTreeMap<Arc<str>, V>, name: &str) -> &'m mut V {
    if !map.contains_key(name) {
        map.insert(name.into(), V::default());
    }
    map.entry(name.into()).or_default()
}

#[cfg(test)]
mod tests;
