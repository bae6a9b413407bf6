//! Embedded DynamoDB, S3 and Cognito for trying things out and for tests: nothing leaves the machine, all of it listens
//! on loopback, and it ends with the [`Sandbox`].

mod cognito;
mod convert;
mod demo;
mod dynamo;
mod error;
mod host;
mod line;
mod pipeline;
mod s3;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use cognito::{User, Users};
pub use convert::{to_item, to_row};
pub use demo::DemoSummary;
pub use dynamo::{TableOptions, Tables};
pub use dynoxide::{AttributeValue, Item};
pub use error::SandboxError;
pub use line::Line;
pub use pipeline::PipelineMode;
pub use s3::Objects;

use crate::lock::Held;
use host::Host;
use pipeline::Pipeline;

/// NODE_ENV of the sandbox's application.
pub const ENVIRONMENT: &str = "dev";
/// APP_NAME of the sandbox's application.
pub const APP: &str = "shop";
/// The region its clients name.
pub const REGION: &str = "ap-northeast-1";
/// The one bucket, for attributes and exports.
pub const BUCKET: &str = "shop-private";
/// The account its resources are in.
pub const ACCOUNT: &str = "000000000000";
/// The access key its clients sign with; S3 checks it.
pub const ACCESS_KEY_ID: &str = "sandbox";
/// The secret that belongs to [`ACCESS_KEY_ID`].
pub const SECRET_ACCESS_KEY: &str = "sandbox";
/// The time zone its application writes timestamps in.
pub const TIMEZONE: &str = "Asia/Tokyo";

/// How to start a sandbox.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Directory to keep everything in, made if missing; without one it lives in memory and a temporary directory.
    pub data: Option<PathBuf>,
    /// DynamoDB's port, with S3 and Cognito on the next two; none or 0 for free ones.
    pub port: Option<u16>,
    /// About how long the stand-in for the application's pipeline takes to apply a command row that was inserted without
    /// syncMode; none leaves such rows alone.
    pub pipeline: Option<Duration>,
}

/// Where the services listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// DynamoDB, as `http://127.0.0.1:PORT`.
    pub dynamodb: String,
    /// S3, path-style.
    pub s3: String,
    /// Cognito's user pools.
    pub cognito: String,
}

/// Running services; they stop when it is dropped, and what a directory keeps is complete by then.
#[derive(Debug)]
pub struct Sandbox {
    // Fields drop in this order: the services before the files they write, the lock last.
    pipeline: Option<Pipeline>,
    hosts: Vec<Host>,
    endpoints: Endpoints,
    dir: PathBuf,
    tables: Tables,
    objects: Objects,
    users: Users,
    _temporary: Option<tempfile::TempDir>,
    _lock: Option<Held>,
}

impl Sandbox {
    /// Starts the services and returns once they take requests.
    ///
    /// # Errors
    /// Taken ports, a directory that is in use, unwritable or damaged: each error says what to do.
    pub fn start(options: Options) -> Result<Self, SandboxError> {
        let ports = ports(options.port)?;
        let (dir, lock, temporary) = match &options.data {
            Some(dir) => (dir.clone(), Some(lock(dir)?), None),
            None => {
                let temporary = tempfile::Builder::new()
                    .prefix("tenantry-sandbox-")
                    .tempdir()
                    .map_err(SandboxError::file("create", std::env::temp_dir()))?;
                (temporary.path().to_owned(), None, Some(temporary))
            }
        };
        let keeps = options.data.is_some();
        let listeners =
            [host::listen("DynamoDB", ports[0])?, host::listen("S3", ports[1])?, host::listen("Cognito", ports[2])?];
        let [dynamodb, s3, cognito] = [0, 1, 2].map(|service: usize| host::url(&listeners[service]));

        let tables = Tables::open(keeps.then(|| dir.join("dynamodb.sqlite")).as_deref())?;
        let objects = Objects::open(&dir.join("s3"))?;
        let users = Users::open(keeps.then(|| dir.join("cognito.json")))?;
        let files = s3::service(&dir.join("s3"))?;

        let [for_dynamodb, for_s3, for_cognito] = listeners;
        let (served_tables, served_users) = (tables.clone(), users.clone());
        let hosts = vec![
            Host::start("DynamoDB", 2, move |stop| dynamo::serve(for_dynamodb, served_tables, stop))?,
            Host::start("S3+Cognito", 2, async move |stop| {
                tokio::join!(s3::serve(for_s3, files, stop.clone()), cognito::serve(for_cognito, served_users, stop),);
            })?,
        ];
        let pipeline =
            options.pipeline.map(|delay| Pipeline::start(tables.clone(), objects.clone(), delay)).transpose()?;
        Ok(Self {
            pipeline,
            hosts,
            endpoints: Endpoints { dynamodb, s3, cognito },
            dir,
            tables,
            objects,
            users,
            _temporary: temporary,
            _lock: lock,
        })
    }

