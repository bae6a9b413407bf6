//! Module, tenant and type, with what was counted in each.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::key::PartitionKey;
use crate::domain::run::RunId;
use crate::engine::failure::Failure;
use crate::engine::protocol::{RequestId, TenantCount};
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

/// What was counted below a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) entities: u64,
    pub(crate) deleted: u64,
    pub(crate) oldest: Option<String>,
    pub(crate) newest: Option<String>,
}

impl Totals {
    fn replace(&mut self, old: Option<&TenantCount>, new: &TenantCount) {
        let (entities, deleted) = old.map_or((0, 0), |o| (o.entities, o.deleted));
        self.entities = (self.entities + new.entities).saturating_sub(entities);
        self.deleted = (self.deleted + new.deleted).saturating_sub(deleted);
        let earlier = |a: &String, b: &String| a.min(b).clone();
        let later = |a: &String, b: &String| a.max(b).clone();
        self.oldest = both(self.oldest.as_ref(), new.oldest.as_ref(), earlier);
        self.newest = both(self.newest.as_ref(), new.newest.as_ref(), later);
    }
}

fn both(a: Option<&String>, b: Option<&String>, pick: impl Fn(&String, &String) -> String) -> Option<String> {
    match (a, b) {
        (Some(a), Some(b)) => Some(pick(a, b)),
        (one, other) => one.or(other).cloned(),
    }
}

#[derive(Debug)]
struct Leaf {
    count: TenantCount,
    scan: u64,
}

#[derive(Debug, Default)]
struct Tenant {
    totals: Totals,
    leaves: BTreeMap<PartitionKey, Leaf>,
}

#[derive(Debug, Default)]
struct Module {
    totals: Totals,
    tenants: BTreeMap<Arc<str>, Tenant>,
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
    /// The request that counts.
    pub(crate) request: Option<RequestId>,
    /// A run has written since: the counts are from before it.
    pub(crate) before: Option<RunId>,
    /// Rows counted by the scan at work.
    pub(crate) seen: u64,
    pub(crate) counting: Counting,
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

    /// A new scan begins: what it does not find again goes away when it ends.
    pub(crate) fn begin_scan(&mut self) {
        self.scan += 1;
        self.seen = 0;
        self.counting = Counting::Running;
        self.before = None;
        self.problem = None;
    }

    /// The scan ended.
    pub(crate) fn end_scan(&mut self, complete: bool, now: Timestamp) {
        self.counting = if complete { Counting::Done(now) } else { Counting::Stopped };
        if complete {
            let kept: Vec<TenantCount> =
                self.leaves().filter(|l| l.scan == self.scan).map(|l| l.count.clone()).collect();
            let names: Vec<Arc<str>> = self.modules.keys().cloned().collect();
            self.modules = names.into_iter().map(|name| (name, Module::default())).collect();
            self.seen = 0;
            self.apply(kept);
        }
    }

    /// Takes counts in, each in place of what was known of its partition.
    pub(crate) fn apply(&mut self, counts: Vec<TenantCount>) {
        self.stale = true;
        for count in counts {
            let module = entry(&mut self.modules, &count.module);
            let tenant = entry(&mut module.tenants, &count.tenant);
            let old = tenant.leaves.get(&count.pk);
            let of_this_scan = old.filter(|l| l.scan == self.scan).map_or(0, |l| l.count.entities);
            self.seen = (self.seen + count.entities).saturating_sub(of_this_scan);
            tenant.totals.replace(old.map(|l| &l.count), &count);
            module.totals.replace(old.map(|l| &l.count), &count);
            tenant.leaves.insert(count.pk.clone(), Leaf { count, scan: self.scan });
        }
    }

    fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.modules.values().flat_map(|m| m.tenants.values()).flat_map(|t| t.leaves.values())
    }

    /// Every count, to be kept for the next session.
    pub(crate) fn counts(&self) -> Vec<TenantCount> {
        self.leaves().map(|l| l.count.clone()).collect()
    }

    /// The known partition keys, each once.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = &TenantCount> {
        self.leaves().map(|l| &l.count)
    }

    /// The known partition that is spelled most like a key, where one is at all.
    pub(crate) fn nearest(&self, pk: &str) -> Option<String> {
        let score = |known: &str| strsim::jaro_winkler(&known.to_lowercase(), &pk.to_lowercase());
        let scored =
            self.partitions().map(|c| (score(c.pk.as_str()), c.pk.as_str())).filter(|(score, _)| *score > ALIKE);
        scored.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, pk)| pk.to_owned())
    }

    /// Partitions and tenants known of.
    pub(crate) fn size(&self) -> (usize, usize) {
        let tenants: HashSet<&str> = self.modules.values().flat_map(|m| m.tenants.keys()).map(AsRef::as_ref).collect();
        (self.leaves().count(), tenants.len())
    }

    /// What was counted below a line; `None` where nothing was.
    pub(crate) fn totals(&self, node: &Node) -> Option<Totals> {
        match node {
            Node::Module(name) => self.modules.get(name).filter(|m| !m.tenants.is_empty()).map(|m| m.totals.clone()),
            Node::Tenant(module, name) => self.tenant(module, name).map(|t| t.totals.clone()),
            Node::Partition(.., pk) => self.leaf(node, pk).map(|l| {
                let c = &l.count;
                Totals { entities: c.entities, deleted: c.deleted, oldest: c.oldest.clone(), newest: c.newest.clone() }
            }),
        }
    }

    fn tenant(&self, module: &str, name: &str) -> Option<&Tenant> {
        self.modules.get(module)?.tenants.get(name)
    }

    fn leaf(&self, node: &Node, pk: &PartitionKey) -> Option<&Leaf> {
        let Node::Partition(module, tenant, _) = node else { return None };
        self.tenant(module, tenant)?.leaves.get(pk)
    }

    /// Whether a partition's count comes from an earlier scan than the one at work.
    pub(crate) fn is_old(&self, node: &Node) -> bool {
        let Node::Partition(.., pk) = node else { return false };
        matches!(self.counting, Counting::Running | Counting::Stopped)
            && self.leaf(node, pk).is_some_and(|l| l.scan != self.scan)
    }

    /// Whether the branch is open.
    pub(crate) fn is_open(&self, node: &Node) -> bool {
        match node {
            Node::Module(_) => !self.turned.contains(node),
            Node::Tenant(..) => self.turned.contains(node),
            Node::Partition(..) => false,
        }
    }

    /// Opens or closes a branch.
    pub(crate) fn set_open(&mut self, node: &Node, open: bool) {
        if self.is_open(node) == open {
            return;
        }
        self.stale = true;
        if !self.turned.remove(node) {
            self.turned.insert(node.clone());
        }
    }

    /// The filter changed.
    pub(crate) fn refresh(&mut self) {
        self.stale = true;
    }

    /// The lines in order.
    pub(crate) fn rows(&mut self) -> &[Node] {
        if std::mem::take(&mut self.stale) {
            let selected = self.rows.get(self.scroll.cursor).cloned();
            self.rows = self.flatten();
            // A line that a filter showed stays in sight: its branch opens.
            if let Some(Node::Partition(module, tenant, _)) = &selected
                && !self.filter.active()
                && self.tenant(module, tenant).is_some()
            {
                self.set_open(&Node::Tenant(module.clone(), tenant.clone()), true);
                if std::mem::take(&mut self.stale) {
                    self.rows = self.flatten();
                }
            }
            if let Some(at) = selected.and_then(|node| self.rows.iter().position(|n| *n == node)) {
                self.scroll.cursor = at;
            }
            self.scroll.cursor = self.scroll.cursor.min(self.rows.len().saturating_sub(1));
        }
        &self.rows
    }

    fn flatten(&self) -> Vec<Node> {
        let mut rows = Vec::new();
        let searching = self.filter.active();
        for (module, held) in &self.modules {
            let node = Node::Module(module.clone());
            let open = searching || self.is_open(&node);
            let at = rows.len();
            rows.push(node);
            for (tenant, held) in held.tenants.iter().filter(|_| open) {
                let node = Node::Tenant(module.clone(), tenant.clone());
                let open = searching || self.is_open(&node);
                let accepted: Vec<&PartitionKey> =
                    held.leaves.keys().filter(|pk| self.filter.accepts([pk.as_str(), tenant, module])).collect();
                if accepted.is_empty() {
                    continue;
                }
                rows.push(node);
                let leaf = |pk: &PartitionKey| Node::Partition(module.clone(), tenant.clone(), pk.clone());
                rows.extend(accepted.into_iter().filter(|_| open).map(leaf));
            }
            if searching && rows.len() == at + 1 && !self.filter.accepts([module.as_ref()]) {
                rows.pop();
            }
        }
        rows
    }

    /// The selected line.
    pub(crate) fn selected(&mut self) -> Option<Node> {
        self.rows();
        self.rows.get(self.scroll.cursor).cloned()
    }

    /// The only partition of a tenant, where it has just one.
    pub(crate) fn only_partition(&self, node: &Node) -> Option<PartitionKey> {
        let Node::Tenant(module, tenant) = node else { return None };
        let leaves = &self.tenant(module, tenant)?.leaves;
        if leaves.len() == 1 { leaves.keys().next().cloned() } else { None }
    }

    /// Moves the cursor to the branch that holds the selected line.
    pub(crate) fn go_to_parent(&mut self) {
        self.rows();
        let cursor = self.scroll.cursor;
        let depth = |n: &Node| match n {
            Node::Module(_) => 0,
            Node::Tenant(..) => 1,
            Node::Partition(..) => 2,
        };
        let rows = self.rows();
        let Some(own) = rows.get(cursor).map(depth) else { return };
        if let Some(at) = rows[..cursor].iter().rposition(|n| depth(n) < own) {
            self.scroll.cursor = at;
        }
    }
}

