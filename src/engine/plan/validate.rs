//! Checking items as they would be written: against JSON Schemas, and whether what they refer to is there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use crate::domain::item::{PlannedItem, Role};
use crate::domain::key::{KEY_SEPARATOR, PartitionKey};
use crate::domain::plan::{By, Plan, Reference, Validate};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::run::{Action, Reason};
use crate::domain::tenant::tenant_of;
use crate::domain::transform::at_place;
use crate::domain::value::{Map, Value};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{EntityRef, Violated};
use crate::engine::read::browse::has_partition;
use crate::engine::task::{Stop, Task, blocking};
use crate::store::{Query, RowKey};
use crate::worker::{Broken, Schemas};

/// The tenant that every other may refer to.
const COMMON: &str = "common";
/// Items that a note names for each rule.
const SAMPLES: usize = 3;
/// Reasons of one sample that a note tells.
const IN_A_SAMPLE: usize = 3;
/// Words behind reasons that are cut short.
const MORE: &str = Violated::MORE;

/// Rules that a plan's items are checked against, and the violations found.
pub(in crate::engine) struct Checker {
    validate: Validate,
    /// Where the plan names any.
    schemas: Option<Arc<Schemas>>,
    known: HashMap<(String, String), Codes>,
    failures: BTreeMap<String, (u64, Vec<String>)>,
    /// By rule and place.
    violated: BTreeMap<(String, Option<String>), Violated>,
    hasher: RandomState,
}

/// A schema that an item does not fit, or why that could not be decided.
type Checked = Result<Option<Broken>, String>;

/// Codes of a partition's live entities, at eight bytes each.
type Codes = HashSet<u64>;

/// Where an entity that is referred to would stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Referred {
    pub(in crate::engine) module: String,
    pub(in crate::engine) pk: PartitionKey,
    /// The way it is named: by id, code or sort key.
    pub(in crate::engine) by: By,
    /// Its sort key or code.
    pub(in crate::engine) own: String,
}

/// A value that refers, as it is looked up.
struct Wanted {
    item: usize,
    rule: usize,
    text: String,
    /// The partitions that would do, and the sort key or code in them.
    places: Vec<(String, PartitionKey, String)>,
}

impl Checker {
    /// For a plan; `None` where it checks nothing.
    pub(in crate::engine) fn new(_: &Task, plan: &Plan) -> Result<Option<Self>, Stop> {
        let validate = plan.change.validate.clone();
        if validate.is_empty() {
            return Ok(None);
        }
        let documents: Vec<&str> = validate.schemas.iter().map(|schema| &*schema.document).collect();
        let schemas = (!documents.is_empty()).then(|| Schemas::new(&documents)).transpose().map_err(|error| {
            let files: Vec<&str> = validate.schemas.iter().map(|schema| &*schema.file).collect();
            let mut failure = Failure::new(ErrorCode::Plan, format!("{}: no JSON Schema: {error}", files.join(", ")));
            failure.key = Some("validate.schema".to_owned());
            failure
        })?;
        Ok(Some(Self {
            validate,
            schemas: schemas.map(Arc::new),
            known: HashMap::new(),
            failures: BTreeMap::new(),
            violated: BTreeMap::new(),
            hasher: RandomState::new(),
        }))
    }

    /// Makes items invalid that do not hold.
    pub(super) async fn check(&mut self, task: &Task, items: &mut [PlannedItem]) -> Result<(), Stop> {
        let mut wanted = Vec::new();
        let mut broken = self.broken(task, items).await?.into_iter();
        for (i, item) in items.iter_mut().enumerate() {
            let Some(after) = to_check(item) else { continue };
            match broken.next().unwrap_or(Ok(None)) {
                Ok(None) => wanted.extend(self.references(task, i, &after).await?),
                Ok(Some(broken)) => self.is_broken(item, broken),
                Err(why) => {
                    let files: Vec<&str> = self.own(&after).map(|(_, file)| file).collect();
                    let rule = format!("schema {}", files.join(", "));
                    self.count(item, &rule, None, rule.clone(), why.clone());
                    self.refuse(item, Reason::Schema, &rule, why);
                    self.undecided(item)?;
                }
            }
        }
        self.look_up(task, items, wanted).await
    }

