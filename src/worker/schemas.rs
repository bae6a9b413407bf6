//! JSON Schemas: read and checked in a worker.

use std::collections::HashSet;

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;

use super::child::{SCHEMAS, VALIDATE};
use super::filters::Remembered;
use super::session::{Refused, Session, try_out};
use super::violation;
use super::wire::{BadFrame, Reader, Writer};
use crate::domain::value::{Map, Value, to_plain_json};

/// Rules that one item breaks, of which each is told.
const RULES: usize = 12;
/// Violations that are looked at for them: each element of a long list may break the same rule.
const VIOLATIONS: usize = 1_000;

/// A schema that attributes do not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its number among those that were asked for.
    pub schema: usize,
    /// Each rule that is broken, once: its place in the schema, and why. A property that is missing stands behind `required`.
    pub each: Vec<(String, String)>,
    /// True where there may be more.
    pub has_more: bool,
}

/// Schemas to check attributes with.
#[derive(Debug)]
pub struct Schemas {
    session: Option<Session>,
    // Unit tests are no program that could be started again.
    #[cfg(test)]
    here: Option<Compiled>,
}

impl Schemas {
    /// Of their documents.
    ///
    /// # Errors
    /// The error in the first document that cannot be read, in words.
    pub fn new(documents: &[&str]) -> Result<Self, String> {
        #[cfg(test)]
        if super::program().is_none() {
            return Ok(Self { session: None, here: Some(Compiled::new(documents)?) });
        }
        let session = Session::open(setup(documents)).map_err(words)?;
        Ok(Self {
            session: Some(session),
            #[cfg(test)]
            here: None,
        })
    }

    /// Checks attributes, each against the schemas named by number: the first that they do not fit, or why that could not be
    /// decided.
    #[must_use]
    pub fn check(&self, all: &[(Vec<usize>, Map)]) -> Vec<Result<Option<Broken>, String>> {
        #[cfg(test)]
        if let Some(compiled) = &self.here {
            return all.iter().map(|(wanted, map)| compiled.check(wanted, map).0).collect();
        }
        let Some(session) = &self.session else { return Vec::new() };
        let sent = all.iter().map(|(wanted, map)| {
            let mut writer = Writer::default();
            writer.count(wanted.len());
            wanted.iter().for_each(|schema| writer.count(*schema));
            writer.map(map);
            writer.0
        });
        let sent: Vec<Vec<u8>> = sent.collect();
        let answers = session.ask(VALIDATE, &sent).into_iter().map(|answer| match answer {
            Ok(answer) => Checked::read(&mut Reader::new(&answer)).map_err(|bad| bad.to_string())?.0,
            Err(words) => Err(format!("not decided: the check {words}")),
        });
        answers.collect()
    }

    /// Whether checks did not come to an end for many entities in a row: no other would fare better.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_hopeless)
    }
}

/// Whether a document is a JSON Schema.
///
/// # Errors
/// The error in it, in words.
pub fn check_schema(document: &str) -> Result<(), String> {
    #[cfg(test)]
    if super::program().is_none() {
        return Compiled::new(&[document]).map(drop);
    }
    static CHECKED: Remembered = Remembered::new();
    CHECKED.of(document, || try_out(&setup(&[document]))).map_err(words)
}

fn setup(documents: &[&str]) -> Writer {
    let mut setup = Writer::of(SCHEMAS);
    setup.count(documents.len());
    documents.iter().for_each(|document| setup.text(document));
    setup
}

fn words(refused: Refused) -> String {
    match refused {
        Refused::Unreadable(words) => words,
        Refused::Ended(words) => format!("reading it {words}"),
    }
}

/// Schemas where they are evaluated.
#[derive(Debug)]
pub(super) struct Compiled(Vec<Validator>);

/// Result of a check.
pub(super) struct Checked(Result<Option<Broken>, String>);

