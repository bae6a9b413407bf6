//! Texts measured in cells, cut, filled and wrapped. What makes them safe to show is [`printable`].

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::domain::printable::printable;
use crate::language::Language;

/// Stands for the letter that a mark lacks.
const CIRCLE: char = '◌';

/// Stands for what was cut off.
pub(crate) const CUT: &str = "…";

/// Pieces that stand in cells of their own, with the number of those cells.
pub(crate) fn cells(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, width) = match rest.as_bytes() {
            // Most of all texts: nothing joins it, and no table has to be asked.
            [first, after @ ..] if is_plain(*first) && after.first().is_none_or(u8::is_ascii) => (&rest[..1], 1),
            _ => rest.graphemes(true).next().map(|piece| (piece, shape(piece).width))?,
        };
        rest = &rest[piece.len()..];
        Some((piece, width))
    })
}

/// True for a byte that is a character by itself, which every terminal shows in one cell.
fn is_plain(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

/// Form in which a terminal gets a piece that stands in cells of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape<'t> {
    /// The characters: composed where that is possible, because a terminal may give each part a cell.
    pub(crate) symbol: Cow<'t, str>,
    /// The cells that it takes up at most.
    pub(crate) width: usize,
    /// Whether every terminal takes it for so many cells.
    pub(crate) is_sure: bool,
}

/// The shape of a piece.
///
/// Terminals move their cursor by the sum of the characters' widths or by the width of the whole, and each by a table of its own age.
/// The piece gets the cells of the one that takes up most; what the others leave is blank.
pub(crate) fn shape(piece: &str) -> Shape<'_> {
    if matches!(piece.as_bytes(), [byte] if is_plain(*byte)) {
        return Shape { symbol: Cow::Borrowed(piece), width: 1, is_sure: true };
    }
    let mut chars = piece.chars();
    let (Some(first), None) = (chars.next(), chars.next()) else { return shape_of_many(piece) };
    let width = cells_of(first);
    // Emoji come with each year, and tables of terminals do not.
    let is_sure = width > 0 && first < '\u{1f000}' && !is_halfwidth_mark(first);
    let symbol = with_room(piece, width);
    // A mark in front of its circle may have a cell of its own.
    let width = if width == 0 { shape_of_many(&symbol).width } else { width };
    Shape { symbol, width, is_sure }
}

fn shape_of_many(piece: &str) -> Shape<'_> {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(piece);
    let mut widths = composed.chars().map(cells_of);
    let first = widths.next().unwrap_or(0);
    let rest: usize = widths.sum();
    let one = composed.chars().count() == 1;
    let width = if one { first.max(1) } else { (first.max(1) + rest).max(composed.width()) };
    let symbol = match composed {
        Cow::Borrowed(text) => with_room(text, first + rest),
        Cow::Owned(text) => Cow::Owned(with_room(&text, first + rest).into_owned()),
    };
    Shape { symbol, width, is_sure: one && first > 0 }
}

/// A mark without a letter stands on a circle, as Unicode's own charts show it. What has no width and joins nothing is no character
/// that terminals know: another holds its place.
fn with_room(text: &str, width: usize) -> Cow<'_, str> {
    if width > 0 {
        return Cow::Borrowed(text);
    }
    // Some marks belong to the letter after them.
    let marked = [format!("{CIRCLE}{text}"), format!("{text}{CIRCLE}")];
    let one = marked.into_iter().find(|marked| marked.graphemes(true).count() == 1);
    Cow::Owned(one.unwrap_or_else(|| char::REPLACEMENT_CHARACTER.to_string()))
}

