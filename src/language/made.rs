//! Texts with values that were made elsewhere, told by what stays the same in them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::Language;
use super::call::Call;
use crate::domain::grouped::grouped_digits;

/// Letters that must stay the same for a text to be told by them.
const TOLD_BY: usize = 8;
/// Values that are texts of their own, within each other.
pub(super) const DEPTH: usize = 3;
/// Sign between sentences that the engine puts into one text.
const BETWEEN: &str = "; ";
/// Sign between samples.
const SIDE_BY_SIDE: &str = " | ";
/// Sentences that a text is taken apart into at most.
const SENTENCES: usize = 14;
/// Sign between what a sentence is about, or follows from, and the sentence.
pub(super) const LEAD: &str = ": ";
/// Names of values that are lists of names: no comma stands in one of these.
const LISTS: [&str; 7] = ["kinds", "modules", "names", "owners", "people", "tenants", "versions"];
/// Names of values that are how many there are.
const COUNTS: [&str; 9] = ["entities", "items", "looked", "objects", "reads", "rows", "units", "users", "writes"];
/// Names of values that whatever stands behind the sentence in brackets goes into.
const LAST: [&str; 6] = ["bucket", "limit", "options", "pool", "profile", "properties"];
/// Ends of such lists that are cut short.
const MORE: [&str; 2] = [" and more", " and others"];

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
        (!pattern.names.is_empty() && pattern.told_by() >= TOLD_BY).then_some(pattern)
    }

    /// Letters and brackets that stay the same.
    fn told_by(&self) -> usize {
        self.letters() + self.pieces.iter().map(|piece| piece.matches(['(', ')']).count()).sum::<usize>()
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

    /// The one that a text was made of, and its values.
    fn behind(text: &str) -> Option<(&'static Self, Vec<&str>)> {
        let patterns = PATTERNS.get(Language::spoken().tag())?;
        // A sign before the text is none of a value.
        let is_led = text.starts_with(BETWEEN);
        let fits = |pattern: &&Self| !is_led || pattern.pieces.first().is_some_and(|piece| piece.starts_with(BETWEEN));
        patterns.iter().filter(fits).find_map(|pattern| Some((pattern, pattern.values(text)?)))
    }

    /// The one behind a text that ends in samples.
    fn of_samples(text: &str) -> Option<(&'static Self, Vec<&str>)> {
        let patterns = PATTERNS.get(Language::spoken().tag())?.iter();
        let mut of_samples = patterns.filter(|pattern| pattern.names.last().is_some_and(|name| name == "samples"));
        of_samples.find_map(|pattern| Some((pattern, pattern.values(text)?)))
    }

    /// The translation with values, those that are sentences translated, too.
    fn filled(&self, values: &[&str], depth: usize) -> String {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let value = |(name, value): (&&str, &&str)| match *name {
            name if LISTS.contains(&name) => list(value, depth),
            name if COUNTS.contains(&name) && value.bytes().all(|b| b.is_ascii_digit()) => grouped_digits(value),
            "samples" => listed(value, depth),
            "whose" if value.starts_with("a ") || value.starts_with("an ") => {
                value.split_once(' ').map_or(*value, |(_, operation)| operation).to_owned()
            }
            name => words(value, depth - 1).or_else(|| choice(name, value)).unwrap_or_else(|| (*value).to_owned()),
        };
        let values: Vec<String> = names.iter().zip(values).map(value).collect();
        rust_i18n::replace_patterns(&self.translation, &names, &values)
    }
}

/// The translation of a text that was made of one with values, or of several sentences.
pub(super) fn translation(text: &str) -> Option<String> {
    of_depth(text, DEPTH)
}

