//! Times as the framework and as we write them.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

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

/// A sentence with our own times in it as wall clock in a zone, to the second where it is not a full minute. A time in quotes is a value
/// that somebody stored: it stays.
#[must_use]
pub fn with_local_times<'t>(text: &'t str, zone: &TimeZone) -> Cow<'t, str> {
    /// Characters of `2026-03-02T01:15:00`.
    const SECONDS: usize = 19;
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let is_quote = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let (mut out, mut kept) = (String::new(), 0);
    for (middle, _) in text.match_indices('T') {
        let Some(start) = middle.checked_sub(10).filter(|start| *start >= kept) else { continue };
        let mut end = start + SECONDS;
        if bytes.get(end) == Some(&b'.') {
            end += 1 + digits(end + 1);
        }
        let stands_alone = start == 0 || !bytes[start - 1].is_ascii_alphanumeric();
        let before = start.checked_sub(1).and_then(|at| bytes.get(at));
        if bytes.get(end) != Some(&b'Z') || !stands_alone || is_quote(before) || is_quote(bytes.get(end + 1)) {
            continue;
        }
        end += 1;
        let Some(written) = text.get(start..end).filter(|written| parse_time(written).is_some()) else { continue };
        let is_minute = written.get(16..SECONDS) == Some(":00");
        out.push_str(&text[kept..start]);
        out.push_str(&if is_minute { local_minutes(written, zone) } else { local_seconds(written, zone) });
        kept = end;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
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

/// Moments that [`moment`] understands, in words.
pub const MOMENT: &str = "a time such as \"2026-03-10T00:00:00+09:00\", \"2026-03-10 09:00\", \"yesterday 09:00\" or \"09:00\", or an age such as \"2h\" or \"3d\"";

/// Where and when a moment is said.
#[derive(Debug, Clone)]
pub struct Now {
    /// When.
    pub at: Timestamp,
    /// The wall clock that is meant.
    pub zone: TimeZone,
}

impl Now {
    /// Sentence that says which moment a text was taken for, in UTC and in the zone.
    #[must_use]
    pub fn taken(&self, text: &str, at: Timestamp) -> String {
        let (utc, zone) = (utc_millis(at), self.zone.iana_name().unwrap_or("local time"));
        format!("{text:?} is taken for {utc} ({} in {zone})", local_seconds(&utc, &self.zone))
    }
}

/// A moment as people say it: RFC 3339, a day and a time of day, `today` or `yesterday` (`今日`, `昨日`) with one, a time of day alone
/// (today's), or an age. A day alone is none: its beginning and its end are a day apart.
#[must_use]
pub fn moment(text: &str, now: &Now) -> Option<Timestamp> {
    // As an input method types it: full-width digits and blanks.
    let text = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let text = text.trim();
    parse_time(text).or_else(|| age_ago(text, now)).or_else(|| wall_clock(text, now))
}

/// Whether a text is a moment wherever and whenever it is said.
#[must_use]
pub fn is_moment(text: &str) -> bool {
    moment(text, &Now { at: Timestamp::UNIX_EPOCH, zone: TimeZone::UTC }).is_some()
}

fn age_ago(text: &str, now: &Now) -> Option<Timestamp> {
    // As screens show it, too: `5 min ago`, `2 days ago`, `5 分前`.
    let text = text.strip_suffix(" ago").or_else(|| text.strip_suffix('前')).unwrap_or(text);
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let count: i64 = digits.parse().ok()?;
    let span = Span::new();
    let span = match unit.trim_start() {
        "s" | "秒" => span.try_seconds(count),
        "m" | "min" | "分" => span.try_minutes(count),
        "h" | "時間" => span.try_hours(count),
        // By the calendar: the same time of day, also where the clocks were changed in between.
        "d" | "day" | "days" | "日" => span.try_days(count),
        "w" | "週" | "週間" => span.try_weeks(count),
        _ => return None,
    };
    now.at.to_zoned(now.zone.clone()).checked_sub(span.ok()?).ok().map(|zoned| zoned.timestamp())
}

fn wall_clock(text: &str, now: &Now) -> Option<Timestamp> {
    let today = now.at.to_zoned(now.zone.clone()).date();
    // The Japanese words need no blank behind them.
    let mut words = [("今日", "today"), ("昨日", "yesterday")].into_iter();
    let japanese = words.find_map(|(word, day)| Some((day, text.strip_prefix(word)?)));
    let (day, time) = match japanese.or_else(|| text.split_once([' ', 'T'])) {
        Some((day, time)) => (day, time.trim_start()),
        None => ("today", text),
    };
    let day: Date = match day {
        "today" => today,
        "yesterday" => today.yesterday().ok()?,
        day if day.len() == 10 => day.parse().ok()?,
        _ => return None,
    };
    let hour = time.find(':')?;
    // Fraction, seconds and a leading zero may be left out, the minutes may not.
    let padded = if hour == 1 { format!("0{time}") } else { time.to_owned() };
    if !padded.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')) {
        return None;
    }
    let time: Time = padded.parse().ok()?;
    DateTime::from_parts(day, time).to_zoned(now.zone.clone()).ok().map(|zoned| zoned.timestamp())
}

/// How long ago something was, roughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Less than a minute.
    None,
    /// Less than an hour.
    Minutes(u64),
    /// Less than two days.
    Hours(u64),
    /// Any longer.
    Days(u64),
}

