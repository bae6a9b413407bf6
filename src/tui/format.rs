//! Numbers, times and ages as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::clock::Age;
use crate::domain::grouped::grouped;

/// A whole number with separators: `1,204`.
pub(crate) fn count(n: u64) -> String {
    grouped(n)
}

/// [`count`] of a length.
pub(crate) fn len(n: usize) -> String {
    count(n as u64)
}

/// `1 entity`, `2 entities`, of texts that [`text!`] marks: `plural(n, text!("%{n} entity"), text!("%{n} entities"))`.
pub(crate) fn plural(n: u64, one: &'static str, many: &'static str) -> String {
    crate::language::counted(if n == 1 { one } else { many }, &count(n))
}

/// How long ago something was, roughly.
pub(crate) fn age(then: Timestamp, now: Timestamp) -> String {
    let words = match Age::of(then, now) {
        Age::None => tr!("just now"),
        Age::Minutes(n) => tr!("%{n} min ago", n = n),
        Age::Hours(n) => tr!("%{n} h ago", n = n),
        Age::Days(n) => tr!("%{n} days ago", n = n),
    };
    words.into_owned()
}

/// Capacity units: whole ones, or one decimal below a hundred.
pub(crate) fn units(units: f64) -> String {
    let tenths = (units.max(0.0) * 10.0).round();
    if tenths >= 1_000.0 || tenths % 10.0 == 0.0 {
        count((tenths / 10.0) as u64)
    } else {
        format!("{:.1}", tenths / 10.0)
    }
}

/// The time of day in a zone.
pub(crate) fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// A stored time as a date in a zone; what cannot be read stays.
pub(crate) fn date(text: &str, zone: &TimeZone) -> String {
    crate::domain::clock::local_minutes(text, zone).split(' ').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 37, 999, 1_204, 12_300, 1_000_000].map(count),
            ["0", "37", "999", "1,204", "12,300", "1,000,000"]
        );
        assert_eq!(plural(1, "%{n} entity", "%{n} entities"), "1 entity");
        assert_eq!(plural(1_204, "%{n} entity", "%{n} entities"), "1,204 entities");
    }

    #[test]
    fn units_have_one_decimal_while_they_are_few() {
        assert_eq!([0.0, 0.5, 12.0, 12.34, 99.96, 1_204.4].map(units), ["0", "0.5", "12", "12.3", "100", "1,204"]);
    }
}
