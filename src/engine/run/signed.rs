//! The signatures that a profile asks for: checked before anything of a run can be approved.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{SignOff as Settings, open_regular, read_regular};
use crate::domain::clock::utc_millis;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::RecordedSignature;
use crate::engine::protocol::{Event, SignOff, Signature};
use crate::engine::task::{Stop, Task, blocking};
use crate::signing::{Accepted, AllowedSigners, Policy, Refusal, Revoked, Subject, judge, signers, split};

/// Bytes of the largest file of revoked keys.
const LARGEST: u64 = 16 << 20;

/// Result of a check of the signatures.
pub(super) enum Signed {
    /// Enough people signed, or nobody has to.
    Enough(Vec<RecordedSignature>),
    /// Not enough did.
    Missing,
}

/// Tells what is to be signed for a plan of this digest, and whose signatures count.
pub(in crate::engine) async fn subject(task: &Task, plan: String, digest: String) -> Result<(), Stop> {
    let (subject, settings) = (of(task, plan, digest).await, task.profile().sign_off.clone());
    let required = settings.required;
    let policy = blocking(move || policy(&settings)).await?;
    task.emit(Event::SignOff(Box::new(SignOff { subject, required, policy }))).await
}

/// A plan of this profile.
pub(super) async fn of(task: &Task, plan: String, digest: String) -> Subject {
    let profile = task.profile();
    Subject {
        plan,
        digest,
        profile: profile.name.clone(),
        environment: profile.environment.clone(),
        app: profile.app.clone(),
        account: task.shared.connected.account().await.ok().flatten(),
        region: task.shared.connected.region.clone(),
    }
}

/// Whether a plan cannot run whatever its preview finds: nobody signed it, and somebody must.
pub(super) async fn is_hopeless(task: &Task) -> Result<bool, Stop> {
    let required = task.profile().sign_off.required;
    if required == 0 || !task.shared.signed().is_empty() {
        return Ok(false);
    }
    let text = format!("{}, and none is there: nothing was read or written", wanted(task));
    task.warn(text).await?;
    task.warn(how()).await?;
    Ok(true)
}

/// Checks the signatures of the journal and those of the files that were named, and tells of each.
pub(super) async fn check(task: &Task, subject: &Subject, recorded: Vec<RecordedSignature>) -> Result<Signed, Stop> {
    let settings = task.profile().sign_off.clone();
    let (required, files) = (settings.required, task.shared.signed());
    if required == 0 && files.is_empty() {
        return Ok(Signed::Enough(recorded));
    }
    // Where none is asked for and nobody is known, there is nothing to check them by.
    if required == 0 && settings.allowed_signers.is_none() {
        task.warn(format!("profile {} names no allowed_signers: no signature was looked at", subject.profile)).await?;
        return Ok(Signed::Enough(recorded));
    }
    let wanted_subject = subject.clone();
    let judged = blocking(move || {
        let policy = policy(&settings)?;
        Ok::<_, String>(judge_all(&wanted_subject, &policy, recorded, &files))
    });
    let judged = match judged.await? {
        Ok(judged) => judged,
        Err(why) => {
            let failure = Failure::new(ErrorCode::Config, why);
            let failure = failure.hint("mend the file; without it no signature counts, and nothing is written");
            task.failed(failure.not_fatal()).await?;
            return Ok(Signed::Missing);
        }
    };
    let (mut accepted, mut records) = (Vec::new(), Vec::<RecordedSignature>::new());
    for (signature, found) in judged {
        task.emit(Event::Signature(Box::new(signature))).await?;
        if let Some((one, record)) = found {
            let is_new = |known: &RecordedSignature| known.key != record.key || known.lines != record.lines;
            if records.iter().all(is_new) {
                records.push(record);
            }
            accepted.push(one);
        }
    }
    let people = signers(&accepted);
    if people >= required {
        return Ok(Signed::Enough(records));
    }
    let text = format!("{}, and {people} signed: nothing is written", wanted(task));
    task.warn(text).await?;
    task.warn(how()).await?;
    Ok(Signed::Missing)
}

