//! Plans that others must sign: what counts as a signature, and what does not.

use serde_json::Value as Json;

use crate::support::plan::{Plan, fill};
use crate::support::program::{Printed, json_lines};
use crate::support::signers::{Agent, Signers, ssh_keygen};
use crate::support::{Program, Stack};

/// A copy of four products.
async fn stack() -> (Stack, Plan) {
    let stack = Stack::new().await;
    fill(&stack, "acme", 4).await;
    (stack, Plan::copy("acme", "globex").set("canary", "1"))
}

async fn digest(program: &Program, plan: &str) -> String {
    let printed = program.json(&["preview", plan]).await;
    printed.end()["digest"].as_str().unwrap().to_owned()
}

/// The lines to be signed.
async fn lines(program: &Program, plan: &str, digest: &str) -> String {
    let (code, stdout, stderr) = program.text(&["sign", plan, "--expect", digest, "--print"]).await;
    assert_eq!((code, stdout.lines().count()), (0, 8), "{stdout}{stderr}");
    stdout
}

async fn run(program: &Program, plan: &str, files: &[String]) -> Printed {
    let mut args = vec!["run", plan, "--arm", "--approve", "all"];
    files.iter().for_each(|file| args.extend(["--signed", file]));
    program.json(&args).await
}

fn stopped(printed: &Printed) -> (i32, &Json) {
    (printed.code, &printed.end()["stopped"])
}

