//! What the guide's sample code leaves in the tables, field by field, published as the framework publishes synchronously.

use tenantry::domain::key::Version;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Value, from_plain_json};

use super::Stack;

const MODULE: &str = "dev-shop-product";

/// Someone who publishes.
pub struct Guide<'a> {
    pub stack: &'a Stack,
    /// The moment, in the framework's form.
    pub at: &'a str,
}

fn map(json: &str) -> Map {
    from_plain_json(json).unwrap().as_map().unwrap().clone()
}

impl Guide<'_> {
    pub async fn data(&self, pk: &str, sk: &str) -> Option<Row> {
        self.stack.get(&format!("{MODULE}-data"), pk, sk).await
    }

    /// `publishSync` of a whole input (framework.md 10, 11, 14, 19).
    pub async fn publish(&self, pk: &str, sk: &str, input: Map) {
        let before = self.data(pk, sk).await;
        let version = before.as_ref().map_or(Version(0), |row| row.version().unwrap()).next();
        let text = |name: &str, value: &str| (name.to_owned(), Value::s(value));
        let mut command = input.clone();
        command.extend([
            text("pk", pk),
            text("sk", &format!("{sk}@{version}")),
            text("createdAt", self.at),
            text("updatedAt", self.at),
            text("createdBy", "u-guide"),
            text("updatedBy", "u-guide"),
            text("requestId", &format!("req-{sk}-{version}")),
            text("status", "finish:FINISHED"),
            text("syncMode", "SYNC"),
            ("version".to_owned(), Value::n(version.0)),
            ("ttl".to_owned(), Value::Null),
        ]);
        let named = ["id", "code", "name", "tenantCode", "type", "seq", "attributes", "isDeleted"];
        let mut data = before.as_ref().map(|row| row.0.clone()).unwrap_or_default();
        for name in named {
            match input.get(name) {
                Some(value) => {
                    data.insert(name.to_owned(), value.clone());
                }
                None => {
                    data.shift_remove(name);
                }
            }
        }
        if before.is_none() {
            let created = ["createdAt", "updatedAt", "createdBy", "updatedBy"];
            data.extend(created.map(|name| (name.to_owned(), command[name].clone())));
        }
        data.extend([text("pk", pk), text("sk", sk), text("cpk", pk), text("csk", sk)]);
        for name in ["version", "requestId", "ttl"] {
            data.insert(name.to_owned(), command[name].clone());
        }
        self.stack.put(&format!("{MODULE}-command"), &Row(command)).await;
        if let Some(mut before) = before {
            before.0.insert("sk".to_owned(), Value::s(format!("{sk}@{}", version.0 - 1)));
            self.stack.put(&format!("{MODULE}-history"), &before).await;
        }
        self.stack.put(&format!("{MODULE}-data"), &Row(data)).await;
    }

    /// `publishPartialUpdateSync`: attributes merged into what was there.
    pub async fn update(&self, pk: &str, sk: &str, deleted: bool, attributes: &str) {
        let row = self.data(pk, sk).await.unwrap();
        let named = ["id", "code", "name", "tenantCode", "type", "seq", "attributes", "isDeleted"];
        let mut input: Map = row.0.into_iter().filter(|(name, _)| named.contains(&name.as_str())).collect();
        let mut merged = input["attributes"].as_map().unwrap().clone();
        merged.extend(map(attributes));
        input.insert("attributes".to_owned(), Value::M(merged));
        if deleted {
            input.insert("isDeleted".to_owned(), Value::Bool(true));
        }
        self.publish(pk, sk, input).await;
    }

    /// A product as an application publishes it.
    pub async fn product(&self, tenant: &str, sk: &str, price: u64) {
        let pk = format!("PRODUCT#{tenant}");
        self.publish(
            &pk,
            sk,
            map(&format!(
                r#"{{"id":"{pk}#{sk}","code":"{sk}","name":"n","tenantCode":"{tenant}","type":"PRODUCT","attributes":{{"price":{price}}}}}"#
            )),
        )
        .await;
    }

    /// The input that every sample makes of an item for another tenant.
    async fn carried(&self, from: &str, to: &str, sk: &str, marks: &str) -> (String, Map) {
        let (source, pk) = (format!("PRODUCT#{from}"), format!("PRODUCT#{to}"));
        let item = self.data(&source, sk).await.unwrap();
        let mut attributes = item.get("attributes").unwrap().as_map().unwrap().clone();
        attributes.extend(map(marks));
        let input = Map::from([
            ("id".to_owned(), Value::s(format!("{pk}#{sk}"))),
            ("code".to_owned(), item.get("code").unwrap().clone()),
            ("name".to_owned(), item.get("name").unwrap().clone()),
            ("type".to_owned(), item.get("type").unwrap().clone()),
            ("tenantCode".to_owned(), Value::s(to)),
            ("attributes".to_owned(), Value::M(attributes)),
        ]);
        (pk, input)
    }

    /// `copyEntities`: its marks are in `metadata`, which reaches the command row only.
    pub async fn copy_entity(&self, from: &str, to: &str, sk: &str, migrated_at: &str) {
        let (pk, mut input) = self.carried(from, to, sk, "{}").await;
        let metadata =
            format!(r#"{{"migratedFrom":"PRODUCT#{from}#{sk}","migratedAt":"{migrated_at}","sourceTenant":"{from}"}}"#);
        input.insert("metadata".to_owned(), Value::M(map(&metadata)));
        self.publish(&pk, sk, input).await;
    }

    /// `BulkMigrationImportStrategy` through the import module: no time at all, the job's id as source.
    pub async fn import_new(&self, from: &str, to: &str, sk: &str, job: &str) {
        let marks = format!(r#"{{"_migrated":true,"_sourceKey":"PRODUCT#{from}#{sk}"}}"#);
        let (pk, mut input) = self.carried(from, to, sk, &marks).await;
        input.insert("source".to_owned(), Value::s(job));
        self.publish(&pk, sk, input).await;
    }

    /// `MigrationProcessStrategy` over an entity that exists.
    pub async fn import_over(&self, from: &str, to: &str, sk: &str, migrated_at: &str) {
        let source = self.data(&format!("PRODUCT#{from}"), sk).await.unwrap();
        let price = source.get("attributes").unwrap().as_map().unwrap()["price"].as_number().unwrap().to_string();
        let marks = format!(
            r#"{{"price":{price},"_sourceKey":"PRODUCT#{from}#{sk}","_migrated":true,"_migratedAt":"{migrated_at}"}}"#
        );
        self.update(&format!("PRODUCT#{to}"), sk, false, &marks).await;
    }

    /// `migrateWithSoftDelete`: two publishes, of the target and of the source.
    pub async fn move_softly(&self, from: &str, to: &str, sk: &str, deleted_at: &str) {
        let marks = format!(r#"{{"_migratedFrom":"PRODUCT#{from}#{sk}"}}"#);
        let (pk, input) = self.carried(from, to, sk, &marks).await;
        self.publish(&pk, sk, input).await;
        let marks = format!(r#"{{"_migratedTo":"{pk}#{sk}","_deletedAt":"{deleted_at}"}}"#);
        self.update(&format!("PRODUCT#{from}"), sk, true, &marks).await;
    }

    /// `TenantNormalizationMigrationService`: only the target says when.
    pub async fn normalise(&self, from: &str, to: &str, sk: &str, migrated_at: &str) {
        let marks = format!(
            r#"{{"_migratedFrom":"PRODUCT#{from}#{sk}","_migrationReason":"tenant_code_normalization","_migratedAt":"{migrated_at}"}}"#
        );
        let (pk, input) = self.carried(from, to, sk, &marks).await;
        self.publish(&pk, sk, input).await;
        self.update(&format!("PRODUCT#{from}"), sk, true, &format!(r#"{{"_migratedTo":"{pk}#{sk}"}}"#)).await;
    }
}
