//! Subject of an item of a run: an entity, which has versions, or a user, who has none.

use crate::domain::key::{EntityKey, Version};
use crate::domain::normalize::SEQUENCES;
use crate::domain::row::field;
use crate::domain::run::Action;
use crate::domain::tenant::tenant_of;
use crate::domain::users::MODULE;
use crate::engine::protocol::{EntityRef, ItemResult, Preview};
use crate::language::comma;

/// Whether it is a user of a pool. A table's module may have the same name, but what is written there gets a version.
pub(crate) fn is_user(module: &str, (before, after): (Version, Version)) -> bool {
    module == MODULE && before == Version(0) && after == Version(0)
}

/// Whether it is a counter, which has a number instead of versions.
pub(crate) fn is_counter(module: &str, (before, after): (Version, Version)) -> bool {
    module == SEQUENCES && before == Version(0) && after == Version(0)
}

/// `3 → 4`, behind a blank; empty for a user and for a counter.
pub(crate) fn versions(module: &str, versions: (Version, Version)) -> String {
    match is_user(module, versions) || is_counter(module, versions) {
        true => String::new(),
        false => format!(" {} → {}", versions.0, versions.1),
    }
}

/// The entity that an item is about, in words, and its versions. Where the source alone is written it names itself: it loses to
/// another spelling of its key, or its target holds the same already; of what is taken back each is named by its own key.
fn of(
    (action, only_source, taken_back): (Action, bool, bool),
    (source, source_versions): (&EntityKey, (Version, Version)),
    (target, target_versions): (&EntityRef, (Version, Version)),
) -> (String, String) {
    let key = &target.key;
    let is_respelled = source.pk != key.pk && source.pk.as_str().to_lowercase() == key.pk.as_str().to_lowercase();
    if only_source {
        let words = match is_respelled {
            _ if taken_back => source.to_string().into(),
            true => tr!("%{source} loses to %{partition}", source = source, partition = key.pk),
            false => tr!("%{source}, which %{entity} equals", source = source, entity = key),
        };
        return (words.into_owned(), versions(&target.module, source_versions));
    }
    let words = match action {
        // A copy that is taken back: what it was made from is not looked at.
        Action::Delete if source.pk != key.pk && source_versions.0 == Version(0) => {
            tr!("%{entity}, copied from %{partition}", entity = key, partition = source.pk).into_owned()
        }
        Action::Delete => key.to_string(),
        // An undo may be taken back, too: the key that is written tells the way.
        _ if is_respelled && !taken_back => format!("{source} → {}", key.pk),
        _ => key.to_string(),
    };
    (words, versions(&target.module, target_versions))
}

/// As [`of`], of an item of a run.
pub(crate) fn of_item(item: &ItemResult) -> (String, String) {
    let versions = (item.version_before, item.version_after);
    let does = (item.action, item.only_source, item.taken_back);
    of(does, (&item.source, item.source_versions), (&item.entity, versions))
}

/// As [`of`], of an item that waits.
pub(crate) fn of_preview(item: &Preview) -> (String, String) {
    let versions = (item.version_before, item.version_after);
    let does = (item.action, item.only_source, item.wrote.is_some());
    of(does, (&item.source, item.source_versions), (&item.entity, versions))
}

/// The name of the entity that an item that waits is about: as it would be, before what it was.
pub(crate) fn name(item: &Preview) -> Option<&str> {
    let rows = [item.after.as_ref(), item.before.as_ref()].into_iter().flatten();
    rows.filter_map(|row| row.text(field::NAME)).find(|name| !name.is_empty())
}

