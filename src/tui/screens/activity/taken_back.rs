//! A rollback plan of exactly the versions of a list.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::config::plan::{entity_list, listed};
use crate::domain::activity::ActivityKind;
use crate::domain::clock::{parse_time, utc_millis};
use crate::domain::key::PartitionKey;
use crate::domain::timeline::BySource;
use crate::engine::protocol::{Activity, ActivityWanted, EntityRef};
use crate::language::{sentences, translated};
use crate::tui::format;

/// Entities that a plan may name one by one.
const ENTITIES: usize = 2_000;
/// People, requests or sources that a plan may name.
const NAMES: usize = 200;

/// A value of a plan, by its path.
type PlanValue = (&'static str, String);

/// Listed rows, and all rows that they are chosen from.
pub(super) struct Listed<'a> {
    /// Rows that the filter accepts.
    pub(super) accepted: Vec<&'a Activity>,
    /// All rows.
    pub(super) rows: &'a [Activity],
    pub(super) wanted: &'a ActivityWanted,
    /// Everything was read, and every row is here.
    pub(super) is_whole: bool,
}

/// Listed versions that a plan does not take back.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeftOut {
    /// No command row says when they were published.
    undated: usize,
    /// They are pending or failed.
    unapplied: usize,
}

impl LeftOut {
    /// How many they are and why they are left out; `None` where there are none.
    pub(super) fn said(self) -> Option<String> {
        let said = |n: usize, one, many| (n > 0).then(|| format::plural(n as u64, one, many));
        let undated = said(
            self.undated,
            text!("%{n} version is not in the plan: without a command row no period holds them"),
            text!("%{n} versions are not in the plan: without a command row no period holds them"),
        );
        let unapplied = said(
            self.unapplied,
            text!("%{n} version is not in the plan: pending or failed, not applied"),
            text!("%{n} versions are not in the plan: pending or failed, not applied"),
        );
        let all: Vec<String> = unapplied.into_iter().chain(undated).collect();
        (!all.is_empty()).then(|| sentences(all))
    }
}

/// The entities that a plan is about.
enum Scope<'a> {
    /// All of a type and a tenant; of the one partition alone, or with those of longer keys.
    Tenant { module: &'a str, entity_type: &'a str, tenant: &'a str, alone: bool },
    /// These.
    Entities(BTreeSet<&'a EntityRef>),
}

/// Narrows a window; an empty one takes all.
#[derive(Clone, Default)]
struct Narrowing<'a> {
    by: BTreeSet<&'a str>,
    request: BTreeSet<&'a str>,
    source: BTreeSet<&'a str>,
}

