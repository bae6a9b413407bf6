//! Version of this build.

use std::sync::LazyLock;

/// The version with commit and date, where the build knew them.
#[must_use]
pub fn whole() -> &'static str {
    static WHOLE: LazyLock<String> =
        LazyLock::new(|| text(env!("CARGO_PKG_VERSION"), option_env!("TENANTRY_COMMIT"), option_env!("TENANTRY_DATE")));
    &WHOLE
}

fn text(version: &str, commit: Option<&str>, date: Option<&str>) -> String {
    let source: Vec<&str> = commit.into_iter().chain(date).collect();
    if source.is_empty() { version.to_owned() } else { format!("{version} ({})", source.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_left_out() {
        assert_eq!(text("1.2.3", Some("0123456789ab"), Some("2026-03-10")), "1.2.3 (0123456789ab 2026-03-10)");
        assert_eq!(text("1.2.3", None, Some("2026-03-10")), "1.2.3 (2026-03-10)");
        assert_eq!(text("1.2.3", None, None), "1.2.3");
        assert!(whole().starts_with(env!("CARGO_PKG_VERSION")));
    }
}
