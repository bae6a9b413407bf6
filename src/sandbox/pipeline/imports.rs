//! A STAND-IN for the application's own distributed import: reads the file of a job and publishes a command for each row.

use crate::domain::key::{EntityKey, PartitionKey, Version};
use crate::domain::publish::{NewState, PublishMode, Stamp, Ttls, build};
use crate::domain::row::{Row, field};
use crate::domain::tenant::{tenant_of, with_tenant};
use crate::domain::value::{Map, Value, from_plain_json};
use crate::sandbox::convert::{from_value, to_item, to_row};
use crate::sandbox::{Objects, SandboxError, Tables};

use super::PipelineMode;

/// The type in the row of a job.
const JOB: &str = "CSV_MASTER_JOB";
/// An attribute that asks the stand-in to do as the guide's sample does: to spread the text of the attributes over letters.
const SPREAD: &str = r#""_pipeline":"spread""#;

/// Carries jobs out.
pub(super) struct Imports {
    tables: Tables,
    objects: Objects,
}

impl Imports {
    pub(super) fn new(tables: Tables, objects: Objects) -> Self {
        Self { tables, objects }
    }

    /// Carries an inserted job out, unless it has been already.
    pub(super) fn take(&self, table: &str, job: &Row, mode: PipelineMode) -> Result<(), SandboxError> {
        let (Ok(pk), Ok(sk)) = (job.pk(), job.sk()) else { return Ok(()) };
        let is_new = self
            .tables
            .get(table, pk, sk)?
            .map(to_row)
            .transpose()?
            .is_some_and(|now| now.text(field::STATUS) == Some("CREATED"));
        if job.text(field::TYPE) != Some(JOB) || !is_new || mode == PipelineMode::Stall {
            return Ok(());
        }
        let say = |status: &str| self.tables.set(table, pk, sk, [(field::STATUS, from_value(Value::s(status)))]);
        say("PROCESSING")?;
        if mode == PipelineMode::Fail {
            return say("FAILED");
        }
        let (total, succeeded) = self.rows(table, job)?;
        let count = |n: u64| Value::n(n);
        let result = [("total", total), ("succeeded", succeeded), ("failed", total - succeeded)];
        let result: Map = result.into_iter().map(|(name, n)| (name.to_owned(), count(n))).collect();
        self.tables.set(table, pk, sk, [("result", from_value(Value::M(result)))])?;
        say("COMPLETED")
    }

    fn rows(&self, table: &str, job: &Row) -> Result<(u64, u64), SandboxError> {
        let attributes = job.get(field::ATTRIBUTES).and_then(Value::as_map);
        let text = |name: &str| attributes.and_then(|map| map.get(name)).and_then(Value::as_str).unwrap_or_default();
        let body = self.objects.get(text("key"))?.unwrap_or_default();
        let prefix = table.strip_suffix("import_tmp").unwrap_or_default();
        let module = format!("{prefix}{}", text("tableName"));
        let mut reader = csv::Reader::from_reader(body.as_slice());
        let (mut total, mut succeeded) = (0, 0);
        for record in reader.records() {
            total += 1;
            let Ok(record) = record else { continue };
            let fields: Vec<&str> = record.iter().collect();
            if let [pk, sk, code, name, attributes, tenant] = fields[..]
                && self.row(&module, job, (pk, sk, code, name, attributes, tenant))?
            {
                succeeded += 1;
            }
        }
        Ok((total, succeeded))
    }

    /// Publishes what a row says; false where it says nothing that could be.
    fn row(
        &self,
        module: &str,
        job: &Row,
        (pk, sk, code, name, attributes, tenant): (&str, &str, &str, &str, &str, &str),
    ) -> Result<bool, SandboxError> {
        let source = PartitionKey::new(pk);
        let key = EntityKey::new(with_tenant(&source, &tenant_of(&source, None), tenant).as_str(), sk);
        let mut map = match from_plain_json(attributes) {
            Ok(Value::M(map)) => map,
            _ if attributes.is_empty() => Map::new(),
            _ => return Ok(false),
        };
        if attributes.contains(SPREAD) {
            map = attributes.chars().enumerate().map(|(at, c)| (at.to_string(), Value::s(c))).collect();
        }
        map.insert("_migrated".to_owned(), Value::Bool(true));
        map.insert("_sourceKey".to_owned(), Value::s(format!("{pk}#{sk}")));
        let mut fields = Map::new();
        let texts = [(field::CODE, code), (field::NAME, name), (field::TENANT_CODE, tenant)];
        // An empty cell is an empty text, as the framework's reader has it.
        for (field, text) in texts {
            fields.insert(field.to_owned(), Value::s(text));
        }
        fields.insert(field::ID.to_owned(), Value::s(key.id()));
        fields.insert(field::TYPE.to_owned(), Value::s(source.entity_type()));
        fields.insert(field::ATTRIBUTES.to_owned(), Value::M(map));
        let data = self.tables.get(&format!("{module}-data"), key.pk.as_str(), sk)?.map(to_row).transpose()?;
        let stamp = Stamp {
            at: job.text(field::CREATED_AT).unwrap_or_default().to_owned(),
            by: "import".to_owned(),
            ip: None,
            request_id: format!("import-{}", job.text(field::CODE).unwrap_or_default()),
            source: job.text(field::ID).unwrap_or_default().to_owned(),
        };
        let new = NewState { fields, extra: Map::new() };
        let Ok(rows) = build(&key, data.as_ref(), &new, PublishMode::Async, &stamp, Ttls::default()) else {
            return Ok(false);
        };
        let table = format!("{module}-command");
        let above = key.sk.at(Version(rows.version.0));
        if self.tables.get(&table, key.pk.as_str(), &above)?.is_none() {
            self.tables.put(&table, to_item(rows.command))?;
        }
        Ok(true)
    }
}
