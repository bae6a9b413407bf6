//! The framework's tables as they are laid out. The only place that talks to AWS.

pub mod error;
