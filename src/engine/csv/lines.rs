//! Which line a record begins in: told from the bytes, because a reader of records forgets line ends between them.

use std::collections::VecDeque;
use std::io::{BufRead, Read, Result};
use std::sync::{Arc, Mutex, PoisonError};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Hands bytes on, without a byte order mark, and notes where lines end.
pub(super) struct Noting<R> {
    inner: R,
    at: u64,
    has_begun: bool,
    ends: Lines,
}

/// Line ends that were read and not asked for yet.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Ends>>);

#[derive(Default)]
struct Ends {
    /// Places of CR and LF; the latter ends a line.
    waiting: VecDeque<(u64, bool)>,
    passed: u64,
}

impl<R: BufRead> Noting<R> {
    pub(super) fn new(inner: R) -> (Self, Lines) {
        let ends = Lines::default();
        (Self { inner, at: 0, has_begun: false, ends: ends.clone() }, ends)
    }
}

impl<R: BufRead> Read for Noting<R> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        if !std::mem::replace(&mut self.has_begun, true) && self.inner.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            self.inner.consume(BYTE_ORDER_MARK.len());
        }
        let count = self.inner.read(to)?;
        let mut ends = self.ends.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (place, byte) in (self.at..).zip(to.iter().take(count)) {
            if matches!(byte, b'\r' | b'\n') {
                ends.waiting.push_back((place, *byte == b'\n'));
            }
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Lines {
    /// The line, from 1, of what stands at `byte` or behind the line ends there. Asked for in the order of the file.
    pub(super) fn at(&self, byte: u64) -> u64 {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut begin = byte;
        while let Some((place, is_end)) = ends.waiting.front().copied().filter(|(place, _)| *place <= begin) {
            ends.waiting.pop_front();
            ends.passed += u64::from(is_end);
            if place == begin {
                begin += 1;
            }
        }
        ends.passed + 1
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn lines_are_counted_through_quotes_blank_lines_and_every_line_end() {
        let text = "\u{feff}h,i\r\na,\"1\r\n2\"\r\n\r\nb,\"x\ny\"\nc,d\n\n\ne,f";
        for size in [4, 7, 4_096] {
            let (noting, lines) = Noting::new(BufReader::with_capacity(size.max(8), text.as_bytes()));
            let mut reader = csv::ReaderBuilder::new().buffer_capacity(size).from_reader(noting);
            assert_eq!(reader.headers().unwrap(), vec!["h", "i"]);
            let mut found = Vec::new();
            for record in reader.byte_records() {
                let record = record.unwrap();
                found.push((record[0][0], lines.at(record.position().unwrap().byte())));
            }
            assert_eq!(found, [(b'a', 2), (b'b', 5), (b'c', 7), (b'e', 10)], "{size}");
        }
    }
}
