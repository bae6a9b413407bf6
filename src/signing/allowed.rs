//! The file of those who may sign, as ssh-keygen(1) describes it under ALLOWED SIGNERS.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::key::PublicKey;
use super::pattern::is_listed;
use super::{NAMESPACE, Refusal};
use crate::domain::clock::utc_millis;

/// A line that cannot be read: then the whole file is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadSigners {
    /// Line number, from 1.
    pub line: usize,
    /// Why.
    pub why: String,
}

/// Those who may sign.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedSigners(Vec<Line>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    principals: String,
    key: PublicKey,
    options: Options,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Options {
    /// The key makes certificates, and signs nothing itself.
    is_authority: bool,
    namespaces: Option<String>,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

impl AllowedSigners {
    /// Reads the file; times without a `Z` are the zone's.
    ///
    /// # Errors
    /// [`BadSigners`].
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, BadSigners> {
        let mut lines = Vec::new();
        for (n, line) in text.lines().enumerate() {
            let line = line.trim_matches([' ', '\t', '\r']);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            lines.push(read(line, zone).map_err(|why| BadSigners { line: n + 1, why })?);
        }
        Ok(Self(lines))
    }

    /// Whose key it is, as the lines say that allow it to sign now.
    ///
    /// # Errors
    /// [`Refusal::Unknown`], [`Refusal::NotAllowed`].
    pub fn principals(&self, key: &PublicKey, now: Timestamp) -> Result<Vec<String>, Refusal> {
        let (mut found, mut refusal) = (Vec::new(), None);
        for line in self.0.iter().filter(|line| line.key == *key) {
            match line.options.refusal(now) {
                None if !found.contains(&line.principals) => found.push(line.principals.clone()),
                None => {}
                Some(why) => refusal = Some(format!("allowed_signers: the key of {} {why}", line.principals)),
            }
        }
        match (found.is_empty(), refusal) {
            (false, _) => Ok(found),
            (true, Some(why)) => Err(Refusal::NotAllowed(why)),
            (true, None) => Err(Refusal::Unknown(key.fingerprint())),
        }
    }
}

impl Options {
    fn refusal(&self, now: Timestamp) -> Option<String> {
        if self.is_authority {
            return Some("makes certificates (cert-authority), which are not supported".to_owned());
        }
        if let Some(list) = self.namespaces.as_ref().filter(|list| !is_listed(NAMESPACE, list)) {
            return Some(format!("may sign in the namespaces {list:?} only, not in {NAMESPACE:?}"));
        }
        if let Some(after) = self.after.filter(|after| now < *after) {
            return Some(format!("is valid from {} on", utc_millis(after)));
        }
        self.before.filter(|before| now > *before).map(|before| format!("was valid until {}", utc_millis(before)))
    }
}

fn read(line: &str, zone: &TimeZone) -> Result<Line, String> {
    let (principals, rest) = principals(line)?;
    if let Some(key) = PublicKey::from_text(rest) {
        return Ok(Line { principals, key, options: Options::default() });
    }
    let (options, rest) = options(rest, zone)?;
    let key = PublicKey::from_text(rest).ok_or("there is no key behind the principals and the options")?;
    Ok(Line { principals, key, options })
}

/// The first word, which may stand in quotes.
fn principals(line: &str) -> Result<(String, &str), String> {
    let (word, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or("a quote is not closed")?,
        None => line.split_once([' ', '\t']).ok_or("there is no key behind the principals")?,
    };
    if word.is_empty() || word.contains('"') || word.split(',').any(|name| name.trim_start_matches('!').is_empty()) {
        return Err(format!("{word:?} names no principals"));
    }
    Ok((word.to_owned(), rest.trim_start_matches([' ', '\t'])))
}

/// Options with commas between them, as far as the next blank outside quotes.
fn options<'a>(text: &'a str, zone: &TimeZone) -> Result<(Options, &'a str), String> {
    let mut options = Options::default();
    let mut rest = text;
    loop {
        let end = rest.find(['=', ',', ' ', '\t']).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        let mut value = None;
        if let Some(valued) = rest.strip_prefix('=') {
            let quoted = valued.strip_prefix('"').ok_or_else(|| format!("{name} wants its value in quotes"))?;
            let (inside, behind) = quoted.split_once('"').ok_or("a quote is not closed")?;
            (value, rest) = (Some(inside), behind);
        }
        set(&mut options, &name, value, zone)?;
        if let Some(next) = rest.strip_prefix(',') {
            rest = next;
            continue;
        }
        if !rest.starts_with([' ', '\t']) {
            return Err("there is no key behind the options".to_owned());
        }
        if options.after.zip(options.before).is_some_and(|(after, before)| before <= after) {
            return Err("valid-before is not later than valid-after".to_owned());
        }
        return Ok((options, rest.trim_start_matches([' ', '\t'])));
    }
}

