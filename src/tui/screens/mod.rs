//! The panes, and the dialogs, questions and lists over them: a file or a folder each, with everything about it.

pub(crate) mod about;
pub(crate) mod arm;
pub(crate) mod batch;
pub(crate) mod collisions;
pub(crate) mod command;
pub(crate) mod copy;
pub(crate) mod described;
pub(crate) mod discard;
pub(crate) mod end_run;
pub(crate) mod findings;
pub(crate) mod help;
pub(crate) mod history;
pub(crate) mod item;
pub(crate) mod items;
pub(crate) mod leave;
pub(crate) mod log;
pub(crate) mod palette;
pub(crate) mod paused;
pub(crate) mod phrases;
pub(crate) mod plan;
pub(crate) mod rollback;
pub(crate) mod runs;
pub(crate) mod tenants;
pub(crate) mod users;
pub(crate) mod verification;
pub(crate) mod violations;
