//! Keys that the items of a plan write: each is written by one item alone.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use crate::domain::item::PlannedItem;
use crate::domain::key::EntityKey;

/// The keys written so far, 16 bytes each.
#[derive(Debug, Default)]
pub(super) struct Claims(HashSet<[u8; 16]>);

impl Claims {
    /// The first key of an item that another one writes already.
    pub(super) fn taken<'i>(&self, item: &'i PlannedItem) -> Option<&'i EntityKey> {
        written(item).find(|key| self.0.contains(&mark(&item.module, key)))
    }

    /// Takes in the keys that an item writes.
    pub(super) fn add(&mut self, item: &PlannedItem) {
        self.0.extend(written(item).map(|key| mark(&item.module, key)));
    }
}

fn written(item: &PlannedItem) -> impl Iterator<Item = &EntityKey> {
    item.parts.iter().filter(|part| item.writes() && part.after.is_some()).map(|part| &part.key)
}

fn mark(module: &str, key: &EntityKey) -> [u8; 16] {
    let mut hash = Sha256::new();
    for text in [module, key.pk.as_str(), key.sk.as_str()] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let mut first = [0; 16];
    first.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    first
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::item::{PlannedPart, Role};
    use crate::domain::key::Version;
    use crate::domain::row::Row;
    use crate::domain::run::Action;

    fn item(action: Action, sk: &str) -> PlannedItem {
        let key = EntityKey::new("P#b", sk);
        let mut part = PlannedPart::pinned(Role::Target, key.clone(), Version(0), None);
        part.after = Some(Arc::new(Row::default()));
        PlannedItem { action, ..PlannedItem::new("p", EntityKey::new("P#a", sk), key) }.with(part)
    }

    #[test]
    fn a_key_is_written_by_one_item_alone() {
        let mut claims = Claims::default();
        claims.add(&item(Action::Conflict, "x"));
        assert_eq!(claims.taken(&item(Action::Create, "x")), None, "what is refused writes nothing");
        claims.add(&item(Action::Create, "x"));
        assert_eq!(claims.taken(&item(Action::Create, "x")), Some(&EntityKey::new("P#b", "x")));
        assert_eq!(claims.taken(&item(Action::Create, "y")), None);
        let elsewhere = PlannedItem { module: "q".to_owned(), ..item(Action::Create, "x") };
        assert_eq!(claims.taken(&elsewhere), None, "another module has other tables");
    }
}
