//! Data that events and commands of CSV files carry.

use crate::domain::csv::Place;
use crate::domain::key::PartitionKey;

/// A partition that is to be written into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportWanted {
    /// The partition.
    pub pk: PartitionKey,
    /// The tenant that the file is for; its own when `None`.
    pub tenant: Option<String>,
    /// Where to; the guide's name is given where it ends in `/`.
    pub to: Place,
    /// With the columns that lose nothing.
    pub lossless: bool,
    /// Soft-deleted entities too.
    pub deleted: bool,
}

/// A file that was written, its manifest beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// Where it is.
    pub to: String,
    /// Rows without the header.
    pub rows: u64,
    /// Soft-deleted entities that were left out.
    pub left_out: u64,
    /// Entities that were left out because their ttl has passed.
    pub expired: u64,
    /// Entities that are not in it because their attributes cannot be read: each was told as a finding.
    pub unreadable: u64,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}
