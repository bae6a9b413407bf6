//! Whether a signature counts, and how many people signed.

use jiff::Timestamp;

use super::allowed::AllowedSigners;
use super::armour::SshSignature;
use super::key::PublicKey;
use super::lines::Subject;
use super::pattern::{is_listed, is_pattern};
use super::{Refusal, Revoked};

/// Whose signatures count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Those who may sign.
    pub signers: AllowedSigners,
    /// Keys that were given up.
    pub revoked: Revoked,
}

/// A signature that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Whose it is: the principals of the lines that allow it.
    pub principals: Vec<String>,
    /// The key.
    pub key: PublicKey,
    /// How long it counts.
    pub until: Timestamp,
}

/// Whether a signature over lines agrees to a subject now; with the key that made it, where that much is known.
///
/// # Errors
/// [`Refusal`].
pub fn judge(
    lines: &str,
    signature: &str,
    subject: &Subject,
    policy: &Policy,
    now: Timestamp,
) -> Result<Accepted, (Option<PublicKey>, Refusal)> {
    let signature = SshSignature::parse(signature).map_err(|refusal| (None, refusal))?;
    let key = signature.key.clone();
    let judged = || {
        key.check()?;
        if lines.is_empty() {
            return Err(Refusal::NoLines);
        }
        signature.verify(lines.as_bytes())?;
        let until = subject.check(lines, now)?;
        if policy.revoked.has(&key) {
            return Err(Refusal::Revoked(key.fingerprint()));
        }
        let principals = policy.signers.principals(&key, now)?;
        Ok(Accepted { principals, key: key.clone(), until })
    };
    judged().map_err(|refusal| (Some(key.clone()), refusal))
}

/// How many people signed. Two signatures are one person's where they are of one key, or where a principal of the one could be a
/// principal of the other: an agreement of two must not be one of somebody with two keys.
#[must_use]
pub fn signers(accepted: &[Accepted]) -> usize {
    let mut groups: Vec<Vec<&Accepted>> = Vec::new();
    for one in accepted {
        let (same, mut others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.iter().any(|other| is_same(one, other)));
        let mut joined: Vec<&Accepted> = same.into_iter().flatten().collect();
        joined.push(one);
        others.push(joined);
        groups = others;
    }
    groups.len()
}

fn is_same(a: &Accepted, b: &Accepted) -> bool {
    a.key == b.key || a.principals.iter().any(|a| b.principals.iter().any(|b| overlap(a, b)))
}

/// Whether somebody could be on both lists.
fn overlap(a: &str, b: &str) -> bool {
    let plain = |list: &str, other: &str| {
        list.split(',').filter(|name| !name.starts_with('!') && !is_pattern(name)).any(|name| is_listed(name, other))
    };
    let has_pattern = |list: &str| list.split(',').any(|name| !name.starts_with('!') && is_pattern(name));
    plain(a, b) || plain(b, a) || (has_pattern(a) && has_pattern(b))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn accepted(key: u8, principals: &[&str]) -> Accepted {
        let mut blob = Vec::new();
        super::super::wire::put(&mut blob, b"ssh-ed25519");
        super::super::wire::put(&mut blob, &[key; 32]);
        let key = PublicKey::from_text(&format!("ssh-ed25519 {}", STANDARD.encode(blob))).unwrap();
        let principals = principals.iter().map(|p| (*p).to_owned()).collect();
        Accepted { principals, key, until: Timestamp::UNIX_EPOCH }
    }

    fn count(of: &[(u8, &[&str])]) -> usize {
        signers(&of.iter().map(|(key, principals)| accepted(*key, principals)).collect::<Vec<_>>())
    }

    #[test]
    fn people_are_counted_and_not_keys() {
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[(1, &["alice"]), (2, &["bob"])]), 2);
        // The same signature twice, another one of the same key, a second key, and a second name.
        assert_eq!(count(&[(1, &["alice"]), (1, &["alice"])]), 1);
        assert_eq!(count(&[(1, &["alice"]), (2, &["alice"])]), 1);
        assert_eq!(count(&[(1, &["alice", "alice@work"]), (2, &["alice@work"])]), 1);
        assert_eq!(count(&[(1, &["alice,alice@work"]), (2, &["alice@work"])]), 1);
        // A key of two people, beside one of each, ties them.
        assert_eq!(count(&[(1, &["alice"]), (2, &["bob"]), (3, &["alice,bob"])]), 1);
        assert_eq!(count(&[(1, &["alice"]), (2, &["bob"]), (3, &["carol"])]), 3);
        // A pattern may be anybody whom it matches.
        assert_eq!(count(&[(1, &["alice@x"]), (2, &["*@x"])]), 1);
        assert_eq!(count(&[(1, &["alice@x"]), (2, &["*@x,!alice@x"])]), 2);
        assert_eq!(count(&[(1, &["*@x"]), (2, &["*@y"])]), 1);
    }
}
