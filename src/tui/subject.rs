//! What an item of a run is about: an entity, which has versions, or a user, who has none.

use crate::domain::key::{EntityKey, Version};
use crate::domain::run::Action;
use crate::domain::users::MODULE;
use crate::engine::protocol::{EntityRef, ItemResult, Preview};

/// Whether it is a user of a pool. A table's module may have the same name, but what is written there gets a version.
pub(crate) fn is_user(module: &str, (before, after): (Version, Version)) -> bool {
    module == MODULE && before == Version(0) && after == Version(0)
}

/// `3 → 4`, behind a blank; empty for a user.
pub(crate) fn versions(module: &str, versions: (Version, Version)) -> String {
    if is_user(module, versions) { String::new() } else { format!(" {} → {}", versions.0, versions.1) }
}

/// The entity that an item is about, in words, and its versions. A row that is only deleted names itself: it loses to another
/// spelling of its key, or its target holds the same already.
fn of(
    action: Action,
    (source, source_versions): (&EntityKey, (Version, Version)),
    (target, target_versions): (&EntityRef, (Version, Version)),
) -> (String, String) {
    let key = &target.key;
    let is_respelled = source.pk != key.pk && source.pk.as_str().to_lowercase() == key.pk.as_str().to_lowercase();
    if action == Action::Delete && source != key {
        let words = match is_respelled {
            true => format!("{source} loses to {}", key.pk),
            false => format!("{source}, which {key} equals"),
        };
        return (words, versions(&target.module, source_versions));
    }
    let words = if is_respelled { format!("{source} → {}", key.pk) } else { key.to_string() };
    (words, versions(&target.module, target_versions))
}

/// As [`of`], of an item of a run.
pub(crate) fn of_item(item: &ItemResult) -> (String, String) {
    let versions = (item.version_before, item.version_after);
    of(item.action, (&item.source, item.source_versions), (&item.entity, versions))
}

/// As [`of`], of an item that waits.
pub(crate) fn of_preview(item: &Preview) -> (String, String) {
    let versions = (item.version_before, item.version_after);
    of(item.action, (&item.source, item.source_versions), (&item.entity, versions))
}

/// `, line 7`, where it is taken from a line of a file.
pub(crate) fn line(line: Option<u64>) -> String {
    line.map(|n| format!(", line {n}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_only_deleted_names_itself() {
        let (loser, other) = (EntityKey::new("ORDER#ACME", "1"), EntityKey::new("ORDER#old", "1"));
        let target = EntityRef { module: "order".into(), key: EntityKey::new("ORDER#acme", "1") };
        let at = |a, b| (Version(a), Version(b));
        let words = |action, source| of(action, (source, at(4, 5)), (&target, at(7, 7)));
        assert_eq!(
            words(Action::Delete, &loser),
            ("ORDER#ACME / 1 loses to ORDER#acme".to_owned(), " 4 → 5".to_owned())
        );
        assert_eq!(words(Action::Update, &loser).0, "ORDER#ACME / 1 → ORDER#acme");
        assert_eq!(words(Action::Delete, &other).0, "ORDER#old / 1, which ORDER#acme / 1 equals");
        assert_eq!(words(Action::Delete, &target.key), ("ORDER#acme / 1".to_owned(), " 7 → 7".to_owned()));
    }

    #[test]
    fn a_user_has_no_versions() {
        let of = |module, before, after| versions(module, (Version(before), Version(after)));
        assert_eq!([of("users", 0, 0), of("users", 0, 1), of("product", 0, 0)], ["", " 0 → 1", " 0 → 0"]);
        assert_eq!((line(Some(7)), line(None)), (", line 7".to_owned(), String::new()));
    }
}
