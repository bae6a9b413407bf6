//! Units that are left: of each partition, of each table, and of the account for a table.

use std::collections::HashMap;
use std::time::Instant;

use super::cost::{Access, Charge};
use super::refusal::{Limit, Refusal};
use super::rules::{Rules, TableRule};

/// The share of an on-demand table's units that counts as used up.
const USED_UP: f64 = 0.8;

/// Fills at a rate, up to what the burst holds.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    fn new(at: Instant) -> Self {
        Self { tokens: 0.0, filled: at }
    }

    fn fill(&mut self, rate: f64, burst: f64, at: Instant) {
        let seconds = at.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = at;
        self.tokens = (self.tokens + seconds * rate).min(rate * burst);
    }

    /// A read costs what it turns out to: it is begun while anything is left.
    fn covers(&self, units: f64, access: Access) -> bool {
        match access {
            Access::Write => self.tokens >= units,
            Access::Read => self.tokens > 0.0,
        }
    }
}

/// An on-demand table on its way up.
#[derive(Debug, Clone, Copy)]
struct Growth {
    rate: f64,
    since: Instant,
    used: f64,
}

impl Growth {
    fn look(&mut self, doubles_after: f64, most: f64, at: Instant) {
        let seconds = at.saturating_duration_since(self.since).as_secs_f64();
        if seconds < doubles_after {
            return;
        }
        if self.used >= USED_UP * self.rate * seconds {
            self.rate = (self.rate * 2.0).min(most);
        }
        (self.since, self.used) = (at, 0.0);
    }
}

#[derive(Debug, Clone, Copy)]
struct Table {
    own: Bucket,
    account: Bucket,
    growth: Option<Growth>,
}

/// Sum of a request's charges at one place.
type Sums<K> = Vec<(K, f64)>;

fn add<K: PartialEq>(sums: &mut Sums<K>, key: K, units: f64) {
    match sums.iter_mut().find(|(known, _)| *known == key) {
        Some((_, sum)) => *sum += units,
        None => sums.push((key, units)),
    }
}

type PartitionKey = (String, String, Access);
type TableKey = (String, Access);

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    partitions: HashMap<PartitionKey, Bucket>,
    tables: HashMap<TableKey, Table>,
}

impl Buckets {
    /// Takes the units of a request where all of them are left; otherwise none, and says of each charge what it lacks.
    pub(super) fn take(&mut self, rules: &Rules, charges: &[Charge], at: Instant) -> Vec<Option<Refusal>> {
        let (partitions, tables) = sums(charges);
        let mut lacking: Vec<(TableKey, Limit)> = Vec::new();
        for (key, units) in &tables {
            if let Some(limit) = self.table(rules, key, at).lacks(rules, *units, key.1) {
                lacking.push((key.clone(), limit));
            }
        }
        let mut short: Vec<&PartitionKey> = Vec::new();
        // The rest of the table was looked at above.
        let may_borrow = rules.is_adaptive && rules.table != TableRule::Ample;
        for (key, units) in &partitions {
            let is_covered = self.partition(rules, key, at).covers(*units, key.2);
            if !is_covered && !may_borrow {
                short.push(key);
            }
        }
        let refusals: Vec<Option<Refusal>> = charges
            .iter()
            .map(|charge| {
                let of_table =
                    lacking.iter().find(|((table, access), _)| *table == charge.table && *access == charge.access);
                let of_partition = short
                    .iter()
                    .any(|(table, pk, access)| *table == charge.table && *pk == charge.pk && *access == charge.access);
                let limit = of_table.map(|(_, limit)| *limit).or_else(|| of_partition.then_some(Limit::KeyRange))?;
                let is_provisioned = rules.is_provisioned();
                Some(Refusal { limit, access: charge.access, table: charge.table.clone(), is_provisioned })
            })
            .collect();
        if refusals.iter().all(Option::is_none) {
            self.spend(rules, &partitions, &tables, at);
        }
        refusals
    }

