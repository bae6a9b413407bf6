//! Console, engine and store for the multi-tenant data that MBC CQRS Serverless applications keep in DynamoDB.

// The macros panic where a pipe or a terminal has gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

/// The system's own keeps an arena for each thread, and what one of them has given back serves no other: memory grew from run to run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

// First: its macros are for every module behind it.
#[macro_use]
pub mod language;

pub mod cli;
pub mod completing;
pub mod config;
pub mod domain;
pub mod engine;
pub mod environment;
mod evidence;
#[cfg(feature = "sandbox")]
pub mod keep;
mod lock;
pub mod logging;
pub mod manual;
mod masking;
pub mod notify;
pub mod reference;
pub mod report;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod session;
pub mod signing;
#[cfg(feature = "sandbox")]
pub mod stage;
pub mod store;
pub mod tui;
pub mod version;
pub mod worker;

// Texts are their own keys: the longest one is no key that is worth shortening.
rust_i18n::i18n!("assets/locales", minify_key = true, minify_key_thresh = 4096);
