//! Places inside a row: `attributes.dims.l`, `attributes.tags[2]`, `attributes["a.b"]`.

use std::fmt;

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
        assert!(attributes.name("a").is_within(&attributes));
        assert!(!attributes.is_within(&attributes.name("a")));
    }
}
