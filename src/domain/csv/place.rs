use std::fmt;

use serde::{Deserialize, Serialize};

/// Prefix of an object's place.
const S3: &str = "s3://";

/// Where a CSV file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// A file of this machine.
    File(String),
    /// An object.
    S3 {
        /// Its bucket.
        bucket: String,
        /// Its key; empty or ending in `/` where the name is still to be given.
        key: String,
    },
}

/// A text that is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no file and no object: write a path, or s3://bucket/key")]
pub struct BadPlace(String);

impl Place {
    /// Reads a path, or `s3://bucket/key`.
    ///
    /// # Errors
    /// [`BadPlace`] where the text is empty or names no bucket.
    pub fn parse(text: &str) -> Result<Self, BadPlace> {
        let bad = || BadPlace(text.to_owned());
        match text.strip_prefix(S3) {
            Some(rest) => {
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return Err(bad());
                }
                Ok(Self::S3 { bucket: bucket.to_owned(), key: key.to_owned() })
            }
            None if text.is_empty() => Err(bad()),
            None => Ok(Self::File(text.to_owned())),
        }
    }

    /// Whether a name must still be given to it: the guide's is.
    #[must_use]
    pub fn wants_name(&self) -> bool {
        matches!(self, Self::S3 { key, .. } if key.is_empty() || key.ends_with('/'))
    }

    /// The place with `suffix` behind its name.
    #[must_use]
    pub fn with(&self, suffix: &str) -> Self {
        match self {
            Self::File(path) => Self::File(format!("{path}{suffix}")),
            Self::S3 { bucket, key } => Self::S3 { bucket: bucket.clone(), key: format!("{key}{suffix}") },
        }
    }

    /// Name of the file itself: the last part of its path or key.
    #[must_use]
    pub fn name(&self) -> &str {
        let (Self::File(path) | Self::S3 { key: path, .. }) = self;
        path.rsplit(['/', std::path::MAIN_SEPARATOR]).next().unwrap_or_default()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::S3 { bucket, key } => write!(f, "{S3}{bucket}/{key}"),
        }
    }
}
