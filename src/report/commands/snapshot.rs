use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Context, Quit};
use crate::cli::Snapshot;
use crate::cli::exit::{ITEMS, first};
use crate::config::plan::{MaskFile, load_mask};
use crate::domain::mask::MaskReport;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, CopiedPart, CopyWanted, Event};
use crate::report::lines::UnmaskedLine;
use crate::report::table::Table;

/// A copy that is wanted.
#[derive(Debug)]
pub struct WantedCopy {
    /// Its directory; without one nothing is kept, and what would be is looked at only.
    pub to: Option<PathBuf>,
    /// Scope of the copy.
    pub scope: CopyWanted,
    /// How it is masked.
    pub mask: Option<MaskFile>,
}

/// Where copies of rows are kept: made beside its place, and put there once it is whole.
pub trait Keeper: std::fmt::Debug + Send {
    /// Takes a part.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be kept.
    fn take(&mut self, part: CopiedPart) -> Result<(), Box<Failure>>;
    /// Notes to show before anything is taken.
    fn notes(&mut self) -> Vec<String> {
        Vec::new()
    }
    /// Result of the mask so far, where there is one.
    fn masked(&self) -> Option<MaskReport> {
        None
    }
    /// Puts everything in its place, with a manifest; gives back the manifest's SHA-256.
    ///
    /// # Errors
    /// A [`Failure`] when something is there already or it cannot be written.
    fn finish(self: Box<Self>) -> Result<String, Box<Failure>>;
}

/// Begins to keep copies in a directory; the wanted scope stands in its manifest.
pub type BeginKeeping = fn(WantedCopy) -> Result<Box<dyn Keeper>, Box<Failure>>;

pub(super) async fn snapshot(context: &mut Context, options: Snapshot) -> Result<(), Quit> {
    let Some(begin) = context.keeping else {
        let failure = Failure::new(ErrorCode::Usage, "this build has no sandbox to keep a copy in");
        return Err(failure.hint("build with the default features").into());
    };
    let Snapshot { to, module, entity_type, tenant, users, mask, check } = options;
    let mask = mask.as_deref().map(mask_in).transpose()?;
    let wanted = CopyWanted { module, entity_type, tenant, users };
    let to = to.filter(|_| !check);
    let copy = WantedCopy { to: to.clone(), scope: wanted.clone(), mask };
    let mut keeper = begin(copy).map_err(Quit::Failed)?;
    for note in keeper.notes() {
        context.out.note(&note);
    }
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
    if let Some(report) = keeper.masked() {
        show(context, &report);
        if check && !report.untouched.is_empty() {
            context.end.exit = first(context.end.exit, ITEMS);
        }
    }
    context.end.sha256 = Some(tokio::task::block_in_place(|| keeper.finish()).map_err(Quit::Failed)?);
    context.end.rows = counts.iter().filter(|(what, _)| !["objects", "users"].contains(what)).map(|(_, n)| n).sum();
    let counts = counts.iter().filter(|(_, n)| **n > 0).map(|(what, n)| format!("{what} {n}"));
    let counts = counts.collect::<Vec<_>>().join(", ");
    let Some(to) = to else {
        context.out.text(&format!("looked at: {counts}; nothing was written"));
        return Ok(());
    };
    let name = to.display().to_string();
    context.out.text(&format!("written to {name}: {counts}"));
    context.out.text(&format!("tenantry --sandbox --data {name} opens it"));
    context.end.to = Some(name);
    Ok(())
}

fn mask_in(file: &Path) -> Result<MaskFile, Quit> {
    load_mask(file).map_err(Quit::from)
}

/// Shows what the mask left, and what it could not do.
fn show(context: &mut Context, report: &MaskReport) {
    let mut table = Table::new(&["module", "texts that no rule names", "values"]);
    for left in &report.untouched {
        context.out.line(&UnmaskedLine::new(left));
        table.row([left.module.as_str(), left.place.as_str(), &left.values.to_string()]);
    }
    context.out.table(&table);
    let mut note = |text: String| context.out.note(&text);
    if report.untouched.is_empty() {
        note("the mask names every text; what it keeps is as it was".to_owned());
    } else {
        note("these texts are as they were: name them under pseudonym, redact or keep of the mask".to_owned());
    }
    if report.more > 0 {
        note(format!(
            "and {} texts in places that are not listed: redact a map whose names are data as a whole",
            report.more
        ));
    }
    if !report.unmet.is_empty() {
        note(format!("nothing had these places of the mask: {}", report.unmet.join(", ")));
    }
    if report.unfit > 0 {
        note(format!("attributes that the mask's transforms do not fit, left out of the copy: {}", report.unfit));
    }
    if report.dropped > 0 {
        note(format!("objects in S3 that hold no attributes, left out of the copy: {}", report.dropped));
    }
}
