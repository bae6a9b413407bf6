//! Entities that were published and never processed: their commands tell of them, and nothing else does.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use super::readers::as_data;
use super::{Search, ids, waiting};
use crate::domain::find::{Needle, Place};
use crate::domain::key::PartitionKey;
use crate::domain::row::{Row, field};
use crate::domain::tenant::tenant_of;
use crate::engine::failure::ErrorCode;
use crate::engine::protocol::EntitySummary;
use crate::engine::read::browse::passes;
use crate::engine::task::Stop;

impl Search<'_> {
    /// Reports entities whose commands hold the text and that have no data row, as their newest command has them.
    pub(super) async fn commands(&mut self, module: &str, pk: &PartitionKey, rows: Vec<Row>) -> Result<(), Stop> {
        let hits = rows.len();
        let mut bases = BTreeSet::new();
        for row in &rows {
            let sk = row.sk()?;
            if !self.is_known(module, pk, sk) {
                bases.insert(sk.to_owned());
            }
        }
        let bases: Vec<String> = bases.into_iter().collect();
        if !bases.is_empty() {
            let mut found = Vec::new();
            for entity in waiting(self.task, module, pk, &bases).await? {
                let Some(row) = as_data(entity.row.as_ref().clone()) else { continue };
                let matched = self.reading.needle.find(&row, &self.reading.places);
                let tenant = tenant_of(pk, entity.row.text(field::TENANT_CODE)).code;
                if !matched.is_empty() && passes(self.wanted.deleted, &row) && self.is_in_scope(pk, &tenant) {
                    found.push((entity, matched));
                }
            }
            found.truncate(self.room());
            if !found.is_empty() {
                self.show(module, found).await?;
            }
        }
        self.reading.pace.shown(hits);
        Ok(())
    }

    /// The entity without a data row whose id the text is.
    pub(super) async fn by_id_of_a_command(&mut self, modules: &[String]) -> Result<bool, Stop> {
        for key in ids::candidates(&self.wanted.text) {
            let hint = key.pk.module_hint();
            let modules = if modules.contains(&hint) { std::slice::from_ref(&hint) } else { modules };
            for module in modules {
                self.task.check()?;
                let entities = match waiting(self.task, module, &key.pk, &[key.sk.to_string()]).await {
                    Ok(entities) => entities,
                    // That no data row has the id is known; a module may have no commands.
                    Err(Stop::Failed(failure)) if failure.code == ErrorCode::NoTable => continue,
                    Err(Stop::Failed(failure)) => {
                        self.task.failed(failure.not_fatal()).await?;
                        continue;
                    }
                    Err(stop) => return Err(stop),
                };
                let is_wanted = |entity: &EntitySummary| {
                    let tenant = tenant_of(&key.pk, entity.row.text(field::TENANT_CODE)).code;
                    passes(self.wanted.deleted, &entity.row) && self.is_in_scope(&key.pk, &tenant)
                };
                let Some(entity) = entities.into_iter().find(is_wanted) else { continue };
                let matched = as_data(entity.row.as_ref().clone())
                    .map(|row| Needle::new(&key.id(), true).find(&row, &[Place::Id]))
                    .unwrap_or_default();
                self.show(module, vec![(entity, matched)]).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_known(&self, module: &str, pk: &PartitionKey, sk: &str) -> bool {
        self.known.contains(&self.hasher.hash_one((module, pk.as_str(), sk)))
    }
}
