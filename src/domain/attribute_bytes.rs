//! Attributes in S3 that are carried as bytes: nothing looks into them, and nothing in them changes.

use sha2::{Digest, Sha256};

use super::digest::hex;
use super::row::{Row, field};
use super::value::Value;

/// Names the bytes of an S3 object. In the rows of an item it stands where the attributes would be, so that digests, journals and
/// comparisons rest on the content and not on the object's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeBytes {
    /// How many.
    pub length: u64,
    /// Their SHA-256, in hexadecimal.
    pub sha256: String,
}

impl AttributeBytes {
    /// Names these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { length: bytes.len() as u64, sha256: hex(&Sha256::digest(bytes)) }
    }

    /// As it stands in a row. No row of an application can pass for one: a text that is no `s3://` reference is refused when it is read.
    #[must_use]
    pub fn value(&self) -> Value {
        Value::s(format!("{} bytes, SHA-256 {}", self.length, self.sha256))
    }

    fn parse(text: &str) -> Option<Self> {
        let (length, sha256) = text.split_once(" bytes, SHA-256 ")?;
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
        Some(Self { length: length.parse().ok()?, sha256: sha256.to_owned() }).filter(|_| is_hash)
    }
}

impl Row {
    /// The bytes that stand for the attributes of an item's row; `None` where they are in place, or absent.
    #[must_use]
    pub fn attribute_bytes(&self) -> Option<AttributeBytes> {
        AttributeBytes::parse(self.text(field::ATTRIBUTES)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_in_a_row_and_is_neither_attributes_nor_a_reference() {
        let bytes = AttributeBytes::of(b"{}");
        let row = Row::default().with_attributes(bytes.value());
        assert_eq!(row.attribute_bytes(), Some(bytes.clone()));
        assert_eq!((bytes.length, &bytes.sha256[..8]), (2, "44136fa3"));
        assert!(row.attributes().is_err(), "whoever looks for attributes must not take it for some");
        for other in ["s3://b/k", "2 bytes, SHA-256 44136fa3", "x bytes, SHA-256 "] {
            assert_eq!(Row::default().with_attributes(Value::s(other)).attribute_bytes(), None);
        }
    }
}
