//! `source.entities`: entities that a plan names by their whole keys.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeValue;

use super::super::toml_walk::Walk;
use super::draft::quoted;
use super::read::Result;
use crate::domain::key::{EntityKey, PartitionKey};
use crate::domain::plan::{NamedEntity, Source};

const KEY: &str = "entities";
const WHAT: &str = "a list of tables, such as [{ pk = \"PRODUCT#acme\", sk = \"P-1\" }]";

/// The entities, each named once.
pub(super) fn entities(walk: &mut Walk<'_, '_>) -> Result<Vec<NamedEntity>> {
    let Some((span, value)) = walk.get(KEY) else { return Ok(Vec::new()) };
    let Some(list) = value.as_array() else { return Err(walk.mismatch((span, value), KEY, WHAT)) };
    let mut all = Vec::with_capacity(list.len());
    let mut seen = BTreeSet::new();
    let mut has_module: BTreeMap<PartitionKey, bool> = BTreeMap::new();
    for one in list {
        let DeValue::Table(table) = one.get_ref() else {
            return Err(walk.mismatch((one.span(), one.get_ref()), KEY, WHAT));
        };
        let mut inner = walk.inner(KEY, table);
        let named = NamedEntity {
            pk: PartitionKey::new(inner.required("pk", one.span(), "it is the entity's partition key")?),
            sk: inner.required("sk", one.span(), "it is the entity's sort key")?,
            module: inner.text("module")?,
        };
        inner.finish()?;
        let wrong = |message: String| walk.wrong(one.span(), KEY, message);
        let key = EntityKey::new(named.pk.as_str(), named.sk.as_str());
        let says_module = named.module.is_some();
        if *has_module.entry(named.pk.clone()).or_insert(says_module) != says_module {
            let message = format!("source.entities names the module of {} at one place and not at another", named.pk);
            return Err(wrong(message));
        }
        if !seen.insert(named.clone()) {
            return Err(wrong(format!("source.entities names {key} twice")));
        }
        all.push(named);
    }
    Ok(all)
}

/// Complains about what does not go with entities that are named.
pub(super) fn check(walk: &Walk<'_, '_>, source: &Source) -> Result<()> {
    if source.entities.is_empty() {
        return Ok(());
    }
    if !source.keys.is_empty() {
        let message = "source.keys and source.entities exclude each other: an entity has its sort key there";
        return Err(walk.wrong_value("keys", message));
    }
    let Some(kind) = &source.entity_type else { return Ok(()) };
    match source.entities.iter().find(|one| one.pk.entity_type() != kind) {
        Some(one) => {
            let message = format!("source.entities names {}, which is not of source.type {kind}", one.pk);
            Err(walk.wrong_value(KEY, message))
        }
        None => Ok(()),
    }
}

/// Entities with their modules as a plan has them, in one line: a module is named only where the key does not tell it.
pub fn entity_list<'e>(entities: impl Iterator<Item = (&'e str, &'e EntityKey)> + Clone) -> String {
    // Of one partition either all name it or none does.
    let untold: BTreeSet<&PartitionKey> =
        entities.clone().filter(|(module, key)| key.pk.module_hint() != *module).map(|(_, key)| &key.pk).collect();
    let one = |(module, key): (&str, &EntityKey)| {
        let module = if untold.contains(&key.pk) { format!("module = {}, ", quoted(module)) } else { String::new() };
        format!("{{ {module}pk = {}, sk = {} }}", quoted(key.pk.as_str()), quoted(key.sk.as_str()))
    };
    format!("[{}]", entities.map(one).collect::<Vec<_>>().join(", "))
}

/// How many entities a list of a plan names; `None` where it is none.
#[must_use]
pub fn entity_count(list: &str) -> Option<usize> {
    let table: toml::Table = format!("x = {list}").parse().ok()?;
    Some(table.get("x")?.as_array()?.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::parse;
    use crate::domain::plan::{Modules, Work};

    fn read(source: &str) -> std::result::Result<(Modules, Source), String> {
        let text =
            format!("name = \"n\"\noperation = \"transform\"\n[source]\n{source}\n[[transform]]\nremove = [\"a\"]\n");
        match parse(std::path::Path::new("p.toml"), &text) {
            Ok(plan) => match plan.work {
                Work::Transform { source } => Ok((plan.modules, source)),
                other => Err(format!("{other:?}")),
            },
            Err(error) => Err(format!("{}: {}", error.line.unwrap_or_default(), error.message)),
        }
    }

    #[test]
    fn entities_that_are_listed_come_back_as_they_were() {
        let keys = [EntityKey::new("A#acme", "1"), EntityKey::new("B#x#y", "say \"@\""), EntityKey::new("A#acme", "2")];
        let entities = [("a", &keys[0]), ("other", &keys[1]), ("a", &keys[2])];
        let text = entity_list(entities.into_iter());
        assert_eq!(entity_count(&text), Some(3));
        let (modules, source) = read(&format!("entities = {text}")).unwrap();
        assert_eq!((modules, source.tenant.as_str(), source.entity_type), (Modules::ByType, "", None));
        let named: Vec<_> = source.entities.iter().map(|one| (one.module.as_deref(), one.pk.as_str())).collect();
        assert_eq!(named, [(None, "A#acme"), (Some("other"), "B#x#y"), (None, "A#acme")]);
        assert_eq!(source.entities[1].sk, "say \"@\"");
        // Where one of a partition has to name its module, all of it do.
        let mixed = entity_list([("a", &keys[0]), ("z", &keys[2])].into_iter());
        assert!(read(&format!("entities = {mixed}")).is_ok(), "{mixed}");
    }

    #[test]
    fn a_list_that_says_two_things_is_refused_where_it_does() {
        for (source, complaint) in [
            (
                "entities = [\n{ pk = \"A#a\", sk = \"1\" },\n{ pk = \"A#a\", sk = \"1\" }]",
                "6: source.entities names A#a / 1 twice",
            ),
            ("entities = [{ pk = \"A#a\" }]", "4: source.entities.sk is missing: it is the entity's sort key"),
            (
                "entities = [{ pk = \"A#a\", sk = \"1\", id = \"1\" }]",
                "4: source.entities.id is not a key that this file may have",
            ),
            ("entities = [\"A#a#1\"]", &format!("4: source.entities must be {WHAT}, not string")),
            (
                "entities = [{ pk = \"A#a\", sk = \"1\" }]\nkeys = [\"1\"]",
                "5: source.keys and source.entities exclude each other: an entity has its sort key there",
            ),
            (
                "type = \"B\"\nentities = [{ pk = \"A#a\", sk = \"1\" }]",
                "5: source.entities names A#a, which is not of source.type B",
            ),
            (
                "entities = [{ pk = \"A#a\", sk = \"1\" }, { module = \"m\", pk = \"A#a\", sk = \"2\" }]",
                "4: source.entities names the module of A#a at one place and not at another",
            ),
            ("entities = []", "3: source.tenant is missing: it is the code of the tenant that entities are taken from"),
        ] {
            assert_eq!(read(source).map(drop), Err(complaint.to_owned()), "{source}");
        }
    }
}
