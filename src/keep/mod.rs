//! Copies of rows in the files of a sandbox, and what is to be known when they are opened.

mod manifest;
mod place;

use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::config::Profile;
use crate::domain::clock::utc_millis;
use crate::domain::digest::hex;
use crate::domain::mask::{Mask, MaskReport};
use crate::domain::row::{Row, TableKind};
use crate::domain::users;
use crate::engine::OpenedSnapshot;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{CopiedPart, CopySource, CopyWanted};
use crate::masking;
use crate::report::{Keeper, WantedCopy};
use crate::sandbox::{BUCKET, Options, Sandbox, SandboxError, TableOptions, User, to_item};
use manifest::{FORMAT, MANIFEST, Manifest};
use place::{beside, is_free, make_private, remove_left_over};

/// A copy that is being made, beside its place.
struct Keeping {
    /// Without one nothing is kept: what would be is looked at only.
    place: Option<Place>,
    manifest: Manifest,
    hash: Sha256,
    mask: Option<Mask>,
    /// Modules by the names of their tables.
    modules: BTreeMap<String, String>,
    notes: Vec<String>,
}

/// Where it is made.
struct Place {
    to: PathBuf,
    // Ends before its files go.
    sandbox: Sandbox,
    dir: TempDir,
}

impl std::fmt::Debug for Keeping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeping").field("to", &self.place.as_ref().map(|place| &place.to)).finish_non_exhaustive()
    }
}

/// Begins a copy; its directory must be missing or empty.
///
/// # Errors
/// A [`Failure`] when something is there already, or nothing can be made there.
pub fn begin(copy: WantedCopy) -> Result<Box<dyn Keeper>, Box<Failure>> {
    let WantedCopy { to, scope: CopyWanted { module, entity_type, tenant, .. }, mask } = copy;
    let at = utc_millis(Timestamp::now());
    let mask = mask.map(|file| masking::begin(file, BUCKET)).transpose()?;
    let mut notes = Vec::new();
    let place = to.map(|to| make(to, &mut notes)).transpose()?;
    let masked = mask.is_some();
    // A code says whose it is.
    let tenant = tenant.filter(|_| !masked);
    let manifest = Manifest { format: FORMAT, at, module, entity_type, tenant, masked, ..Manifest::default() };
    Ok(Box::new(Keeping { place, manifest, hash: Sha256::new(), mask, modules: BTreeMap::new(), notes }))
}

fn make(to: PathBuf, notes: &mut Vec<String>) -> Result<Place, Box<Failure>> {
    is_free(&to)?;
    let left = remove_left_over(&to).into_iter();
    notes.extend(left.map(|dir| format!("removed what an interrupted snapshot left behind: {}", dir.display())));
    let dir = beside(&to)?;
    let options = Options { data: Some(dir.path().to_path_buf()), ..Options::default() };
    let sandbox = Sandbox::start(options).map_err(of_sandbox)?;
    Ok(Place { to, sandbox, dir })
}

impl Keeping {
    fn count(&mut self, text: &str) {
        self.hash.update((text.len() as u64).to_be_bytes());
        self.hash.update(text.as_bytes());
    }

    fn came_from(&mut self, source: CopySource) -> Result<(), Box<Failure>> {
        if let Some(place) = &self.place {
            for table in &source.tables {
                let options = TableOptions { stream: table.ends_with("-command"), ttl: false };
                place.sandbox.tables().create(table, options).map_err(of_sandbox)?;
            }
        }
        let CopySource { profile, environment, app, timezone, account, region, renamed, tables, types } = source;
        let known = std::mem::take(&mut self.manifest);
        // Names of profiles and numbers of accounts say whose it is.
        let (profile, account) = if known.masked { Default::default() } else { (profile, account) };
        self.modules = tables.iter().map(|table| (table.clone(), module_of(table, &environment, &app))).collect();
        if let Some(mask) = &mut self.mask {
            mask.knows(types, tables);
        }
        self.manifest = Manifest { profile, environment, app, timezone, account, region, renamed, ..known };
        Ok(())
    }

    fn rows(&mut self, table: &str, kind: TableKind, rows: Vec<Row>) -> Result<(), Box<Failure>> {
        let module = self.modules.get(table).cloned().unwrap_or_else(|| table.to_owned());
        let rows: Vec<Row> = match &mut self.mask {
            Some(mask) => rows.into_iter().map(|row| mask.row(&module, kind, row)).collect(),
            None => rows,
        };
        self.count(table);
        rows.iter().for_each(|row| self.count(&crate::domain::value::item_to_ddb_text(&row.0)));
        let count = match kind {
            TableKind::Data => &mut self.manifest.data,
            TableKind::Command => &mut self.manifest.command,
            TableKind::History => &mut self.manifest.history,
        };
        *count += rows.len() as u64;
        let Some(place) = &self.place else { return Ok(()) };
        let items = rows.into_iter().map(to_item).collect();
        place.sandbox.tables().load(table, items).map(drop).map_err(of_sandbox)
    }

