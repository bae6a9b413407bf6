//! Places of a mask, and what becomes of what is found there.

use std::collections::BTreeSet;

use super::super::path::{Path, Segment};
use super::super::row::field;
use super::values::Root;

/// Names for the keys as a whole: masked in one place, they would be told by another.
const KEYS: [&str; 8] = ["keys", "tenant", field::TENANT_CODE, field::PK, field::SK, field::ID, field::CODE, "key"];
/// First name in the places of users.
const USERS: &str = "users";

/// Why a place cannot be masked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadPlace(String);

/// Treatment of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// It is taken away.
    Redact,
    /// A name stands for it, the same one for the same value.
    Pseudonym,
    /// It was looked at, and stays.
    Keep,
}

/// Treatment of texts that no rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rest {
    /// They stay, and are listed.
    #[default]
    List,
    /// Names stand for them.
    Pseudonym,
    /// They are taken away.
    Redact,
}

/// Where a place begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Keys,
    Users,
    Attributes,
    /// A field of the row, and an attribute of that name.
    Either,
}

/// A place, and everything in it. Lists are gone through: no position is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    text: String,
    beginning: Beginning,
    names: Vec<String>,
}

impl std::str::FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        let path: Path = text.parse().map_err(|bad: super::super::path::BadPath| BadPlace(bad.to_string()))?;
        let mut names = Vec::new();
        for segment in path.0 {
            match segment {
                Segment::Name(name) => names.push(name),
                Segment::Index(_) => {
                    let message = format!("{text:?} names a position: leave it out, every element of a list is masked");
                    return Err(BadPlace(message));
                }
            }
        }
        let beginning = match names.first().map(String::as_str) {
            Some(name) if names.len() == 1 && KEYS.contains(&name) => Beginning::Keys,
            Some(USERS) => Beginning::Users,
            Some(field::ATTRIBUTES) => Beginning::Attributes,
            _ => Beginning::Either,
        };
        match beginning {
            Beginning::Keys => names.clear(),
            Beginning::Users | Beginning::Attributes => drop(names.remove(0)),
            Beginning::Either => {}
        }
        Ok(Self { text: text.to_owned(), beginning, names })
    }
}

impl Place {
    fn is_in(&self, root: Root) -> bool {
        matches!(
            (self.beginning, root),
            (Beginning::Users, Root::Users)
                | (Beginning::Attributes, Root::Attributes)
                | (Beginning::Either, Root::Row | Root::Attributes)
        )
    }
}

/// The rules of a mask.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Treatments {
    rules: Vec<(Place, Treatment)>,
    /// Treatment of texts that none of them names.
    pub(super) rest: Rest,
}

impl Treatments {
    /// No rules, and what becomes of texts then.
    #[must_use]
    pub fn new(rest: Rest) -> Self {
        Self { rules: Vec::new(), rest }
    }

    /// Adds a rule.
    ///
    /// # Errors
    /// [`BadPlace`] for a place that has a rule already, and for keys that are to be taken away.
    pub fn add(&mut self, place: Place, treatment: Treatment) -> Result<(), BadPlace> {
        let is_same =
            |(other, _): &&(Place, Treatment)| (other.beginning, &other.names) == (place.beginning, &place.names);
        if let Some((other, _)) = self.rules.iter().find(is_same) {
            return Err(BadPlace(match other.text == place.text {
                true => format!("{:?} is named twice", place.text),
                false => format!("{:?} and {:?} are the same: keys are masked as a whole", other.text, place.text),
            }));
        }
        if place.beginning == Beginning::Keys && treatment == Treatment::Redact {
            let message =
                format!("{:?} cannot be redacted: all rows would have one key; name it under pseudonym", place.text);
            return Err(BadPlace(message));
        }
        self.rules.push((place, treatment));
        Ok(())
    }

    fn keys(&self) -> Option<(usize, Treatment)> {
        let mut rules = self.rules.iter().enumerate();
        rules.find(|(_, (place, _))| place.beginning == Beginning::Keys).map(|(at, (_, treatment))| (at, *treatment))
    }

    /// Whether keys get other names.
    pub(super) fn masks_keys(&self) -> bool {
        self.keys().map_or(self.rest != Rest::List, |(_, treatment)| treatment == Treatment::Pseudonym)
    }

    /// Whether a rule names the keys.
    pub(super) fn knows_keys(&self) -> bool {
        self.keys().is_some()
    }

    pub(super) fn keys_rule(&self) -> Option<usize> {
        self.keys().map(|(at, _)| at)
    }

    /// The rule of exactly a place.
    pub(super) fn at(&self, root: Root, path: &[String]) -> Option<(usize, Treatment)> {
        let mut rules = self.rules.iter().enumerate();
        // A place that begins with `attributes` says more than a name alone.
        let found =
            rules.clone().find(|(_, (p, _))| p.beginning == Beginning::Attributes && p.is_in(root) && p.names == path);
        let found = found.or_else(|| rules.find(|(_, (p, _))| p.is_in(root) && p.names == path));
        found.map(|(at, (_, treatment))| (at, *treatment))
    }

    /// Whether a rule names something inside a place.
    pub(super) fn has_deeper(&self, root: Root, path: &[String]) -> bool {
        self.rules.iter().any(|(p, _)| p.is_in(root) && p.names.len() > path.len() && p.names.starts_with(path))
    }

    pub(super) fn attributes_rule(&self) -> Option<usize> {
        self.at(Root::Attributes, &[]).map(|(at, _)| at)
    }

    /// Whether all attributes are taken away.
    pub(super) fn empties_attributes(&self) -> bool {
        let is_redacted = self.at(Root::Attributes, &[]).is_some_and(|(_, t)| t == Treatment::Redact);
        is_redacted && !self.has_deeper(Root::Attributes, &[])
    }

    /// Whether a rule names a field of rows.
    pub(super) fn names_row(&self, name: &str) -> bool {
        self.at(Root::Row, &[name.to_owned()]).is_some()
    }

    /// The places of rules that take something away or give it a name, and that nothing had.
    pub(super) fn unmet(&self, met: &BTreeSet<usize>) -> Vec<String> {
        let rules = self.rules.iter().enumerate();
        let unmet = rules.filter(|(at, (_, treatment))| *treatment != Treatment::Keep && !met.contains(at));
        unmet.map(|(_, (place, _))| place.text.clone()).collect()
    }
}