impl Compiled {
    /// References to other documents are not followed.
    pub(super) fn new(documents: &[&str]) -> Result<Self, String> {
        let compile = |document: &&str| {
            let document: serde_json::Value = serde_json::from_str(document).map_err(|error| error.to_string())?;
            jsonschema::validator_for(&document).map_err(|error| violation::words(&error))
        };
        documents.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// Checks attributes against some of them.
    pub(super) fn check(&self, wanted: &[usize], attributes: &Map) -> Checked {
        let json = serde_json::from_str(&to_plain_json(&as_json(&Value::M(attributes.clone()))));
        let json: serde_json::Value = match json {
            Ok(json) => json,
            // Nested deeper than what reads JSON would follow.
            Err(error) => return Checked(Err(format!("not decided: {error}"))),
        };
        let broken = wanted.iter().find_map(|n| broken(*n, self.0.get(*n)?, &json));
        Checked(Ok(broken))
    }
}

fn broken(schema: usize, validator: &Validator, json: &serde_json::Value) -> Option<Broken> {
    let (mut each, mut known, mut has_more) = (Vec::new(), HashSet::new(), false);
    for (n, error) in validator.iter_errors(json).enumerate() {
        let mut place = error.schema_path().to_string();
        // Each property that is missing is a rule of its own.
        if let ValidationErrorKind::Required { property } = error.kind() {
            let name = property.as_str().unwrap_or_default();
            place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
        }
        let is_new = known.insert(place.clone());
        if n == VIOLATIONS || is_new && each.len() == RULES {
            has_more = true;
            break;
        }
        if is_new {
            each.push((place, violation::words(&error)));
        }
    }
    (!each.is_empty()).then_some(Broken { schema, each, has_more })
}

impl Checked {
    pub(super) fn write(&self, to: &mut Writer) {
        match &self.0 {
            Ok(None) => to.byte(b'+'),
            Ok(Some(broken)) => {
                to.byte(b'-');
                to.count(broken.schema);
                to.byte(u8::from(broken.has_more));
                to.count(broken.each.len());
                for (place, why) in &broken.each {
                    to.text(place);
                    to.text(why);
                }
            }
            Err(words) => {
                to.byte(b'?');
                to.text(words);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, BadFrame> {
        Ok(Self(match from.byte()? {
            b'+' => Ok(None),
            b'-' => {
                let (schema, has_more) = (from.count()?, from.byte()? != 0);
                let count = from.count()?;
                let one = |_| Ok((from.text()?.to_owned(), from.text()?.to_owned()));
                Ok(Some(Broken { schema, has_more, each: (0..count).map(one).collect::<Result<_, BadFrame>>()? }))
            }
            b'?' => Err(from.text()?.to_owned()),
            _ => return Err(BadFrame),
        }))
    }
}

/// Attributes as a schema sees them: sets as arrays, binary as base64.
fn as_json(value: &Value) -> Value {
    match value {
        Value::M(map) => Value::M(map.iter().map(|(name, value)| (name.clone(), as_json(value))).collect()),
        Value::L(list) => Value::L(list.iter().map(as_json).collect()),
        Value::Ss(set) => Value::L(set.iter().cloned().map(Value::S).collect()),
        Value::Ns(set) => Value::L(set.iter().cloned().map(Value::N).collect()),
        Value::Bs(set) => Value::L(set.iter().map(|bytes| base64(bytes)).collect()),
        Value::B(bytes) => base64(bytes),
        other => other.clone(),
    }
}

fn base64(bytes: &[u8]) -> Value {
    use base64::Engine as _;
    Value::S(base64::engine::general_purpose::STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn map(json: &str) -> Map {
        from_plain_json(json).unwrap().as_map().unwrap().clone()
    }

    #[test]
    fn what_was_found_arrives_as_it_was_sent() {
        let nothing_else = r#"{"properties":{"a":{"maximum":3}},"additionalProperties":{"properties":{"d":false}}}"#;
        let many: Vec<String> = (0..=RULES).map(|n| format!(r#""d{n}":false"#)).collect();
        let many = format!(r#"{{"properties":{{"a":{{"maximum":3}},{}}}}}"#, many.join(","));
        let all: Vec<String> = (0..=RULES).map(|n| format!(r#""d{n}":1"#)).collect();
        let all = format!("{{{}}}", all.join(","));
        let compiled = Compiled::new(&["{}", nothing_else, &many]).unwrap();
        for (wanted, json) in [(vec![0], r#"{"a":9}"#), (vec![0, 1], r#"{"a":9}"#), (vec![1, 2], &*all)] {
            let checked = compiled.check(&wanted, &map(json));
            let mut writer = Writer::default();
            checked.write(&mut writer);
            assert_eq!(Checked::read(&mut Reader::new(&writer.0)).unwrap().0, checked.0);
            let broken = checked.0.unwrap();
            assert_eq!(broken.is_some(), wanted.contains(&1));
            assert_eq!(broken.is_some_and(|broken| broken.has_more), json.contains('d'));
        }
    }

    #[test]
    fn each_rule_that_is_broken_is_told_once_and_none_is_left_out() {
        let schema = r#"{"required":["x","y/~z"],"properties":{"l":{"items":{"type":"string"}},"a":{"maximum":3},"b":{"enum":[1]},"c":false}}"#;
        let compiled = Compiled::new(&[schema]).unwrap();
        let broken = compiled.check(&[0], &map(r#"{"l":[1,2,3,4,5],"a":9,"b":2,"c":1}"#)).0.unwrap().unwrap();
        let mut places: Vec<&str> = broken.each.iter().map(|(place, _)| place.as_str()).collect();
        places.sort_unstable();
        let each = ["a/maximum", "b/enum", "c", "l/items/type"].map(|place| format!("/properties/{place}"));
        assert_eq!(places, [&*each[0], &each[1], &each[2], &each[3], "/required/x", "/required/y~1~0z"]);
        let whys: HashSet<&String> = broken.each.iter().map(|(_, why)| why).collect();
        assert!(whys.len() == 6 && !broken.has_more, "{broken:?}");
    }

    #[test]
    fn what_nests_too_deep_to_be_read_is_not_taken_for_valid() {
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(60), "]".repeat(60));
        let Value::M(mut deep) = from_plain_json(&deep).unwrap() else { panic!() };
        for _ in 0..3 {
            let inner = std::mem::take(&mut deep);
            let nested = (0..30).fold(Value::M(inner), |value, _| Value::L(vec![value]));
            deep.insert("b".to_owned(), nested);
        }
        let schemas = Schemas::new(&["{}"]).unwrap();
        let checked = schemas.check(&[(vec![0], deep)]);
        assert!(checked[0].as_ref().unwrap_err().starts_with("not decided"), "{checked:?}");
    }
}
