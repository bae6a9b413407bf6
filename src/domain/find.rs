//! Looking for a text in rows, without regard to case and width.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::path::{BadPath, Path};
use super::row::{Row, field};
use super::transform::at_place;
use super::value::{Number, Value};

/// Places of one row that are named: a text that is everywhere in it is found all the same.
const PLACES: usize = 16;

/// The form that texts share which differ in case and width alone: NFKC, case-folded.
#[must_use]
pub fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let has_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
        return if has_upper { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) };
    }
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    // By way of upper case: a sharp s becomes two letters, and a final sigma the same letter as any other.
    let lower: String =
        nfkc.normalize(text).chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    Cow::Owned(nfkc.normalize(&lower).into_owned())
}

/// Where in a row to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `id`.
    Id,
    /// The sort key.
    Sk,
    /// `code`.
    Code,
    /// `name`.
    Name,
    /// A field of the row or a place in its attributes, with all that is inside.
    Path(Path),
}

impl Place {
    /// Where it is looked without being asked.
    pub const DEFAULT: [Self; 4] = [Self::Id, Self::Sk, Self::Code, Self::Name];

    fn path(&self) -> Cow<'_, Path> {
        let of = |name| Cow::Owned(Path::default().name(name));
        match self {
            Self::Id => of(field::ID),
            Self::Sk => of(field::SK),
            Self::Code => of(field::CODE),
            Self::Name => of(field::NAME),
            Self::Path(path) => Cow::Borrowed(path),
        }
    }

    /// True where a row has it.
    #[must_use]
    pub fn is_of(&self, row: &Row) -> bool {
        at_place(&row.0, &self.path()).is_some()
    }

    /// Whether it is in the attributes, which may stand in S3.
    #[must_use]
    pub fn is_in_attributes(&self) -> bool {
        self.path().field() == Some(field::ATTRIBUTES)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().fmt(f)
    }
}

impl FromStr for Place {
    type Err = BadPath;

    fn from_str(text: &str) -> Result<Self, BadPath> {
        Ok(match text {
            field::ID => Self::Id,
            field::SK => Self::Sk,
            field::CODE => Self::Code,
            field::NAME => Self::Name,
            path => Self::Path(path.parse()?),
        })
    }
}

/// A text that is looked for.
#[derive(Debug, Clone)]
pub struct Needle {
    folded: String,
    number: Option<Number>,
    exact: bool,
}

/// Where it was found, and the whole text or number there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The place.
    pub path: Path,
    /// The text or number that stands there; a number in its digits.
    pub value: String,
}

impl Needle {
    /// A text, as a part of others, or `exact`ly.
    #[must_use]
    pub fn new(text: &str, exact: bool) -> Self {
        Self { folded: folded(text).into_owned(), number: Number::parse(text).ok(), exact }
    }

    fn is_text(&self, text: &str) -> bool {
        let text = folded(text);
        if self.exact { *text == *self.folded } else { text.contains(&self.folded) }
    }

    fn is_number(&self, number: &Number) -> bool {
        self.number.as_ref() == Some(number) || (!self.exact && number.as_str().contains(&self.folded))
    }

    /// Where it stands in a row; attributes in S3 are not looked into.
    #[must_use]
    pub fn find(&self, row: &Row, places: &[Place]) -> Vec<Matched> {
        let mut found = Vec::new();
        for place in places {
            let path = place.path();
            if place.is_in_attributes() && row.attributes_ref().is_some() {
                continue;
            }
            if let Some(value) = at_place(&row.0, &path) {
                self.within(value, &path, &mut found);
            }
        }
        found
    }

    fn within(&self, value: &Value, path: &Path, found: &mut Vec<Matched>) {
        if found.len() >= PLACES {
            return;
        }
        let mut add = |value: &str| found.push(Matched { path: path.clone(), value: value.to_owned() });
        match value {
            Value::S(text) if self.is_text(text) => add(text),
            Value::N(number) if self.is_number(number) => add(number.as_str()),
            Value::Ss(texts) => texts.iter().filter(|text| self.is_text(text)).for_each(|text| add(text)),
            Value::Ns(numbers) => numbers.iter().filter(|n| self.is_number(n)).for_each(|n| add(n.as_str())),
            Value::M(map) => map.iter().for_each(|(name, value)| self.within(value, &path.name(name), found)),
            Value::L(list) => list.iter().enumerate().for_each(|(i, value)| self.within(value, &path.index(i), found)),
            Value::S(_) | Value::N(_) | Value::B(_) | Value::Bs(_) | Value::Bool(_) | Value::Null => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    #[test]
    fn case_and_width_make_no_difference() {
        for (a, b) in [
            ("ﾎﾞﾙﾄ", "ボルト"),
            ("Ｂｏｌｔ", "bOLT"),
            ("ﾊﾟｯｷﾝ", "パッキン"),
            ("STRASSE", "straße"),
            ("ΣΟΦΟΣ", "σοφος"),
            ("É", "e\u{301}"),
            ("㈱", "(株)"),
        ] {
            assert_eq!(folded(a), folded(b), "{a} {b}");
        }
        assert_ne!(folded("ボルト"), folded("ホルト"));
        assert!(matches!(folded("p-0001"), Cow::Borrowed(_)));
    }

    fn row() -> Row {
        let json = r#"{"pk":"P#a","sk":"P-1","id":"P#a#P-1","name":"六角ﾎﾞﾙﾄ M6","code":"B-6",
            "attributes":{"email":"Sato@Example.com","tags":["x","ボルト"],"price":1200,"deep":{"price":12}}}"#;
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    fn found(text: &str, exact: bool, places: &[&str]) -> Vec<String> {
        let places: Vec<Place> = match places {
            [] => Place::DEFAULT.to_vec(),
            places => places.iter().map(|place| place.parse().unwrap()).collect(),
        };
        Needle::new(text, exact).find(&row(), &places).iter().map(|m| m.path.to_string()).collect()
    }

    #[test]
    fn it_looks_where_it_is_asked_to() {
        assert_eq!(found("ボルト", false, &[]), ["name"]);
        assert_eq!(found("ボルト", true, &[]), [""; 0]);
        assert_eq!(found("p-1", false, &[]), ["id", "sk"]);
        assert_eq!(found("ﾎﾞﾙﾄ", false, &["attributes"]), ["attributes.tags[1]"]);
        assert_eq!(found("sato@example.com", true, &["attributes.email"]), ["attributes.email"]);
        assert_eq!(found("sato@", false, &["attributes.deep"]), [""; 0]);
        assert_eq!(found("12", false, &["attributes"]), ["attributes.price", "attributes.deep.price"]);
        assert_eq!(found("12.0", true, &["attributes"]), ["attributes.deep.price"]);
        let mut in_s3 = row();
        in_s3.0.insert("attributes".to_owned(), Value::s("s3://b/ddb/x.json"));
        let attributes = ["attributes".parse().unwrap()];
        assert_eq!(Needle::new("s3", false).find(&in_s3, &attributes), []);
    }
}