    /// Takes units that a read turned out to cost.
    pub(super) fn owe(&mut self, rules: &Rules, charges: &[Charge], units: f64, at: Instant) {
        let each = units / charges.len().max(1) as f64;
        let (partitions, tables) = sums(charges);
        let of = |n: usize| move |_: f64| each * (charges.len() as f64 / n.max(1) as f64);
        let partitions: Sums<PartitionKey> =
            partitions.iter().map(|(key, units)| (key.clone(), of(partitions.len())(*units))).collect();
        let tables: Sums<TableKey> =
            tables.iter().map(|(key, units)| (key.clone(), of(tables.len())(*units))).collect();
        self.spend(rules, &partitions, &tables, at);
    }

    fn spend(&mut self, rules: &Rules, partitions: &Sums<PartitionKey>, tables: &Sums<TableKey>, at: Instant) {
        for (key, units) in partitions {
            let bucket = self.partition(rules, key, at);
            // A loan from the table is not owed by the partition.
            let least = if rules.is_adaptive && key.2 == Access::Write { 0.0 } else { f64::NEG_INFINITY };
            bucket.tokens = (bucket.tokens - units).max(least);
        }
        for (key, units) in tables {
            let table = self.table(rules, key, at);
            table.own.tokens -= units;
            table.account.tokens -= units;
            if let Some(growth) = &mut table.growth {
                growth.used += units;
            }
        }
    }

    fn partition(&mut self, rules: &Rules, key: &PartitionKey, at: Instant) -> &mut Bucket {
        let bucket = self.partitions.entry(key.clone()).or_insert_with(|| Bucket::new(at));
        let rate = if key.2 == Access::Write { rules.write } else { rules.read };
        bucket.fill(rate, rules.burst, at);
        bucket
    }

    fn table(&mut self, rules: &Rules, key: &TableKey, at: Instant) -> &mut Table {
        let table = self.tables.entry(key.clone()).or_insert_with(|| Table {
            own: Bucket::new(at),
            account: Bucket::new(at),
            growth: None,
        });
        match (rules.table, key.1) {
            (TableRule::Provisioned { write, .. }, Access::Write) => table.own.fill(write, rules.burst, at),
            (TableRule::Provisioned { read, .. }, Access::Read) => table.own.fill(read, rules.burst, at),
            (TableRule::OnDemand { first, doubles_after, most }, Access::Write) => {
                let growth = table.growth.get_or_insert(Growth { rate: first, since: at, used: 0.0 });
                growth.look(doubles_after, most, at);
                let rate = growth.rate;
                table.own.fill(rate, rules.burst, at);
            }
            _ => {}
        }
        table.account.fill(rules.account.unwrap_or_default(), rules.burst, at);
        table
    }
}

impl Table {
    fn lacks(&self, rules: &Rules, units: f64, access: Access) -> Option<Limit> {
        if rules.account.is_some() && access == Access::Write && !self.account.covers(units, access) {
            return Some(Limit::Account);
        }
        let is_limited = match rules.table {
            TableRule::Ample => false,
            TableRule::Provisioned { .. } => true,
            TableRule::OnDemand { .. } => access == Access::Write,
        };
        if !is_limited || self.own.covers(units, access) {
            return None;
        }
        Some(match (rules.table, self.growth) {
            (TableRule::OnDemand { most, .. }, Some(growth)) if growth.rate >= most => Limit::MaxOnDemand,
            // It has too few partitions still.
            (TableRule::OnDemand { .. }, _) => Limit::KeyRange,
            _ => Limit::Provisioned,
        })
    }
}

fn sums(charges: &[Charge]) -> (Sums<PartitionKey>, Sums<TableKey>) {
    let (mut partitions, mut tables) = (Vec::new(), Vec::new());
    for charge in charges {
        add(&mut partitions, (charge.table.clone(), charge.pk.clone(), charge.access), charge.units);
        add(&mut tables, (charge.table.clone(), charge.access), charge.units);
    }
    (partitions, tables)
}