fn entry<'m, V: Default>(map: &'m mut BTreeMap<Arc<str>, V>, name: &str) -> &'m mut V {
    if !map.contains_key(name) {
        map.insert(name.into(), V::default());
    }
    map.entry(name.into()).or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn count(module: &str, pk: &str, entities: u64, deleted: u64) -> TenantCount {
        let key = PartitionKey::from(pk);
        TenantCount {
            module: module.into(),
            entity_type: key.entity_type().to_owned(),
            tenant: key.segments().nth(1).unwrap_or_default().to_owned(),
            pk: key.clone(),
            entities,
            deleted,
            oldest: Some("2025-01-01T00:00:00.000Z".into()),
            newest: Some("2026-01-01T00:00:00.000Z".into()),
        }
    }

    fn shown(tree: &mut Tree) -> Vec<String> {
        let rows = tree.rows().to_vec();
        rows.iter()
            .map(|n| match n {
                Node::Module(m) => m.to_string(),
                Node::Tenant(_, t) => format!("  {t} {}", tree.totals(n).unwrap().entities),
                Node::Partition(.., pk) => format!("    {pk}"),
            })
            .collect()
    }

    #[test]
    fn later_counts_of_a_partition_replace_earlier_ones() {
        let mut tree = Tree::default();
        tree.begin_scan();
        tree.apply(vec![count("product", "PRODUCT#acme", 10, 1), count("product", "TAG#acme", 2, 0)]);
        tree.apply(vec![count("product", "PRODUCT#acme", 25, 3)]);
        let totals = tree.totals(&Node::Module("product".into())).unwrap();
        assert_eq!((totals.entities, totals.deleted, tree.seen), (27, 3, 27));
        assert_eq!(shown(&mut tree), ["product", "  acme 27"]);
    }

    #[test]
    fn what_a_complete_scan_does_not_find_again_goes_away() {
        let now: Timestamp = "2026-03-20T00:00:00Z".parse().unwrap();
        let mut tree = Tree::default();
        tree.begin_scan();
        tree.apply(vec![count("product", "PRODUCT#acme", 10, 0), count("product", "PRODUCT#gone", 5, 0)]);
        tree.end_scan(true, now);
        tree.begin_scan();
        tree.apply(vec![count("product", "PRODUCT#acme", 11, 0)]);
        assert!(tree.is_old(&Node::Partition("product".into(), "gone".into(), "PRODUCT#gone".into())));
        assert_eq!((shown(&mut tree).len(), tree.seen), (3, 11));
        tree.end_scan(true, now);
        assert_eq!(shown(&mut tree), ["product", "  acme 11"]);
        tree.begin_scan();
        tree.end_scan(false, now);
        assert_eq!(shown(&mut tree), ["product", "  acme 11"]);
    }

    #[test]
    fn the_filter_opens_branches_and_the_selection_stays_on_its_line() {
        let mut tree = Tree::default();
        tree.apply(vec![count("order", "ORDER#acme", 1, 0), count("product", "PRODUCT#globex", 1, 0)]);
        tree.scroll.cursor = 3;
        assert_eq!(tree.selected(), Some(Node::Tenant("product".into(), "globex".into())));
        tree.apply(vec![count("customer", "CUSTOMER#acme", 1, 0)]);
        assert_eq!(tree.selected(), Some(Node::Tenant("product".into(), "globex".into())));
        tree.filter.paste("glob");
        tree.refresh();
        assert_eq!(shown(&mut tree), ["product", "  globex 1", "    PRODUCT#globex"]);
    }
}
