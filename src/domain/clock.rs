//! Times as the framework and as we write them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A time zone name that the time zone database does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time zone name (such as Asia/Tokyo or UTC)")]
pub struct UnknownTimeZone(pub String);

/// Looks a time zone up by its IANA name, in the database that the program carries.
///
/// # Errors
/// [`UnknownTimeZone`] when the name is not in it.
pub fn time_zone(name: &str) -> Result<TimeZone, UnknownTimeZone> {
    TimeZone::get(name).map_err(|_| UnknownTimeZone(name.to_owned()))
}

/// The framework's form for top-level fields: `2026-03-02T10:15:00+09:00`, no fraction.
#[must_use]
pub fn framework_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Our own form, in JSON lines and in attributes we add: `2026-03-02T01:15:00.000Z`.
#[must_use]
pub fn utc_millis(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Reads either form; `None` for anything else, which is then shown as it stands.
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// A stored time in our own form where it can be read, otherwise as it stands.
#[must_use]
pub fn normalise_time(text: &str) -> String {
    parse_time(text).map_or_else(|| text.to_owned(), utc_millis)
}

/// A stored time as wall clock in a zone, to the minute, for people.
#[must_use]
pub fn local_minutes(text: &str, zone: &TimeZone) -> String {
    local(text, zone, "%Y-%m-%d %H:%M")
}

/// As [`local_minutes`], to the second.
#[must_use]
pub fn local_seconds(text: &str, zone: &TimeZone) -> String {
    local(text, zone, "%Y-%m-%d %H:%M:%S")
}

fn local(text: &str, zone: &TimeZone, form: &str) -> String {
    parse_time(text).map_or_else(
        || text.to_owned(),
        |t| {
            let zoned: Zoned = t.to_zoned(zone.clone());
            zoned.strftime(form).to_string()
        },
    )
}

/// How long ago something was, roughly.
#[must_use]
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(then.as_second()).max(0).unsigned_abs();
    match seconds {
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frameworks_form_has_an_offset_and_no_fraction() {
        let at: Timestamp = "2026-03-02T01:15:00.789Z".parse().unwrap();
        assert_eq!(framework_time(at, &time_zone("Asia/Tokyo").unwrap()), "2026-03-02T10:15:00+09:00");
        assert_eq!(framework_time(at, &time_zone("UTC").unwrap()), "2026-03-02T01:15:00+00:00");
        assert_eq!(utc_millis(at), "2026-03-02T01:15:00.789Z");
    }

    #[test]
    fn stored_times_become_utc_or_stay() {
        assert_eq!(normalise_time("2026-03-02T10:15:00+09:00"), "2026-03-02T01:15:00.000Z");
        assert_eq!(normalise_time("yesterday"), "yesterday");
        assert_eq!(local_minutes("2026-03-02T10:15:00+09:00", &TimeZone::UTC), "2026-03-02 01:15");
    }

    #[test]
    fn unknown_zones_are_named() {
        assert_eq!(time_zone("Asia/Tokio").unwrap_err(), UnknownTimeZone("Asia/Tokio".into()));
    }

    #[test]
    fn ages_are_rough() {
        let now: Timestamp = "2026-03-20T00:00:00Z".parse().unwrap();
        let ago = |s: i64| age(now - jiff::SignedDuration::from_secs(s), now);
        assert_eq!(
            [5, 90, 7_300, 200_000, -5].map(ago),
            ["just now", "1 min ago", "2 h ago", "2 days ago", "just now"]
        );
    }
}
