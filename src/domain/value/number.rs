use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The largest magnitude below which JavaScript holds every whole number: 2^53 - 1.
const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/// A number as DynamoDB keeps it: decimal text of up to 38 significant digits, never through a float.
///
/// Two numbers are equal when their values are, whatever their spelling (`1`, `1.0`, `1E0`).
#[derive(Debug, Clone)]
pub struct Number {
    text: String,
}

/// Sign, significant digits without zeros at either end, and the exponent of a leading decimal point (0.digits * 10^exponent).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Canonical<'a> {
    negative: bool,
    /// A piece of the number's text, but where its point stands within them: numbers are looked at for each size and each digest.
    digits: Cow<'a, str>,
    exponent: i64,
}

impl Canonical<'_> {
    const ZERO: Self = Canonical { negative: false, digits: Cow::Borrowed(""), exponent: 0 };
}

/// Digits of a whole number that is its own canonical text.
const PLAIN_DIGITS: usize = 38;

/// A text that is not a decimal number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a decimal number")]
pub struct NotANumber(pub String);

impl Number {
    /// Reads a decimal number with optional sign, fraction and exponent.
    ///
    /// # Errors
    /// [`NotANumber`] with the text when it is anything else (`NaN`, hexadecimal, white space).
    pub fn parse(text: &str) -> Result<Self, NotANumber> {
        match canonical(text) {
            Some(_) => Ok(Self { text: text.to_owned() }),
            None => Err(NotANumber(text.to_owned())),
        }
    }

    /// The number as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value as a whole number that fits 64 bits, if it is one.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        let c = self.canonical();
        if c.digits.is_empty() {
            return Some(0);
        }
        let count = i64::try_from(c.digits.len()).ok()?;
        if c.exponent < count || c.exponent > 19 {
            return None;
        }
        let mut text = String::from(if c.negative { "-" } else { "" });
        text.push_str(&c.digits);
        (0..c.exponent - count).for_each(|_| text.push('0'));
        text.parse().ok()
    }

    /// The value as a whole number that is not negative, if it is one.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_i64().and_then(|n| u64::try_from(n).ok())
    }

    /// The spelling that all equal numbers share; valid as a JSON number.
    #[must_use]
    pub fn canonical_text(&self) -> Cow<'_, str> {
        if self.is_plain() {
            return Cow::Borrowed(&self.text);
        }
        Cow::Owned(self.spelled())
    }

    /// True where the text is that of a whole number without anything to leave out.
    fn is_plain(&self) -> bool {
        let digits = self.text.strip_prefix('-').unwrap_or(&self.text);
        self.text == "0"
            || (digits.len() <= PLAIN_DIGITS && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()))
    }

    fn spelled(&self) -> String {
        let c = self.canonical();
        if c.digits.is_empty() {
            return "0".to_owned();
        }
        let sign = if c.negative { "-" } else { "" };
        let count = c.digits.len() as i64;
        if c.exponent > 40 || c.exponent < -20 {
            let (head, tail) = c.digits.split_at(1);
            let dot = if tail.is_empty() { "" } else { "." };
            return format!("{sign}{head}{dot}{tail}e{}", c.exponent - 1);
        }
        if c.exponent <= 0 {
            return format!("{sign}0.{}{}", "0".repeat(usize::try_from(-c.exponent).unwrap_or(0)), c.digits);
        }
        if c.exponent >= count {
            return format!("{sign}{}{}", c.digits, "0".repeat(usize::try_from(c.exponent - count).unwrap_or(0)));
        }
        let (whole, fraction) = c.digits.split_at(usize::try_from(c.exponent).unwrap_or(0));
        format!("{sign}{whole}.{fraction}")
    }

    /// Whether the application's own code can hold the number: whole numbers up to 2^53 - 1, and fractions
    /// that come back unchanged from a 64-bit float.
    #[must_use]
    pub fn fits_javascript(&self) -> bool {
        let c = self.canonical();
        if c.exponent >= c.digits.len() as i64 {
            return self.as_i64().is_some_and(|n| n.unsigned_abs() <= MAX_SAFE_INTEGER);
        }
        let Ok(float) = self.text.parse::<f64>() else { return false };
        float.is_finite() && canonical(&format!("{float:e}")).is_some_and(|back| back == c)
    }

    /// Number of significant digits, at least 1.
    #[must_use]
    pub fn significant_digits(&self) -> usize {
        self.canonical().digits.len().max(1)
    }

    /// The decimal exponent of the first significant digit (`1e3` has 3); `None` for zero.
    #[must_use]
    pub fn exponent(&self) -> Option<i64> {
        let c = self.canonical();
        (!c.digits.is_empty()).then(|| c.exponent - 1)
    }

    /// The text that JavaScript prints for the number, after holding it as a 64-bit float; `null` for what is out of its range.
    ///
    /// Source: `Number::toString` of ECMA-262.
    #[must_use]
    pub fn javascript_text(&self) -> String {
        let float = self.text.parse::<f64>().unwrap_or(f64::NAN);
        if !float.is_finite() {
            return "null".to_owned();
        }
        // Rust's shortest digits that read back the same are JavaScript's; only where the point stands differs.
        let shortest = format!("{float:e}");
        let c = canonical(&shortest).unwrap_or(Canonical::ZERO);
        if c.digits.is_empty() {
            return "0".to_owned();
        }
        let sign = if c.negative { "-" } else { "" };
        let count = c.digits.len() as i64;
        let zeros = |n: i64| "0".repeat(usize::try_from(n).unwrap_or(0));
        match c.exponent {
            e if (count..=21).contains(&e) => format!("{sign}{}{}", c.digits, zeros(e - count)),
            e if (1..=21).contains(&e) => {
                let (whole, fraction) = c.digits.split_at(usize::try_from(e).unwrap_or(0));
                format!("{sign}{whole}.{fraction}")
            }
            e if (-5..=0).contains(&e) => format!("{sign}0.{}{}", zeros(-e), c.digits),
            e => {
                let (head, tail) = c.digits.split_at(1);
                let dot = if tail.is_empty() { "" } else { "." };
                format!("{sign}{head}{dot}{tail}e{:+}", e - 1)
            }
        }
    }

    fn canonical(&self) -> Canonical<'_> {
        canonical(&self.text).unwrap_or(Canonical::ZERO)
    }
}

