//! Lines of the file that keeps an interrupted comparison: how it began, what it found, how far it got.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::domain::clock::utc_millis;
use crate::domain::diff::{Change, ChangeKind};
use crate::domain::finding::FindingKind;
use crate::domain::key::{EntityKey, PartitionKey};
use crate::domain::tenant::Tenant;
use crate::domain::value::{value_from_ddb_json, value_to_ddb_json};
use crate::engine::protocol::{EntityRef, Finding, Severity};
use crate::engine::read::scope::Partition;
use crate::engine::task::Task;

/// Version of the lines.
pub(super) const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line {
    Begun(Begun),
    Finding(Told),
    Place(Place),
}

/// The beginning of a comparison: its time, its place and its partitions.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) format: u32,
    at: String,
    pub(super) pins: Pins,
    partitions: Vec<Covered>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Covered {
    module: String,
    pk: String,
    tenant: String,
    segment: usize,
    confirmed: bool,
}

impl Begun {
    pub(super) fn new(pins: Pins, partitions: &[Partition]) -> Self {
        let covered = |p: &Partition| Covered {
            module: p.module.clone(),
            pk: p.pk.as_str().to_owned(),
            tenant: p.tenant.code.clone(),
            segment: p.tenant.segment,
            confirmed: p.tenant.confirmed,
        };
        let partitions = partitions.iter().map(covered).collect();
        Self { format: FORMAT, at: utc_millis(Timestamp::now()), pins, partitions }
    }

    /// The partitions, which are not looked for a second time.
    pub(super) fn partitions(&self) -> Vec<Partition> {
        let partition = |c: &Covered| Partition {
            module: c.module.clone(),
            pk: PartitionKey::new(&*c.pk),
            tenant: Tenant { code: c.tenant.clone(), segment: c.segment, confirmed: c.confirmed },
        };
        self.partitions.iter().map(partition).collect()
    }
}

/// Where a comparison looks; what it found is true of nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pins {
    pub(super) profile: String,
    environment: String,
    app: String,
    account: Option<String>,
    region: Option<String>,
    endpoint: Option<String>,
}

impl Pins {
    pub(super) async fn of(task: &Task) -> Self {
        let profile = task.profile();
        Self {
            profile: profile.name.clone(),
            environment: profile.environment.clone(),
            app: profile.app.clone(),
            account: task.shared.connected.account().await.ok().flatten(),
            region: task.shared.connected.region.clone(),
            // The built-in sandbox listens on other ports at each start.
            endpoint: profile.endpoints.dynamodb_shown().filter(|_| profile.name != "sandbox"),
        }
    }

    /// The first thing that is another now: what, what it was, what it is.
    pub(super) fn differs(&self, now: &Self) -> Option<(&'static str, String, String)> {
        let of = |text: &Option<String>, none: &str| text.clone().unwrap_or_else(|| none.to_owned());
        // A caller who may not ask for the account has none pinned.
        let account = self.account.is_some() && now.account.is_some();
        let pairs = [
            ("profile", self.profile.clone(), now.profile.clone(), true),
            ("environment", self.environment.clone(), now.environment.clone(), true),
            ("app", self.app.clone(), now.app.clone(), true),
            ("account", of(&self.account, "none"), of(&now.account, "none"), account),
            ("region", of(&self.region, "none"), of(&now.region, "none"), true),
            ("endpoint", of(&self.endpoint, "AWS"), of(&now.endpoint, "AWS"), true),
        ];
        pairs.into_iter().find(|(_, was, is, counts)| *counts && was != is).map(|(what, was, is, _)| (what, was, is))
    }
}

/// How far a comparison is: this entity of the source, and everything before it, is judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) module: String,
    pub(super) pk: String,
    pub(super) sk: String,
    /// Entities judged.
    pub(super) looked: u64,
    /// When.
    pub(super) at: String,
}

/// A finding as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    kind: FindingKind,
    severity: Severity,
    module: String,
    key: EntityKey,
    path: Option<String>,
    message: String,
    change: Option<Differs>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Differs {
    path: crate::domain::path::Path,
    kind: ChangeKind,
    before: Option<Json>,
    after: Option<Json>,
    from_index: Option<usize>,
}

impl Told {
    pub(super) fn new(finding: &Finding) -> Self {
        let differs = |change: &Change| Differs {
            path: change.path.clone(),
            kind: change.kind,
            before: change.before.as_ref().map(value_to_ddb_json),
            after: change.after.as_ref().map(value_to_ddb_json),
            from_index: change.from_index,
        };
        Self {
            kind: finding.kind,
            severity: finding.severity,
            module: finding.entity.module.clone(),
            key: finding.entity.key.clone(),
            path: finding.path.clone(),
            message: finding.message.clone(),
            change: finding.change.as_deref().map(differs),
        }
    }

    /// `None` for what this version does not know.
    pub(super) fn finding(self) -> Option<Finding> {
        let change = match self.change {
            None => None,
            Some(differs) => Some(Box::new(Change {
                path: differs.path,
                kind: differs.kind,
                before: differs.before.as_ref().map(value_from_ddb_json).transpose().ok()?,
                after: differs.after.as_ref().map(value_from_ddb_json).transpose().ok()?,
                from_index: differs.from_index,
            })),
        };
        Some(Finding {
            kind: self.kind,
            severity: self.severity,
            entity: EntityRef { module: self.module, key: self.key },
            path: self.path,
            message: self.message,
            change,
            repairable: false,
        })
    }
}
