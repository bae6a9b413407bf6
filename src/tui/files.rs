//! Files of our own: whole or not at all, and for the owner only.

use std::io::{self, Write as _};
use std::path::Path;

use crate::domain::printable::without_place;
use crate::language::system;

/// Writes a file in one step with mode 0600; directories that are missing are made with 0700.
///
/// # Errors
/// The file system's own error; an earlier file is untouched then.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    prepared(path, bytes)?.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// As [`write_private`], but never over a file that is there already.
///
/// # Errors
/// The file system's own error.
pub(crate) fn create_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    prepared(path, bytes)?.persist_noclobber(path).map_err(|e| e.error)?;
    Ok(())
}

/// As [`write_private`]; who may read and write a file that is there stays as it was.
fn write_over(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let permissions = std::fs::metadata(path).map(|meta| meta.permissions());
    let file = prepared(path, bytes)?;
    if let Ok(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Writes a plan; over another file only where that is wanted.
///
/// # Errors
/// The file system's own error, or that a file is there already, in words.
pub(crate) fn write_plan(file: &Path, text: &str, over: bool) -> Result<(), String> {
    let said = |e: io::Error| format!("{}: {}", file.display(), system(&e));
    if over {
        // The file behind a link is meant, not the link.
        let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
        return write_over(&file, text.as_bytes()).map_err(said);
    }
    create_private(file, text.as_bytes()).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => {
            tr!("%{file} is there already: `:plan replace %{file}` writes over it", file = file.display()).into_owned()
        }
        _ => said(e),
    })
}

/// Names that are listed of a directory at most.
const NAMES: usize = 500;

/// The names of what stands in a directory, a slash behind directories; none where it cannot be read. Hidden ones are left out.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))?;
            // Behind a link counts what it leads to.
            let is_dir = std::fs::metadata(entry.path()).is_ok_and(|meta| meta.is_dir());
            Some(if is_dir { format!("{name}/") } else { name })
        })
        .take(NAMES)
        .collect();
    names.sort_unstable();
    names
}

/// The bytes in a temporary file beside the one they are for.
fn prepared(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let parent = path.parent().ok_or_else(|| io::Error::other(tr!("the file needs a directory").into_owned()))?;
    make_private_dir(parent)?;
    // Temporary files are made with mode 0600.
    let plainly = |e: io::Error| io::Error::new(e.kind(), without_place(&e.to_string()).to_owned());
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(plainly)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(unix)]
fn make_private_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private_dir(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_plan_that_is_written_over_stays_readable_by_whom_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan.toml");
        write_plan(&path, "one", false).unwrap();
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        write_plan(&path, "two", true).unwrap();
        assert_eq!((mode(), std::fs::read_to_string(&path).unwrap()), (0o644, "two".to_owned()));
    }

    #[test]
    fn others_read_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/config.toml");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
