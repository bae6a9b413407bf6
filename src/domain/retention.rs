//! How long a tenant's rows are kept, read as the framework's JavaScript reads it.
//!
//! Source: `TtlService` and `getTenantCode` of the framework's core: `days ? +days : null`, under the segment behind the last `#`; the
//! seconds of the days are added to the time, and its DynamoDB client throws where that is no whole number that JavaScript holds.

use super::key::{KEY_SEPARATOR, PartitionKey};
use super::limits::Unstorable;
use super::run::Reason;
use super::value::{Number, Value};

/// The tenant whose settings count where a key has no segment for one.
const SINGLE_TENANT: &str = "single";
const SECONDS_A_DAY: f64 = 86_400.0;
/// The last second that the framework can store: JavaScript's largest safe integer, 2^53 - 1.
const LAST_SECOND: i64 = 9_007_199_254_740_991;

/// Whether the framework could store a time at which rows expire, in Unix seconds.
///
/// # Errors
/// [`Unstorable`]: it would throw, and nothing be published.
pub fn check_expiry(at: i64) -> Result<(), Unstorable> {
    if at <= LAST_SECOND {
        return Ok(());
    }
    let message =
        "its rows would expire so late that the framework cannot store the time, and refuses to publish: the \
                   retention setting of its tenant says too many days"
            .to_owned();
    Err(Unstorable { reason: Reason::Unsupported, message })
}

/// The partition of the settings that count for the rows of a partition, whatever tenant the rows themselves name.
#[must_use]
pub fn settings_pk(pk: &PartitionKey) -> PartitionKey {
    let tenant = pk.as_str().rsplit_once(KEY_SEPARATOR).map(|(_, last)| last).filter(|last| !last.is_empty());
    PartitionKey::new(format!("MASTER{KEY_SEPARATOR}{}", tenant.unwrap_or(SINGLE_TENANT)))
}

/// A stored setting: what the framework makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// `attributes.days` as stored, as plain JSON.
    pub stored: String,
    /// Seconds that rows are kept; `None` for ever.
    pub seconds: Option<i64>,
    /// Why the setting is not what its author most likely meant; `None` for a whole number of days.
    pub oddity: Option<&'static str>,
}

impl Retention {
    /// Reads `attributes.days`.
    #[must_use]
    pub fn of(days: Option<&Value>) -> Self {
        let stored = days.map_or_else(|| "nothing".to_owned(), super::value::to_plain_json);
        let number = days.filter(|value| is_truthy(value)).map(to_number);
        // A value that is no number counts as none, and so does zero.
        let number = number.filter(|n| *n != 0.0 && !n.is_nan());
        let (seconds, oddity) = match number {
            None => (None, Some("the framework takes it for none, and the rows never expire")),
            Some(n) if n < 0.0 => (None, Some("the framework refuses to publish with it")),
            // Out of range, the conversion gives the largest number, which no row may have either.
            Some(n) if n * SECONDS_A_DAY > LAST_SECOND as f64 => (
                Some((n * SECONDS_A_DAY) as i64),
                Some("the framework cannot store such a time, and refuses to publish"),
            ),
            Some(n) => {
                let is_plain = n.fract() == 0.0 && days.is_some_and(|d| d.as_number().is_some());
                (Some((n * SECONDS_A_DAY) as i64), (!is_plain).then_some("it is no whole number of days"))
            }
        };
        Self { stored, seconds, oddity }
    }

    /// Whole days that rows are kept, a part of one left out; `None` for ever.
    #[must_use]
    pub fn days(&self) -> Option<i64> {
        self.seconds.map(|seconds| seconds / 86_400)
    }
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::S(text) => !text.is_empty(),
        Value::N(number) => float(number) != 0.0,
        Value::Bool(flag) => *flag,
        Value::Null => false,
        _ => true,
    }
}

fn float(number: &Number) -> f64 {
    number.as_str().parse().unwrap_or(f64::NAN)
}

/// JavaScript's unary plus.
fn to_number(value: &Value) -> f64 {
    match value {
        Value::N(number) => float(number),
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Null => 0.0,
        Value::S(text) => text_to_number(text),
        // A list becomes its members' texts, joined by commas.
        Value::L(list) => match &list[..] {
            [] => 0.0,
            [Value::S(text)] => text_to_number(text),
            [Value::N(number)] => float(number),
            [Value::Null] => 0.0,
            _ => f64::NAN,
        },
        _ => f64::NAN,
    }
}

fn text_to_number(text: &str) -> f64 {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return 0.0;
    }
    let based = |digits: &str, base| u64::from_str_radix(digits, base).map_or(f64::NAN, |n| n as f64);
    match text.get(..2) {
        Some("0x" | "0X") => based(&text[2..], 16),
        Some("0o" | "0O") => based(&text[2..], 8),
        Some("0b" | "0B") => based(&text[2..], 2),
        _ if matches!(text, "Infinity" | "+Infinity") => f64::INFINITY,
        _ if text == "-Infinity" => f64::NEG_INFINITY,
        _ => match Number::parse(text) {
            Ok(number) => float(&number),
            Err(_) => f64::NAN,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn seconds(json: &str) -> Option<i64> {
        Retention::of(Some(&from_plain_json(json).unwrap())).seconds
    }

    #[test]
    fn days_count_as_javascript_counts_them() {
        let day = 86_400;
        for (days, kept) in [
            ("45", 45 * day),
            ("\"45\"", 45 * day),
            ("\" 12 \"", 12 * day),
            ("1.5", day * 3 / 2),
            ("true", day),
            ("\"0x10\"", 16 * day),
            ("\"1e1\"", 10 * day),
            ("[7]", 7 * day),
        ] {
            assert_eq!(seconds(days), Some(kept), "{days}");
        }
        for none in ["0", "\"\"", "\"  \"", "\"abc\"", "false", "null", "{}", "[]", "[1,2]", "-3", "\"-Infinity\""] {
            assert_eq!(seconds(none), None, "{none}");
        }
        assert_eq!(Retention::of(None).seconds, None);
    }

    #[test]
    fn only_a_whole_number_is_no_oddity() {
        let odd = |json: &str| Retention::of(Some(&from_plain_json(json).unwrap())).oddity.is_some();
        assert!(!odd("45") && !odd("45.0"));
        for json in ["\"45\"", "1.5", "true", "-3", "0", "\"abc\"", "null"] {
            assert!(odd(json), "{json}");
        }
    }

    #[test]
    fn a_time_that_javascript_cannot_hold_is_refused() {
        let now = 1_767_225_600;
        let at = |json: &str| check_expiry(seconds(json).unwrap().saturating_add(now)).map_err(|why| why.reason);
        for days in ["45", "100000000000", "104249970000", "\"1e11\""] {
            assert_eq!(at(days), Ok(()), "{days}");
        }
        // By the setting alone it would do, and the time of the run makes it too much.
        for days in ["104249991374", "1e12", "1000000000000000", "1e15", "1e300", "\"Infinity\""] {
            assert_eq!(at(days), Err(Reason::Unsupported), "{days}");
        }
    }

    #[test]
    fn the_last_segment_names_the_settings() {
        for (pk, settings) in [
            ("PRODUCT#acme", "MASTER#acme"),
            ("LOG#tx#2024-05", "MASTER#2024-05"),
            ("PRODUCT", "MASTER#single"),
            ("PRODUCT#", "MASTER#single"),
        ] {
            assert_eq!(settings_pk(&PartitionKey::from(pk)).as_str(), settings);
        }
    }
}
