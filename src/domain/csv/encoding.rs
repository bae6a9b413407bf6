//! The encodings that spreadsheets and old systems write.

use std::borrow::Cow;

use encoding_rs::{SHIFT_JIS, UTF_16BE, UTF_16LE};
use serde::{Deserialize, Serialize};

/// How a file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// Its encoding.
    pub encoding: EncodingChoice,
    /// One ASCII character between two cells.
    pub delimiter: char,
}

impl Default for Format {
    fn default() -> Self {
        Self { encoding: EncodingChoice::Auto, delimiter: ',' }
    }
}

/// The encoding that a plan names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncodingChoice {
    /// Found out from the bytes.
    #[default]
    Auto,
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16 in the order that its byte order mark says.
    #[serde(rename = "utf-16")]
    Utf16,
    /// Shift_JIS with Microsoft's additions.
    Cp932,
}

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16, the lower byte first.
    Utf16Le,
    /// UTF-16, the higher byte first.
    Utf16Be,
    /// Shift_JIS with Microsoft's additions.
    Cp932,
}

const MARKS: [(&[u8], Encoding); 3] =
    [(b"\xef\xbb\xbf", Encoding::Utf8), (b"\xff\xfe", Encoding::Utf16Le), (b"\xfe\xff", Encoding::Utf16Be)];
/// Bytes at the beginning that tell UTF-16 without a mark: a header is ASCII.
const HEAD: usize = 64;

impl Encoding {
    /// The encoding that the first bytes of a file show, and the length of its byte order mark. `None` where only the rest can tell.
    #[must_use]
    pub fn of_head(head: &[u8], choice: EncodingChoice) -> (Option<Self>, usize) {
        let marked = MARKS.iter().find(|(mark, _)| head.starts_with(mark)).map(|(mark, of)| (*of, mark.len()));
        let fitting = |of: Self| marked.filter(|(found, _)| *found == of).map_or(0, |(_, length)| length);
        match choice {
            EncodingChoice::Auto => match marked {
                Some((of, length)) => (Some(of), length),
                None => (unmarked(head), 0),
            },
            EncodingChoice::Utf8 => (Some(Self::Utf8), fitting(Self::Utf8)),
            EncodingChoice::Utf16 => match marked.filter(|(of, _)| *of != Self::Utf8) {
                Some((of, length)) => (Some(of), length),
                None => (Some(unmarked(head).unwrap_or(Self::Utf16Le)), 0),
            },
            EncodingChoice::Cp932 => (Some(Self::Cp932), 0),
        }
    }

    /// The text of some bytes; `None` where they are none in this encoding.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Utf16Le => UTF_16LE.decode_without_bom_handling_and_without_replacement(bytes),
            Self::Utf16Be => UTF_16BE.decode_without_bom_handling_and_without_replacement(bytes),
            Self::Cp932 => SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes),
        }
    }

    /// The bytes of a text; what the encoding does not have stands as its number.
    #[must_use]
    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Cp932 => SHIFT_JIS.encode(text).0.into_owned(),
        }
    }

    /// As messages call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
            Self::Cp932 => "CP932 (Shift_JIS)",
        }
    }

    /// Bytes of the smallest unit.
    pub(super) fn width(self) -> usize {
        if matches!(self, Self::Utf16Le | Self::Utf16Be) { 2 } else { 1 }
    }
}

/// UTF-16 without a mark: every other byte of an ASCII header is zero.
fn unmarked(head: &[u8]) -> Option<Encoding> {
    let pairs: Vec<&[u8]> = head.get(..head.len().min(HEAD)).unwrap_or_default().chunks_exact(2).collect();
    let all =
        |zero: usize| pairs.len() > 3 && pairs.iter().all(|p| p.get(zero) == Some(&0) && p.get(1 - zero) != Some(&0));
    if all(1) {
        Some(Encoding::Utf16Le)
    } else if all(0) {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// Tells UTF-8 from CP932 by the records of a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence {
    /// Records with more than ASCII that are UTF-8.
    utf8: u64,
    /// Those that are not.
    other: u64,
    /// Those of them that are not CP932 either.
    neither: u64,
}

impl Evidence {
    /// Looks at a record.
    pub fn add(&mut self, record: &[u8]) {
        if record.is_ascii() {
            return;
        }
        if std::str::from_utf8(record).is_ok() {
            self.utf8 += 1;
        } else {
            self.other += 1;
            self.neither += u64::from(Encoding::Cp932.decode(record).is_none());
        }
    }

    /// A damaged record does not turn a UTF-8 file into one of CP932: then most would have to be no UTF-8, and all of those CP932.
    #[must_use]
    pub fn encoding(self) -> Encoding {
        let is_cp932 = self.other > 0 && self.neither == 0 && self.utf8 <= self.other / 4;
        if is_cp932 { Encoding::Cp932 } else { Encoding::Utf8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "sourcePk,sourceSk,attributes\n";

    #[test]
    fn marks_and_zero_bytes_tell_the_encoding() {
        let auto = |bytes: &[u8]| Encoding::of_head(bytes, EncodingChoice::Auto);
        for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
            let marked = encoding.encode(&format!("\u{feff}{HEADER}"));
            assert_eq!(auto(&marked), (Some(encoding), 2));
            assert_eq!(auto(&encoding.encode(HEADER)), (Some(encoding), 0));
        }
        assert_eq!(auto(format!("\u{feff}{HEADER}").as_bytes()), (Some(Encoding::Utf8), 3));
        assert_eq!(auto(HEADER.as_bytes()), (None, 0));
        assert_eq!(auto(b""), (None, 0));
        let cp932 = Encoding::of_head(b"\xef\xbb\xbf", EncodingChoice::Cp932);
        assert_eq!(cp932, (Some(Encoding::Cp932), 0), "a named encoding is taken at its word");
    }

    #[test]
    fn one_damaged_record_leaves_a_file_utf8() {
        let mut found = Evidence::default();
        for text in ["P,ボルト", "P,plain", "P,ナット", "P,座金", "P,歯車", "P,軸"] {
            found.add(text.as_bytes());
        }
        found.add(b"P,\x83\x7b\x83\x8b\x83\x67");
        assert_eq!(found.encoding(), Encoding::Utf8);
        let mut found = Evidence::default();
        found.add(b"P,\x83\x7b\x83\x8b\x83\x67");
        assert_eq!(found.encoding(), Encoding::Cp932);
        found.add(b"P,\xff");
        assert_eq!(found.encoding(), Encoding::Utf8, "neither of them");
    }

    #[test]
    fn texts_come_back() {
        for encoding in [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Cp932] {
            let bytes = encoding.encode("ボルト ～ ① \"M6\"");
            assert_eq!(encoding.decode(&bytes).as_deref(), Some("ボルト ～ ① \"M6\""), "{encoding:?}");
        }
        assert_eq!(Encoding::Utf16Le.decode(b"a\0b"), None);
        assert_eq!(Encoding::Utf16Le.decode(b"\x3d\xd8a\0"), None, "half a pair");
    }
}
