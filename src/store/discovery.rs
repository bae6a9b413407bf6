//! Which modules an application has.

use super::error::StoreError;
use super::read::{ReadStore, dynamodb};

impl ReadStore {
    /// The modules whose data table exists, in alphabetical order, from every page of the table list.
    ///
    /// # Errors
    /// [`StoreError`] when the list cannot be read.
    pub async fn modules(&self) -> Result<Vec<String>, StoreError> {
        let mut modules = Vec::new();
        let mut start: Option<String> = None;
        loop {
            self.meter.request();
            // Names come in order, so the application's own stand together.
            let request = self.reads.list_tables().set_exclusive_start_table_name(start.take());
            let answer = request.send().await.map_err(|e| dynamodb("ListTables", "all tables").failed(e))?;
            modules.extend(answer.table_names().iter().filter_map(|t| self.names.module_of_data_table(t)));
            match answer.last_evaluated_table_name {
                Some(name) => start = Some(name),
                None => break,
            }
        }
        modules.sort();
        modules.dedup();
        Ok(modules)
    }
}