fn wanted(task: &Task) -> String {
    let profile = task.profile();
    let people = match profile.sign_off.required {
        1 => "the signature of 1 person".to_owned(),
        n => format!("the signatures of {n} people"),
    };
    format!("profile {} asks for {people} over exactly this plan", profile.name)
}

fn how() -> &'static str {
    "`preview` shows the digest; `tenantry sign PLAN.toml --expect DIGEST --to FILE` signs it, and `run PLAN.toml --signed FILE` takes \
     the files (the console: `:signed FILE`)"
}

/// Those who may sign, and the keys that were given up.
fn policy(settings: &Settings) -> Result<Policy, String> {
    let Some(path) = &settings.allowed_signers else { return Err("the profile names no allowed_signers".to_owned()) };
    let text = read_regular(path).map_err(|error| format!("allowed_signers {}: {error}", path.display()))?;
    let signers = AllowedSigners::parse(&text, &TimeZone::system())
        .map_err(|error| format!("allowed_signers {}: {error}", path.display()))?;
    let revoked = settings.revoked.as_ref().map_or(Ok(Revoked::default()), |path| {
        let wrong = |why: String| format!("revoked {}: {why}", path.display());
        let mut bytes = Vec::new();
        let file = open_regular(path).map_err(|error| wrong(error.to_string()))?;
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
        if bytes.len() as u64 > LARGEST {
            return Err(wrong("it is too large".to_owned()));
        }
        Revoked::parse(&bytes).map_err(wrong)
    })?;
    Ok(Policy { signers, revoked })
}

/// A signature, and what is recorded of it where it counts.
type Judged = (Signature, Option<(Accepted, RecordedSignature)>);

fn judge_all(subject: &Subject, policy: &Policy, recorded: Vec<RecordedSignature>, files: &[PathBuf]) -> Vec<Judged> {
    let now = Timestamp::now();
    let mut judged = Vec::new();
    for record in recorded {
        let text = Ok((record.lines.clone(), record.signature.clone()));
        let (shown, found) = one(subject, policy, now, String::new(), text);
        // It was recorded when it was first checked, and stays so.
        judged.push((shown, found.map(|(accepted, _)| (accepted, record))));
    }
    judged.extend(files.iter().map(|file| one(subject, policy, now, file.display().to_string(), read(file))));
    judged
}

fn one(
    subject: &Subject,
    policy: &Policy,
    now: Timestamp,
    file: String,
    text: Result<(String, String), Refusal>,
) -> Judged {
    let judged = text
        .map_err(|refusal| (None, refusal))
        .and_then(|(lines, text)| judge(&lines, &text, subject, policy, now).map(|accepted| (accepted, lines, text)));
    let at = utc_millis(now);
    match judged {
        Ok((accepted, lines, signature)) => {
            let (principal, key) = (accepted.principals.join(","), accepted.key.fingerprint());
            let until = utc_millis(accepted.until);
            let record = RecordedSignature { principal, key, at, until, lines, signature };
            (Signature { file, ..record.shown() }, Some((accepted, record)))
        }
        Err((key, refusal)) => {
            let principal =
                key.as_ref().and_then(|key| policy.signers.principals(key, now).ok()).map(|found| found.join(","));
            let (key, reason) = (key.map(|key| key.fingerprint()), Some(refusal.to_string()));
            (Signature { principal, key, at, until: None, valid: false, reason, file }, None)
        }
    }
}

/// The lines that were signed, and the signature: both in one file, or the lines in the file without `.sig` beside it.
fn read(path: &Path) -> Result<(String, String), Refusal> {
    let text = |path: &Path| read_regular(path).map_err(|error| Refusal::Unreadable(error.to_string()));
    let whole = text(path)?;
    let (before, signature) = split(&whole);
    let signature = signature.ok_or(Refusal::Malformed("no line marks its beginning"))?.to_owned();
    if !before.is_empty() {
        return Ok((before.to_owned(), signature));
    }
    match path.extension() {
        Some(extension) if extension == "sig" => Ok((text(&path.with_extension(""))?, signature)),
        _ => Err(Refusal::NoLines),
    }
}
