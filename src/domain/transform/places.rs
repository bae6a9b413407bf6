//! Reading, setting and taking away what stands at a place.

use super::Unfit;
use crate::domain::path::{Path, Segment};
use crate::domain::value::{Map, Value};

/// Value at a place; `None` where nothing stands.
#[must_use]
pub fn get<'a>(map: &'a Map, path: &Path) -> Option<&'a Value> {
    let (first, rest) = path.0.split_first()?;
    let Segment::Name(name) = first else { return None };
    let mut at = map.get(name)?;
    for segment in rest {
        at = match (segment, at) {
            (Segment::Name(name), Value::M(map)) => map.get(name)?,
            (Segment::Index(index), Value::L(list)) => list.get(*index)?,
            _ => return None,
        };
    }
    Some(at)
}

/// Whether there is a value that is not NULL.
pub(super) fn is_set(map: &Map, path: &Path) -> bool {
    get(map, path).is_some_and(|value| *value != Value::Null)
}

/// Puts a value there; maps on the way are made, list elements must be there, or be the next one.
pub(super) fn set(map: &mut Map, path: &Path, value: Value) -> Result<(), Unfit> {
    let unfit = |what: &str| Unfit::at(path, what);
    let mut segments = path.0.iter().peekable();
    let Some(Segment::Name(first)) = segments.next() else { return Err(unfit("names no attribute")) };
    if segments.peek().is_none() {
        map.insert(first.clone(), value);
        return Ok(());
    }
    let mut at = map.entry(first.clone()).or_insert_with(|| Value::M(Map::new()));
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        at = match (segment, at) {
            (Segment::Name(name), Value::M(inner)) => {
                if is_last {
                    inner.insert(name.clone(), value);
                    return Ok(());
                }
                inner.entry(name.clone()).or_insert_with(|| Value::M(Map::new()))
            }
            (Segment::Index(index), Value::L(list)) => {
                if is_last && *index == list.len() {
                    list.push(value);
                    return Ok(());
                }
                let Some(element) = list.get_mut(*index) else { return Err(unfit("is beyond the list's end")) };
                if is_last {
                    *element = value;
                    return Ok(());
                }
                element
            }
            (Segment::Name(_), other) => {
                return Err(unfit(&format!("goes into a value of type {}, not a map", other.type_name())));
            }
            (Segment::Index(_), other) => {
                return Err(unfit(&format!("goes into a value of type {}, not a list", other.type_name())));
            }
        };
    }
    Ok(())
}

/// Takes it away; `None` where there was none.
pub(super) fn take(map: &mut Map, path: &Path) -> Option<Value> {
    let (last, way) = path.0.split_last()?;
    let Some((Segment::Name(first), rest)) = way.split_first() else {
        return match last {
            Segment::Name(name) if way.is_empty() => map.shift_remove(name),
            _ => None,
        };
    };
    let mut at = map.get_mut(first)?;
    for segment in rest {
        at = match (segment, at) {
            (Segment::Name(name), Value::M(map)) => map.get_mut(name)?,
            (Segment::Index(index), Value::L(list)) => list.get_mut(*index)?,
            _ => return None,
        };
    }
    match (last, at) {
        (Segment::Name(name), Value::M(map)) => map.shift_remove(name),
        (Segment::Index(index), Value::L(list)) if *index < list.len() => Some(list.remove(*index)),
        _ => None,
    }
}
