//! Completion of words on the command line: scripts that ask the program itself, and its answers.

mod script;
#[cfg(test)]
mod tests;
mod words;

pub use script::script;
pub use words::{Answer, Known, complete};

/// The hidden command that scripts ask.
pub const COMMAND: &str = "__complete";
