//! Attributes that are too long for their row and live in S3.

use aws_sdk_s3::operation::get_object::GetObjectOutput;

use super::error::{Call, ErrorKind, ServiceError, StoreError};
use super::read::ReadStore;
use crate::domain::attribute_bytes::AttributeBytes;
use crate::domain::limits::check;
use crate::domain::row::{Attributes, Row};
use crate::domain::run::Reason;
use crate::domain::value::{ReadJson, Value, from_plain_json, plain_json_length, read_plain_json};

/// The largest object that is read as attributes, in bytes: far above what a row could ever become.
pub const MAX_OBJECT: u64 = 64 * 1024 * 1024;

/// An S3 object to be written: bucket, key, and the attributes as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Object {
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// Its content.
    pub body: Body,
}

/// Content that an S3 object is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// JSON text.
    Text(String),
    /// The bytes of another object, as they are.
    Bytes {
        /// Length and SHA-256 that these bytes must have.
        bytes: AttributeBytes,
        /// The reference to the object that holds them.
        from: String,
    },
}

impl S3Object {
    /// The reference that the row holds.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// Why the attributes of a row cannot be worked with although every call succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The contract's word.
    pub reason: Reason,
    /// In words.
    pub message: String,
}

/// A row with its attributes in place, and with their bytes' name there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The row with its attributes in place, or why it has none that can be worked with.
    pub row: Result<Row, Unreadable>,
    /// The row with the name of its object's bytes in place of its attributes: where these cannot be read although JavaScript can, say
    /// less than the bytes, or cannot be stored anew.
    pub as_bytes: Option<Row>,
}

impl Whole {
    /// The row in the form that can be compared with another one: with bytes, where that one has bytes, or where nothing else can be had.
    ///
    /// # Errors
    /// [`Unreadable`] where it has neither.
    pub fn like(self, is_bytes: bool) -> Result<Row, Unreadable> {
        match self.as_bytes {
            Some(row) if is_bytes || self.row.is_err() => Ok(row),
            _ => self.row,
        }
    }
}

/// The key under which the framework keeps a row's attributes; every row written has an object of its own.
#[must_use]
pub fn object_key(table: &str, pk: &str, sk: &str, name: &str) -> String {
    format!("ddb/{table}/{pk}/{sk}/{name}.json")
}

/// An answer that ended too early says nothing about the object.
pub(super) fn torn(bucket: &str, reason: &str) -> StoreError {
    let call = Call { service: "s3", operation: "GetObject", resource: bucket };
    StoreError::Service(Box::new(ServiceError::of(ErrorKind::Unknown, call, &format!("the answer was torn: {reason}"))))
}

fn split(uri: &str) -> Result<(&str, &str), StoreError> {
    uri.strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        .ok_or_else(|| StoreError::BadReference { uri: uri.to_owned() })
}

impl ReadStore {
    /// Reads S3-stored attributes.
    ///
    /// # Errors
    /// [`StoreError::S3Missing`] when the object is gone, [`StoreError::S3Malformed`] when it is no JSON object.
    pub async fn read_attributes(&self, uri: &str) -> Result<Value, StoreError> {
        let text = self.attributes_text(uri).await?;
        let value = from_plain_json(&text).map_err(|e| StoreError::malformed(uri, &e))?;
        a_map(uri, value)
    }

    async fn attributes_text(&self, uri: &str) -> Result<String, StoreError> {
        let (bucket, answer) = self.attributes_object(uri).await?;
        let bytes = answer.body.collect().await.map_err(|e| torn(bucket, &e.to_string()))?;
        String::from_utf8(bytes.to_vec())
            .map_err(|_| StoreError::S3Malformed { uri: uri.to_owned(), reason: "it is not UTF-8".to_owned() })
    }

