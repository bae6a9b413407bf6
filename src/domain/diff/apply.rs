use std::collections::{BTreeMap, BTreeSet};

use super::{Change, ChangeKind};
use crate::domain::path::Segment;
use crate::domain::value::{Map, Value};

/// A change that does not fit the state it is applied to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the change at {0} does not fit")]
pub struct CannotApply(pub String);

/// Applies the changes of a diff to the state before it: `apply(before, diff_maps(before, after)) == after`.
///
/// # Errors
/// [`CannotApply`] with the place when a change does not fit the state.
pub fn apply(before: &Map, changes: &[Change]) -> Result<Map, CannotApply> {
    let refs: Vec<&Change> = changes.iter().collect();
    apply_map(before, &refs, 0)
}

fn misfit(change: &Change) -> CannotApply {
    CannotApply(change.path.to_string())
}

fn apply_map(before: &Map, changes: &[&Change], depth: usize) -> Result<Map, CannotApply> {
    let mut out = before.clone();
    let mut deeper: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        let Some(Segment::Name(name)) = change.path.0.get(depth) else { return Err(misfit(change)) };
        if change.path.0.len() > depth + 1 {
            deeper.entry(name).or_default().push(change);
            continue;
        }
        match &change.after {
            Some(after) => {
                out.insert(name.clone(), after.clone());
            }
            None => {
                out.shift_remove(name).ok_or_else(|| misfit(change))?;
            }
        }
    }
    for (name, inner) in deeper {
        let target = out.get(name).ok_or_else(|| misfit(inner[0]))?;
        let new = apply_value(target, &inner, depth + 1)?;
        out.insert(name.to_owned(), new);
    }
    Ok(out)
}

fn apply_value(before: &Value, changes: &[&Change], depth: usize) -> Result<Value, CannotApply> {
    match before {
        Value::M(map) => apply_map(map, changes, depth).map(Value::M),
        Value::L(list) => apply_list(list, changes, depth).map(Value::L),
        _ => Err(misfit(changes[0])),
    }
}

/// Added and moved elements take their positions in the new list; what remains of the old one fills the others in order.
fn apply_list(before: &[Value], changes: &[&Change], depth: usize) -> Result<Vec<Value>, CannotApply> {
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    let mut placed: BTreeMap<usize, Value> = BTreeMap::new();
    let mut deeper: BTreeMap<usize, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        let Some(Segment::Index(index)) = change.path.0.get(depth) else { return Err(misfit(change)) };
        if change.path.0.len() > depth + 1 {
            deeper.entry(*index).or_default().push(change);
            continue;
        }
        match (change.kind, &change.after) {
            (ChangeKind::Removed, _) => {
                gone.insert(*index);
            }
            (ChangeKind::Added, Some(after)) => {
                placed.insert(*index, after.clone());
            }
            (ChangeKind::Moved, Some(after)) => {
                gone.insert(change.from_index.ok_or_else(|| misfit(change))?);
                placed.insert(*index, after.clone());
            }
            _ => deeper.entry(*index).or_default().push(change),
        }
    }
    let mut rest = before.iter().enumerate().filter(|(i, _)| !gone.contains(i)).map(|(_, v)| v.clone());
    let length = before.len() + placed.len() - gone.len();
    let mut out = Vec::with_capacity(length);
    for position in 0..length {
        let value = placed.remove(&position).or_else(|| rest.next()).ok_or_else(|| misfit(changes[0]))?;
        out.push(value);
    }
    for (index, inner) in deeper {
        let slot = out.get_mut(index).ok_or_else(|| misfit(inner[0]))?;
        let whole = inner.iter().find(|c| c.path.0.len() == depth + 1);
        *slot = match whole.and_then(|c| c.after.clone()) {
            Some(after) => after,
            None => apply_value(slot, &inner, depth + 1)?,
        };
    }
    Ok(out)
}
