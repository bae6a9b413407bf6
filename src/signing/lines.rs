//! The lines that are signed.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::Refusal;
use crate::domain::clock::{parse_time, utc_millis};
use crate::domain::printable::is_unsafe;

/// How long an agreement may last at most.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The last line's name.
const UNTIL: &str = "valid until";
/// Stands for what is not known, an account behind an endpoint of its own for instance.
const NOT_KNOWN: &str = "not known";

/// Subject of an agreement: a plan by its digest, and where it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The plan's name.
    pub plan: String,
    /// Its digest.
    pub digest: String,
    /// The profile.
    pub profile: String,
    /// Its environment.
    pub environment: String,
    /// Its app.
    pub app: String,
    /// The account, where it is known.
    pub account: Option<String>,
    /// The region, where it is known.
    pub region: Option<String>,
}

impl Subject {
    fn named(&self) -> [(&'static str, String); 7] {
        let or_not = |text: &Option<String>| text.as_deref().map_or_else(|| NOT_KNOWN.to_owned(), escaped);
        [
            ("plan", escaped(&self.plan)),
            ("digest", escaped(&self.digest)),
            ("profile", escaped(&self.profile)),
            ("environment", escaped(&self.environment)),
            ("app", escaped(&self.app)),
            ("account", or_not(&self.account)),
            ("region", or_not(&self.region)),
        ]
    }

    /// The lines, for an agreement that lasts until a time.
    #[must_use]
    pub fn lines(&self, until: Timestamp) -> String {
        let mut out = String::new();
        for (name, value) in self.named() {
            let _ = writeln!(out, "{name}: {value}");
        }
        let _ = writeln!(out, "{UNTIL}: {}", utc_millis(until));
        out
    }

    /// Checks that lines agree to this and to nothing else, now; gives back how long they do.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn check(&self, lines: &str, now: Timestamp) -> Result<Timestamp, Refusal> {
        let named = self.named();
        let mut found = lines.split_inclusive('\n').enumerate();
        let mut next = |name: &str| {
            let (n, line) = found.next().ok_or(Refusal::NoLines)?;
            let value = line.strip_suffix('\n').and_then(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value.ok_or(Refusal::Line(n + 1))
        };
        // All of them are read first: what is none of ours is said to be that, whatever it says.
        let mut values = Vec::with_capacity(named.len());
        for (name, _) in &named {
            values.push(next(name)?);
        }
        let said = next(UNTIL)?;
        let until =
            parse_time(said).filter(|until| utc_millis(*until) == said).ok_or(Refusal::Line(named.len() + 1))?;
        if let Some((n, _)) = found.next() {
            return Err(Refusal::Line(n + 1));
        }
        for ((line, wanted), signed) in named.into_iter().zip(values) {
            if wanted != signed {
                return Err(Refusal::Other { line, signed: signed.to_owned(), wanted });
            }
        }
        if until <= now {
            return Err(Refusal::Expired(said.to_owned()));
        }
        if until.duration_since(now) > LONGEST {
            return Err(Refusal::TooLong(said.to_owned()));
        }
        Ok(until)
    }
}

/// A value in one line, each value in a way of its own.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        let text = str::to_owned;
        Subject {
            plan: text("a\nplan: b \\ \u{202e}"),
            digest: text("d1"),
            profile: text("prod"),
            environment: text("prd"),
            app: text("shop"),
            account: Some(text("000000000000")),
            region: None,
        }
    }

    #[test]
    fn there_are_eight_lines_whatever_a_name_holds() {
        let (subject, now) = (subject(), Timestamp::UNIX_EPOCH);
        let lines = subject.lines(now + SignedDuration::from_hours(1));
        assert_eq!(lines.lines().count(), 8, "{lines}");
        assert!(lines.starts_with("plan: a\\u{a}plan: b \\\\ \\u{202e}\ndigest: d1\n"), "{lines}");
        assert!(lines.ends_with("region: not known\nvalid until: 1970-01-01T01:00:00.000Z\n"), "{lines}");
        assert!(subject.check(&lines, now).is_ok());
    }

    #[test]
    fn other_lines_agree_to_nothing() {
        let (subject, now) = (subject(), Timestamp::UNIX_EPOCH);
        let at = |hours| now + SignedDuration::from_hours(hours);
        let lines = subject.lines(at(1));
        let checked = |lines: &str| subject.check(lines, now).unwrap_err();
        assert_eq!(checked(""), Refusal::NoLines);
        assert_eq!(checked(lines.trim_end()), Refusal::Line(8));
        assert_eq!(checked(&format!("{lines}\n")), Refusal::Line(9));
        assert_eq!(checked(&lines.replace('\n', "\r\n")), Refusal::Line(8));
        assert_eq!(
            checked(&lines.replace("app: ", "app:  ")),
            Refusal::Other { line: "app", signed: " shop".to_owned(), wanted: "shop".to_owned() }
        );
        assert_eq!(checked(&lines.replace("profile", "Profile")), Refusal::Line(3));
        assert_eq!(checked(&lines.replace(".000Z", "Z")), Refusal::Line(8));
        assert!(matches!(checked(&lines.replace("d1", "d2")), Refusal::Other { line: "digest", .. }));
        assert!(matches!(checked(&subject.lines(now)), Refusal::Expired(_)));
        assert!(matches!(checked(&subject.lines(at(7 * 24 + 1))), Refusal::TooLong(_)));
    }
}
