use std::path::Path;
use std::time::Instant;

use super::plans::load;
use super::run::{converse, unarmed};
use super::{Context, Quit};
use crate::cli::{Export, Import};
use crate::domain::csv::Place;
use crate::domain::key::PartitionKey;
use crate::domain::plan::Work;
use crate::domain::tenant::tenant_of;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Event, ExportWanted, ExportedFile, Phase};

pub(super) async fn export(context: &mut Context, options: Export) -> Result<(), Quit> {
    let to = place(&options.to)?;
    let pk = PartitionKey::new(&*options.pk);
    let module = context.module(&pk, options.module.as_deref()).await?;
    if matches!(to, Place::S3 { .. }) && !context.global.arm {
        return super::run::not_armed(context);
    }
    let tenant = options.target_tenant.clone().unwrap_or_else(|| tenant_of(&pk, None).code);
    if matches!(to, Place::S3 { .. }) && context.is_unconfirmed(&tenant) {
        return Ok(());
    }
    let wanted = ExportWanted {
        pk,
        tenant: options.target_tenant,
        to,
        lossless: !options.plain,
        deleted: options.deleted == "keep",
    };
    write(context, Command::Export { module, wanted: Box::new(wanted) }).await
}

/// Sends a command that writes a file, and tells of it.
pub(super) async fn write(context: &mut Context, command: Command) -> Result<(), Quit> {
    if context.global.arm {
        context.each(Command::Arm { armed: true }, |_, _| Ok(())).await?;
    }
    let began = Instant::now();
    context
        .each(command, |context, event| {
            match event {
                Event::Progress { phase: Phase::Export, done, total } => context.progress("export", done, total, began),
                Event::Exported(file) => exported(context, &file),
                Event::Finding(finding) => super::run::found(context, &finding),
                _ => {}
            }
            Ok(())
        })
        .await
}

fn exported(context: &mut Context, file: &ExportedFile) {
    context.out.clear_progress();
    context.end.rows = file.rows;
    context.end.sha256 = Some(file.sha256.clone());
    context.end.to = Some(file.to.clone());
    context.out.text(&format!("{} rows, {} bytes in {}", file.rows, file.bytes, file.to));
    context.out.text(&format!("SHA-256 {}", file.sha256));
    if file.left_out > 0 {
        context
            .out
            .note(&format!("{} soft-deleted entities were left out: --deleted keep takes them too", file.left_out));
    }
    if file.expired > 0 {
        context.out.note(&format!("{} entities were left out: their ttl has passed", file.expired));
    }
    if file.unreadable > 0 {
        context.out.note(&format!("{} entities are not in the file: their attributes cannot be read", file.unreadable));
    }
}

pub(super) async fn import(context: &mut Context, options: Import) -> Result<(), Quit> {
    let mut plan = load(&options.plan)?;
    let Work::Import { file, rejects, .. } = &mut plan.work else {
        let message = format!("{} is a {} plan, not one that imports", options.plan.display(), plan.work.operation());
        return Err(Failure::new(ErrorCode::Usage, message).into());
    };
    let from = place(&options.file)?;
    let is_same = |a: &Path, b: &Path| a == b || a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    if let (Place::File(from), Some(rejects)) = (&from, &*rejects)
        && is_same(Path::new(from), Path::new(rejects))
    {
        let failure = Failure::new(ErrorCode::Usage, format!("{from} is where the plan's rejects go"));
        return Err(failure.hint("copy the mended rows to another file first").into());
    }
    *file = Some(from);
    super::run::signed(context, options.signed).await?;
    if !context.global.arm {
        return unarmed(context, plan, options.rows).await;
    }
    let run = Command::RunPlan { plan: Box::new(plan), expect: options.expect.clone(), rows: options.rows };
    converse(context, run, options.approve, options.expect).await
}

fn place(text: &str) -> Result<Place, Quit> {
    Place::parse(text).map_err(|bad| Failure::new(ErrorCode::Usage, bad.to_string()).into())
}
