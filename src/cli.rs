//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::domain::plan::Conflicts;
use crate::domain::run::{Operation, RunId};
use crate::engine::protocol::DeletedFilter;

/// Console for the multi-tenant data that MBC CQRS Serverless applications keep in DynamoDB.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, about, disable_help_subcommand = true)]
pub struct Cli {
    /// Options that may stand anywhere.
    #[command(flatten)]
    pub global: Global,
    /// What to do; without one the console opens.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that may stand before or after the command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Configuration file.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Profile of the configuration file.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Work on embedded services with demo data.
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// Keep the sandbox's data in this directory.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How long the sandbox's stand-in for the application's pipeline takes, in milliseconds, or off.
    #[arg(long, global = true, value_name = "MS|off", value_parser = pipeline)]
    pub pipeline: Option<Pipeline>,
    /// Directory for runs, caches and logs.
    #[arg(long, global = true, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Allow writing.
    #[arg(long, global = true)]
    pub arm: bool,
    /// Type the tenant's name for a protected profile.
    #[arg(long, global = true, value_name = "TENANT")]
    pub confirm: Option<String>,
    /// Print JSON lines.
    #[arg(long, global = true)]
    pub json: bool,
}

/// The command line without what only the program itself calls.
#[must_use]
pub fn for_operators() -> clap::Command {
    let whole = Cli::command();
    let shown = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect::<Vec<_>>();
    let bare = clap::Command::new("tenantry").version(env!("CARGO_PKG_VERSION")).disable_help_subcommand(true);
    bare.args(whole.get_arguments().cloned()).subcommands(shown)
}

/// The value of `--pipeline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipeline(pub Option<Duration>);

fn pipeline(text: &str) -> Result<Pipeline, String> {
    if text == "off" {
        return Ok(Pipeline(None));
    }
    let millis: u64 = text.parse().map_err(|_| "milliseconds or off".to_owned())?;
    Ok(Pipeline(Some(Duration::from_millis(millis))))
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Count entities by tenant and type.
    Tenants {
        /// Only this module.
        #[arg(long)]
        module: Option<String>,
    },
    /// List the entities of a partition.
    Entities(Entities),
    /// Show every version of an entity.
    History {
        /// The entity.
        #[command(flatten)]
        entity: Entity,
        /// With rows, S3-stored attributes resolved.
        #[arg(long)]
        rows: bool,
    },
    /// Compare two versions of an entity.
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
        /// What to do.
        #[command(subcommand)]
        command: PlanCommand,
    },
    /// Show what a plan would do, and write nothing.
    Preview {
        /// The plan file.
        plan: PathBuf,
        /// Print the differences of every item.
        #[arg(long)]
        rows: bool,
    },
    /// Run a plan, or resume a run that ended early.
    Run(Run),
    /// Take a run back.
    Undo(Undo),
    /// Read back what a run wrote, or compare both sides of a plan, every field.
    Verify {
        /// The run, or a plan file: then both of its sides are compared.
        #[arg(value_name = "RUN|PLAN.toml")]
        what: PathBuf,
        /// Resume an interrupted comparison of the same plan; what it found is listed first.
        #[arg(long)]
        resume: bool,
    },
    /// Write the entities of a partition into a CSV file.
    Export(Export),
    /// Run a plan that imports a CSV file.
    Import(Import),
    /// Look for what is wrong with entities, attributes in S3 and settings; with --repair finish what is wedged.
    Doctor(Doctor),
    /// List recorded runs.
    Runs {
        /// What to do with runs; without it they are listed.
        #[command(subcommand)]
        command: Option<RunsCommand>,
    },
    /// Check the configuration file, or print an example.
    Config {
        /// What to do.
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
        /// What to do.
        #[command(subcommand)]
        command: SandboxCommand,
    },
    /// Evaluate filters and schemas for the program that started this one.
    #[command(name = crate::worker::COMMAND, hide = true)]
    Worker,
    /// Print a completion script.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

impl Command {
    /// The command's name, as in the `end` line.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Tenants { .. } => "tenants",
            Self::Entities(_) => "entities",
            Self::History { .. } => "history",
            Self::Diff { .. } => "diff",
            Self::Rollback { .. } => "rollback",
            Self::Plan { command: PlanCommand::Example { .. } } => "plan example",
            Self::Preview { .. } => "preview",
            Self::Run(_) => "run",
            Self::Undo(_) => "undo",
            Self::Export(_) => "export",
            Self::Import(_) => "import",
            Self::Doctor(_) => "doctor",
            Self::Verify { .. } => "verify",
            Self::Runs { command: Some(RunsCommand::Export { .. }) } => "runs export",
            Self::Runs { command: None } => "runs",
            Self::Runs { command: Some(RunsCommand::Show { .. }) } => "runs show",
            Self::Config { command: ConfigCommand::Check } => "config check",
            Self::Config { command: ConfigCommand::Example } => "config example",
            Self::Schema { command: SchemaCommand::Plan } => "schema plan",
            Self::Schema { command: SchemaCommand::Config } => "schema config",
            #[cfg(feature = "sandbox")]
            Self::Sandbox { .. } => "sandbox serve",
            Self::Worker => crate::worker::COMMAND,
            Self::Completions { .. } => "completions",
        }
    }
}

