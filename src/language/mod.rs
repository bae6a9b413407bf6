//! The language that the console speaks. Texts stand in the code in English; `assets/locales` has them in the other languages.

mod call;
mod made;
mod numbered;

use std::borrow::Cow;
use std::sync::atomic::{AtomicU8, Ordering};

use numbered::{by_kinds, without_numbers};

/// A language that the console speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Language {
    /// The texts in the code.
    English,
    /// `assets/locales/*.ja.toml`.
    Japanese,
}

/// Spoken by the console of this process: what is printed for programs is English whatever it is.
static SPOKEN: AtomicU8 = AtomicU8::new(Language::English as u8);

impl Language {
    /// Its tag of BCP 47, which the files of its texts are named by.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// The language of a tag, or of a locale as POSIX names it: `ja_JP.UTF-8`.
    #[must_use]
    pub fn of_locale(locale: &str) -> Option<Self> {
        let tag = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        [Self::English, Self::Japanese].into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// The language of the environment.
    #[must_use]
    pub fn of_environment() -> Self {
        Self::of_variables(|name| std::env::var(name).ok())
    }

    /// The first variable that is set decides, as for other programs.
    fn of_variables(get: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(get).find(|value| !value.is_empty());
        locale.and_then(|locale| Self::of_locale(&locale)).unwrap_or(Self::English)
    }

    /// The console speaks it from now on.
    pub fn speak(self) {
        SPOKEN.store(self as u8, Ordering::Relaxed);
    }

    /// The language that the console speaks.
    #[must_use]
    pub fn spoken() -> Self {
        #[cfg(test)]
        if let Some(language) = tests::HERE.get() {
            return language;
        }
        if SPOKEN.load(Ordering::Relaxed) == Self::Japanese as u8 { Self::Japanese } else { Self::English }
    }
}

/// A text of the console in the language that it speaks: `tr!("Leave now?")`, `tr!("%{n} left", n = count)`. The text is the key of its
/// translations; a value is anything that can be displayed, `n = count : {:>5}` formats it.
macro_rules! tr {
    ($text:tt) => { rust_i18n::t!($text, locale = $crate::language::Language::spoken().tag()) };
    ($text:tt, $($values:tt)+) => { rust_i18n::t!($text, locale = $crate::language::Language::spoken().tag(), $($values)+) };
}

/// Marks a text of a constant, which is translated where it is shown, by [`translated`].
macro_rules! text {
    ($text:literal) => {
        $text
    };
}

/// The translation of a text that [`text!`] marks.
pub(crate) fn translated(text: &'static str) -> Cow<'static, str> {
    rust_i18n::t!((text, text), locale = Language::spoken().tag())
}

/// The translation of what was said elsewhere, where there is one: of all of it, of the text with values that it was made of, or of
/// each sentence in it.
pub(crate) fn known(text: &str) -> Option<Cow<'_, str>> {
    if Language::spoken() == Language::English || !is_sentence(text) {
        return None;
    }
    match without_numbers(text) {
        Cow::Borrowed(text) => whole(text).or_else(|| made::translation(text).map(Cow::Owned)),
        Cow::Owned(unnumbered) => {
            let by_kind = || made::translation(&by_kinds(text)?);
            let known = whole(&unnumbered).map(Cow::into_owned).or_else(by_kind);
            known.or_else(|| made::translation(&unnumbered)).map(Cow::Owned)
        }
    }
}

/// The words of an error of the system.
pub(crate) fn system(error: &std::io::Error) -> String {
    spoken(&error.to_string()).into_owned()
}

/// The words in brackets behind a sentence that says the same: translated as far as it is known.
pub(crate) fn within(text: &str) -> Cow<'_, str> {
    if Language::spoken() == Language::English {
        return Cow::Borrowed(text);
    }
    let text = without_numbers(text);
    match call::call(&text) {
        Some(call) => Cow::Owned(call),
        None => text,
    }
}

/// A single word is one of the contract, a name or a value.
fn is_sentence(text: &str) -> bool {
    text.contains(' ')
}

fn whole(text: &str) -> Option<Cow<'_, str>> {
    crate::_rust_i18n_try_translate(Language::spoken().tag(), text)
}

/// [`known`], or the text itself.
pub(crate) fn spoken(text: &str) -> Cow<'_, str> {
    known(text).unwrap_or(Cow::Borrowed(text))
}

