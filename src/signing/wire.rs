//! Numbers and texts as the SSH protocol writes them (RFC 4251, section 5).

/// Reads from the front of some bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// Bytes behind their length.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// A positive number, without leading zeros. One that is negative or written in another way is none.
    pub(super) fn number(&mut self) -> Option<&'a [u8]> {
        match self.bytes()? {
            [0, rest @ ..] if rest.first().is_some_and(|byte| *byte >= 0x80) => Some(rest),
            number @ [1..=0x7f, ..] => Some(number),
            _ => None,
        }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// Adds bytes behind their length. Nothing here is longer than a length can say.
pub(super) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_beyond_the_end() {
        let mut out = Vec::new();
        put(&mut out, b"abc");
        assert_eq!(Reader::new(&out).text(), Some("abc"));
        for cut in 0..out.len() {
            assert_eq!(Reader::new(&out[..cut]).bytes(), None, "{cut}");
        }
        assert_eq!(Reader::new(&[0xff; 4]).bytes(), None);
    }

    #[test]
    fn a_number_is_written_in_one_way_only() {
        let number = |bytes: &[u8]| {
            let mut out = Vec::new();
            put(&mut out, bytes);
            Reader::new(&out).number().map(<[u8]>::to_vec)
        };
        assert_eq!(number(&[0, 0x80, 1]), Some(vec![0x80, 1]));
        assert_eq!(number(&[0x7f]), Some(vec![0x7f]));
        for wrong in [&[][..], &[0], &[0, 1], &[0x80], &[0, 0, 0x80]] {
            assert_eq!(number(wrong), None, "{wrong:?}");
        }
    }
}
