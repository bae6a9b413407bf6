//! Where a tenant code stands inside stored values, and how it is respelled there.

use std::collections::BTreeMap;

use crate::domain::key::KEY_SEPARATOR;
use crate::domain::path::Path;
use crate::domain::value::{Map, Value};

/// Tenant codes as they are spelled and as they are to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Codes(BTreeMap<String, String>);

/// A text that contains one of the codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Where in the row.
    pub path: Path,
    /// The whole text.
    pub text: String,
    /// The code as it is spelled there.
    pub code: String,
    /// Whether the code is a segment of a key (`CUSTOMER#MY_TENANT#c-1`) and not the whole text.
    pub is_key: bool,
}

impl Codes {
    /// The codes with what they become.
    pub fn new(codes: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(codes.into_iter().collect())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The codes with what they become, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(old, new)| (old.as_str(), new.as_str()))
    }

    /// The code that a text is, or contains as a segment of a key.
    #[must_use]
    pub fn within(&self, text: &str) -> Option<(&str, bool)> {
        if let Some((code, _)) = self.0.get_key_value(text) {
            return Some((code, false));
        }
        if !text.contains(KEY_SEPARATOR) {
            return None;
        }
        let found = text.split(KEY_SEPARATOR).find_map(|segment| self.0.get_key_value(segment));
        found.map(|(code, _)| (code.as_str(), true))
    }

    /// Every text inside a value that contains a code, in the value's order.
    #[must_use]
    pub fn find(&self, value: &Value, path: &Path) -> Vec<Occurrence> {
        let mut found = Vec::new();
        self.look(value, path, &mut found);
        found
    }

    fn look(&self, value: &Value, path: &Path, found: &mut Vec<Occurrence>) {
        let mut text = |path: &Path, text: &String| {
            if let Some((code, is_key)) = self.within(text) {
                found.push(Occurrence { path: path.clone(), text: text.clone(), code: code.to_owned(), is_key });
            }
        };
        match value {
            Value::S(t) => text(path, t),
            Value::Ss(set) => set.iter().for_each(|t| text(path, t)),
            Value::M(map) => map.iter().for_each(|(name, v)| self.look(v, &path.name(name), found)),
            Value::L(list) => list.iter().enumerate().for_each(|(i, v)| self.look(v, &path.index(i), found)),
            _ => {}
        }
    }

    /// A map with the codes respelled wherever they are segments of keys; texts that are a code and nothing else stay, because
    /// they may be names.
    #[must_use]
    pub fn rewrite(&self, map: &Map) -> Map {
        map.iter().map(|(name, value)| (name.clone(), self.respelled(value))).collect()
    }

    fn respelled(&self, value: &Value) -> Value {
        match value {
            Value::S(text) => Value::S(self.key(text)),
            Value::Ss(set) => Value::Ss(set.iter().map(|text| self.key(text)).collect()),
            Value::M(map) => Value::M(self.rewrite(map)),
            Value::L(list) => Value::L(list.iter().map(|v| self.respelled(v)).collect()),
            other => other.clone(),
        }
    }

    fn key(&self, text: &str) -> String {
        if !text.contains(KEY_SEPARATOR) {
            return text.to_owned();
        }
        let segments: Vec<&str> = text.split(KEY_SEPARATOR).map(|s| self.0.get(s).map_or(s, String::as_str)).collect();
        segments.join(&KEY_SEPARATOR.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn codes() -> Codes {
        Codes::new([("MY_TENANT".to_owned(), "my_tenant".to_owned()), ("My_Tenant".to_owned(), "my_tenant".to_owned())])
    }

    fn value(json: &str) -> Value {
        from_plain_json(json).unwrap()
    }

    const ROW: &str = r#"{"customer":"CUSTOMER#MY_TENANT#c-1","owner":"MY_TENANT","note":"for MY_TENANT","deep":{"list":["a","X#My_Tenant"]},
        "other":"CUSTOMER#MY_TENANT2#c","n":1}"#;

    #[test]
    fn codes_are_found_as_segments_and_as_whole_texts_and_nowhere_else() {
        let found: Vec<_> = codes()
            .find(&value(ROW), &Path::default().name("attributes"))
            .into_iter()
            .map(|o| (o.path.to_string(), o.code, o.is_key))
            .collect();
        let expected = [
            ("attributes.customer", "MY_TENANT", true),
            ("attributes.owner", "MY_TENANT", false),
            ("attributes.deep.list[1]", "My_Tenant", true),
        ];
        assert_eq!(found, expected.map(|(p, c, k)| (p.to_owned(), c.to_owned(), k)));
    }

    #[test]
    fn keys_are_respelled_and_names_stay() {
        let rewritten = Value::M(codes().rewrite(value(ROW).as_map().unwrap()));
        let expected = ROW.replace("#MY_TENANT#", "#my_tenant#").replace("#My_Tenant", "#my_tenant");
        assert_eq!(rewritten, value(&expected));
    }
}
