//! Preview of an import: the items that the rows of a CSV file would become.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::alike::{Alike, alike};
use super::expiry::Expiry;
use super::sink::Sink;
use crate::config::FrameworkVersion;
use crate::domain::csv::{Columns, Incoming};
use crate::domain::import::{Importing, too_long};
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, PartitionKey, Version};
use crate::domain::plan::{Modules, Plan, Source, Target, Work};
use crate::domain::publish::Ttls;
use crate::domain::row::field;
use crate::domain::run::{Action, Reason};
use crate::domain::tenant::{Spelling, oddity, refusal, tenant_of, with_tenant};
use crate::domain::transfer::{Side, Transfer};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::files::{Opened, Opening, Read};
use crate::engine::items::transfer::carry;
use crate::engine::read::browse::{has_partition, modules};
use crate::engine::read::seen::look_up;
use crate::engine::task::{Context, Stop, Task};

/// Records looked at together.
const PAGE: usize = 300;

/// How the file of an import is opened; `None` for other work.
pub(super) fn opening(work: &Work) -> Option<Opening> {
    let Work::Import { target, rejects, format, .. } = work else { return None };
    Some(Opening { format: *format, wants_tenant: target.tenant.is_empty(), keep: rejects.is_some() })
}

/// Adds the items of an import, in the order of the file; gives back what is to be known before the run.
pub(super) async fn plan(
    task: &Task,
    context: &Context,
    plan: &Plan,
    (source, target): (&Source, &Target),
    file: &Opened,
    sink: &mut Sink<'_>,
) -> Result<Vec<String>, Stop> {
    let mut reading = file.read(PAGE).await?;
    let columns = file.survey().columns().clone();
    let rules = Transfer {
        carry: carry(plan, &context.time(), source, target)?,
        mode: context.mode,
        marks: None,
        stamp: context.stamp.clone(),
        from_snapshot: false,
    };
    let mut importer = Importer {
        task,
        plan,
        source,
        rules,
        columns,
        known: modules(task).await?,
        by_type: HashMap::new(),
        tenants: HashMap::new(),
        expiry: Expiry::new(context.at),
        seen: HashSet::new(),
        alike: Alike::default(),
        left_out: 0,
        spelling: target.spelling,
        reads_lower: task.profile().framework >= FrameworkVersion::LOWER_TENANTS,
    };
    while let Some(records) = reading.next().await? {
        task.check()?;
        importer.group(records, sink).await?;
    }
    let mut notes = file.survey().notes(file.name());
    if importer.left_out > 0 {
        notes.push(format!("{} rows of the file are not of the source that the plan names", importer.left_out));
    }
    Ok(notes)
}

struct Importer<'a> {
    task: &'a Task,
    plan: &'a Plan,
    source: &'a Source,
    rules: Transfer,
    columns: Columns,
    known: Vec<String>,
    by_type: HashMap<String, Option<String>>,
    tenants: HashMap<String, Arc<Importing>>,
    expiry: Expiry,
    /// Entities that the file has had already, each as two hashes: a million of them fit in some tens of megabytes.
    seen: HashSet<[u64; 2]>,
    alike: Alike,
    left_out: u64,
    spelling: Spelling,
    /// The application reads tenant codes in lower case only.
    reads_lower: bool,
}

/// A record on its way.
pub(super) enum Row {
    /// Decided without looking at any table.
    Bad(PlannedItem),
    /// To be compared with what is there.
    Good { line: u64, module: String, key: EntityKey, incoming: Incoming, rules: Arc<Importing>, ttls: Ttls },
}

