//! Keys that a reader cannot tell apart: other normal form, other width, blanks at the end.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// The form that such keys share.
#[must_use]
pub fn folded(key: &str) -> Cow<'_, str> {
    if key.is_ascii() {
        return Cow::Borrowed(key.trim_end());
    }
    match ComposingNormalizerBorrowed::new_nfkc().normalize(key) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end()),
        Cow::Owned(text) => Cow::Owned(text.trim_end().to_owned()),
    }
}

/// The usual other spellings of a key that share its form; none for plain ASCII.
#[must_use]
pub fn spellings(key: &str) -> Vec<String> {
    if key.is_ascii() && !key.ends_with(char::is_whitespace) {
        return Vec::new();
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let folded = folded(key).into_owned();
    let mut out = vec![
        nfc.normalize(key).into_owned(),
        DecomposingNormalizerBorrowed::new_nfd().normalize(key).into_owned(),
        key.trim_end().to_owned(),
        DecomposingNormalizerBorrowed::new_nfd().normalize(&folded).into_owned(),
        folded,
    ];
    out.sort_unstable();
    out.dedup();
    out.retain(|other| other != key && !other.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_form_width_and_blanks_do_not_tell_keys_apart() {
        for (a, b) in [("ガ", "カ\u{3099}"), ("Ｐ－１", "P-1"), ("ｶﾞ", "ガ"), ("P-1 ", "P-1"), ("P-1\u{3000}", "P-1")]
        {
            assert_eq!(folded(a), folded(b), "{a} {b}");
            assert!(spellings(a).contains(&b.to_owned()), "{a}: {:?}", spellings(a));
        }
        assert_ne!(folded("P-1"), folded("p-1"));
        assert!(spellings("P-1").is_empty() && spellings("部品").is_empty());
    }
}
