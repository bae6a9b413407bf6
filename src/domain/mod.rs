//! The framework's data model and what can be computed about it. Pure: no runtime, no SDK, no terminal.

pub mod activity;
pub mod attribute_bytes;
pub mod blame;
pub mod clock;
pub mod csv;
pub mod diff;
pub mod digest;
pub mod doctor;
pub mod evolve;
pub mod find;
pub mod finding;
pub mod import;
pub mod item;
pub mod job;
pub mod key;
pub mod limits;
pub mod mask;
pub mod merge;
pub mod normalize;
pub mod path;
pub mod plan;
pub mod printable;
pub mod publish;
pub mod repair;
pub mod retention;
pub mod rollback;
pub mod row;
pub mod run;
pub mod s3_prefix;
pub mod secret;
pub mod shell;
pub mod size;
pub mod snapshot;
pub mod tenant;
pub mod timeline;
pub mod transfer;
pub mod transform;
pub mod undo;
pub mod undo_until;
pub mod users;
pub mod value;
pub mod verify;
pub(crate) mod words;

#[cfg(test)]
pub mod testing;
