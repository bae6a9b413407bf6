//! Options of the commands that run plans, and take runs back.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::SignedDuration;

use crate::domain::plan::{Conflicts, NoPart, PlanPart};
use crate::domain::run::RunId;
use crate::domain::s3_prefix::{NoPrefix, S3Prefix};
use crate::engine::protocol::{JournalPlace, PartsAt};

/// The way that batches of a run are approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Approve {
    /// The operator, batch by batch, on the terminal.
    #[default]
    Ask,
    /// Nobody: the first batch is written, and the others too if all of it was done or equal.
    Canary,
    /// Nobody: every batch is written.
    All,
}

/// Options of `run`.
#[derive(Debug, Clone, Args)]
pub struct Run {
    /// The plan file.
    #[arg(required_unless_present = "resume", conflicts_with = "resume")]
    pub plan: Option<PathBuf>,
    /// Resume this run: what is left of it is asked for again.
    #[arg(long, value_name = "RUN")]
    pub resume: Option<RunId>,
    /// Take items up again that failed.
    #[arg(long, requires = "resume")]
    pub retry: bool,
    /// Refuse unless the plan digest is this one.
    #[arg(long, value_name = "DIGEST", conflicts_with = "resume")]
    pub expect: Option<String>,
    /// Only this part of the plan's entities, such as 3/8, or auto: the one that AWS Batch, Kubernetes or TENANTRY_PART names.
    #[arg(long, value_name = "I/N|auto", value_parser = part, requires = "expect", conflicts_with = "resume")]
    pub part: Option<PlanPart>,
    /// Keep the part's journal here as well, and take up what an earlier attempt left: for containers, whose disk ends with them.
    #[arg(long, value_name = "s3://BUCKET/PREFIX", requires = "expect", conflicts_with = "resume")]
    pub journal_bucket: Option<S3Prefix>,
    /// How batches are approved.
    #[arg(long, value_enum, default_value_t)]
    pub approve: Approve,
    /// A signature over this plan, as `sign` makes it; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub signed: Vec<PathBuf>,
    /// Items with their rows.
    #[arg(long)]
    pub rows: bool,
}

/// Options of `undo`.
#[derive(Debug, Clone, Args)]
pub struct Undo {
    /// The run.
    pub run: RunId,
    /// How batches are approved.
    #[arg(long, value_enum, default_value_t)]
    pub approve: Approve,
    /// A signature over this undo, as `sign RUN` makes it; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub signed: Vec<PathBuf>,
    /// What becomes of entities that were changed since: skip or force.
    #[arg(long, value_name = "skip|force", default_value = "skip", value_parser = conflicts)]
    pub conflicts: Conflicts,
    /// This item of the run alone, by its number; may be given several times. With `--conflicts force` it is taken back even where the
    /// tables do not prove what the journal says.
    #[arg(long, value_name = "N", conflicts_with_all = ["pk", "module"])]
    pub item: Vec<u64>,
    /// An exported journal, brought from elsewhere.
    #[arg(long, value_name = "FILE", conflicts_with = "pk")]
    pub journal: Option<PathBuf>,
    /// Without a journal: find what the run wrote in the rows of this partition.
    #[arg(long, value_name = "PK")]
    pub pk: Option<String>,
    /// Without a journal: find what the run wrote in the rows of this module.
    #[arg(long, value_name = "M", conflicts_with = "journal")]
    pub module: Option<String>,
}

pub(super) fn report_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("md" | "html") => Ok(path),
        _ => Err("a name that ends in .md or .html".to_owned()),
    }
}

fn journal(text: &str) -> Result<JournalPlace, std::convert::Infallible> {
    Ok(text.parse().map_or_else(|_| JournalPlace::File(text.into()), JournalPlace::Run))
}

/// A directory, or a prefix in S3.
fn parts_at(text: &str) -> Result<PartsAt, NoPrefix> {
    match text.starts_with("s3://") {
        true => text.parse().map(PartsAt::S3),
        false => Ok(PartsAt::Dir(text.into())),
    }
}

