//! Names of tables.

use std::collections::BTreeMap;

use crate::config::Profile;
use crate::domain::row::TableKind;

/// Table names of one application in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNames {
    prefix: String,
    renamed: BTreeMap<String, String>,
}

impl TableNames {
    /// The names under a profile: `{environment}-{app}-{module}-{kind}`, modules renamed as the profile says.
    #[must_use]
    pub fn new(profile: &Profile) -> Self {
        Self { prefix: format!("{}-{}-", profile.environment, profile.app), renamed: profile.tables.clone() }
    }

    /// Whether the profile names a module's tables itself.
    #[must_use]
    pub fn is_named(&self, module: &str) -> bool {
        self.renamed.contains_key(module)
    }

    /// Prefix of every table name of the application.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The full name of a module's table.
    #[must_use]
    pub fn table(&self, module: &str, kind: TableKind) -> String {
        let base = self.renamed.get(module).map_or(module, String::as_str);
        format!("{}{base}-{}", self.prefix, kind.as_str())
    }

    /// The module whose data table has this name; `None` for any other table.
    ///
    /// Module and app names may contain `-`: only the prefix and the suffix are taken off.
    #[must_use]
    pub fn module_of_data_table(&self, table: &str) -> Option<String> {
        let base = table.strip_prefix(&self.prefix)?.strip_suffix("-data").filter(|b| !b.is_empty())?;
        let renamed = self.renamed.iter().find(|(_, b)| *b == base);
        Some(renamed.map_or(base, |(module, _)| module).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_in_names_are_no_separators() {
        let mut profile = Profile::new("p", "dev", "my-shop");
        profile.tables.insert("product".to_owned(), "goods-v2".to_owned());
        let names = TableNames::new(&profile);
        assert_eq!(names.table("sales-order", TableKind::History), "dev-my-shop-sales-order-history");
        assert_eq!(names.table("product", TableKind::Data), "dev-my-shop-goods-v2-data");
        assert_eq!(names.module_of_data_table("dev-my-shop-sales-order-data").as_deref(), Some("sales-order"));
        assert_eq!(names.module_of_data_table("dev-my-shop-goods-v2-data").as_deref(), Some("product"));
        for other in ["dev-my-shop-tasks", "dev-my-shop-x-command", "prd-my-shop-x-data", "dev-my-shop--data"] {
            assert_eq!(names.module_of_data_table(other), None, "{other}");
        }
    }
}
