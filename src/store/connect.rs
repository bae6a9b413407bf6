//! Clients from a profile.

use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use jiff::Timestamp;

use super::account::{Account, Caller};
use super::answer::{Genuine, Marks};
use super::error::StoreError;
use super::meter::Meter;
use super::names::TableNames;
use super::pins::Pins;
use super::read::ReadStore;
use super::sign_in::{SessionEnd, SignIn};
use crate::config::Profile;
use crate::domain::secret::OneTimeCode;

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
    sign_in: Option<SignIn>,
}

/// Makes the clients. Sends nothing, but may read the SDK's configuration files and environment.
pub async fn connect(profile: &Profile) -> Connected {
    let (config, sign_in) = sdk_config(profile).await;
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
        has_tokens: true,
    };
    Connected {
        store,
        region: region(&config),
        pins: Pins::of(profile, &config),
        account: account(profile, &config),
        sign_in,
    }
}

fn region(config: &SdkConfig) -> Option<String> {
    config.region().map(ToString::to_string)
}

/// Behind an endpoint of its own an account means nothing, and AWS must not be asked; nor where the profile names it.
fn account(profile: &Profile, config: &SdkConfig) -> Account {
    let is_asked_for = profile.endpoints.dynamodb.is_none() && profile.account.is_none();
    let sts = is_asked_for.then(|| {
        let genuine = Genuine { marks: Marks::Body, has_region: config.region().is_some() };
        let builder = aws_sdk_sts::config::Builder::from(config).interceptor(genuine).retry_classifier(genuine);
        aws_sdk_sts::Client::from_conf(builder.build())
    });
    Account::new(profile.account.clone(), sts)
}

/// The SDK's configuration, its files read anew, and the credentials that its clients use.
async fn sdk_config(profile: &Profile) -> (SdkConfig, Option<SignIn>) {
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
    let Some(provider) = config.credentials_provider() else { return (config, None) };
    let sign_in = SignIn::new(provider, &config, profile.aws_profile.clone(), profile.credentials.is_some());
    let provider = SharedCredentialsProvider::new(sign_in.clone());
    // Kept by what signs in: a cache of the clients' own could not be emptied.
    let config = config.into_builder().credentials_provider(provider).identity_cache(IdentityCache::no_cache());
    (config.build(), Some(sign_in))
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

    /// Whose credentials they are, asked for once; `None` behind an endpoint of its own.
    ///
    /// # Errors
    /// [`StoreError::Service`] when the credentials are refused or may not ask.
    pub async fn caller(&self) -> Result<Option<Caller>, StoreError> {
        self.account.caller().await
    }

    /// When the credentials in use end; `None` for those that do not say.
    ///
    /// # Errors
    /// [`StoreError::Service`] when there are none.
    pub async fn expires_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let Some(sign_in) = &self.sign_in else { return Ok(None) };
        let end = sign_in.credentials().await?.expiry();
        Ok(end.and_then(|end| Timestamp::try_from(end).ok()))
    }

    /// When the credentials in use end, as far as that is known without asking for any.
    #[must_use]
    pub fn session_end(&self) -> Option<SessionEnd> {
        self.sign_in.as_ref()?.ends()
    }

    /// Lets the credentials go and looks for them anew: rotated keys, the token of a new sign-in, a session that
    /// a one-time code gives. The clients stay and use them from
    /// their next call on. Nothing changes where they lead to another account, region or endpoint than before.
    ///
    /// # Errors
    /// [`StoreError::Service`] when there are none, or nobody says whose they are; [`StoreError::AnotherPlace`].
    pub async fn sign_in_again(&self, profile: &Profile, code: Option<&OneTimeCode>) -> Result<(), StoreError> {
        let (config, sign_in) = sdk_config(profile).await;
        let (Some(old), Some(new)) = (&self.sign_in, sign_in) else { return Ok(()) };
        let none = || "none".to_owned();
        let now = region(&config);
        if self.region != now {
            let (was, now) = (self.region.clone().unwrap_or_else(none), now.unwrap_or_else(none));
            return Err(StoreError::AnotherPlace { what: "region", was, now });
        }
        if let Some((what, was, now)) = self.pins.difference(&Pins::of(profile, &config), false) {
            return Err(StoreError::AnotherPlace { what, was, now });
        }
        if let Some(code) = code {
            new.with_code(&config, code).await?;
        }
        new.credentials().await?;
        if self.account.is_asked_for() {
            // One that was never known is pinned nowhere, and need not be known now.
            if let Some(was) = self.account.known().await {
                let now = account(profile, &config).get().await?.unwrap_or_else(none);
                if was != now {
                    return Err(StoreError::AnotherPlace { what: "account", was, now });
                }
            }
        }
        old.become_like(new).await;
        self.forget_account().await;
        Ok(())
    }
}