/// A part, or the one that the environment names.
fn part(text: &str) -> Result<PlanPart, NoPart> {
    match text {
        "auto" => PlanPart::of_environment(|name| std::env::var(name).ok()),
        _ => text.parse(),
    }
}

fn conflicts(text: &str) -> Result<Conflicts, String> {
    match text {
        "skip" => Ok(Conflicts::Skip),
        "force" => Ok(Conflicts::Force),
        _ => Err("skip or force".to_owned()),
    }
}

/// Hours, days or weeks.
pub(super) fn duration(text: &str) -> Result<SignedDuration, String> {
    let hours = [("h", 1), ("d", 24), ("w", 24 * 7)];
    let of = |(unit, hours): (&str, i64)| {
        let digits = text.strip_suffix(unit).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        Some(SignedDuration::from_hours(i64::from(digits.parse::<u32>().ok()?) * hours))
    };
    hours.into_iter().find_map(of).ok_or_else(|| "a number with h, d or w, such as 24h, 90d or 12w".to_owned())
}

/// Options of `doctor`.
#[derive(Debug, Clone, Args)]
pub struct Doctor {
    /// Only this module.
    #[arg(long, value_name = "M")]
    pub module: Option<String>,
    /// Only keys with this first segment: nothing else is read.
    #[arg(long, value_name = "T", conflicts_with = "repair")]
    pub r#type: Option<String>,
    /// Only this tenant: nothing of others is read.
    #[arg(long, value_name = "T", conflicts_with = "repair")]
    pub tenant: Option<String>,
    /// Finish wedged entities from their command rows, then look again.
    #[arg(long)]
    pub repair: bool,
    /// Write what was found into a file for others, which must not exist.
    #[arg(long, value_name = "FILE.md|FILE.html", value_parser = report_file)]
    pub report: Option<PathBuf>,
    /// Mask keys and messages in that file as this one says.
    #[arg(long, value_name = "FILE", requires = "report")]
    pub mask: Option<PathBuf>,
    /// How the batches of the repair are approved.
    #[arg(long, value_enum, default_value_t, requires = "repair")]
    pub approve: Approve,
}

/// The commands under `runs`.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Write a run's journal into a file, to undo the run elsewhere.
    #[command(after_help = super::help::of("runs export"))]
    Export {
        /// The run.
        run: RunId,
        /// The file, which must not exist.
        file: PathBuf,
    },
    /// Remove runs that are done or undone and ended long ago.
    ///
    /// A run and the one that takes it back go together or stay together.
    #[command(after_help = super::help::of("runs prune"))]
    Prune {
        /// How long ago they ended at least: 24h, 90d or 12w.
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        older: SignedDuration,
        /// List them, and remove nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Put together what is to be known of a run: who approved what, what became of it, and how it is taken back.
    #[command(after_help = super::help::of("runs report"))]
    Report {
        /// The run.
        run: RunId,
        /// The file, which must not exist; without it the report is printed as Markdown.
        #[arg(long, value_name = "FILE.md|FILE.html", value_parser = report_file)]
        to: Option<PathBuf>,
        /// Mask keys, values and messages as this file says, so that the report can be given to others.
        #[arg(long, value_name = "FILE")]
        mask: Option<PathBuf>,
    },
    /// Check that a journal is what was recorded: that no record, row or outcome was changed, dropped or added since.
    #[command(after_help = super::help::of("runs check"))]
    Check {
        /// The run, or a file that `runs export` wrote.
        #[arg(value_name = "RUN|FILE", value_parser = journal)]
        journal: JournalPlace,
    },
    /// Show the parts of a plan as one, wherever they ran: what is done, what is left, which parts are missing.
    #[command(after_help = super::help::of("runs join"))]
    Join {
        /// The directory with the state directories of the parts, at any depth; or what they got with --journal-bucket.
        #[arg(value_name = "DIR|s3://BUCKET/PREFIX", value_parser = parts_at)]
        at: PartsAt,
        /// Only the plan with this digest.
        #[arg(long, value_name = "DIGEST")]
        expect: Option<String>,
    },
    /// Show a run and its items.
    #[command(after_help = super::help::of("runs show"))]
    Show {
        /// The run.
        run: RunId,
    },
}
