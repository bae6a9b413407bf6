use proptest::prelude::*;

use super::*;
use crate::domain::publish::{NAMED_FIELDS, NewState};
use crate::domain::row::Row;
use crate::domain::run::Reason;
use crate::domain::testing::any_value;
use crate::domain::value::{Map, Value, from_plain_json};

fn row(json: &str) -> Row {
    Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
}

fn columns(lossless: bool) -> Columns {
    Columns::of(&header(lossless).join(","), ',', true).unwrap()
}

fn back(row: &Row, lossless: bool) -> Incoming {
    let fields = fields(row, "globex", lossless).unwrap();
    columns(lossless).entity(&fields.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_guides_columns_stand_first_and_in_its_order() {
    assert_eq!(header(false).join(","), "sourcePk,sourceSk,code,name,attributes,targetTenantCode");
    assert!(header(true).starts_with(&GUIDE) && header(true)[6..] == [ATTRIBUTES_DDB, FIELDS_DDB]);
    let told = row(r#"{"pk":"P#a","sk":"x","code":"x","attributes":{"n":3.3000000000000003,"t":"a,\"b\"\n"}}"#);
    let expected = ["P#a", "x", "x", "", r#"{"n":3.3000000000000003,"t":"a,\"b\"\n"}"#, "globex"];
    assert_eq!(fields(&told, "globex", false).unwrap(), expected);
}

#[test]
fn the_guides_own_rows_are_read() {
    let columns = Columns::of("\u{feff}sourcePk, sourceSk ,code,name,attributes,targetTenantCode,line", ',', true);
    let read = columns.unwrap().entity(&["P#a", "x", "c", "", r#"{"a":{"b":[1.50]}}"#, "globex", "7"]).unwrap();
    assert_eq!(read.row, row(r#"{"type":"P","code":"c","attributes":{"a":{"b":[1.50]}},"pk":"P#a","sk":"x"}"#));
    assert_eq!((read.tenant.as_deref(), read.is_whole, read.warnings.len()), (Some("globex"), false, 0));
}

#[test]
fn what_cannot_be_read_says_where() {
    let read = |fields: &[&str]| {
        let error = columns(true).entity(fields).unwrap_err();
        (error.reason, error.message)
    };
    assert_eq!(read(&["P#a", "x"]), (Reason::Csv, "the row has 2 fields, and the header 8".to_owned()));
    assert_eq!(read(&["P#a", "", "", "", "", "", "", ""]), (Reason::Csv, "sourceSk is empty".to_owned()));
    let bad =
        [("{oops", "", "attributes is not JSON"), ("[1]", "", "no JSON object"), ("", "{\"a\":1}", "attributes_ddb")];
    for (plain, typed, said) in bad {
        let (reason, message) = read(&["P#a", "x", "", "", plain, "", typed, ""]);
        assert!(reason == Reason::MalformedJson && message.contains(said), "{message}");
    }
    let header = |names: &str| Columns::of(names, ',', true).unwrap_err();
    assert_eq!(header("sourceSk,attributes"), BadHeader::Missing("sourcePk"));
    assert_eq!(header("sourcePk,sourceSk,sourcePk,attributes"), BadHeader::Twice("sourcePk"));
    assert_eq!(header("sourcePk,sourceSk,attributes"), BadHeader::Missing("targetTenantCode"));
    assert!(Columns::of("sourcePk,sourceSk,attributes_ddb", ',', false).is_ok());
}

#[test]
fn typed_attributes_win_and_a_difference_is_told() {
    let mut fields = fields(&row(r#"{"pk":"P#a","sk":"x","attributes":{"a":1}}"#), "b", true).unwrap();
    fields[4] = r#"{"a":2}"#.to_owned();
    let read = columns(true).entity(&fields.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    assert_eq!(read.row.get("attributes"), Some(&from_plain_json(r#"{"a":1}"#).unwrap()));
    assert_eq!(read.warnings.len(), 1, "{:?}", read.warnings);
}

#[test]
fn a_key_that_a_spreadsheet_changed_is_invalid_in_a_lossless_file() {
    let mut told = fields(&row(r#"{"pk":"P#a","sk":"0012","attributes":{}}"#), "b", true).unwrap();
    let entity = |fields: &[String]| columns(true).entity(&fields.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(entity(&told).unwrap().warnings.is_empty());
    told[1] = "12".to_owned();
    let error = entity(&told).unwrap_err();
    assert_eq!(error.reason, Reason::KeyInvalid);
    assert!(error.message.contains("\"12\"") && error.message.contains("\"0012\""), "{}", error.message);
    // Files of the guide have nothing to compare with.
    let plain = columns(false).entity(&["P#a", "=\"001\"", "", "", "", "b"]).unwrap();
    assert!(plain.warnings[0].contains("formula"), "{:?}", plain.warnings);
}

#[test]
fn a_cell_as_long_as_excel_keeps_is_said_to_be_cut() {
    let read = |plain: &str| columns(false).entity(&["P#a", "x", "", "", plain, "b"]);
    let text = "x".repeat(32_767 - 8);
    let warnings = read(&format!("{{\"t\":\"{text}\"}}")).unwrap().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("32,767"), "{warnings:?}");
    let error = read(&format!("{{\"t\":\"{text}xx")).unwrap_err();
    assert!(error.reason == Reason::MalformedJson && error.message.contains("32,767"), "{}", error.message);
}

#[test]
fn a_row_inside_a_cell_is_a_quote_too_many() {
    let read = |lossless: bool, name: &str| {
        let mut told = fields(&row(r#"{"pk":"P#a","sk":"x","attributes":{}}"#), "b", lossless).unwrap();
        told[3] = name.to_owned();
        columns(lossless).entity(&told.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let swallowed = "two\r\nP#a,y,c,n,{},b";
    assert_eq!(read(false, swallowed).unwrap_err().reason, Reason::Csv);
    assert!(read(false, "two\nlines of P#a").is_ok());
    assert!(read(true, swallowed).is_ok(), "an export quotes what it writes");
}

#[test]
fn places_are_paths_or_objects() {
    let s3 = Place::parse("s3://shop-private/a/b.csv").unwrap();
    assert_eq!((s3.to_string().as_str(), s3.name(), s3.wants_name()), ("s3://shop-private/a/b.csv", "b.csv", false));
    assert!(
        Place::parse("s3://shop-private/").unwrap().wants_name() && Place::parse("s3://b/dir/").unwrap().wants_name()
    );
    assert_eq!(Place::parse("a/b.csv").unwrap().with(".x"), Place::File("a/b.csv.x".to_owned()));
    assert!(Place::parse("").is_err() && Place::parse("s3:///key").is_err());
}

proptest! {
    #[test]
    fn what_is_written_lossless_reads_back(
        attributes in proptest::option::of(proptest::collection::vec(("[ -~あ😀\n\"]{0,6}", any_value()), 0..5)),
        others in proptest::collection::vec((0..NAMED_FIELDS.len(), any_value()), 0..5),
        unknown in any_value(),
    ) {
        let mut map = Map::from([("pk".to_owned(), Value::s("P#a")), ("sk".to_owned(), Value::s("x,\"y\"\n"))]);
        for (at, value) in others {
            let name = NAMED_FIELDS[at];
            if !["id", "tenantCode", "attributes"].contains(&name) {
                map.insert(name.to_owned(), value);
            }
        }
        map.insert("unknown".to_owned(), unknown);
        if let Some(attributes) = attributes {
            map.insert("attributes".to_owned(), Value::M(attributes.into_iter().collect()));
        }
        let row = Row(map);
        let read = back(&row, true);
        prop_assert_eq!(NewState::of(&read.row), NewState::of(&row));
        prop_assert!(read.is_whole && read.warnings.is_empty());
    }
}