    /// The object behind a reference, as far as its size; and its bucket. As in the framework the configured bucket counts, not the
    /// one in the reference; without a configured one the reference's own is used.
    pub(super) async fn attributes_object<'a>(
        &'a self,
        uri: &'a str,
    ) -> Result<(&'a str, GetObjectOutput), StoreError> {
        let (own, key) = split(uri)?;
        let bucket = self.bucket.as_deref().unwrap_or(own);
        let missing = || StoreError::S3Missing { uri: uri.to_owned() };
        let answer = self.get_object(bucket, key).await?.ok_or_else(missing)?;
        let length = answer.content_length().and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
        if length > MAX_OBJECT {
            let reason = format!("it takes {length} bytes; at most {MAX_OBJECT} are read");
            return Err(StoreError::S3Malformed { uri: uri.to_owned(), reason });
        }
        Ok((bucket, answer))
    }

    /// An object; `None` where there is none. Without its bucket nothing is known of it, and that is an error.
    pub(super) async fn get_object(&self, bucket: &str, key: &str) -> Result<Option<GetObjectOutput>, StoreError> {
        let call = Call { service: "s3", operation: "GetObject", resource: bucket };
        let error = match self.s3.get_object().bucket(bucket).key(key).send().await {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => error,
        };
        let is_missing = error.as_service_error().is_some_and(|e| e.is_no_such_key());
        match call.failed(error) {
            _ if is_missing => Ok(None),
            StoreError::Service(e) if e.kind == ErrorKind::NotFound && !e.is_missing_bucket() => Ok(None),
            other => Err(other),
        }
    }

    /// The key and the bytes of S3-stored attributes, as they are.
    ///
    /// # Errors
    /// [`StoreError::S3Missing`] when the object is gone, [`StoreError::S3Malformed`] when it is too large to be one.
    pub async fn attributes_bytes(&self, uri: &str) -> Result<(String, Vec<u8>), StoreError> {
        let (_, key) = split(uri)?;
        let (bucket, answer) = self.attributes_object(uri).await?;
        let bytes = answer.body.collect().await.map_err(|e| torn(bucket, &e.to_string()))?;
        Ok((key.to_owned(), bytes.to_vec()))
    }

    /// The bytes of an object; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed or the answer was cut short.
    pub async fn object_text(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(answer) = self.get_object(bucket, key).await? else { return Ok(None) };
        Ok(Some(answer.body.collect().await.map_err(|e| torn(bucket, &e.to_string()))?.to_vec()))
    }

    /// The row with its attributes in place, or why this one row has none that can be worked with.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn readable(&self, row: &Row) -> Result<Result<Row, Unreadable>, StoreError> {
        or_unreadable(self.resolve(row).await)
    }

    /// The row with its attributes in place, and with their bytes' name there, where that is needed.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn whole(&self, row: &Row) -> Result<Whole, StoreError> {
        let Some(uri) = row.attributes_ref() else {
            return Ok(Whole { row: self.readable(row).await?, as_bytes: None });
        };
        let text = match or_unreadable(Box::pin(self.attributes_text(uri)).await)? {
            Ok(text) => text,
            Err(unreadable) => return Ok(Whole { row: Err(unreadable), as_bytes: None }),
        };
        let read = read_plain_json(&text);
        let is_carried = match &read {
            Ok(ReadJson { value: Value::M(_), repeats: true }) => true,
            Ok(ReadJson { value: value @ Value::M(_), .. }) => !self.may_be_inlined(row, value),
            Ok(_) => false,
            Err(bad) => bad.is_javascripts() && text.trim_start().starts_with('{'),
        };
        let value = read.map_err(|bad| StoreError::malformed(uri, &bad)).and_then(|read| a_map(uri, read.value));
        Ok(Whole {
            row: or_unreadable(value)?.map(|value| row.with_attributes(value)),
            as_bytes: is_carried.then(|| row.with_attributes(AttributeBytes::of(text.as_bytes()).value())),
        })
    }

    /// Whether attributes would go to S3 again because of their length, or may stand in the row.
    fn may_be_inlined(&self, row: &Row, attributes: &Value) -> bool {
        plain_json_length(attributes) > self.attribute_limit
            || (attributes.why_not_json().is_none() && check(&row.with_attributes(attributes.clone())).is_ok())
    }

    /// The row with its attributes in place, read from S3 where they are there.
    ///
    /// # Errors
    /// As [`ReadStore::read_attributes`]; [`StoreError::Row`] for attributes of the wrong type.
    pub async fn resolve(&self, row: &Row) -> Result<Row, StoreError> {
        match row.attributes()? {
            // On the heap: whoever reads rows would otherwise carry the SDK's large future for the rare one in S3.
            Attributes::InS3(uri) => Ok(row.with_attributes(Box::pin(self.read_attributes(uri)).await?)),
            Attributes::Inline(_) | Attributes::Absent => Ok(row.clone()),
        }
    }
}

fn a_map(uri: &str, value: Value) -> Result<Value, StoreError> {
    match value {
        Value::M(_) => Ok(value),
        other => Err(StoreError::S3Malformed {
            uri: uri.to_owned(),
            reason: format!("it holds a value of type {}", other.type_name()),
        }),
    }
}

/// Takes what is wrong with one row apart from calls that failed.
fn or_unreadable<T>(read: Result<T, StoreError>) -> Result<Result<T, Unreadable>, StoreError> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(error) => match error.unreadable() {
            Some(reason) => Ok(Err(Unreadable { reason, message: error.to_string() })),
            None => Err(error),
        },
    }
}
