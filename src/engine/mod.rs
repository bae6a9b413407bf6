//! Everything slow: commands in, events out, nothing else between the engine and an interface.

mod check;
pub mod failure;
mod files;
mod items;
pub mod journal;
mod plan;
pub mod protocol;
mod read;
mod records;
mod rehearse;
mod remote;
mod run;
mod serve;
mod task;

#[cfg(test)]
pub(crate) use read::browse::seen;
pub use read::elsewhere::{OpenSnapshot, OpenedSnapshot, open_snapshots_with};
pub use serve::serve;

use tokio::sync::{mpsc, watch};

use protocol::{Command, Counters, Envelope, OpenStage, RequestId};

/// Events that may wait before the engine does: a slow reader slows the engine down, and nothing is lost.
pub const EVENT_CAPACITY: usize = 256;
/// Commands that may wait.
pub const COMMAND_CAPACITY: usize = 64;

/// An interface's end of the boundary.
#[derive(Debug)]
pub struct EngineHandle {
    /// Commands to the engine, each under a request id that the interface has not used before.
    pub commands: mpsc::Sender<(RequestId, Command)>,
    /// Events from the engine; closed when the engine has ended.
    pub events: mpsc::Receiver<Envelope>,
    /// Running totals.
    pub counters: watch::Receiver<Counters>,
}

/// The engine's end of the boundary.
#[derive(Debug)]
pub struct EngineEnd {
    /// Commands from the interface; closed when it has gone.
    pub commands: mpsc::Receiver<(RequestId, Command)>,
    /// Events to the interface.
    pub events: mpsc::Sender<Envelope>,
    /// Running totals.
    pub counters: watch::Sender<Counters>,
    /// Makes the services that plans are rehearsed on; `None` where there are none.
    pub stage: Option<OpenStage>,
}

/// Both ends of a new boundary.
#[must_use]
pub fn boundary() -> (EngineHandle, EngineEnd) {
    let (command_tx, command_rx) = mpsc::channel(COMMAND_CAPACITY);
    let (event_tx, event_rx) = mpsc::channel(EVENT_CAPACITY);
    let (counter_tx, counter_rx) = watch::channel(Counters::default());
    (
        EngineHandle { commands: command_tx, events: event_rx, counters: counter_rx },
        EngineEnd { commands: command_rx, events: event_tx, counters: counter_tx, stage: None },
    )
}
