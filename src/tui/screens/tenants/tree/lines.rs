//! The lines of the tree in their order: branches that are open, and what a filter leaves.

use super::{Node, Tree};
use crate::domain::key::PartitionKey;

impl Tree {
    /// True where the branch is open.
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
                let accepts = |pk: &&PartitionKey| !searching || self.filter.accepts([pk.as_str(), tenant, module]);
                let mut accepted = held.leaves.keys().filter(accepts).peekable();
                if accepted.peek().is_none() {
                    continue;
                }
                rows.push(node);
                let leaf = |pk: &PartitionKey| Node::Partition(module.clone(), tenant.clone(), pk.clone());
                if open {
                    rows.extend(accepted.map(leaf));
                }
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
