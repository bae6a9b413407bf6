//! How long which tenant's rows are kept.

use jiff::Timestamp;

use crate::domain::publish::Ttls;
use crate::domain::row::TableKind;

/// A setting in the master module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retention {
    pub(super) tenant: &'static str,
    pub(super) module: &'static str,
    pub(super) kind: TableKind,
    /// Days that rows are kept.
    pub(super) days: usize,
    /// Days ago that the setting was made. Rows written before it never expire; because it is younger than its days,
    /// nothing has expired yet.
    pub(super) made: usize,
}

/// All settings.
pub(super) const RETENTIONS: [Retention; 8] = [
    of("acme", "product", TableKind::History, 90, 20),
    of("acme", "product", TableKind::Command, 30, 20),
    of("sakura-shoten", "order", TableKind::Data, 1095, 720),
    of("sakura-shoten", "order", TableKind::History, 730, 365),
    of("globex", "order", TableKind::Command, 180, 90),
    of("MY_TENANT", "customer", TableKind::History, 400, 100),
    of("Kita_Foods", "product", TableKind::History, 365, 120),
    of("single", "master", TableKind::History, 365, 30),
];

const fn of(tenant: &'static str, module: &'static str, kind: TableKind, days: usize, made: usize) -> Retention {
    Retention { tenant, module, kind, days, made }
}

/// When rows expire that are written at `at`; `today` is when the demo ends.
pub(super) fn ttls(module: &str, tenant: &str, at: Timestamp, today: Timestamp) -> Ttls {
    let expiry = |kind| {
        RETENTIONS
            .iter()
            .find(|r| r.tenant == tenant && r.module == module && r.kind == kind)
            .filter(|r| at.as_second() >= today.as_second() - seconds(r.made))
            .map(|r| at.as_second() + seconds(r.days))
    };
    Ttls { data: expiry(TableKind::Data), command: expiry(TableKind::Command), history: expiry(TableKind::History) }
}

fn seconds(days: usize) -> i64 {
    days as i64 * 86_400
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_expired_and_older_rows_stay() {
        for r in RETENTIONS {
            assert!(r.made < r.days, "{r:?}");
        }
        let today = Timestamp::from_second(1_800_000_000).unwrap();
        let at = |days: usize| Timestamp::from_second(today.as_second() - seconds(days)).unwrap();
        let young = ttls("product", "acme", at(10), today);
        assert_eq!(young.history, Some(today.as_second() + seconds(80)));
        assert_eq!(young.command, Some(today.as_second() + seconds(20)));
        assert_eq!(young.data, None);
        assert_eq!(ttls("product", "acme", at(21), today), Ttls::default());
        assert_eq!(ttls("order", "acme", at(10), today), Ttls::default());
    }
}
