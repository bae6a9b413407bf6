//! Checks of a state directory that is there already: it must be its owner's alone, and hold files and directories.

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::JournalError;

/// Bits of a mode that let others write.
const OTHERS_WRITE: u32 = 0o022;
/// Files that SQLite keeps beside a database.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Refuses a state directory that others may write, itself or one of those in it.
///
/// # Errors
/// [`JournalError::Unsafe`].
pub fn check_state_dir(state_dir: &Path) -> Result<(), JournalError> {
    let own = ["runs", "cache", "logs", "verifications"].map(|name| state_dir.join(name));
    std::iter::once(state_dir.to_path_buf()).chain(own).try_for_each(|dir| owners_alone(&dir))
}

/// Refuses a directory that others may write; one that is not there yet is none of them.
pub(super) fn owners_alone(dir: &Path) -> Result<(), JournalError> {
    let Ok(metadata) = std::fs::metadata(dir) else { return Ok(()) };
    let refused = |what| Err(JournalError::Unsafe { path: dir.to_path_buf(), what });
    if !metadata.is_dir() {
        return refused("is no directory");
    }
    if metadata.mode() & OTHERS_WRITE != 0 {
        return refused("can be written by others");
    }
    let own = rustix::process::geteuid().as_raw();
    // Root may work in everybody's, and everybody in what root made for them.
    if own != 0 && metadata.uid() != 0 && metadata.uid() != own {
        return refused("belongs to someone else");
    }
    Ok(())
}

/// Refuses what stands where a file of ours goes and is none: a symbolic link, a pipe, a device.
///
/// # Errors
/// [`JournalError::Unsafe`].
pub fn regular(path: &Path) -> Result<(), JournalError> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(()) };
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(());
    }
    let what = if kind.is_symlink() {
        "is a symbolic link"
    } else if kind.is_fifo() {
        "is a pipe"
    } else if kind.is_dir() {
        "is a directory"
    } else {
        "is no regular file"
    };
    Err(JournalError::Unsafe { path: path.to_path_buf(), what })
}

/// As [`regular`], for a database and what SQLite keeps beside it.
pub(super) fn regular_database(path: &Path) -> Result<(), JournalError> {
    BESIDE.iter().try_for_each(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        regular(&PathBuf::from(name))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_others_may_write_and_what_is_no_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        assert!(check_state_dir(&state).is_ok(), "not there yet");
        std::fs::create_dir_all(state.join("runs")).unwrap();
        for (mode, is_fine) in [(0o700, true), (0o755, true), (0o775, false), (0o777, false), (0o1777, false)] {
            std::fs::set_permissions(state.join("runs"), PermissionsExt::from_mode(mode)).unwrap();
            assert_eq!(check_state_dir(&state).is_ok(), is_fine, "{mode:o}");
        }
        let file = dir.path().join("journal.db");
        assert!(regular_database(&file).is_ok());
        std::fs::write(&file, "x").unwrap();
        assert!(regular_database(&file).is_ok());
        symlink("/etc/passwd", dir.path().join("journal.db-wal")).unwrap();
        let error = regular_database(&file).unwrap_err();
        assert!(error.to_string().ends_with("journal.db-wal is a symbolic link"), "{error}");
    }
}
