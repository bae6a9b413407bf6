//! Generators for property tests.

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::value::{Map, Number, Value};

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        "-?[0-9]{1,38}".prop_map(|t| Number::parse(&t).unwrap()),
        "-?(0|[1-9][0-9]{0,5})\\.[0-9]{1,10}(e-?[0-9]{1,2})?".prop_map(|t| Number::parse(&t).unwrap()),
    ]
}

fn json_number() -> impl Strategy<Value = Number> {
    number().prop_map(|n| Number::parse(&n.canonical_text()).unwrap())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,4}", "\\PC{0,6}", Just("ボルト M6".to_owned()), Just("\u{1b}[31m\n".to_owned())]
}

fn nested(leaf: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::L),
            vec((text(), inner), 0..4).prop_map(|m| Value::M(m.into_iter().collect::<Map>())),
        ]
    })
    .boxed()
}

/// Any value that JSON can hold.
pub fn any_json_value() -> BoxedStrategy<Value> {
    nested(prop_oneof![
        text().prop_map(Value::S),
        json_number().prop_map(Value::N),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
    ])
}

/// Any value of any type.
pub fn any_value() -> BoxedStrategy<Value> {
    nested(prop_oneof![
        text().prop_map(Value::S),
        number().prop_map(Value::N),
        vec(any::<u8>(), 0..4).prop_map(Value::B),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        btree_set(text(), 1..4).prop_map(Value::Ss),
        btree_set(number(), 1..4).prop_map(Value::Ns),
        btree_set(vec(any::<u8>(), 0..3), 1..3).prop_map(|s: BTreeSet<_>| Value::Bs(s)),
    ])
}

/// Any map of any values.
pub fn any_map() -> impl Strategy<Value = Map> {
    vec((text(), any_value()), 0..6).prop_map(|m| m.into_iter().collect())
}
