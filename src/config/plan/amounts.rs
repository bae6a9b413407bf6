//! Times, shares and labels as plans write them.

use std::time::Duration;

use crate::domain::plan::StopAfter;

/// Longer than this nothing is waited for.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A whole number of seconds, minutes or hours, such as `30s`, `5m` or `1h`: more than none, a week at most.
pub(super) fn time(text: &str) -> Option<Duration> {
    let (number, unit) = [("s", 1), ("m", 60), ("h", 3600)]
        .into_iter()
        .find_map(|(suffix, unit)| text.strip_suffix(suffix).map(|number| (number, unit)))?;
    let time = Duration::from_secs(digits(number)?.checked_mul(unit)?);
    (!time.is_zero() && time <= LONGEST).then_some(time)
}

/// A percentage with two decimals at most, such as `5%` or `2.5%`: more than 0, at most 100.
pub(super) fn share(text: &str) -> Option<StopAfter> {
    let number = text.strip_suffix('%')?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let hundredths = match decimals.len() {
        1 => digits(decimals)?.checked_mul(10)?,
        2 => digits(decimals)?,
        _ => return None,
    };
    let share = digits(whole)?.checked_mul(100)?.checked_add(hundredths)?;
    (1..=10_000).contains(&share).then(|| u32::try_from(share).ok().map(StopAfter::Ratio))?
}

/// A text that fits a line of a list.
pub(super) fn label(text: &str) -> Option<String> {
    const LONGEST: usize = 200;
    let fits = text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// Digits alone: no sign, no space, nothing else that a number may begin with elsewhere.
fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_seconds_minutes_or_hours() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("1h", 3600), ("168h", 604_800), ("090s", 90)] {
            assert_eq!(time(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "5",
            "0s",
            "0h",
            "-1s",
            "+1s",
            "1.5m",
            "5 m",
            " 5m",
            "5m ",
            "5ms",
            "1d",
            "5M",
            "1h30m",
            "169h",
            "99999999999999999999s",
            "18446744073709551615h",
            "\u{0665}s",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn labels_have_two_hundred_characters_at_most_and_no_control_characters() {
        for text in ["", "nightly, 2nd try", &"値".repeat(200)] {
            assert_eq!(label(text).as_deref(), Some(text));
        }
        for text in [&*"値".repeat(201), "two\nlines", "a\u{1b}[31m", "\u{85}"] {
            assert_eq!(label(text), None, "{text:?}");
        }
    }

    #[test]
    fn shares_have_two_decimals_at_most() {
        for (text, hundredths) in
            [("5%", 500), ("2.5%", 250), ("0.01%", 1), ("33.33%", 3333), ("100%", 10_000), ("100.00%", 10_000)]
        {
            assert_eq!(share(text), Some(StopAfter::Ratio(hundredths)), "{text}");
        }
        for text in [
            "",
            "%",
            "5",
            "0%",
            "0.00%",
            "100.01%",
            "101%",
            "-5%",
            "+5%",
            "5 %",
            ".5%",
            "5.%",
            "2.555%",
            "2,5%",
            "1e1%",
            "5%%",
            "99999999999999999999%",
            "18446744073709551615%",
            "\u{0665}%",
        ] {
            assert_eq!(share(text), None, "{text}");
        }
    }
}