fn canonical(text: &str) -> Option<Canonical<'_>> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let of_whole = whole.trim_start_matches('0');
    let of_fraction = fraction.trim_end_matches('0');
    let (digits, leading) = match (of_whole, of_fraction) {
        ("", "") => return Some(Canonical::ZERO),
        ("", fraction) => {
            let digits = fraction.trim_start_matches('0');
            (Cow::Borrowed(digits), whole.len() + fraction.len() - digits.len())
        }
        (digits, "") => (Cow::Borrowed(digits.trim_end_matches('0')), whole.len() - digits.len()),
        (digits, fraction) => (Cow::Owned(format!("{digits}{fraction}")), whole.len() - digits.len()),
    };
    let exponent = i64::from(exponent) + whole.len() as i64 - leading as i64;
    Some(Canonical { negative, digits, exponent })
}

impl From<u64> for Number {
    fn from(n: u64) -> Self {
        Self { text: n.to_string() }
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Self { text: n.to_string() }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text || self.canonical() == other.canonical()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical().hash(state);
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.canonical(), other.canonical());
        let sign = |c: &Canonical| {
            if c.digits.is_empty() {
                0
            } else if c.negative {
                -1
            } else {
                1
            }
        };
        sign(&a).cmp(&sign(&b)).then_with(|| {
            let magnitude = a.exponent.cmp(&b.exponent).then_with(|| a.digits.cmp(&b.digits));
            if a.negative { magnitude.reverse() } else { magnitude }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn spellings_of_one_value_are_equal() {
        for (a, b) in [("1", "1.0"), ("100", "1E2"), ("-0", "0"), ("0.10", "1e-1"), ("12300e-2", "123")] {
            assert_eq!(n(a), n(b), "{a} and {b}");
        }
        assert_ne!(n("1"), n("-1"));
        assert_ne!(n("12345678901234567890123456789012345678"), n("12345678901234567890123456789012345679"));
    }

    #[test]
    fn order_is_numeric() {
        let mut all = [n("10"), n("9"), n("-2"), n("0"), n("0.5"), n("-10"), n("1e3")];
        all.sort();
        let texts: Vec<&str> = all.iter().map(Number::as_str).collect();
        assert_eq!(texts, ["-10", "-2", "0", "0.5", "9", "10", "1e3"]);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", "NaN", "1,0", "0x1", " 1", "1e", ".", "1.2.3", "١"] {
            assert_eq!(Number::parse(text), Err(NotANumber(text.to_owned())));
        }
    }

    #[test]
    fn canonical_text_is_plain_where_short() {
        for (from, to) in [
            ("1.50", "1.5"),
            ("1E3", "1000"),
            ("0.0010", "0.001"),
            ("-5", "-5"),
            ("0e9", "0"),
            ("1e125", "1e125"),
            ("2.5e-40", "2.5e-40"),
            ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
            ("0100.0", "100"),
            ("+70", "70"),
            ("-0", "0"),
            ("00.0050", "0.005"),
            ("10.05", "10.05"),
        ] {
            assert_eq!(n(from).canonical_text(), to);
        }
    }

    proptest! {
        #[test]
        fn a_plain_number_is_spelled_as_it_is_written(text in "[+-]?[0-9]{1,45}(\\.0{1,3})?") {
            let number = n(&text);
            prop_assert_eq!(number.canonical_text(), number.spelled());
        }
    }

    #[test]
    fn javascript_holds_some_numbers_only() {
        for text in ["9007199254740991", "-9007199254740991", "0.1", "3.3000000000000003", "1e-7", "0"] {
            assert!(n(text).fits_javascript(), "{text}");
        }
        for text in ["9007199254740992", "12345678901234567890123456789012345678", "0.12345678901234567890", "1e30"] {
            assert!(!n(text).fits_javascript(), "{text}");
        }
    }

    #[test]
    fn numbers_are_printed_as_javascript_prints_them() {
        for (from, to) in [
            ("0.0000001", "1e-7"),
            ("0.00000123", "0.00000123"),
            ("0.000000123", "1.23e-7"),
            ("1E20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("123456789012345680000", "123456789012345680000"),
            ("1.50", "1.5"),
            ("-0.10", "-0.1"),
            ("-0", "0"),
            ("1764300000000000000", "1764300000000000000"),
            ("1764300000000000001", "1764300000000000000"),
            ("12345678901234567890123456789012345678", "1.2345678901234568e+37"),
            ("1e400", "null"),
        ] {
            assert_eq!(n(from).javascript_text(), to, "{from}");
        }
    }

    #[test]
    fn whole_numbers_come_out_whole() {
        assert_eq!(n("1e3").as_i64(), Some(1000));
        assert_eq!(n("-12.0").as_i64(), Some(-12));
        assert_eq!(n("0.5").as_i64(), None);
        assert_eq!(n("99999999999999999999").as_i64(), None);
        assert_eq!(n("-1").as_u64(), None);
    }
}
