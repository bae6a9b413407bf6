//! The tenants' counts of an earlier session, kept as JSON in the state directory.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::config::{Profile, open_regular};
use crate::domain::key::PartitionKey;
use crate::engine::protocol::TenantCount;

/// Counts and when they were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CachedCounts {
    /// When counting ended.
    pub(crate) at: Timestamp,
    /// One per partition.
    pub(crate) counts: Vec<TenantCount>,
}

/// Where a profile's counts are kept.
pub(crate) fn path(state_dir: &Path, profile: &Profile) -> PathBuf {
    let plain: String = profile.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    state_dir.join("cache").join(format!("tenants-{plain}.json"))
}

/// What the counts were counted on: the same file may not speak for other tables.
fn scope(profile: &Profile) -> Json {
    json!([
        profile.name,
        profile.environment,
        profile.app,
        profile.region,
        profile.endpoints.dynamodb_shown(),
        profile.aws_profile
    ])
}

/// Reads the counts; `None` when there are none that can be used.
pub(crate) fn read(path: &Path, profile: &Profile) -> Option<CachedCounts> {
    crate::engine::journal::regular(path).ok()?;
    let json: Json = serde_json::from_reader(BufReader::new(open_regular(path).ok()?)).ok()?;
    if json.get("scope") != Some(&scope(profile)) {
        return None;
    }
    let at = json.get("at")?.as_str()?.parse().ok()?;
    let counts = json.get("tenants")?.as_array()?.iter().map(count).collect::<Option<_>>()?;
    Some(CachedCounts { at, counts })
}

fn count(json: &Json) -> Option<TenantCount> {
    let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
    Some(TenantCount {
        module: text("module")?,
        pk: PartitionKey::new(text("pk")?),
        entity_type: text("type")?,
        tenant: text("tenant")?,
        entities: json.get("entities")?.as_u64()?,
        deleted: json.get("deleted")?.as_u64()?,
        oldest: text("oldest"),
        newest: text("newest"),
    })
}

/// Writes the counts, whole or not at all, readable for the owner only.
///
/// # Errors
/// What the file system says.
pub(crate) fn write(path: &Path, profile: &Profile, cached: &CachedCounts) -> std::io::Result<()> {
    let tenants: Vec<Json> = cached
        .counts
        .iter()
        .map(|c| {
            json!({"module": c.module, "pk": c.pk.as_str(), "type": c.entity_type, "tenant": c.tenant, "entities": c.entities,
                   "deleted": c.deleted, "oldest": c.oldest, "newest": c.newest})
        })
        .collect();
    let text = json!({"scope": scope(profile), "at": cached.at.to_string(), "tenants": tenants}).to_string();
    super::files::write_private(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back_for_the_same_tables_only() {
        let dir = tempfile::tempdir().unwrap();
        let mut profile = Profile::new("a/b", "dev", "shop");
        let file = path(dir.path(), &profile);
        assert_eq!(file.file_name().unwrap(), "tenants-a_b.json");
        assert_eq!(read(&file, &profile), None);
        let cached = CachedCounts {
            at: "2026-03-20T00:00:00Z".parse().unwrap(),
            counts: vec![TenantCount {
                module: "product".into(),
                pk: "PRODUCT#acme".into(),
                entity_type: "PRODUCT".into(),
                tenant: "acme".into(),
                entities: 12,
                deleted: 1,
                oldest: None,
                newest: Some("2026-03-19T00:00:00.000Z".into()),
            }],
        };
        write(&file, &profile, &cached).unwrap();
        assert_eq!(read(&file, &profile), Some(cached));
        profile.region = Some("us-east-1".into());
        assert_eq!(read(&file, &profile), None);
    }

    #[test]
    fn a_broken_file_counts_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::new("a", "dev", "shop");
        let file = path(dir.path(), &profile);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "{\"at\":").unwrap();
        assert_eq!(read(&file, &profile), None);
    }
}
