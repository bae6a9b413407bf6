//! What an item of a run is about: an entity, which has versions, or a user, who has none.

use crate::domain::key::Version;
use crate::domain::users::MODULE;

/// Whether it is a user of a pool. A table's module may have the same name, but what is written there gets a version.
pub(crate) fn is_user(module: &str, (before, after): (Version, Version)) -> bool {
    module == MODULE && before == Version(0) && after == Version(0)
}

/// `3 → 4`, behind a blank; empty for a user.
pub(crate) fn versions(module: &str, versions: (Version, Version)) -> String {
    if is_user(module, versions) { String::new() } else { format!(" {} → {}", versions.0, versions.1) }
}

/// `, line 7`, where it is taken from a line of a file.
pub(crate) fn line(line: Option<u64>) -> String {
    line.map(|n| format!(", line {n}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_no_versions() {
        let of = |module, before, after| versions(module, (Version(before), Version(after)));
        assert_eq!([of("users", 0, 0), of("users", 0, 1), of("product", 0, 0)], ["", " 0 → 1", " 0 → 0"]);
        assert_eq!((line(Some(7)), line(None)), (", line 7".to_owned(), String::new()));
    }
}
