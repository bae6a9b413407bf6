//! Places inside a row: `attributes.dims.l`, `attributes.tags[2]`, `attributes["a.b"]`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One step into a map or a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A name in a map.
    Name(String),
    /// A position in a list, from 0.
    Index(usize),
}

/// A place inside a row; the empty path is the row itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// The path one name further in.
    #[must_use]
    pub fn name(&self, name: impl Into<String>) -> Self {
        self.with(Segment::Name(name.into()))
    }

    /// The path one list position further in.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// Whether this place is `other` or inside it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The first name, which is the row's field.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self.0.first() {
            Some(Segment::Name(name)) => Some(name),
            _ => None,
        }
    }
}

/// A text that names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no place: {why} (dims.l, tags[2], [\"a.b\"])")]
pub struct BadPath {
    text: String,
    why: &'static str,
}

impl FromStr for Path {
    type Err = BadPath;

    /// Reads what [`Path`]'s `Display` writes.
    fn from_str(text: &str) -> Result<Self, BadPath> {
        let bad = |why| BadPath { text: text.to_owned(), why };
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                if inner.starts_with('"') {
                    let mut names = serde_json::Deserializer::from_str(inner).into_iter::<String>();
                    let name = names.next().and_then(Result::ok).ok_or_else(|| bad("a quoted name does not end"))?;
                    let after = inner.get(names.byte_offset()..).unwrap_or_default();
                    rest = after.strip_prefix(']').ok_or_else(|| bad("a bracket is not closed"))?;
                    segments.push(Segment::Name(name));
                } else {
                    let (index, after) = inner.split_once(']').ok_or_else(|| bad("a bracket is not closed"))?;
                    segments.push(Segment::Index(index.parse().map_err(|_| bad("an index is no number"))?));
                    rest = after;
                }
            } else {
                let name = match (segments.is_empty(), rest.strip_prefix('.')) {
                    (false, Some(name)) => name,
                    (true, None) => rest,
                    _ => return Err(bad("a name is missing or has no dot before it")),
                };
                let end = name.find(['.', '[']).unwrap_or(name.len());
                if end == 0 {
                    return Err(bad("a name is missing"));
                }
                segments.push(Segment::Name(name[..end].to_owned()));
                rest = &name[end..];
            }
        }
        match segments.first() {
            Some(Segment::Name(_)) => Ok(Self(segments)),
            Some(Segment::Index(_)) => Err(bad("it begins with an index")),
            None => Err(bad("it is empty")),
        }
    }
}

impl Serialize for Path {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether a name can stand after a dot without quotes.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'))
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Name(name) if is_plain(name) => {
                    if i > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(name)?;
                }
                Segment::Name(name) => write!(f, "[{}]", serde_json::to_string(name).map_err(|_| fmt::Error)?)?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_be_ambiguous_are_quoted() {
        let attributes = Path::default().name("attributes");
        assert_eq!(attributes.name("dims").name("l").to_string(), "attributes.dims.l");
        assert_eq!(attributes.name("tags").index(2).to_string(), "attributes.tags[2]");
        assert_eq!(attributes.name("a.b").to_string(), "attributes[\"a.b\"]");
        assert_eq!(attributes.name("").name("x\"]").to_string(), "attributes[\"\"][\"x\\\"]\"]");
        assert_eq!(attributes.name("寸法").to_string(), "attributes.寸法");
        for text in
            ["attributes.dims.l", "attributes.tags[2]", "attributes[\"a.b\"]", "[\"\"].x", "a[\"x\\\"]\"][0].寸法"]
        {
            assert_eq!(text.parse::<Path>().unwrap().to_string(), text);
        }
        for bad in ["", "[1]", ".a", "a.", "a..b", "a[", "a[x]", "a[\"b]", "a[\"b\"", "a[1]b"] {
            assert!(bad.parse::<Path>().is_err(), "{bad}");
        }
        assert!(attributes.name("a").is_within(&attributes));
        assert!(!attributes.is_within(&attributes.name("a")));
    }
}
