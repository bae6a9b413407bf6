use std::collections::HashMap;

use aws_sdk_dynamodb::operation::RequestId as _;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, ReturnConsumedCapacity, TransactWriteItem, Update};

use super::request::{Counter, Part, PublishRequest, Unfinished};
use super::same_bytes::SameBytes;
use super::{Shown, WriteStore};
use crate::domain::key::Version;
use crate::domain::publish::PublishMode;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::value::Value;
use crate::store::aside::Aside;
use crate::store::convert::{primary_key, to_item, to_value};
use crate::store::error::{ErrorKind, StoreError};
use crate::store::read::dynamodb;

/// Result of one attempt of a transaction.
#[derive(Debug)]
pub(super) enum Attempt {
    /// Committed.
    Committed { request_id: Option<String> },
    /// Cancelled by conditions: which of the transaction's purposes failed.
    Refused { failed: Vec<Purpose>, request_id: Option<String> },
    /// Not committed, and worth repeating after a pause.
    Again(StoreError),
    /// Not committed, and never will be as it is.
    Invalid { message: String, request_id: Option<String> },
    /// Not committed, for a reason that repeating does not mend.
    Failed(StoreError),
    /// Committed or not: the answer was lost.
    Unknown(StoreError),
}

/// Purpose of an item of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The new command row of a part.
    Command,
    /// The ttl of the previous command row.
    Previous,
    /// The history row.
    History,
    /// The data row.
    Data,
    /// A pinned version.
    Check,
}

/// A transaction as it is sent, again and again where need be: the same bytes each time.
#[derive(Debug)]
pub(super) struct Transaction {
    purposes: Vec<Purpose>,
    /// Until the first attempt.
    items: Vec<TransactWriteItem>,
    bytes: SameBytes,
    token: String,
}

impl WriteStore {
    /// Builds the transaction of a request.
    pub(super) fn transaction(&self, request: &PublishRequest) -> Result<Transaction, StoreError> {
        let (purposes, items) = self.items(request)?.into_iter().unzip();
        Ok(Transaction { purposes, items, bytes: SameBytes::new(self.read.has_tokens), token: request.token() })
    }

