//! Texts measured in cells, cut, filled and wrapped. What makes them safe to show is [`printable`].

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::printable::printable;

/// Stands for what was cut off.
pub(crate) const CUT: &str = "…";

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
    out.push_str(CUT);
    Cow::Owned(out)
}

/// Stored text made safe and exactly so many cells wide: cut or filled with blanks.
pub(crate) fn fit(text: &str, room: usize) -> String {
    let safe = printable(text);
    let mut out = cut(&safe, room).into_owned();
    out.extend(std::iter::repeat_n(' ', room.saturating_sub(width(&out))));
    out
}

/// As [`fit`], at the right edge.
pub(crate) fn fit_right(text: &str, room: usize) -> String {
    let safe = printable(text);
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
