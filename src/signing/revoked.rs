//! Keys that were given up: a list of them, or a KRL of `ssh-keygen -k`.

use std::collections::BTreeSet;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::key::PublicKey;
use super::wire::Reader;

const MAGIC: &[u8] = b"SSHKRL\n\0";
const CERTIFICATES: u8 = 1;
const KEYS: u8 = 2;
const SHA1: u8 = 3;
const SHA256: u8 = 5;

/// Revoked keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revoked {
    keys: BTreeSet<Vec<u8>>,
    sha1: BTreeSet<Vec<u8>>,
    sha256: BTreeSet<Vec<u8>>,
}

impl Revoked {
    /// Reads either form.
    ///
    /// # Errors
    /// In words; then nothing is known of any key.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.starts_with(MAGIC) {
            return krl(bytes)
                .ok_or_else(|| "it is a key revocation list with something that is not understood".to_owned());
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "it is neither text nor a key revocation list")?;
        let mut found = Self::default();
        for (n, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = PublicKey::from_text(line).ok_or_else(|| format!("line {} is no public key", n + 1))?;
            found.keys.insert(key.blob().to_vec());
        }
        Ok(found)
    }

    /// Whether a key is among them.
    #[must_use]
    pub fn has(&self, key: &PublicKey) -> bool {
        let blob = key.blob();
        self.keys.contains(blob)
            || (!self.sha1.is_empty() && self.sha1.contains(&Sha1::digest(blob)[..]))
            || (!self.sha256.is_empty() && self.sha256.contains(&Sha256::digest(blob)[..]))
    }
}

/// OpenSSH's PROTOCOL.krl. Certificates in it are none of ours: none of them counts anyway.
fn krl(bytes: &[u8]) -> Option<Revoked> {
    let mut reader = Reader::new(bytes);
    reader.take(MAGIC.len())?;
    if reader.u32()? != 1 {
        return None;
    }
    // Its version, date and flags.
    reader.take(24)?;
    reader.bytes()?;
    reader.bytes()?;
    let mut found = Revoked::default();
    while !reader.is_at_end() {
        let kind = reader.byte()?;
        let mut inside = Reader::new(reader.bytes()?);
        let into = match kind {
            CERTIFICATES => continue,
            KEYS => &mut found.keys,
            SHA1 => &mut found.sha1,
            SHA256 => &mut found.sha256,
            _ => return None,
        };
        while !inside.is_at_end() {
            into.insert(inside.bytes()?.to_vec());
        }
    }
    Some(found)
}
