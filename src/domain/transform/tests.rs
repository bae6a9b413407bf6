use proptest::prelude::*;

use super::*;
use crate::domain::run::Reason;
use crate::domain::testing::{any_map, any_value};
use crate::domain::value::{Number, Value, from_plain_json, to_plain_json};

const NOW: &str = "2026-04-01T00:00:00.000Z";

fn map(json: &str) -> Map {
    from_plain_json(json).unwrap().as_map().unwrap().clone()
}

fn path(text: &str) -> Path {
    text.parse().unwrap()
}

fn literal(json: &str) -> Literal {
    Literal::new(from_plain_json(json).unwrap())
}

fn one(op: Op) -> Transforms {
    Transforms::new(&[Transform { when: None, op }]).unwrap()
}

/// Result as JSON, or why there is none.
fn out(op: Op, json: &str) -> Result<String, String> {
    match one(op).apply(&map(json), NOW) {
        Ok(map) => Ok(to_plain_json(&Value::M(map))),
        Err(unfit) => Err(unfit.what),
    }
}

fn jq(filter: &str, json: &str) -> Result<String, String> {
    out(Op::Jq(filter.to_owned()), json)
}

fn rename(from: &str, to: &str) -> Op {
    Op::Rename(vec![(path(from), path(to))])
}

