//! A worker that was set up for something, and one after another in its place.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::child::{BAD, READY};
use super::pool;
use super::process::{Lost, Process};
use super::wire::{Reader, Writer};

/// Entities in a row at which workers ended: no other would fare better.
const HOPELESS: u32 = 10;
/// Most that is in flight at a time: entities, and bytes.
const ENTITIES: usize = 64;
const BYTES: usize = 1 << 20;

/// Why something cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// It cannot be read, in words that stay true.
    Unreadable(String),
    /// The worker ended over it, or there is none.
    Ended(String),
}

impl Refused {
    pub(super) fn words(self) -> String {
        match self {
            Self::Unreadable(words) | Self::Ended(words) => words,
        }
    }
}

/// Whoever asks.
#[derive(Debug)]
pub(super) struct Session {
    /// The frame that sets a worker up.
    setup: Writer,
    process: Mutex<Option<Process>>,
    /// Ends in a row.
    ends: AtomicU32,
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(process) = self.process.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            pool::put(process);
        }
    }
}

impl Session {
    /// Sets a worker up.
    pub(super) fn open(setup: Writer) -> Result<Self, Refused> {
        let process = set_up(&setup)?;
        Ok(Self { setup, process: Mutex::new(Some(process)), ends: AtomicU32::new(0) })
    }

    /// Whether workers ended at so many in a row that no more are asked.
    pub(super) fn is_hopeless(&self) -> bool {
        self.ends.load(Ordering::Relaxed) >= HOPELESS
    }

    /// The answers to all of them, in their order; where a worker ended, what happened to it.
    pub(super) fn ask(&self, kind: u8, all: &[Vec<u8>]) -> Vec<Result<Vec<u8>, String>> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = Vec::with_capacity(all.len());
        while answers.len() < all.len() {
            if self.is_hopeless() {
                answers.push(Err(format!("was not tried: {HOPELESS} in a row did not come to an end")));
                continue;
            }
            let ready = match process.take().map_or_else(|| set_up(&self.setup), Ok) {
                Ok(ready) => ready,
                Err(refused) => {
                    self.ends.fetch_add(1, Ordering::Relaxed);
                    answers.push(Err(refused.words()));
                    continue;
                }
            };
            *process = self.some(ready, kind, all, &mut answers);
        }
        answers
    }

    /// Asks for as many as may be in flight; the worker, if it is still there.
    fn some(
        &self,
        mut process: Process,
        kind: u8,
        all: &[Vec<u8>],
        answers: &mut Vec<Result<Vec<u8>, String>>,
    ) -> Option<Process> {
        let left = &all[answers.len()..];
        let mut bytes = 0;
        let fit = left.iter().take(ENTITIES).take_while(|one| {
            let fits = bytes == 0 || bytes + one.len() <= BYTES;
            bytes += one.len();
            fits
        });
        let count = fit.count();
        let mut frame = Writer::of(kind);
        frame.count(count);
        left[..count].iter().for_each(|one| frame.0.extend(one));
        process.send(&frame);
        for _ in 0..count {
            match process.receive() {
                Ok(mut answer) if answer.first() == Some(&READY) => {
                    answer.remove(0);
                    self.ends.store(0, Ordering::Relaxed);
                    answers.push(Ok(answer));
                }
                Ok(_) => return self.lost(process, Lost::Odd, answers),
                Err(lost) => return self.lost(process, lost, answers),
            }
        }
        Some(process)
    }

    fn lost(&self, process: Process, lost: Lost, answers: &mut Vec<Result<Vec<u8>, String>>) -> Option<Process> {
        self.ends.fetch_add(1, Ordering::Relaxed);
        answers.push(Err(process.post_mortem(lost)));
        None
    }
}

fn set_up(setup: &Writer) -> Result<Process, Refused> {
    let mut process = pool::take().map_err(Refused::Ended)?;
    process.send(setup);
    let answer = match process.receive() {
        Ok(answer) => answer,
        Err(lost) => return Err(Refused::Ended(process.post_mortem(lost))),
    };
    match answer.split_first() {
        Some((&READY, _)) => Ok(process),
        Some((&BAD, words)) => {
            pool::put(process);
            Err(Refused::Unreadable(Reader::new(words).text().unwrap_or_default().to_owned()))
        }
        _ => Err(Refused::Ended(process.post_mortem(Lost::Odd))),
    }
}

/// Whether something can be set up at all: a worker is asked, and given back.
pub(super) fn try_out(setup: &Writer) -> Result<(), Refused> {
    set_up(setup).map(pool::put)
}
