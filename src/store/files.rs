//! Files in S3 that are read as they are.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::error::{Call, ErrorKind, ServiceError, StoreError};
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
        let call = Call { service: "s3", operation: "GetObject", resource: bucket };
        let answer = match self.s3.get_object().bucket(bucket).key(key).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let is_missing = error.as_service_error().is_some_and(|e| e.is_no_such_key());
                return Err(match call.failed(error) {
                    _ if is_missing => StoreError::S3Missing { uri: format!("s3://{bucket}/{key}") },
                    other => other,
                });
            }
        };
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

fn torn(bucket: &str, reason: &str) -> StoreError {
    StoreError::Service(Box::new(ServiceError {
        kind: ErrorKind::Unknown,
        service: "s3",
        action: "s3:GetObject".to_owned(),
        resource: bucket.to_owned(),
        message: format!("GetObject on {bucket}: the answer was torn: {reason}"),
        aws_code: None,
        request_id: None,
    }))
}
