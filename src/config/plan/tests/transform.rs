use super::*;
use crate::domain::plan::{By, OnInvalid, Reference};
use crate::domain::transform::{Condition, Letters, Otherwise, To, When};
use crate::domain::value::from_plain_json;

fn text(more: &str) -> String {
    format!("name = \"n\"\noperation = \"transform\"\n[source]\ntype = \"P\"\ntenant = \"a\"\n{more}\n")
}

fn changes(more: &str) -> Change {
    read(&text(more)).unwrap().change
}

fn ops(more: &str) -> Vec<Op> {
    changes(&format!("[[transform]]\n{more}")).transforms.into_iter().map(|t| t.op).collect()
}

fn at(text: &str) -> crate::domain::path::Path {
    text.parse().unwrap()
}

fn plain(json: &str) -> Literal {
    Literal::new(from_plain_json(json).unwrap())
}

#[test]
fn every_operation_is_read() {
    assert_eq!(
        ops("rename = { a = \"b.c\", \"x.y\" = \"z\" }"),
        [Op::Rename(vec![(at("a"), at("b.c")), (at("x.y"), at("z"))])]
    );
    assert_eq!(
        ops("default = { c = \"u\", tags = [], n = 3.30, b = true, m = { x = 1 } }"),
        [Op::Default(vec![
            (at("c"), plain("\"u\"")),
            (at("tags"), plain("[]")),
            (at("n"), plain("3.30")),
            (at("b"), plain("true")),
            (at("m"), plain("{\"x\":1}")),
        ])]
    );
    // Those that share a table go in their own order, however they are written.
    let shared = ops("remove = [\"r\"]\nnow = [\"t\"]\ndefault = { a = 1 }\nrename = { x = \"y\" }");
    assert!(matches!(shared.as_slice(), [Op::Rename(_), Op::Default(_), Op::Now(_), Op::Remove(_)]), "{shared:?}");
    assert_eq!(ops("set = { a = 0x10 }"), [Op::Set(vec![(at("a"), plain("16"))])]);
    assert_eq!(ops("copy = { from = \"a\", to = \"b\" }"), [Op::Copy { from: at("a"), to: at("b") }]);
    for (word, how) in [("lowercase", Letters::Lower), ("uppercase", Letters::Upper), ("trim", Letters::Trim)] {
        assert_eq!(ops(&format!("{word} = [\"a\", \"b[0]\"]")), [Op::Letters(how, vec![at("a"), at("b[0]")])]);
    }
    let split = Op::Split { path: at("f"), into: vec![at("a"), at("b")], at: " ".into() };
    assert_eq!(ops("split = { path = \"f\", into = [\"a\", \"b\"], at = \" \" }"), [split]);
    let join = Op::Join { paths: vec![at("a"), at("b")], into: at("f"), with: String::new() };
    assert_eq!(ops("join = { paths = [\"a\", \"b\"], into = \"f\" }"), [join]);
    let map = |otherwise| Op::Map {
        path: at("s"),
        table: vec![("A".into(), plain("1")), ("9".into(), plain("\"x\""))],
        otherwise,
    };
    assert_eq!(ops("map = { path = \"s\", table = { A = 1, 9 = \"x\" } }"), [map(Otherwise::Keep)]);
    assert_eq!(
        ops("map = { path = \"s\", table = { A = 1, 9 = \"x\" }, else = \"invalid\" }"),
        [map(Otherwise::Invalid)]
    );
    let convert = |otherwise| Op::Convert { path: at("p"), to: To::Number, otherwise };
    assert_eq!(ops("convert = { path = \"p\", to = \"number\" }"), [convert(Otherwise::Invalid)]);
    assert_eq!(ops("convert = { path = \"p\", to = \"number\", else = \"remove\" }"), [convert(Otherwise::Remove)]);
    assert_eq!(ops("jq = \".a = 1\""), [Op::Jq(".a = 1".into())]);
    let guard = |line: &str| {
        changes(&format!("[[transform]]\nremove = [\"a\"]\nwhen = {{ path = \"s\", {line} }}")).transforms[0]
            .when
            .clone()
    };
    assert_eq!(guard("equals = \"A\""), Some(When { path: at("s"), is: Condition::Equals(plain("\"A\"")) }));
    assert_eq!(guard("not_equals = 1"), Some(When { path: at("s"), is: Condition::NotEquals(plain("1")) }));
    assert_eq!(guard("present = false"), Some(When { path: at("s"), is: Condition::Present(false) }));
}

