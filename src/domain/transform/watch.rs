//! Paths of a plan and what they meet: those that begin at the row instead of below its attributes, and those that nothing has.

use std::sync::atomic::{AtomicBool, Ordering};

use super::places::get;
use super::{Literal, Op, Transform};
use crate::domain::path::{Path, Segment};
use crate::domain::row::field;
use crate::domain::value::{Map, Value};

/// The paths of a plan.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Those that begin with `attributes`, as the diff shows them, each with what is probably meant.
    whole: Vec<(Path, String)>,
    /// Those that operations read and that none of them writes, and whether any entity had them.
    read: Vec<(Path, AtomicBool)>,
    /// Whether there was any entity.
    has_looked: AtomicBool,
}

impl Watch {
    pub(super) fn new<'t>(transforms: impl Iterator<Item = &'t Transform> + Clone) -> Self {
        let paths = |of: fn(&Transform) -> Vec<&Path>| transforms.clone().flat_map(of).cloned().collect::<Vec<_>>();
        let (reads, writes) = (paths(reads), paths(writes));
        let begins_at_row =
            |path: &&Path| matches!(path.0.first(), Some(Segment::Name(name)) if name == field::ATTRIBUTES);
        let mut whole: Vec<(Path, String)> = Vec::new();
        for path in reads.iter().chain(&writes).filter(begins_at_row) {
            if !whole.iter().any(|(known, _)| known == path) {
                let literal = transforms.clone().find_map(|transform| literal_at(transform, path));
                whole.push((path.clone(), meant(path, literal)));
            }
        }
        // A filter may make anything.
        let is_traceable = !transforms.clone().any(|transform| matches!(transform.op, Op::Jq(_)));
        let mut read: Vec<(Path, AtomicBool)> = Vec::new();
        for path in reads.into_iter().filter(|path| is_traceable && !writes.contains(path)) {
            if !read.iter().any(|(known, _)| *known == path) {
                read.push((path, AtomicBool::new(false)));
            }
        }
        Self { whole, read, has_looked: AtomicBool::new(false) }
    }

    /// Takes an entity's attributes in; gives back why the plan cannot mean what it says of them.
    pub(super) fn look(&self, attributes: &Map) -> Result<(), String> {
        if let Some((path, meant)) = self.whole.first().filter(|_| !attributes.contains_key(field::ATTRIBUTES)) {
            return Err(format!("{path}: paths of a plan begin below attributes; {meant}"));
        }
        self.has_looked.store(true, Ordering::Relaxed);
        for (path, is_met) in &self.read {
            if !is_met.load(Ordering::Relaxed) && get(attributes, path).is_some() {
                is_met.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Paths that no entity had.
    pub(super) fn unmet(&self) -> Vec<Path> {
        let has_looked = self.has_looked.load(Ordering::Relaxed);
        let unmet = self.read.iter().filter(|(_, is_met)| has_looked && !is_met.load(Ordering::Relaxed));
        unmet.map(|(path, _)| path.clone()).collect()
    }
}

/// Says how a path is probably meant that begins at the row; `literal` is what an operation would put there.
fn meant(path: &Path, literal: Option<&Literal>) -> String {
    if path.0.len() > 1 {
        return format!("{} is probably meant", Path(path.0.iter().skip(1).cloned().collect()));
    }
    // All of them are named by their names, one by one.
    match literal.map(Literal::value) {
        Some(Value::M(map)) if !map.is_empty() => {
            let names: Vec<String> = map.keys().map(|name| Path::default().name(name).to_string()).collect();
            format!("{} {} probably meant", names.join(", "), if names.len() == 1 { "is" } else { "are" })
        }
        _ => "the path of one of them is probably meant".to_owned(),
    }
}

fn literal_at<'t>(transform: &'t Transform, at: &Path) -> Option<&'t Literal> {
    match &transform.op {
        Op::Default(pairs) | Op::Set(pairs) => pairs.iter().find(|(path, _)| path == at).map(|(_, literal)| literal),
        _ => None,
    }
}

fn reads(transform: &Transform) -> Vec<&Path> {
    let mut paths: Vec<&Path> = transform.when.iter().map(|when| &when.path).collect();
    match &transform.op {
        Op::Rename(pairs) => paths.extend(pairs.iter().map(|(from, _)| from)),
        Op::Remove(list) | Op::Letters(_, list) => paths.extend(list),
        Op::Copy { from: path, .. } | Op::Split { path, .. } | Op::Map { path, .. } | Op::Convert { path, .. } => {
            paths.push(path);
        }
        Op::Join { paths: list, .. } => paths.extend(list),
        Op::Default(_) | Op::Now(_) | Op::Set(_) | Op::Jq(_) => {}
    }
    paths
}

fn writes(transform: &Transform) -> Vec<&Path> {
    match &transform.op {
        Op::Rename(pairs) => pairs.iter().map(|(_, to)| to).collect(),
        Op::Default(pairs) | Op::Set(pairs) => pairs.iter().map(|(path, _)| path).collect(),
        Op::Now(paths) => paths.iter().collect(),
        Op::Copy { to: path, .. } | Op::Join { into: path, .. } => vec![path],
        Op::Split { into, .. } => into.iter().collect(),
        Op::Remove(_) | Op::Letters(..) | Op::Map { .. } | Op::Convert { .. } | Op::Jq(_) => Vec::new(),
    }
}
