//! Which modules an application has.

use std::collections::BTreeSet;

use super::elsewhere::applications;
use super::error::StoreError;
use super::read::{ReadStore, dynamodb};

impl ReadStore {
    /// The modules whose data table exists, in alphabetical order, from every page of the table list.
    ///
    /// # Errors
    /// [`StoreError`] when the list cannot be read; [`StoreError::NoApplication`] when there are tables of others only.
    pub async fn modules(&self) -> Result<Vec<String>, StoreError> {
        let mut modules = Vec::new();
        let mut start: Option<String> = None;
        let mut others = BTreeSet::new();
        loop {
            self.meter.request();
            // Names come in order, so the application's own stand together.
            let request = self.reads.list_tables().set_exclusive_start_table_name(start.take());
            let answer = request.send().await.map_err(|e| dynamodb("ListTables", "all tables").failed(e))?;
            modules.extend(answer.table_names().iter().filter_map(|t| self.names.module_of_data_table(t)));
            others.extend(answer.table_names().iter().filter(|t| !t.starts_with(self.names.prefix())).cloned());
            match answer.last_evaluated_table_name {
                Some(name) => start = Some(name),
                None => break,
            }
        }
        modules.sort();
        modules.dedup();
        if modules.is_empty() {
            let found = applications(&others);
            if !found.is_empty() {
                let wanted = self.names.prefix().trim_end_matches('-').to_owned();
                return Err(StoreError::NoApplication { wanted, found });
            }
        }
        Ok(modules)
    }
}
