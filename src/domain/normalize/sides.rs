//! Rows that want one key, side by side: where they differ, and what a decision makes of them.

use super::super::diff::is_bookkeeping;
use super::super::merge::merge;
use super::super::path::Path;
use super::super::row::{Row, field};
use super::super::value::{Map, Value};

/// A place where not all of the rows hold the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub path: Path,
    /// Value of each row there, in the order of the rows; `None` where it holds nothing.
    pub values: Vec<Option<Value>>,
}

/// Fields that say which spelling a row has: they become the same whatever is decided.
const RESPELLED: [&str; 5] = [field::PK, field::SK, field::ID, field::TENANT_CODE, field::TYPE];

/// Where rows of several spellings differ, places in order of their first appearance. Maps are looked into, lists compared as a whole;
/// bookkeeping and the code's own spelling take no part.
#[must_use]
pub fn differences(rows: &[&Row]) -> Vec<Difference> {
    let mut out = Vec::new();
    let maps: Vec<Option<&Map>> = rows.iter().map(|row| Some(&row.0)).collect();
    members(&Path::default(), &maps, &mut out);
    out
}

fn is_respelled(name: &str, values: &[Option<&Value>]) -> bool {
    let text = |v: &Option<&Value>| v.and_then(Value::as_str).map(str::to_lowercase);
    // A type that is no code is a difference like any other.
    let is_same = || values.iter().map(text).all(|t| t.is_some() && t == values.first().and_then(text));
    RESPELLED.contains(&name) && (name != field::TYPE || is_same())
}

fn members(path: &Path, maps: &[Option<&Map>], out: &mut Vec<Difference>) {
    let mut names: Vec<&String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    names.extend(maps.iter().flatten().flat_map(|map| map.keys()).filter(|name| seen.insert(name.as_str())));
    for name in names {
        let values: Vec<Option<&Value>> = maps.iter().map(|map| map.and_then(|m| m.get(name))).collect();
        let is_top = path.0.is_empty();
        if is_top && (is_bookkeeping(name) || is_respelled(name, &values)) {
            continue;
        }
        place(path.name(name), &values, out);
    }
}

fn place(path: Path, values: &[Option<&Value>], out: &mut Vec<Difference>) {
    if values.windows(2).all(|pair| pair[0] == pair[1]) {
        return;
    }
    let known = out.len();
    if values.iter().flatten().all(|v| v.as_map().is_some()) {
        let maps: Vec<Option<&Map>> = values.iter().map(|v| v.and_then(Value::as_map)).collect();
        members(&path, &maps, out);
    }
    // An empty map differs from none at all, and has nothing inside to say so.
    if out.len() == known {
        out.push(Difference { path, values: values.iter().map(|v| v.cloned()).collect() });
    }
}

/// Row that the target would hold, from rows kept or merged in this order, later ones winning: as they are spelled now, without
/// bookkeeping.
/// `from` are places among the rows; one that is none is passed over.
#[must_use]
pub fn decided_row(rows: &[&Row], from: &[usize]) -> Row {
    let mut whole = Map::new();
    for row in from.iter().filter_map(|i| rows.get(*i)) {
        for (name, value) in row.0.iter().filter(|(name, _)| !is_bookkeeping(name)) {
            let merged = match (whole.get(name), value) {
                (Some(Value::M(before)), Value::M(over)) if name == field::ATTRIBUTES => Value::M(merge(before, over)),
                _ => value.clone(),
            };
            whole.insert(name.clone(), merged);
        }
    }
    Row(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Row {
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    fn shown(rows: &[&Row]) -> Vec<(String, Vec<Option<String>>)> {
        let text = |v: &Value| crate::domain::value::to_plain_json(v);
        differences(rows)
            .into_iter()
            .map(|d| (d.path.to_string(), d.values.iter().map(|v| v.as_ref().map(text)).collect()))
            .collect()
    }

    fn some(texts: &[&str]) -> Vec<Option<String>> {
        texts.iter().map(|t| (!t.is_empty()).then(|| (*t).to_owned())).collect()
    }

    #[test]
    fn every_row_stands_beside_the_others_and_the_spelling_itself_is_no_difference() {
        let a = row(
            r#"{"pk":"O#t","sk":"1","id":"O#t#1","tenantCode":"t","type":"t","version":1,"name":"n","attributes":{"s":"open","d":{"x":1,"y":2},"l":[1,2]}}"#,
        );
        let b = row(
            r#"{"pk":"O#T","sk":"1","id":"O#T#1","tenantCode":"T","type":"T","version":7,"name":"n","attributes":{"s":"shipped","d":{"x":1,"y":3},"l":[2,1],"new":{}}}"#,
        );
        let c = row(r#"{"pk":"O#tT","sk":"1","type":"T","name":"m","attributes":{"s":"open","l":[1,2]}}"#);
        assert_eq!(
            shown(&[&a, &b, &c]),
            [
                ("name".to_owned(), some(&["\"n\"", "\"n\"", "\"m\""])),
                ("attributes.s".to_owned(), some(&["\"open\"", "\"shipped\"", "\"open\""])),
                ("attributes.d.x".to_owned(), some(&["1", "1", ""])),
                ("attributes.d.y".to_owned(), some(&["2", "3", ""])),
                ("attributes.l".to_owned(), some(&["[1,2]", "[2,1]", "[1,2]"])),
                ("attributes.new".to_owned(), some(&["", "{}", ""])),
            ]
        );
        assert!(shown(&[&a, &a]).is_empty());
        let other = row(r#"{"type":"ORDER"}"#);
        assert_eq!(shown(&[&row(r#"{"type":"T"}"#), &other]).len(), 1, "a type that differs otherwise");
    }

    #[test]
    fn a_decision_to_merge_is_seen_as_it_will_be_written() {
        let a = row(r#"{"version":1,"name":"a","code":"c","attributes":{"s":1,"d":{"x":1},"l":[1]}}"#);
        let b = row(r#"{"version":2,"name":"b","attributes":{"d":{"y":2},"l":[2]}}"#);
        let merged = |from: &[usize]| decided_row(&[&a, &b], from);
        assert_eq!(merged(&[0, 1]), row(r#"{"name":"b","code":"c","attributes":{"s":1,"d":{"x":1,"y":2},"l":[2]}}"#));
        assert_eq!(merged(&[1, 0]).text("name"), Some("a"));
        assert_eq!(merged(&[1]), row(r#"{"name":"b","attributes":{"d":{"y":2},"l":[2]}}"#));
        assert_eq!(merged(&[7]), Row::default());
    }
}
