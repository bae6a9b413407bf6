//! Headless output: tables for people, JSON lines for programs.

mod client;
mod commands;
mod lines;
mod output;
mod progress;
mod table;
mod times;
mod waiting;

pub use client::Client;
pub use commands::{BeginKeeping, Context, Keeper, WantedCopy, ask_for_code, run};
pub use lines::{EndLine, ErrorLine};
pub use output::{Format, Output};
