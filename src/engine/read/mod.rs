//! Reading what the tables hold: tenants, entities, versions, users, and the ways to read many rows.

pub(super) mod activity;
pub(super) mod ahead;
pub(super) mod among;
pub(super) mod browse;
pub(super) mod compare;
pub(super) mod copied;
pub(super) mod elsewhere;
pub(super) mod find;
pub(super) mod history;
pub(super) mod identity;
mod named_entities;
mod pace;
pub(super) mod partitions;
pub(super) mod reported;
pub(super) mod scope;
pub(super) mod seen;
pub(super) mod sweep;
pub(super) mod users;
pub(super) mod versions;
pub(super) mod watching;
