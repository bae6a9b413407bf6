use proptest::prelude::*;

use super::*;
use crate::domain::testing::any_map;
use crate::domain::value::from_plain_json;

fn map(json: &str) -> Map {
    from_plain_json(json).unwrap().as_map().unwrap().clone()
}

fn lines(before: &str, after: &str) -> Vec<String> {
    let text = |v: &Option<Value>| v.as_ref().map_or_else(|| "-".to_owned(), crate::domain::value::to_plain_json);
    diff_maps(&map(before), &map(after))
        .iter()
        .map(|c| {
            let from = c.from_index.map_or_else(String::new, |i| format!(" from {i}"));
            format!("{:?} {}{from}: {} -> {}", c.kind, c.path, text(&c.before), text(&c.after))
        })
        .collect()
}

proptest! {
    #[test]
    fn applying_a_diff_gives_the_other_side(a in any_map(), b in any_map()) {
        prop_assert_eq!(apply(&a, &diff_maps(&a, &b)), Ok(b));
    }

    #[test]
    fn shuffled_and_edited_lists_apply(list in proptest::collection::vec(0u8..6, 0..9), other in proptest::collection::vec(0u8..6, 0..9)) {
        let as_map = |l: &[u8]| Map::from([("l".to_owned(), Value::L(l.iter().map(|n| Value::n((*n).into())).collect()))]);
        let (a, b) = (as_map(&list), as_map(&other));
        prop_assert_eq!(apply(&a, &diff_maps(&a, &b)), Ok(b));
    }

    #[test]
    fn nothing_differs_from_itself(a in any_map()) {
        prop_assert_eq!(diff_maps(&a, &a), vec![]);
    }
}

#[test]
fn nested_maps_are_compared_place_by_place() {
    assert_eq!(
        lines(r#"{"dims":{"l":20,"d":6},"price":16}"#, r#"{"dims":{"l":25,"d":6},"price":17,"unit":"pc"}"#),
        ["Changed dims.l: 20 -> 25", "Changed price: 16 -> 17", "Added unit: - -> \"pc\""]
    );
}

#[test]
fn a_shortened_list_loses_its_last_element() {
    assert_eq!(
        lines(r#"{"tags":["hardware","metric"]}"#, r#"{"tags":["hardware"]}"#),
        ["Removed tags[1]: \"metric\" -> -"]
    );
}

#[test]
fn a_moved_element_is_not_a_removal_and_an_addition() {
    assert_eq!(
        lines(r#"{"t":["a","b","c","d"]}"#, r#"{"t":["d","a","b","c"]}"#),
        ["Moved t[0] from 3: \"d\" -> \"d\""]
    );
}

#[test]
fn elements_that_face_each_other_are_compared_inside() {
    assert_eq!(
        lines(r#"{"l":[{"q":1,"s":"x"},{"q":2}]}"#, r#"{"l":[{"q":9,"s":"x"},{"q":2}]}"#),
        ["Changed l[0].q: 1 -> 9"]
    );
}

#[test]
fn another_type_is_told_apart_from_another_value() {
    assert_eq!(
        lines(r#"{"a":"1","b":{"c":1}}"#, r#"{"a":1,"b":[1]}"#),
        ["Type a: \"1\" -> 1", "Type b: {\"c\":1} -> [1]"]
    );
}

#[test]
fn spellings_of_one_number_do_not_differ() {
    assert_eq!(lines(r#"{"a":1.0}"#, r#"{"a":1}"#), Vec::<String>::new());
}

#[test]
fn bookkeeping_and_keys_stay_out() {
    let row = |json: &str| Row(map(json));
    let a = row(r#"{"pk":"P#a","sk":"x@1","name":"n","version":1,"updatedAt":"t","csk":"x"}"#);
    let b = row(r#"{"pk":"P#b","sk":"x","name":"m","version":2,"updatedAt":"u","csk":"y","seq":3}"#);
    let places = |all| diff_rows(&a, &b, all).iter().map(|c| c.path.to_string()).collect::<Vec<_>>();
    assert_eq!(places(false), ["name", "seq"]);
    assert_eq!(places(true), ["name", "version", "updatedAt", "csk", "seq"]);
}

#[test]
fn strings_are_compared_word_by_word() {
    let (old, new) = words("ボルト M6 black", "ボルト M8 black");
    let changed = |spans: &[Span]| spans.iter().filter(|s| s.changed).map(|s| s.text.clone()).collect::<Vec<_>>();
    assert_eq!((changed(&old), changed(&new)), (vec!["M6".to_owned()], vec!["M8".to_owned()]));
    assert_eq!(old.iter().map(|s| s.text.as_str()).collect::<String>(), "ボルト M6 black");
}
