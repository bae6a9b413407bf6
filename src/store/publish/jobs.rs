//! Jobs of the application's distributed import.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use super::WriteStore;
use crate::domain::key::EntityKey;
use crate::domain::row::{Row, field};
use crate::store::ReadStore;
use crate::store::aside::Aside;
use crate::store::convert::{primary_key, to_item};
use crate::store::error::{ErrorKind, StoreError};
use crate::store::read::dynamodb;

impl ReadStore {
    /// A job's row, read consistently; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`] of kind `no_table` where the application has no import module.
    pub async fn import_job(&self, key: &EntityKey) -> Result<Option<Row>, StoreError> {
        let table = self.aside_table(Aside::Imports);
        self.meter.request();
        let key = primary_key(key.pk.as_str(), key.sk.as_str());
        let request = self.reads.get_item().table_name(&table).set_key(Some(key)).consistent_read(true);
        let answer = request.send().await.map_err(|e| dynamodb("GetItem", &table).failed(e))?;
        answer.item.map(crate::store::convert::from_item).transpose()
    }
}

impl WriteStore {
    /// Inserts a job's row, which starts it. One that is there already stays as it is.
    ///
    /// # Errors
    /// [`StoreError`]; after a lost answer the row may be there.
    pub async fn insert_job(&self, row: &Row) -> Result<(), StoreError> {
        let put = Put::builder()
            .table_name(self.read.aside_table(Aside::Imports))
            .set_item(Some(to_item(row)))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", field::PK)
            .build()
            .map_err(|e| StoreError::Build(e.to_string()))?;
        match self.send_once(vec![TransactWriteItem::builder().put(put).build()]).await {
            Err(error) if error.kind() == Some(ErrorKind::Conflict) => Ok(()),
            other => other,
        }
    }
}
