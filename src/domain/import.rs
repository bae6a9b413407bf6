//! Items for the entities that a file brings.

use super::csv::Incoming;
use super::item::{PlannedItem, Role};
use super::key::{EntityKey, Version};
use super::plan::{DeletedSources, Existing};
use super::row::{blocked, field};
use super::run::{Action, Reason};
use super::transfer::{Refusal, Side, Transfer, is_same, pinned, write};

/// Bytes of a partition key and of a sort key that DynamoDB takes.
const LONGEST_PK: usize = 2_048;
const LONGEST_SK: usize = 1_024;

/// Why an entity's rows cannot have these keys: the command row carries the version behind its sort key.
#[must_use]
pub fn too_long(key: &EntityKey, next: Version) -> Option<String> {
    let (pk, sk) = (key.pk.as_str().len(), key.sk.at(next).len());
    if pk > LONGEST_PK {
        return Some(format!("the partition key has {pk} bytes, and DynamoDB takes {LONGEST_PK}"));
    }
    (sk > LONGEST_SK).then(|| format!("the sort key has {sk} bytes with its version, and DynamoDB takes {LONGEST_SK}"))
}

/// Settings shared by all entities of a file.
#[derive(Debug, Clone)]
pub struct Importing {
    /// The rules of a copy to the tenant that the entities are for.
    pub rules: Transfer,
}

impl Importing {
    /// Plans the item of one entity: created, brought to what the file says, or equal already.
    #[must_use]
    pub fn item(&self, module: &str, line: u64, incoming: &Incoming, target: Side<'_>) -> PlannedItem {
        let mut item =
            PlannedItem::new(module, incoming.source.clone(), target.key.clone()).with(pinned(Role::Target, target));
        item.line = Some(line);
        item.warnings.clone_from(&incoming.warnings);
        match self.decide(&mut item, incoming, target) {
            Ok(()) => item,
            Err((action, reason, message)) => item.refused(action, reason, message),
        }
    }

    fn decide(&self, item: &mut PlannedItem, incoming: &Incoming, target: Side<'_>) -> Result<(), Refusal> {
        let rules = &self.rules;
        if let Some(why) = blocked(target.key, target.seen.data.as_deref()) {
            return Err((Action::Invalid, why.reason(), format!("the target cannot be written: {why}")));
        }
        let row = &incoming.row;
        if row.is_deleted() && rules.carry.deleted == DeletedSources::Skip {
            return Err((Action::Skip, Reason::Deleted, "the file says that it is soft-deleted".to_owned()));
        }
        rules.usable_as_target(target)?;
        rules.may_exist(target)?;
        let current = target.seen.resolved.as_deref();
        let live = current.filter(|row| !row.is_deleted());
        let mut state = rules.carry.state(row, target.key, live.filter(|_| rules.carry.existing == Existing::Merge))?;
        // Fields that the file does not cover stay as they are.
        if let (Some(now), false) = (live, incoming.is_whole) {
            let untold = [(field::CODE, !incoming.tells[0]), (field::NAME, !incoming.tells[1]), (field::SEQ, true)];
            for (name, is_untold) in untold {
                if let (Some(value), true) = (now.get(name), is_untold) {
                    state.set(name, value.clone());
                }
            }
        }
        if current.is_some_and(|now| is_same(now, &state)) {
            return Ok(());
        }
        item.action = match (current.map(super::row::Row::is_deleted), row.is_deleted()) {
            (None, _) => Action::Create,
            (Some(true), false) => Action::Restore,
            (Some(false), true) => Action::Delete,
            (Some(_), _) => Action::Update,
        };
        let after = rules.unmarked_row(target, state);
        write(item, Role::Target, target, after, target.seen.is_in_s3());
        Ok(())
    }
}
