//! Agreeing to a plan by its digest.

use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;

use super::super::lines::SignatureLine;
use super::plans::load;
use super::written::write;
use super::{Context, Quit, exit};
use crate::cli::Sign;
use crate::config::{open_regular, read_regular};
use crate::domain::clock::{local_minutes, utc_millis};
use crate::domain::plan::{Conflicts, Plan, Undo, UndoFrom};
use crate::domain::run::RunId;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Event, PlanSummary, SignOff, Signature, StopCause};
use crate::signing::{Agent, AgentError, Identity, KeygenError, PublicKey, SshSignature, judge, sign_with_file};

pub(super) async fn sign(context: &mut Context, options: Sign) -> Result<(), Quit> {
    let plan = match options.plan.to_str().and_then(|text| text.parse::<RunId>().ok()) {
        Some(run) => Plan::undo(Undo { run, conflicts: Conflicts::Skip, from: UndoFrom::Journal, items: Vec::new() }),
        None => load(&options.plan)?,
    };
    let name = plan.name.clone();
    let Some(summary) = previewed(context, plan).await? else { return Ok(()) };
    context.end.digest = Some(summary.digest.clone());
    if summary.digest != options.expect {
        let text = format!(
            "the plan digest is {}, not {}: nothing was signed; the data or the plan changed since",
            summary.digest, options.expect
        );
        context.out.note(&text);
        (context.end.exit, context.end.stopped) = (exit::NOT_APPROVED, Some(StopCause::NotApproved));
        return Ok(());
    }
    let mut found = None;
    let ask = Command::SignOff { plan: name, digest: summary.digest };
    context
        .each(ask, |_, event| {
            if let Event::SignOff(sign_off) = event {
                found = Some(*sign_off);
            }
            Ok(())
        })
        .await?;
    let Some(sign_off) = found else { return Ok(()) };
    let now = Timestamp::now();
    let until = now.checked_add(options.valid).unwrap_or(now);
    let lines = sign_off.subject.lines(until);
    if options.print {
        print(context, &lines);
        return Ok(());
    }
    context.out.note(&format!("signing these lines:\n{}", lines.trim_end()));
    let (key, message, known) = (options.key, lines.clone().into_bytes(), sign_off.clone());
    let signed = tokio::task::spawn_blocking(move || made(key.as_deref(), &known, &message)).await;
    let signed =
        signed.map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?.map_err(|error| *error)?;
    let armoured = signed.armoured();
    let mut shown = checked(&sign_off, &lines, &signed, &armoured, now)?;
    shown.until = Some(utc_millis(until));
    let text = format!("{lines}{armoured}");
    match &options.to {
        Some(file) => write(context, file, &text)?,
        None => print(context, &text),
    }
    if context.out.is_json() {
        context.out.line(&SignatureLine::new(&shown));
    }
    let whose = shown.principal.as_deref().unwrap_or("a key that allowed_signers is not at hand for");
    let until = local_minutes(&utc_millis(until), &context.zone);
    context.out.note(&format!("signed by {whose} ({}), valid until {until}", signed.key.fingerprint()));
    if let Some(reason) = &shown.reason {
        context.out.note(reason);
    }
    Ok(())
}

/// Finds out what a plan would do now, and says so.
async fn previewed(context: &mut Context, plan: Plan) -> Result<Option<PlanSummary>, Quit> {
    let mut found = None;
    context
        .each(Command::PreviewPlan { plan: Box::new(plan), keep: false }, |context, event| {
            if let Event::Planned(summary) = event {
                context.end.blast = summary.blast;
                for (action, count) in &summary.actions {
                    context.end.add_action(*action, *count);
                }
                found = Some(*summary);
            }
            Ok(())
        })
        .await?;
    if let Some(summary) = &found {
        let counts: Vec<String> = summary.actions.iter().map(|(action, n)| format!("{n} {action}")).collect();
        let (entities, tenants) = (summary.blast.entities, summary.blast.tenants);
        let text = format!("the plan now: {}; {entities} entities of {tenants} tenant(s)", counts.join(", "));
        context.out.note(&text);
    }
    Ok(found)
}

/// Prints a text of ours: as it is for people, in one line for programs.
fn print(context: &mut Context, text: &str) {
    if context.out.is_json() {
        context.out.line(&serde_json::json!({ "event": "text", "text": text }));
    } else {
        context.out.raw(text);
    }
}