    /// Sends the transaction once.
    pub(super) async fn attempt(&self, transaction: &mut Transaction) -> Attempt {
        let tables = self.read.names.prefix().to_owned();
        self.read.meter.request();
        let sent = self
            .read
            .writes
            .transact_write_items()
            .set_transact_items(Some(std::mem::take(&mut transaction.items)))
            .client_request_token(&transaction.token)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .customize()
            .interceptor(transaction.bytes.clone())
            .send()
            .await;
        debug_assert!(transaction.bytes.are_known());
        let error = match sent {
            Ok(answer) => {
                self.read.meter.wrote(answer.consumed_capacity());
                return Attempt::Committed { request_id: answer.request_id().map(str::to_owned) };
            }
            Err(error) => error,
        };
        let request_id = error.request_id().map(str::to_owned);
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
            let reasons: Vec<(String, String)> = cancelled
                .cancellation_reasons()
                .iter()
                .map(|r| (r.code().unwrap_or("None").to_owned(), r.message().unwrap_or_default().to_owned()))
                .collect();
            let call = dynamodb("TransactWriteItems", &tables);
            let attempt = judge(&reasons, &transaction.purposes, request_id, || call.failed(error));
            if matches!(&attempt, Attempt::Again(error) if error.kind() == Some(ErrorKind::Throttled)) {
                self.read.meter.throttled();
            }
            return attempt;
        }
        let error = dynamodb("TransactWriteItems", &tables).failed(error);
        match error.kind() {
            Some(ErrorKind::Throttled) => {
                self.read.meter.throttled();
                Attempt::Again(error)
            }
            Some(ErrorKind::Busy) => Attempt::Again(error),
            Some(ErrorKind::Invalid) => Attempt::Invalid { message: error.to_string(), request_id },
            Some(
                ErrorKind::Credentials
                | ErrorKind::SignIn
                | ErrorKind::Config
                | ErrorKind::Clock
                | ErrorKind::Kms
                | ErrorKind::AccessDenied
                | ErrorKind::NoTable
                | ErrorKind::Region
                | ErrorKind::NotFound,
            ) => Attempt::Failed(error),
            // Whatever else it was: it may have got through. A mismatch of the token, for one, says that an earlier attempt did.
            _ => Attempt::Unknown(error),
        }
    }

    /// Sends items that are no publish, once.
    pub(super) async fn send_once(&self, items: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let tables = format!("{}*", self.read.names.prefix());
        self.read.meter.request();
        let sent = self.read.writes.transact_write_items().set_transact_items(Some(items)).send().await;
        sent.map(|_| ()).map_err(|error| dynamodb("TransactWriteItems", &tables).failed(error))
    }

    fn items(&self, request: &PublishRequest) -> Result<Vec<(Purpose, TransactWriteItem)>, StoreError> {
        let mut items = Vec::new();
        for part in &request.parts {
            for (kind, row) in &part.rows {
                items.push(self.put(request.mode, part, *kind, row)?);
            }
            if let Some(unfinished) = &part.finishes {
                items.push((Purpose::Command, self.finished(part, unfinished)?));
            }
            if let Some(previous) = &part.previous {
                let update = Update::builder()
                    .table_name(self.read.names.table(&part.module, TableKind::Command))
                    .set_key(Some(primary_key(part.key.pk.as_str(), &previous.sk)))
                    .update_expression("SET #ttl = :ttl")
                    .condition_expression("attribute_exists(#pk)")
                    .expression_attribute_names("#ttl", field::TTL)
                    .expression_attribute_names("#pk", field::PK)
                    .expression_attribute_values(":ttl", to_value(&previous.ttl))
                    .build()?;
                items.push((Purpose::Previous, TransactWriteItem::builder().update(update).build()));
            }
        }
        for check in &request.checks {
            let at = ConditionCheck::builder()
                .table_name(self.read.names.table(&check.module, TableKind::Data))
                .set_key(Some(primary_key(check.key.pk.as_str(), check.key.sk.as_str())));
            let (condition, names, values) = as_shown(check.version, check.shown.as_ref());
            let at = at.condition_expression(condition).set_expression_attribute_names(Some(names));
            let check = at.set_expression_attribute_values(values).build()?;
            items.push((Purpose::Check, TransactWriteItem::builder().condition_check(check).build()));
        }
        for counter in &request.counters {
            items.extend(self.counted(counter)?);
        }
        Ok(items)
    }

    /// A counter is put where there is none and otherwise set, while it and the one that it follows have the numbers that were seen.
    fn counted(&self, counter: &Counter) -> Result<[(Purpose, TransactWriteItem); 2], StoreError> {
        let table = self.read.aside_table(Aside::Sequences);
        let number = |n: i64| to_value(&Value::N(n.into()));
        let set = match counter.seen {
            None => {
                let put = Put::builder()
                    .table_name(&table)
                    .set_item(Some(to_item(&counter.row)))
                    .condition_expression("attribute_not_exists(#pk)")
                    .expression_attribute_names("#pk", field::PK);
                TransactWriteItem::builder().put(put.build()?).build()
            }
            Some(seen) => {
                let update = Update::builder()
                    .table_name(&table)
                    .set_key(Some(primary_key(counter.key.pk.as_str(), counter.key.sk.as_str())))
                    .update_expression("SET #seq = :to")
                    .condition_expression("#seq = :seen")
                    .expression_attribute_names("#seq", field::SEQ)
                    .expression_attribute_values(":to", number(counter.to))
                    .expression_attribute_values(":seen", number(seen));
                TransactWriteItem::builder().update(update.build()?).build()
            }
        };
        let (old, had) = &counter.old;
        let check = ConditionCheck::builder()
            .table_name(&table)
            .set_key(Some(primary_key(old.pk.as_str(), old.sk.as_str())))
            .condition_expression("#seq = :had")
            .expression_attribute_names("#seq", field::SEQ)
            .expression_attribute_values(":had", number(*had));
        let check = TransactWriteItem::builder().condition_check(check.build()?).build();
        Ok([(Purpose::Data, set), (Purpose::Check, check)])
    }

    /// The command row gets its last status, if it still is as it was seen.
    fn finished(&self, part: &Part, seen: &Unfinished) -> Result<TransactWriteItem, StoreError> {
        let mut update = Update::builder()
            .table_name(self.read.names.table(&part.module, TableKind::Command))
            .set_key(Some(primary_key(part.key.pk.as_str(), &part.key.sk.at(part.version))))
            .update_expression("SET #status = :finished, #at = :at")
            .expression_attribute_names("#status", field::STATUS)
            .expression_attribute_names("#at", field::UPDATED_AT)
            .expression_attribute_names("#pk", field::PK)
            .expression_attribute_names("#id", field::REQUEST_ID)
            .expression_attribute_values(":finished", to_value(&Value::s("finish:FINISHED")))
            .expression_attribute_values(":at", to_value(&Value::s(&seen.at)));
        let mut condition = "attribute_exists(#pk)".to_owned();
        for (name, token, value) in [("#status", ":status", &seen.status), ("#id", ":id", &seen.request_id)] {
            match value {
                Some(value) => {
                    condition.push_str(&format!(" AND {name} = {token}"));
                    update = update.expression_attribute_values(token, to_value(&Value::s(value)));
                }
                None => condition.push_str(&format!(" AND attribute_not_exists({name})")),
            }
        }
        Ok(TransactWriteItem::builder().update(update.condition_expression(condition).build()?).build())
    }

    fn put(
        &self,
        mode: PublishMode,
        part: &Part,
        kind: TableKind,
        row: &Row,
    ) -> Result<(Purpose, TransactWriteItem), StoreError> {
        let put = Put::builder().table_name(self.read.names.table(&part.module, kind)).set_item(Some(to_item(row)));
        let absent = |put: aws_sdk_dynamodb::types::builders::PutBuilder| {
            put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", field::PK)
        };
        let (purpose, put) = match kind {
            TableKind::Command => (Purpose::Command, absent(put)),
            // A failed publish may have left a history row of the current version: it is replaced by the truth.
            TableKind::History => (Purpose::History, put),
            TableKind::Data => {
                let (condition, names, values) = as_shown(part.expected, part.shown.as_ref());
                let put = put.condition_expression(condition).set_expression_attribute_names(Some(names));
                (Purpose::Data, put.set_expression_attribute_values(values))
            }
        };
        debug_assert!(mode == PublishMode::Sync || kind == TableKind::Command);
        Ok((purpose, TransactWriteItem::builder().put(put.build()?).build()))
    }
}