fn of_depth(text: &str, depth: usize) -> Option<String> {
    if depth == 0 {
        return None;
    }
    // Whatever stands in samples, they are taken apart as samples first.
    if let Some((pattern, values)) = Pattern::of_samples(text) {
        return Some(pattern.filled(&values, depth));
    }
    if let Some(known) = bracketed(text, depth) {
        return Some(known);
    }
    let own = Pattern::behind(text);
    // A value at an end takes in all that stands beyond it: sentences there are known better by themselves.
    if let Some((pattern, values)) = own.as_ref().filter(|(_, values)| !values.iter().any(|v| v.contains(BETWEEN))) {
        return Some(pattern.filled(values, depth));
    }
    let apart = match text.matches(BETWEEN).count() {
        0 => led(text, depth),
        signs if signs < SENTENCES => sentences(text, depth),
        _ => None,
    };
    apart.or_else(|| own.map(|(pattern, values)| pattern.filled(&values, depth)))
}

/// All of a text as sentences that are known, each as short as it can be. One that is not known leaves the whole as it is: the sign
/// may stand in a value. A text that begins with it goes on with what stands before.
fn sentences(text: &str, depth: usize) -> Option<String> {
    let lead = if text.starts_with(BETWEEN) { BETWEEN.len() } else { 0 };
    let mut ends = text.get(lead..)?.match_indices(BETWEEN).map(|(at, _)| lead + at).chain([text.len()]);
    ends.find_map(|end| {
        let (one, rest) = text.split_at(end);
        // Some have a translation of the sign before them.
        let one = said(one, depth).or_else(|| Some(format!("。{}", said(one.strip_prefix(BETWEEN)?, depth)?)))?;
        match rest.is_empty() {
            true => Some(one),
            false => Some(format!("{}{}", one.trim_end_matches('。'), sentences(rest, depth)?)),
        }
    })
}

/// One sentence.
fn said(text: &str, depth: usize) -> Option<String> {
    if depth == 0 || !super::is_sentence(text) {
        return None;
    }
    let own = || Pattern::behind(text).map(|(pattern, values)| pattern.filled(&values, depth));
    super::whole(text).map(Cow::into_owned).or_else(|| bracketed(text, depth)).or_else(own).or_else(|| led(text, depth))
}

/// A sentence with what it follows from in brackets behind it, which is no part of the sentence's last value.
fn bracketed(text: &str, depth: usize) -> Option<String> {
    let (sentence, inside) = bracket(text)?;
    // Of several sentences the bracket is the last one's: they are taken apart first.
    if Pattern::behind(sentence).is_some_and(|(_, values)| values.iter().any(|value| value.contains(BETWEEN))) {
        return None;
    }
    let call = Call::of(inside);
    if call.is_none() {
        let is_last = |pattern: &Pattern| {
            pattern.pieces.last().is_some_and(String::is_empty)
                && pattern.names.last().is_some_and(|name| LAST.contains(&name.as_str()))
        };
        if Pattern::behind(text).is_some_and(|(pattern, _)| !is_last(pattern)) {
            return None;
        }
    }
    let sentence = said(sentence, depth)?;
    let inside = match call {
        Some(call) => call.said(depth),
        None => words(inside, depth - 1).unwrap_or_else(|| inside.to_owned()),
    };
    Some(format!("{} ({inside})", sentence.trim_end_matches('。')))
}

/// A text without the bracket at its end, and what stands in that.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_suffix(')')?;
    let mut open = 1_usize;
    let (at, _) = inner.char_indices().rev().find(|(_, sign)| {
        match sign {
            ')' => open += 1,
            '(' => open -= 1,
            _ => {}
        }
        open == 0
    })?;
    Some((inner.get(..at)?.strip_suffix(' ')?, inner.get(at + 1..)?))
}

/// Samples side by side, each a text of its own.
fn listed(samples: &str, depth: usize) -> String {
    let each = samples.split(SIDE_BY_SIDE);
    let each = each.map(|sample| words(sample, depth).unwrap_or_else(|| sample.to_owned()));
    each.collect::<Vec<_>>().join(SIDE_BY_SIDE)
}