    /// Violations of each item that is checked, by the schemas of its type.
    async fn broken(&self, task: &Task, items: &[PlannedItem]) -> Result<Vec<Checked>, Stop> {
        let Some(schemas) = self.schemas.clone() else { return Ok(Vec::new()) };
        let each = items.iter().filter_map(to_check).map(|after| {
            let map = after.get(field::ATTRIBUTES).and_then(Value::as_map).cloned().unwrap_or_default();
            (self.own(&after).map(|(n, _)| n).collect(), map)
        });
        let each: Vec<(Vec<usize>, Map)> = each.collect();
        task.check()?;
        blocking(move || schemas.check(&each)).await
    }

    /// The schemas of a row's type, by number and file.
    fn own(&self, after: &Row) -> impl Iterator<Item = (usize, &str)> {
        let kind = after.text(field::TYPE).unwrap_or_default().to_owned();
        let pk_kind = after.pk().ok().map(|pk| PartitionKey::new(pk).entity_type().to_owned()).unwrap_or_default();
        let is_own = move |of: &Option<String>| of.as_ref().is_none_or(|of| *of == pk_kind || *of == kind);
        let all = self.validate.schemas.iter().enumerate();
        all.filter(move |(_, schema)| is_own(&schema.entity_type)).map(|(n, schema)| (n, &*schema.file))
    }

    /// Makes an item invalid that a schema does not fit.
    fn is_broken(&mut self, item: &mut PlannedItem, broken: Broken) {
        let file = self.validate.schemas.get(broken.schema).map(|schema| schema.file.clone()).unwrap_or_default();
        let rule = format!("schema {file}");
        let mut said: Vec<String> = broken.each.iter().map(|(place, why)| format!("{why} ({place})")).collect();
        if broken.has_more {
            said.push(MORE.to_owned());
            let why = "it breaks more rules than are counted".to_owned();
            self.count(item, &rule, None, MORE.to_owned(), why);
        }
        let mut counted: Vec<String> = Vec::new();
        for (place, why) in broken.each {
            // Elements of one list may break the same rule.
            if !counted.contains(&place) {
                counted.push(place.clone());
                let text = format!("({place})");
                self.count(item, &rule, Some(place), text, why);
            }
        }
        self.refuse(item, Reason::Schema, &rule, said.join("; "));
    }

    /// Ends the plan where checks did not come to an end for many entities in a row.
    fn undecided(&self, item: &PlannedItem) -> Result<(), Stop> {
        if !self.schemas.as_ref().is_some_and(|schemas| schemas.is_hopeless()) {
            return Ok(());
        }
        let why = item.message.clone().unwrap_or_default();
        let mut failure = Failure::new(ErrorCode::Plan, format!("{}: {why}", item.source));
        failure.key = Some("validate.schema".to_owned());
        let failure = failure.at(item.source.pk.as_str(), Some(item.source.sk.as_str()));
        Err(failure.hint("the schema itself cannot be decided: mend it, and preview again; nothing was written").into())
    }

    /// Values of an item that refer to other entities.
    async fn references(&self, task: &Task, item: usize, after: &Row) -> Result<Vec<Wanted>, Stop> {
        let mut wanted = Vec::new();
        let Some(map) = after.get(field::ATTRIBUTES).and_then(Value::as_map) else { return Ok(wanted) };
        let pk = PartitionKey::new(after.pk()?);
        let tenant = tenant_of(&pk, after.text(field::TENANT_CODE)).code;
        for (rule, reference) in self.validate.references.iter().enumerate() {
            for text in texts(at_place(map, &reference.field)) {
                let places = self.places(task, reference, &tenant, &text).await?;
                wanted.push(Wanted { item, rule, text, places });
            }
        }
        Ok(wanted)
    }

