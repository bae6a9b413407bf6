//! The file of a signature: OpenSSH's PROTOCOL.sshsig.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha512};

use super::key::PublicKey;
use super::wire::{Reader, put};
use super::{NAMESPACE, Refusal};

const MAGIC: &[u8] = b"SSHSIG";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// Characters of a line, as ssh-keygen writes it.
const WIDTH: usize = 70;

/// A signature with the key that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSignature {
    /// The key.
    pub key: PublicKey,
    namespace: String,
    hash: String,
    made: Vec<u8>,
}

/// The text before a signature, and the signature itself.
#[must_use]
pub fn split(text: &str) -> (&str, Option<&str>) {
    // A name in the lines before may hold the same words: the signature stands at the beginning of a line, and last.
    let at = if text.starts_with(BEGIN) { Some(0) } else { text.rfind(&format!("\n{BEGIN}")).map(|at| at + 1) };
    at.map_or((text, None), |at| (&text[..at], Some(&text[at..])))
}

impl SshSignature {
    /// Reads the text between the lines that mark its beginning and end.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], [`Refusal::Weak`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim_ascii();
        let inside = text.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let inside = inside.ok_or(Refusal::Malformed("no line marks its beginning or its end"))?;
        let encoded: String = inside.split_ascii_whitespace().collect();
        let blob = STANDARD.decode(encoded).map_err(|_| Refusal::Malformed("it is no base64"))?;
        Self::from_blob(&blob)
    }

    fn from_blob(blob: &[u8]) -> Result<Self, Refusal> {
        let short = Refusal::Malformed("it is cut short");
        let mut reader = Reader::new(blob);
        if reader.take(MAGIC.len()) != Some(MAGIC) {
            return Err(Refusal::Malformed("it is of another kind"));
        }
        if reader.u32().ok_or(short.clone())? != 1 {
            return Err(Refusal::Malformed("it has another version than 1"));
        }
        let mut next = || reader.bytes().ok_or(short.clone());
        let (key, namespace, reserved, hash, made) = (next()?, next()?, next()?, next()?, next()?);
        if !reader.is_at_end() || !reserved.is_empty() {
            return Err(Refusal::Malformed("something stands in it that does not belong there"));
        }
        let key = PublicKey::from_blob(key).ok_or(Refusal::Malformed("its key is broken"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (namespace, hash) = (text(namespace), text(hash));
        Ok(Self { key, namespace, hash, made: made.to_vec() })
    }

    /// Made of the bytes that a key made of [`Self::request`].
    pub(super) fn of(key: PublicKey, made: Vec<u8>) -> Self {
        Self { key, namespace: NAMESPACE.to_owned(), hash: "sha512".to_owned(), made }
    }

    /// The bytes that a key signs for a message.
    pub(super) fn request(message: &[u8]) -> Vec<u8> {
        signed(NAMESPACE, "sha512", &Sha512::digest(message))
    }

    /// As ssh-keygen writes it.
    #[must_use]
    pub fn armoured(&self) -> String {
        let mut blob = MAGIC.to_vec();
        blob.extend(1u32.to_be_bytes());
        for bytes in [self.key.blob(), self.namespace.as_bytes(), &[], self.hash.as_bytes(), &self.made] {
            put(&mut blob, bytes);
        }
        let encoded = STANDARD.encode(blob);
        let mut out = format!("{BEGIN}\n");
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, next) = rest.split_at(rest.len().min(WIDTH));
            out.push_str(line);
            out.push('\n');
            rest = next;
        }
        out.push_str(END);
        out.push('\n');
        out
    }

    /// Checks that the key signed a message, for this program.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn verify(&self, message: &[u8]) -> Result<(), Refusal> {
        if self.namespace != NAMESPACE {
            return Err(Refusal::Namespace(self.namespace.clone()));
        }
        let hash = match self.hash.as_str() {
            "sha512" => Sha512::digest(message).to_vec(),
            "sha256" => Sha256::digest(message).to_vec(),
            other => return Err(Refusal::Weak(format!("a signature over a hash {other:?} does not count"))),
        };
        self.key.verify(&signed(&self.namespace, &self.hash, &hash), &self.made)
    }
}

fn signed(namespace: &str, hash: &str, of: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for bytes in [namespace.as_bytes(), &[], hash.as_bytes(), of] {
        put(&mut out, bytes);
    }
    out
}