/// The translation of a text that [`text!`] marks, with a number where it says `%{n}`.
pub(crate) fn counted(text: &'static str, n: &str) -> String {
    rust_i18n::t!((text, text), locale = Language::spoken().tag(), n = n).into_owned()
}

/// Sign between the parts of a list.
pub(crate) fn comma() -> &'static str {
    match Language::spoken() {
        Language::English => ", ",
        Language::Japanese => "、",
    }
}

/// Parts as a list that somebody reads; what programs read has commas of its own.
pub(crate) fn listed<T: AsRef<str>>(parts: impl IntoIterator<Item = T>) -> String {
    let mut list = String::new();
    for (i, part) in parts.into_iter().enumerate() {
        if i > 0 {
            list.push_str(comma());
        }
        list.push_str(part.as_ref());
    }
    list
}

/// Sentences as one text.
pub(crate) fn sentences<T: AsRef<str>>(sentences: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for (i, sentence) in sentences.into_iter().enumerate() {
        if i > 0 && Language::spoken() == Language::Japanese {
            // Some are whole with it already.
            text.truncate(text.trim_end_matches('。').len());
            text.push('。');
        } else if i > 0 {
            text.push_str("; ");
        }
        text.push_str(sentence.as_ref());
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// Spoken in this test alone: others run beside it.
        pub(super) static HERE: Cell<Option<Language>> = const { Cell::new(None) };
    }

    /// Does something while a language is spoken.
    pub(crate) fn speaking<T>(language: Language, work: impl FnOnce() -> T) -> T {
        HERE.set(Some(language));
        let done = work();
        HERE.set(None);
        done
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let of = |set: &[(&str, &str)]| {
            Language::of_variables(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8")]), Language::Japanese);
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "C.UTF-8")]), Language::English);
        assert_eq!(of(&[("LC_MESSAGES", "ja"), ("LC_ALL", "")]), Language::Japanese);
        assert_eq!(of(&[("LANG", "de_DE")]), Language::English);
        assert_eq!(of(&[]), Language::English);
    }

    #[test]
    fn lists_and_sentences_have_the_signs_of_their_language() {
        let both = || (listed(["a", "b", "c"]), sentences(["1 is left。", "2 are not"]), listed([""; 0]));
        let of = |list: &str, text: &str| (list.to_owned(), text.to_owned(), String::new());
        assert_eq!(both(), of("a, b, c", "1 is left。; 2 are not"));
        assert_eq!(speaking(Language::Japanese, both), of("a、b、c", "1 is left。2 are not"));
    }

    #[test]
    fn errors_of_the_system_are_translated_without_their_numbers() {
        let said = |text| speaking(Language::Japanese, || known(text).map(Cow::into_owned));
        let none = said("none.toml: No such file or directory (os error 2)");
        assert_eq!(none.as_deref(), Some("none.toml: ファイルまたはディレクトリがありません"));
        assert_eq!(said("Permission denied (os error 13)").as_deref(), Some("権限がありません"));
        assert_eq!(said("no such text (os error 2)"), None);
        let call =
            || within("ListTables on all tables: tcp connect error: Connection refused (os error 111)").into_owned();
        let refused = speaking(Language::Japanese, call);
        assert_eq!(refused, "ListTables、すべてのテーブル: TCP の接続エラー: 接続が拒否されました");
        assert_eq!(known("Permission denied (os error 13)"), None);
    }

    #[test]
    fn moments_that_a_text_names_are_moments() {
        use crate::domain::clock::{MOMENT, is_moment};
        for language in [Language::English, Language::Japanese] {
            let text = speaking(language, || translated(MOMENT));
            let named: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
            assert!(named.len() > 5 && named.iter().all(|moment| is_moment(moment)), "{named:?}");
        }
    }

    #[test]
    fn a_text_is_itself_in_english_and_translated_in_japanese() {
        assert_eq!(tr!("Leave now?"), "Leave now?");
        assert_eq!(tr!("not saved: %{why}", why = 7), "not saved: 7");
        assert_eq!(tr!("100% of %{n:}", n = 3), "100% of %{n:}");
        let japanese = speaking(Language::Japanese, || {
            (tr!("Leave now?"), counted("%{n} items", "3"), translated("leave"), known("no such text"))
        });
        assert_eq!(japanese, ("終了しますか?".into(), "アイテム 3 件".into(), "終了".into(), None));
    }
}
