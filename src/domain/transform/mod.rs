//! Changing an entity's attributes: pure operations, one after another, with the run's clock.
//!
//! Values that an operation does not touch keep their exact type and digits. An operation that does not fit an entity fails for that
//! entity alone.

mod apply;
mod changing;
mod jq;
mod literal;
mod places;
mod schema;
#[cfg(test)]
mod tests;
mod texts;
mod watch;

use serde::{Deserialize, Serialize};

use super::path::Path;
use super::value::Map;

pub use changing::{Changing, Evaluate, Rules};
pub use jq::{BadFilter, Filter};
pub use literal::{BadLiteral, Literal, typed};
pub use places::get as at_place;
pub use schema::{Brought, Schema, Step};

/// Why a change does not fit an entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Unfit {
    /// In words, with the place.
    pub what: String,
}

impl Unfit {
    fn at(path: &Path, what: impl std::fmt::Display) -> Self {
        Self { what: format!("{path} {what}") }
    }
}

/// Treatment of a value that a table or a type does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Otherwise {
    /// It stays.
    Keep,
    /// The entity is invalid.
    Invalid,
    /// It goes.
    Remove,
}

/// A type that a value is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum To {
    /// Number.
    Number,
    /// String.
    String,
    /// Boolean.
    Bool,
}

/// Change of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Letters {
    /// `Ä` to `ä`.
    Lower,
    /// `ä` to `Ä`.
    Upper,
    /// White space at both ends goes.
    Trim,
}

/// One operation. Places are relative to the attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Moves values; nothing where the old place is empty.
    Rename(Vec<(Path, Path)>),
    /// Sets what is missing or NULL.
    Default(Vec<(Path, Literal)>),
    /// The run's time where there is none, or NULL.
    Now(Vec<Path>),
    /// Takes values away.
    Remove(Vec<Path>),
    /// Sets values, whatever was there.
    Set(Vec<(Path, Literal)>),
    /// Copies a value; nothing where there is none.
    Copy {
        /// From here.
        from: Path,
        /// To there.
        to: Path,
    },
    /// Changes the letters of strings, of lists of them and of string sets.
    Letters(Letters, Vec<Path>),
    /// Cuts a string into parts; the last takes the rest, and the source stays. A missing one gives empty parts.
    Split {
        /// The string.
        path: Path,
        /// Where the parts go.
        into: Vec<Path>,
        /// Separator of the parts.
        at: String,
    },
    /// Puts strings and numbers together.
    Join {
        /// The parts; all of them must be there.
        paths: Vec<Path>,
        /// Where the whole goes.
        into: Path,
        /// Separator to put between them.
        with: String,
    },
    /// Looks a string, a number or a boolean up.
    Map {
        /// Where it is.
        path: Path,
        /// New values of the known ones, by their text.
        table: Vec<(String, Literal)>,
        /// Treatment of other values.
        otherwise: Otherwise,
    },
    /// Changes a value's type.
    Convert {
        /// Where it is.
        path: Path,
        /// The type.
        to: To,
        /// Treatment of a value that cannot be read as that type.
        otherwise: Otherwise,
    },
    /// A jq filter over all attributes: exactly one object comes out.
    Jq(String),
}

/// When an operation applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// The place that is looked at.
    pub path: Path,
    /// Condition that it is compared with.
    pub is: Condition,
}

/// Condition that a place is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// The same value of the same type.
    Equals(Literal),
    /// Another one, or none.
    NotEquals(Literal),
    /// Whether there is any.
    Present(bool),
}

/// An operation and its guard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transform {
    /// When it applies; always without one.
    pub when: Option<When>,
    /// Operation on the attributes.
    pub op: Op,
}

/// Operations ready to be carried out: filters are compiled.
#[derive(Debug, Default)]
pub struct Transforms {
    steps: Vec<(Transform, Option<Filter>)>,
}

impl Transforms {
    /// Compiles them.
    ///
    /// # Errors
    /// [`BadFilter`] for a jq filter that cannot be read.
    pub fn new(transforms: &[Transform]) -> Result<Self, BadFilter> {
        let ready = |transform: &Transform| match &transform.op {
            Op::Jq(text) => Ok((transform.clone(), Some(Filter::new(text)?))),
            _ => Ok((transform.clone(), None)),
        };
        Ok(Self { steps: transforms.iter().map(ready).collect::<Result<_, _>>()? })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Carries them out one after another; `now` is the run's time.
    ///
    /// # Errors
    /// [`Unfit`] of the first that does not fit.
    pub fn apply(&self, attributes: &Map, now: &str) -> Result<Map, Unfit> {
        let mut map = attributes.clone();
        for (transform, filter) in &self.steps {
            if transform.when.as_ref().is_some_and(|when| !apply::applies(when, &map)) {
                continue;
            }
            match filter {
                Some(filter) => map = filter.run(&map, now)?,
                None => apply::apply(&transform.op, &mut map, now)?,
            }
        }
        Ok(map)
    }
}
