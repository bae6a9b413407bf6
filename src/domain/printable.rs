//! Stored text made safe to show: nothing in it may steer a terminal or hide from a reader.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character would act on a terminal, reorder what stands around it, or be invisible.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
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

/// The text with every such character replaced: C0 and DEL by their control picture (`␛`), others by their number (`‹U+202E›`).
/// Combining marks stay. Vowels and finals of Hangul stay in syllables; alone they have no cell of their own, and become numbers too.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    // Most text is plain ASCII, and frames are made of it.
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) || !text.chars().any(|c| is_unsafe(c) || Jamo::of(c).is_later())
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = Jamo::Other;
    for c in text.chars() {
        let jamo = Jamo::of(c);
        let is_alone = jamo.is_later() && !jamo.joins(before);
        before = if is_alone || is_unsafe(c) { Jamo::Other } else { jamo };
        match u32::from(c) {
            code @ 0..0x20 => out.push(char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER)),
            0x7f => out.push('␡'),
            code if is_alone || is_unsafe(c) => {
                let _ = write!(out, "‹U+{code:04X}›");
            }
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The words of an error about a temporary file without its place, which is not the one that was asked for.
#[must_use]
pub fn without_place(error: &str) -> &str {
    error.split_once(" at path \"").map_or(error, |(words, _)| words)
}

/// Parts of Hangul syllables, as Unicode's rules GB6 to GB8 join them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Jamo {
    /// Begins a syllable.
    Leading,
    /// A vowel.
    Vowel,
    /// Ends a syllable.
    Final,
    /// A whole syllable that may get a final.
    Open,
    /// A whole syllable with its final.
    Closed,
    /// No Hangul.
    Other,
}

impl Jamo {
    fn of(c: char) -> Self {
        match u32::from(c) {
            0x1100..=0x115f | 0xa960..=0xa97c => Self::Leading,
            0x1160..=0x11a7 | 0xd7b0..=0xd7c6 => Self::Vowel,
            0x11a8..=0x11ff | 0xd7cb..=0xd7fb => Self::Final,
            code @ 0xac00..=0xd7a3 if (code - 0xac00).is_multiple_of(28) => Self::Open,
            0xac00..=0xd7a3 => Self::Closed,
            _ => Self::Other,
        }
    }

    /// Whether it only ever comes after another.
    fn is_later(self) -> bool {
        matches!(self, Self::Vowel | Self::Final)
    }

    fn joins(self, before: Self) -> bool {
        match self {
            Self::Vowel => matches!(before, Self::Leading | Self::Vowel | Self::Open),
            Self::Final => matches!(before, Self::Vowel | Self::Final | Self::Open | Self::Closed),
            _ => false,
        }
    }
}

/// JSON text with every such character inside its strings escaped; the value stays the same.
#[must_use]
pub fn printable_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(|c| is_unsafe(c) && c != '\n') {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_unsafe(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_become_pictures() {
        assert_eq!(printable("\u{1b}[31mred\u{1b}[0m\n\t\0"), "␛[31mred␛[0m␊␉␀");
        assert_eq!(printable("a\u{7f}b\u{9b}c"), "a␡b‹U+009B›c");
    }

    #[test]
    fn bidi_and_invisible_characters_become_code_points() {
        assert_eq!(printable("invoice\u{202e}fdp.exe"), "invoice‹U+202E›fdp.exe");
        assert_eq!(printable("ac\u{200b}me\u{feff}\u{2066}x\u{200f}"), "ac‹U+200B›me‹U+FEFF›‹U+2066›x‹U+200F›");
        assert_eq!(printable("x\u{e0041}\u{2028}\u{3164}\u{fe0f}"), "x‹U+E0041›‹U+2028›‹U+3164›‹U+FE0F›");
    }

    #[test]
    fn no_bidi_control_and_nothing_without_width_is_let_through() {
        let bidi = ['\u{61c}', '\u{200e}', '\u{200f}']
            .into_iter()
            .chain('\u{202a}'..='\u{202e}')
            .chain('\u{2066}'..='\u{2069}');
        let no_width = ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];
        for c in bidi.chain(no_width).chain('\0'..='\u{1f}').chain('\u{7f}'..='\u{9f}') {
            assert!(!printable(&c.to_string()).contains(c), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn parts_of_syllables_that_stand_alone_become_code_points() {
        assert_eq!(printable("\u{d7b0}A"), "‹U+D7B0›A");
        assert_eq!(printable("A\u{11ab}\u{1161}"), "A‹U+11AB›‹U+1161›");
        // A mark ends a syllable, and so does a final.
        assert_eq!(printable("가\u{301}\u{11a8}"), "가\u{301}‹U+11A8›");
        assert_eq!(printable("각\u{1161}"), "각‹U+1161›");
        for whole in ["\u{1112}\u{1161}\u{11ab}", "가\u{11a8}\u{11a8}", "\u{1100}\u{d7b0}\u{d7cb}", "한글"] {
            assert_eq!(printable(whole), whole);
        }
    }

    #[test]
    fn an_error_does_not_name_a_temporary_file() {
        let missing = std::path::Path::new("/nonexistent");
        let error = tempfile::NamedTempFile::new_in(missing).unwrap_err().to_string();
        assert!(error.contains("nonexistent"), "{error}");
        assert_eq!(without_place(&error), "No such file or directory (os error 2)");
        assert_eq!(without_place("it is at path x"), "it is at path x");
    }

    #[test]
    fn ordinary_text_stays() {
        for text in ["ボルト M6 (改)", "e\u{301}", "😀", "naïve", "ﾊﾞ", "กำ"] {
            assert!(matches!(printable(text), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in any::<String>()) {
            prop_assert!(!printable(&text).chars().any(is_unsafe));
        }

        #[test]
        fn json_keeps_its_value(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let shown = printable_json(&json);
            prop_assert!(!shown.chars().any(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
