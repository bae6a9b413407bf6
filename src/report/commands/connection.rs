use super::super::lines::{FindingLine, WhoLine};
use super::super::table::Table;
use super::{Context, Quit};
use crate::cli::exit;
use crate::domain::clock::local_minutes;
use crate::engine::protocol::{Command, Event, Finding, Identity, Severity};

/// Signs in with a one-time code, where there is one.
pub(super) async fn sign_in(context: &mut Context) -> Result<(), Quit> {
    let Some(code) = context.global.mfa_code.take() else { return Ok(()) };
    context.each(Command::SignInAgain { code: Some(code) }, |_, _| Ok(())).await
}

pub(super) async fn whoami(context: &mut Context) -> Result<(), Quit> {
    context
        .each(Command::WhoAmI, |context, event| {
            if let Event::Who(identity) = event {
                who(context, &identity);
            }
            Ok(())
        })
        .await
}

fn who(context: &mut Context, identity: &Identity) {
    context.out.line(&WhoLine::new(identity));
    context.end.rows = identity.tables.as_ref().map_or(0, |tables| tables.len() as u64);
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
    let end = identity.expires_at.as_deref().map(|at| local_minutes(at, &context.zone));
    let tables = identity.tables.as_ref().map(|tables| tables.join(", "));
    let mut table = Table::new(&["who", ""]);
    for (name, value) in [
        ("profile", identity.profile.clone()),
        ("environment", identity.environment.clone()),
        ("app", identity.app.clone()),
        ("account", known(&identity.account)),
        ("arn", known(&identity.arn)),
        ("region", known(&identity.region)),
        ("expires", known(&end)),
        ("tables of", known(&tables)),
        ("framework", identity.framework.clone()),
    ] {
        table.row([name, &value]);
    }
    context.out.table(&table);
}

/// After the file: where the profile leads.
pub(super) async fn check(context: &mut Context) -> Result<(), Quit> {
    if context.global.arm {
        context.each(Command::Arm { armed: true }, |_, _| Ok(())).await?;
    }
    context
        .each(Command::CheckConnection, |context, event| {
            match event {
                Event::Who(identity) => who(context, &identity),
                Event::Checked { part, told } => context.out.text(&format!("{part}: {told}")),
                Event::Finding(finding) => found(context, &finding),
                _ => {}
            }
            Ok(())
        })
        .await?;
    let written = match context.global.arm {
        true => "whether the tables may be written was tried under a condition that never holds",
        false => "whether the tables may be written was not tried: add --arm for that",
    };
    context.out.text(written);
    Ok(())
}

fn found(context: &mut Context, finding: &Finding) {
    context.out.line(&FindingLine::new(finding));
    let of = Some(&finding.entity.module).filter(|module| !module.is_empty());
    let of = of.map(|module| format!("module {module}: ")).unwrap_or_default();
    context.out.text(&format!("{}: {of}{}", finding.kind, finding.message));
    if finding.severity == Severity::Error {
        context.end.exit = exit::first(context.end.exit, exit::ERROR);
    }
}
