//! Entities as rows of a CSV file: the columns of the framework's guide, and two that keep what those lose.
//!
//! Pure: what stands in which column is decided here, reading and writing files elsewhere.

pub mod alike;
pub mod application;
pub mod cells;
pub mod encoding;
mod header;
mod place;
mod read;
pub mod split;
mod write;

pub use header::{BadHeader, Columns, separator_line};
pub use place::{BadPlace, Place};
pub use read::{Incoming, Unreadable};
pub use write::{fields, header};

/// The guide's columns, in its order.
pub const GUIDE: [&str; 6] = [SOURCE_PK, SOURCE_SK, CODE, NAME, ATTRIBUTES, TARGET];
const SOURCE_PK: &str = "sourcePk";
const SOURCE_SK: &str = "sourceSk";
const CODE: &str = "code";
const NAME: &str = "name";
const ATTRIBUTES: &str = "attributes";
const TARGET: &str = "targetTenantCode";
/// The attributes as DynamoDB JSON: what plain JSON cannot tell apart survives there.
pub const ATTRIBUTES_DDB: &str = "attributes_ddb";
/// The other fields as DynamoDB JSON: the keys once more, type, seq, isDeleted, what the framework does not know, and a code or a name that is no plain text.
pub const FIELDS_DDB: &str = "fields_ddb";
/// Columns of rejected rows beside their own; ignored when they are read again.
pub const REJECTED: [&str; 2] = ["line", "reason"];

#[cfg(test)]
mod tests;
