//! The command line.

pub mod completion;
mod entities;
pub mod exit;
mod files;
mod find;
mod global;
mod help;
pub mod man;
mod reference;
mod rehearse;
mod runs;
mod sign;
mod snapshot;
mod texts;

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

pub use entities::{Entities, Entity};
pub use files::{Export, Import};
pub use find::{Activity, Find};
pub use global::{Global, Pipeline};
pub use help::{examples, exit_codes};
pub use reference::{exit_code_reference, reference};
pub use rehearse::Rehearse;
pub use runs::{Approve, Doctor, Run, RunsCommand, Undo};
pub use sign::Sign;
pub use snapshot::Snapshot;
#[cfg(feature = "sandbox")]
pub use texts::SandboxCommand;
pub use texts::{ConfigCommand, PlanCommand, SchemaCommand};

/// Console for the multi-tenant data that MBC CQRS Serverless applications keep in DynamoDB.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version = crate::version::whole(), about, disable_help_subcommand = true, after_help = help::of(""))]
pub struct Cli {
    /// Options that may stand anywhere.
    #[command(flatten)]
    pub global: Global,
    /// The command; without one the console opens.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The command line without what only the program itself calls.
#[must_use]
pub fn for_operators() -> clap::Command {
    let whole = Cli::command();
    let shown = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect::<Vec<_>>();
    let bare = clap::Command::new("tenantry").version(crate::version::whole()).disable_help_subcommand(true);
    let bare = bare.about(whole.get_about().cloned().unwrap_or_default()).after_help(help::of(""));
    bare.args(whole.get_arguments().cloned()).subcommands(shown)
}

/// The commands that list something.
pub const LISTINGS: [&str; 7] = ["tenants", "entities", "find", "activity", "history", "runs", "runs show"];

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show who is signed in: account, ARN, region, tables, and when the credentials end.
    #[command(after_help = help::of("whoami"))]
    Whoami,
    /// Count entities by tenant and type.
    #[command(after_help = help::of("tenants"))]
    Tenants {
        /// Only this module.
        #[arg(long)]
        module: Option<String>,
        /// List the partitions without counting: one small page for each is read, never a whole table.
        #[arg(long)]
        keys: bool,
    },
    /// List the entities of a partition.
    #[command(after_help = help::of("entities"))]
    Entities(Entities),
    /// Find entities by a text: an id is read directly, anything else is looked for without regard to case and width.
    #[command(after_help = help::of("find"))]
    Find(Find),
    /// List who did what, newest first: of an entity, a partition, a tenant, or everything.
    #[command(after_help = help::of("activity"))]
    Activity(Activity),
    /// Show every version of an entity.
    #[command(after_help = help::of("history"))]
    History {
        /// The entity.
        #[command(flatten)]
        entity: Entity,
        /// With rows; for people, attributes as JSON; S3-stored ones resolved.
        #[arg(long)]
        rows: bool,
    },
    /// Compare two versions of an entity.
    #[command(after_help = help::of("diff"))]
    Diff {
        /// The entity.
        #[command(flatten)]
        entity: Entity,
        /// Version before.
        from: u64,
        /// Version after.
        to: u64,
        /// Bookkeeping fields too.
        #[arg(long)]
        all: bool,
    },
    /// Take an entity back to an earlier version.
    #[command(after_help = help::of("rollback"))]
    Rollback {
        /// The entity.
        #[command(flatten)]
        entity: Entity,
        /// The version to go back to.
        #[arg(long, value_name = "N")]
        to: u64,
        /// Refuse unless the current version is this one.
        #[arg(long, value_name = "N")]
        expect: Option<u64>,
        /// Show what would be written, and write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Print an example of a plan file.
    Plan {
        /// The command.
        #[command(subcommand)]
        command: PlanCommand,
    },
    /// Show what a plan would do, and write nothing.
    #[command(after_help = help::of("preview"))]
    Preview {
        /// The plan file.
        plan: PathBuf,
        /// Print the differences of every item.
        #[arg(long)]
        rows: bool,
        /// Write what it would do into a file for others, which must not exist.
        #[arg(long, value_name = "FILE.md|FILE.html", value_parser = runs::report_file)]
        report: Option<PathBuf>,
        /// Mask keys, values and messages in that file as this one says.
        #[arg(long, value_name = "FILE", requires = "report")]
        mask: Option<PathBuf>,
    },
    /// Carry a plan and its undo out on a copy in the embedded store; the services are only read.
    #[command(after_help = help::of("rehearse"))]
    Rehearse(Rehearse),
    /// Run a plan, or resume a run that ended early.
    #[command(after_help = help::of("run"))]
    Run(Run),
    /// Agree to a plan, by its digest, with an SSH key: for profiles under which others must sign what is written.
    #[command(after_help = help::of("sign"))]
    Sign(Sign),
    /// Take a run back.
    #[command(after_help = help::of("undo"))]
    Undo(Undo),
    /// Read back what a run wrote, or compare both sides of a plan, every field.
    #[command(after_help = help::of("verify"))]
    Verify {
        /// The run, or a plan file: then both of its sides are compared.
        #[arg(value_name = "RUN|PLAN.toml")]
        what: PathBuf,
        /// Resume an interrupted comparison of the same plan; what it found is listed first.
        #[arg(long)]
        resume: bool,
    },
    /// Write the entities of a partition into a CSV file.
    #[command(after_help = help::of("export"))]
    Export(Export),
    /// Run a plan that imports a CSV file.
    #[command(after_help = help::of("import"))]
    Import(Import),
    /// Look for what is wrong with entities, attributes in S3 and settings; with --repair finish what is wedged.
    #[command(after_help = help::of("doctor"))]
    Doctor(Doctor),
    /// Copy the rows of a scope into a directory that `--sandbox --data DIR` opens; the services are only read.
    #[command(after_help = help::of("snapshot"))]
    Snapshot(Snapshot),
    /// List recorded runs.
    #[command(after_help = help::of("runs"))]
    Runs {
        /// A command about runs; without it they are listed.
        #[command(subcommand)]
        command: Option<RunsCommand>,
    },
    /// Check the configuration file and where it leads, tell where it is, or print an example.
    Config {
        /// The command.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Print a JSON Schema, by which editors complete and check files.
    Schema {
        /// Of which files.
        #[command(subcommand)]
        command: SchemaCommand,
    },
    /// The embedded services on their own.
    #[cfg(feature = "sandbox")]
    Sandbox {
        /// The command.
        #[command(subcommand)]
        command: SandboxCommand,
    },
    /// Evaluate filters and schemas for the program that started this one.
    #[command(name = crate::worker::COMMAND, hide = true)]
    Worker,
    /// Print a completion script.
    #[command(after_help = help::of("completions"))]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write the manual pages, one for each command.
    #[command(after_help = help::of("man"))]
    Man {
        /// The directory, made if missing.
        dir: PathBuf,
    },
    /// Print the words that may come next.
    #[command(name = completion::COMMAND, hide = true)]
    Complete {
        /// The words so far, the program's name left out.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

impl Command {
    /// The command's name, as in the `end` line.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Whoami => "whoami",
            Self::Tenants { .. } => "tenants",
            Self::Entities(_) => "entities",
            Self::Find(_) => "find",
            Self::Activity(_) => "activity",
            Self::History { .. } => "history",
            Self::Diff { .. } => "diff",
            Self::Rollback { .. } => "rollback",
            Self::Plan { command: PlanCommand::Example { .. } } => "plan example",
            Self::Preview { .. } => "preview",
            Self::Rehearse(_) => "rehearse",
            Self::Run(_) => "run",
            Self::Sign(_) => "sign",
            Self::Undo(_) => "undo",
            Self::Export(_) => "export",
            Self::Import(_) => "import",
            Self::Doctor(_) => "doctor",
            Self::Snapshot(_) => "snapshot",
            Self::Verify { .. } => "verify",
            Self::Runs { command: Some(RunsCommand::Export { .. }) } => "runs export",
            Self::Runs { command: Some(RunsCommand::Prune { .. }) } => "runs prune",
            Self::Runs { command: Some(RunsCommand::Report { .. }) } => "runs report",
            Self::Runs { command: Some(RunsCommand::Check { .. }) } => "runs check",
            Self::Runs { command: Some(RunsCommand::Join { .. }) } => "runs join",
            Self::Runs { command: None } => "runs",
            Self::Runs { command: Some(RunsCommand::Show { .. }) } => "runs show",
            Self::Config { command: ConfigCommand::Check { .. } } => "config check",
            Self::Config { command: ConfigCommand::Path } => "config path",
            Self::Config { command: ConfigCommand::Example } => "config example",
            Self::Schema { command: SchemaCommand::Plan } => "schema plan",
            Self::Schema { command: SchemaCommand::Config } => "schema config",
            #[cfg(feature = "sandbox")]
            Self::Sandbox { .. } => "sandbox serve",
            Self::Worker => crate::worker::COMMAND,
            Self::Completions { .. } => "completions",
            Self::Man { .. } => "man",
            Self::Complete { .. } => completion::COMMAND,
        }
    }

    /// Whether it lists something, so that there is something to be had as CSV.
    #[must_use]
    pub fn is_listing(&self) -> bool {
        LISTINGS.contains(&self.name())
    }
}