/// A value that is a sentence of its own.
pub(super) fn words(value: &str, depth: usize) -> Option<String> {
    let own = || super::whole(value).map(Cow::into_owned).or_else(|| of_depth(value, depth));
    if super::is_sentence(value) { own() } else { None }
}

/// A sentence behind the name of what it is about, or behind another one that follows from it.
fn led(text: &str, depth: usize) -> Option<String> {
    let (lead, rest) = text.split_once(LEAD).filter(|(_, rest)| super::is_sentence(rest))?;
    let rest = super::whole(rest).map(Cow::into_owned).or_else(|| of_depth(rest, depth - 1))?;
    let lead = if super::is_sentence(lead) { said(lead, depth - 1)? } else { lead.to_owned() };
    Some(format!("{lead}{LEAD}{rest}"))
}

/// A value that names several things, as a list.
fn list(value: &str, depth: usize) -> String {
    if let Some(whole) = super::whole(value).filter(|_| super::is_sentence(value)) {
        return whole.into_owned();
    }
    let more = MORE.iter().find_map(|more| value.strip_suffix(more));
    let names = apart(more.unwrap_or(value)).into_iter().flat_map(|names| names.split(" and "));
    let names = super::listed(names.map(|name| words(name, depth - 1).unwrap_or_else(|| name.to_owned())));
    if more.is_some() { format!("{names} など") } else { names }
}

/// The parts of a list: a comma in brackets is none of it.
fn apart(list: &str) -> Vec<&str> {
    let (mut parts, mut from, mut open) = (Vec::new(), 0, 0_usize);
    for (at, sign) in list.char_indices() {
        match sign {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            ',' if open == 0 && list.get(at..).is_some_and(|rest| rest.starts_with(", ")) => {
                parts.extend(list.get(from..at));
                from = at + 2;
            }
            _ => {}
        }
    }
    parts.extend(list.get(from..));
    parts
}

