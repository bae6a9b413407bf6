//! Headless output: tables for people, JSON lines for programs.

mod client;
mod commands;
mod evidence;
mod lines;
mod output;
mod table;
mod waiting;

pub use client::Client;
pub use commands::{BeginKeeping, Context, Keeper, run};
pub use lines::{EndLine, ErrorLine};
pub use output::Output;
