//! Small files of the state directory: worth knowing, and nothing breaks without them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::journal::{JournalError, io, private_dir};

/// Puts a value into a file as JSON; readers see the former text or the new one. Blocks on the disk.
pub(super) fn write(dir: &Path, name: &str, value: &impl Serialize) -> Result<(), JournalError> {
    private_dir(dir)?;
    let path = dir.join(name);
    let text = serde_json::to_string(value).unwrap_or_default();
    let private = PermissionsExt::from_mode(0o600);
    let mut file = tempfile::Builder::new().permissions(private).tempfile_in(dir).map_err(io(dir))?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(io(&path))?;
    file.persist(&path).map_err(|error| io(&path)(error.error))?;
    Ok(())
}

/// The value of a file; a file that cannot be read counts as none. Blocks on the disk.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let file = crate::config::open_regular(path).ok()?;
    serde_json::from_reader(std::io::BufReader::new(file)).ok()
}
