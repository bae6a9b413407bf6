//! Embedded services that a plan is rehearsed on: filled with copies of rows, gone with the rehearsal.

use std::collections::HashSet;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::config::{Profile, SignOff};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{CopiedPart, Stage, StageWanted};
use crate::sandbox::{Options, Sandbox, SandboxError, TableOptions, User, to_item};
use crate::session::sandbox_profile;

/// How long the stand-in for the application's pipeline takes: nobody watches it.
const PIPELINE: Duration = Duration::from_millis(20);

struct Embedded {
    // Ends before its files go.
    sandbox: Sandbox,
    profile: Profile,
    wanted: StageWanted,
    made: Mutex<HashSet<String>>,
    _dir: Option<TempDir>,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").field("at", self.sandbox.endpoints()).finish_non_exhaustive()
    }
}

/// Starts the services, in memory or in a directory of their own below the one that is wanted.
///
/// # Errors
/// A [`Failure`] when they cannot be started, or the directory cannot be made.
pub fn open(wanted: StageWanted) -> Result<Arc<dyn Stage>, Box<Failure>> {
    let dir = wanted.data.as_ref().map(|data| {
        let io = |error: std::io::Error| Box::new(Failure::new(ErrorCode::Io, format!("{}: {error}", data.display())));
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(io)?;
        let private = PermissionsExt::from_mode(0o700);
        tempfile::Builder::new().prefix("rehearsal-").permissions(private).tempdir_in(data).map_err(io)
    });
    let dir = dir.transpose()?;
    let pipeline = wanted.pipeline.then_some(PIPELINE);
    let options = Options { data: dir.as_ref().map(|dir| dir.path().to_path_buf()), port: None, pipeline };
    let sandbox = Sandbox::start(options).map_err(of_sandbox)?;
    let profile = leading_to(&sandbox, &wanted);
    Ok(Arc::new(Embedded { sandbox, profile, wanted, made: Mutex::default(), _dir: dir }))
}

/// The profile of the rows in all that counts for what is written, and the sandbox's in all that says where.
fn leading_to(sandbox: &Sandbox, wanted: &StageWanted) -> Profile {
    let here = sandbox_profile(sandbox);
    let pool = wanted.pool.clone().or_else(|| wanted.profile.user_pool_id.clone()).or(here.user_pool_id);
    Profile {
        region: here.region,
        aws_profile: None,
        endpoints: here.endpoints,
        credentials: here.credentials,
        account: here.account,
        bucket: here.bucket,
        user_pool_id: pool,
        // Nothing of what others have to agree to is written there, and they are better asked with a rehearsal at hand.
        sign_off: SignOff::default(),
        protected: false,
        ..wanted.profile.clone()
    }
}

impl Embedded {
    fn table(&self, name: &str) -> Result<(), Box<Failure>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.contains(name) {
            return Ok(());
        }
        // Without anybody to react to what is written a stream would only cost time.
        let stream = self.wanted.pipeline && (name.ends_with("-command") || name.ends_with("-import_tmp"));
        self.sandbox.tables().create(name, TableOptions { stream, ttl: false }).map_err(of_sandbox)?;
        made.insert(name.to_owned());
        Ok(())
    }
}

impl Stage for Embedded {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn take(&self, part: CopiedPart) -> Result<(), Box<Failure>> {
        match part {
            CopiedPart::Source(source) => source.tables.iter().try_for_each(|name| self.table(name)),
            CopiedPart::Rows { table, rows, .. } => {
                self.table(&table)?;
                let items = rows.into_iter().map(to_item).collect();
                self.sandbox.tables().load(&table, items).map(drop).map_err(of_sandbox)
            }
            CopiedPart::Object { key, body } => self.sandbox.objects().put(&key, &body).map_err(of_sandbox),
            CopiedPart::Users(users) => {
                let users = users.into_iter().map(|user| User {
                    sub: user.attributes.get("sub").cloned().unwrap_or_default(),
                    attributes: user.attributes.into_iter().filter(|(name, _)| name != "sub").collect(),
                    name: user.name,
                });
                let pool = self.profile.user_pool_id.as_deref().unwrap_or_default();
                self.sandbox.users().add_to(pool, &self.wanted.attributes, users).map_err(of_sandbox)
            }
        }
    }
}

fn of_sandbox(error: SandboxError) -> Box<Failure> {
    Failure::new(ErrorCode::Io, error.to_string()).into()
}
