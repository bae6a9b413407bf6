//! Texts with values that were made elsewhere, told by what stays the same in them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::Language;

/// Letters that must stay the same for a text to be told by them.
const TOLD_BY: usize = 8;
/// Values that are texts of their own, within each other.
const DEPTH: usize = 3;

/// A text with values, and its translation.
#[derive(Debug)]
struct Pattern {
    /// Before, between and behind the values.
    pieces: Vec<String>,
    names: Vec<String>,
    translation: Cow<'static, str>,
}

/// Those of each language, by its tag; those that tell most come first.
static PATTERNS: LazyLock<HashMap<&'static str, Vec<Pattern>>> = LazyLock::new(|| {
    let of = |language: Language| {
        let texts = crate::_RUST_I18N_BACKEND.messages_for_locale(language.tag()).unwrap_or_default();
        let mut patterns: Vec<Pattern> = texts.into_iter().filter_map(|(key, text)| Pattern::of(&key, text)).collect();
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.letters()));
        (language.tag(), patterns)
    };
    HashMap::from([of(Language::Japanese)])
});

impl Pattern {
    fn of(key: &str, translation: Cow<'static, str>) -> Option<Self> {
        let mut parts = key.split("%{");
        let mut pieces = vec![parts.next()?.to_owned()];
        let mut names = Vec::new();
        for part in parts {
            let (name, piece) = part.split_once('}')?;
            names.push(name.to_owned());
            pieces.push(piece.to_owned());
        }
        let pattern = Self { pieces, names, translation };
        (!pattern.names.is_empty() && pattern.letters() >= TOLD_BY).then_some(pattern)
    }

    /// Letters that stay the same.
    fn letters(&self) -> usize {
        self.pieces.iter().flat_map(|piece| piece.chars()).filter(|c| c.is_alphabetic()).count()
    }

    /// The values of a text that was made of it; one may be empty. Of two side by side the second has all: they stand side by side in the
    /// translation, too.
    fn values<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, rest) = self.pieces.split_first()?;
        let (last, between) = rest.split_last()?;
        let mut left = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut values = Vec::new();
        for piece in between {
            let (value, behind) = left.split_once(piece.as_str())?;
            values.push(value);
            left = behind;
        }
        values.push(left);
        Some(values)
    }
}

/// The translation of a text that was made of one with values.
pub(super) fn translation(text: &str) -> Option<String> {
    of_depth(text, DEPTH)
}

fn of_depth(text: &str, depth: usize) -> Option<String> {
    let patterns = PATTERNS.get(Language::spoken().tag()).filter(|_| depth > 0)?;
    let (pattern, values) = patterns.iter().find_map(|pattern| Some((pattern, pattern.values(text)?)))?;
    let names: Vec<&str> = pattern.names.iter().map(String::as_str).collect();
    let values: Vec<String> = values
        .into_iter()
        .map(|value| {
            match super::is_sentence(value) {
                true => super::whole(value).map(Cow::into_owned).or_else(|| of_depth(value, depth - 1)),
                false => None,
            }
            .unwrap_or_else(|| value.to_owned())
        })
        .collect();
    Some(rust_i18n::replace_patterns(&pattern.translation, &names, &values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_by_what_stays_the_same() {
        let of = |key| Pattern::of(key, Cow::Borrowed("")).unwrap();
        let pattern = of("version %{n} waits since %{at}: %{why}");
        assert_eq!(pattern.values("version 3 waits since 10:00: no: one"), Some(vec!["3", "10:00", "no: one"]));
        assert_eq!(pattern.values("version 3 waits since 10"), None);
        assert_eq!(pattern.values("the version 3 waits since 1: 2"), None);
        let ended = of("%{n} rows were left out");
        assert_eq!(ended.values("12 rows were left out"), Some(vec!["12"]));
        let optional = of("can be undone %{only}until %{at}");
        assert_eq!(optional.values("can be undone until 10:00"), Some(vec!["", "10:00"]));
        let beside = of("versions in no table: %{some}%{more}");
        assert_eq!(beside.values("versions in no table: 2, 3 and more"), Some(vec!["", "2, 3 and more"]));
        assert!(["%{a}: %{b}", "no values at all"].iter().all(|key| Pattern::of(key, "".into()).is_none()));
    }

    #[test]
    fn values_that_are_sentences_are_translated_and_words_are_not() {
        let text = "can be undone until 2027-02-28 19:30: then the versions before it expire (history and command rows) of module deleted";
        let said = crate::language::tests::speaking(Language::Japanese, || translation(text)).unwrap();
        assert!(said.starts_with("2027-02-28 19:30 まで取り消せます") && said.contains("モジュール deleted"), "{said}");
        assert!(said.contains("以前のバージョンが期限切れ") && !said.contains("expire"), "{said}");
    }
}