impl Importer<'_> {
    async fn group(&mut self, records: Vec<Read>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let mut rows = Vec::with_capacity(records.len());
        for read in records {
            if let Some(row) = self.row(read).await? {
                rows.push(row);
            }
        }
        if let Some(changing) = &self.rules.carry.changing {
            let attributes = rows.iter().filter_map(|row| match row {
                Row::Good { incoming, .. } => super::transform::attributes_in(&incoming.row),
                Row::Bad(_) => None,
            });
            super::transform::prepare(changing, attributes).await?;
        }
        let wanted = rows.iter().filter_map(|row| match row {
            Row::Good { module, key, .. } => Some((module.as_str(), key)),
            Row::Bad(_) => None,
        });
        let mut seen = look_up(self.task, wanted.collect()).await?;
        let mut warnings = alike(self.task, &rows, &seen).await?;
        for row in rows {
            let item = match row {
                Row::Bad(item) => item,
                Row::Good { line, module, key, incoming, rules, ttls } => {
                    let Some(snapshot) = seen.remove(&(module.clone(), key.clone())) else {
                        // Never silently: the row would be nowhere.
                        let message = format!("line {line}: {key} was looked for, and there is no answer");
                        return Err(Failure::new(ErrorCode::Internal, message).into());
                    };
                    match snapshot {
                        Ok(seen) => {
                            let side = Side { key: &key, seen: &seen, ttls };
                            let mut item = rules.item(&module, line, &incoming, side);
                            item.warnings.extend(warnings.remove(&line));
                            if let Some(why) = too_long(&key, seen.version.next()) {
                                item = stripped(bad(item, Reason::KeyInvalid, why));
                            }
                            item
                        }
                        Err(unusable) => {
                            let version = unusable.version();
                            let part = PlannedPart::pinned(Role::Target, key.clone(), version, unusable.data);
                            let item = unread(&module, line, incoming.source, key);
                            item.refused(Action::Invalid, unusable.reason, unusable.message).with(part)
                        }
                    }
                }
            };
            if let Some(changing) = &self.rules.carry.changing {
                super::transform::unstuck(changing, &item)?;
            }
            sink.add(item).await?;
        }
        Ok(())
    }

    /// The row that a record holds; `None` where the plan does not want it.
    async fn row(&mut self, read: Read) -> Result<Option<Row>, Stop> {
        let line = read.record.line;
        let nowhere = |key: EntityKey| unread("", line, key.clone(), key);
        let cells = match read.cells {
            Ok(cells) => cells,
            Err(message) => {
                return Ok(Some(Row::Bad(bad(nowhere(EntityKey::new("", "")), Reason::Csv, message))));
            }
        };
        let fields: Vec<&str> = cells.iter().collect();
        let mut incoming = match self.columns.entity(&fields) {
            Ok(incoming) => incoming,
            Err(unreadable) => {
                let item = nowhere(self.columns.keys(&fields));
                return Ok(Some(Row::Bad(bad(item, unreadable.reason, unreadable.message))));
            }
        };
        let pk = &incoming.source.pk;
        let witness = incoming.row.text(field::TENANT_CODE).or(Some(&*self.source.tenant));
        let tenant = tenant_of(pk, witness.filter(|code| !code.is_empty()));
        if !self.wants(&incoming, &tenant.code) {
            self.left_out += 1;
            return Ok(None);
        }
        let code = Some(&self.rules.carry.tenant).filter(|code| !code.is_empty()).or(incoming.tenant.as_ref()).cloned();
        let Some(code) = code else {
            let message = "the row names no targetTenantCode, and the plan no target.tenant".to_owned();
            return Ok(Some(Row::Bad(bad(nowhere(incoming.source), Reason::Csv, message))));
        };
        if tenant.segment == 0 || code.contains(['#', '@']) {
            let message = match tenant.segment {
                0 => format!("{pk} has no segment for a tenant"),
                _ => format!("{code:?} is no tenant code"),
            };
            return Ok(Some(Row::Bad(bad(nowhere(incoming.source), Reason::KeyInvalid, message))));
        }
        if let Some(why) = refusal(&code, self.spelling, self.reads_lower) {
            return Ok(Some(Row::Bad(bad(nowhere(incoming.source), Reason::KeyInvalid, why))));
        }
        incoming.warnings.extend(oddity(&code));
        let key = EntityKey { pk: with_tenant(pk, &tenant, &code), sk: incoming.source.sk.clone() };
        let Some(module) = self.module(pk).await? else {
            let message = format!("no module that the plan covers holds {}", pk.entity_type());
            return Ok(Some(Row::Bad(bad(nowhere(incoming.source), Reason::KeyInvalid, message))));
        };
        // The first version is the shortest.
        if let Some(why) = too_long(&key, Version(1)) {
            let item = unread(&module, line, incoming.source, key);
            return Ok(Some(Row::Bad(bad(item, Reason::KeyInvalid, why))));
        }
        if !self.seen.insert(hashes(&module, &key)) {
            let message = "an earlier row of the file is for the same entity".to_owned();
            let item = unread(&module, line, incoming.source, key);
            return Ok(Some(Row::Bad(bad(item, Reason::Collision, message))));
        }
        incoming.warnings.extend(self.alike.add(&module, &key));
        let rules = self.rules_for(&code);
        let ttls = self.expiry.of(self.task, &module, &key.pk).await?;
        Ok(Some(Row::Good { line, module, key, incoming, rules, ttls }))
    }

    fn wants(&self, incoming: &Incoming, tenant: &str) -> bool {
        let (source, key) = (self.source, &incoming.source);
        source.entity_type.as_ref().is_none_or(|kind| kind == key.pk.entity_type())
            && (source.tenant.is_empty() || source.tenant == tenant)
            && key.sk.as_str().starts_with(&source.sk_prefix)
            && (source.keys.is_empty() || source.keys.iter().any(|sk| sk == key.sk.as_str()))
    }

    fn rules_for(&mut self, code: &str) -> Arc<Importing> {
        if let Some(known) = self.tenants.get(code) {
            return Arc::clone(known);
        }
        let mut rules = self.rules.clone();
        code.clone_into(&mut rules.carry.tenant);
        let rules = Arc::new(Importing { rules });
        self.tenants.insert(code.to_owned(), Arc::clone(&rules));
        rules
    }

    /// The module of a type: the one that the plan names, the one that is called so, otherwise the only one that has the partition.
    async fn module(&mut self, pk: &PartitionKey) -> Result<Option<String>, Stop> {
        if let Some(known) = self.by_type.get(pk.entity_type()) {
            return Ok(known.clone());
        }
        let covered: Vec<&String> = match &self.plan.modules {
            Modules::ByType | Modules::All => self.known.iter().collect(),
            Modules::Named(names) => self.known.iter().filter(|known| names.contains(known)).collect(),
        };
        let hint = pk.module_hint();
        let found = match (&self.plan.modules, covered.as_slice()) {
            (Modules::Named(_), [only]) => Some((*only).clone()),
            _ if covered.contains(&&hint) => Some(hint),
            _ => {
                let mut having = Vec::new();
                for module in covered {
                    if has_partition(self.task, module, pk).await? {
                        having.push(module.clone());
                    }
                }
                if having.len() == 1 { having.pop() } else { None }
            }
        };
        self.by_type.insert(pk.entity_type().to_owned(), found.clone());
        Ok(found)
    }
}

fn bad(item: PlannedItem, reason: Reason, message: String) -> PlannedItem {
    item.refused(Action::Invalid, reason, message)
}

/// An item that writes nothing.
fn stripped(mut item: PlannedItem) -> PlannedItem {
    item.parts.iter_mut().for_each(|part| part.after = None);
    item
}

/// An item of which nothing is known but where it stands.
fn unread(module: &str, line: u64, source: EntityKey, target: EntityKey) -> PlannedItem {
    PlannedItem { line: Some(line), ..PlannedItem::new(module, source, target) }
}

fn hashes(module: &str, key: &EntityKey) -> [u64; 2] {
    [0u8, 1].map(|salt| {
        let mut hasher = DefaultHasher::new();
        (salt, module, key).hash(&mut hasher);
        hasher.finish()
    })
}
