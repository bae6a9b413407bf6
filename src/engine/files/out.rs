//! Where an exported file goes: a file that appears when it is whole, or an object.

use std::path::{Path, PathBuf};

use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::domain::csv::Place;
use crate::domain::printable::without_place;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::task::{Stop, Task, blocking};
use crate::store::publish::Upload;

/// A file that is being written.
pub(super) enum Out {
    File { file: File, temporary: TempPath, path: PathBuf },
    S3(Box<Upload>),
}

impl Out {
    /// Begins one. What is there already is never written over.
    pub(super) async fn begin(task: &Task, place: &Place, content_type: &'static str) -> Result<Self, Stop> {
        match place {
            Place::File(path) => {
                let path = Path::new(path).to_path_buf();
                if path.exists() {
                    return Err(exists(&place.to_string()).into());
                }
                let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let made = tempfile::Builder::new().prefix(".tenantry-").tempfile_in(dir).map_err(|e| io(&path, &e))?;
                let (file, temporary) = made.into_parts();
                Ok(Self::File { file: File::from_std(file), temporary, path })
            }
            Place::S3 { bucket, key } => {
                let Some(store) = task.writes() else {
                    let failure =
                        Failure::new(ErrorCode::Usage, "an export to S3 writes there, and the profile is read-only");
                    return Err(failure.hint("arm it first (--arm)").into());
                };
                if task.store().has_object_in(bucket, key).await? {
                    return Err(exists(&place.to_string()).into());
                }
                Ok(Self::S3(Box::new(store.upload(bucket, key, content_type))))
            }
        }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        match self {
            Self::File { file, path, .. } => Ok(file.write_all(bytes).await.map_err(|e| io(path, &e))?),
            Self::S3(upload) => Ok(upload.write(bytes).await?),
        }
    }

    pub(super) async fn finish(self) -> Result<(), Stop> {
        match self {
            Self::File { mut file, temporary, path } => {
                file.flush().await.map_err(|e| io(&path, &e))?;
                file.sync_all().await.map_err(|e| io(&path, &e))?;
                blocking(move || match temporary.persist_noclobber(&path) {
                    Ok(()) => Ok(()),
                    Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                        Err(Stop::from(exists(&path.display().to_string())))
                    }
                    Err(error) => Err(io(&path, &error.error).into()),
                })
                .await?
            }
            Self::S3(upload) => Ok(upload.finish().await?),
        }
    }

    /// Nothing of it stays.
    pub(super) async fn abort(self) {
        if let Self::S3(upload) = self {
            upload.abort().await;
        }
    }
}

pub(super) fn io(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(ErrorCode::Io, format!("{}: {}", path.display(), without_place(&error.to_string())))
}

fn exists(place: &str) -> Failure {
    Failure::new(ErrorCode::Io, format!("{place} exists already")).hint("name another one: nothing is written over")
}
