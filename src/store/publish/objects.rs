use aws_sdk_s3::primitives::ByteStream;

use super::WriteStore;
use super::request::PublishRequest;
use crate::store::attributes::S3Object;
use crate::store::error::{Call, StoreError};

impl WriteStore {
    /// Puts the objects that the request's rows refer to. The same request puts the same objects.
    pub(super) async fn put_objects(&self, request: &PublishRequest) -> Result<(), StoreError> {
        for object in request.parts.iter().flat_map(|part| &part.objects) {
            self.put_object(object).await?;
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

    async fn put_object(&self, object: &S3Object) -> Result<(), StoreError> {
        let call = Call { service: "s3", operation: "PutObject", resource: &object.bucket };
        let request = self
            .read
            .s3
            .put_object()
            .bucket(&object.bucket)
            .key(&object.key)
            .content_type("application/json")
            .body(ByteStream::from(object.body.clone().into_bytes()));
        request.send().await.map_err(|e| call.failed(e))?;
        Ok(())
    }

    async fn delete_object(&self, object: &S3Object) -> Result<(), StoreError> {
        let call = Call { service: "s3", operation: "DeleteObject", resource: &object.bucket };
        let request = self.read.s3.delete_object().bucket(&object.bucket).key(&object.key);
        request.send().await.map_err(|e| call.failed(e))?;
        Ok(())
    }
}
