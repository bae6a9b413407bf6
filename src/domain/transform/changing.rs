//! A plan's changes, ready to be carried out entity by entity.

use std::fmt::Debug;
use std::sync::Arc;

use super::schema::Brought;
use super::watch::Watch;
use super::{BadFilter, Literal, Op, Schema, Step, Transform, Transforms};
use crate::domain::path::Path;
use crate::domain::plan::Change;
use crate::domain::run::Reason;
use crate::domain::value::{Map, Value};

/// Changes attributes somewhere: filters may need more time, memory or stack than whoever asks can spare.
pub trait Evaluate: Debug + Send + Sync {
    /// Changes the attributes of one entity.
    fn apply(&self, attributes: &Map) -> Brought;

    /// Works attributes out that will be asked for next, all at once.
    fn prepare(&self, attributes: &[Map]) {
        let _ = attributes;
    }

    /// Whether it failed at so many entities in a row that no other would fare better.
    fn is_hopeless(&self) -> bool {
        false
    }
}

/// A plan's changes of attributes, with the run's clock.
#[derive(Debug, Clone)]
pub struct Changing {
    how: Arc<dyn Evaluate>,
    is_empty: bool,
    is_elsewhere: bool,
    watch: Arc<Watch>,
}

impl Changing {
    /// A plan's changes; `now` is the run's time. Those with filters are carried out by what `elsewhere` gives, others here.
    ///
    /// # Errors
    /// [`BadFilter`] for a jq filter that cannot be read.
    pub fn new(
        change: &Change,
        now: &str,
        elsewhere: impl FnOnce() -> Result<Arc<dyn Evaluate>, BadFilter>,
    ) -> Result<Self, BadFilter> {
        let is_elsewhere = change.has_filters();
        let how = if is_elsewhere { elsewhere()? } else { Arc::new(Rules::new(change, now)?) };
        let watch = Arc::new(Watch::new(change.all_transforms()));
        let is_empty = change.transforms.is_empty() && change.schema.is_none();
        Ok(Self { how, is_empty, is_elsewhere, watch })
    }

    /// Whether nothing would ever change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Evaluator of changes that should be prepared together; `None` where that gains nothing.
    #[must_use]
    pub fn elsewhere(&self) -> Option<Arc<dyn Evaluate>> {
        self.is_elsewhere.then(|| Arc::clone(&self.how))
    }

    /// Whether filters did not come to an end for many entities in a row: no further entity can be changed.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.how.is_hopeless()
    }

    /// Changes attributes; what comes out says nothing of whether they differ from what went in.
    #[must_use]
    pub fn apply(&self, attributes: &Map) -> Brought {
        match self.watch.look(attributes) {
            Ok(()) => self.how.apply(attributes),
            Err(why) => Brought::Refused(Reason::Transform, why),
        }
    }

    /// Paths that operations read and that no entity had so far.
    #[must_use]
    pub fn unmet(&self) -> Vec<Path> {
        self.watch.unmet()
    }
}

/// A plan's changes, carried out where they are asked for: filters included, whatever they do.
#[derive(Debug)]
pub struct Rules {
    transforms: Transforms,
    schema: Option<Schema>,
    chain: Vec<Step>,
    now: String,
    /// The plan itself writes values that JSON cannot hold.
    allows_exact: bool,
}

impl Rules {
    /// Compiles a plan's changes; `now` is the run's time.
    ///
    /// # Errors
    /// [`BadFilter`] for a jq filter that cannot be read.
    pub fn new(change: &Change, now: &str) -> Result<Self, BadFilter> {
        let step = |step: &crate::domain::plan::ChainStep| {
            Ok(Step { from: step.from, to: step.to, transforms: Transforms::new(&step.transforms)? })
        };
        Ok(Self {
            transforms: Transforms::new(&change.transforms)?,
            schema: change.schema.clone(),
            chain: change.chain.iter().map(step).collect::<Result<_, _>>()?,
            now: now.to_owned(),
            allows_exact: change.all_transforms().any(holds_exact),
        })
    }
}

impl Evaluate for Rules {
    fn apply(&self, attributes: &Map) -> Brought {
        let result = match &self.schema {
            Some(schema) => schema.bring(&self.chain, &self.transforms, attributes, &self.now),
            None => self.transforms.apply(attributes, &self.now).map(Brought::Changed),
        };
        let brought = result.unwrap_or_else(|unfit| Brought::Refused(Reason::Transform, unfit.what));
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

/// Kind of value that JSON lacks and that was not there before.
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
