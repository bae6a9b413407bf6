//! Following an entity or a partition live: a cheap reading every few seconds, until it is cancelled. Nothing is written.

mod entity;
mod pace;
mod partition;

use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Event, Watched, Watching};
use crate::engine::task::{Stop, Task};
use entity::Entity;
use pace::Pace;
use partition::Partition;

/// Follows; ends only when it is cancelled.
pub(in crate::engine) async fn run(task: &Task, what: &Watched) -> Result<(), Stop> {
    let mut watch = match what {
        Watched::Entity { entity, known } => Watch::Entity(Entity::new(entity, *known)),
        Watched::Partition(listing) => Watch::Partition(Partition::new(listing)),
    };
    let (mut pace, mut paused) = (Pace::default(), None);
    loop {
        let throttled = throttled(task);
        match watch.look(task).await {
            Ok(has_changed) => {
                if paused.take().is_some() {
                    task.emit(Event::Watching(Watching::Resumed)).await?;
                }
                match has_changed {
                    // Also where it is somebody else's work that is throttled: this one can wait.
                    _ if self::throttled(task) > throttled => pace.back_off(),
                    true => pace.changed(),
                    false => pace.quiet(),
                }
            }
            Err(Stop::Cancelled) => return Err(Stop::Cancelled),
            Err(Stop::Failed(failure)) => {
                pace.back_off();
                let cause = cause(&failure);
                if paused.as_ref() != Some(&cause) {
                    paused = Some(cause);
                    task.emit(Event::Watching(Watching::Paused(failure))).await?;
                }
            }
        }
        // Totals are shown while nothing is told, too.
        task.shared.count(|_| {});
        tokio::time::sleep(pace.pause()).await;
    }
}

/// The cause by which two failures are the same one: the service's own words may differ each time.
fn cause(failure: &Failure) -> (ErrorCode, Option<String>) {
    (failure.code, failure.aws_code.clone())
}

fn throttled(task: &Task) -> u64 {
    task.store().meter().reading().throttled
}

/// The target of a watch, with the state in which it was seen last.
enum Watch<'a> {
    Entity(Entity<'a>),
    Partition(Partition<'a>),
}

impl Watch<'_> {
    /// Looks once and tells what changed; whether anything did.
    async fn look(&mut self, task: &Task) -> Result<bool, Stop> {
        match self {
            Self::Entity(entity) => entity.look(task).await,
            Self::Partition(partition) => partition.look(task).await,
        }
    }
}
