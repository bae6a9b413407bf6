use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use super::WriteStore;
use super::carried::Carried;
use super::request::PublishRequest;
use crate::domain::digest::hex;
use crate::store::attributes::{Body, S3Object};
use crate::store::error::{Call, ErrorKind, ServiceError, StoreError};

impl WriteStore {
    /// Puts the objects that the request's rows refer to. The same request puts the same objects.
    pub(super) async fn put_objects(&self, request: &PublishRequest) -> Result<(), StoreError> {
        let mut carried = Carried::new(self, request);
        for object in request.parts.iter().flat_map(|part| &part.objects) {
            let body = match &object.body {
                Body::Text(text) => SdkBody::from(text.as_str()),
                Body::Bytes { bytes, from } => carried.read(bytes, from).await?,
            };
            self.put_object(object, body).await?;
        }
        Ok(())
    }

    /// Removes them again; best effort: what stays is found by the search for orphans.
    pub(super) async fn remove_objects(&self, request: &PublishRequest) {
        for object in request.parts.iter().flat_map(|part| &part.objects) {
            if let Err(error) = self.delete_object(object).await {
                tracing::warn!(%error, key = %object.key, "an S3 object of a publish that did not happen stays behind");
            }
        }
    }

    async fn put_object(&self, object: &S3Object, body: SdkBody) -> Result<(), StoreError> {
        let call = Call { service: "s3", operation: "PutObject", resource: &object.bucket };
        let request = self
            .read
            .s3
            .put_object()
            .bucket(&object.bucket)
            .key(&object.key)
            .content_type("application/json")
            .body(ByteStream::new(body.try_clone().unwrap_or_else(SdkBody::empty)));
        let answer = request.send().await.map_err(|e| call.failed(e))?;
        let sent = body.bytes().unwrap_or_default();
        if is_of(&answer, sent) {
            return Ok(());
        }
        // Somebody says that it is there, and does not say what: only the object itself does.
        let stored = self.read.object_text(&object.bucket, &object.key).await?;
        if stored.as_deref() == Some(sent) {
            return Ok(());
        }
        let happened = "the answer does not name what was sent, and the object is not there as it was sent";
        Err(StoreError::Service(Box::new(ServiceError::of(ErrorKind::Unknown, call, happened))))
    }

    async fn delete_object(&self, object: &S3Object) -> Result<(), StoreError> {
        let call = Call { service: "s3", operation: "DeleteObject", resource: &object.bucket };
        let request = self.read.s3.delete_object().bucket(&object.bucket).key(&object.key);
        request.send().await.map_err(|e| call.failed(e))?;
        Ok(())
    }
}

/// True where an answer names the body that was sent: by its entity tag, which is the body's MD5 unless the bucket encrypts with keys of its
/// own, or by the checksum that came with it.
pub(super) fn is_of(answer: &PutObjectOutput, body: &[u8]) -> bool {
    let tag = answer.e_tag().map(|tag| tag.trim_matches('"').to_ascii_lowercase());
    let Some(tag) = tag.filter(|tag| !tag.is_empty()) else { return false };
    let md5 = hex(&Md5::digest(body));
    tag == md5 || answer.checksum_crc32() == Some(&*STANDARD.encode(crc32fast::hash(body).to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_names_the_body_proves_a_put() {
        let answer = |tag: Option<&str>, sum: Option<&str>| {
            let sum = sum.map(str::to_owned);
            PutObjectOutput::builder().set_e_tag(tag.map(str::to_owned)).set_checksum_crc32(sum).build()
        };
        let (md5, sum) = ("\"99914b932bd37a50b983c5e7c90ae93b\"", "o6a/Qw==");
        assert!(is_of(&answer(Some(md5), None), b"{}"));
        assert!(is_of(&answer(Some("\"of a key of its own\""), Some(sum)), b"{}"));
        for other in [
            answer(None, None),
            answer(None, Some(sum)),
            answer(Some("\"\""), Some(sum)),
            answer(Some("\"of a key of its own\""), None),
            answer(Some("\"of a key of its own\""), Some("AAAAAA==")),
        ] {
            assert!(!is_of(&other, b"{}"), "{other:?}");
        }
        assert!(!is_of(&answer(Some(md5), Some(sum)), b"{ }"));
    }
}
