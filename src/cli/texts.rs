//! Commands that print texts, or need no tables.

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::domain::run::Operation;

/// The commands under `plan`.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Print an example with every key of an operation.
    #[command(after_help = super::help::of("plan example"))]
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

/// The commands under `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration file.
    #[command(after_help = super::help::of("config check"))]
    Check {
        /// Try where the profile leads, too: credentials, account, tables, bucket, user pool, backups and permissions.
        #[arg(long)]
        connect: bool,
    },
    /// Print the path of the configuration file; the places looked at go to stderr.
    #[command(after_help = super::help::of("config path"))]
    Path,
    /// Print an example with every key.
    #[command(after_help = super::help::of("config example"))]
    Example,
}

/// Files with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum SchemaCommand {
    /// Plan files.
    #[command(after_help = super::help::of("schema plan"))]
    Plan,
    /// The configuration file.
    #[command(after_help = super::help::of("schema config"))]
    Config,
}

/// The commands under `sandbox`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve DynamoDB, S3 and Cognito on loopback until interrupted.
    #[command(after_help = super::help::of("sandbox serve"))]
    Serve {
        /// DynamoDB at this port, S3 and Cognito at the two above; otherwise free ports.
        #[arg(long, value_name = "N")]
        port: Option<u16>,
        /// Without tables and demo data.
        #[arg(long)]
        empty: bool,
    },
}
