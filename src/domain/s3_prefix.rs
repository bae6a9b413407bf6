//! A place in S3 below which objects are kept.

use std::fmt;
use std::str::FromStr;

const SCHEME: &str = "s3://";

/// A bucket, and what the keys in it begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Prefix {
    /// The bucket.
    pub bucket: String,
    /// Without a slash at its ends; empty for the whole bucket.
    pub prefix: String,
}

/// A text that is no such place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no place in S3: write s3://BUCKET or s3://BUCKET/PREFIX")]
pub struct NoPrefix(String);

impl S3Prefix {
    /// The key of an object below it.
    #[must_use]
    pub fn key(&self, below: &str) -> String {
        if self.prefix.is_empty() { below.to_owned() } else { format!("{}/{below}", self.prefix) }
    }

    /// The part of a key below it; `None` for a key elsewhere.
    #[must_use]
    pub fn below<'k>(&self, key: &'k str) -> Option<&'k str> {
        if self.prefix.is_empty() { Some(key) } else { key.strip_prefix(&self.prefix)?.strip_prefix('/') }
    }
}

impl FromStr for S3Prefix {
    type Err = NoPrefix;

    fn from_str(text: &str) -> Result<Self, NoPrefix> {
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| NoPrefix(text.to_owned()))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if bucket.is_empty() || !bucket.chars().all(is_name) {
            return Err(NoPrefix(text.to_owned()));
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }
}

impl fmt::Display for S3Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        write!(f, "{SCHEME}{}{slash}{}", self.bucket, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_names_a_bucket_and_what_keys_begin_with() {
        let parsed = |text: &str| text.parse::<S3Prefix>().map(|at| (at.to_string(), at.key("a/b")));
        let at = |text: &str, key: &str| Ok((text.to_owned(), key.to_owned()));
        assert_eq!(parsed("s3://ops/parts/"), at("s3://ops/parts", "parts/a/b"));
        assert_eq!(parsed("s3://ops"), at("s3://ops", "a/b"));
        for wrong in ["", "s3://", "s3:///x", "s3://a b", "ops/parts"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_elsewhere_is_not_below() {
        let at: S3Prefix = "s3://ops/parts".parse().unwrap();
        assert_eq!(["parts/x", "parts2/x", "x"].map(|key| at.below(key)), [Some("x"), None, None]);
    }
}
