//! Reading a scope as it stands, row for row: what an embedded store needs to show the same.

use std::collections::BTreeSet;

use crate::domain::key::{KEY_SEPARATOR, PartitionKey};
use crate::domain::retention::settings_pk;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::users::User;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{CopiedPart, CopySource, CopyWanted, Event, Phase};
use crate::engine::read::browse::{chosen_modules, modules};
use crate::engine::read::partitions::{Partitions, add};
use crate::engine::read::users::pool_of;
use crate::engine::task::{Stop, Task};
use crate::store::Query;
use crate::store::error::{ErrorKind, StoreError};

/// Rows told at a time: several wait where they are kept more slowly than they are read.
const PAGE: usize = 200;
/// The module of settings.
pub(in crate::engine) const MASTER: &str = "master";
/// First segment of the keys of its settings.
const SETTINGS_TYPE: &str = "MASTER";
/// Prefix of the sort keys of expiry settings.
pub(in crate::engine) const SETTINGS: &str = "TTL#";
const KINDS: [TableKind; 3] = [TableKind::Data, TableKind::Command, TableKind::History];

/// Reads everything in scope: where it stands first, then rows, each followed by the objects that it refers to, and users.
pub(in crate::engine) async fn copy(task: &Task, wanted: &CopyWanted) -> Result<(), Stop> {
    let chosen = chosen_modules(task, wanted.module.clone()).await?;
    let known = modules(task).await?;
    let mut scope = Vec::new();
    for module in &chosen {
        scope.push((module, partitions(task, wanted, module).await?));
    }
    let types = scope.iter().flat_map(|(_, keys)| keys).filter_map(|pk| pk.as_str().split_once(KEY_SEPARATOR));
    let settings = known.iter().any(|module| module == MASTER).then_some(SETTINGS_TYPE);
    let types = types.map(|(kind, _)| kind).chain(settings).map(str::to_owned).collect();
    task.emit(Event::Copied(Box::new(CopiedPart::Source(source(task, &known, types).await)))).await?;
    let mut copy = Copy { task, settings: BTreeSet::new(), done: 0, unread: 0 };
    let mut whole = BTreeSet::new();
    for (module, keys) in scope {
        for pk in keys {
            for kind in KINDS {
                copy.rows(module, kind, &pk, "").await?;
            }
            if module == MASTER {
                whole.insert(pk);
            } else if known.iter().any(|module| module == MASTER) {
                copy.settings.insert(settings_pk(&pk));
            }
        }
    }
    for pk in std::mem::take(&mut copy.settings).difference(&whole) {
        copy.rows(MASTER, TableKind::Data, pk, SETTINGS).await?;
    }
    if wanted.users {
        users(task, wanted).await?;
    }
    if copy.unread > 0 {
        let text = format!("attributes in S3 that are not there, and so not in the copy either: {}", copy.unread);
        task.warn(text).await?;
    }
    Ok(())
}

/// Where the rows of some modules stand; `types` are the first segments of the keys in scope.
pub(in crate::engine) async fn source(task: &Task, modules: &[String], types: BTreeSet<String>) -> CopySource {
    let (profile, names) = (task.profile(), task.store().names());
    let tables = modules.iter().flat_map(|module| KINDS.map(|kind| names.table(module, kind)));
    CopySource {
        types,
        profile: profile.name.clone(),
        environment: profile.environment.clone(),
        app: profile.app.clone(),
        timezone: profile.timezone.clone(),
        account: task.shared.connected.account().await.ok().flatten(),
        region: task.shared.connected.region.clone(),
        renamed: profile.tables.clone(),
        tables: tables.collect(),
    }
}

/// Partitions in scope, those that have commands alone included.
async fn partitions(task: &Task, wanted: &CopyWanted, module: &str) -> Result<BTreeSet<PartitionKey>, Stop> {
    let mut found = BTreeSet::new();
    for kind in [TableKind::Data, TableKind::Command] {
        let mut listed = Partitions::start(task, module, kind);
        loop {
            let heads = match listed.next().await {
                Ok(Some(heads)) => heads,
                Ok(None) => break,
                // A module may have no command table.
                Err(Stop::Failed(failure)) if kind == TableKind::Command && failure.code == ErrorCode::NoTable => break,
                Err(stop) => return Err(stop),
            };
            let scope = (wanted.entity_type.as_deref(), wanted.tenant.as_deref());
            add(task, module, heads, scope, &mut found).await?;
        }
    }
    Ok(found)
}

struct Copy<'a> {
    task: &'a Task,
    settings: BTreeSet<PartitionKey>,
    done: u64,
    unread: u64,
}

impl Copy<'_> {
    async fn rows(&mut self, module: &str, kind: TableKind, pk: &PartitionKey, prefix: &str) -> Result<(), Stop> {
        let store = self.task.store();
        let mut after = None;
        loop {
            self.task.check()?;
            let query = Query {
                module,
                kind,
                pk,
                prefix,
                after: after.as_deref(),
                limit: Some(PAGE),
                fields: &[],
                consistent: true,
            };
            let page = match store.query(&query).await {
                Ok(page) => page,
                Err(error) if error.kind() == Some(ErrorKind::NoTable) && kind != TableKind::Data => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            for row in &page.rows {
                self.object(row).await?;
            }
            self.done += page.rows.len() as u64;
            if !page.rows.is_empty() {
                let part = CopiedPart::Rows { table: store.names().table(module, kind), kind, rows: page.rows };
                self.task.emit(Event::Copied(Box::new(part))).await?;
                self.task.emit(Event::Progress { phase: Phase::Scan, done: self.done, total: None }).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// The attributes of a row, where they stand in S3. What is not there is not there in the copy either.
    async fn object(&mut self, row: &Row) -> Result<(), Stop> {
        let Some(uri) = row.attributes_ref() else { return Ok(()) };
        match self.task.store().attributes_bytes(uri).await {
            Ok((key, body)) => self.task.emit(Event::Copied(Box::new(CopiedPart::Object { key, body }))).await,
            Err(StoreError::S3Missing { .. } | StoreError::S3Malformed { .. } | StoreError::BadReference { .. }) => {
                self.unread += 1;
                Ok(())
            }
            Err(error) => {
                let sk = row.text(field::SK).map(str::to_owned);
                Err(Failure::from(error).at(row.text(field::PK).unwrap_or_default(), sk.as_deref()).into())
            }
        }
    }
}

/// Users of the pool: those of the tenant, where one is named.
async fn users(task: &Task, wanted: &CopyWanted) -> Result<(), Stop> {
    let pool = pool_of(task, None)?;
    let is_wanted = |user: &User| {
        let holds = |tenant: &String| user.attributes.values().any(|value| names(value, tenant));
        wanted.tenant.as_ref().is_none_or(holds)
    };
    let mut after = None;
    loop {
        task.check()?;
        let page = task.store().users(&pool, after).await?;
        let users: Vec<User> = page.users.into_iter().filter(is_wanted).collect();
        task.emit(Event::Copied(Box::new(CopiedPart::Users(users)))).await?;
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Whether a code stands in an attribute as a word of its own, as in `custom:tenant` or the JSON of `custom:roles`.
fn names(value: &str, tenant: &str) -> bool {
    value.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).any(|word| word == tenant)
}
