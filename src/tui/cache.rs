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

/// Whose tables were counted, as far as the profile does not say it: what a run pins, too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Whose {
    /// The account; `None` where nobody knows it.
    pub(crate) account: Option<String>,
    /// The region in use.
    pub(crate) region: Option<String>,
}

impl Whose {
    fn json(&self, profile: &Profile) -> Json {
        // Where nobody says whose account it is, other credentials may lead to another one.
        let credentials = profile.aws_profile.as_ref().filter(|_| self.account.is_none());
        json!([self.account, self.region, credentials])
    }
}

/// Tables that were counted, as the profile names them: the same file may not speak for other tables.
fn scope(profile: &Profile) -> Json {
    let endpoint = profile.endpoints.dynamodb_shown();
    json!([profile.name, profile.environment, profile.app, endpoint, profile.tables])
}

/// Reads the counts; `None` when there are none that can be used. Without `whose` they may be of another account or region.
pub(crate) fn read(path: &Path, profile: &Profile, whose: Option<&Whose>) -> Option<CachedCounts> {
    crate::engine::journal::regular(path).ok()?;
    let json: Json = serde_json::from_reader(BufReader::new(open_regular(path).ok()?)).ok()?;
    if json.get("scope") != Some(&scope(profile)) {
        return None;
    }
    if whose.is_some_and(|whose| json.get("whose") != Some(&whose.json(profile))) {
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
/// The file system's own error.
pub(crate) fn write(path: &Path, profile: &Profile, whose: &Whose, cached: &CachedCounts) -> std::io::Result<()> {
    let tenants: Vec<Json> = cached
        .counts
        .iter()
        .map(|c| {
            json!({"module": c.module, "pk": c.pk.as_str(), "type": c.entity_type, "tenant": c.tenant, "entities": c.entities,
                   "deleted": c.deleted, "oldest": c.oldest, "newest": c.newest})
        })
        .collect();
    let text =
        json!({"scope": scope(profile), "whose": whose.json(profile), "at": cached.at.to_string(), "tenants": tenants})
            .to_string();
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
        let whose = Whose { account: Some("111111111111".into()), region: Some("ap-northeast-1".into()) };
        let found = |profile: &Profile, whose: &Whose| read(&file, profile, Some(whose));
        assert_eq!(found(&profile, &whose), None);
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
        write(&file, &profile, &whose, &cached).unwrap();
        assert_eq!(found(&profile, &whose), Some(cached.clone()));
        // Other credentials for the same account lead to the same tables.
        profile.aws_profile = Some("corp".into());
        assert_eq!(found(&profile, &whose), Some(cached.clone()));
        for other in [
            Whose { account: Some("222222222222".into()), ..whose.clone() },
            Whose { account: None, ..whose.clone() },
            Whose { region: Some("us-east-1".into()), ..whose.clone() },
        ] {
            assert_eq!(found(&profile, &other), None, "{other:?}");
        }
        assert_eq!(read(&file, &profile, None), Some(cached.clone()), "names of modules are the same everywhere");
        let renamed = Profile { tables: [("product".to_owned(), "goods".to_owned())].into(), ..profile.clone() };
        let mut moved = profile.clone();
        moved.endpoints.dynamodb = Some("http://127.0.0.1:8000".into());
        for other in [&renamed, &moved] {
            assert_eq!(found(other, &whose), None, "{other:?}");
        }
        // Of an account that nobody names, it is the credentials that tell it from others.
        let nobody = Whose { account: None, ..whose };
        write(&file, &profile, &nobody, &cached).unwrap();
        assert_eq!(found(&profile, &nobody), Some(cached));
        profile.aws_profile = Some("other".into());
        assert_eq!(found(&profile, &nobody), None);
    }

    #[test]
    fn a_broken_file_counts_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::new("a", "dev", "shop");
        let file = path(dir.path(), &profile);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "{\"at\":").unwrap();
        assert_eq!(read(&file, &profile, None), None);
    }
}