/// One entity.
#[derive(Debug, Clone, Args)]
pub struct Entity {
    /// Partition key, such as PRODUCT#acme.
    pub pk: String,
    /// Sort key.
    pub sk: String,
    /// The module, where the partition key does not name it.
    #[arg(long)]
    pub module: Option<String>,
}

/// Options of `entities`.
#[derive(Debug, Clone, Args)]
pub struct Entities {
    /// Partition key, such as PRODUCT#acme.
    pub pk: String,
    /// The module, where the partition key does not name it.
    #[arg(long)]
    pub module: Option<String>,
    /// Only sort keys that begin so.
    #[arg(long, value_name = "P", default_value = "")]
    pub sk_prefix: String,
    /// Soft-deleted entities: keep, skip or only.
    #[arg(long, value_name = "keep|skip|only", default_value = "keep", value_parser = deleted)]
    pub deleted: DeletedFilter,
    /// Entities at most.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// With rows, S3-stored attributes resolved.
    #[arg(long)]
    pub rows: bool,
    /// Rows as the operations of this file would make them (tables transform, or schema and chain); nothing is written.
    #[arg(long, value_name = "FILE")]
    pub view: Option<PathBuf>,
}

fn deleted(text: &str) -> Result<DeletedFilter, String> {
    match text {
        "keep" => Ok(DeletedFilter::Keep),
        "skip" => Ok(DeletedFilter::Skip),
        "only" => Ok(DeletedFilter::Only),
        _ => Err("keep, skip or only".to_owned()),
    }
}

/// What to do with plans.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Print an example with every key of an operation.
    Example {
        /// The operation.
        #[arg(value_parser = operation())]
        operation: Operation,
    },
}

/// The contract's words for operations.
fn operation() -> impl TypedValueParser<Value = Operation> {
    let words = Operation::planned().map(Operation::as_str);
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Operation>())
}

/// Who approves the batches of a run.
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
    /// Who approves.
    #[arg(long, value_enum, default_value_t)]
    pub approve: Approve,
    /// Items with their rows.
    #[arg(long)]
    pub rows: bool,
}

/// Options of `export`.
#[derive(Debug, Clone, Args)]
pub struct Export {
    /// Partition key, such as PRODUCT#acme.
    pub pk: String,
    /// Where to: a file, or s3://BUCKET/KEY (needs --arm); where it ends in / the guide's name is given.
    #[arg(long, value_name = "FILE|s3://BUCKET/[KEY]")]
    pub to: String,
    /// The module, where the partition key does not name it.
    #[arg(long, value_name = "M")]
    pub module: Option<String>,
    /// The tenant that the file is for; its own without it.
    #[arg(long, value_name = "TENANT")]
    pub target_tenant: Option<String>,
    /// Soft-deleted entities: skip or keep.
    #[arg(long, value_name = "skip|keep", default_value = "skip", value_parser = ["skip", "keep"])]
    pub deleted: String,
    /// The guide's columns alone, without those that lose nothing.
    #[arg(long)]
    pub plain: bool,
}

/// Options of `import`.
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// The CSV file, s3://BUCKET/KEY, or - for standard input.
    pub file: String,
    /// The plan file: its source.file is this one.
    pub plan: PathBuf,
    /// Refuse unless the plan digest is this one.
    #[arg(long, value_name = "DIGEST")]
    pub expect: Option<String>,
    /// Who approves.
    #[arg(long, value_enum, default_value_t)]
    pub approve: Approve,
    /// Items with their rows.
    #[arg(long)]
    pub rows: bool,
}

/// Options of `doctor`.
#[derive(Debug, Clone, Args)]
pub struct Doctor {
    /// Only this module.
    #[arg(long, value_name = "M")]
    pub module: Option<String>,
    /// Finish wedged entities from their command rows, then look again.
    #[arg(long)]
    pub repair: bool,
    /// Who approves the repair.
    #[arg(long, value_enum, default_value_t, requires = "repair")]
    pub approve: Approve,
}

/// Options of `undo`.
#[derive(Debug, Clone, Args)]
pub struct Undo {
    /// The run.
    pub run: RunId,
    /// Who approves.
    #[arg(long, value_enum, default_value_t)]
    pub approve: Approve,
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

fn conflicts(text: &str) -> Result<Conflicts, String> {
    match text {
        "skip" => Ok(Conflicts::Skip),
        "force" => Ok(Conflicts::Force),
        _ => Err("skip or force".to_owned()),
    }
}

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Write a run's journal into a file, to undo the run elsewhere.
    Export {
        /// The run.
        run: RunId,
        /// The file, which must not exist.
        file: PathBuf,
    },
    /// Show a run and its items.
    Show {
        /// The run.
        run: RunId,
    },
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration file.
    Check,
    /// Print an example with every key.
    Example,
}

/// Files with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum SchemaCommand {
    /// Plan files.
    Plan,
    /// The configuration file.
    Config,
}

/// What to do with the sandbox.
#[cfg(feature = "sandbox")]
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve DynamoDB, S3 and Cognito on loopback until interrupted.
    Serve {
        /// DynamoDB at this port, S3 and Cognito at the two above; otherwise free ports.
        #[arg(long, value_name = "N")]
        port: Option<u16>,
        /// Without tables and demo data.
        #[arg(long)]
        empty: bool,
    },
}
