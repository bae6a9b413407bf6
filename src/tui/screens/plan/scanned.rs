//! Counts of the tenants of a plan's source and target, and candidates for a value.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::form::Form;
use crate::config::plan::{self, Field, Kind};
use crate::engine::protocol::TenantCount;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::screens::tenants::held::Scope;
use crate::tui::screens::tenants::tree::{Counting, ListState};

/// A tenant as far as it was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nobody has counted: nothing is known.
    NotCounted,
    /// Entities and deleted ones of them, and whether counting had come to its end.
    Counted { entities: u64, deleted: u64, complete: bool, age: Option<String> },
}

/// Counts of a tenant, of the plan's modules and type only.
pub(crate) fn seen(app: &App, form: &Form, tenant: &str) -> Seen {
    let tree = &app.tenants.tree;
    let (is_over, mut at) = match &tree.counting {
        Counting::Never => return Seen::NotCounted,
        Counting::Cached(at) | Counting::Done(at) => (true, Some(*at)),
        Counting::Running | Counting::Stopped => (false, None),
    };
    // Where only a part was counted, the list of partitions has to say that there are no others.
    let is_over = is_over && (tree.scope == Scope::Everything || matches!(tree.listed, ListState::Done(_)));
    let entity_type = form.value_of("source.type").filter(|t| t != "*");
    let modules = modules(form, entity_type.as_deref());
    let own = |c: &TenantCount| {
        c.tenant == tenant
            && entity_type.as_ref().is_none_or(|t| c.entity_type == *t)
            && modules.as_ref().is_none_or(|m| m.contains(&c.module))
    };
    let (mut entities, mut deleted) = (0, 0);
    let (mut counted, mut uncounted) = (None::<Timestamp>, 0);
    for (count, at) in tree.counted().filter(|(count, _)| own(count)) {
        entities += count.entities;
        deleted += count.deleted;
        uncounted += usize::from(at.is_none());
        counted = counted.into_iter().chain(at).min();
    }
    if counted.is_none() && uncounted > 0 {
        return Seen::NotCounted;
    }
    at = counted.or(at);
    let complete = is_over && uncounted == 0;
    Seen::Counted { entities, deleted, complete, age: at.filter(|_| complete).map(|at| format::age(at, app.now)) }
}

/// The modules that the plan names; `None` for every one.
fn modules(form: &Form, entity_type: Option<&str>) -> Option<Vec<String>> {
    match form.value_of("module") {
        Some(named) if named == "*" => None,
        Some(named) => Some(plan::words(&named)),
        None => entity_type.map(|t| vec![t.to_lowercase().replace('_', "-")]),
    }
}

impl Seen {
    /// In words, of the tenant that a plan takes from.
    pub(crate) fn of_source(&self) -> (bool, String) {
        match self {
            Self::NotCounted => (false, not_counted()),
            Self::Counted { entities: 0, complete, age, .. } => {
                (*complete, counted(tr!("none of these").into_owned(), *complete, age.as_ref()))
            }
            seen => (false, seen.number(false)),
        }
    }

    /// In words, of the tenant that a plan writes to.
    pub(crate) fn of_target(&self) -> (bool, String) {
        match self {
            Self::NotCounted => (false, not_counted()),
            Self::Counted { entities: 0, complete, age, .. } => {
                (false, counted(tr!("empty").into_owned(), *complete, age.as_ref()))
            }
            seen => (true, seen.number(true)),
        }
    }

    fn number(&self, are_in_the_way: bool) -> String {
        let Self::Counted { entities, deleted, complete, age } = self else { return String::new() };
        let mut words = format::plural(*entities, text!("%{n} entity"), text!("%{n} entities"));
        if are_in_the_way {
            words = tr!("%{entities} there already", entities = words).into_owned();
        }
        if *deleted > 0 {
            words =
                tr!("%{entities}, %{n} of them deleted", entities = words, n = format::count(*deleted)).into_owned();
        }
        counted(words, *complete, age.as_ref())
    }
}

fn not_counted() -> String {
    tr!("not counted yet (s in the tenants pane counts)").into_owned()
}

/// The findings, and how far they can be relied on.
fn counted(found: String, complete: bool, age: Option<&String>) -> String {
    match (complete, age) {
        (true, Some(age)) => tr!("%{found}, counted %{age}", found = found, age = age).into_owned(),
        (true, None) => found,
        (false, _) => tr!("%{found} so far: counting is not complete", found = found).into_owned(),
    }
}

/// Candidates for a key, from what is known without asking anybody.
pub(crate) fn candidates(app: &App, form: &Form, field: &Field) -> Vec<String> {
    let counts = || app.tenants.tree.partitions();
    let entity_type = form.value_of("source.type").filter(|t| t != "*");
    let distinct = |words: BTreeSet<&str>| words.into_iter().filter(|w| !w.is_empty()).map(str::to_owned).collect();
    match field.kind {
        _ if (field.table, field.key) == ("", "operation") => plan::operations().map(|o| o.to_string()).collect(),
        _ if (field.table, field.key) == ("", "profile") => vec![app.profile.name.clone()],
        Kind::Choice(words) => words.iter().map(|w| (*w).to_owned()).collect(),
        Kind::Flag => vec!["true".to_owned(), "false".to_owned()],
        Kind::Tenant | Kind::Tenants => {
            let is_target = field.table == "target";
            let own = |c: &&TenantCount| is_target || entity_type.as_ref().is_none_or(|t| c.entity_type == *t);
            distinct(counts().filter(own).map(|c| c.tenant.as_str()).collect())
        }
        Kind::EntityType => {
            let mut types: Vec<String> = distinct(counts().map(|c| c.entity_type.as_str()).collect());
            types.push("*".to_owned());
            types
        }
        Kind::Modules => {
            let mut modules = app.connection.as_ref().map(|c| c.modules.clone()).unwrap_or_default();
            modules.push("*".to_owned());
            modules
        }
        Kind::List if (field.table, field.key) == ("source", "keys") => {
            app.tenants.entities.as_ref().map(|e| e.marks.iter().cloned().collect()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
