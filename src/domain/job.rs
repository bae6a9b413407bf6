//! Jobs of the framework's own import: the row that starts one, and what its status tells.

use super::key::EntityKey;
use super::publish::Stamp;
use super::row::{Row, field};
use super::value::{Map, Value};

/// Prefix of the partition keys of CSV jobs.
const PREFIX: &str = "CSV_IMPORT#";
/// Largest row of the CSV that may go through the application's queues, in bytes.
pub const ROW_LIMIT: usize = 250_000;

/// A CSV file for the application's distributed import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportJob {
    /// The tenant that is written to.
    pub tenant: String,
    /// The name under which the application registered its strategies.
    pub table: String,
    /// The job's own ULID.
    pub code: String,
    /// Where the file is: bucket.
    pub bucket: String,
    /// And key.
    pub key: String,
}

impl ImportJob {
    /// The keys of its row.
    #[must_use]
    pub fn entity(&self) -> EntityKey {
        EntityKey::new(format!("{PREFIX}{}", self.tenant), format!("{}#{}", self.table, self.code))
    }

    /// Its id: what the application names as the source of every command that it publishes for it.
    #[must_use]
    pub fn id(&self) -> String {
        self.entity().id()
    }

    /// The row as the framework writes it; inserting it starts the import.
    #[must_use]
    pub fn row(&self, stamp: &Stamp) -> Row {
        let key = self.entity();
        let file = self.key.rsplit('/').next().unwrap_or_default();
        let attributes = [
            ("processingMode", "STEP_FUNCTION"),
            ("bucket", &self.bucket),
            ("key", &self.key),
            ("tableName", &self.table),
            ("tenantCode", &self.tenant),
        ];
        let attributes: Map = attributes.iter().map(|(name, text)| ((*name).to_owned(), Value::s(*text))).collect();
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
        put(field::PK, Value::s(key.pk.as_str()));
        put(field::SK, Value::s(key.sk.as_str()));
        put(field::ID, Value::s(key.id()));
        put(field::VERSION, Value::n(0));
        put(field::CODE, Value::s(&self.code));
        put(field::TENANT_CODE, Value::s(&self.tenant));
        put(field::TYPE, Value::s("CSV_MASTER_JOB"));
        put(field::NAME, Value::s(format!("CSV Import: {file}")));
        put(field::STATUS, Value::s("CREATED"));
        put(field::ATTRIBUTES, Value::M(attributes));
        put(field::REQUEST_ID, Value::s(&stamp.request_id));
        for (at, by, ip) in [
            (field::CREATED_AT, field::CREATED_BY, field::CREATED_IP),
            (field::UPDATED_AT, field::UPDATED_BY, field::UPDATED_IP),
        ] {
            put(at, Value::s(&stamp.at));
            put(by, Value::s(&stamp.by));
            if let Some(address) = &stamp.ip {
                put(ip, Value::s(address));
            }
        }
        Row(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::to_plain_json;

    #[test]
    fn the_row_is_what_the_framework_writes() {
        let job = ImportJob {
            tenant: "globex".to_owned(),
            table: "product".to_owned(),
            code: "01J".to_owned(),
            bucket: "b".to_owned(),
            key: "dir/file.csv".to_owned(),
        };
        let stamp = Stamp {
            at: "T".to_owned(),
            by: "me".to_owned(),
            ip: None,
            request_id: "r".to_owned(),
            source: "not there".to_owned(),
        };
        let expected = r#"{"pk":"CSV_IMPORT#globex","sk":"product#01J","id":"CSV_IMPORT#globex#product#01J","version":0,"code":"01J","tenantCode":"globex","type":"CSV_MASTER_JOB","name":"CSV Import: file.csv","status":"CREATED","attributes":{"processingMode":"STEP_FUNCTION","bucket":"b","key":"dir/file.csv","tableName":"product","tenantCode":"globex"},"requestId":"r","createdAt":"T","createdBy":"me","updatedAt":"T","updatedBy":"me"}"#;
        assert_eq!(to_plain_json(&Value::M(job.row(&stamp).0)), expected);
    }
}
