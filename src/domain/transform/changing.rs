//! A plan's changes, ready to be carried out entity by entity.

use std::sync::atomic::{AtomicBool, Ordering};

use super::schema::Brought;
use super::{BadFilter, Literal, Op, Schema, Step, Transform, Transforms};
use crate::domain::plan::Change;
use crate::domain::run::Reason;
use crate::domain::value::{Map, Value};

/// What changes attributes, with the run's clock.
#[derive(Debug)]
pub struct Changing {
    transforms: Transforms,
    schema: Option<Schema>,
    chain: Vec<Step>,
    now: String,
    /// The plan itself writes values that JSON cannot hold.
    allows_exact: bool,
    stuck: AtomicBool,
}

impl Changing {
    /// Compiles a plan's changes; `now` is the run's time.
    ///
    /// # Errors
    /// [`BadFilter`] for a jq filter that cannot be read.
    pub fn new(change: &Change, now: &str) -> Result<Self, BadFilter> {
        let step = |step: &crate::domain::plan::ChainStep| {
            Ok(Step { from: step.from, to: step.to, transforms: Transforms::new(&step.transforms)? })
        };
        let all = change.transforms.iter().chain(change.chain.iter().flat_map(|step| &step.transforms));
        let allows_exact = all.clone().any(holds_exact);
        Ok(Self {
            transforms: Transforms::new(&change.transforms)?,
            schema: change.schema.clone(),
            chain: change.chain.iter().map(step).collect::<Result<_, _>>()?,
            now: now.to_owned(),
            allows_exact,
            stuck: AtomicBool::new(false),
        })
    }

    /// Whether nothing would ever change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.transforms.is_empty() && self.schema.is_none()
    }

    /// Whether a filter did not come to an end: no further entity can be changed.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Relaxed)
    }

    /// Changes attributes; what comes out says nothing of whether they differ from what went in.
    #[must_use]
    pub fn apply(&self, attributes: &Map) -> Brought {
        let result = match &self.schema {
            Some(schema) => schema.bring(&self.chain, &self.transforms, attributes, &self.now),
            None => self.transforms.apply(attributes, &self.now).map(Brought::Changed),
        };
        let brought = result.unwrap_or_else(|unfit| {
            self.stuck.fetch_or(unfit.is_stuck, Ordering::Relaxed);
            Brought::Refused(Reason::Transform, unfit.what)
        });
        match &brought {
            Brought::Changed(map) if !self.allows_exact => match introduced(attributes, map) {
                Some(what) => {
                    let message = format!(
                        "{what} would come into attributes that had none, and the application could not read it"
                    );
                    Brought::Refused(Reason::Transform, message)
                }
                None => brought,
            },
            _ => brought,
        }
    }
}

/// What JSON lacks and was not there before.
fn introduced(before: &Map, after: &Map) -> Option<&'static str> {
    let lacks = |map: &Map| map.values().find_map(Value::why_not_json);
    lacks(after).filter(|_| lacks(before).is_none())
}

fn holds_exact(transform: &Transform) -> bool {
    let is_exact = |literal: &Literal| literal.value().why_not_json().is_some();
    match &transform.op {
        Op::Default(pairs) | Op::Set(pairs) => pairs.iter().any(|(_, literal)| is_exact(literal)),
        Op::Map { table, .. } => table.iter().any(|(_, literal)| is_exact(literal)),
        _ => false,
    }
}
