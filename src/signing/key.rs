//! Public keys, and signatures of them.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, EcdsaVerificationAlgorithm,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::Refusal;
use super::wire::Reader;

/// Bits of the shortest RSA key that counts.
const RSA_LEAST: usize = 3072;
/// Bits of the longest that can be checked.
const RSA_MOST: usize = 8192;

/// A public key as ssh writes it.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    blob: Vec<u8>,
}

/// Parts of a key that are needed to check a signature.
enum Parts<'a> {
    Ed25519(&'a [u8]),
    Ecdsa(&'static Curve, &'a [u8]),
    Rsa { e: &'a [u8], n: &'a [u8] },
}

struct Curve {
    key: &'static str,
    name: &'static str,
    /// Bytes of a number on it.
    size: usize,
    algorithm: &'static EcdsaVerificationAlgorithm,
}

static CURVES: [Curve; 3] = [
    Curve { key: "ecdsa-sha2-nistp256", name: "nistp256", size: 32, algorithm: &ECDSA_P256_SHA256_FIXED },
    Curve { key: "ecdsa-sha2-nistp384", name: "nistp384", size: 48, algorithm: &ECDSA_P384_SHA384_FIXED },
    Curve { key: "ecdsa-sha2-nistp521", name: "nistp521", size: 66, algorithm: &ECDSA_P521_SHA512_FIXED },
];

impl PublicKey {
    /// A key as the protocol sends it; `None` where that is no key at all. Kinds that are not understood are keys, too.
    pub(super) fn from_blob(blob: &[u8]) -> Option<Self> {
        let name =
            Reader::new(blob).text().filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()))?;
        Some(Self { name: name.to_owned(), blob: blob.to_vec() })
    }

    /// A key as a `.pub` file has it, with or without a comment behind it.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let (name, encoded) = (words.next()?, words.next()?);
        let key = Self::from_blob(&STANDARD.decode(encoded).ok()?)?;
        (key.name == name).then_some(key)
    }

    pub(super) fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// Its kind, as ssh names it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The SHA-256 of it, as `ssh-keygen -l` shows it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&self.blob)))
    }

    fn parts(&self) -> Result<Parts<'_>, Refusal> {
        let malformed = || Refusal::Malformed("its key is broken");
        let mut reader = Reader::new(&self.blob);
        let name = reader.text().ok_or_else(malformed)?;
        let parts = match name {
            "ssh-ed25519" => reader.bytes().filter(|key| key.len() == 32).map(Parts::Ed25519),
            "ssh-rsa" => reader.number().zip(reader.number()).map(|(e, n)| Parts::Rsa { e, n }),
            "ssh-dss" => return Err(Refusal::Weak("dsa keys are too weak".to_owned())),
            name if name.contains("-cert-") => return Err(Refusal::Unsupported("certificates".to_owned())),
            name if name.starts_with("sk-") => return Err(Refusal::Unsupported("security keys".to_owned())),
            name => match CURVES.iter().find(|curve| curve.key == name) {
                Some(curve) => reader
                    .text()
                    .filter(|name| *name == curve.name)
                    .and_then(|_| reader.bytes())
                    .filter(|point| point.len() == 2 * curve.size + 1 && point[0] == 4)
                    .map(|point| Parts::Ecdsa(curve, point)),
                None => return Err(Refusal::Unsupported(format!("{name} keys"))),
            },
        };
        let parts = parts.filter(|_| reader.is_at_end()).ok_or_else(malformed)?;
        if let Parts::Rsa { n, .. } = &parts {
            let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
            if bits < RSA_LEAST {
                return Err(Refusal::Weak(format!("rsa keys of {bits} bits are too weak: {RSA_LEAST} at least")));
            }
            if bits > RSA_MOST {
                return Err(Refusal::Unsupported(format!("rsa keys of more than {RSA_MOST} bits")));
            }
        }
        Ok(parts)
    }

    /// Refuses a key that no signature counts of.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn check(&self) -> Result<(), Refusal> {
        self.parts().map(drop)
    }

    /// Checks a signature, which is an algorithm's name and what it made.
    pub(super) fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), Refusal> {
        let parts = self.parts()?;
        let malformed = || Refusal::Malformed("what was signed with is broken");
        let mut reader = Reader::new(signature);
        let (algorithm, made) = reader.text().zip(reader.bytes()).ok_or_else(malformed)?;
        if !reader.is_at_end() {
            return Err(malformed());
        }
        let verified = match parts {
            Parts::Ed25519(key) if algorithm == self.name => UnparsedPublicKey::new(&ED25519, key).verify(data, made),
            Parts::Ecdsa(curve, point) if algorithm == self.name => {
                let mut numbers = Reader::new(made);
                let (r, s) = numbers.number().zip(numbers.number()).ok_or_else(malformed)?;
                let fixed = [r, s].map(|number| padded(number, curve.size));
                let [Some(r), Some(s)] = fixed else { return Err(malformed()) };
                if !numbers.is_at_end() {
                    return Err(malformed());
                }
                UnparsedPublicKey::new(curve.algorithm, point).verify(data, &[r, s].concat())
            }
            Parts::Rsa { e, n } => {
                let how = match algorithm {
                    "rsa-sha2-512" => &RSA_PKCS1_2048_8192_SHA512,
                    "rsa-sha2-256" => &RSA_PKCS1_2048_8192_SHA256,
                    other => return Err(Refusal::Weak(format!("{other} signatures of rsa keys are too weak"))),
                };
                let made = padded(made, n.len()).ok_or_else(malformed)?;
                RsaPublicKeyComponents { n, e }.verify(how, data, &made)
            }
            _ => return Err(Refusal::Malformed("it was signed in another way than its key can")),
        };
        verified.map_err(|_| Refusal::Mismatch)
    }
}

/// A number with zeros before it; `None` where it is longer.
fn padded(number: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut out = vec![0; size.checked_sub(number.len())?];
    out.extend(number);
    Some(out)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {})", self.name, self.fingerprint())
    }
}