    /// Where what an item as it would be written refers to may stand: module, partition, by what, and the sort key or code.
    pub(in crate::engine) async fn referred(&self, task: &Task, item: &PlannedItem) -> Result<Vec<Referred>, Stop> {
        let Some(after) = to_check(item) else { return Ok(Vec::new()) };
        let mut referred = Vec::new();
        for Wanted { rule, places, .. } in self.references(task, 0, &after).await? {
            let Some(by) = self.validate.references.get(rule).map(|reference| reference.by) else { continue };
            referred.extend(places.into_iter().map(|(module, pk, own)| Referred { module, pk, by, own }));
        }
        Ok(referred)
    }

    async fn places(
        &self,
        task: &Task,
        reference: &Reference,
        tenant: &str,
        text: &str,
    ) -> Result<Vec<(String, PartitionKey, String)>, Stop> {
        let mut places = Vec::new();
        let common = reference.allow_common.then_some(COMMON);
        for tenant in std::iter::once(tenant).chain(common) {
            let pk = PartitionKey::new(format!("{}{KEY_SEPARATOR}{tenant}", reference.entity_type));
            let own = match reference.by {
                // An id is the keys themselves; one of another tenant names nothing here.
                By::Id => text.strip_prefix(&format!("{pk}{KEY_SEPARATOR}")).map(str::to_owned),
                By::Code | By::Sk => Some(text.to_owned()),
            };
            let Some(own) = own else { continue };
            let module = match &reference.module {
                Some(module) => module.clone(),
                None => module_of(task, &pk).await?,
            };
            places.push((module, pk, own));
        }
        Ok(places)
    }

    async fn look_up(&mut self, task: &Task, items: &mut [PlannedItem], wanted: Vec<Wanted>) -> Result<(), Stop> {
        let mut keys: HashMap<(String, PartitionKey), HashSet<String>> = HashMap::new();
        for want in &wanted {
            for (module, pk, own) in &want.places {
                match self.validate.references[want.rule].by {
                    By::Code => self.codes(task, module, pk).await?,
                    By::Id | By::Sk => {
                        keys.entry((module.clone(), pk.clone())).or_default().insert(own.clone());
                    }
                }
            }
        }
        let mut live: HashSet<(String, PartitionKey, String)> = HashSet::new();
        const FIELDS: &[&str] = &[field::PK, field::SK, field::IS_DELETED];
        for ((module, pk), sks) in keys {
            let asked: Vec<RowKey> = sks.into_iter().map(|sk| (TableKind::Data, sk)).collect();
            for ((_, sk), row) in task.store().batch_get(&module, &pk, &asked, FIELDS, true).await? {
                if !row.is_deleted() {
                    live.insert((module.clone(), pk.clone(), sk));
                }
            }
        }
        for want in wanted {
            let reference = &self.validate.references[want.rule];
            let is_there = want.places.iter().any(|(module, pk, own)| match reference.by {
                By::Code => self
                    .known
                    .get(&(module.clone(), pk.to_string()))
                    .is_some_and(|codes| codes.contains(&self.hasher.hash_one(own))),
                By::Id | By::Sk => live.contains(&(module.clone(), pk.clone(), own.clone())),
            });
            if !is_there && items[want.item].writes() {
                let rule = format!("reference {} to {}", reference.field, reference.entity_type);
                let why = format!("{} names {}, which is not there or is soft-deleted", reference.field, want.text);
                let item = &mut items[want.item];
                self.count(item, &rule, None, rule.clone(), why.clone());
                self.refuse(item, Reason::Reference, &rule, why);
            }
        }
        Ok(())
    }

