//! Answers of the fake engine that are read from its rows: counts, listings, histories and differences.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Fake, MODULES};
use crate::domain::clock::normalise_time;
use crate::domain::diff::diff_rows;
use crate::domain::key::{EntityKey, Version, split_versioned};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::tenant::tenant_of;
use crate::domain::timeline::{self, VersionStatus};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{
    DeletedFilter, DiffResult, EntityRef, EntitySummary, Event, HistoryEntry, Side, TenantCount,
};

impl Fake {
    pub(super) fn tenants(&self, module: Option<&str>) -> Vec<TenantCount> {
        let mut out: BTreeMap<(String, String), TenantCount> = BTreeMap::new();
        for name in MODULES.into_iter().filter(|m| module.is_none_or(|wanted| *m == wanted)) {
            for row in self.data.table(name, TableKind::Data) {
                let key = row.data_key().unwrap();
                let count = out.entry((name.to_owned(), key.pk.to_string())).or_insert_with(|| TenantCount {
                    module: name.into(),
                    entity_type: key.pk.entity_type().into(),
                    tenant: tenant_of(&key.pk, row.text(field::TENANT_CODE)).code,
                    pk: key.pk.clone(),
                    entities: 0,
                    deleted: 0,
                    oldest: None,
                    newest: None,
                });
                count.entities += 1;
                count.deleted += u64::from(row.is_deleted());
                let time = |name| row.text(name).map(normalise_time);
                count.oldest = [count.oldest.take(), time(field::CREATED_AT)].into_iter().flatten().min();
                count.newest = count.newest.take().max(time(field::UPDATED_AT));
            }
        }
        out.into_values().collect()
    }

    pub(super) fn entities(&self, module: &str, pk: &str, deleted: DeletedFilter) -> Vec<EntitySummary> {
        let mut keys: BTreeMap<EntityKey, Option<Arc<Row>>> = BTreeMap::new();
        for row in self.data.table(module, TableKind::Data).filter(|r| r.pk().unwrap() == pk) {
            keys.insert(row.data_key().unwrap(), Some(row.clone()));
        }
        for row in self.data.table(module, TableKind::Command).filter(|r| r.pk().unwrap() == pk) {
            if let Some((base, _)) = split_versioned(row.sk().unwrap()) {
                keys.entry(EntityKey::new(pk, base)).or_insert(None);
            }
        }
        let wanted = |e: &EntitySummary| match deleted {
            DeletedFilter::Keep => true,
            DeletedFilter::Skip => !e.deleted,
            DeletedFilter::Only => e.deleted,
        };
        keys.into_iter().map(|(key, data)| self.summary(module, key, data)).filter(wanted).collect()
    }

    pub(crate) fn summary(&self, module: &str, key: EntityKey, data: Option<Arc<Row>>) -> EntitySummary {
        let rows = self.data.entity(module, &key);
        let version = data.as_ref().map_or(Ok(Version(0)), |r| r.version());
        let next = version.as_ref().ok().and_then(|v| rows.commands.get(&v.next())).cloned();
        let now = version.as_ref().ok().and_then(|v| rows.commands.get(v)).cloned();
        let flags = timeline::flags(&key, data.as_deref(), now.as_deref(), next.as_deref());
        let row = data.or_else(|| rows.commands.values().next_back().cloned()).unwrap_or_default();
        let who = now.as_ref().or(next.as_ref());
        let text = |name| row.text(name).map(str::to_owned);
        EntitySummary {
            id: text(field::ID),
            entity_type: text(field::TYPE),
            tenant: tenant_of(&key.pk, row.text(field::TENANT_CODE)).code,
            code: text(field::CODE),
            name: text(field::NAME),
            problem: version.as_ref().err().map(ToString::to_string),
            viewed: None,
            version: version.ok(),
            deleted: row.is_deleted(),
            updated_at: who.and_then(|r| r.text(field::CREATED_AT)).map(str::to_owned),
            updated_by: who.and_then(|r| r.text(field::CREATED_BY)).map(str::to_owned),
            flags,
            attributes_ref: row.attributes_ref().map(str::to_owned),
            entity: EntityRef { module: module.into(), key },
            row,
        }
    }

    pub(crate) fn history(&self, entity: &EntityRef, resolve: bool) -> Vec<Event> {
        let rows = self.data.entity(&entity.module, &entity.key);
        let mut entries: Vec<HistoryEntry> = timeline::timeline(&rows, Version(1))
            .unwrap()
            .into_iter()
            .map(|version| {
                let resolved = version.row.as_ref().filter(|_| resolve).map(|row| self.data.resolve(row));
                let lost = resolved.as_ref().and_then(|row| row.attributes_ref());
                let problem = lost.map(|uri| format!("{uri} is not there"));
                HistoryEntry { version, resolved: resolved.filter(|_| problem.is_none()), problem }
            })
            .collect();
        entries.reverse();
        // Newest first, gaps last, in more than one event.
        entries.sort_by_key(|e| e.version.status == VersionStatus::Gap);
        entries.chunks(5).map(|c| Event::Versions(c.to_vec())).collect()
    }

    pub(super) fn side(&self, side: &Side) -> Option<(Version, TableKind, Arc<Row>)> {
        let rows = self.data.entity(&side.entity.module, &side.entity.key);
        let current = rows.data.as_ref().and_then(|r| r.version().ok()).unwrap_or_default();
        let version = side.version.unwrap_or(current);
        let entry = timeline::entry(&rows, version, current);
        Some((version, *entry.found.first()?, self.data.resolve(entry.row.as_ref()?)))
    }

    pub(super) fn diff(&self, mut from: Side, mut to: Side, all: bool) -> Event {
        let missing = |side: &Side| {
            let key = &side.entity.key;
            let failure = Failure::new(ErrorCode::NotFound, format!("there is no entity {key}"));
            Event::Failed(Box::new(failure.at(key.pk.to_string(), Some(key.sk.as_str()))))
        };
        let Some((from_version, from_found, before)) = self.side(&from) else { return missing(&from) };
        let Some((to_version, to_found, after)) = self.side(&to) else { return missing(&to) };
        (from.version, to.version) = (Some(from_version), Some(to_version));
        let changes = diff_rows(&before, &after, all);
        Event::Diff(Box::new(DiffResult { from, to, from_found, to_found, before, after, changes }))
    }
}