/// A condition, its names and its values.
type Condition = (String, HashMap<String, String>, Option<HashMap<String, AttributeValue>>);

/// That a data row has a version, and still holds what was shown.
fn as_shown(version: Version, shown: Option<&Shown>) -> Condition {
    // A row may stand at version 0: then there is something that was shown.
    if version == Version(0) && shown.is_none() {
        let names = HashMap::from([("#pk".to_owned(), field::PK.to_owned())]);
        return ("attribute_not_exists(#pk)".to_owned(), names, None);
    }
    let mut condition = "#version = :version".to_owned();
    let mut names = HashMap::from([("#version".to_owned(), field::VERSION.to_owned())]);
    let mut values = HashMap::from([(":version".to_owned(), to_value(&Value::n(version.0)))]);
    if let Some(shown) = shown {
        shown.condition(&mut condition, &mut names, &mut values);
    }
    (condition, names, Some(values))
}

/// Reads a cancelled transaction's reasons: they stand in the order of its items.
fn judge(
    reasons: &[(String, String)],
    purposes: &[Purpose],
    request_id: Option<String>,
    error: impl FnOnce() -> StoreError,
) -> Attempt {
    let failed: Vec<Purpose> = reasons
        .iter()
        .zip(purposes)
        .filter(|((code, _), _)| code == "ConditionalCheckFailed")
        .map(|(_, purpose)| *purpose)
        .collect();
    if !failed.is_empty() {
        return Attempt::Refused { failed, request_id };
    }
    let invalid = |code: &str| matches!(code, "ValidationError" | "ItemCollectionSizeLimitExceeded");
    if let Some((code, detail)) = reasons.iter().find(|(code, _)| invalid(code)) {
        let detail = if detail.is_empty() { code } else { detail };
        return Attempt::Invalid { message: format!("DynamoDB refuses a row: {detail}"), request_id };
    }
    let again = |code: &str| {
        matches!(
            code,
            "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" | "AccelerationDisabled"
        )
    };
    if reasons.iter().any(|(code, _)| again(code)) {
        return Attempt::Again(busy(error(), reasons));
    }
    if reasons.iter().any(|(code, _)| code == "AccessDenied") {
        return Attempt::Failed(of_kind(error(), ErrorKind::AccessDenied));
    }
    if reasons.iter().any(|(code, _)| code != "None") {
        return Attempt::Failed(error());
    }
    // Cancelled without a reason that names an item: look before repeating.
    Attempt::Unknown(error())
}

fn busy(error: StoreError, reasons: &[(String, String)]) -> StoreError {
    let throttled = reasons.iter().any(|(code, _)| code != "None" && code != "TransactionConflict");
    of_kind(error, if throttled { ErrorKind::Throttled } else { ErrorKind::Busy })
}

fn of_kind(error: StoreError, kind: ErrorKind) -> StoreError {
    match error {
        StoreError::Service(mut service) => {
            service.kind = kind;
            StoreError::Service(service)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(codes: &[&str], purposes: &[Purpose]) -> Attempt {
        let reasons: Vec<(String, String)> = codes.iter().map(|c| ((*c).to_owned(), String::new())).collect();
        judge(&reasons, purposes, None, || StoreError::Build("cancelled".into()))
    }

    const ALL: [Purpose; 4] = [Purpose::Command, Purpose::History, Purpose::Data, Purpose::Previous];

    #[test]
    fn failed_conditions_name_their_purpose() {
        let attempt = judged(&["None", "None", "ConditionalCheckFailed", "ConditionalCheckFailed"], &ALL);
        assert!(matches!(attempt, Attempt::Refused { failed, .. } if failed == [Purpose::Data, Purpose::Previous]));
    }

    #[test]
    fn a_condition_counts_more_than_throttling_beside_it() {
        let attempt = judged(&["ConditionalCheckFailed", "None", "ThrottlingError", "None"], &ALL);
        assert!(matches!(attempt, Attempt::Refused { failed, .. } if failed == [Purpose::Command]));
    }

    #[test]
    fn conflicts_and_throttling_are_repeated_and_bad_rows_are_not() {
        for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            assert!(matches!(judged(&["None", code, "None", "None"], &ALL), Attempt::Again(_)), "{code}");
        }
        for code in ["ValidationError", "ItemCollectionSizeLimitExceeded"] {
            assert!(matches!(judged(&["None", code, "None", "None"], &ALL), Attempt::Invalid { .. }), "{code}");
        }
        assert!(matches!(judged(&["None", "AccessDenied", "None", "None"], &ALL), Attempt::Failed(_)));
        assert!(matches!(judged(&["None"; 4], &ALL), Attempt::Unknown(_)));
    }
}
