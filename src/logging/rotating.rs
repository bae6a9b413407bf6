//! A file that is set aside when it has become large, however many programs write it.

use std::fs::{File, OpenOptions};
use std::io::{Result, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Bytes at which a file is set aside.
const LARGE: u64 = 1024 * 1024;
/// Files that were set aside and stay.
const KEPT: usize = 2;
/// Bytes between two looks at the file.
const LOOK: usize = 16 * 1024;

/// The file that is written now.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    file: File,
    written: usize,
}

impl Rotating {
    /// Opens the file, made if missing, and sets a large one aside first.
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        set_aside(&path);
        Ok(Self { file: open(&path)?, path, written: 0 })
    }

    /// Takes the file that is at the path now: another program may have set the one before aside.
    fn look(&mut self) -> Result<()> {
        set_aside(&self.path);
        let own = self.file.metadata()?;
        let is_there =
            std::fs::symlink_metadata(&self.path).is_ok_and(|now| (now.dev(), now.ino()) == (own.dev(), own.ino()));
        if !is_there {
            self.file = open(&self.path)?;
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// The name of the n-th file that was set aside.
fn aside(path: &Path, n: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{n}"));
    name.into()
}

/// Sets a file aside that has become large. Where that cannot be done it grows on.
fn set_aside(path: &Path) {
    if !std::fs::symlink_metadata(path).is_ok_and(|file| file.is_file() && file.len() >= LARGE) {
        return;
    }
    for n in (1..KEPT).rev() {
        let _ = std::fs::rename(aside(path, n), aside(path, n + 1));
    }
    let _ = std::fs::rename(path, aside(path, 1));
}

impl Write for Rotating {
    fn write(&mut self, line: &[u8]) -> Result<usize> {
        self.file.write_all(line)?;
        self.written += line.len();
        if self.written >= LOOK {
            self.written = 0;
            self.look()?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_programs_write_the_same_file_and_it_never_grows_beyond_all_bounds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tenantry.log");
        let (mut one, mut other) = (Rotating::open(path.clone()).unwrap(), Rotating::open(path.clone()).unwrap());
        let line = [b'x'; 1000];
        for _ in 0..5_000 {
            one.write_all(&line).unwrap();
            other.write_all(&line).unwrap();
        }
        let size = |path: &Path| std::fs::metadata(path).map(|file| file.len()).unwrap_or(0);
        let most = LARGE + 4 * LOOK as u64;
        assert!(size(&path) <= most && (LARGE..=most).contains(&size(&aside(&path, 1))), "{}", size(&path));
        assert!(size(&aside(&path, KEPT)) >= LARGE && !aside(&path, KEPT + 1).exists());
        // Both write where a reader looks.
        for writer in [&mut one, &mut other] {
            writer.look().unwrap();
            let before = size(&path);
            writer.write_all(b"last").unwrap();
            assert_eq!(size(&path), before + 4);
        }
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }
}
