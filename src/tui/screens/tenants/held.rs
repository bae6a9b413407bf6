//! The partitions of each module and tenant, and their counts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::key::PartitionKey;
use crate::engine::protocol::TenantCount;

/// Counts below a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) entities: u64,
    pub(crate) deleted: u64,
    pub(crate) oldest: Option<String>,
    pub(crate) newest: Option<String>,
    /// Partitions.
    pub(crate) partitions: usize,
    /// Of them those that nobody has counted.
    pub(crate) uncounted: usize,
}

impl Totals {
    /// True where anything was counted.
    pub(crate) fn is_counted(&self) -> bool {
        self.uncounted < self.partitions
    }

    fn add(&mut self, leaf: &Leaf) {
        self.partitions += 1;
        self.uncounted += usize::from(leaf.counted.is_none());
        self.entities += leaf.count.entities;
        self.deleted += leaf.count.deleted;
        let earlier = |a: &String, b: &String| a.min(b).clone();
        let later = |a: &String, b: &String| a.max(b).clone();
        self.oldest = both(self.oldest.as_ref(), leaf.count.oldest.as_ref(), earlier);
        self.newest = both(self.newest.as_ref(), leaf.count.newest.as_ref(), later);
    }

    fn subtract(&mut self, leaf: &Leaf) {
        self.partitions = self.partitions.saturating_sub(1);
        self.uncounted = self.uncounted.saturating_sub(usize::from(leaf.counted.is_none()));
        self.entities = self.entities.saturating_sub(leaf.count.entities);
        self.deleted = self.deleted.saturating_sub(leaf.count.deleted);
    }
}

fn both(a: Option<&String>, b: Option<&String>, pick: impl Fn(&String, &String) -> String) -> Option<String> {
    match (a, b) {
        (Some(a), Some(b)) => Some(pick(a, b)),
        (one, other) => one.or(other).cloned(),
    }
}

/// A partition.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// Its numbers are 0 until it is counted.
    pub(super) count: TenantCount,
    pub(super) counted: Option<Timestamp>,
    /// The last count and the last list that had it.
    pub(super) scan: u64,
    pub(super) listed: u64,
}

impl Leaf {
    /// Its own counts.
    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        totals.add(self);
        totals
    }
}

#[derive(Debug, Default)]
pub(super) struct Tenant {
    pub(super) totals: Totals,
    pub(super) leaves: BTreeMap<PartitionKey, Leaf>,
}

/// The partitions of a module.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) totals: Totals,
    pub(super) tenants: BTreeMap<Arc<str>, Tenant>,
    /// The tenant under which each partition stands.
    homes: HashMap<PartitionKey, Arc<str>>,
}

impl Module {
    pub(super) fn leaf_mut(&mut self, pk: &PartitionKey) -> Option<&mut Leaf> {
        let home = self.homes.get(pk)?;
        self.tenants.get_mut(home)?.leaves.get_mut(pk)
    }

    pub(super) fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.tenants.values().flat_map(|tenant| tenant.leaves.values())
    }

    /// Puts a partition where its tenant is, in place of what was known of it.
    pub(super) fn put(&mut self, leaf: Leaf) -> Option<Leaf> {
        let old = self.take(&leaf.count.pk);
        let home = match self.tenants.get_key_value(leaf.count.tenant.as_str()) {
            Some((known, _)) => known.clone(),
            None => leaf.count.tenant.as_str().into(),
        };
        let tenant = self.tenants.entry(home.clone()).or_default();
        tenant.totals.add(&leaf);
        self.totals.add(&leaf);
        self.homes.insert(leaf.count.pk.clone(), home);
        tenant.leaves.insert(leaf.count.pk.clone(), leaf);
        old
    }

    /// Takes a partition away, and its tenant where that has no other.
    fn take(&mut self, pk: &PartitionKey) -> Option<Leaf> {
        let home = self.homes.remove(pk)?;
        let tenant = self.tenants.get_mut(&home)?;
        let leaf = tenant.leaves.remove(pk)?;
        tenant.totals.subtract(&leaf);
        self.totals.subtract(&leaf);
        if tenant.leaves.is_empty() {
            self.tenants.remove(&home);
        }
        Some(leaf)
    }

    /// Takes every partition away that is not wanted any more.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(&Leaf) -> bool) {
        let gone: Vec<PartitionKey> =
            self.leaves().filter(|leaf| !is_wanted(leaf)).map(|leaf| leaf.count.pk.clone()).collect();
        for pk in gone {
            self.take(&pk);
        }
    }
}

/// The extent of a count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Scope {
    /// All there is.
    #[default]
    Everything,
    /// A module.
    Module(Arc<str>),
    /// These partitions of a module.
    Partitions(Arc<str>, Vec<PartitionKey>),
}

impl Scope {
    /// True for a partition that is in it.
    pub(super) fn holds(&self, module: &str, pk: &PartitionKey) -> bool {
        match self {
            Self::Everything => true,
            Self::Module(own) => own.as_ref() == module,
            Self::Partitions(own, pks) => own.as_ref() == module && pks.contains(pk),
        }
    }

    /// In words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Everything => tr!("every module").into_owned(),
            Self::Module(module) => tr!("module %{module}", module = module).into_owned(),
            Self::Partitions(_, pks) if pks.len() == 1 => pks.iter().map(PartitionKey::to_string).collect(),
            Self::Partitions(module, pks) => {
                tr!("%{n} partitions of module %{module}", n = pks.len(), module = module).into_owned()
            }
        }
    }
}
