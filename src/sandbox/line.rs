//! The line by which `sandbox serve` says where the services are.

use serde::Serialize;

use super::Sandbox;

/// The one line of `sandbox serve`.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    /// Always `sandbox`.
    pub event: &'static str,
    /// URL.
    pub dynamodb: &'a str,
    /// URL.
    pub s3: &'a str,
    /// URL.
    pub cognito: &'a str,
    /// Bucket.
    pub bucket: &'a str,
    /// Pool id.
    pub user_pool_id: &'a str,
    /// Region.
    pub region: &'a str,
    /// Environment.
    pub environment: &'a str,
    /// App.
    pub app: &'a str,
    /// Account.
    pub account: &'a str,
    /// Fixed key.
    pub access_key_id: &'a str,
    /// Fixed key.
    pub secret_access_key: &'a str,
}

impl Sandbox {
    /// Where the services are, and all that their clients need.
    #[must_use]
    pub fn line(&self) -> Line<'_> {
        let endpoints = self.endpoints();
        Line {
            event: "sandbox",
            dynamodb: &endpoints.dynamodb,
            s3: &endpoints.s3,
            cognito: &endpoints.cognito,
            bucket: super::BUCKET,
            user_pool_id: self.user_pool_id(),
            region: super::REGION,
            environment: super::ENVIRONMENT,
            app: super::APP,
            account: super::ACCOUNT,
            access_key_id: super::ACCESS_KEY_ID,
            secret_access_key: super::SECRET_ACCESS_KEY,
        }
    }
}
