//! Lists of a plan edited in a form: elements added, ordered, changed and taken away, and nothing else.

use proptest::prelude::*;
use proptest::sample::select;
use toml::Value;

use super::super::{Draft, Field, Kind, StepPlace, Steps, step_fields};
use crate::domain::run::Operation;

/// A list with two elements, in one of the ways in which it may be written.
fn list(name: &str, style: u8, own: &str) -> String {
    match style {
        0 => String::new(),
        1 => format!(
            "# above {name};\n[[{name}]] # {name} one;\n{own} = \"a\" # {name} a;\n\n[[{name}]]\n# inside {name};\n{own} = \"b\"\nx = [\"y\"]\n# between;\n"
        ),
        _ => format!("[[{name}]]\n{own} = \"a\"\n"),
    }
}

fn text(styles: &[u8; 4], is_crlf: bool, has_run: bool) -> String {
    let mut top = "# head;\nname = \"n\" # this;\n".to_owned();
    let mut below = String::new();
    for (i, (name, own)) in
        [("transform", "remove"), ("chain", "from"), ("validate.references", "field"), ("normalize.decide", "pk")]
            .into_iter()
            .enumerate()
    {
        match (styles[i], name.split_once('.')) {
            (3, None) => {
                top.push_str(&format!("{name} = [{{ {own} = \"a\" }}, {{ {own} = \"b\" }}] # braced {name};\n"))
            }
            (3, Some((table, key))) => {
                below.push_str(&format!("[{table}] # the {table};\n{key} = [\n  {{ {own} = \"a\" }}, # in {name};\n  {{ {own} = \"b\" }},\n]\n"));
            }
            (4, Some((table, _))) => below.push_str(&format!("[{table}]\nz = 1 # z of {table};\n")),
            (style, _) => {
                below.push_str(&list(name, style, own));
                if name == "chain" && style == 1 {
                    below.push_str("# of chain;\n[[chain.transform]] # nested;\nremove = [\"p\"]\n\n[[chain.transform]]\nremove = [\"q\"]\n");
                }
            }
        }
        if has_run && i == 1 {
            below.push_str("\n[run] # run;\nbatch = 5 # few;\n");
        }
    }
    let text = format!("{top}\n{below}# end;\n");
    if is_crlf { text.replace('\n', "\r\n") } else { text }
}

fn read(text: &str) -> toml::Table {
    text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A list of the model; missing ones are empty.
fn of(table: &mut toml::Table, steps: Steps) -> &mut Vec<Value> {
    fn at<'t>(table: &'t mut toml::Table, key: &str) -> &'t mut Vec<Value> {
        table.entry(key).or_insert_with(|| Value::Array(vec![])).as_array_mut().unwrap()
    }
    let under = match steps {
        Steps::References => "validate",
        Steps::Decisions => "normalize",
        Steps::TransformsOf(n) => return at(at(table, "chain")[n].as_table_mut().unwrap(), "transform"),
        Steps::Transforms | Steps::Chain => return at(table, steps.key()),
    };
    at(table.entry(under).or_insert_with(|| Value::Table(toml::Table::new())).as_table_mut().unwrap(), steps.key())
}

/// Without lists and tables that hold nothing.
fn bare(mut table: toml::Table) -> toml::Table {
    for (_, value) in table.iter_mut() {
        match value {
            Value::Table(below) => *below = bare(std::mem::take(below)),
            Value::Array(list) => {
                for one in list.iter_mut() {
                    if let Value::Table(below) = one {
                        *below = bare(std::mem::take(below));
                    }
                }
            }
            _ => {}
        }
    }
    table.retain(|_, value| {
        !matches!(value, Value::Table(t) if t.is_empty()) && !matches!(value, Value::Array(l) if l.is_empty())
    });
    table
}

fn comments(text: &str) -> Vec<&str> {
    let all = text.split('#').skip(1).filter_map(|rest| Some(rest.split_once(';')?.0));
    all.filter(|rest| !rest.contains('\n')).collect()
}

