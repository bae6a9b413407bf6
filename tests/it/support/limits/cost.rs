//! The cost of a request, and its place.

use serde_json::Value as Json;

/// Bytes that a write unit and a read unit pay for.
const WRITTEN: usize = 1_024;
const READ: usize = 4_096;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Access {
    Read,
    Write,
}

/// The units of one item of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Charge {
    pub(super) table: String,
    /// Empty where the whole table is read.
    pub(super) pk: String,
    pub(super) access: Access,
    /// None known yet for a read.
    pub(super) units: f64,
}

/// The charges of a request, in the order of its items; none for what costs no units.
///
/// A row that is only updated, checked or deleted is not in the request: it counts as one of up to a KB.
pub(super) fn charges(operation: &str, body: &Json) -> Vec<Charge> {
    match operation {
        "PutItem" => vec![written(body, &body["Item"], 1.0)],
        "UpdateItem" | "DeleteItem" => vec![written(body, &body["Key"], 1.0)],
        "TransactWriteItems" => list(&body["TransactItems"]).filter_map(transacted).collect(),
        "BatchWriteItem" => of_tables(&body["RequestItems"], |table, request| {
            let put = &request["PutRequest"]["Item"];
            let item = if put.is_null() { &request["DeleteRequest"]["Key"] } else { put };
            charge(table, item, Access::Write, units(bytes(item), WRITTEN))
        }),
        "GetItem" => vec![charge(&text(&body["TableName"]), &body["Key"], Access::Read, 0.0)],
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.flat_map(|(table, of)| list(&of["Keys"]).map(|key| charge(table, key, Access::Read, 0.0))).collect()
        }
        "Query" => {
            let key = Json::Object([("pk".to_owned(), queried(body).clone())].into_iter().collect());
            vec![charge(&text(&body["TableName"]), &key, Access::Read, 0.0)]
        }
        "Scan" => vec![charge(&text(&body["TableName"]), &Json::Null, Access::Read, 0.0)],
        _ => Vec::new(),
    }
}

/// Read units of an answer: as the store counted them, or by the rows in it.
pub(super) fn read_units(request: &Json, answer: &Json) -> f64 {
    let counted = match &answer["ConsumedCapacity"] {
        Json::Array(tables) => tables.iter().filter_map(|one| one["CapacityUnits"].as_f64()).sum(),
        one => one["CapacityUnits"].as_f64().unwrap_or_default(),
    };
    if counted > 0.0 {
        return counted;
    }
    let bytes = list(&answer["Items"]).map(bytes).sum::<usize>() + bytes(&answer["Item"]);
    let share = if request["ConsistentRead"].as_bool() == Some(true) { 1.0 } else { 0.5 };
    share * units(bytes, READ)
}

fn transacted(item: &Json) -> Option<Charge> {
    let (kind, of) = item.as_object()?.iter().next()?;
    let row = if kind == "Put" { &of["Item"] } else { &of["Key"] };
    Some(written(of, row, 2.0))
}

fn written(of: &Json, row: &Json, times: f64) -> Charge {
    charge(&text(&of["TableName"]), row, Access::Write, times * units(bytes(row), WRITTEN))
}

fn charge(table: &str, row: &Json, access: Access, units: f64) -> Charge {
    Charge { table: table.to_owned(), pk: text(&row["pk"]["S"]), access, units }
}

fn of_tables(tables: &Json, one: impl Fn(&str, &Json) -> Charge) -> Vec<Charge> {
    let tables = tables.as_object().into_iter().flatten();
    tables.flat_map(|(table, requests)| list(requests).map(|request| one(table, request)).collect::<Vec<_>>()).collect()
}

/// The value of a query's partition key: the first that its condition names.
fn queried(body: &Json) -> &Json {
    let condition = body["KeyConditionExpression"].as_str().unwrap_or_default();
    let name = condition.split_whitespace().find(|word| word.starts_with(':')).unwrap_or_default();
    &body["ExpressionAttributeValues"][name.trim_end_matches(')')]
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn units(bytes: usize, each: usize) -> f64 {
    bytes.div_ceil(each).max(1) as f64
}

/// Bytes of an item in DynamoDB's JSON, as the service counts them.
fn bytes(item: &Json) -> usize {
    item.as_object().into_iter().flatten().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &Json) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|of| of.iter().next()) else { return 0 };
    let length = |value: &Json| value.as_str().map_or(0, str::len);
    match kind.as_str() {
        "S" => length(value),
        "N" => length(value).div_ceil(2) + 1,
        "B" => length(value) / 4 * 3,
        "SS" => list(value).map(length).sum(),
        "NS" => list(value).map(|n| length(n).div_ceil(2) + 1).sum(),
        "BS" => list(value).map(|b| length(b) / 4 * 3).sum(),
        "M" => 3 + bytes(value) + value.as_object().map_or(0, serde_json::Map::len),
        "L" => 3 + list(value).map(|one| 1 + value_bytes(one)).sum::<usize>(),
        _ => 1,
    }
}