#[test]
fn names_change_and_nothing_of_the_old_one_is_left() {
    assert_eq!(out(rename("a", "b"), r#"{"a":3.30,"c":1}"#).unwrap(), r#"{"c":1,"b":3.30}"#);
    assert_eq!(out(rename("a.x", "b.y"), r#"{"a":{"x":1}}"#).unwrap(), r#"{"a":{},"b":{"y":1}}"#);
    assert_eq!(out(rename("tags[0]", "first"), r#"{"tags":["p","q"]}"#).unwrap(), r#"{"tags":["q"],"first":"p"}"#);
    assert_eq!(out(rename("gone", "b"), r#"{"a":1}"#).unwrap(), r#"{"a":1}"#);
    let both = out(rename("a", "b"), r#"{"a":1,"b":2}"#).unwrap_err();
    assert!(both.contains("b is there already") && both.contains("would be lost"), "{both}");
    assert_eq!(out(rename("a", "b"), r#"{"a":1,"b":null}"#).unwrap(), r#"{"b":1}"#);
}

#[test]
fn what_is_missing_or_null_gets_a_default_and_the_runs_time() {
    let default = Op::Default(vec![(path("category"), literal(r#""uncategorized""#)), (path("tags"), literal("[]"))]);
    assert_eq!(out(default.clone(), r#"{"category":null}"#).unwrap(), r#"{"category":"uncategorized","tags":[]}"#);
    assert_eq!(out(default, r#"{"category":"","tags":0}"#).unwrap(), r#"{"category":"","tags":0}"#);
    let now = Op::Now(vec![path("createdAt")]);
    assert_eq!(out(now.clone(), "{}").unwrap(), format!(r#"{{"createdAt":"{NOW}"}}"#));
    assert_eq!(out(now, r#"{"createdAt":"x"}"#).unwrap(), r#"{"createdAt":"x"}"#);
    assert_eq!(out(Op::Remove(vec![path("a.b"), path("c")]), r#"{"a":{"b":1,"d":2}}"#).unwrap(), r#"{"a":{"d":2}}"#);
    assert_eq!(out(Op::Set(vec![(path("a"), literal("2"))]), r#"{"a":1}"#).unwrap(), r#"{"a":2}"#);
}

#[test]
fn texts_are_cut_joined_and_spelled() {
    let split = |json: &str| {
        let into = vec![path("firstName"), path("lastName")];
        out(Op::Split { path: path("fullName"), into, at: " ".to_owned() }, json)
    };
    // As the guide's own code: the last takes the rest, and what is missing is empty.
    assert!(
        split(r#"{"fullName":"Hanako Yamada Smith"}"#)
            .unwrap()
            .contains(r#""firstName":"Hanako","lastName":"Yamada Smith""#)
    );
    assert!(split(r#"{"fullName":"Hanako"}"#).unwrap().contains(r#""firstName":"Hanako","lastName":"""#));
    assert_eq!(split("{}").unwrap(), r#"{"firstName":"","lastName":""}"#);
    assert_eq!(split(r#"{"fullName":5}"#).unwrap_err(), "fullName is of type N, not a string");
    let join = Op::Join { paths: vec![path("a"), path("n")], into: path("j"), with: "-".to_owned() };
    assert_eq!(out(join.clone(), r#"{"a":"x","n":1.50}"#).unwrap(), r#"{"a":"x","n":1.50,"j":"x-1.50"}"#);
    assert_eq!(out(join, r#"{"a":"x"}"#).unwrap_err(), "n is missing");
    let lower = Op::Letters(Letters::Lower, vec![path("a"), path("l"), path("gone")]);
    assert_eq!(out(lower.clone(), r#"{"a":"ÄB","l":["X"]}"#).unwrap(), r#"{"a":"äb","l":["x"]}"#);
    assert_eq!(out(lower, r#"{"a":1}"#).unwrap_err(), "a is of type N, not a string");
}

#[test]
fn tables_and_types_say_what_becomes_of_what_they_do_not_know() {
    let table = |otherwise| Op::Map { path: path("c"), table: vec![("C1".into(), literal("1"))], otherwise };
    assert_eq!(out(table(Otherwise::Keep), r#"{"c":"C1"}"#).unwrap(), r#"{"c":1}"#);
    assert_eq!(out(table(Otherwise::Keep), r#"{"c":"C2"}"#).unwrap(), r#"{"c":"C2"}"#);
    let why = out(table(Otherwise::Invalid), r#"{"c":"C2"}"#).unwrap_err();
    assert_eq!(why, r#"c is "C2", which the table does not know"#);
    let convert = |to, otherwise| Op::Convert { path: path("v"), to, otherwise };
    assert_eq!(out(convert(To::Number, Otherwise::Invalid), r#"{"v":" 12.50 "}"#).unwrap(), r#"{"v":12.50}"#);
    assert_eq!(out(convert(To::String, Otherwise::Invalid), r#"{"v":12.50}"#).unwrap(), r#"{"v":"12.50"}"#);
    assert_eq!(out(convert(To::Bool, Otherwise::Invalid), r#"{"v":"true"}"#).unwrap(), r#"{"v":true}"#);
    assert!(
        out(convert(To::Number, Otherwise::Invalid), r#"{"v":"x"}"#).unwrap_err().contains("cannot be read as Number")
    );
    assert_eq!(out(convert(To::Number, Otherwise::Keep), r#"{"v":"x"}"#).unwrap(), r#"{"v":"x"}"#);
    assert_eq!(out(convert(To::Number, Otherwise::Remove), r#"{"v":"x","w":1}"#).unwrap(), r#"{"w":1}"#);
}

#[test]
fn guards_compare_types_too() {
    let when = |is| {
        Transforms::new(&[Transform { when: Some(When { path: path("a"), is }), op: Op::Remove(vec![path("b")]) }])
    };
    let left = |is, json: &str| when(is).unwrap().apply(&map(json), NOW).unwrap().contains_key("b");
    assert!(!left(Condition::Equals(literal("1")), r#"{"a":1.0,"b":0}"#));
    assert!(left(Condition::Equals(literal("1")), r#"{"a":"1","b":0}"#));
    assert!(!left(Condition::NotEquals(literal("1")), r#"{"b":0}"#));
    assert!(!left(Condition::Present(true), r#"{"a":null,"b":0}"#));
    assert!(left(Condition::Present(false), r#"{"a":null,"b":0}"#));
}

#[test]
fn a_filter_gives_one_object_and_reaches_nothing_else() {
    assert_eq!(jq(".price *= 2", r#"{"price":1.5}"#).unwrap(), r#"{"price":3.0}"#);
    assert_eq!(jq(". + {at: $now}", "{}").unwrap(), format!(r#"{{"at":"{NOW}"}}"#));
    assert_eq!(jq("with_entries(select(.value != null))", r#"{"a":null,"b":1}"#).unwrap(), r#"{"b":1}"#);
    for (filter, why) in [
        (".a", "a number came out"),
        (".[]", "more than one value came out"),
        ("empty", "nothing came out"),
        ("error(\"no\")", "no"),
        (".a / 0 | {b: .}", "no number that can be stored"),
        (".a.b", "cannot"),
    ] {
        let said = jq(filter, r#"{"a":1,"c":2}"#).unwrap_err();
        assert!(said.starts_with("jq: ") && said.contains(why), "{filter}: {said}");
    }
    for filter in [
        "env",
        "$ENV",
        "now",
        "input",
        "inputs",
        "debug",
        "halt",
        "halt_error",
        "stderr",
        "import \"x\" as x; .",
        "include \"x\"; .",
        ".a |",
        "nonsense",
    ] {
        assert!(Filter::new(filter).is_err(), "{filter}");
    }
    let error = Filter::new("nonsense").unwrap_err().to_string();
    assert!(error.contains("nonsense"), "{error}");
}

#[test]
fn what_looks_like_a_typed_value_and_is_none_goes_through_no_filter() {
    assert!(jq(".", r#"{"a":[{"$N":"5"}]}"#).unwrap_err().contains("$N"));
    assert_eq!(jq(".", r#"{"a":{"$N":"5","b":1}}"#).unwrap(), r#"{"a":{"$N":"5","b":1}}"#);
}

#[test]
fn what_a_filter_nests_deeper_than_dynamodb_is_refused_unless_it_was_there() {
    let nest = |levels: usize| format!("{{a: reduce range({levels}) as $i (0; [.])}}");
    assert!(jq(&nest(31), "{}").is_ok());
    assert!(jq(&nest(32), "{}").unwrap_err().contains("more than 32 levels"));
    let deep = format!(r#"{{"a":{}{},"b":1}}"#, "[".repeat(60), "]".repeat(60));
    assert!(jq(".b = 2", &deep).unwrap().contains(&"[".repeat(60)));
    assert!(jq(".a = [.a]", &deep).unwrap_err().contains("levels"));
}

#[test]
fn long_words_of_a_filter_are_cut() {
    let said = jq(r#"error("x" * 5000)"#, "{}").unwrap_err();
    assert!(said.chars().count() < 400 && said.ends_with('…'), "{}", said.len());
}

#[test]
fn numbers_keep_their_digits_through_a_filter() {
    for digits in [
        "3.3000000000000003",
        "12345678901234567890123456789012345678",
        "1.10",
        "1E+2",
        "-0.0",
        "100000000000000000000",
    ] {
        let before =
            Map::from([("n".to_owned(), Value::N(Number::parse(digits).unwrap())), ("x".to_owned(), Value::n(1))]);
        let after = one(Op::Jq(".x = 2".to_owned())).apply(&before, NOW).unwrap();
        let kept = after["n"].as_number().unwrap();
        assert_eq!((kept.as_str(), &after["x"]), (before["n"].as_number().unwrap().as_str(), &Value::n(2)), "{digits}");
    }
}

fn chained() -> (Schema, Vec<Step>) {
    let step = |from, to, ops: Vec<Op>| Step {
        from,
        to,
        transforms: Transforms::new(&ops.into_iter().map(|op| Transform { when: None, op }).collect::<Vec<_>>())
            .unwrap(),
    };
    let split = Op::Split { path: path("fullName"), into: vec![path("firstName"), path("lastName")], at: " ".into() };
    let filled = vec![Op::Default(vec![(path("status"), literal(r#""active""#))]), Op::Now(vec![path("createdAt")])];
    let schema = Schema { marker: path("_schemaVersion"), missing: Some(literal("1")), current: literal("3") };
    (schema, vec![step(1, 2, vec![split]), step(2, 3, filled)])
}

#[test]
fn a_chain_goes_from_any_version_to_the_current_one() {
    let (schema, chain) = chained();
    let none = Transforms::default();
    let bring = |json: &str| schema.bring(&chain, &none, &map(json), NOW).unwrap();
    let changed = |json: &str| match bring(json) {
        Brought::Changed(map) => to_plain_json(&Value::M(map)),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        changed(r#"{"fullName":"Ada Lovelace"}"#),
        format!(
            r#"{{"fullName":"Ada Lovelace","firstName":"Ada","lastName":"Lovelace","status":"active","createdAt":"{NOW}","_schemaVersion":3}}"#
        )
    );
    assert!(
        changed(r#"{"_schemaVersion":2,"firstName":"A"}"#)
            .contains(r#""_schemaVersion":3,"firstName":"A","status":"active""#)
    );
    assert_eq!(bring(r#"{"_schemaVersion":3}"#), Brought::Equal);
    let refused = |json: &str| match bring(json) {
        Brought::Refused(reason, _) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(r#"{"_schemaVersion":7}"#), Reason::FutureVersion);
    assert_eq!(refused(r#"{"_schemaVersion":0}"#), Reason::ChainGap);
    assert_eq!(refused(r#"{"_schemaVersion":"2"}"#), Reason::Schema);
    // A marker with a word, and no chain.
    let marked = Schema { marker: path("version"), missing: None, current: literal(r#""v2""#) };
    let names = one(rename("productName", "name"));
    let bring = |json: &str| marked.bring(&[], &names, &map(json), NOW).unwrap();
    assert_eq!(
        bring(r#"{"productName":"Old","version":"v1"}"#),
        Brought::Changed(map(r#"{"version":"v2","name":"Old"}"#))
    );
    assert_eq!(bring(r#"{"name":"New","version":"v2"}"#), Brought::Equal);
}

#[test]
fn a_plan_keeps_its_operations_in_a_journal() {
    let typed = Literal::new(Value::Ss(["x".to_owned()].into()));
    let all = vec![
        Transform {
            when: Some(When { path: path("a[0].b"), is: Condition::Equals(typed.clone()) }),
            op: rename("a", "[\"b.c\"]"),
        },
        Transform { when: None, op: Op::Set(vec![(path("s"), typed)]) },
        Transform { when: None, op: Op::Jq(".".to_owned()) },
    ];
    let text = serde_json::to_string(&all).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Transform>>(&text).unwrap(), all);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_value_survives_a_filter_that_changes_nothing(map in any_map()) {
        // A map with one name that looks like a typed literal is what only a typed literal can be.
        let is_plain = |value: &Value| !to_plain_text(value).contains("\"$");
        prop_assume!(map.values().all(is_plain));
        let same = one(Op::Jq(".".to_owned())).apply(&map, NOW).unwrap();
        prop_assert_eq!(crate::domain::value::canonical_item(&same), crate::domain::value::canonical_item(&map));
        prop_assert_eq!(format!("{same:?}").len(), format!("{map:?}").len());
    }

    #[test]
    fn a_name_there_and_back_is_the_same(map in any_map(), value in any_value()) {
        let mut map = map;
        map.insert("from".to_owned(), value);
        map.shift_remove("to");
        let there = one(rename("from", "to")).apply(&map, NOW).unwrap();
        prop_assert!(!there.contains_key("from"));
        prop_assert_eq!(one(rename("to", "from")).apply(&there, NOW).unwrap(), map);
    }

    #[test]
    fn without_operations_nothing_changes(map in any_map()) {
        prop_assert_eq!(Transforms::default().apply(&map, NOW).unwrap(), map);
    }
}

fn to_plain_text(value: &Value) -> String {
    format!("{value:?}")
}
