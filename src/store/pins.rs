//! Where a profile leads: what a run pins, and must find again when it is resumed or taken back.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use serde::{Deserialize, Serialize};

use crate::config::Profile;
use crate::domain::secret::without_userinfo;

/// Addresses, tables, bucket and user pool, as they are resolved from the profile, the environment and the SDK's own files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pins {
    /// Endpoint of DynamoDB; `None` for AWS's own.
    pub dynamodb: Option<String>,
    /// Endpoint of S3; `None` for AWS's own.
    pub s3: Option<String>,
    /// Endpoint of Cognito; `None` for AWS's own.
    pub cognito: Option<String>,
    /// Bucket of attributes.
    pub bucket: Option<String>,
    /// User pool.
    pub user_pool: Option<String>,
    /// Tables that were renamed, by module.
    pub tables: BTreeMap<String, String>,
    /// From how many bytes on attributes stand in S3: part of what was approved.
    pub attribute_limit_bytes: usize,
}

impl Pins {
    pub(super) fn of(profile: &Profile, config: &SdkConfig) -> Self {
        let own = |url: &Option<String>, service: &str| {
            url.clone().or_else(|| configured(config, service)).map(|url| without_userinfo(&url).into_owned())
        };
        Self {
            dynamodb: own(&profile.endpoints.dynamodb, "DynamoDB"),
            s3: own(&profile.endpoints.s3, "S3"),
            cognito: own(&profile.endpoints.cognito, "Cognito Identity Provider"),
            bucket: profile.bucket.clone(),
            user_pool: profile.user_pool_id.clone(),
            tables: profile.tables.clone(),
            attribute_limit_bytes: profile.attribute_limit_bytes,
        }
    }

    /// The first thing in which another place differs: its name, what is here, what is there. Endpoints do not count with `anywhere`.
    #[must_use]
    pub fn difference(&self, other: &Self, anywhere: bool) -> Option<(&'static str, String, String)> {
        let text = |value: &Option<String>, none: &str| value.clone().unwrap_or_else(|| none.to_owned());
        let tables = |pins: &Self| {
            let list: Vec<String> = pins.tables.iter().map(|(module, base)| format!("{module} = {base}")).collect();
            if list.is_empty() { "none renamed".to_owned() } else { list.join(", ") }
        };
        let places = [
            ("endpoint", &self.dynamodb, &other.dynamodb, "AWS", anywhere),
            ("S3 endpoint", &self.s3, &other.s3, "AWS", anywhere),
            ("Cognito endpoint", &self.cognito, &other.cognito, "AWS", anywhere),
            ("bucket", &self.bucket, &other.bucket, "none", false),
            ("user pool", &self.user_pool, &other.user_pool, "none", anywhere),
        ];
        let differing = places.into_iter().find(|(_, a, b, _, skipped)| !skipped && a != b);
        differing
            .map(|(name, a, b, none, _)| (name, text(a, none), text(b, none)))
            .or_else(|| (self.tables != other.tables).then(|| ("tables", tables(self), tables(other))))
            .or_else(|| {
                let (a, b) = (self.attribute_limit_bytes, other.attribute_limit_bytes);
                (a != b).then(|| ("attribute_limit_bytes", a.to_string(), b.to_string()))
            })
    }
}

/// An endpoint that the environment or the SDK's files name for a service, or for all.
fn configured(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let own = key.ok().and_then(|key| config.service_config()?.load_config(key));
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named() {
        let pins = Pins { bucket: Some("a".into()), dynamodb: Some("http://x".into()), ..Pins::default() };
        assert_eq!(pins.difference(&pins, false), None);
        let other = Pins { bucket: Some("b".into()), ..pins.clone() };
        assert_eq!(pins.difference(&other, false), Some(("bucket", "a".into(), "b".into())));
        let other = Pins { dynamodb: None, ..pins.clone() };
        assert_eq!(pins.difference(&other, false), Some(("endpoint", "http://x".into(), "AWS".into())));
        assert_eq!(pins.difference(&other, true), None);
        let other = Pins { tables: [("product".to_owned(), "goods".to_owned())].into(), ..pins.clone() };
        assert_eq!(pins.difference(&other, true).unwrap().2, "product = goods");
    }
}
