//! The SSH agent: which keys it holds, and signing with one of them (draft-miller-ssh-agent).

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::armour::SshSignature;
use super::key::PublicKey;
use super::wire::{Reader, put};

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES: u8 = 12;
const SIGN: u8 = 13;
const SIGNED: u8 = 14;
/// Signatures of rsa keys over SHA-512.
const RSA_SHA2_512: u32 = 4;
/// Bytes of the longest answer.
const LONGEST: usize = 256 * 1024;
/// Somebody may have to confirm it, or to touch a key.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why the agent is of no use.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// There is none.
    #[error("no SSH agent is at hand: SSH_AUTH_SOCK is not set")]
    None,
    /// It cannot be talked to.
    #[error("the SSH agent at {0}: {1}")]
    Io(String, #[source] std::io::Error),
    /// Its answer is none.
    #[error("the SSH agent gave an answer that is not understood")]
    Answer,
    /// It does not sign.
    #[error("the SSH agent does not sign with {0}: it was not confirmed, or the key is locked")]
    Refused(String),
}

/// A key that the agent holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The key.
    pub key: PublicKey,
    /// Its comment.
    pub comment: String,
}

/// A connection to the agent. It blocks.
#[derive(Debug)]
pub struct Agent {
    stream: UnixStream,
    path: String,
}

impl Agent {
    /// The agent of SSH_AUTH_SOCK.
    ///
    /// # Errors
    /// [`AgentError`].
    pub fn connect() -> Result<Self, AgentError> {
        let path = std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()).ok_or(AgentError::None)?;
        let shown = path.to_string_lossy().into_owned();
        let connect = || -> std::io::Result<UnixStream> {
            let stream = UnixStream::connect(&path)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(stream)
        };
        match connect() {
            Ok(stream) => Ok(Self { stream, path: shown }),
            Err(error) => Err(AgentError::Io(shown, error)),
        }
    }

    /// The keys that it holds.
    ///
    /// # Errors
    /// [`AgentError`].
    pub fn identities(&mut self) -> Result<Vec<Identity>, AgentError> {
        let answer = self.ask(&[REQUEST_IDENTITIES])?;
        let mut reader = Reader::new(&answer);
        let mut read = || {
            let count = (reader.byte()? == IDENTITIES).then(|| reader.u32())??;
            let mut found = Vec::new();
            for _ in 0..count {
                let (blob, comment) = (reader.bytes()?, reader.bytes()?);
                let comment = String::from_utf8_lossy(comment).into_owned();
                found.extend(PublicKey::from_blob(blob).map(|key| Identity { key, comment }));
            }
            Some(found)
        };
        read().ok_or(AgentError::Answer)
    }

    /// Signs a message with one of its keys.
    ///
    /// # Errors
    /// [`AgentError`].
    pub fn sign(&mut self, key: &PublicKey, message: &[u8]) -> Result<SshSignature, AgentError> {
        let mut request = vec![SIGN];
        put(&mut request, key.blob());
        put(&mut request, &SshSignature::request(message));
        let flags = if key.name() == "ssh-rsa" { RSA_SHA2_512 } else { 0 };
        request.extend(flags.to_be_bytes());
        let answer = self.ask(&request)?;
        let mut reader = Reader::new(&answer);
        if reader.byte() != Some(SIGNED) {
            return Err(AgentError::Refused(key.fingerprint()));
        }
        let made = reader.bytes().ok_or(AgentError::Answer)?;
        Ok(SshSignature::of(key.clone(), made.to_vec()))
    }

    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, AgentError> {
        let mut framed = Vec::with_capacity(request.len() + 4);
        put(&mut framed, request);
        let mut exchange = || -> std::io::Result<Option<Vec<u8>>> {
            self.stream.write_all(&framed)?;
            let mut length = [0; 4];
            self.stream.read_exact(&mut length)?;
            let length = u32::from_be_bytes(length) as usize;
            if length > LONGEST {
                return Ok(None);
            }
            let mut answer = vec![0; length];
            self.stream.read_exact(&mut answer)?;
            Ok(Some(answer))
        };
        match exchange() {
            Ok(answer) => answer.ok_or(AgentError::Answer),
            Err(error) => Err(AgentError::Io(self.path.clone(), error)),
        }
    }
}
