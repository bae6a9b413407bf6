//! Rows of a file whose keys a reader cannot tell from others: said before they are written.
//!
//! Within the file every key is compared, for eight bytes of memory each. In the tables only the usual other spellings of a key are
//! looked up, and only of keys that are to be created and are not plain ASCII: a handful of reads for each of those, none for others.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::import::Row;
use crate::domain::csv::alike::{folded, spellings};
use crate::domain::key::EntityKey;
use crate::engine::read::seen::{Seen, look_up};
use crate::engine::task::{Stop, Task};

/// The keys that a file has had, in the form that they share with others like them.
#[derive(Debug, Default)]
pub(super) struct Alike(HashSet<u64>);

impl Alike {
    /// Adds a key that the file did not have yet; gives back what to say where it had one like it.
    pub(super) fn add(&mut self, module: &str, key: &EntityKey) -> Option<String> {
        let mut hasher = DefaultHasher::new();
        (module, &key.pk, folded(key.sk.as_str())).hash(&mut hasher);
        (!self.0.insert(hasher.finish())).then(|| {
            format!("an earlier row's key differs from {:?} in normal form, width or blanks alone", key.sk.as_str())
        })
    }
}

/// Warnings for rows that are to be created beside entities with keys like theirs, by their lines.
pub(super) async fn alike(task: &Task, rows: &[Row], seen: &Seen) -> Result<HashMap<u64, String>, Stop> {
    let mut wanted = Vec::new();
    for row in rows {
        let Row::Good { line, module, key, .. } = row else { continue };
        let there = seen.get(&(module.clone(), key.clone()));
        if there.is_some_and(|s| s.as_ref().is_ok_and(|s| s.data.is_none())) {
            let others = spellings(key.sk.as_str()).into_iter();
            wanted.extend(others.map(|sk| (*line, module.as_str(), EntityKey::new(key.pk.as_str(), sk))));
        }
    }
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let found = look_up(task, wanted.iter().map(|(_, module, key)| (*module, key)).collect()).await?;
    let mut out = HashMap::new();
    for (line, module, key) in &wanted {
        let there = found.get(&((*module).to_owned(), key.clone()));
        if there.is_some_and(|s| s.as_ref().is_ok_and(|s| s.data.is_some())) {
            let sk = key.sk.as_str();
            let message = format!("{sk:?} is there already: its key differs in normal form, width or blanks alone");
            out.insert(*line, message);
        }
    }
    Ok(out)
}
