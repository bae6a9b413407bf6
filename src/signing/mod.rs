//! Sign-off: SSH signatures over what a plan does and where, and the people whose signatures count.
//!
//! Signatures are those of `ssh-keygen -Y sign -n tenantry`, and the list of signers is the file that ssh and git read. The
//! cryptography is the one that TLS uses already; a private key never enters this program: the agent or `ssh-keygen` signs.

mod agent;
mod allowed;
mod armour;
mod judge;
mod key;
mod keygen;
mod lines;
mod pattern;
mod refusal;
mod revoked;
#[cfg(test)]
mod tests;
mod wire;

pub use agent::{Agent, AgentError, Identity};
pub use allowed::{AllowedSigners, BadSigners};
pub use armour::{SshSignature, split};
pub use judge::{Accepted, Policy, judge, signers};
pub use key::PublicKey;
pub use keygen::{KeygenError, sign_with_file};
pub use lines::{LONGEST, Subject};
pub use refusal::Refusal;
pub use revoked::Revoked;

/// Namespace that every signature is made for, so that none made for something else counts.
pub const NAMESPACE: &str = "tenantry";