/// The tenants whose entities an item that waits would write; none for a user of a pool.
pub(crate) fn tenants(item: &Preview) -> Vec<String> {
    if is_user(&item.entity.module, (item.version_before, item.version_after)) {
        return Vec::new();
    }
    if item.only_source {
        return Some(tenant_of(&item.source.pk, None).code).filter(|code| !code.is_empty()).into_iter().collect();
    }
    let row = item.after.as_ref().or(item.before.as_ref());
    let target = tenant_of(&item.entity.key.pk, row.and_then(|row| row.text(field::TENANT_CODE))).code;
    // A source that is moved gets a version of its own.
    let (before, after) = item.source_versions;
    let is_moved = item.source.pk != item.entity.key.pk && after > before;
    let source = is_moved.then(|| tenant_of(&item.source.pk, None).code);
    std::iter::once(target).chain(source).filter(|code| !code.is_empty()).collect()
}

/// `, line 7`, where it is taken from a line of a file.
pub(crate) fn line(line: Option<u64>) -> String {
    line.map(|n| format!("{}{}", comma(), tr!("line %{n}", n = n))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tests::made;

    #[test]
    fn the_entity_that_is_written_is_named() {
        let (loser, other) = (EntityKey::new("ORDER#ACME", "1"), EntityKey::new("ORDER#old", "1"));
        let target = EntityRef { module: "order".into(), key: EntityKey::new("ORDER#acme", "1") };
        let at = |a, b| (Version(a), Version(b));
        let words = |action, only_source, source, versions| {
            of((action, only_source, false), (source, versions), (&target, at(7, 7)))
        };
        assert_eq!(
            words(Action::Delete, true, &loser, at(4, 5)),
            ("ORDER#ACME / 1 loses to ORDER#acme".to_owned(), " 4 → 5".to_owned())
        );
        assert_eq!(words(Action::Update, false, &loser, at(4, 5)).0, "ORDER#ACME / 1 → ORDER#acme");
        assert_eq!(words(Action::Delete, true, &other, at(4, 5)).0, "ORDER#old / 1, which ORDER#acme / 1 equals");
        let back = |action, only_source| of((action, only_source, true), (&loser, at(4, 5)), (&target, at(7, 8))).0;
        assert_eq!(back(Action::Update, false), "ORDER#acme / 1");
        assert_eq!(back(Action::Restore, true), "ORDER#ACME / 1");
        let itself = ("ORDER#acme / 1".to_owned(), " 7 → 7".to_owned());
        assert_eq!(words(Action::Delete, false, &target.key, at(7, 7)), itself);
        // Copied as deleted, and a move that is taken back.
        assert_eq!(words(Action::Delete, false, &other, at(4, 4)), itself);
        assert_eq!(words(Action::Delete, false, &other, at(4, 5)), itself);
        let copy = ("ORDER#acme / 1, copied from ORDER#old".to_owned(), itself.1);
        assert_eq!(words(Action::Delete, false, &other, at(0, 0)), copy);
    }

    #[test]
    fn a_move_writes_to_both_of_its_tenants() {
        let copied = Preview { source: EntityKey::new("PRODUCT#acme", "P-1"), ..made(1, "PRODUCT#globex") };
        assert_eq!(tenants(&copied), ["globex"]);
        let moved = Preview { source_versions: (Version(1), Version(2)), ..copied };
        assert_eq!(tenants(&moved), ["globex", "acme"]);
        let retired = Preview { only_source: true, ..moved.clone() };
        assert_eq!(tenants(&retired), ["acme"], "nothing is written to the other one");
        let user = EntityRef { module: MODULE.into(), key: EntityKey::new("pool", "u-1") };
        let user = Preview { entity: user, version_before: Version(0), version_after: Version(0), ..moved };
        assert_eq!(tenants(&user), [""; 0]);
    }

    #[test]
    fn users_and_counters_have_no_versions() {
        let of = |module, before, after| versions(module, (Version(before), Version(after)));
        assert_eq!([of("users", 0, 0), of("users", 0, 1), of("product", 0, 0)], ["", " 0 → 1", " 0 → 0"]);
        assert_eq!([of("sequences", 0, 0), of("sequences", 0, 1)], ["", " 0 → 1"]);
        assert_eq!((line(Some(7)), line(None)), (", line 7".to_owned(), String::new()));
    }
}