/// A safe text that joins nothing that is put before it or behind it.
pub(crate) fn standing(text: Cow<'_, str>) -> Cow<'_, str> {
    let text = match text.chars().next().filter(|first| !first.is_ascii()) {
        Some(first) if cells_of(first) == 0 => Cow::Owned(format!("{CIRCLE}{text}")),
        _ => text,
    };
    match text.chars().next_back().filter(|last| !last.is_ascii()) {
        Some(last) if joins_next(last) => Cow::Owned(format!("{text}{CIRCLE}")),
        _ => text,
    }
}

/// True for a sign that belongs to the letter after it: a blank would do for one.
fn joins_next(c: char) -> bool {
    [c, ' '].iter().collect::<String>().graphemes(true).count() == 1
}

/// Cells of a character that is shown alone.
fn cells_of(c: char) -> usize {
    // Marks that stand beside a letter: some tables take them for ones that stand over it.
    let beside = matches!(u32::from(c),
        0x09be | 0x09d7 | 0x0b3e | 0x0b57 | 0x0bbe | 0x0bd7 | 0x0cc2 | 0x0cd5..=0x0cd6 | 0x0d3e | 0x0d57 | 0x0dcf | 0x0ddf
        | 0x1b35 | 0x302e..=0x302f);
    if beside || is_halfwidth_mark(c) { 1 } else { c.width().unwrap_or(0) }
}

/// The voiced and the semi-voiced mark behind halfwidth kana: marks to Unicode, characters to most terminals.
fn is_halfwidth_mark(c: char) -> bool {
    matches!(c, '\u{ff9e}' | '\u{ff9f}')
}

/// Cells that a safe text takes up.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { cells(text).map(|(_, w)| w).sum() }
}

/// At most so many cells of a safe text; an ellipsis tells that something was cut off.
pub(crate) fn cut(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    if room == 0 {
        return Cow::Owned(out);
    }
    let mut left = room - 1;
    for (piece, w) in cells(text) {
        if w > left {
            break;
        }
        left -= w;
        out.push_str(piece);
    }
    out.push_str(CUT);
    Cow::Owned(out)
}

/// Stored text made safe and exactly so many cells wide: cut or filled with blanks.
pub(crate) fn fit(text: &str, room: usize) -> String {
    let safe = standing(printable(text));
    let mut out = cut(&safe, room).into_owned();
    out.extend(std::iter::repeat_n(' ', room.saturating_sub(width(&out))));
    out
}

/// As [`fit`], for a column that the next one follows: its last cell is a blank, so that two values never read as one.
pub(crate) fn cell(text: &str, room: usize) -> String {
    let mut out = fit(text, room.saturating_sub(1));
    out.extend((room > 0).then_some(' '));
    out
}

/// As [`fit`], at the right edge.
pub(crate) fn fit_right(text: &str, room: usize) -> String {
    let safe = standing(printable(text));
    let cut = cut(&safe, room);
    let mut out = " ".repeat(room.saturating_sub(width(&cut)));
    out.push_str(&cut);
    out
}

/// Signs that no line of Japanese begins with, and those that none ends with.
const NOT_FIRST: &str = " 、。・」』）】〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々…,.:;?!)]}>\"'`";
const NOT_LAST: &str = "「『（【〈《([{<\"'`";

/// Parts of a text that lines are broken between: words, and where Japanese is spoken, which has no blanks, its characters.
fn parts(text: &str) -> Vec<&str> {
    let words = text.split_inclusive(' ');
    if Language::spoken() == Language::English {
        return words.collect();
    }
    let is_wide = |piece: &str| shape(piece).width > 1;
    let may_break = |before: &str, after: &str| {
        (is_wide(before) || is_wide(after)) && !NOT_LAST.contains(before) && !NOT_FIRST.contains(after)
    };
    let mut parts = Vec::new();
    for word in words {
        let (mut from, mut before) = (0, None);
        for (at, piece) in word.grapheme_indices(true) {
            if before.is_some_and(|before| may_break(before, piece)) {
                parts.push(&word[from..at]);
                from = at;
            }
            before = Some(piece);
        }
        parts.push(&word[from..]);
    }
    parts
}

