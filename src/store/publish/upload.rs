//! Files as S3 objects: in parts while they grow, there in whole or not at all.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::WriteStore;
use super::objects::is_of;
use crate::store::error::{Call, ErrorKind, ServiceError, StoreError};

/// Bytes of a part. S3 takes 10,000 of them, so an object may have 80 GB.
const PART: usize = 8 << 20;

/// An object that is being written. It is there once it is finished, and not before.
#[derive(Debug)]
pub struct Upload {
    store: WriteStore,
    bucket: String,
    key: String,
    content_type: &'static str,
    id: Option<String>,
    parts: Vec<CompletedPart>,
    waiting: Vec<u8>,
    bytes: u64,
}

impl WriteStore {
    /// Begins an object.
    #[must_use]
    pub fn upload(&self, bucket: &str, key: &str, content_type: &'static str) -> Upload {
        Upload {
            store: self.clone(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            content_type,
            id: None,
            parts: Vec::new(),
            waiting: Vec::new(),
            bytes: 0,
        }
    }
}

impl Upload {
    /// Adds to it.
    ///
    /// # Errors
    /// [`StoreError::Service`]; [`Upload::abort`] takes back what was sent.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.bytes += bytes.len() as u64;
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() >= PART {
            let rest = self.waiting.split_off(PART);
            let part = std::mem::replace(&mut self.waiting, rest);
            self.send(part).await?;
        }
        Ok(())
    }

    /// Makes the object appear.
    ///
    /// # Errors
    /// [`StoreError::Service`]; nothing stays behind then that is not told in the log.
    pub async fn finish(mut self) -> Result<(), StoreError> {
        let last = std::mem::take(&mut self.waiting);
        if self.id.is_none() {
            let call = Call { service: "s3", operation: "PutObject", resource: &self.bucket };
            let request = self.store.read.s3.put_object().bucket(&self.bucket).key(&self.key);
            let request = request.content_type(self.content_type).body(ByteStream::from(last.clone()));
            let answer = request.send().await.map_err(|e| call.failed(e))?;
            return match is_of(&answer, &last) || self.is_there().await? {
                true => Ok(()),
                false => Err(unnamed(call)),
            };
        }
        if !last.is_empty()
            && let Err(error) = self.send(last).await
        {
            self.abort().await;
            return Err(error);
        }
        let call = Call { service: "s3", operation: "CompleteMultipartUpload", resource: &self.bucket };
        let parts = CompletedMultipartUpload::builder().set_parts(Some(std::mem::take(&mut self.parts))).build();
        let request = self.store.read.s3.complete_multipart_upload().bucket(&self.bucket).key(&self.key);
        let request = request.set_upload_id(self.id.clone()).multipart_upload(parts);
        let error = match request.send().await {
            Ok(answer) if answer.e_tag().is_some_and(|tag| !tag.is_empty()) => return Ok(()),
            Ok(_) => unnamed(call),
            Err(error) => call.failed(error),
        };
        // Its answer may have been lost: repeated, it would find no upload any more.
        if self.is_there().await == Ok(true) {
            return Ok(());
        }
        self.abort().await;
        Err(error)
    }

    async fn is_there(&self) -> Result<bool, StoreError> {
        Ok(self.store.read.object_bytes(&self.bucket, &self.key).await? == Some(self.bytes))
    }

    /// Gives it up: no object appears, and no parts stay behind.
    pub async fn abort(self) {
        let Some(id) = self.id else { return };
        let request = self.store.read.s3.abort_multipart_upload().bucket(&self.bucket).key(&self.key).upload_id(&id);
        if let Err(error) = request.send().await {
            let call = Call { service: "s3", operation: "AbortMultipartUpload", resource: &self.bucket };
            let error = call.failed(error);
            tracing::warn!(%error, key = %self.key, "parts of an upload that was given up stay behind");
        }
    }

    async fn send(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        let s3 = &self.store.read.s3;
        if self.id.is_none() {
            let call = Call { service: "s3", operation: "CreateMultipartUpload", resource: &self.bucket };
            let request = s3.create_multipart_upload().bucket(&self.bucket).key(&self.key);
            let answer = request.content_type(self.content_type).send().await.map_err(|e| call.failed(e))?;
            self.id = answer.upload_id().map(str::to_owned);
        }
        let number = i32::try_from(self.parts.len()).unwrap_or(i32::MAX).saturating_add(1);
        let call = Call { service: "s3", operation: "UploadPart", resource: &self.bucket };
        let request = s3.upload_part().bucket(&self.bucket).key(&self.key).set_upload_id(self.id.clone());
        let answer = request.part_number(number).body(ByteStream::from(bytes)).send().await;
        let answer = answer.map_err(|e| call.failed(e))?;
        if answer.e_tag().is_none_or(str::is_empty) {
            return Err(unnamed(call));
        }
        self.parts.push(CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag).build());
        Ok(())
    }
}

/// An answer that does not say what is there.
fn unnamed(call: Call<'_>) -> StoreError {
    let happened = "the answer does not name what was sent, and it is not there as it was sent";
    StoreError::Service(Box::new(ServiceError::of(ErrorKind::Unknown, call, happened)))
}
