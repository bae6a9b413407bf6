//! Spellings of tenant codes in the keys of the tables.

use std::collections::BTreeMap;

use crate::domain::key::{KEY_SEPARATOR, PartitionKey};
use crate::domain::plan::{Modules, Normalize, Source};
use crate::domain::row::TableKind;
use crate::domain::tenant::{Tenant, tenant_of, with_tenant};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Event, Phase};
use crate::engine::read::browse::modules as known_modules;
use crate::engine::read::partitions::{Partitions, witness};
use crate::engine::task::{Stop, Task};

/// A partition whose tenant code is not in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelling {
    pub(super) module: String,
    pub(super) pk: PartitionKey,
    pub(super) tenant: Tenant,
    /// The code in lower case.
    pub(super) normal: String,
    /// The partition with it.
    pub(super) target: PartitionKey,
}

/// The modules that a plan covers: every one where it names none and no type tells it.
pub(super) async fn covered(task: &Task, wanted: &Modules, source: &Source) -> Result<Vec<String>, Stop> {
    let known = known_modules(task).await?;
    let named = match (wanted, &source.entity_type) {
        (Modules::Named(names), _) => names.clone(),
        (Modules::ByType, Some(kind)) => {
            let hint = PartitionKey::new(format!("{kind}{KEY_SEPARATOR}")).module_hint();
            if known.contains(&hint) { vec![hint] } else { known.clone() }
        }
        (Modules::All, _) | (Modules::ByType, None) => known.clone(),
    };
    if let Some(name) = named.iter().find(|name| !known.contains(name)) {
        let mut failure = Failure::new(ErrorCode::NoTable, format!("there is no module {name}"));
        failure.key = Some("module".to_owned());
        return Err(failure.hint(format!("the modules are {}", known.join(", "))).into());
    }
    Ok(named)
}

/// Every partition whose code is spelled otherwise than in lower case, by module and key.
pub(super) async fn spellings(
    task: &Task,
    modules: &[String],
    source: &Source,
    how: &Normalize,
) -> Result<Vec<Spelling>, Stop> {
    let mut found = BTreeMap::new();
    let mut done = 0;
    for module in modules {
        let mut listed = Partitions::start(task, module, TableKind::Data);
        while let Some(heads) = listed.next().await? {
            done += heads.len() as u64;
            for head in heads {
                // A key in lower case has no other spelling, whichever of its segments is the tenant.
                let is_lower = head.pk.segments().skip(1).all(|segment| segment.to_lowercase() == segment);
                if is_lower || source.entity_type.as_ref().is_some_and(|kind| kind != head.pk.entity_type()) {
                    continue;
                }
                let code = witness(task, module, &head).await?;
                if let Some(spelling) = spelled(module, head.pk.as_str(), code.as_deref(), source, how) {
                    found.insert((module.clone(), head.pk.to_string()), spelling);
                }
            }
            task.emit(Event::Progress { phase: Phase::Scan, done, total: None }).await?;
        }
    }
    Ok(found.into_values().collect())
}

fn spelled(module: &str, pk: &str, code: Option<&str>, source: &Source, how: &Normalize) -> Option<Spelling> {
    let pk = PartitionKey::new(pk);
    if source.entity_type.as_ref().is_some_and(|kind| kind != pk.entity_type()) {
        return None;
    }
    let tenant = tenant_of(&pk, code);
    let normal = tenant.code.to_lowercase();
    if tenant.segment == 0 || normal == tenant.code {
        return None;
    }
    if how.tenants.as_ref().is_some_and(|wanted| !wanted.contains(&tenant.code)) {
        return None;
    }
    let target = with_tenant(&pk, &tenant, &normal);
    Some(Spelling { module: module.to_owned(), pk, tenant, normal, target })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_but_the_lower_case_one_counts_and_other_segments_stay() {
        let of = |pk: &str, code: Option<&str>, tenants: Option<&[&str]>| {
            let how = Normalize {
                tenants: tenants.map(|t| t.iter().map(|t| (*t).to_owned()).collect()),
                ..Normalize::default()
            };
            spelled("m", pk, code, &Source::default(), &how).map(|s| s.target.to_string())
        };
        assert_eq!(of("ORDER#MY_TENANT", Some("MY_TENANT"), None).as_deref(), Some("ORDER#my_tenant"));
        assert_eq!(of("LOG#Acme#2024-05", Some("Acme"), None).as_deref(), Some("LOG#acme#2024-05"));
        assert_eq!(of("LOG#2024-Q1#ACME", Some("ACME"), None).as_deref(), Some("LOG#2024-Q1#acme"));
        // The key says it, whatever the row says.
        assert_eq!(of("ORDER#MY_TENANT", Some("my_tenant"), None).as_deref(), Some("ORDER#my_tenant"));
        assert_eq!(of("ORDER#my_tenant", Some("MY_TENANT"), None), None);
        assert_eq!(of("ORDER", Some("X"), None), None);
        assert_eq!(of("ORDER#A", None, Some(&["B"])), None);
        assert_eq!(of("ORDER#B", None, Some(&["B"])).as_deref(), Some("ORDER#b"));
    }
}
