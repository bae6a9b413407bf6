//! Names that stand for texts: keyed, so that only who has the key could try texts out.

use std::fmt;

use sha2::{Digest, Sha256};

use super::super::key::{KEY_SEPARATOR, VERSION_SEPARATOR};
use super::super::value::Number;

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;
/// Letters and digits that neither case nor likeness confuses.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Parts of keys that the framework itself gives out, the same in every application.
const COMMON: [&str; 3] = ["single", "common", "MASTER"];

/// Secret that pseudonyms depend on. It is never shown and never stored.
pub struct Secret([u8; BLOCK]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Takes bytes that nobody can guess.
    #[must_use]
    pub fn new(random: [u8; BLOCK]) -> Self {
        Self(random)
    }

    /// HMAC-SHA256.
    fn keyed(&self, text: &[u8]) -> [u8; 32] {
        let pad = |with: u8| self.0.map(|byte| byte ^ with);
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
        Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
    }

    /// The name of a text without separators. A text in capital letters gets the name of the same one in small letters, in capitals: two
    /// spellings of a tenant's code stay two spellings of one.
    pub(super) fn name(&self, text: &str) -> String {
        if text.is_empty() || COMMON.contains(&text) {
            return text.to_owned();
        }
        let lower = text.to_lowercase();
        if lower != text && text.to_uppercase() == text {
            return self.name(&lower).to_uppercase();
        }
        let digest = self.keyed(text.as_bytes());
        let letters = digest.iter().take(15).map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
        std::iter::once('p').chain(letters).collect()
    }

    /// The names of the parts of a text between `#` and `@`, so that a part has the same name in a key and by itself.
    pub(super) fn parts(&self, text: &str) -> String {
        self.split(text, &[KEY_SEPARATOR, VERSION_SEPARATOR])
    }

    pub(super) fn split(&self, text: &str, separators: &[char]) -> String {
        let mut out = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some(at) = rest.find(separators) {
            let (part, from) = rest.split_at(at);
            out.push_str(&self.name(part));
            let end = from.chars().next().map_or(0, char::len_utf8);
            out.push_str(&from[..end]);
            rest = &from[end..];
        }
        out.push_str(&self.name(rest));
        out
    }

    /// A whole number of as many digits, at most 15.
    pub(super) fn number(&self, number: &Number) -> Number {
        let text = number.as_str();
        let digits =
            text.chars().take_while(|c| *c != '.' && *c != 'e' && *c != 'E').filter(char::is_ascii_digit).count();
        let digits = u32::try_from(digits.clamp(1, 15)).unwrap_or(15);
        let drawn = self.keyed(text.as_bytes()).iter().take(8).fold(0u64, |n, byte| (n << 8) | u64::from(*byte));
        let least = 10u64.pow(digits - 1);
        let drawn = least + drawn % (10u64.pow(digits) - least);
        let sign = if text.starts_with('-') { "-" } else { "" };
        Number::parse(&format!("{sign}{drawn}")).unwrap_or_else(|_| number.clone())
    }

    /// As many bytes, at most 32.
    pub(super) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.keyed(bytes).iter().copied().take(bytes.len()).collect()
    }
}
