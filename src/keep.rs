//! Copies of rows in the files of a sandbox, and what is to be known when they are opened.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::config::{Profile, open_regular};
use crate::domain::clock::utc_millis;
use crate::domain::digest::hex;
use crate::domain::row::TableKind;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{CopiedPart, CopySource, CopyWanted};
use crate::report::Keeper;
use crate::sandbox::{Options, Sandbox, SandboxError, TableOptions, User, to_item};

/// The manifest's name.
const MANIFEST: &str = "manifest.json";
/// Raised with every change that an older program could not read.
const FORMAT: u32 = 1;

/// What was copied, when, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    at: String,
    profile: String,
    environment: String,
    app: String,
    timezone: String,
    account: Option<String>,
    region: Option<String>,
    renamed: std::collections::BTreeMap<String, String>,
    module: Option<String>,
    #[serde(rename = "type")]
    entity_type: Option<String>,
    tenant: Option<String>,
    data: u64,
    command: u64,
    history: u64,
    objects: u64,
    users: u64,
    /// Over everything that was copied, in its order.
    sha256: String,
}

/// A copy that is being made, beside its place.
struct Keeping {
    to: PathBuf,
    // Ends before its files go.
    sandbox: Option<Sandbox>,
    dir: TempDir,
    manifest: Manifest,
    hash: Sha256,
}

impl std::fmt::Debug for Keeping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeping").field("to", &self.to).finish_non_exhaustive()
    }
}

/// Begins a copy; its directory must be missing or empty.
///
/// # Errors
/// A [`Failure`] when something is there already, or nothing can be made there.
pub fn begin(to: PathBuf, wanted: CopyWanted) -> Result<Box<dyn Keeper>, Box<Failure>> {
    is_free(&to)?;
    let parent = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let private = PermissionsExt::from_mode(0o700);
    let dir = tempfile::Builder::new().prefix(".tenantry-").permissions(private).tempdir_in(parent);
    let dir = dir.map_err(|error| io(parent, &error))?;
    let options = Options { data: Some(dir.path().to_path_buf()), ..Options::default() };
    let sandbox = Sandbox::start(options).map_err(of_sandbox)?;
    let CopyWanted { module, entity_type, tenant, .. } = wanted;
    let at = utc_millis(Timestamp::now());
    let manifest = Manifest { format: FORMAT, at, module, entity_type, tenant, ..Manifest::default() };
    Ok(Box::new(Keeping { to, dir, sandbox: Some(sandbox), manifest, hash: Sha256::new() }))
}

fn is_free(to: &Path) -> Result<(), Box<Failure>> {
    match std::fs::read_dir(to) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io(to, &error)),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Failure::new(ErrorCode::Io, format!("{} is there already, and not empty", to.display()))
                .hint("name another directory: nothing is written over")
                .into()),
        },
    }
}

impl Keeping {
    fn count(&mut self, text: &str) {
        self.hash.update((text.len() as u64).to_be_bytes());
        self.hash.update(text.as_bytes());
    }

    fn came_from(&mut self, source: CopySource, sandbox: &Sandbox) -> Result<(), Box<Failure>> {
        for table in &source.tables {
            let options = TableOptions { stream: table.ends_with("-command"), ttl: false };
            sandbox.tables().create(table, options).map_err(of_sandbox)?;
        }
        let CopySource { profile, environment, app, timezone, account, region, renamed, .. } = source;
        let known = std::mem::take(&mut self.manifest);
        self.manifest = Manifest { profile, environment, app, timezone, account, region, renamed, ..known };
        Ok(())
    }
}

impl Keeper for Keeping {
    fn take(&mut self, part: CopiedPart) -> Result<(), Box<Failure>> {
        let Some(sandbox) = self.sandbox.take() else { return Ok(()) };
        let taken = match part {
            CopiedPart::Source(source) => self.came_from(source, &sandbox),
            CopiedPart::Rows { table, kind, rows } => {
                self.count(&table);
                rows.iter().for_each(|row| self.count(&crate::domain::value::item_to_ddb_text(&row.0)));
                let count = match kind {
                    TableKind::Data => &mut self.manifest.data,
                    TableKind::Command => &mut self.manifest.command,
                    TableKind::History => &mut self.manifest.history,
                };
                *count += rows.len() as u64;
                let items = rows.into_iter().map(to_item).collect();
                sandbox.tables().load(&table, items).map(drop).map_err(of_sandbox)
            }
            CopiedPart::Object { key, body } => {
                self.count(&key);
                self.hash.update(Sha256::digest(&body));
                self.manifest.objects += 1;
                sandbox.objects().put(&key, &body).map_err(of_sandbox)
            }
            CopiedPart::Users(users) => {
                self.manifest.users += users.len() as u64;
                users.iter().for_each(|user| self.count(&format!("{user:?}")));
                let users = users.into_iter().map(|user| {
                    let sub = user.attributes.get("sub").cloned().unwrap_or_default();
                    let attributes = user.attributes.into_iter().filter(|(name, _)| name != "sub").collect();
                    User { name: user.name, sub, attributes }
                });
                sandbox.users().add(users).map_err(of_sandbox)
            }
        };
        self.sandbox = Some(sandbox);
        taken
    }

    fn finish(mut self: Box<Self>) -> Result<String, Box<Failure>> {
        if let Some(sandbox) = self.sandbox.take() {
            sandbox.stop().map_err(of_sandbox)?;
        }
        self.manifest.sha256 = hex(&self.hash.finalize());
        let text = serde_json::to_string_pretty(&self.manifest).unwrap_or_default();
        let path = self.dir.path().join(MANIFEST);
        std::fs::write(&path, format!("{text}\n")).map_err(|error| io(&path, &error))?;
        // An empty directory gives way; one that was filled meanwhile does not.
        is_free(&self.to)?;
        if self.to.is_dir() {
            std::fs::remove_dir(&self.to).map_err(|error| io(&self.to, &error))?;
        }
        std::fs::DirBuilder::new().mode(0o700).create(&self.to).map_err(|error| io(&self.to, &error))?;
        std::fs::rename(self.dir.path(), &self.to).map_err(|error| io(&self.to, &error))?;
        Ok(self.manifest.sha256.clone())
    }
}

/// Has the sandbox's profile lead to what a directory was copied from, where it was.
///
/// # Errors
/// A [`Failure`] for a manifest that is none of ours.
pub fn opened(profile: &mut Profile, dir: &Path) -> Result<(), Box<Failure>> {
    let path = dir.join(MANIFEST);
    if !path.exists() {
        return Ok(());
    }
    let file = open_regular(&path).map_err(|error| io(&path, &error))?;
    let manifest: Manifest = serde_json::from_reader(std::io::BufReader::new(file))
        .map_err(|error| Failure::new(ErrorCode::Io, format!("{}: {error}", path.display())))?;
    if manifest.format != FORMAT {
        let message = format!("{} has format {}; this version reads {FORMAT}", path.display(), manifest.format);
        return Err(Failure::new(ErrorCode::Io, message).hint("use the version of tenantry that wrote it").into());
    }
    profile.environment = manifest.environment;
    profile.app = manifest.app;
    profile.timezone = manifest.timezone;
    profile.tables = manifest.renamed;
    Ok(())
}

fn io(path: &Path, error: &std::io::Error) -> Box<Failure> {
    Failure::new(ErrorCode::Io, format!("{}: {error}", path.display())).into()
}

fn of_sandbox(error: SandboxError) -> Box<Failure> {
    Failure::new(ErrorCode::Io, error.to_string()).into()
}
