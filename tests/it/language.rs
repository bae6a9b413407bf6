//! The texts of the console: each is in the catalogue of every language, and none is shown without it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr as _;

use proc_macro2::{TokenStream, TokenTree};

use crate::architecture::sources;

/// Files of the console whose texts are for files, programs or the log, or are keys of the catalogue that their tables name.
const ENGLISH: [&str; 9] = [
    "actions.rs",
    "intents.rs",
    "keymap.rs",
    "theme.rs",
    "reference.rs",
    "ticket.rs",
    "measure.rs",
    "headless.rs",
    "file.rs",
];
/// Files of the catalogue whose texts are made elsewhere than in the console.
const MADE_ELSEWHERE: [&str; 5] = ["core", "engine", "failures", "meanings", "plan-keys"];

/// Texts whose translations have commas that are typed.
const TYPED: [&str; 2] =
    ["(old = new, old = new)", "(name = value, name = value; a text in quotes where it could be a number)"];
/// Words that could stand for an idea of the glossary, each with the one that does.
const OTHER_WORDS: [(&str, &str); 2] = [("操作者", "オペレーター"), ("非同期の発行", "非同期発行")];

/// The strings of a source, those that a macro marks apart.
#[derive(Default)]
struct Texts {
    marked: BTreeSet<String>,
    plain: BTreeSet<String>,
    /// Strings that macros of other crates make texts of.
    in_attributes: BTreeSet<String>,
}

impl Texts {
    fn of(code: &str) -> Self {
        let mut texts = Self::default();
        texts.read(TokenStream::from_str(code).unwrap());
        texts
    }

    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (i, token) in tokens.iter().enumerate() {
            let called = |names: &[&str]| {
                matches!(&tokens[i.saturating_sub(2)..i], [TokenTree::Ident(name), TokenTree::Punct(mark)]
                    if mark.as_char() == '!' && names.iter().any(|known| name == known))
            };
            match token {
                TokenTree::Group(group) if called(&["tr", "text"]) => {
                    let mut inner = group.stream().into_iter();
                    self.marked.extend(inner.next().and_then(|first| string(&first)));
                    self.read(inner.collect());
                }
                TokenTree::Group(group) if is_attribute(&tokens[..i]) => {
                    let mut inner = Self::default();
                    inner.read(group.stream());
                    // Comments are attributes, too.
                    let is_comment =
                        matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc");
                    self.in_attributes.extend(inner.plain.into_iter().filter(|_| !is_comment));
                }
                // These are for whoever reads the log or the code.
                TokenTree::Group(_)
                    if called(&["debug_assert", "debug_assert_eq", "warn", "error", "info", "debug"]) => {}
                TokenTree::Group(group) => self.read(group.stream()),
                token => self.plain.extend(string(token)),
            }
        }
    }
}

/// True where a group behind these is that of an attribute.
fn is_attribute(before: &[TokenTree]) -> bool {
    let mark = |token: Option<&TokenTree>, sign: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
    let mut last = before.iter().rev();
    match last.next() {
        first if mark(first, '#') => true,
        first => mark(first, '!') && mark(last.next(), '#'),
    }
}

fn string(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    syn::parse_str::<syn::LitStr>(&literal.to_string()).ok().map(|text| text.value())
}

/// The translations, by their file and their English.
fn catalogue() -> BTreeMap<String, BTreeMap<String, String>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/locales");
    let read = |path: &Path| toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_name().unwrap().to_string_lossy().replace(".ja.toml", ""), read(&path))).collect()
}

fn translations() -> BTreeMap<String, String> {
    catalogue().into_values().flatten().collect()
}

