//! Preview of normalised tenant codes: every spelling found, its rows moved, key collisions side by side.

mod elsewhere;
mod group;
mod references;
mod spellings;

use std::collections::{BTreeMap, BTreeSet};

use super::sink::Sink;
use crate::domain::key::PartitionKey;
use crate::domain::normalize::Codes;
use crate::domain::plan::{Existing, Modules, Normalize, Source};
use crate::domain::transfer::{Carry, Respell, Transfer};
use crate::engine::items::transfer::marks;
use crate::engine::task::{Context, Stop, Task};
use group::Group;
use spellings::{Spelling, spellings};

/// Partitions whose rows move, by module.
type Moved = BTreeMap<String, BTreeSet<PartitionKey>>;

/// Settings that are the same for all groups.
pub(super) struct Scope<'a> {
    task: &'a Task,
    context: &'a Context,
    source: &'a Source,
    how: &'a Normalize,
    modules: Vec<String>,
    codes: Codes,
}

/// Adds an item for each row whose tenant code is not lower-case, and tells where else the codes stand.
pub(super) async fn plan(
    task: &Task,
    context: &Context,
    modules: &Modules,
    source: &Source,
    how: &Normalize,
    sink: &mut Sink<'_>,
) -> Result<Vec<String>, Stop> {
    let modules = spellings::covered(task, modules, source).await?;
    let found = spellings(task, &modules, source, how).await?;
    let mut codes: BTreeMap<String, String> = found.iter().map(|s| (s.tenant.code.clone(), s.normal.clone())).collect();
    let every = crate::engine::read::browse::modules(task).await?;
    if source.entity_type.is_none() && every.iter().all(|module| modules.contains(module)) {
        codes.extend(elsewhere::counted(task, how).await?);
    }
    let codes = Codes::new(codes);
    let scope = Scope { task, context, source, how, modules, codes };
    let mut groups: BTreeMap<(String, PartitionKey), Vec<Spelling>> = BTreeMap::new();
    let mut moved = Moved::new();
    for spelling in found {
        moved.entry(spelling.module.clone()).or_default().insert(spelling.pk.clone());
        groups.entry((spelling.module.clone(), spelling.target.clone())).or_default().push(spelling);
    }
    let mut notes = Vec::new();
    if groups.is_empty() && scope.codes.iter().next().is_none() {
        notes.push(match &how.tenants {
            None => "every tenant code is in lower case".to_owned(),
            Some(tenants) => format!("there is nothing under {}", tenants.join(", ")),
        });
        return Ok(notes);
    }
    let mut used = vec![false; how.decided.len()];
    for ((module, target), spelled) in &groups {
        Group::new(&scope, module, target, spelled).await?.items(sink, &mut used).await?;
    }
    for (decided, _) in how.decided.iter().zip(used).filter(|(_, used)| !used) {
        notes
            .push(format!("the decision for {} {} decides nothing: no two rows want that key", decided.pk, decided.sk));
    }
    references::elsewhere_in_modules(&scope, &moved, sink).await?;
    elsewhere::counters(&scope, sink).await?;
    elsewhere::tell(&scope, &moved).await?;
    Ok(notes)
}

impl Scope<'_> {
    /// How rows are moved to a code.
    fn transfer(&self, normal: &str) -> Transfer {
        Transfer {
            carry: Carry {
                operation: self.context.operation,
                tenant: normal.to_owned(),
                existing: Existing::Skip,
                deleted: self.source.deleted,
                respell: Some(Respell { codes: self.codes.clone(), references: self.how.rewrite_references }),
                changing: None,
            },
            mode: self.context.mode,
            marks: marks(self.context),
            stamp: self.context.stamp.clone(),
            from_snapshot: false,
        }
    }
}
