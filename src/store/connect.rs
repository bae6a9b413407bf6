//! Clients from a profile.

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;

use super::account::Account;
use super::answer::{Genuine, Marks};
use super::error::StoreError;
use super::meter::Meter;
use super::names::TableNames;
use super::pins::Pins;
use super::read::ReadStore;
use super::sign_in::SignIn;
use crate::config::Profile;

/// How long a connection may take, and an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// The profile's clients and whose account they lead to.
#[derive(Debug, Clone)]
pub struct Connected {
    /// Reads; can be armed into a store that writes.
    pub store: ReadStore,
    /// Region in use.
    pub region: Option<String>,
    /// Where everything else is.
    pub pins: Pins,
    account: Account,
}

/// Makes the clients. Sends nothing, but may read the SDK's configuration files and environment.
pub async fn connect(profile: &Profile) -> Connected {
    let config = sdk_config(profile).await;
    let genuine = |marks| Genuine { marks, has_region: config.region().is_some() };
    let dynamodb = |retries: RetryConfig| {
        let genuine = genuine(Marks::Checksum);
        let mut builder = aws_sdk_dynamodb::config::Builder::from(&config).retry_config(retries);
        builder = builder.interceptor(genuine).retry_classifier(genuine);
        // Without one of the profile's own, the SDK's stays: its environment counts too.
        if let Some(url) = &profile.endpoints.dynamodb {
            builder.set_endpoint_url(Some(url.clone()));
        }
        aws_sdk_dynamodb::Client::from_conf(builder.build())
    };
    let marks = genuine(Marks::RequestId);
    let mut s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true);
    s3 = s3.interceptor(marks).retry_classifier(marks);
    if let Some(url) = &profile.endpoints.s3 {
        s3.set_endpoint_url(Some(url.clone()));
    }
    let users = |retries: RetryConfig| {
        let genuine = genuine(Marks::Body);
        let mut builder = aws_sdk_cognitoidentityprovider::config::Builder::from(&config).retry_config(retries);
        builder = builder.interceptor(genuine).retry_classifier(genuine);
        if let Some(url) = &profile.endpoints.cognito {
            builder.set_endpoint_url(Some(url.clone()));
        }
        aws_sdk_cognitoidentityprovider::Client::from_conf(builder.build())
    };
    let elsewhere = profile.endpoints.dynamodb.is_some();
    let store = ReadStore {
        reads: dynamodb(RetryConfig::standard().with_max_attempts(4)),
        // A run decides itself what to repeat and how.
        writes: dynamodb(RetryConfig::disabled()),
        s3: aws_sdk_s3::Client::from_conf(s3.build()),
        user_reads: users(RetryConfig::standard().with_max_attempts(4)),
        user_writes: users(RetryConfig::disabled()),
        pacer: Arc::default(),
        carrying: Arc::default(),
        names: Arc::new(TableNames::new(profile)),
        bucket: profile.bucket.clone(),
        attribute_limit: profile.attribute_limit_bytes,
        meter: Arc::new(Meter::default()),
    };
    // Behind an endpoint of its own an account means nothing, and AWS must not be asked; nor where the profile names it.
    let sts = (!elsewhere && profile.account.is_none()).then(|| {
        let genuine = genuine(Marks::Body);
        let builder = aws_sdk_sts::config::Builder::from(&config).interceptor(genuine).retry_classifier(genuine);
        aws_sdk_sts::Client::from_conf(builder.build())
    });
    Connected {
        store,
        region: config.region().map(ToString::to_string),
        pins: Pins::of(profile, &config),
        account: Account::new(profile.account.clone(), sts),
    }
}

async fn sdk_config(profile: &Profile) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
    if let Some(region) = &profile.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(name) = &profile.aws_profile {
        loader = loader.profile_name(name);
    }
    if let Some((id, secret)) = &profile.credentials {
        loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "profile"));
    }
    let config = loader.load().await;
    let Some(provider) = config.credentials_provider() else { return config };
    let provider = SharedCredentialsProvider::new(SignIn::new(provider, profile.aws_profile.clone()));
    config.into_builder().credentials_provider(provider).build()
}

impl Connected {
    /// The account that the credentials belong to, asked for once; `None` behind an endpoint of its own.
    ///
    /// # Errors
    /// [`StoreError::Service`] when the credentials are refused or may not ask.
    pub async fn account(&self) -> Result<Option<String>, StoreError> {
        self.account.get().await
    }

    /// Lets the account be asked for again, as other credentials may belong to another.
    pub async fn forget_account(&self) {
        self.account.forget().await;
    }
}
