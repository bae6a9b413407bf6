//! The bytes of objects that are carried as they are: read where they stand, held until they are stored anew.

use std::sync::Arc;

use aws_sdk_s3::primitives::SdkBody;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::WriteStore;
use super::request::PublishRequest;
use crate::domain::attribute_bytes::AttributeBytes;
use crate::store::attributes::{Body, MAX_OBJECT, torn};
use crate::store::error::StoreError;
use crate::store::read::ReadStore;

/// Bytes of all publishes together that are held at once: two of the largest objects.
const AT_ONCE: u64 = 2 * MAX_OBJECT;
/// Bytes that one permit stands for.
const UNIT: u64 = 1 << 20;

/// Bounds the bytes that are held at once.
#[derive(Debug)]
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(AT_ONCE / UNIT).unwrap_or(1))))
    }
}

impl Room {
    async fn take(&self, length: u64) -> Option<OwnedSemaphorePermit> {
        let units = length.min(MAX_OBJECT).div_ceil(UNIT).max(1);
        // Never closed.
        Arc::clone(&self.0).acquire_many_owned(u32::try_from(units).unwrap_or(1)).await.ok()
    }
}

/// The bytes that a request's objects are made of, one object's at a time: mostly all of them have the same.
pub(super) struct Carried<'a> {
    store: &'a WriteStore,
    request: &'a PublishRequest,
    held: Option<Held>,
}

struct Held {
    bytes: AttributeBytes,
    body: SdkBody,
    _room: Option<OwnedSemaphorePermit>,
}

impl<'a> Carried<'a> {
    pub(super) fn new(store: &'a WriteStore, request: &'a PublishRequest) -> Self {
        Self { store, request, held: None }
    }

    /// The bytes of this name. They are read from `from`, or where else the request knows them: an object that no row refers to any
    /// more may have been removed.
    pub(super) async fn read(&mut self, bytes: &AttributeBytes, from: &str) -> Result<SdkBody, StoreError> {
        if self.held.as_ref().is_none_or(|held| held.bytes != *bytes) {
            // Whoever waits for room while holding some would wait for ever.
            self.held = None;
            let room = self.store.read.carrying.take(bytes.length).await;
            let body = self.first_of(bytes, from).await?;
            self.held = Some(Held { bytes: bytes.clone(), body, _room: room });
        }
        let held = self.held.as_ref().and_then(|held| held.body.try_clone());
        held.ok_or_else(|| StoreError::Build("bytes in memory could not be sent twice".to_owned()))
    }

    async fn first_of(&self, bytes: &AttributeBytes, from: &str) -> Result<SdkBody, StoreError> {
        let objects = self.request.parts.iter().flat_map(|part| &part.objects);
        let elsewhere = objects.filter_map(|object| match &object.body {
            Body::Bytes { bytes: same, from: other } if same == bytes && other != from => Some(other.as_str()),
            _ => None,
        });
        let error = match self.store.read.exactly(bytes, from).await {
            Err(error @ (StoreError::S3Missing { .. } | StoreError::S3Changed { .. })) => error,
            other => return other,
        };
        for other in elsewhere {
            if let Ok(body) = self.store.read.exactly(bytes, other).await {
                return Ok(body);
            }
        }
        Err(error)
    }
}

impl ReadStore {
    /// The object's bytes, if they are those of this name.
    async fn exactly(&self, bytes: &AttributeBytes, uri: &str) -> Result<SdkBody, StoreError> {
        let changed = || StoreError::S3Changed { uri: uri.to_owned() };
        let (bucket, answer) = self.attributes_object(uri).await?;
        if answer.content_length().is_some_and(|n| u64::try_from(n) != Ok(bytes.length)) {
            return Err(changed());
        }
        let found = answer.body.collect().await.map_err(|e| torn(bucket, &e.to_string()))?.into_bytes();
        if AttributeBytes::of(&found) == *bytes { Ok(SdkBody::from(found)) } else { Err(changed()) }
    }
}
