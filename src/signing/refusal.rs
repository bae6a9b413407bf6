use super::NAMESPACE;

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// The file holds no signature.
    #[error("it holds no SSH signature: {0}")]
    Malformed(&'static str),
    /// The lines that were signed are not there.
    #[error(
        "the lines that were signed are missing: they stand before the signature, or in the file without .sig beside it"
    )]
    NoLines,
    /// The lines are others.
    #[error("line {0} is not one that `tenantry sign --print` prints")]
    Line(usize),
    /// It was made for another program.
    #[error("it was made in the namespace {0:?}, not in {ours:?}", ours = NAMESPACE)]
    Namespace(String),
    /// The key or the way it signed is not good enough.
    #[error("{0}")]
    Weak(String),
    /// A kind of key that is not understood.
    #[error("{0} are not supported: sign with an ed25519, ecdsa or rsa key")]
    Unsupported(String),
    /// The lines were changed, or the key is another one.
    #[error("it is no signature of this key over these lines")]
    Mismatch,
    /// It agrees to something else.
    #[error("it is for another {line}: {signed}, and not {wanted}")]
    Other {
        /// Name of the line.
        line: &'static str,
        /// Its value there.
        signed: String,
        /// The value that it should have.
        wanted: String,
    },
    /// Its time is over.
    #[error("it was valid until {0}")]
    Expired(String),
    /// Its time is longer than any agreement should last.
    #[error("it says to be valid until {0}: more than {days} days from now", days = super::LONGEST.as_hours() / 24)]
    TooLong(String),
    /// Nobody is known to have the key.
    #[error("no line of allowed_signers has the key {0}")]
    Unknown(String),
    /// The line of the key does not allow it.
    #[error("{0}")]
    NotAllowed(String),
    /// The key was given up.
    #[error("the key {0} is revoked")]
    Revoked(String),
}
