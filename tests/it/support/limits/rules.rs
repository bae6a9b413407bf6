//! The rules of the proxy.

/// Capacity of a table, which its partitions share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TableRule {
    /// On demand, and so large that only its partitions count.
    Ample,
    /// Provisioned units a second.
    Provisioned { write: f64, read: f64 },
    /// On demand: so many units a second at first, twice as many whenever they were used up for so many seconds, up to a maximum that its
    /// owner set.
    OnDemand { first: f64, doubles_after: f64, most: f64 },
}

/// The rules of every table and partition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Units a second of each partition of each table.
    pub write: f64,
    pub read: f64,
    /// Unused units are kept for so many seconds.
    pub burst: f64,
    /// A partition may go beyond its own units while its table has some left.
    pub is_adaptive: bool,
    pub table: TableRule,
    /// Write units a second that the account allows each table.
    pub account: Option<f64>,
}

impl Default for Rules {
    /// DynamoDB's documented limit of a partition, with a short burst.
    fn default() -> Self {
        Self { write: 1_000.0, read: 3_000.0, burst: 1.0, is_adaptive: false, table: TableRule::Ample, account: None }
    }
}

impl Rules {
    /// So many write units a second for each partition.
    pub fn writing(write: f64) -> Self {
        Self { write, ..Self::default() }
    }

    pub(super) fn is_provisioned(&self) -> bool {
        matches!(self.table, TableRule::Provisioned { .. })
    }
}