/// Looks at the signature as a run will; what would not count there is not given out.
fn checked(
    sign_off: &SignOff,
    lines: &str,
    signed: &SshSignature,
    armoured: &str,
    now: Timestamp,
) -> Result<Signature, Quit> {
    let mut shown = Signature {
        principal: None,
        key: Some(signed.key.fingerprint()),
        at: utc_millis(now),
        until: None,
        valid: true,
        reason: None,
        file: String::new(),
    };
    let refused = |why: String| {
        let failure = Failure::new(ErrorCode::Config, format!("this signature would not count: {why}"));
        failure.hint("sign with another key (--key FILE), or let the key be added to allowed_signers")
    };
    match &sign_off.policy {
        Ok(policy) => {
            let accepted = judge(lines, armoured, &sign_off.subject, policy, now);
            let accepted = accepted.map_err(|(_, refusal)| refused(refusal.to_string()))?;
            shown.principal = Some(accepted.principals.join(","));
        }
        Err(why) => {
            signed.verify(lines.as_bytes()).map_err(|refusal| refused(refusal.to_string()))?;
            shown.reason = Some(format!("whose key it is was not looked at: {why}"));
        }
    }
    Ok(shown)
}

/// Signs with the key of a file, or with the agent's.
fn made(key: Option<&Path>, sign_off: &SignOff, message: &[u8]) -> Result<SshSignature, Box<Failure>> {
    let Some(file) = key else {
        let mut agent = Agent::connect().map_err(|error| of_agent(&error))?;
        let identities = agent.identities().map_err(|error| of_agent(&error))?;
        let identity = chosen(identities, sign_off)?;
        return agent.sign(&identity.key, message).map_err(|error| of_agent(&error).into());
    };
    let unreadable = |error: std::io::Error| Failure::new(ErrorCode::Io, format!("{}: {error}", file.display()));
    // A private key is for ssh-keygen to read.
    let mut first = [0; 5];
    let is_private = open_regular(file).and_then(|mut file| file.read_exact(&mut first)).map(|()| &first == b"-----");
    if is_private.map_err(unreadable)? {
        return sign_with_file(file, message).map_err(|error| {
            let failure = Failure::new(ErrorCode::Io, error.to_string());
            let hint = match error {
                KeygenError::Start(_) => "install OpenSSH, or add the key to an SSH agent and name its .pub file",
                KeygenError::Refused(_) => "its words above say why",
            };
            failure.hint(hint).into()
        });
    }
    let public = PublicKey::from_text(&read_regular(file).map_err(unreadable)?).ok_or_else(|| {
        Failure::new(ErrorCode::Usage, format!("{} is neither a public nor a private SSH key", file.display()))
    })?;
    Agent::connect().and_then(|mut agent| agent.sign(&public, message)).map_err(|error| of_agent(&error).into())
}

fn of_agent(error: &AgentError) -> Failure {
    let hint = match error {
        AgentError::None | AgentError::Io(..) => {
            "start one (`eval $(ssh-agent)`), or name a private key with --key FILE"
        }
        AgentError::Answer => "sign by hand: --print prints the lines for `ssh-keygen -Y sign -n tenantry`",
        AgentError::Refused(_) => "add the key with `ssh-add`, and confirm where it asks",
    };
    Failure::new(ErrorCode::Io, error.to_string()).hint(hint)
}

/// The agent's key to sign with: the only one that may, or the only one.
fn chosen(identities: Vec<Identity>, sign_off: &SignOff) -> Result<Identity, Box<Failure>> {
    let now = Timestamp::now();
    let may_sign = |identity: &Identity| {
        sign_off.policy.as_ref().is_ok_and(|policy| {
            !policy.revoked.has(&identity.key) && policy.signers.principals(&identity.key, now).is_ok()
        })
    };
    let mut usable: Vec<Identity> = identities.into_iter().filter(|identity| identity.key.check().is_ok()).collect();
    if usable.iter().any(may_sign) {
        usable.retain(may_sign);
    }
    match usable.len() {
        1 => Ok(usable.remove(0)),
        0 => Err(Failure::new(ErrorCode::Io, "the SSH agent holds no key that can sign")
            .hint("add one with `ssh-add`, or name a private key with --key FILE")
            .into()),
        n => {
            let names: Vec<String> = usable
                .iter()
                .map(|identity| format!("{} ({})", identity.comment, identity.key.fingerprint()))
                .collect();
            let message = format!("the SSH agent holds {n} keys that could sign: {}", names.join(", "));
            Err(Failure::new(ErrorCode::Usage, message).hint("name the one with --key FILE.pub").into())
        }
    }
}