impl Listed<'_> {
    /// The values of a plan that takes the listed versions back and no others, and how many of them it cannot take.
    ///
    /// # Errors
    /// Why there is no such plan.
    pub(super) fn plan(&self) -> Result<(Vec<PlanValue>, LeftOut), String> {
        let published: Vec<&Activity> = self.accepted.iter().copied().filter(|one| is_published(one)).collect();
        if published.is_empty() {
            return Err(tr!("there is no published version to take back in the list").into_owned());
        }
        let dated: Vec<(&Activity, Timestamp)> = published.iter().filter_map(|one| Some((*one, dated(one)?))).collect();
        let times = dated.iter().map(|(_, at)| *at);
        let (Some(from), Some(to)) = (times.clone().min(), times.max()) else {
            return Err(tr!("when they were published is not known: their command rows are gone").into_owned());
        };
        let rows: Vec<&Activity> = dated.iter().map(|(one, _)| *one).collect();
        let narrowings = self.narrowings(&rows)?;
        let entities: BTreeSet<&EntityRef> = rows.iter().map(|one| &one.entity).collect();
        let is_many = entities.len() > ENTITIES;
        let named = (!is_many).then_some(Scope::Entities(entities));
        let scopes: Vec<Scope<'_>> = self.tenant(&rows).into_iter().chain(named).collect();
        for scope in &scopes {
            let exact = narrowings.iter().find(|narrowing| self.taken(scope, narrowing, from, to) == rows.len());
            if let Some(narrowing) = exact {
                let window = format!("{}, {}", utc_millis(from), utc_millis(to));
                let mut values = scope.values();
                values.push(("rollback.window", window));
                values.extend(narrowing.values());
                let (undated, unapplied) = (published.len() - rows.len(), self.accepted.len() - published.len());
                return Ok((values, LeftOut { undated, unapplied }));
            }
        }
        let why = if is_many {
            tr!(
                "no plan takes exactly these, and they are of more than %{most} entities: narrow the list first",
                most = format::len(ENTITIES)
            )
        } else {
            tr!(
                "no plan takes exactly these: others of the same entities are from the same people, requests and period; narrow by person or request instead of by text"
            )
        };
        Err(why.into_owned())
    }

    /// From what the list was asked for down to everything that a window can be narrowed by.
    fn narrowings<'a>(&self, rows: &[&'a Activity]) -> Result<Vec<Narrowing<'a>>, String> {
        let wanted = self.wanted;
        // A plan knows nothing of places: versions that changed others are told apart by their requests.
        let has_places = !wanted.path.is_empty();
        let all = |of: fn(&'a Activity) -> Option<&'a str>| -> Option<BTreeSet<&'a str>> {
            let names: Option<BTreeSet<&str>> = rows.iter().map(|one| of(one)).collect();
            names.filter(|names| names.len() <= NAMES)
        };
        let by = all(|one| one.by.as_deref());
        let request = all(|one| one.request_id.as_deref());
        let source = all(|one| one.source.as_deref());
        let must = |is_asked: bool, names: &Option<BTreeSet<&'a str>>, why: &'static str| match names {
            Some(names) if is_asked || names.len() == 1 => Ok(names.clone()),
            None if is_asked => Err(translated(why).into_owned()),
            _ => Ok(BTreeSet::new()),
        };
        let people = text!("a plan of these must name every person, and there are too many or none");
        let requests = text!("a plan of these must name every request, and there are too many or none");
        let sources = text!("a plan of these must name every source, and there are too many or none");
        let least = Narrowing {
            by: must(!wanted.by.is_empty(), &by, people)?,
            request: must(!wanted.request.is_empty() || has_places, &request, requests)?,
            source: if wanted.source.is_empty() { BTreeSet::new() } else { must(true, &source, sources)? },
        };
        let by = Narrowing { by: by.unwrap_or_default(), ..least.clone() };
        let both = Narrowing { request: request.unwrap_or_default(), ..by.clone() };
        Ok(vec![least, by, both])
    }

    /// The tenant that all are of, where the list holds everything of it in the period.
    fn tenant<'a>(&self, rows: &[&'a Activity]) -> Option<Scope<'a>> {
        let wanted = self.wanted;
        if !self.is_whole || wanted.sk.is_some() || !wanted.path.is_empty() {
            return None;
        }
        let first = rows.first()?;
        let of = |one: &'a Activity| -> Option<(&'a str, &'a str, &'a str)> {
            let mut segments = one.entity.key.pk.segments();
            let (entity_type, tenant) = (segments.next()?, segments.next()?);
            // Where the tenant stands in a longer key is known from its rows alone.
            (segments.next().is_none() && !tenant.is_empty()).then_some((
                one.entity.module.as_str(),
                entity_type,
                tenant,
            ))
        };
        let own = of(first)?;
        let (module, entity_type, tenant) = own;
        let is_one = rows.iter().all(|one| of(one) == Some(own));
        is_one.then_some(Scope::Tenant { module, entity_type, tenant, alone: wanted.pk.is_some() })
    }

    /// How many of all versions in the list a plan would take.
    fn taken(&self, scope: &Scope<'_>, narrowing: &Narrowing<'_>, from: Timestamp, to: Timestamp) -> usize {
        let is_taken = |one: &&Activity| {
            is_published(one)
                && dated(one).is_some_and(|at| from <= at && at <= to)
                && scope.holds(&one.entity)
                && narrowing.holds(one)
        };
        self.rows.iter().filter(is_taken).count()
    }
}

impl Scope<'_> {
    fn holds(&self, entity: &EntityRef) -> bool {
        match self {
            Self::Entities(entities) => entities.contains(entity),
            Self::Tenant { module, entity_type, tenant, alone } => {
                let pk: &PartitionKey = &entity.key.pk;
                entity.module == *module
                    && pk.entity_type() == *entity_type
                    && pk.segments().skip(1).any(|segment| segment == *tenant)
                    && (!alone || pk.segments().count() == 2)
            }
        }
    }

    fn values(&self) -> Vec<PlanValue> {
        match self {
            Self::Entities(entities) => {
                let keys = entities.iter().map(|one| (one.module.as_str(), &one.key));
                vec![("source.entities", entity_list(keys))]
            }
            Self::Tenant { module, entity_type, tenant, alone } => {
                let own = [("source.type", *entity_type), ("source.tenant", *tenant), ("module", *module)];
                let exact = alone.then_some(("source.partitions", "exact"));
                own.into_iter().chain(exact).map(|(path, value)| (path, value.to_owned())).collect()
            }
        }
    }
}

impl Narrowing<'_> {
    fn holds(&self, one: &Activity) -> bool {
        let is_one =
            |names: &BTreeSet<&str>, own: Option<&str>| names.is_empty() || own.is_some_and(|own| names.contains(own));
        is_one(&self.by, one.by.as_deref())
            && is_one(&self.request, one.request_id.as_deref())
            && is_one(&self.source, one.source.as_deref())
    }

    fn values(&self) -> impl Iterator<Item = PlanValue> {
        let of = |path, names: &BTreeSet<&str>| (!names.is_empty()).then(|| (path, listed(names.iter().copied())));
        [of("rollback.by", &self.by), of("rollback.request", &self.request), of("rollback.source", &self.source)]
            .into_iter()
            .flatten()
    }
}

fn is_published(one: &Activity) -> bool {
    !matches!(one.kind, ActivityKind::Pending | ActivityKind::Failed)
}

/// When a command row says that it was published: a window takes nothing else.
fn dated(one: &Activity) -> Option<Timestamp> {
    one.at.as_deref().filter(|_| one.by_source == BySource::Command).and_then(parse_time)
}