#[tokio::test]
async fn keys_of_each_kind_sign_and_their_people_are_named_wherever_the_run_is() {
    let (stack, plan) = stack().await;
    let signers = Signers::new();
    let kinds = [
        ("ed", "-t ed25519"),
        ("p256", "-t ecdsa -b 256"),
        ("p384", "-t ecdsa -b 384"),
        ("p521", "-t ecdsa -b 521"),
        ("rsa", "-t rsa -b 3072"),
    ];
    kinds.iter().for_each(|(name, kind)| drop(signers.key(name, kind)));
    let allowed: Vec<String> = kinds.iter().map(|(name, _)| format!("{name}@x {}\n", signers.public(name))).collect();
    signers.allow(&format!("# those who may\n{}", allowed.concat()));
    let program = Program::with(&stack, &signers.approval(5));
    let digest = digest(&program, plan.path()).await;
    let mut files = Vec::new();
    for (name, _) in &kinds {
        let (key, file) = (signers.path(name), signers.path(&format!("{name}.signed")));
        let signed = program.json(&["sign", plan.path(), "--expect", &digest, "--key", &key, "--to", &file]).await;
        let line = signed.events("signature")[0];
        assert_eq!((signed.code, &line["valid"]), (0, &Json::Bool(true)), "{}{}", signed.stdout, signed.stderr);
        assert_eq!((&line["principal"], &signed.end()["to"]), (&format!("{name}@x").into(), &file.as_str().into()));
        files.push(file);
    }
    // Four of five are not enough, and a signature twice is none of another person.
    let before = stack.dump().await;
    let mut few = files[..4].to_vec();
    few.push(files[0].clone());
    let printed = run(&program, plan.path(), &few).await;
    assert_eq!(stopped(&printed), (4, &"signature".into()), "{}", printed.stdout);
    assert_eq!((printed.events("run").len(), stack.dump().await), (0, before.clone()));

    let printed = run(&program, plan.path(), &files).await;
    assert_eq!(stopped(&printed), (0, &Json::Null), "{}{}", printed.stdout, printed.stderr);
    let id = printed.end()["run"].as_str().unwrap().to_owned();
    let names = |line: &Json| -> Vec<String> {
        let all = line["signatures"].as_array().unwrap().iter();
        all.map(|s| s["principal"].as_str().unwrap().to_owned()).collect()
    };
    let people: Vec<String> = kinds.iter().map(|(name, _)| format!("{name}@x")).collect();
    assert_eq!(names(printed.events("run").last().unwrap()), people);
    assert_eq!(names(program.json(&["runs"]).await.events("run")[0]), people);
    assert_eq!(program.json(&["runs", "check", &id]).await.code, 0);
    let (_, report, _) = program.text(&["runs", "report", &id]).await;
    assert!(people.iter().all(|name| report.contains(&name.replace('@', "\\@"))), "{report}");

    // The undo is another plan, and agreed to by nobody so far.
    let written = stack.dump().await;
    let mut undo = vec!["undo", &id, "--arm", "--approve", "all"];
    assert_eq!(stopped(&program.json(&undo).await), (4, &"signature".into()));
    files.iter().for_each(|file| undo.extend(["--signed", file]));
    let refused = program.json(&undo).await;
    assert_eq!(stopped(&refused), (4, &"signature".into()), "{}", refused.stdout);
    assert!(refused.events("signature").iter().all(|s| s["reason"].as_str().unwrap().contains("another plan")));
    assert_eq!(stack.dump().await, written);
    let unarmed = program.json(&["undo", &id]).await;
    let digest = unarmed.end()["digest"].as_str().unwrap().to_owned();
    let mut undo: Vec<String> = ["undo", &id, "--arm", "--approve", "all"].map(str::to_owned).to_vec();
    for (name, _) in &kinds {
        let file = signers.path(&format!("{name}.undo"));
        let signed =
            program.json(&["sign", &id, "--expect", &digest, "--key", &signers.path(name), "--to", &file]).await;
        assert_eq!(signed.code, 0, "{}", signed.stdout);
        undo.extend(["--signed".to_owned(), file]);
    }
    let undone = program.json(&undo.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(stopped(&undone), (0, &Json::Null), "{}{}", undone.stdout, undone.stderr);
}

/// A signature that must not count: who may sign, the file that is given, and what is said of it.
struct Wrong {
    what: &'static str,
    allowed: String,
    signed: String,
    said: &'static str,
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one list of all that is refused")]
async fn nothing_else_counts_as_a_signature() {
    let (stack, plan) = stack().await;
    let signers = Signers::new();
    for (name, kind) in
        [("alice", "-t ed25519"), ("bob", "-t ed25519"), ("ca", "-t ed25519"), ("short", "-t rsa -b 2048")]
    {
        signers.key(name, kind);
    }
    let program = Program::with(&stack, &signers.approval(1));
    let digest = digest(&program, plan.path()).await;
    let lines = lines(&program, plan.path(), &digest).await;
    let good = signers.by_hand("alice", &lines, "");
    let alice = format!("alice {}\n", signers.public("alice"));
    let changed = |from: &str, to: &str| {
        assert!(lines.contains(from), "{from}: {lines}");
        lines.replace(from, to)
    };
    let until = |text: &str| {
        let at = lines.find("valid until: ").unwrap();
        format!("{}valid until: {text}\n", &lines[..at])
    };
    let later = |days: i64| {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
        tenantry::domain::clock::utc_millis(at)
    };
    let by = |lines: &str| signers.by_hand("alice", lines, "");
    let armour = |text: &str| text[text.find("-----BEGIN").unwrap()..].to_owned();
    let with = |options: &str| format!("alice {options} {}\n", signers.public("alice"));
    let flipped = {
        let at = good.len() - 50;
        let other = if &good[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &good[..at], &good[at + 1..])
    };
    assert!(
        ssh_keygen(&format!("-q -s {} -I alice -n alice {}", signers.path("ca"), signers.path("alice.pub")), "")
            .is_some()
    );
    let agent = Agent::start(&signers.file(""));
    agent.add(&signers.path("alice"));
    let of_certificate = {
        let output = std::process::Command::new("ssh-keygen")
            .args(["-Y", "sign", "-n", "tenantry", "-f", &signers.path("alice-cert.pub"), &signers.write("m", &lines)])
            .env("SSH_AUTH_SOCK", agent.socket())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        format!("{lines}{}", std::fs::read_to_string(signers.file("m.sig")).unwrap())
    };
    let w = |what, allowed: &str, signed: String, said| Wrong { what, allowed: allowed.to_owned(), signed, said };
    let mut wrong = vec![
        w("an empty file", &alice, String::new(), "no line marks its beginning"),
        w("lines alone", &alice, lines.clone(), "no line marks its beginning"),
        w("a signature alone", &alice, armour(&good), "lines that were signed are missing"),
        w("one cut short", &alice, good[..good.len() - 60].to_owned(), "no line marks its beginning or its end"),
        w("a character changed", &alice, flipped, ""),
        w("no base64", &alice, good.replace("U1NI", "U1N!"), "no base64"),
        w(
            "another namespace",
            &alice,
            {
                let made = ssh_keygen(&format!("-Y sign -n git -f {}", signers.path("alice")), &lines).unwrap();
                format!("{lines}{made}")
            },
            "namespace \"git\"",
        ),
        w("another digest", &alice, by(&changed(&digest, &"0".repeat(64))), "for another digest"),
        w("another plan", &alice, by(&changed("plan: products", "plan: product")), "for another plan"),
        w("another profile", &alice, by(&changed("profile: test", "profile: prod")), "for another profile"),
        w(
            "another environment",
            &alice,
            by(&changed("environment: dev", "environment: stg")),
            "for another environment",
        ),
        w("another app", &alice, by(&changed("app: shop", "app: shopping")), "for another app"),
        w(
            "another account",
            &alice,
            by(&changed("account: not known", "account: 123456789012")),
            "for another account",
        ),
        w("another region", &alice, by(&changed("region: ap-northeast-1", "region: eu-west-1")), "for another region"),
        w("one that has ended", &alice, by(&until(&later(-1))), "it was valid until"),
        w("one for too long", &alice, by(&until(&later(30))), "more than 7 days"),
        w("longer than signed", &alice, format!("{}{}", until(&later(2)), armour(&good)), "no signature of this key"),
        w("a line more", &alice, by(&format!("{lines}also: this\n")), "line 9"),
        w("a line less", &alice, by(&lines[..lines.find("app: ").unwrap()]), "are missing"),
        w("an unknown key", &alice, signers.by_hand("bob", &lines, ""), "no line of allowed_signers"),
        w("nobody known", "", good.clone(), "no line of allowed_signers"),
        w(
            "a short rsa key",
            &format!("carol {}\n", signers.public("short")),
            signers.by_hand("short", &lines, ""),
            "2048 bits",
        ),
        w("a key for git alone", &with("namespaces=\"git\""), good.clone(), "namespaces"),
        w("a key too early", &with("valid-after=\"20991231\""), good.clone(), "is valid from"),
        w("a key too late", &with("valid-before=\"20200101\""), good.clone(), "was valid until"),
        w("an authority", &with("cert-authority"), good.clone(), "cert-authority"),
        w(
            "a certificate",
            &format!("alice cert-authority {}\n{alice}", signers.public("ca")),
            of_certificate,
            "certificates are not supported",
        ),
        w(
            "somebody else's lines",
            &alice,
            format!("{}{}", lines, armour(&by(&until(&later(2))))),
            "no signature of this key",
        ),
    ];
    // Newer versions of OpenSSH make no such keys any more.
    if ssh_keygen(&format!("-q -t dsa -N  -f {}", signers.path("dsa")), "").is_some() {
        let dsa = format!("dave {}\n", signers.public("dsa"));
        wrong.push(w("a dsa key", &dsa, signers.by_hand("dsa", &lines, ""), "dsa keys are too weak"));
    }
    let before = stack.dump().await;
    for Wrong { what, allowed, signed, said } in &wrong {
        signers.allow(allowed);
        let printed = run(&program, plan.path(), &[signers.write("it.signed", signed)]).await;
        assert_eq!(stopped(&printed), (4, &"signature".into()), "{what}: {}{}", printed.stdout, printed.stderr);
        let line = printed.events("signature")[0];
        let reason = line["reason"].as_str().unwrap();
        assert!(line["valid"] == false && reason.contains(said), "{what}: {reason}");
        assert_eq!(printed.events("run").len(), 0, "{what}");
    }
    signers.allow(&alice);
    let nobody = run(&program, plan.path(), &[]).await;
    assert_eq!(stopped(&nobody), (4, &"signature".into()));
    let missing = run(&program, plan.path(), &[signers.path("none")]).await;
    assert_eq!(stopped(&missing), (4, &"signature".into()), "{}", missing.stdout);
    let file = signers.write("it.signed", &good);
    for (name, revoked) in [("a list", signers.public("alice")), ("a broken list", "ssh-ed25519 AAAA".to_owned())] {
        signers.write("revoked", &revoked);
        let printed = run(&program, plan.path(), std::slice::from_ref(&file)).await;
        assert_eq!(printed.end()["stopped"], "signature", "{name}: {}", printed.stdout);
    }
    assert!(ssh_keygen(&format!("-q -k -f {} {}", signers.path("revoked"), signers.path("alice.pub")), "").is_some());
    let printed = run(&program, plan.path(), std::slice::from_ref(&file)).await;
    assert!(printed.events("signature")[0]["reason"].as_str().unwrap().contains("is revoked"), "{}", printed.stdout);
    signers.write("revoked", "");
    // A file of signers that cannot be read as a whole tells nothing of anybody.
    signers.allow(&format!("{alice}bob\n"));
    let printed = run(&program, plan.path(), std::slice::from_ref(&file)).await;
    assert_eq!(stopped(&printed), (1, &"signature".into()), "{}", printed.stdout);
    assert!(printed.events("error")[0]["message"].as_str().unwrap().contains("line 2"), "{}", printed.stdout);
    std::fs::remove_file(signers.file("allowed_signers")).unwrap();
    assert_eq!(stopped(&run(&program, plan.path(), std::slice::from_ref(&file)).await), (1, &"signature".into()));
    assert_eq!(stack.dump().await, before);
    // All of that was not for want of a good one: with the lines beside it, too, and over another hash.
    signers.allow(&alice);
    let beside = signers.write("request.txt.sig", &armour(&signers.by_hand("alice", &lines, "-O hashalg=sha256")));
    signers.write("request.txt", &lines);
    let printed = run(&program, plan.path(), &[beside]).await;
    assert_eq!(stopped(&printed), (0, &Json::Null), "{}{}", printed.stdout, printed.stderr);
}

#[tokio::test]
async fn the_agent_signs_with_the_key_that_may() {
    let (stack, plan) = stack().await;
    let signers = Signers::new();
    let agent = Agent::start(&signers.file(""));
    for (name, kind) in [("rsa", "-t rsa -b 3072"), ("ed", "-t ed25519"), ("ec", "-t ecdsa")] {
        agent.add(&signers.key(name, kind));
    }
    let program = Program::with(&stack, &signers.approval(2));
    let digest = digest(&program, plan.path()).await;
    let sign = async |more: &[&str], allowed: &[&str]| {
        let allowed: String = allowed.iter().map(|name| format!("{name}@x {}\n", signers.public(name))).collect();
        signers.allow(&allowed);
        let mut command = program.command(&["sign", plan.path(), "--expect", &digest, "--json"]);
        command.args(more).env("SSH_AUTH_SOCK", agent.socket());
        json_lines(command).await
    };
    // One of three may sign, and is taken.
    let (rsa, ec) = (signers.path("rsa.signed"), signers.path("ec.signed"));
    let printed = sign(&["--to", &rsa], &["rsa"]).await;
    assert_eq!(
        (printed.code, &printed.events("signature")[0]["principal"]),
        (0, &"rsa@x".into()),
        "{}",
        printed.stdout
    );
    // Where two may, one is named.
    let printed = sign(&[], &["rsa", "ec"]).await;
    let message = printed.events("error")[0]["message"].as_str().unwrap();
    assert!(printed.code == 2 && message.contains("rsa (SHA256:") && message.contains("ec (SHA256:"), "{message}");
    let printed = sign(&["--to", &ec, "--key", &signers.path("ec.pub")], &["rsa", "ec"]).await;
    assert_eq!((printed.code, &printed.events("signature")[0]["principal"]), (0, &"ec@x".into()), "{}", printed.stdout);
    // What would not count is not given out, and nothing is written over.
    let printed = sign(&["--key", &signers.path("ed.pub"), "--to", &signers.path("ed.signed")], &["rsa"]).await;
    assert!(printed.code == 1 && !signers.file("ed.signed").exists(), "{}", printed.stdout);
    assert_eq!(sign(&["--to", &ec, "--key", &signers.path("ec.pub")], &["ec"]).await.code, 1);
    // Another digest than what the plan does now is signed by nobody.
    let other = "0".repeat(64);
    let mut command = program.command(&["sign", plan.path(), "--expect", &other, "--json"]);
    command.env("SSH_AUTH_SOCK", agent.socket());
    let printed = json_lines(command).await;
    assert_eq!(stopped(&printed), (4, &"not_approved".into()), "{}", printed.stdout);
    let mut command = program.command(&["sign", plan.path(), "--expect", &digest, "--json"]);
    command.env_remove("SSH_AUTH_SOCK");
    let alone = json_lines(command).await;
    assert!(alone.code == 1 && alone.stdout.contains("SSH_AUTH_SOCK"), "{}", alone.stdout);

    signers.allow(&format!("rsa@x {}\nec@x {}\n", signers.public("rsa"), signers.public("ec")));
    let printed = run(&program, plan.path(), &[rsa, ec]).await;
    assert_eq!(stopped(&printed), (0, &Json::Null), "{}{}", printed.stdout, printed.stderr);
}

#[tokio::test]
async fn a_resume_asks_for_signatures_as_a_first_run_does() {
    let (stack, plan) = stack().await;
    let signers = Signers::new();
    signers.key("alice", "-t ed25519");
    signers.key("bob", "-t ed25519");
    let alice = format!("alice {}\n", signers.public("alice"));
    signers.allow(&alice);
    let program = Program::with(&stack, &signers.approval(1));
    let digest = digest(&program, plan.path()).await;
    let lines = lines(&program, plan.path(), &digest).await;
    let file = signers.write("it.signed", &signers.by_hand("alice", &lines, ""));
    // Nobody is there to be asked: the run waits with its signature.
    let printed = program.json(&["run", plan.path(), "--arm", "--signed", &file]).await;
    assert_eq!(stopped(&printed), (4, &"not_approved".into()), "{}", printed.stdout);
    let id = printed.end()["run"].as_str().unwrap().to_owned();
    let resume = async |more: &[&str]| {
        let args = ["run", "--resume", &id, "--arm", "--approve", "all"];
        program.json(&[&args[..], more].concat()).await
    };
    let before = stack.dump().await;
    signers.allow(&format!("bob {}\n", signers.public("bob")));
    let printed = resume(&[]).await;
    assert_eq!((stopped(&printed), stack.dump().await), ((4, &"signature".into()), before), "{}", printed.stdout);
    let file = signers.write("bob.signed", &signers.by_hand("bob", &lines, ""));
    let printed = resume(&["--signed", &file]).await;
    assert_eq!(stopped(&printed), (0, &Json::Null), "{}{}", printed.stdout, printed.stderr);
    let signatures = printed.events("run").last().unwrap()["signatures"].clone();
    assert_eq!((signatures.as_array().unwrap().len(), &signatures[0]["principal"]), (1, &"bob".into()));
    assert_eq!(program.json(&["runs", "check", &id]).await.code, 0);
}

#[tokio::test]
async fn a_plan_that_nobody_signed_yet_is_rehearsed() {
    let (stack, plan) = stack().await;
    let signers = Signers::new();
    let program = Program::with(&stack, &signers.approval(2));
    let before = stack.dump().await;
    let rehearsed = program.json(&["rehearse", plan.path()]).await;
    assert_eq!(stopped(&rehearsed), (0, &Json::Null), "{}{}", rehearsed.stdout, rehearsed.stderr);
    assert_eq!(rehearsed.end()["outcomes"]["done"], 4, "{}", rehearsed.stdout);
    // It stands for no signature.
    assert_eq!(stopped(&run(&program, plan.path(), &[]).await), (4, &"signature".into()));
    assert_eq!(stack.dump().await, before);
}