/// A value that is a list of words in quotes, of which one is wanted.
fn choice(name: &str, value: &str) -> Option<String> {
    let words: Vec<&str> = value.split(", ").flat_map(|words| words.split(" or ")).collect();
    let is_quoted = |word: &&str| word.len() > 2 && word.starts_with('"') && word.ends_with('"');
    if words.len() < 2 || !words.iter().all(is_quoted) {
        return None;
    }
    let listed = super::listed(words);
    Some(if name == "what" { format!("{listed} のいずれか") } else { listed })
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

    fn japanese(text: &str) -> Option<String> {
        crate::language::tests::speaking(Language::Japanese, || translation(text))
    }

    #[test]
    fn sentences_in_one_text_are_translated_each() {
        let both = japanese("the source is soft-deleted; version 7 is in no table: it expired").unwrap();
        assert_eq!(both, "ソースは論理削除されています。バージョン 7 はどのテーブルにもありません: 期限切れです");
        // The last value of the first one would take in the others, of which one has the sign itself.
        let denied = "these credentials may not call s3:GetObject on b/*: the role lacks s3:GetObject; \
                      the role needs s3:GetObject on b/*; docs/permissions.md lists the minimal policies";
        let denied = japanese(denied).unwrap();
        let each = "ロールに s3:GetObject がありません。ロールに b/* への s3:GetObject が必要です。";
        assert!(denied.contains(each), "{denied}");
        assert!(denied.ends_with("必要最小限のポリシーは docs/permissions.md にあります"), "{denied}");
        // So would the first value of the second one.
        let meant = "the entity has no data row; A#b#c may be an id: then A#b is the partition key and c the sort key";
        let meant = japanese(meant).unwrap();
        assert!(meant.starts_with("エンティティにデータ行がありません。A#b#c は id かもしれません"), "{meant}");
        // Some bring a sign of their own.
        let early = "the run taken back in 2 s; it ended early: the source is soft-deleted";
        let early = japanese(early).unwrap();
        assert!(early.contains("取り消しました。途中で終了: ソースは論理削除されています"), "{early}");
        assert!(![both, denied, meant, early].concat().contains([';', '；']));
    }

    #[test]
    fn a_bracket_behind_a_sentence_is_none_of_its_value() {
        let config = japanese("the AWS configuration has no profile corp (ListTables on all tables)");
        let said = "AWS の設定にプロファイル corp がありません (ListTables、すべてのテーブル)";
        assert_eq!(config.as_deref(), Some(said));
        let pool = japanese("there is no user pool X (ListUsers on X: User pool X does not exist.)");
        assert_eq!(pool.as_deref(), Some("ユーザープール X はありません (ListUsers、X: User pool X does not exist.)"));
        let nobody = "there are no AWS credentials: none in the environment, in the AWS configuration or from this machine's role \
                      (dns error: Name or service not known)";
        let nobody = japanese(nobody).unwrap();
        assert!(nobody.ends_with("のどれにもありません (DNS のエラー: 名前を解決できません)"), "{nobody}");
        // One that is of the sentence itself stays there.
        let waits = japanese("the command of version 2 waits to be processed (started)");
        assert_eq!(waits.as_deref(), Some("バージョン 2 のコマンドが処理を待っています (started)"));
    }

    #[test]
    fn a_choice_and_a_list_of_rows_are_lists() {
        let wrong = japanese("operation must be \"copy\", \"move\" or \"undo\", not \"cpoy\"").unwrap();
        assert!(wrong.starts_with("operation は \"copy\"、\"move\"、\"undo\" のいずれか"), "{wrong}");
        let wrong = japanese("publish must be \"sync\" or \"async\", not \"later\"").unwrap();
        assert!(wrong.contains(": \"sync\"、\"async\" のいずれか (") && !wrong.contains(" or "), "{wrong}");
        let key = japanese("source.typ is not a key that a copy plan may have");
        assert_eq!(key.as_deref(), Some("source.typ は copy プランで使えるキーではありません"));
        let key = japanese("operaton is not a key that a plan may have");
        assert_eq!(key.as_deref(), Some("operaton はプランで使えるキーではありません"));
        let rows = "2 rows want X#a / 1: X#A (version 1, 10:00), X#a (version 2, 11:00); decide which to keep";
        let rows = japanese(rows).unwrap();
        assert!(rows.contains("X#A (バージョン 1、10:00)、X#a (バージョン 2、11:00)。"), "{rows}");
        assert_eq!(japanese("scanned 12995 rows in 1.5 s").as_deref(), Some("12,995 行を 1.5 秒でスキャンしました"));
    }

    #[test]
    fn a_sign_in_a_value_takes_nothing_apart() {
        assert_eq!(japanese("the source is soft-deleted; P-1 has a mind of its own"), None);
        let value = japanese("line 3: P; the source is soft-deleted was looked for, and there is no answer");
        let whole = "3 行目: P; the source is soft-deleted を探しましたが、応答がありません";
        assert_eq!(value.as_deref(), Some(whole));
        assert_eq!(japanese(&["the source is soft-deleted"; SENTENCES + 1].join(BETWEEN)), None);
    }

    #[test]
    fn a_sentence_may_be_about_something_and_a_value_a_list() {
        let about = japanese("custom:tenant: the source is soft-deleted");
        assert_eq!(about.as_deref(), Some("custom:tenant: ソースは論理削除されています"));
        assert_eq!(japanese("custom:tenant: what nobody says"), None);
        assert_eq!(japanese("sh ended with exit status: 1").as_deref(), Some("sh が終了しました: 終了コード 1"));
        assert_eq!(japanese("signed off by alice, bob").as_deref(), Some("署名: alice、bob"));
        let cut = japanese("versions that are in no table: 2, 3 and more");
        assert_eq!(cut.as_deref(), Some("どのテーブルにもないバージョン: 2、3 など"));
    }
}