/// The names of the values that a text has.
fn values(text: &str) -> BTreeSet<&str> {
    text.split("%{").skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

#[test]
fn every_text_is_in_both_languages() {
    let translated = translations();
    let (mut marked, mut all) = (BTreeSet::new(), BTreeSet::new());
    for (path, code) in sources("") {
        if path.iter().any(|part| part == "language") {
            continue;
        }
        let texts = Texts::of(&code);
        all.extend(texts.plain);
        marked.extend(texts.marked);
    }
    assert!(marked.len() > 1_000, "{}", marked.len());
    let missing: Vec<&String> = marked.iter().filter(|text| !translated.contains_key(*text)).collect();
    assert_eq!(missing, Vec::<&String>::new(), "texts that assets/locales has no Japanese for");
    // Of what the console says itself, nothing stays behind that is no longer said.
    let own = catalogue().into_iter().filter(|(file, _)| !MADE_ELSEWHERE.contains(&file.as_str()));
    let unused: Vec<String> = own
        .flat_map(|(_, texts)| texts.into_keys())
        .filter(|text| !marked.contains(text) && !all.contains(text))
        .collect();
    assert_eq!(unused, Vec::<String>::new(), "translations of texts that nobody says");
}

#[test]
fn a_translation_has_the_values_of_its_text_and_stands_once() {
    let mut seen = BTreeMap::new();
    for (file, texts) in catalogue() {
        for (english, japanese) in texts {
            assert_eq!(values(&english), values(&japanese), "{file}: {english:?}");
            assert!(!japanese.trim().is_empty() && !japanese.contains('；'), "{file}: {english:?}");
            if let Some(other) = seen.insert(english.clone(), file.clone()) {
                panic!("{english:?} stands in {file} and in {other}");
            }
        }
    }
}

/// True where a sign of English stands beside Japanese.
fn has_english_signs(japanese: &str) -> bool {
    let chars: Vec<char> = japanese.chars().collect();
    let is_japanese = |c: Option<&char>| {
        matches!(c, Some('\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}'))
    };
    let is_solid = |c: &&char| !matches!(**c, ' ' | '(' | ')');
    (0..chars.len()).filter(|at| matches!(chars[*at], ',' | ';')).any(|at| {
        let (before, after) = (chars[..at].iter().rev().find(is_solid), chars[at + 1..].iter().find(is_solid));
        is_japanese(before) || is_japanese(after)
    })
}

#[test]
fn lists_and_sentences_have_japanese_signs() {
    assert!(["行, 列", "%{n}, 行", "行 (表); 列"].iter().all(|text| has_english_signs(text)));
    assert!(!["行、列", "例: [\"a\", \"b\"]", "1,000 行"].iter().any(|text| has_english_signs(text)));
    let wrong = translations().into_iter().filter(|(english, _)| !TYPED.contains(&english.as_str()));
    let wrong: Vec<String> = wrong.map(|(_, japanese)| japanese).filter(|text| has_english_signs(text)).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

/// An idea by its English: letter case and the sign at the end do not count, nor how many there are.
fn idea(english: &str) -> String {
    let text = english.to_lowercase();
    let text = text.trim_matches(['.', '…', '?', ':', ' ']);
    if !text.contains("%{n}") {
        return text.to_owned();
    }
    let one = |word: &str| match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').unwrap_or(word).to_owned(),
    };
    text.split(' ').map(one).collect::<Vec<_>>().join(" ")
}

/// A translation without what makes a sentence, a question or a label of it.
fn stem(japanese: &str) -> &str {
    let text = japanese.trim_matches(['。', '…', '?', ':', ' ']);
    let ends = ["しますか", "しました", "します", "する", "ますか", "ました", "ます", "る"];
    ends.iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text)
}

#[test]
fn one_idea_has_one_translation() {
    let mut seen: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut pairs = 0;
    for (english, japanese) in translations() {
        let stem = stem(&japanese).to_owned();
        if let Some((other, before)) = seen.insert(idea(&english), (english.clone(), stem.clone())) {
            assert_eq!(stem, before, "{english:?} and {other:?}");
            pairs += 1;
        }
    }
    assert!(pairs > 50, "{pairs}");
}

#[test]
fn an_idea_of_the_glossary_has_one_word() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = std::fs::read_dir(dir.join("docs/ja")).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.chain([dir.join("README.ja.md")]).map(|page| std::fs::read_to_string(page).unwrap());
    let texts: Vec<String> = translations().into_values().chain(pages).collect();
    for (other, word) in OTHER_WORDS {
        let found: Vec<&String> = texts.iter().filter(|text| text.contains(other)).collect();
        assert!(found.is_empty(), "{other} instead of {word}: {found:?}");
        assert!(texts.iter().any(|text| text.contains(word)), "{word}");
    }
}

#[test]
fn what_the_engine_says_with_values_is_what_it_says_today() {
    // Both with holes in the places of their values.
    let holes = |text: &str, open: &str| {
        let mut parts = text.split(open);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |whole, part| format!("{whole}\0{}", part.split_once('}').map_or(part, |(_, rest)| rest)))
    };
    let said: BTreeSet<String> = sources("")
        .iter()
        .map(|(_, code)| Texts::of(code))
        .flat_map(|texts| texts.plain.into_iter().chain(texts.in_attributes))
        .map(|text| holes(&text.replace("{{", "\u{1}").replace("}}", "\u{2}"), "{"))
        .map(|text| text.replace('\u{1}', "{").replace('\u{2}', "}"))
        .collect();
    let texts = catalogue().remove("engine").unwrap();
    assert!(texts.len() > 100, "{}", texts.len());
    let stale: Vec<&String> = texts.keys().filter(|text| !said.contains(&holes(text, "%{"))).collect();
    assert_eq!(stale, Vec::<&String>::new(), "translations of what the engine says otherwise now");
}

#[test]
fn nothing_is_shown_without_the_catalogue() {
    // Two words one after another: what is said, not what is written in plans, keys or tables.
    let is_said = |text: &str| {
        let words: Vec<&str> = text.split(' ').collect();
        words
            .windows(2)
            .any(|two| two.iter().all(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase())))
    };
    let mut found = Vec::new();
    for (path, code) in sources("tui") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if ENGLISH.contains(&name.as_str()) || name == "tests.rs" || path.iter().any(|part| part == "tests") {
            continue;
        }
        let texts = Texts::of(&code);
        found.extend(texts.plain.into_iter().filter(|text| is_said(text)).map(|text| format!("{name}: {text}")));
    }
    found.sort();
    assert_eq!(found, KEPT, "texts of the console that no tr! or text! marks");
}

/// Texts that stay English: what is put on the clipboard, names that are written into plans, and what is compared or typed.
const KEPT: [&str; 7] = [
    "approved.rs:  but for ",
    "blame_view.rs: Last change of each attribute of {}\n\n",
    "blame_view.rs: local time",
    "commands.rs: plan open ",
    "commands.rs: plan save ",
    "commands.rs: undo of {name}",
    "facts.rs:  in the snapshot ",
];
