//! Proof that whoever renews a login has its key (DPoP, RFC 9449). The cryptography is the one that TLS uses.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use crate::domain::digest::hex;

/// Bytes of a coordinate of the public key.
const COORDINATE: usize = 32;

/// A proof cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProofError {
    /// The text is no private key of the curve P-256.
    #[error("its dpopKey is no key of the kind that is wanted")]
    Key,
    /// The cryptography refused.
    #[error("the proof of its key could not be signed")]
    Signing,
}

/// The key of a login.
#[derive(Debug)]
pub(super) struct ProofKey(EcdsaKeyPair);

impl ProofKey {
    /// Reads a private key as PEM has it.
    ///
    /// # Errors
    /// [`ProofError::Key`].
    pub(super) fn from_pem(pem: &str) -> Result<Self, ProofError> {
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
        let der = STANDARD.decode(body).map_err(|_| ProofError::Key)?;
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der);
        pair.map(Self).map_err(|_| ProofError::Key)
    }

    /// The proof for one request to an address, made at a moment in Unix seconds: good for that request alone.
    ///
    /// # Errors
    /// [`ProofError::Signing`].
    pub(super) fn sign(&self, address: &str, at: i64) -> Result<String, ProofError> {
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random.fill(&mut id).map_err(|_| ProofError::Signing)?;
        // One byte says that both coordinates follow.
        let (x, y) = self
            .0
            .public_key()
            .as_ref()
            .get(1..)
            .and_then(|point| point.split_at_checked(COORDINATE))
            .ok_or(ProofError::Key)?;
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk = json!({"kty": "EC", "x": text(x), "y": text(y), "crv": "P-256"});
        let head = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}).to_string();
        let body = json!({"jti": hex(&id), "htm": "POST", "htu": address, "iat": at}).to_string();
        let message = format!("{}.{}", text(head.as_bytes()), text(body.as_bytes()));
        let signature = self.0.sign(&random, message.as_bytes()).map_err(|_| ProofError::Signing)?;
        Ok(format!("{message}.{}", text(signature.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value as Json;

    use super::*;

    /// The key of the SDK's own tests, whose coordinates are known from there.
    const PEM: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBMB/RwQERsVoqWRQG4zK8CnaAa5dfrpbm+9tFdBh3z4oAoGCCqGSM49\n\
                       AwEHoUQDQgAEWb1VLi1EA2hJaTz4yYuxSELvY+1GAfL+8rUTCAdiFid87Bf6GY+s\n2+1RpqDv0RpZiDIMCrZrsAh+RK9S3QCaGA==\n\
                       -----END EC PRIVATE KEY-----\n";
    const X: &str = "Wb1VLi1EA2hJaTz4yYuxSELvY-1GAfL-8rUTCAdiFic";
    const Y: &str = "fOwX-hmPrNvtUaag79EaWYgyDAq2a7AIfkSvUt0Amhg";

    #[test]
    fn a_proof_names_key_address_and_moment_and_is_signed() {
        let key = ProofKey::from_pem(PEM).unwrap();
        let proof = key.sign("https://eu-west-1.signin.aws.amazon.com/v1/token", 1_700_000_000).unwrap();
        let (message, signature) = proof.rsplit_once('.').unwrap();
        let (head, body) = message.split_once('.').unwrap();
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let json = |text: &str| serde_json::from_slice::<Json>(&bytes(text)).unwrap();
        assert_eq!(
            json(head),
            json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "x": X, "y": Y, "crv": "P-256"}})
        );
        let body = json(body);
        assert_eq!((&body["htm"], &body["iat"]), (&json!("POST"), &json!(1_700_000_000)));
        assert_eq!(body["htu"], "https://eu-west-1.signin.aws.amazon.com/v1/token");
        let point = [&[4], bytes(X).as_slice(), &bytes(Y)].concat();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        assert!(public.verify(message.as_bytes(), &bytes(signature)).is_ok());
        // None is like another: each is good once.
        let again = key.sign("https://eu-west-1.signin.aws.amazon.com/v1/token", 1_700_000_000).unwrap();
        assert_ne!(again.split('.').nth(1), proof.split('.').nth(1));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "no key", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"] {
            assert_eq!(ProofKey::from_pem(text).unwrap_err(), ProofError::Key, "{text}");
        }
    }
}
