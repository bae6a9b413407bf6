//! Frames between the program and its worker: values as they are, digit for digit.

use std::collections::BTreeSet;

use crate::domain::run::Reason;
use crate::domain::transform::Brought;
use crate::domain::value::{Map, Number, Value};

/// Levels that a frame may nest: far above what DynamoDB and JSON of the application nest.
const LEVELS: usize = 512;

/// A frame that does not say what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an unreadable frame")]
pub(super) struct BadFrame;

/// The contents of a frame being written.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    /// Of a kind.
    pub(super) fn of(kind: u8) -> Self {
        Self(vec![kind])
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn count(&mut self, count: usize) {
        self.0.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn map(&mut self, map: &Map) {
        self.count(map.len());
        for (name, value) in map {
            self.text(name);
            self.value(value);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::S(text) => {
                self.byte(b'S');
                self.text(text);
            }
            Value::N(number) => {
                self.byte(b'N');
                self.text(number.as_str());
            }
            Value::B(bytes) => {
                self.byte(b'B');
                self.bytes(bytes);
            }
            Value::Bool(flag) => self.byte(if *flag { b't' } else { b'f' }),
            Value::Null => self.byte(b'0'),
            Value::M(map) => {
                self.byte(b'M');
                self.map(map);
            }
            Value::L(list) => {
                self.byte(b'L');
                self.count(list.len());
                list.iter().for_each(|one| self.value(one));
            }
            Value::Ss(set) => {
                self.byte(b's');
                self.count(set.len());
                set.iter().for_each(|text| self.text(text));
            }
            Value::Ns(set) => {
                self.byte(b'n');
                self.count(set.len());
                set.iter().for_each(|number| self.text(number.as_str()));
            }
            Value::Bs(set) => {
                self.byte(b'b');
                self.count(set.len());
                set.iter().for_each(|bytes| self.bytes(bytes));
            }
        }
    }

    /// Writes the result for attributes.
    pub(super) fn brought(&mut self, brought: &Brought) {
        match brought {
            Brought::Equal => self.byte(b'='),
            Brought::Changed(map) => {
                self.byte(b'!');
                self.map(map);
            }
            Brought::Refused(reason, message) => {
                self.byte(b'-');
                self.text(reason.as_str());
                self.text(message);
            }
        }
    }
}

/// The contents of a frame being read.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

type Read<T> = Result<T, BadFrame>;

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(BadFrame)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Read<u8> {
        self.take(1)?.first().copied().ok_or(BadFrame)
    }

    pub(super) fn count(&mut self) -> Read<usize> {
        let bytes = self.take(4)?.try_into().map_err(|_| BadFrame)?;
        usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| BadFrame)
    }

    pub(super) fn bytes(&mut self) -> Read<&'a [u8]> {
        let count = self.count()?;
        self.take(count)
    }

    pub(super) fn text(&mut self) -> Read<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| BadFrame)
    }

    pub(super) fn map(&mut self) -> Read<Map> {
        self.map_within(LEVELS)
    }

    fn map_within(&mut self, levels: usize) -> Read<Map> {
        let levels = levels.checked_sub(1).ok_or(BadFrame)?;
        let mut map = Map::new();
        for _ in 0..self.count()? {
            let name = self.text()?.to_owned();
            map.insert(name, self.value(levels)?);
        }
        Ok(map)
    }

    fn value(&mut self, levels: usize) -> Read<Value> {
        Ok(match self.byte()? {
            b'S' => Value::s(self.text()?),
            b'N' => Value::N(self.number()?),
            b'B' => Value::B(self.bytes()?.to_vec()),
            b't' => Value::Bool(true),
            b'f' => Value::Bool(false),
            b'0' => Value::Null,
            b'M' => Value::M(self.map_within(levels)?),
            b'L' => {
                let levels = levels.checked_sub(1).ok_or(BadFrame)?;
                Value::L((0..self.count()?).map(|_| self.value(levels)).collect::<Read<_>>()?)
            }
            b's' => Value::Ss(self.set(|reader| reader.text().map(str::to_owned))?),
            b'n' => Value::Ns(self.set(Self::number)?),
            b'b' => Value::Bs(self.set(|reader| reader.bytes().map(<[u8]>::to_vec))?),
            _ => return Err(BadFrame),
        })
    }

    fn number(&mut self) -> Read<Number> {
        Number::parse(self.text()?).map_err(|_| BadFrame)
    }

    fn set<T: Ord>(&mut self, mut read: impl FnMut(&mut Self) -> Read<T>) -> Read<BTreeSet<T>> {
        (0..self.count()?).map(|_| read(self)).collect()
    }

    pub(super) fn brought(&mut self) -> Read<Brought> {
        Ok(match self.byte()? {
            b'=' => Brought::Equal,
            b'!' => Brought::Changed(self.map()?),
            b'-' => {
                let reason: Reason = self.text()?.parse().map_err(|_| BadFrame)?;
                Brought::Refused(reason, self.text()?.to_owned())
            }
            _ => return Err(BadFrame),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::testing::any_map;

    fn there_and_back(map: &Map) -> Map {
        let mut writer = Writer::default();
        writer.map(map);
        Reader::new(&writer.0).map().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_value_arrives_as_it_was_sent(map in any_map()) {
            // Spelling and order included, which equality does not look at.
            prop_assert_eq!(format!("{:?}", there_and_back(&map)), format!("{map:?}"));
        }

        #[test]
        fn no_bytes_make_a_reader_fail_otherwise_than_by_saying_so(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Reader::new(&bytes).map();
            let _ = Reader::new(&bytes).brought();
        }
    }

    #[test]
    fn what_became_of_attributes_arrives() {
        for brought in [
            Brought::Equal,
            Brought::Changed(Map::from([("a".to_owned(), Value::n(1))])),
            Brought::Refused(Reason::FutureVersion, "line\nbreak".to_owned()),
        ] {
            let mut writer = Writer::default();
            writer.brought(&brought);
            assert_eq!(Reader::new(&writer.0).brought(), Ok(brought));
        }
    }

    #[test]
    fn a_frame_nests_only_so_deep() {
        let nested = |levels: usize| {
            let mut bytes = [1u32.to_le_bytes(), 0u32.to_le_bytes()].concat();
            (0..levels).for_each(|_| bytes.extend([&b"L"[..], &1u32.to_le_bytes()].concat()));
            bytes.push(b'0');
            Reader::new(&bytes).map().is_ok()
        };
        assert!(nested(500) && !nested(100_000));
    }
}
