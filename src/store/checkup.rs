//! Requests of a checkup to the services beside rows: backups and objects.

use aws_sdk_dynamodb::types::PointInTimeRecoveryStatus;
use jiff::Timestamp;

use super::error::{Call, StoreError};
use super::read::{ReadStore, dynamodb};
use crate::domain::row::TableKind;

/// An object of the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its key.
    pub key: String,
    /// When it was put.
    pub at: Option<Timestamp>,
}

/// A page of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPage {
    /// The objects, in key order.
    pub objects: Vec<StoredObject>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

impl ReadStore {
    /// Whether a table can be restored to any second of the last days; `None` where the service does not know the question.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn has_point_in_time_recovery(&self, module: &str, kind: TableKind) -> Result<Option<bool>, StoreError> {
        let table = self.names.table(module, kind);
        self.meter.request();
        let answer = match self.reads.describe_continuous_backups().table_name(&table).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let error = dynamodb("DescribeContinuousBackups", &table).failed(error);
                let is_unknown = error.aws_code().is_some_and(|code| code.contains("UnknownOperation"));
                return if is_unknown { Ok(None) } else { Err(error) };
            }
        };
        let recovery = answer.continuous_backups_description.and_then(|d| d.point_in_time_recovery_description);
        let status = recovery.and_then(|d| d.point_in_time_recovery_status);
        Ok(Some(status == Some(PointInTimeRecoveryStatus::Enabled)))
    }

    /// The bucket that attributes are stored in, where the profile names one.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        self.bucket.as_deref()
    }

    /// Prefix of the keys of a table's objects.
    #[must_use]
    pub fn object_prefix(&self, module: &str, kind: TableKind) -> String {
        format!("ddb/{}/", self.names.table(module, kind))
    }

    /// A page of the bucket's objects whose keys begin so.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed, [`StoreError::NoBucket`] where the profile names none.
    pub async fn objects(&self, prefix: &str, after: Option<&str>) -> Result<ObjectPage, StoreError> {
        self.objects_in(self.bucket.as_deref().ok_or(StoreError::NoBucket)?, prefix, after).await
    }

    /// A page of a bucket's objects whose keys begin so.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn objects_in(&self, bucket: &str, prefix: &str, after: Option<&str>) -> Result<ObjectPage, StoreError> {
        let call = Call { service: "s3", operation: "ListObjectsV2", resource: bucket };
        let request = self.s3.list_objects_v2().bucket(bucket).prefix(prefix).set_start_after(after.map(str::to_owned));
        let answer = request.send().await.map_err(|e| call.failed(e))?;
        let objects: Vec<StoredObject> = answer
            .contents()
            .iter()
            .filter_map(|object| {
                let at = object.last_modified().and_then(|at| Timestamp::from_second(at.secs()).ok());
                Some(StoredObject { key: object.key()?.to_owned(), at })
            })
            .collect();
        // A start key instead of a token: it is the same everywhere, and survives a pause.
        let next = answer.is_truncated().unwrap_or(false).then(|| objects.last().map(|o| o.key.clone())).flatten();
        Ok(ObjectPage { objects, next })
    }

    /// Whether an object is there, in the configured bucket.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn has_object(&self, key: &str) -> Result<bool, StoreError> {
        self.has_object_in(self.bucket.as_deref().ok_or(StoreError::NoBucket)?, key).await
    }

    /// Whether an object is there: an error is not absence.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn has_object_in(&self, bucket: &str, key: &str) -> Result<bool, StoreError> {
        Ok(self.object_bytes(bucket, key).await?.is_some())
    }

    /// How long an object is; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub(super) async fn object_bytes(&self, bucket: &str, key: &str) -> Result<Option<u64>, StoreError> {
        let call = Call { service: "s3", operation: "HeadObject", resource: bucket };
        match self.s3.head_object().bucket(bucket).key(key).send().await {
            Ok(head) => Ok(Some(head.content_length().and_then(|n| u64::try_from(n).ok()).unwrap_or_default())),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found()) => Ok(None),
            Err(error) => Err(call.failed(error)),
        }
    }
}
