use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use super::{Context, Quit};
use crate::cli::Snapshot;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, CopiedPart, CopyWanted, Event};

/// Where copies of rows are kept: made beside its place, and put there once it is whole.
pub trait Keeper: std::fmt::Debug + Send {
    /// Takes a part.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be kept.
    fn take(&mut self, part: CopiedPart) -> Result<(), Box<Failure>>;
    /// Puts everything in its place, with a manifest; gives back the manifest's SHA-256.
    ///
    /// # Errors
    /// A [`Failure`] when something is there already or it cannot be written.
    fn finish(self: Box<Self>) -> Result<String, Box<Failure>>;
}

/// Begins to keep copies in a directory; the wanted scope stands in its manifest.
pub type BeginKeeping = fn(PathBuf, CopyWanted) -> Result<Box<dyn Keeper>, Box<Failure>>;

pub(super) async fn snapshot(context: &mut Context, options: Snapshot) -> Result<(), Quit> {
    let Some(begin) = context.keeping else {
        let failure = Failure::new(ErrorCode::Usage, "this build has no sandbox to keep a copy in");
        return Err(failure.hint("build with the default features").into());
    };
    let Snapshot { to, module, entity_type, tenant, users } = options;
    let wanted = CopyWanted { module, entity_type, tenant, users };
    let mut keeper = begin(to.clone(), wanted.clone()).map_err(Quit::Failed)?;
    let (began, mut counts) = (Instant::now(), BTreeMap::<&str, u64>::new());
    context
        .each(Command::Copy { wanted }, |context, event| {
            match event {
                Event::Copied(part) => {
                    let (what, more) = match &*part {
                        CopiedPart::Source(_) => ("tables", 0),
                        CopiedPart::Rows { kind, rows, .. } => (kind.as_str(), rows.len() as u64),
                        CopiedPart::Object { .. } => ("objects", 1),
                        CopiedPart::Users(users) => ("users", users.len() as u64),
                    };
                    *counts.entry(what).or_default() += more;
                    // It waits for the disk.
                    tokio::task::block_in_place(|| keeper.take(*part)).map_err(Quit::Failed)?;
                }
                Event::Progress { done, total, .. } => context.progress("scan", done, total, began),
                _ => {}
            }
            Ok(())
        })
        .await?;
    if context.end.exit != 0 {
        let failure = Failure::new(ErrorCode::Io, "a part could not be read: nothing is kept");
        return Err(failure.hint("see the errors above, and take it again").into());
    }
    context.end.sha256 = Some(tokio::task::block_in_place(|| keeper.finish()).map_err(Quit::Failed)?);
    context.end.rows = counts.iter().filter(|(what, _)| !["objects", "users"].contains(what)).map(|(_, n)| n).sum();
    let name = to.display().to_string();
    let counts = counts.iter().filter(|(_, n)| **n > 0).map(|(what, n)| format!("{what} {n}"));
    context.out.text(&format!("written to {name}: {}", counts.collect::<Vec<_>>().join(", ")));
    context.out.text(&format!("tenantry --sandbox --data {name} opens it"));
    context.end.to = Some(name);
    Ok(())
}
