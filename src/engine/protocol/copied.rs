//! Parts that a snapshot is made of.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::row::{Row, TableKind};
use crate::domain::users::User;

/// Scope of a copy: everything where nothing is named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyWanted {
    /// Only this module.
    pub module: Option<String>,
    /// Only entities of this type.
    pub entity_type: Option<String>,
    /// Only this tenant.
    pub tenant: Option<String>,
    /// The users of the pool, too.
    pub users: bool,
}

/// Where what is copied stands: told before anything of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource {
    /// The profile.
    pub profile: String,
    /// Its environment.
    pub environment: String,
    /// Its app.
    pub app: String,
    /// Its time zone.
    pub timezone: String,
    /// Account, where known.
    pub account: Option<String>,
    /// Region, where known.
    pub region: Option<String>,
    /// Tables that were renamed, by module.
    pub renamed: BTreeMap<String, String>,
    /// Names of all tables, whether or not any row of them is wanted.
    pub tables: Vec<String>,
    /// First segments of the keys of all partitions in scope.
    pub types: BTreeSet<String>,
}

/// A part of what is copied.
#[derive(Debug, Clone, PartialEq)]
pub enum CopiedPart {
    /// Where it stands.
    Source(CopySource),
    /// Rows as they stand in a table.
    Rows {
        /// Name of the table.
        table: String,
        /// The kind of the table: data, command or history.
        kind: TableKind,
        /// The rows.
        rows: Vec<Row>,
    },
    /// Attributes in S3.
    Object {
        /// Key.
        key: String,
        /// Its content.
        body: Vec<u8>,
    },
    /// Users.
    Users(Vec<User>),
}
