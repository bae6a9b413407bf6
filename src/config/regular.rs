//! Files that people name: regular ones of a size that fits, so that no pipe, device or endless file holds the program up.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

/// The largest plan, view, schema or configuration file.
const LARGEST: u64 = 16 << 20;

/// Opens a regular file for reading.
///
/// # Errors
/// The error of the system; `InvalidInput` for a pipe, a socket, a device or a directory.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // Opening a pipe would wait for whoever writes into it; for regular files the flag means nothing.
    let flag = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flag).open(path)?;
    // Of what was opened: a name may lead elsewhere by now.
    let kind = file.metadata()?.file_type();
    let what = if kind.is_file() {
        return Ok(file);
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}, not a regular file")))
}

/// The text of a regular file of 16 MB at most.
///
/// # Errors
/// As [`open_regular`]; also for a larger one, and one that is not UTF-8.
pub fn read_regular(path: &Path) -> io::Result<String> {
    let file = open_regular(path)?;
    let too_large = || {
        let message = format!("it is larger than {} MB", LARGEST >> 20);
        io::Error::new(io::ErrorKind::FileTooLarge, message)
    };
    if file.metadata()?.len() > LARGEST {
        return Err(too_large());
    }
    let mut text = String::new();
    // It may grow meanwhile, and some files tell no size.
    file.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST { Err(too_large()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_regular_file_is_named_and_never_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let said = |path: &Path| read_regular(path).unwrap_err().to_string();
        assert_eq!(said(&fifo), "it is a pipe, not a regular file");
        assert_eq!(said(Path::new("/dev/zero")), "it is a device, not a regular file");
        assert_eq!(said(dir.path()), "it is a directory, not a regular file");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&fifo, &link).unwrap();
        assert_eq!(said(&link), "it is a pipe, not a regular file");
        let missing = read_regular(&dir.path().join("missing")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn only_so_much_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "# ö\n").unwrap();
        assert_eq!(read_regular(&path).unwrap(), "# ö\n");
        File::options().write(true).open(&path).unwrap().set_len(LARGEST).unwrap();
        assert_eq!(read_regular(&path).unwrap().len() as u64, LARGEST);
        File::options().write(true).open(&path).unwrap().set_len(LARGEST + 1).unwrap();
        assert_eq!(read_regular(&path).unwrap_err().to_string(), "it is larger than 16 MB");
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert_eq!(read_regular(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