    fn object(&mut self, key: String, body: Vec<u8>) -> Result<(), Box<Failure>> {
        let module = key.split('/').nth(1).and_then(|table| self.modules.get(table)).cloned().unwrap_or_default();
        let masked = match &mut self.mask {
            Some(mask) => mask.object(&module, &key, &body),
            None => Some((key, body)),
        };
        let Some((key, body)) = masked else { return Ok(()) };
        self.count(&key);
        self.hash.update(Sha256::digest(&body));
        self.manifest.objects += 1;
        let Some(place) = &self.place else { return Ok(()) };
        place.sandbox.objects().put(&key, &body).map_err(of_sandbox)
    }

    fn users(&mut self, users: Vec<users::User>) -> Result<(), Box<Failure>> {
        let users: Vec<users::User> = match &mut self.mask {
            Some(mask) => users.into_iter().map(|user| mask.user(user)).collect(),
            None => users,
        };
        self.manifest.users += users.len() as u64;
        users.iter().for_each(|user| self.count(&format!("{user:?}")));
        let Some(place) = &self.place else { return Ok(()) };
        let users = users.into_iter().map(|user| {
            let sub = user.attributes.get("sub").cloned().unwrap_or_default();
            let attributes = user.attributes.into_iter().filter(|(name, _)| name != "sub").collect();
            User { name: user.name, sub, attributes }
        });
        place.sandbox.users().add(users).map_err(of_sandbox)
    }
}

/// The module of a table: what stands between the prefix of the application and the kind; all of it where it was renamed.
fn module_of(table: &str, environment: &str, app: &str) -> String {
    let bare = table.strip_prefix(&format!("{environment}-{app}-")).unwrap_or(table);
    bare.rsplit_once('-').map_or(bare, |(module, _)| module).to_owned()
}

impl Keeper for Keeping {
    fn take(&mut self, part: CopiedPart) -> Result<(), Box<Failure>> {
        match part {
            CopiedPart::Source(source) => self.came_from(source),
            CopiedPart::Rows { table, kind, rows } => self.rows(&table, kind, rows),
            CopiedPart::Object { key, body } => self.object(key, body),
            CopiedPart::Users(users) => self.users(users),
        }
    }

    fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    fn masked(&self) -> Option<MaskReport> {
        self.mask.as_ref().map(Mask::report)
    }

    fn finish(self: Box<Self>) -> Result<String, Box<Failure>> {
        let Self { place, mut manifest, hash, .. } = *self;
        manifest.sha256 = hex(&hash.finalize());
        let Some(Place { to, sandbox, dir }) = place else { return Ok(manifest.sha256) };
        sandbox.stop().map_err(of_sandbox)?;
        let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
        let path = dir.path().join(MANIFEST);
        std::fs::write(&path, format!("{text}\n")).map_err(|error| io(&path, &error))?;
        make_private(dir.path())?;
        // An empty directory gives way; one that was filled meanwhile does not.
        is_free(&to)?;
        if to.is_dir() {
            std::fs::remove_dir(&to).map_err(|error| io(&to, &error))?;
        }
        std::fs::DirBuilder::new().mode(0o700).create(&to).map_err(|error| io(&to, &error))?;
        std::fs::rename(dir.path(), &to).map_err(|error| io(&to, &error))?;
        Ok(manifest.sha256)
    }
}

/// Has the sandbox's profile lead to what a directory was copied from, where it was.
///
/// # Errors
/// A [`Failure`] for a manifest that is none of ours.
pub fn opened(profile: &mut Profile, dir: &Path) -> Result<(), Box<Failure>> {
    if let Some(manifest) = Manifest::of(dir)? {
        manifest.lead(profile);
    }
    Ok(())
}

/// A copy that is read as the source of a plan.
#[derive(Debug)]
struct Opened {
    profile: Profile,
    said: String,
    _sandbox: Sandbox,
}

impl OpenedSnapshot for Opened {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn said(&self) -> String {
        self.said.clone()
    }
}

/// Opens a copy to be read.
///
/// # Errors
/// A [`Failure`] for a directory that holds none, or that somebody else has open.
pub fn open(dir: &Path) -> Result<Box<dyn OpenedSnapshot>, Box<Failure>> {
    let manifest = Manifest::of(dir)?.ok_or_else(|| {
        let message = format!("{} holds no snapshot: there is no {MANIFEST} in it", dir.display());
        Failure::new(ErrorCode::NotFound, message).hint("`tenantry snapshot --to DIR` takes one; name its directory")
    })?;
    let options = Options { data: Some(dir.to_path_buf()), ..Options::default() };
    let sandbox = Sandbox::start(options).map_err(of_sandbox)?;
    let mut profile = crate::session::sandbox_profile(&sandbox);
    let said = manifest.said();
    manifest.lead(&mut profile);
    Ok(Box::new(Opened { profile, said, _sandbox: sandbox }))
}

fn io(path: &Path, error: &std::io::Error) -> Box<Failure> {
    Failure::new(ErrorCode::Io, format!("{}: {error}", path.display())).into()
}

fn of_sandbox(error: SandboxError) -> Box<Failure> {
    Failure::new(ErrorCode::Io, error.to_string()).into()
}
