//! The tenants pane: the tree of what was counted, and the entities of one partition.

pub(crate) mod commands;
pub(crate) mod entities;
pub(crate) mod entities_view;
mod entity_columns;
pub(crate) mod held;
mod marking;
pub(crate) mod pages;
pub(crate) mod pane;
pub(crate) mod search;
pub(crate) mod tree;
pub(crate) mod tree_view;

use entities::Entities;
use tree::Tree;

use crate::domain::key::PartitionKey;

/// The pane.
#[derive(Debug, Default)]
pub(crate) struct Tenants {
    /// Module, tenant, type.
    pub(crate) tree: Tree,
    /// The opened partition.
    pub(crate) entities: Option<Entities>,
    /// The partition nearest to one that was asked for and is not there.
    pub(crate) offered: Option<String>,
    /// The partition that was typed and opened, until its first page is there.
    typed: Option<PartitionKey>,
}
