//! Stored text made fit for a terminal: nothing invisible, nothing that steers the terminal, measured in cells.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Stands for what was cut off.
const CUT: char = '…';

/// The text with every control character, bidi control and invisible character as a visible symbol.
///
/// C0 and DEL become the pictures of U+2400, everything else its code point in brackets. Combining marks stay.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) || !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match u32::from(c) {
            code @ 0..0x20 => out.push(char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER)),
            0x7f => out.push('␡'),
            code if is_unsafe(c) => {
                let _ = write!(out, "⟨{code:04X}⟩");
            }
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a character must not reach the terminal as it is.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

/// Unicode's default-ignorable characters (zero-width ones, bidi controls, fillers, variation selectors, tags), line and
/// paragraph separators and interlinear annotations.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0x00ad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
        | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
        | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// Pieces that stand in cells of their own, with the number of those cells.
pub(crate) fn cells(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).map(|g| (g, g.width())).filter(|(_, width)| *width > 0)
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
    out.push(CUT);
    Cow::Owned(out)
}

/// Stored text made safe and exactly so many cells wide: cut or filled with blanks.
pub(crate) fn fit(text: &str, room: usize) -> String {
    let safe = safe(text);
    let mut out = cut(&safe, room).into_owned();
    out.extend(std::iter::repeat_n(' ', room.saturating_sub(width(&out))));
    out
}

/// As [`fit`], at the right edge.
pub(crate) fn fit_right(text: &str, room: usize) -> String {
    let safe = safe(text);
    let cut = cut(&safe, room);
    let mut out = " ".repeat(room.saturating_sub(width(&cut)));
    out.push_str(&cut);
    out
}

/// Breaks a text into lines of at most so many cells, at blanks where that is possible.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(2);
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split_inclusive(' ') {
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

    #[test]
    fn control_characters_become_pictures() {
        assert_eq!(safe("\u{1b}[31mred\u{1b}[0m\n\t\0"), "␛[31mred␛[0m␊␉␀");
        assert_eq!(safe("a\u{7f}b\u{9b}c"), "a␡b⟨009B⟩c");
    }

    #[test]
    fn bidi_and_invisible_characters_become_code_points() {
        assert_eq!(safe("invoice\u{202e}fdp.exe"), "invoice⟨202E⟩fdp.exe");
        assert_eq!(safe("ac\u{200b}me\u{feff}\u{2066}x\u{200f}"), "ac⟨200B⟩me⟨FEFF⟩⟨2066⟩x⟨200F⟩");
        assert_eq!(safe("x\u{e0041}\u{2028}"), "x⟨E0041⟩⟨2028⟩");
    }

    #[test]
    fn ordinary_text_stays() {
        for text in ["ボルト M6 (改)", "e\u{301}", "😀", "naïve", "ﾊﾞ", "กำ"] {
            assert!(matches!(safe(text), Cow::Borrowed(_)), "{text}");
        }
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
    fn wrapping_breaks_between_words() {
        assert_eq!(wrap("no tables found for dev-shop", 12), ["no tables", "found for", "dev-shop"]);
        assert_eq!(wrap("ボルトナット", 5), ["ボル", "トナ", "ット"]);
        assert_eq!(wrap("diff 'P#a' x --module product", 14), ["diff 'P#a' x", "--module", "product"]);
        assert_eq!(wrap("tables, search", 7), ["tables,", "search"]);
        assert_eq!(wrap("", 5), [""]);
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in any::<String>()) {
            let safe = safe(&text);
            prop_assert!(!safe.chars().any(is_unsafe), "{:?}", safe);
        }

        #[test]
        fn fitted_text_has_the_width_asked_for(text in any::<String>(), room in 0usize..40) {
            prop_assert_eq!(width(&fit(&text, room)), room);
            prop_assert_eq!(width(&fit_right(&text, room)), room);
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
