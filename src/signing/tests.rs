//! Signatures that the real `ssh-keygen` made, and what is left of them when something is changed.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::*;

fn ssh_keygen(args: &[&str], input: &str) -> String {
    let mut command = Command::new("ssh-keygen");
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn subject() -> Subject {
    let text = str::to_owned;
    Subject {
        plan: text("p"),
        digest: text("d"),
        profile: text("test"),
        environment: text("dev"),
        app: text("shop"),
        account: None,
        region: None,
    }
}

#[test]
fn a_signature_with_any_byte_changed_does_not_count() {
    let dir = tempfile::tempdir().unwrap();
    let now = Timestamp::now();
    let lines = subject().lines(now + SignedDuration::from_hours(1));
    for kind in [
        &["-t", "ed25519"][..],
        &["-t", "ecdsa", "-b", "256"],
        &["-t", "ecdsa", "-b", "521"],
        &["-t", "rsa", "-b", "3072"],
    ] {
        let key = dir.path().join(kind.join(""));
        let key = key.to_str().unwrap();
        ssh_keygen(&[kind, &["-q", "-N", "", "-f", key]].concat(), "");
        let text = ssh_keygen(&["-Y", "sign", "-n", NAMESPACE, "-f", key], &lines);
        let public = std::fs::read_to_string(format!("{key}.pub")).unwrap();
        let signers = AllowedSigners::parse(&format!("me {public}"), &TimeZone::UTC).unwrap();
        let policy = Policy { signers, revoked: Revoked::default() };
        let judged = |lines: &str, text: &str| judge(lines, text, &subject(), &policy, now);
        assert_eq!(judged(&lines, &text).unwrap().principals, ["me"], "{kind:?}");
        // The text that we write is the text that was read.
        let signature = SshSignature::parse(&text).unwrap();
        assert_eq!(signature.armoured(), text);

        let inside: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let blob = STANDARD.decode(inside).unwrap();
        for at in 0..blob.len() {
            let mut changed = blob.clone();
            changed[at] ^= 1 << (at % 8);
            let changed = STANDARD.encode(&changed);
            let changed = format!("-----BEGIN SSH SIGNATURE-----\n{changed}\n-----END SSH SIGNATURE-----\n");
            assert!(judged(&lines, &changed).is_err(), "{kind:?} byte {at}");
        }
        for cut in 0..blob.len() {
            let cut = STANDARD.encode(&blob[..cut]);
            let cut = format!("-----BEGIN SSH SIGNATURE-----\n{cut}\n-----END SSH SIGNATURE-----\n");
            assert!(judged(&lines, &cut).is_err(), "{kind:?}");
        }
        for at in 0..lines.len() {
            let mut changed = lines.clone().into_bytes();
            changed[at] ^= 1;
            assert!(judged(std::str::from_utf8(&changed).unwrap(), &text).is_err(), "{kind:?} line byte {at}");
        }
    }
}

#[test]
fn revoked_keys_are_found_in_each_form_of_a_list() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    for name in ["a", "b"] {
        ssh_keygen(&["-q", "-t", "ed25519", "-N", "", "-f", &path(name)], "");
    }
    let key =
        |name: &str| PublicKey::from_text(&std::fs::read_to_string(path(&format!("{name}.pub"))).unwrap()).unwrap();
    let (a, b) = (key("a"), key("b"));
    let of = |bytes: &[u8]| Revoked::parse(bytes).map(|revoked| (revoked.has(&a), revoked.has(&b)));
    let public = std::fs::read(path("a.pub")).unwrap();
    assert_eq!(of(&[b"# gone\n\n", &public[..]].concat()), Ok((true, false)));
    assert_eq!(of(b""), Ok((false, false)));
    assert!(of(b"a.pub").is_err() && of(b"\xff\xfe").is_err());
    for (name, specification) in [
        ("keys", String::from_utf8(public.clone()).unwrap()),
        ("sha1", format!("sha1: {}", String::from_utf8(public.clone()).unwrap())),
        ("sha256", format!("sha256: {}", String::from_utf8(public).unwrap())),
    ] {
        std::fs::write(path("specification"), specification).unwrap();
        ssh_keygen(&["-q", "-k", "-f", &path(name), &path("specification")], "");
        let krl = std::fs::read(path(name)).unwrap();
        assert_eq!(of(&krl), Ok((true, false)), "{name}");
        // A part of it is no list, and none at all would be one.
        for cut in (9..krl.len()).filter(|cut| *cut != 44) {
            assert!(of(&krl[..cut]).is_err(), "{name} {cut}");
        }
    }
}