#[derive(Debug, Clone)]
enum Edit {
    Add,
    Remove,
    Swap,
    Set(&'static str, &'static str),
    Inner(&'static str),
    Clear,
}

fn field(key: &'static str, kind: Kind) -> Field {
    Field { table: "transform", key, kind, default: String::new(), required: false, help: String::new() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_edit_of_a_list_changes_its_own_element_and_nothing_else(
        styles in [0_u8..5, 0_u8..4, 0_u8..5, 0_u8..5],
        is_crlf: bool,
        has_run: bool,
        edits in proptest::collection::vec((
            select(vec![Steps::Transforms, Steps::Chain, Steps::References, Steps::Decisions, Steps::TransformsOf(0), Steps::TransformsOf(1)]),
            any::<prop::sample::Index>(),
            select(vec![
                Edit::Add, Edit::Add, Edit::Remove, Edit::Swap, Edit::Swap, Edit::Set("remove", "a, \"b, # c\""), Edit::Set("jq", ".a = \"1\" # x"),
                Edit::Set("remove", ""), Edit::Inner("p"), Edit::Inner(""), Edit::Clear,
            ]),
        ), 1..8),
    ) {
        let mut draft = Draft::new(text(&styles, is_crlf, has_run));
        for (steps, index, edit) in edits {
            if let Steps::TransformsOf(n) = steps && n >= draft.steps(Steps::Chain) {
                continue;
            }
            let (before, len) = (draft.text().to_owned(), draft.steps(steps));
            let mut expected = read(&before);
            let n = index.index(len.max(1));
            let place: StepPlace = steps.at(n);
            prop_assert_eq!(of(&mut expected, steps).len(), len);
            let is_there = len > 0;
            match edit {
                Edit::Add => {
                    prop_assert_eq!(draft.step_add(steps), Ok(len), "{}", before);
                    of(&mut expected, steps).push(Value::Table(toml::Table::new()));
                    // An empty one says nothing: it gets a value at once, as a form gives it.
                    draft.step_write(steps.at(len), "x", "1").unwrap();
                    of(&mut expected, steps)[len].as_table_mut().unwrap().insert("x".to_owned(), 1.into());
                }
                Edit::Remove if is_there => {
                    prop_assert_eq!(draft.step_remove(steps, n), Ok(()), "{}", before);
                    of(&mut expected, steps).remove(n);
                }
                Edit::Swap if n + 1 < len => {
                    prop_assert_eq!(draft.step_swap(steps, n), Ok(()), "{}", before);
                    of(&mut expected, steps).swap(n, n + 1);
                }
                Edit::Set(key, typed) if is_there => {
                    let kind = if key == "jq" { Kind::Text } else { Kind::List };
                    let has = draft.step_get(place, &field(key, kind)).is_some();
                    if typed.is_empty() && !has {
                        continue;
                    }
                    prop_assert_eq!(draft.step_set(place, &field(key, kind), typed), Ok(()), "{}", before);
                    let element = of(&mut expected, steps)[n].as_table_mut().unwrap();
                    if typed.is_empty() {
                        element.remove(key);
                    } else {
                        prop_assert_eq!(draft.step_get(place, &field(key, kind)).unwrap_or_default(), typed);
                        let value = if key == "jq" { Value::from(typed) } else { Value::Array(vec!["a".into(), "b, # c".into()]) };
                        element.insert(key.to_owned(), value);
                    }
                }
                Edit::Inner(typed) if is_there => {
                    let inner = place.table("split");
                    let has = draft.step_get(inner, &field("path", Kind::Text)).is_some();
                    if typed.is_empty() && !has {
                        continue;
                    }
                    prop_assert_eq!(draft.step_set(inner, &field("path", Kind::Text), typed), Ok(()), "{}", before);
                    let element = of(&mut expected, steps)[n].as_table_mut().unwrap();
                    if typed.is_empty() {
                        element.remove("split");
                    } else {
                        element.insert("split".to_owned(), toml::Table::from_iter([("path".to_owned(), typed.into())]).into());
                    }
                }
                Edit::Clear if is_there => {
                    if !draft.step_keys(place).iter().any(|key| key == "split") {
                        continue;
                    }
                    prop_assert_eq!(draft.step_clear(place, "split"), Ok(()), "{}", before);
                    of(&mut expected, steps)[n].as_table_mut().unwrap().remove("split");
                }
                _ => continue,
            }
            let now = read(draft.text());
            prop_assert_eq!(bare(now), bare(expected), "{:?} {:?} {}\n{}\n-----\n{}", edit, steps, n, before, draft.text());
            // Comments of their own lines stay; those behind what is taken away go with it.
            let (old, new) = (comments(&before), comments(draft.text()));
            let may_go = |comment: &str| matches!(edit, Edit::Remove | Edit::Set(_, "")) && (comment.contains(" one") || comment.ends_with(" a") || comment.contains("nested"));
            let lost: Vec<_> = old.iter().filter(|c| !new.contains(c) && !may_go(c)).collect();
            prop_assert!(lost.is_empty(), "{:?} lost by {:?} {:?} {}\n{}\n-----\n{}", lost, edit, steps, n, before, draft.text());
        }
    }
}

#[test]
fn what_is_said_above_a_header_moves_with_it_and_lists_that_stood_apart_stay_apart() {
    let text = "name = \"n\"\n\n# first\n[[transform]]\nremove = [\"a\"]\n\n[run]\nbatch = 1\n\n# second\n[[transform]]\njq = \".\"\n";
    let mut draft = Draft::new(text);
    draft.step_swap(Steps::Transforms, 0).unwrap();
    let swapped = "name = \"n\"\n\n# second\n[[transform]]\njq = \".\"\n\n[run]\nbatch = 1\n\n# first\n[[transform]]\nremove = [\"a\"]\n";
    assert_eq!(draft.text(), swapped);
    draft.step_swap(Steps::Transforms, 0).unwrap();
    assert_eq!(draft.text(), text);
    let n = draft.step_add(Steps::Transforms).unwrap();
    draft.step_write(Steps::Transforms.at(n), "now", "[\"at\"]").unwrap();
    assert_eq!(draft.text(), format!("{text}\n[[transform]]\nnow = [\"at\"]\n"));
    draft.step_remove(Steps::Transforms, n).unwrap();
    assert_eq!(draft.text(), text);
}

#[test]
fn an_element_is_shown_in_one_line_and_key_by_key() {
    let text = "[[transform]]\nrename = { a = \"b\" }\nwhen = { path = \"c\", equals = \"7\" }\n\n[[transform]]\njq = \'\'\'\n.a = 1\n| .b = 2\'\'\'\n\n[[transform]]\n[transform.map]\npath = \"p\"\n";
    let draft = Draft::new(text);
    let all: Vec<String> = (0..3).map(|n| draft.step_summary(Steps::Transforms, n)).collect();
    assert_eq!(all, ["rename a = \"b\"; when path = \"c\", equals = \"7\"", "jq .a = 1 | .b = 2", "map path = \"p\""]);
    let when = Steps::Transforms.at(0).table("when");
    let equals = step_fields(Operation::Copy, "when").into_iter().find(|f| f.key == "equals").unwrap();
    // A text that could be a number has its quotes.
    assert_eq!(draft.step_get(when, &equals).as_deref(), Some("\"7\""));
    let mut changed = draft.clone();
    changed.step_set(when, &equals, "7").unwrap();
    assert!(changed.text().contains("equals = 7 }"), "{}", changed.text());
}

#[test]
fn every_key_of_an_element_has_a_row() {
    for (operation, table, keys) in [
        (Operation::Copy, "transform", 9),
        (Operation::Copy, "split", 3),
        (Operation::Transform, "chain", 2),
        (Operation::Copy, "references", 5),
        (Operation::Normalize, "decide", 4),
        (Operation::Undo, "transform", 0),
    ] {
        assert_eq!(step_fields(operation, table).len(), keys, "{operation} {table}");
    }
}
