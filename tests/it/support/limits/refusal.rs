//! A refusal in the service's words.

use serde_json::{Value as Json, json};

use super::cost::Access;

/// The limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// That of a partition.
    KeyRange,
    /// Those of a table.
    Provisioned,
    MaxOnDemand,
    /// That of the account for a table.
    Account,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) limit: Limit,
    pub(super) access: Access,
    pub(super) table: String,
    pub(super) is_provisioned: bool,
}

impl Refusal {
    /// As `ThrottlingReasons` has it: resource, operation and limit in one word.
    fn reason(&self) -> String {
        let operation = if self.access == Access::Write { "Write" } else { "Read" };
        let limit = match self.limit {
            Limit::KeyRange => "KeyRangeThroughputExceeded",
            Limit::Provisioned => "ProvisionedThroughputExceeded",
            Limit::MaxOnDemand => "MaxOnDemandThroughputExceeded",
            Limit::Account => "AccountLimitExceeded",
        };
        format!("Table{operation}{limit}")
    }

    /// The exception of a single request, and the code of an item in a cancelled transaction.
    fn codes(&self) -> (&'static str, &'static str) {
        match self.limit {
            Limit::Account => ("RequestLimitExceeded", "ThrottlingError"),
            _ if self.is_provisioned => ("ProvisionedThroughputExceededException", "ProvisionedThroughputExceeded"),
            _ => ("ThrottlingException", "ThrottlingError"),
        }
    }

    fn message(&self) -> String {
        format!("Throughput exceeds what the limits allow: {} of {}", self.reason(), self.table)
    }
}

/// The body of the answer to a refused request.
pub(super) fn body(operation: &str, refusals: &[Option<Refusal>]) -> String {
    let kind = |code: &str| format!("com.amazonaws.dynamodb.v20120810#{code}");
    if operation.starts_with("Transact") {
        let reasons: Vec<Json> = refusals
            .iter()
            .map(|refusal| match refusal {
                Some(refusal) => json!({"Code": refusal.codes().1, "Message": refusal.message()}),
                None => json!({"Code": "None"}),
            })
            .collect();
        let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        let of = kind("TransactionCanceledException");
        return json!({"__type": of, "Message": message, "CancellationReasons": reasons}).to_string();
    }
    let mut known: Vec<&Refusal> = refusals.iter().flatten().collect();
    known.dedup();
    let Some(first) = known.first() else { return String::new() };
    let arn = |table: &str| format!("arn:aws:dynamodb:ap-northeast-1:000000000000:table/{table}");
    let reasons: Vec<Json> =
        known.iter().map(|one| json!({"reason": one.reason(), "resource": arn(&one.table)})).collect();
    // The service's own spelling differs between its exceptions.
    let name = if first.codes().0 == "ThrottlingException" { "throttlingReasons" } else { "ThrottlingReasons" };
    json!({"__type": kind(first.codes().0), "message": first.message(), name: reasons}).to_string()
}
