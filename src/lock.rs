//! Locks on files: one process at a time.
#![expect(clippy::disallowed_methods, reason = "the one place that takes and gives back locks")]

use std::fs::{File, TryLockError};
use std::ops::{Deref, DerefMut};
use std::thread::sleep;
use std::time::Duration;

/// Tries to take a lock, and the pause between two: [`Held::by_anyone`] of another process has it for an instant.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(10);

/// An open file that nobody else holds; given back when dropped.
#[derive(Debug)]
pub(crate) struct Held(File);

impl Held {
    /// Takes the file; `None` while another has it. Blocks for a moment.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn take(file: File) -> std::io::Result<Option<Self>> {
        for tried in 1..=TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if tried < TRIES => sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        Ok(None)
    }

    /// True while some process, this one included, holds the file.
    pub(crate) fn by_anyone(file: &File) -> bool {
        let is_held = file.try_lock_shared().is_err();
        let _ = file.unlock();
        is_held
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Closing alone would not do: a child process has every open file of its parent until its own program begins.
        let _ = self.0.unlock();
    }
}

impl Deref for Held {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_free_once_it_is_given_back_though_another_has_it_open() {
        let file = tempfile::tempfile().unwrap();
        // As a child has it between fork and exec.
        let inherited = file.try_clone().unwrap();
        let held = Held::take(file).unwrap().unwrap();
        drop(held);
        let dir = std::path::PathBuf::from(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&inherited)));
        let again = File::options().read(true).write(true).open(dir).unwrap();
        assert!(!Held::by_anyone(&again));
        assert!(Held::take(again).unwrap().is_some());
    }
}
