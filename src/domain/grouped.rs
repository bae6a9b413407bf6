//! Numbers as people read them.

/// A count with a comma between its groups of three digits.
#[must_use]
pub fn grouped(count: u64) -> String {
    grouped_digits(&count.to_string())
}

/// As [`grouped`], of digits that may be more than a number holds. Other text is not expected.
#[must_use]
pub fn grouped_digits(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_stands_between_thousands_and_nowhere_else() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(grouped_digits("123456789012345678901234"), "123,456,789,012,345,678,901,234");
    }
}
