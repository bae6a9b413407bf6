//! Rows that the run itself refused: they join those that the preview refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::open::{COPY, Opened, Opening};
use super::out::io;
use super::rejects::write;
use crate::domain::csv::encoding::Format;
use crate::domain::digest::hex;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{Journal, private_file};
use crate::engine::protocol::{Event, Level};
use crate::engine::task::{Stop, Task, blocking};

/// Name of the file beside the journal that describes the rejects.
const KEPT: &str = "rejects.json";

/// The rejects of a run, as they were written last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// Name of the file that is read.
    name: String,
    format: Format,
    wants_tenant: bool,
    /// Where the rejects are: a path that does not depend on where the program is started.
    path: PathBuf,
    /// The hash of what was written there last: a file that someone mends is not written over.
    sha256: String,
    /// Whether they hold the rows that the run refused, and no others.
    of_run: bool,
    /// Whether rows that the run refused are among them.
    has_run: bool,
}

/// Writes the rows that a preview refused; gives back how many there are.
pub(in crate::engine) async fn begin(
    journal: &Journal,
    from: &Opened,
    opening: Opening,
    to: &str,
) -> Result<u64, Stop> {
    let path = PathBuf::from(to);
    let path = std::path::absolute(&path).map_err(|e| io(&path, &e))?;
    let written = write(journal, from, &path, false).await?;
    let kept = Kept {
        name: from.name.clone(),
        format: opening.format,
        wants_tenant: opening.wants_tenant,
        path,
        sha256: written.sha256,
        of_run: false,
        has_run: false,
    };
    save(journal.dir(), kept).await?;
    Ok(written.count)
}

/// Writes the rows that a run refused to those of its preview. Does nothing for runs that read no file, or name no place for rejects.
pub(in crate::engine) async fn after_run(task: &Task, journal: &Journal, is_complete: bool) -> Result<(), Stop> {
    let dir = journal.dir().to_path_buf();
    let read = blocking(move || std::fs::read(dir.join(KEPT))).await?;
    let Ok(text) = read else { return Ok(()) };
    let mut kept: Kept = serde_json::from_slice(&text)
        .map_err(|e| Failure::new(ErrorCode::Io, format!("{}: {e}", journal.dir().join(KEPT).display())))?;
    let refused = journal.refused(0, 1, true).await?;
    if !refused.is_empty() || kept.has_run {
        let opening = Opening { format: kept.format, wants_tenant: kept.wants_tenant, keep: true };
        let from = Opened::look(journal.dir().join(COPY), kept.name.clone(), opening).await?;
        place(&mut kept, journal).await?;
        let written = write(journal, &from, &kept.path, kept.of_run).await?;
        (kept.sha256, kept.has_run) = (written.sha256, !refused.is_empty());
        let (name, path) = (kept.name.clone(), kept.path.display().to_string());
        save(journal.dir(), kept).await?;
        // Nobody may be there to be told.
        let message = format!("{} rows of {name} are not written: they stand in {path}, each with why", written.count);
        task.emit(Event::Log(Level::Warning, message)).await.ok();
    }
    if is_complete && refused.is_empty() {
        // Every row has its place: the copy is not needed any more.
        let copy = journal.dir().join(COPY);
        let _ = blocking(move || std::fs::remove_file(copy)).await?;
    }
    Ok(())
}

/// Where the rejects go now: the file as it was written, or another one where someone took it away or changed it.
async fn place(kept: &mut Kept, journal: &Journal) -> Result<(), Stop> {
    let path = kept.path.clone();
    let found = blocking(move || hash(&path)).await?;
    match found {
        Some(sha256) if sha256 == kept.sha256 => {}
        None => kept.of_run = true,
        Some(_) => {
            let stem = kept.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            kept.path.set_file_name(format!("{stem}.{}.csv", journal.run()));
            kept.of_run = true;
        }
    }
    Ok(())
}

/// The hash of a file; `None` where there is none.
fn hash(path: &Path) -> Option<String> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() {
        return Some(String::new());
    }
    let mut file = std::fs::File::open(path).ok()?;
    let mut hash = HashWriter(Sha256::new());
    std::io::copy(&mut file, &mut hash).ok()?;
    Some(hex(&hash.0.finalize()))
}

struct HashWriter(Sha256);

impl std::io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn save(dir: &Path, kept: Kept) -> Result<(), Stop> {
    let path = dir.join(KEPT);
    blocking(move || {
        use std::io::Write as _;
        let text = serde_json::to_vec(&kept).unwrap_or_default();
        // Renamed into its place, so that a kill leaves the one before.
        let new = path.with_extension("new");
        let mut file = private_file(&new)?;
        file.set_len(0).and_then(|()| file.write_all(&text)).map_err(|e| Stop::from(io(&new, &e)))?;
        std::fs::rename(&new, &path).map_err(|e| io(&path, &e).into())
    })
    .await?
}
