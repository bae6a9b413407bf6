//! Tenant that a row belongs to.

use serde::{Deserialize, Serialize};

use super::key::{KEY_SEPARATOR, PartitionKey};

/// The tenant of a partition key and how sure that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The tenant code as it is spelled in the key.
    pub code: String,
    /// Position of the tenant among the key's segments; 0 only where the key has a single segment.
    pub segment: usize,
    /// Whether the row's own `tenantCode` confirmed the position; otherwise it is the convention's second segment.
    pub confirmed: bool,
}

impl Tenant {
    /// Its code; `None` where the key names no tenant.
    #[must_use]
    pub fn named(&self) -> Option<&str> {
        Some(self.code.as_str()).filter(|code| self.segment > 0 && !code.is_empty())
    }
}

/// How the code of a target tenant may be spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Spelling {
    /// In lower case, as the framework reads codes since 1.1.
    #[default]
    Lower,
    /// As it stands in the plan.
    AsIs,
}

/// Why nothing may be written under a code; `None` where it may. `reads_lower` where the application reads codes in lower case only.
#[must_use]
pub fn refusal(code: &str, spelling: Spelling, reads_lower: bool) -> Option<String> {
    if code.trim() != code {
        return Some(format!("the target tenant {code:?} has blanks at its ends"));
    }
    if code.chars().any(char::is_control) {
        return Some(format!("the target tenant {code:?} holds control characters"));
    }
    let is_unread = reads_lower && spelling == Spelling::Lower && code.to_lowercase() != code;
    is_unread.then(|| {
        format!("the target tenant {code:?} is not in lower case: the application could not read what is written there")
    })
}

/// Warning about an odd code under which something is written.
#[must_use]
pub fn oddity(code: &str) -> Option<String> {
    if code.contains('/') {
        return Some(format!("the target tenant {code:?} holds a slash, at which keys of S3 objects are taken apart"));
    }
    let is_plain = code.chars().any(char::is_alphanumeric);
    (!is_plain && !code.is_empty()).then(|| format!("the target tenant {code:?} holds no letter and no digit"))
}

/// Finds the tenant segment of a partition key: the first segment after the type that equals the row's `tenantCode`
/// in any spelling, otherwise the second one.
#[must_use]
pub fn tenant_of(pk: &PartitionKey, tenant_code: Option<&str>) -> Tenant {
    let segments: Vec<&str> = pk.segments().collect();
    let witness = tenant_code.filter(|code| !code.is_empty()).map(str::to_lowercase);
    let confirmed =
        witness.and_then(|code| segments.iter().skip(1).position(|s| s.to_lowercase() == code).map(|i| i + 1));
    let segment = confirmed.unwrap_or(usize::from(segments.len() > 1));
    Tenant {
        code: segments.get(segment).copied().unwrap_or_default().to_owned(),
        segment,
        confirmed: confirmed.is_some(),
    }
}

/// The partition key with only its tenant segment replaced.
#[must_use]
pub fn with_tenant(pk: &PartitionKey, tenant: &Tenant, code: &str) -> PartitionKey {
    let segments: Vec<&str> =
        pk.segments().enumerate().map(|(i, s)| if i == tenant.segment { code } else { s }).collect();
    PartitionKey::new(segments.join(&KEY_SEPARATOR.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(pk: &str, code: Option<&str>) -> (String, usize, bool) {
        let t = tenant_of(&PartitionKey::from(pk), code);
        (t.code, t.segment, t.confirmed)
    }

    #[test]
    fn codes_that_the_application_cannot_read_are_refused() {
        for code in [" globex", "globex ", "glo\nbex", "g\u{7f}"] {
            assert!(refusal(code, Spelling::AsIs, false).is_some(), "{code:?}");
        }
        assert!(refusal("ACME", Spelling::Lower, true).is_some());
        for (code, spelling, reads_lower) in
            [("ACME", Spelling::AsIs, true), ("ACME", Spelling::Lower, false), ("acme-1", Spelling::Lower, true)]
        {
            assert_eq!(refusal(code, spelling, reads_lower), None);
        }
        assert!(oddity("a/b").is_some() && oddity("..").is_some() && oddity("acme").is_none());
    }

    #[test]
    fn the_rows_own_code_is_the_best_witness() {
        assert_eq!(tenant("PRODUCT#acme", Some("acme")), ("acme".into(), 1, true));
        assert_eq!(tenant("LOG#2024-05#acme", Some("ACME")), ("acme".into(), 2, true));
        assert_eq!(tenant("LOG#acme#2024-05", None), ("acme".into(), 1, false));
        assert_eq!(tenant("PRODUCT#acme", Some("other")), ("acme".into(), 1, false));
        assert_eq!(tenant("SINGLETON", Some("x")), ("SINGLETON".into(), 0, false));
        // The type never counts as the tenant, even where both are spelled alike.
        assert_eq!(tenant("acme#acme", Some("acme")), ("acme".into(), 1, true));
    }

    #[test]
    fn only_the_tenant_segment_is_rewritten() {
        let pk = PartitionKey::from("LOG#acme#2024-05#acme");
        let t = tenant_of(&pk, Some("acme"));
        assert_eq!(with_tenant(&pk, &t, "globex").as_str(), "LOG#globex#2024-05#acme");
    }
}