    /// Reads the codes of a partition, once.
    async fn codes(&mut self, task: &Task, module: &str, pk: &PartitionKey) -> Result<(), Stop> {
        let at = (module.to_owned(), pk.to_string());
        if self.known.contains_key(&at) {
            return Ok(());
        }
        let (mut codes, mut after) = (Codes::new(), None::<String>);
        loop {
            task.check()?;
            let query = Query {
                module,
                kind: TableKind::Data,
                pk,
                prefix: "",
                after: after.as_deref(),
                limit: None,
                fields: &[field::PK, field::SK, field::CODE, field::IS_DELETED],
                consistent: true,
            };
            let page = task.store().query(&query).await?;
            let live = page.rows.iter().filter(|row| !row.is_deleted());
            codes.extend(live.filter_map(|row| row.text(field::CODE)).map(|code| self.hasher.hash_one(code)));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        self.known.insert(at, codes);
        Ok(())
    }

    /// Counts an item once for a rule and a place of it.
    fn count(&mut self, item: &PlannedItem, rule: &str, place: Option<String>, text: String, why: String) {
        let entity = EntityRef { module: item.module.clone(), key: item.source.clone() };
        let violated = self.violated.entry((rule.to_owned(), place.clone())).or_insert_with(|| Violated {
            rule: rule.to_owned(),
            place,
            items: 0,
            samples: Vec::new(),
            text,
        });
        violated.items += 1;
        if violated.samples.len() < SAMPLES {
            violated.samples.push((entity, why));
        }
    }

    /// Violations, rule by rule and place by place, most items first.
    pub(super) fn violated(&mut self) -> Vec<Violated> {
        let mut all: Vec<Violated> = std::mem::take(&mut self.violated).into_values().collect();
        all.sort_by_key(|violated| std::cmp::Reverse(violated.items));
        all
    }

    fn refuse(&mut self, item: &mut PlannedItem, reason: Reason, rule: &str, why: String) {
        let (count, samples) = self.failures.entry(rule.to_owned()).or_default();
        *count += 1;
        if samples.len() < SAMPLES {
            samples.push(format!("{}: {}", item.target, beginning(&why)));
        }
        item.action = Action::Invalid;
        item.reason = Some(reason);
        item.message = Some(format!("{rule}: {why}"));
        item.parts.iter_mut().for_each(|part| part.after = None);
    }

    /// Violations in words, rule by rule.
    pub(super) fn notes(&self) -> Vec<String> {
        let line = |(rule, (count, samples)): (&String, &(u64, Vec<String>))| {
            format!("{rule}: {count} invalid, such as {}", samples.join(" | "))
        };
        self.failures.iter().map(line).collect()
    }
}

/// The first reasons of several: a note names samples, and each item has all of its own.
fn beginning(why: &str) -> String {
    let end = why.match_indices("; ").map(|(at, _)| at).nth(IN_A_SAMPLE - 1);
    end.map_or_else(|| why.to_owned(), |end| format!("{}; {MORE}", &why[..end]))
}

/// The row that an item would write, where it is checked.
fn to_check(item: &PlannedItem) -> Option<Arc<Row>> {
    let after = item.part(Role::Target).filter(|_| item.writes())?.after.clone()?;
    // A soft-deleted row is held to no rule.
    (!after.is_deleted()).then_some(after)
}

async fn module_of(task: &Task, pk: &PartitionKey) -> Result<String, Stop> {
    let hint = pk.module_hint();
    let known = crate::engine::read::browse::modules(task).await?;
    if known.contains(&hint) {
        return Ok(hint);
    }
    for module in known {
        if has_partition(task, &module, pk).await? {
            return Ok(module);
        }
    }
    let mut failure = Failure::new(ErrorCode::Plan, format!("no module has entities of type {}", pk.entity_type()));
    failure.key = Some("validate.references".to_owned());
    Err(failure.hint("name the module of the reference: module = \"…\"").into())
}

/// The texts of a place: itself, or each element of a list; nothing where it is missing or NULL.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::L(list)) => list.iter().flat_map(|one| texts(Some(one))).collect(),
        Some(Value::Ss(set)) => set.iter().cloned().collect(),
        Some(Value::S(text)) if !text.is_empty() => vec![text.clone()],
        Some(Value::N(number)) => vec![number.as_str().to_owned()],
        _ => Vec::new(),
    }
}
