//! The source of a plan where it is in no table: a snapshot that is opened to be read.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

use crate::config::Profile;
use crate::domain::plan::Source;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::Counters;
use crate::engine::task::{Shared, Stop, Task, blocking};
use crate::store::connect;

/// A snapshot that can be read for as long as this is there.
pub trait OpenedSnapshot: Debug + Send + Sync {
    /// The profile that leads to its rows.
    fn profile(&self) -> &Profile;
    /// A description of the snapshot, for people.
    fn said(&self) -> String;
}

/// Opens a snapshot's directory.
pub type OpenSnapshot = fn(&Path) -> Result<Box<dyn OpenedSnapshot>, Box<Failure>>;

static OPEN: OnceLock<OpenSnapshot> = OnceLock::new();

/// Says how snapshots are opened; without it no plan can read one. The first way stays.
pub fn open_snapshots_with(open: OpenSnapshot) {
    let _ = OPEN.set(open);
}

/// Where a plan's source is read.
#[derive(Debug)]
pub(in crate::engine) struct SourceSide {
    task: Task,
    opened: Option<Box<dyn OpenedSnapshot>>,
}

impl SourceSide {
    /// The tables of the profile, or the snapshot that the plan names.
    pub(in crate::engine) async fn of(task: &Task, source: &Source) -> Result<Self, Stop> {
        let Some(dir) = source.snapshot.clone().map(PathBuf::from) else {
            return Ok(Self { task: task.clone(), opened: None });
        };
        let open = OPEN.get().ok_or_else(|| {
            let failure = Failure::new(ErrorCode::Usage, "this build has no sandbox to open a snapshot with");
            failure.hint("build with the default features")
        })?;
        let opened = blocking(move || open(&dir)).await?;
        let opened = opened.map_err(|mut failure| {
            failure.key.get_or_insert_with(|| "source.snapshot".to_owned());
            Stop::Failed(failure)
        })?;
        let profile = opened.profile().clone();
        let connected = connect(&profile).await;
        // Reads there cost nothing, and are not counted with the cost of the tables.
        let (counters, _) = watch::channel(Counters::default());
        let (state_dir, events) = (task.shared.state_dir.clone(), task.shared.events.clone());
        let shared = Arc::new(Shared::new(profile, connected, state_dir, events, counters));
        Ok(Self { task: Task::new(&shared, task.request, task.cancel.clone()), opened: Some(opened) })
    }

    /// The task that reads the source.
    pub(in crate::engine) fn task(&self) -> &Task {
        &self.task
    }

    /// Whether it is in no table of the profile.
    pub(in crate::engine) fn is_snapshot(&self) -> bool {
        self.opened.is_some()
    }

    /// Note on the source, to be read before a run.
    pub(in crate::engine) fn note(&self) -> Option<String> {
        let opened = self.opened.as_ref()?;
        Some(format!("the source is {}: it is not compared again when the run writes", opened.said()))
    }

    /// Lets it go where waiting does no harm.
    pub(in crate::engine) async fn close(self) -> Result<(), Stop> {
        let Self { task, opened } = self;
        drop(task);
        if opened.is_some() { blocking(move || drop(opened)).await } else { Ok(()) }
    }
}
