//! Two ways to merge attributes: the framework's partial update, and ours.

use super::value::{Map, Value};

/// A partial input: what JavaScript code hands to a partial update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patch {
    /// JavaScript's `undefined`: removes.
    Undefined,
    /// A map whose members are patches themselves.
    Map(Vec<(String, Patch)>),
    /// Any other value: replaces.
    Value(Value),
}

impl From<Value> for Patch {
    fn from(value: Value) -> Self {
        match value {
            Value::M(map) => Self::Map(map.into_iter().map(|(name, v)| (name, v.into())).collect()),
            other => Self::Value(other),
        }
    }
}

/// Result of the framework's partial update on stored attributes, defects included: to show what an application's own
/// publish would do, and to compare with rows that it wrote.
///
/// Maps merge deeply and lists are replaced; `undefined` removes; an empty map clears nothing; a list, or a scalar that
/// JavaScript counts as true, is NOT replaced by a map; sets and binary come out as plain maps.
#[must_use]
pub fn framework_merge(base: &Map, patch: &[(String, Patch)]) -> Map {
    let mut out: Map = base.iter().map(|(name, value)| (name.clone(), as_javascript_copies(value))).collect();
    for (name, change) in patch {
        match change {
            Patch::Undefined => {
                out.shift_remove(name);
            }
            Patch::Value(value) => {
                out.insert(name.clone(), value.clone());
            }
            Patch::Map(members) => {
                let merged = match out.get(name) {
                    Some(Value::M(inner)) => framework_merge(inner, members),
                    Some(other) if is_truthy(other) => continue,
                    _ => framework_merge(&Map::new(), members),
                };
                out.insert(name.clone(), Value::M(merged));
            }
        }
    }
    out
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::S(text) => !text.is_empty(),
        Value::N(number) => number.canonical_text() != "0",
        Value::Bool(flag) => *flag,
        Value::Null => false,
        _ => true,
    }
}

/// A copy as an object spread makes it: a set has no own properties, a byte array has one for each byte.
fn as_javascript_copies(value: &Value) -> Value {
    match value {
        Value::Ss(_) | Value::Ns(_) | Value::Bs(_) => Value::M(Map::new()),
        Value::B(bytes) => {
            Value::M(bytes.iter().enumerate().map(|(i, b)| (i.to_string(), Value::n(u64::from(*b)))).collect())
        }
        Value::M(map) => Value::M(map.iter().map(|(n, v)| (n.clone(), as_javascript_copies(v))).collect()),
        other => other.clone(),
    }
}

/// Our own merge: maps merge deeply, everything else is replaced, nothing changes its type on the way and nothing is dropped silently.
#[must_use]
pub fn merge(base: &Map, over: &Map) -> Map {
    let mut out = base.clone();
    for (name, value) in over {
        let merged = match (out.get(name), value) {
            (Some(Value::M(inner)), Value::M(new)) => Value::M(merge(inner, new)),
            _ => value.clone(),
        };
        out.insert(name.clone(), merged);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn map(json: &str) -> Map {
        from_plain_json(json).unwrap().as_map().unwrap().clone()
    }

    fn patch(json: &str) -> Vec<(String, Patch)> {
        map(json).into_iter().map(|(n, v)| (n, v.into())).collect()
    }

    #[test]
    fn the_framework_keeps_scalars_and_lists_where_a_map_should_replace_them() {
        let base = map(r#"{"s":"x","l":[1],"e":"","z":0,"n":null}"#);
        let merged = framework_merge(&base, &patch(r#"{"s":{"a":1},"l":{"a":1},"e":{"a":1},"z":{"a":1},"n":{"a":1}}"#));
        assert_eq!(merged, map(r#"{"s":"x","l":[1],"e":{"a":1},"z":{"a":1},"n":{"a":1}}"#));
    }

    #[test]
    fn the_framework_merges_maps_and_an_empty_map_clears_nothing() {
        let base = map(r#"{"d":{"l":1,"deep":{"x":1,"y":[1]}},"k":1}"#);
        let merged = framework_merge(&base, &patch(r#"{"d":{"deep":{"y":[9]}}}"#));
        assert_eq!(merged, map(r#"{"d":{"l":1,"deep":{"x":1,"y":[9]}},"k":1}"#));
        assert_eq!(framework_merge(&base, &patch(r#"{"d":{}}"#)), base);
        assert_eq!(
            framework_merge(&base, &[("k".to_owned(), Patch::Undefined)]),
            map(r#"{"d":{"l":1,"deep":{"x":1,"y":[1]}}}"#)
        );
    }

    #[test]
    fn the_framework_turns_sets_and_binary_into_maps_and_we_do_not() {
        let base =
            Map::from([("s".to_owned(), Value::Ss(["a".to_owned()].into())), ("b".to_owned(), Value::B(vec![7]))]);
        assert_eq!(framework_merge(&base, &[]), map(r#"{"s":{},"b":{"0":7}}"#));
        assert_eq!(merge(&base, &Map::new()), base);
    }

    #[test]
    fn our_merge_replaces_what_the_framework_would_keep() {
        assert_eq!(
            merge(&map(r#"{"s":"x","d":{"a":1,"b":2}}"#), &map(r#"{"s":{"a":1},"d":{"b":3}}"#)),
            map(r#"{"s":{"a":1},"d":{"a":1,"b":3}}"#)
        );
    }
}
