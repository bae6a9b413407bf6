//! Modules that an application has.

use std::collections::{BTreeMap, BTreeSet};

use super::elsewhere::applications;
use super::error::StoreError;
use super::read::{ReadStore, dynamodb};

/// Tables of an application beside those of its modules.
const SIDE_TABLES: [&str; 4] = ["tasks", "sequences", "import_tmp", "session"];

/// Modules that were found in the list of tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discovered {
    /// The application's modules, in alphabetical order.
    pub modules: Vec<String>,
    /// Modules of other applications whose names begin like ours, by application: left out.
    pub foreign: BTreeMap<String, Vec<String>>,
}

/// Bases that belong to another application whose name begins like ours: its side tables show them (`dev-shop-admin-tasks` beside the
/// application `shop` shows `shop-admin`).
fn others<'t>(bases: impl Iterator<Item = &'t str>) -> BTreeSet<String> {
    let app = |base: &str| {
        let side = SIDE_TABLES.iter().find_map(|side| base.strip_suffix(side)?.strip_suffix('-'))?;
        (!side.is_empty()).then(|| side.to_owned())
    };
    bases.filter_map(app).collect()
}

impl ReadStore {
    /// The modules whose data table exists, from every page of the table list. What another application of a longer name has is left
    /// out, unless the profile names it among its tables.
    ///
    /// # Errors
    /// [`StoreError`] when the list cannot be read; [`StoreError::NoApplication`] when there are tables of others only.
    pub async fn modules(&self) -> Result<Discovered, StoreError> {
        let (names, others): (Vec<String>, BTreeSet<String>) = {
            let (own, others): (Vec<String>, Vec<String>) =
                self.tables().await?.into_iter().partition(|table| table.starts_with(self.names.prefix()));
            (own, others.into_iter().collect())
        };
        let foreign = self::others(names.iter().filter_map(|t| t.strip_prefix(self.names.prefix())));
        let mut discovered = Discovered::default();
        for module in names.iter().filter_map(|t| self.names.module_of_data_table(t)) {
            let is_of = |app: &&String| module.starts_with(&format!("{app}-"));
            match foreign.iter().find(is_of).filter(|_| !self.names.is_named(&module)) {
                Some(app) => discovered.foreign.entry(app.clone()).or_default().push(module),
                None => discovered.modules.push(module),
            }
        }
        discovered.modules.sort();
        discovered.modules.dedup();
        if discovered.modules.is_empty() && discovered.foreign.is_empty() {
            let found = applications(&others);
            if !found.is_empty() {
                let wanted = self.names.prefix().trim_end_matches('-').to_owned();
                return Err(StoreError::NoApplication { wanted, found });
            }
        }
        Ok(discovered)
    }

    /// The applications whose tables there are, whatever the profile says: environment and name, joined as in `dev-shop`.
    ///
    /// # Errors
    /// [`StoreError`] when the list cannot be read.
    pub async fn applications(&self) -> Result<Vec<String>, StoreError> {
        Ok(applications(&self.tables().await?.into_iter().collect()))
    }

    /// Every page of the table list.
    async fn tables(&self) -> Result<Vec<String>, StoreError> {
        let mut names: Vec<String> = Vec::new();
        let mut start: Option<String> = None;
        loop {
            self.meter.request();
            let request = self.reads.list_tables().set_exclusive_start_table_name(start.take());
            let answer = request.send().await.map_err(|e| dynamodb("ListTables", "all tables").failed(e))?;
            names.extend(dynamodb("ListTables", "all tables").part(answer.table_names, "TableNames")?);
            match answer.last_evaluated_table_name {
                Some(name) => start = Some(name),
                None => return Ok(names),
            }
        }
    }
}
