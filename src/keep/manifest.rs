//! Facts that must be known when a copy is opened.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::config::{Profile, open_regular};
use crate::engine::failure::{ErrorCode, Failure};

/// The manifest's name.
pub(super) const MANIFEST: &str = "manifest.json";
/// Raised with every change that an older program could not read.
pub(super) const FORMAT: u32 = 1;

/// Content, time and origin of a copy. A masked copy does not say whose it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub(super) format: u32,
    pub(super) at: String,
    pub(super) profile: String,
    pub(super) environment: String,
    pub(super) app: String,
    pub(super) timezone: String,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) renamed: BTreeMap<String, String>,
    pub(super) module: Option<String>,
    #[serde(rename = "type")]
    pub(super) entity_type: Option<String>,
    pub(super) tenant: Option<String>,
    #[serde(default)]
    pub(super) masked: bool,
    pub(super) data: u64,
    pub(super) command: u64,
    pub(super) history: u64,
    pub(super) objects: u64,
    pub(super) users: u64,
    /// Over everything that was copied, in its order.
    pub(super) sha256: String,
}

impl Manifest {
    /// The manifest of a directory; `None` where there is none.
    pub(super) fn of(dir: &Path) -> Result<Option<Self>, Box<Failure>> {
        let path = dir.join(MANIFEST);
        if !path.exists() {
            return Ok(None);
        }
        let file = open_regular(&path).map_err(|error| super::io(&path, &error))?;
        let manifest: Self = serde_json::from_reader(std::io::BufReader::new(file))
            .map_err(|error| Failure::new(ErrorCode::Io, format!("{}: {error}", path.display())))?;
        if manifest.format != FORMAT {
            let message = format!("{} has format {}; this version reads {FORMAT}", path.display(), manifest.format);
            return Err(Failure::new(ErrorCode::Io, message).hint("use the version of tenantry that wrote it").into());
        }
        Ok(Some(manifest))
    }

    /// Leads a profile to what was copied, as far as it is a matter of names.
    pub(super) fn lead(self, profile: &mut Profile) {
        profile.environment = self.environment;
        profile.app = self.app;
        profile.timezone = self.timezone;
        profile.tables = self.renamed;
    }

    /// Description of the copy, for people.
    pub(super) fn said(&self) -> String {
        let tenant = self.tenant.as_ref().map(|tenant| format!(" of tenant {tenant}")).unwrap_or_default();
        let masked = if self.masked { ", masked" } else { "" };
        format!("a snapshot{tenant} taken at {}{masked}", self.at)
    }
}
