//! Workers that are idle: listings and views need one for moments only.

use std::sync::{Mutex, PoisonError};

use super::process::Process;
use super::program;

/// Idle workers that are held ready.
const READY: usize = 2;

static IDLE: Mutex<Vec<Process>> = Mutex::new(Vec::new());

/// A worker: an idle one, or a new one.
pub(super) fn take() -> Result<Process, String> {
    let idle = std::iter::from_fn(|| IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop());
    // One may have been ended from outside meanwhile.
    for mut process in idle {
        if process.is_alive() {
            return Ok(process);
        }
    }
    let Some(program) = program() else {
        return Err("filters and schemas need a process of their own, and no program was named for it".to_owned());
    };
    Process::start(program).map_err(|error| format!("no process for filters and schemas could be started: {error}"))
}

/// Gives a worker back that has answered everything it was asked.
pub(super) fn put(process: Process) {
    let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if idle.len() < READY {
        idle.push(process);
    }
}
