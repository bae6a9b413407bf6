//! Signing with the file of a private key: `ssh-keygen` reads it, asks for its passphrase, and signs.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::NAMESPACE;
use super::armour::SshSignature;

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum KeygenError {
    /// It is not installed, or cannot be started.
    #[error("ssh-keygen cannot be started: {0}")]
    Start(#[source] std::io::Error),
    /// It did not sign, and has said why.
    #[error("ssh-keygen did not sign with {0}")]
    Refused(String),
}

/// Signs a message with the key of a file. It blocks, as long as somebody types a passphrase.
///
/// # Errors
/// [`KeygenError`].
pub fn sign_with_file(file: &Path, message: &[u8]) -> Result<SshSignature, KeygenError> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(KeygenError::Start)?;
    // Some lines fit into a pipe. Where it ended already, its own words say why.
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(message);
    }
    let output = child.wait_with_output().map_err(KeygenError::Start)?;
    let refused = || KeygenError::Refused(file.display().to_string());
    if !output.status.success() {
        return Err(refused());
    }
    SshSignature::parse(&String::from_utf8_lossy(&output.stdout)).map_err(|_| refused())
}