/// Breaks a text into lines of at most so many cells, at blanks where that is possible.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(2);
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in parts(text) {
        let solid = width(word.trim_end());
        if used + solid > room && used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for (piece, w) in cells(word) {
            if used + w > room {
                // A blank at the end of a line is not worth a line of its own.
                if piece == " " {
                    continue;
                }
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(piece);
            used += w;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::language::tests::speaking;

    #[test]
    fn a_value_that_fills_its_column_does_not_touch_the_next() {
        assert_eq!(cell("permission", 11), "permission ");
        assert_eq!(cell("malformed_json", 11), "malformed… ");
        assert_eq!((cell("a", 1), cell("a", 0)), (" ".to_owned(), String::new()));
    }

    #[test]
    fn wide_characters_are_cut_at_cell_boundaries() {
        assert_eq!(cut("ボルト", 6), "ボルト");
        assert_eq!(cut("ボルト", 5), "ボル…");
        assert_eq!(cut("ボルト", 4), "ボ…");
        assert_eq!(fit("ボルト", 4), "ボ… ");
        assert_eq!(fit_right("ボ", 4), "  ボ");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(width("ﾊﾞ"), 2);
    }

    #[test]
    fn what_terminals_disagree_about_gets_the_cells_of_the_widest() {
        let of = |piece: &str| {
            let shape = shape(piece);
            (shape.symbol.into_owned(), shape.width, shape.is_sure)
        };
        let sure = |text: &str, width| (text.to_owned(), width, true);
        let unsure = |text: &str, width| (text.to_owned(), width, false);
        assert_eq!([of("a"), of("ボ"), of("ｶ")], [sure("a", 1), sure("ボ", 2), sure("ｶ", 1)]);
        assert_eq!(of("e\u{301}"), sure("é", 1));
        assert_eq!(of("\u{1112}\u{1161}\u{11ab}"), sure("한", 2));
        assert_eq!(of("か\u{3099}"), sure("が", 2));
        assert_eq!(of("ﾎ\u{ff9e}"), unsure("ﾎ\u{ff9e}", 2));
        assert_eq!(of("q\u{303}"), unsure("q\u{303}", 1));
        assert_eq!(of("\u{303}"), unsure("◌\u{303}", 1));
        assert_eq!(fit_right("\u{303}", 3), "  ◌\u{303}");
        assert_eq!(of("👍🏽"), unsure("👍🏽", 4));
        assert_eq!(of("🇯🇵"), unsure("🇯🇵", 2));
        assert_eq!(of("😀"), unsure("😀", 2));
    }

    #[test]
    fn whatever_has_no_width_gets_a_cell_that_it_fills_alone() {
        for c in ('\u{80}'..=char::MAX).filter(|c| cells_of(*c) == 0) {
            let text = c.to_string();
            let shown = standing(printable(&text));
            for (piece, width) in cells(&shown) {
                let symbol = shape(piece).symbol;
                let pieces: Vec<_> = cells(&symbol).collect();
                assert_eq!(pieces, [(&*symbol, width)], "U+{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn wrapping_breaks_between_words() {
        assert_eq!(wrap("no tables found for dev-shop", 12), ["no tables", "found for", "dev-shop"]);
        assert_eq!(wrap("ボルトナット", 5), ["ボル", "トナ", "ット"]);
        assert_eq!(wrap("diff 'P#a' x --module product", 14), ["diff 'P#a' x", "--module", "product"]);
        assert_eq!(wrap("tables, search", 7), ["tables,", "search"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn japanese_is_broken_between_characters() {
        let wrapped = |text, room| speaking(Language::Japanese, || wrap(text, room));
        assert_eq!(wrapped("実行 R1 を終了します。", 8), ["実行 R1", "を終了し", "ます。"]);
        assert_eq!(wrapped("終了です。", 8), ["終了で", "す。"]);
        assert_eq!(wrapped("許可 (確認あり)", 8), ["許可 (確", "認あり)"]);
    }

    #[test]
    fn a_sign_that_belongs_to_the_letter_after_it_takes_no_blank_for_one() {
        for text in ["\u{1193f}", "a\u{1193f}", "\u{600}"] {
            for room in 0..6 {
                assert_eq!(
                    [fit(text, room), fit_right(text, room)].map(|fitted| width(&fitted)),
                    [room; 2],
                    "{text:?} {room}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn fitted_text_has_the_width_asked_for(text in any::<String>(), room in 0usize..40) {
            prop_assert_eq!(width(&fit(&text, room)), room);
            prop_assert_eq!(width(&fit_right(&text, room)), room);
        }

        #[test]
        fn pieces_are_the_clusters_of_unicode(
            text in "[a-e \\r\\n\u{301}\u{200d}\u{fe0f}\u{ff9e}ｶ👨👩🇯🇵🏽\u{915}\u{94d}\u{e01}\u{e33}ᄀ각ᅡᆨ\u{600}]{0,24}",
        ) {
            let clusters: Vec<(&str, usize)> = text.graphemes(true).map(|piece| (piece, shape(piece).width)).collect();
            prop_assert_eq!(cells(&text).collect::<Vec<_>>(), clusters);
        }

        #[test]
        fn wrapped_lines_fit_and_lose_nothing_but_blanks(text in "[a-zボ ]{0,60}", room in 2usize..20) {
            let lines = wrap(&text, room);
            prop_assert!(lines.iter().all(|l| width(l) <= room));
            let solid = |t: &str| t.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(solid(&lines.concat()), solid(&text));
        }
    }
}