    /// Stops the services, lets requests under way finish for a moment, and saves what is kept.
    ///
    /// # Errors
    /// [`SandboxError::File`] when the users could not be saved.
    pub fn stop(mut self) -> Result<(), SandboxError> {
        self.end()
    }

    /// Where the services listen.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The id of the user pool.
    #[must_use]
    pub fn user_pool_id(&self) -> &str {
        cognito::ID
    }

    /// The tables, without the network.
    #[must_use]
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The bucket's objects, without the network.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// The pool's users, without the network.
    #[must_use]
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// True while the sandbox has no tables.
    ///
    /// # Errors
    /// [`SandboxError::Dynamo`] when the database cannot be read.
    pub fn is_empty(&self) -> Result<bool, SandboxError> {
        Ok(self.tables.names()?.is_empty())
    }

    /// Loads the demo data; `progress` hears how many entities of how many are made. Takes a second or so in a thread that
    /// may wait, while the services answer; rows appear all at once at the end.
    ///
    /// # Errors
    /// [`SandboxError::NotEmpty`] unless the sandbox is empty; otherwise what writing it met with.
    pub fn load_demo(&self, progress: impl Fn(usize, usize)) -> Result<DemoSummary, SandboxError> {
        demo::load(self, jiff::Timestamp::now(), &progress)
    }

    /// Tells the pipeline stand-in what to do with the commands that it finds from now on.
    /// Gives false when the sandbox was started without one.
    pub fn set_pipeline_mode(&self, mode: PipelineMode) -> bool {
        self.pipeline.as_ref().inspect(|pipeline| pipeline.set_mode(mode)).is_some()
    }

    /// Mode of the pipeline stand-in; none when the sandbox was started without one.
    #[must_use]
    pub fn pipeline_mode(&self) -> Option<PipelineMode> {
        self.pipeline.as_ref().map(Pipeline::mode)
    }

    fn end(&mut self) -> Result<(), SandboxError> {
        self.pipeline = None;
        for host in &mut self.hosts {
            host.stop();
        }
        self.users.save()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "the sandbox's users are not saved");
        }
    }
}

/// The ports of the three services; zeros for any free ones.
fn ports(first: Option<u16>) -> Result<[u16; 3], SandboxError> {
    match first {
        None | Some(0) => Ok([0; 3]),
        Some(first) => {
            let last = first.checked_add(2).ok_or(SandboxError::PortRange(first))?;
            Ok([first, first + 1, last])
        }
    }
}

/// Makes the directory and takes it for this process: two sandboxes on the same files would overwrite each other.
fn lock(dir: &Path) -> Result<Held, SandboxError> {
    std::fs::create_dir_all(dir).map_err(SandboxError::file("create", dir))?;
    let path = dir.join("sandbox.lock");
    let file = File::create(&path).map_err(SandboxError::file("create", &path))?;
    let held = Held::take(file).map_err(SandboxError::file("lock", &path))?;
    held.ok_or_else(|| SandboxError::Locked { dir: dir.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_follow_the_first_and_must_exist() {
        assert_eq!(ports(None).unwrap(), [0, 0, 0]);
        assert_eq!(ports(Some(4000)).unwrap(), [4000, 4001, 4002]);
        assert_eq!(ports(Some(65533)).unwrap(), [65533, 65534, 65535]);
        assert!(matches!(ports(Some(65534)), Err(SandboxError::PortRange(65534))));
    }

    #[test]
    fn object_keys_stay_below_the_bucket() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::open(dir.path()).unwrap();
        objects.put("ddb/t/PRODUCT#acme/商品@1/x.json", b"{}").unwrap();
        assert_eq!(objects.get("ddb/t/PRODUCT#acme/商品@1/x.json").unwrap().unwrap(), b"{}");
        assert_eq!(objects.get("ddb/other.json").unwrap(), None);
        for key in ["", "/etc/x", "../x", "a/../../x", "a//b", "./a", "a/"] {
            assert!(matches!(objects.put(key, b""), Err(SandboxError::ObjectKey(_))), "{key}");
        }
    }

    #[test]
    fn two_sandboxes_do_not_share_a_directory() {
        let dir = tempfile::tempdir().unwrap();
        let first = lock(dir.path()).unwrap();
        assert!(matches!(lock(dir.path()), Err(SandboxError::Locked { .. })));
        drop(first);
        lock(dir.path()).unwrap();
    }
}
