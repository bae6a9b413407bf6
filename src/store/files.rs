//! Files in S3 that are read as they are.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::attributes::torn;
use super::error::StoreError;
use super::read::ReadStore;

/// Bytes that are held at once.
const CHUNK: usize = 256 << 10;

impl ReadStore {
    /// Copies an object into `to`, piece by piece; gives back its size in bytes.
    ///
    /// # Errors
    /// [`StoreError::S3Missing`] where there is no such object; [`StoreError::Service`] also where the answer was cut short.
    pub async fn download<W: AsyncWrite + Unpin>(
        &self,
        bucket: &str,
        key: &str,
        to: &mut W,
    ) -> Result<u64, StoreError> {
        let missing = || StoreError::S3Missing { uri: format!("s3://{bucket}/{key}") };
        let answer = self.get_object(bucket, key).await?.ok_or_else(missing)?;
        let expected = answer.content_length().and_then(|n| u64::try_from(n).ok());
        let copied = copy(&mut answer.body.into_async_read(), to).await.map_err(|e| torn(bucket, &e.to_string()))?;
        match expected {
            Some(expected) if expected != copied => Err(torn(bucket, &format!("{copied} of {expected} bytes came"))),
            _ => Ok(copied),
        }
    }
}

async fn copy<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(from: &mut R, to: &mut W) -> std::io::Result<u64> {
    let mut buffer = vec![0; CHUNK];
    let mut copied = 0;
    loop {
        let read = from.read(&mut buffer).await?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        to.write_all(bytes).await?;
        copied += read as u64;
    }
    to.flush().await?;
    Ok(copied)
}