fn set(options: &mut Options, name: &str, value: Option<&str>, zone: &TimeZone) -> Result<(), String> {
    let again = || Err(format!("{name} stands there twice"));
    match (name, value) {
        ("cert-authority", None) => options.is_authority = true,
        ("namespaces", Some(_)) if options.namespaces.is_some() => return again(),
        ("namespaces", Some(list)) => options.namespaces = Some(list.to_owned()),
        ("valid-after", Some(_)) if options.after.is_some() => return again(),
        ("valid-after", Some(text)) => options.after = Some(time(text, zone)?),
        ("valid-before", Some(_)) if options.before.is_some() => return again(),
        ("valid-before", Some(text)) => options.before = Some(time(text, zone)?),
        _ => return Err(format!("{name:?} is neither a key nor an option that is known")),
    }
    Ok(())
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, with a `Z` in UTC.
fn time(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let wrong = || format!("{text:?} is no time such as 20261231, 202612312359 or 20261231235959Z");
    let utc = text.strip_suffix(['Z', 'z']).or_else(|| text.strip_suffix("UTC"));
    let digits = utc.unwrap_or(text);
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let number = |from: usize, to: usize| digits.get(from..to).and_then(|d| d.parse::<i16>().ok()).unwrap_or(0);
    let small = |from: usize| i8::try_from(number(from, from + 2)).unwrap_or(-1);
    let at = DateTime::new(number(0, 4), small(4), small(6), small(8), small(10), small(12), 0).map_err(|_| wrong())?;
    let zone = if utc.is_some() { &TimeZone::UTC } else { zone };
    at.to_zoned(zone.clone()).map(|zoned| zoned.timestamp()).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUm";

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Tokyo").unwrap()
    }

    fn principals_at(text: &str, at: &str) -> Result<Vec<String>, Refusal> {
        let key = PublicKey::from_text(KEY).unwrap();
        AllowedSigners::parse(text, &zone()).unwrap().principals(&key, at.parse().unwrap())
    }

    fn why(text: &str) -> String {
        AllowedSigners::parse(text, &zone()).unwrap_err().to_string()
    }

    #[test]
    fn lines_are_read_as_ssh_reads_them() {
        let now = "2026-11-29T12:00:00Z";
        for line in [
            format!("alice {KEY}"),
            format!("# who\n\n  alice\t{KEY} a comment\r\n"),
            format!("\"alice\" {KEY}"),
            format!("alice namespaces=\"git,tenantry\" {KEY}"),
            format!("alice NAMESPACES=\"t*\",valid-after=\"20261129\" {KEY}"),
            format!("alice valid-after=\"202611292100\",valid-before=\"20261129210001\" {KEY}"),
            format!("alice valid-before=\"20261129120000Z\" {KEY}"),
            format!("alice namespaces=\"git\" {KEY}\nalice {KEY}"),
            format!("alice {KEY}\nalice {KEY}"),
        ] {
            assert_eq!(principals_at(&line, now), Ok(vec!["alice".to_owned()]), "{line}");
        }
        assert_eq!(principals_at(&format!("a,*@b {KEY}\nc {KEY}"), now).unwrap(), ["a,*@b", "c"]);
    }

    #[test]
    fn a_key_signs_only_where_and_when_its_line_says() {
        let now = "2026-11-29T12:00:00Z";
        for (line, said) in [
            (format!("alice namespaces=\"git\" {KEY}"), "namespaces"),
            (format!("alice namespaces=\"!tenantry,*\" {KEY}"), "namespaces"),
            (format!("alice valid-after=\"202611292101\" {KEY}"), "2026-11-29T12:01:00.000Z"),
            (format!("alice valid-before=\"202611291159Z\" {KEY}"), "2026-11-29T11:59:00.000Z"),
            (format!("alice cert-authority {KEY}"), "certificates"),
        ] {
            let refusal = principals_at(&line, now).unwrap_err();
            assert!(matches!(&refusal, Refusal::NotAllowed(why) if why.contains(said)), "{line}: {refusal}");
        }
        assert!(matches!(principals_at("", now), Err(Refusal::Unknown(_))));
    }

    #[test]
    fn one_broken_line_breaks_the_file() {
        for (line, said) in [
            ("alice".to_owned(), "no key"),
            (format!("\"alice {KEY}"), "not closed"),
            (format!("a,,b {KEY}"), "names no principals"),
            (format!("alice verify-required {KEY}"), "\"verify-required\" is neither"),
            (format!("alice namespaces=git {KEY}"), "in quotes"),
            (format!("alice namespaces=\"a\",namespaces=\"b\" {KEY}"), "twice"),
            (format!("alice valid-after=\"2026\" {KEY}"), "is no time"),
            (format!("alice valid-after=\"20261329\" {KEY}"), "is no time"),
            (format!("alice valid-after=\"20261129\",valid-before=\"20261128\" {KEY}"), "not later"),
            (format!("alice namespaces=\"a\"{KEY}"), "no key"),
            ("alice ssh-ed25519 AAAA".to_owned(), "\"ssh-ed25519\" is neither"),
            ("alice cert-authority ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==".to_owned(), "no key"),
        ] {
            let said_of = why(&format!("# first\n{line}"));
            assert!(said_of.starts_with("line 2: ") && said_of.contains(said), "{line}: {said_of}");
        }
    }
}