impl Age {
    /// From then to now.
    #[must_use]
    pub fn of(then: Timestamp, now: Timestamp) -> Self {
        let seconds = now.as_second().saturating_sub(then.as_second()).max(0).unsigned_abs();
        match seconds {
            0..60 => Self::None,
            60..3_600 => Self::Minutes(seconds / 60),
            3_600..172_800 => Self::Hours(seconds / 3_600),
            _ => Self::Days(seconds / 86_400),
        }
    }
}

/// [`Age`] in words, which are English everywhere.
#[must_use]
pub fn age(then: Timestamp, now: Timestamp) -> String {
    match Age::of(then, now) {
        Age::None => "just now".to_owned(),
        Age::Minutes(n) => format!("{n} min ago"),
        Age::Hours(n) => format!("{n} h ago"),
        Age::Days(n) => format!("{n} days ago"),
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
    fn times_in_a_sentence_become_local_ones() {
        let zone = time_zone("Asia/Tokyo").unwrap();
        let local = |text| with_local_times(text, &zone).into_owned();
        assert_eq!(local("has waited since 2026-11-29T01:31:54.000Z"), "has waited since 2026-11-29 10:31:54");
        assert_eq!(
            local("CUSTOMER#my_tenant (version 1, 2026-11-26T00:00:25.000Z), 2026-11-26T15:01:00Z"),
            "CUSTOMER#my_tenant (version 1, 2026-11-26 09:00:25), 2026-11-27 00:01"
        );
        for same in [
            "updatedAt is \"2026-11-29T01:31:54.000Z\"",
            "2026-11-29T10:31:54+09:00",
            "2026-13-29T01:31:54.000Z",
            "x2026-11-29T01:31:54.000Z",
            "Tは T",
            "",
        ] {
            assert_eq!(local(same), same);
        }
        assert_eq!(
            local("バージョン 1 は 2026-11-29T01:31:54.000Z から待機"),
            "バージョン 1 は 2026-11-29 10:31:54 から待機"
        );
    }

    #[test]
    fn moments_are_taken_for_what_people_mean() {
        let now = Now { at: "2026-11-25T03:00:00Z".parse().unwrap(), zone: time_zone("Asia/Tokyo").unwrap() };
        let said = |text: &str| moment(text, &now).map(utc_millis);
        for (text, at) in [
            ("2026-03-10T00:00:00+09:00", "2026-03-09T15:00:00.000Z"),
            ("2026-11-25 10:00", "2026-11-25T01:00:00.000Z"),
            ("2026-11-25T10:00:30", "2026-11-25T01:00:30.000Z"),
            ("yesterday 10:00", "2026-11-24T01:00:00.000Z"),
            ("today 9:05", "2026-11-25T00:05:00.000Z"),
            ("10:00", "2026-11-25T01:00:00.000Z"),
            ("2h", "2026-11-25T01:00:00.000Z"),
            ("90m", "2026-11-25T01:30:00.000Z"),
            ("3d", "2026-11-22T03:00:00.000Z"),
            ("1w", "2026-11-18T03:00:00.000Z"),
            ("5 min ago", "2026-11-25T02:55:00.000Z"),
            ("2 h ago", "2026-11-25T01:00:00.000Z"),
            ("3 days ago", "2026-11-22T03:00:00.000Z"),
            ("2026-11-25 10:00:30", "2026-11-25T01:00:30.000Z"),
            ("昨日 10:00", "2026-11-24T01:00:00.000Z"),
            ("昨日10:00", "2026-11-24T01:00:00.000Z"),
            ("今日\u{3000}9:05", "2026-11-25T00:05:00.000Z"),
            ("昨日\u{3000}１０：００", "2026-11-24T01:00:00.000Z"),
            ("３日前", "2026-11-22T03:00:00.000Z"),
            ("1週間前", "2026-11-18T03:00:00.000Z"),
        ] {
            assert_eq!(said(text).as_deref(), Some(at), "{text}");
            assert!(is_moment(text), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "昨日",
            "2026-11-25",
            "tomorrow 10:00",
            "10",
            "1000",
            "h",
            "-2h",
            "2y",
            "25:00",
            "2026-13-01 10:00",
            "10:00 pm",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
        let taken = now.taken("10:00", moment("10:00", &now).unwrap());
        assert_eq!(taken, "\"10:00\" is taken for 2026-11-25T01:00:00.000Z (2026-11-25 10:00:00 in Asia/Tokyo)");
    }

    #[test]
    fn an_age_in_days_is_the_same_time_of_day_also_where_clocks_were_changed() {
        let now = Now { at: "2026-11-01T17:00:00Z".parse().unwrap(), zone: time_zone("America/New_York").unwrap() };
        assert_eq!(moment("1d", &now).map(utc_millis).as_deref(), Some("2026-10-31T16:00:00.000Z"));
        // Half past two does not exist on the day when they go forward.
        assert_eq!(moment("2026-03-08 02:30", &now).map(utc_millis).as_deref(), Some("2026-03-08T07:30:00.000Z"));
    }

    #[test]
    fn an_age_is_understood_as_the_console_shows_it_in_japanese() {
        let now = Now { at: "2026-11-25T03:00:00Z".parse().unwrap(), zone: TimeZone::UTC };
        let said = |text: &str| moment(text, &now).map(utc_millis).unwrap();
        assert_eq!(
            ["5 分前", "2 時間前", "3 日前"].map(said),
            ["2026-11-25T02:55:00.000Z", "2026-11-25T01:00:00.000Z", "2026-11-22T03:00:00.000Z"]
        );
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
