//! Whether writing is permitted, found out without writing.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update, builders::PutBuilder};

use super::WriteStore;
use crate::domain::row::{TableKind, field};
use crate::store::convert::{primary_key, text};
use crate::store::error::{ErrorKind, StoreError};

/// No row has both: a condition that never holds.
const NEVER: &str = "attribute_exists(#pk) AND attribute_not_exists(#pk)";

impl WriteStore {
    /// Tries to write to a module's tables under a condition that never holds: nothing can be written, and what is not allowed is
    /// refused before that.
    ///
    /// # Errors
    /// [`StoreError`] of kind `access_denied` when it is not allowed, of another when the call failed otherwise.
    pub async fn may_publish(&self, module: &str) -> Result<(), StoreError> {
        let read = self.reads();
        let (pk, sk) = ("TENANTRY#doctor", "may-publish");
        let never = |put: PutBuilder| put.condition_expression(NEVER).expression_attribute_names("#pk", field::PK);
        let mut items = Vec::new();
        for kind in [TableKind::Command, TableKind::History, TableKind::Data] {
            let put = Put::builder()
                .table_name(read.names.table(module, kind))
                .item(field::PK, text(pk))
                .item(field::SK, text(sk));
            items.push(TransactWriteItem::builder().put(never(put).build()?).build());
        }
        let key = |sk: &str| Some(primary_key(pk, sk));
        let update = Update::builder()
            .table_name(read.names.table(module, TableKind::Command))
            .set_key(key("may-update"))
            .update_expression("SET #ttl = :ttl")
            .condition_expression(NEVER)
            .expression_attribute_names("#pk", field::PK)
            .expression_attribute_names("#ttl", field::TTL)
            .expression_attribute_values(":ttl", AttributeValue::Null(true));
        items.push(TransactWriteItem::builder().update(update.build()?).build());
        let check = ConditionCheck::builder()
            .table_name(read.names.table(module, TableKind::Data))
            .set_key(key("may-check"))
            .condition_expression(NEVER)
            .expression_attribute_names("#pk", field::PK);
        items.push(TransactWriteItem::builder().condition_check(check.build()?).build());
        match self.send_once(items).await {
            Err(error) if error.kind() != Some(ErrorKind::Conflict) => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
