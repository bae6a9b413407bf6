//! Credentials kept out of everything that is shown, logged or recorded.
//!
//! Services echo what they were sent, session tokens included, and people write passwords into URLs. What this process knows to be a
//! secret is taken out wherever it stands; what merely looks like one is taken out by its place.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

/// Shown in place of a secret.
pub const REDACTED: &str = "[redacted]";
/// Shorter texts are words, and words stand in messages for themselves.
const SHORTEST: usize = 16;

/// A code from a device that proves who signs in, good for one sign-in. It is shown nowhere, also not in what is traced.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode(String);

impl OneTimeCode {
    /// For the one call that it is made for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(REDACTED)
    }
}

impl std::str::FromStr for OneTimeCode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let is_code = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| Self(text.to_owned())).ok_or("a one-time code has six digits")
    }
}

/// A device whose one-time code an AWS profile wants (`mfa_serial`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Name of the AWS profile.
    pub profile: String,
    /// Serial number: an ARN, or what is printed on the device.
    pub serial: String,
}

static KNOWN: RwLock<BTreeSet<String>> = RwLock::new(BTreeSet::new());

/// From now on this text, also as URLs and JSON spell it, is shown nowhere.
pub fn remember(secret: &str) {
    if secret.len() < SHORTEST {
        return;
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for spelling in [secret.to_owned(), in_url(secret), secret.replace('/', "\\/")] {
        known.insert(spelling);
    }
}

/// The text as query strings spell it.
fn in_url(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The text without secrets.
#[must_use]
pub fn redacted(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    for secret in KNOWN.read().unwrap_or_else(PoisonError::into_inner).iter() {
        if out.contains(secret.as_str()) {
            out = Cow::Owned(out.replace(secret.as_str(), REDACTED));
        }
    }
    let without = without_userinfo(&out);
    let without = by_name(&without);
    if *without == *out { out } else { Cow::Owned(without.into_owned()) }
}

/// The text with `user:password@` taken out of the URLs in it.
#[must_use]
pub fn without_userinfo(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let is_http = ["http://", "https://"].iter().any(|scheme| before.to_ascii_lowercase().ends_with(scheme));
        let end = after.find(|c: char| c == '/' || c == '?' || c == '#' || c == '"' || c.is_whitespace());
        let authority = &after[..end.unwrap_or(after.len())];
        rest = match authority.rfind('@') {
            Some(at) if is_http => &after[at + 1..],
            _ => after,
        };
    }
    if out.len() + rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Names that a secret follows, in headers, query strings, environments and JSON.
const NAMES: [&str; 7] = [
    "x-amz-security-token",
    "session_token",
    "sessiontoken",
    "secret_access_key",
    "secretaccesskey",
    "authorization:",
    "accesstoken",
];

fn by_name(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    if !NAMES.iter().any(|name| lower.contains(name)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some((start, name)) = NAMES.iter().filter_map(|name| Some((at + lower[at..].find(name)?, *name))).min() {
        let behind = start + name.len();
        out.push_str(&text[at..behind]);
        // `name=`, `name: `, `"name":"`; without any of these it is only mentioned.
        let rest = &text[behind..];
        let between = rest.len() - rest.trim_start_matches([' ', ':', '=', '"', '\'', '\\']).len();
        let is_value = rest[..between].contains([':', '=']) || name.ends_with(':');
        // An authorization says its kind first; all of its line is secret.
        let ends = |c: char| match name.ends_with(':') {
            true => c == '\n' || c == '\r',
            false => c.is_whitespace() || matches!(c, '&' | '"' | '\'' | ',' | ';' | '}' | '\\'),
        };
        let value = &rest[between..];
        let length = value.find(ends).unwrap_or(value.len());
        if is_value && length > 0 {
            out.push_str(&rest[..between]);
            out.push_str(REDACTED);
            at = behind + between + length;
        } else {
            at = behind;
        }
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_taken_out_however_it_is_spelled() {
        remember("CANARY/token+of/a=session");
        for text in ["CANARY/token+of/a=session", "CANARY%2Ftoken%2Bof%2Fa%3Dsession", "CANARY\\/token+of\\/a=session"]
        {
            assert_eq!(redacted(&format!("a {text} b")), format!("a {REDACTED} b"));
        }
        remember("short");
        assert_eq!(redacted("a short word"), "a short word");
    }

    #[test]
    fn canonical_requests_lose_their_tokens() {
        let echo = "The Canonical String should have been 'POST\n/\n\nhost:x\nx-amz-date:2026\nx-amz-security-token:FwoGZ/a+b==\n\nhost;x-amz-security-token\nabc'";
        let out = redacted(echo);
        assert!(!out.contains("FwoGZ") && out.contains("x-amz-security-token:[redacted]\n"), "{out}");
        assert!(out.contains("host;x-amz-security-token\nabc"), "{out}");
        for (text, safe) in [
            (
                "https://x/?X-Amz-Security-Token=Fwo%2F&X-Amz-Date=1",
                "https://x/?X-Amz-Security-Token=[redacted]&X-Amz-Date=1",
            ),
            ("AWS_SESSION_TOKEN=abc next", "AWS_SESSION_TOKEN=[redacted] next"),
            (r#"{"SecretAccessKey":"abc","b":1}"#, r#"{"SecretAccessKey":"[redacted]","b":1}"#),
            ("Authorization: Basic dXNlcg== more\nhost: x", "Authorization: [redacted]\nhost: x"),
        ] {
            assert_eq!(redacted(text), safe);
        }
    }

    #[test]
    fn urls_lose_their_users() {
        for (text, safe) in [
            ("http://user:hunter2@proxy:8000/x", "http://proxy:8000/x"),
            ("at https://user:p@ss@host?x, and http://b/", "at https://host?x, and http://b/"),
            ("https://token@host", "https://host"),
        ] {
            assert_eq!(redacted(text), safe);
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in [
            "",
            "GetItem on dev-shop-data: not there",
            "s3://bucket/ddb/user:a@b/1.json",
            "http://host/a:b@c",
            "the secret_access_key is missing",
            "数量 x-amz-security-token ü",
        ] {
            assert!(matches!(redacted(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
