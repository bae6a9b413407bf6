//! Whole-program tests, by what they prove.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on fails; its name says what it proves"
)]

mod golden;
mod publish_cases;
#[cfg(feature = "sandbox")]
mod sandbox;
mod support;
