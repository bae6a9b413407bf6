//! The directory of a copy: where it is made, what an interrupted one left there, and who may read it.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::io;
use crate::engine::failure::{ErrorCode, Failure};
use crate::lock::Held;

/// Held by whoever makes a copy, as by every sandbox.
const LOCK: &str = "sandbox.lock";
/// A directory that is being made is empty for no longer than this.
const EMPTY: Duration = Duration::from_secs(60);

/// Refuses a directory that holds anything.
pub(super) fn is_free(to: &Path) -> Result<(), Box<Failure>> {
    match std::fs::read_dir(to) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io(to, &error)),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Failure::new(ErrorCode::Io, format!("{} is there already, and not empty", to.display()))
                .hint("name another directory: nothing is written over")
                .into()),
        },
    }
}

/// Prefix of the directories beside a place in which its copy is made.
fn prefix(to: &Path) -> String {
    format!(".tenantry-{}-", to.file_name().unwrap_or_default().to_string_lossy())
}

/// Where the directory of a copy stands.
fn parent(to: &Path) -> &Path {
    to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A directory beside the place.
pub(super) fn beside(to: &Path) -> Result<TempDir, Box<Failure>> {
    let private = Permissions::from_mode(0o700);
    let dir = tempfile::Builder::new().prefix(&prefix(to)).permissions(private).tempdir_in(parent(to));
    dir.map_err(|error| io(parent(to), &error))
}

/// Removes what copies into the same place left behind that were ended before their end: it holds rows of customers. Gives back what was
/// removed.
pub(super) fn remove_left_over(to: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent(to)) else { return Vec::new() };
    let prefix = prefix(to);
    // Behind the name stand six characters of tempfile's: another place may begin with the same name.
    let is_ours = |name: &str| name.strip_prefix(&prefix).is_some_and(|rest| rest.len() == 6 && !rest.contains('-'));
    let left = entries.flatten().filter(|entry| {
        entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_ours(&entry.file_name().to_string_lossy())
    });
    left.map(|entry| entry.path()).filter(|dir| is_abandoned(dir) && std::fs::remove_dir_all(dir).is_ok()).collect()
}

/// Whether nobody makes a copy there any more.
fn is_abandoned(dir: &Path) -> bool {
    match File::open(dir.join(LOCK)) {
        Ok(lock) => !Held::by_anyone(&lock),
        Err(_) => {
            let is_empty = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none());
            let age = std::fs::metadata(dir).and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
            is_empty && age.is_some_and(|age| age > EMPTY)
        }
    }
}

/// Leaves everything below a directory to its owner alone.
pub(super) fn make_private(dir: &Path) -> Result<(), Box<Failure>> {
    let mut todo = vec![dir.to_path_buf()];
    while let Some(path) = todo.pop() {
        let failed = |error| io(&path, &error);
        let is_dir = std::fs::symlink_metadata(&path).map_err(failed)?.is_dir();
        let mode = if is_dir { 0o700 } else { 0o600 };
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).map_err(failed)?;
        if is_dir {
            for entry in std::fs::read_dir(&path).map_err(failed)? {
                todo.push(entry.map_err(failed)?.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_made_stays_and_what_was_left_goes() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("copy");
        let make = |name: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir(&path).unwrap();
            File::create(path.join(LOCK)).unwrap()
        };
        let held = Held::take(make(".tenantry-copy-Abc123")).unwrap();
        for name in [".tenantry-copy-left00", ".tenantry-copy-two-left00", ".tenantry-other-left00", "copy-left00"] {
            drop(make(name));
        }
        std::fs::create_dir(dir.path().join(".tenantry-copy-empty0")).unwrap();
        assert_eq!(remove_left_over(&to), [dir.path().join(".tenantry-copy-left00")]);
        drop(held);
        assert_eq!(remove_left_over(&to), [dir.path().join(".tenantry-copy-Abc123")]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 4);
    }
}