#[test]
fn what_toml_lacks_is_written_as_typed_literals() {
    let digits = "12345678901234567890123456789012345678";
    let set = |json: &str| match ops(&format!("set = {{ a = {json} }}")).remove(0) {
        Op::Set(mut pairs) => pairs.remove(0).1.value().clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(set(&format!("{{ \"$N\" = \"{digits}\" }}")).as_number().unwrap().as_str(), digits);
    assert_eq!(set("{ \"$B\" = \"AP8=\" }"), Value::B(vec![0, 255]));
    assert_eq!(set("{ \"$SS\" = [\"x\", \"y\"] }"), Value::Ss(["x".to_owned(), "y".to_owned()].into()));
    assert!(matches!(set("[{ \"$NS\" = [\"1\"] }]"), Value::L(list) if matches!(list[0], Value::Ns(_))));
    let line = "[[transform]]\nset = { a = { \"$N\" = \"many\" } }";
    let message = "$N must hold a number as a text, 38 digits at most";
    assert_complaint(&text(line), 7, "transform.set", message, None);
}

#[test]
fn a_chain_has_steps_and_a_schema() {
    let more = "[schema]\nmissing = 1\ncurrent = 3\n[[chain]]\nfrom = 1\nto = 2\n[[chain.transform]]\nremove = [\"a\"]\n[[chain]]\nfrom = 2\nto = 3\n[[chain.transform]]\nnow = [\"c\"]\ndefault = { s = 1 }";
    let change = changes(more);
    let schema = Schema { marker: at("_schemaVersion"), missing: Some(plain("1")), current: plain("3") };
    assert_eq!((change.schema, change.chain.len(), change.chain[1].transforms.len()), (Some(schema), 2, 2));
    for (more, line, key, message) in [
        (
            "[[chain]]\nfrom = 1\nto = 2",
            6,
            "chain",
            "chain needs [schema]: it says where the version stands and which is wanted",
        ),
        (
            "[schema]\ncurrent = 2\n[[chain]]\nfrom = 2\nto = 2",
            10,
            "chain.to",
            "chain.to must be above chain.from: 2 is not above 2",
        ),
        ("[schema]\ncurrent = 2\n[[chain]]\nfrom = 1", 8, "chain.to", "chain.to is missing: it is a version"),
        (
            "[schema]\nmarker = \"v\"\n[[transform]]\nremove = [\"a\"]",
            6,
            "schema.current",
            "schema.current is missing: it is the version that entities are to have",
        ),
        ("", 1, "transform", "transform is missing: the plan would change nothing"),
    ] {
        let error = complaint(&text(more));
        assert_eq!(
            (error.line, error.key.as_deref(), error.message.as_str()),
            (Some(line), Some(key), message),
            "{more}"
        );
    }
}

#[test]
fn what_cannot_be_meant_is_complained_about_in_its_place() {
    for (more, key, message) in [
        (
            "rename = { a = \"b\" }\njq = \".\"",
            "transform.jq",
            "transform.jq and rename cannot share a table: begin another [[transform]]",
        ),
        (
            "set = { a = 1 }\ncopy = { from = \"a\", to = \"b\" }",
            "transform.set",
            "transform.set and copy cannot share a table: begin another [[transform]]",
        ),
        ("renam = { a = \"b\" }", "transform.renam", "transform.renam is not a key that this file may have"),
        (
            "remove = [\"a[\"]",
            "transform.remove",
            "\"a[\" is no place: a bracket is not closed (dims.l, tags[2], [\"a.b\"])",
        ),
        (
            "remove = [\"a\"]\nwhen = { path = \"b\" }",
            "transform.when.path",
            "transform.when must have exactly one of \"equals\", \"not_equals\" or \"present\"",
        ),
        (
            "split = { path = \"a\", into = [], at = \" \" }",
            "transform.split.into",
            "split.into must name at least one place",
        ),
    ] {
        let error = complaint(&text(&format!("[[transform]]\n{more}")));
        assert_eq!((error.key.as_deref(), error.message.as_str()), (Some(key), message), "{more}");
    }
    let error = complaint(&text("[[transform]]\njq = \".a |\""));
    assert!(error.message.starts_with("jq: ") && error.line == Some(7), "{error:?}");
}

#[test]
fn schemas_and_references_are_read_with_the_plan() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.toml");
    std::fs::write(dir.path().join("p.json"), r#"{"required":["price"]}"#).unwrap();
    std::fs::write(dir.path().join("bad.json"), r#"{"type":"nothing"}"#).unwrap();
    let parsed = |line: &str| parse(&path, &text(&format!("[[transform]]\nremove = [\"a\"]\n[validate]\n{line}")));
    let validate = parsed(
        "schema = \"p.json\"\non_invalid = \"stop\"\nreferences = [{ field = \"c.id\", type = \"CUSTOMER\", by = \"sk\", allow_common = true }]",
    );
    let validate = validate.unwrap().change.validate;
    assert_eq!((validate.schemas[0].file.as_str(), validate.on_invalid), ("p.json", OnInvalid::Stop));
    let reference =
        Reference { field: at("c.id"), entity_type: "CUSTOMER".into(), module: None, by: By::Sk, allow_common: true };
    assert_eq!(validate.references, [reference]);
    let typed = parsed("schema = { P = \"p.json\" }").unwrap().change.validate;
    assert_eq!(typed.schemas[0].entity_type.as_deref(), Some("P"));
    let message = |line: &str| parsed(line).unwrap_err().message;
    assert!(message("schema = \"no.json\"").contains("cannot be read"));
    assert!(message("schema = \"bad.json\"").contains("is no JSON Schema"));
    assert!(message("references = [{ field = \"a\" }]").contains("type is missing"));
}
