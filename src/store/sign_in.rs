//! Credentials, and why there are none: told from the SDK's types and the AWS profile that they were looked for in.

mod aws_profile;
mod judge;
mod login;
mod one_time;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::error::{Call, ErrorKind, ServiceError, StoreError};
use crate::domain::secret::{Device, OneTimeCode, redacted, remember};
use aws_profile::AwsProfile;
use judge::judge;
use login::WithLogin;

/// The SDK's own patience with credentials is five seconds; ours ends before, to say more than that they did not come.
const PATIENCE: Duration = Duration::from_millis(4_800);
/// Asked again so soon, the answer is the same: a run's items would all knock at once.
const REMEMBERED: Duration = Duration::from_secs(1);
/// Credentials that end this soon are asked for anew.
const BEFORE_END: Duration = Duration::from_secs(10);
/// How long credentials are used that do not say when they end.
const WITHOUT_END: Duration = Duration::from_secs(15 * 60);

/// Why there are no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub(super) struct NotSignedIn {
    pub(super) kind: ErrorKind,
    /// The first sentence.
    pub(super) says: String,
    /// The words of the SDK or of a service.
    pub(super) detail: Option<String>,
    /// The remedy.
    pub(super) hint: String,
}

impl From<NotSignedIn> for StoreError {
    fn from(reason: NotSignedIn) -> Self {
        let call = Call { service: "sts", operation: "GetCallerIdentity", resource: "the caller" };
        let mut error = ServiceError::of(reason.kind, call, "");
        let detail = reason.detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
        error.message = redacted(&format!("{}{detail}", reason.says)).into_owned();
        error.advice = Some(redacted(&reason.hint).into_owned());
        Self::Service(Box::new(error))
    }
}

/// The device of an AWS profile; `None` where it wants no code.
pub async fn device(aws_profile: Option<&str>) -> Option<Device> {
    let profile = AwsProfile::read(aws_profile).await;
    profile.device.map(|serial| Device { profile: profile.name, serial })
}

/// Names of the AWS profiles on this machine, in order; none where its files cannot be read.
pub async fn aws_profiles() -> Vec<String> {
    let (_, set) = AwsProfile::read_with(None).await;
    let mut names: Vec<String> = set.iter().flat_map(|set| set.profiles()).map(str::to_owned).collect();
    names.sort();
    names
}

/// The credentials of the SDK's chain, or the reason why it has none. The secrets of those it hands out are shown nowhere.
///
/// It keeps them itself, and the clients do not: so they can be let go when somebody signs in again.
#[derive(Debug, Clone)]
pub(super) struct SignIn {
    /// The AWS profile that the configuration names, if any.
    profile: Option<String>,
    held: Arc<Mutex<Held>>,
    ends: Arc<std::sync::Mutex<Option<SessionEnd>>>,
}

/// When credentials end, and whether what gave them gives new ones by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionEnd {
    /// The moment.
    pub at: Timestamp,
    /// False where somebody has to sign in: a one-time code is good once.
    pub renews: bool,
}

#[derive(Debug)]
struct Held {
    chain: SharedCredentialsProvider,
    given: Option<(Instant, Credentials)>,
    failed: Option<(Instant, NotSignedIn)>,
}

impl Held {
    fn given(&self) -> Option<&Credentials> {
        let (at, credentials) = self.given.as_ref()?;
        let is_good = match credentials.expiry() {
            Some(end) => end > SystemTime::now() + BEFORE_END,
            None => at.elapsed() < WITHOUT_END,
        };
        is_good.then_some(credentials)
    }
}

impl SignIn {
    /// `is_given`: the profile itself holds the keys, and no AWS profile counts.
    pub(super) fn new(
        chain: SharedCredentialsProvider,
        config: &SdkConfig,
        profile: Option<String>,
        is_given: bool,
    ) -> Self {
        let chain = WithLogin { chain, config: config.clone(), profile: profile.clone(), is_given };
        let chain = SharedCredentialsProvider::new(chain);
        let held = Held { chain, given: None, failed: None };
        Self { profile, held: Arc::new(Mutex::new(held)), ends: Arc::default() }
    }

    /// When the credentials in use end, as far as that is known without asking for any.
    pub(super) fn ends(&self) -> Option<SessionEnd> {
        *self.ends.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn now_ends(&self, end: Option<SessionEnd>) {
        *self.ends.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = end;
    }

    fn end_of(credentials: &Credentials, renews: bool) -> Option<SessionEnd> {
        let at = Timestamp::try_from(credentials.expiry()?).ok()?;
        Some(SessionEnd { at, renews })
    }

    /// The credentials, asked for when there are none or they are about to end.
    pub(super) async fn credentials(&self) -> Result<Credentials, NotSignedIn> {
        // Held while they are asked for: whoever comes meanwhile waits for the same answer.
        let mut held = self.held.lock().await;
        if let Some(credentials) = held.given() {
            return Ok(credentials.clone());
        }
        if let Some((_, reason)) = held.failed.as_ref().filter(|(at, _)| at.elapsed() < REMEMBERED) {
            return Err(reason.clone());
        }
        let error = match tokio::time::timeout(PATIENCE, held.chain.provide_credentials()).await {
            Ok(Ok(credentials)) => {
                remember(credentials.secret_access_key());
                credentials.session_token().into_iter().for_each(remember);
                self.now_ends(Self::end_of(&credentials, true));
                held.given = Some((Instant::now(), credentials.clone()));
                return Ok(credentials);
            }
            Ok(Err(error)) => error,
            Err(_) => CredentialsError::provider_timed_out(PATIENCE),
        };
        let reason = judge(&error, &AwsProfile::read(self.profile.as_deref()).await);
        tracing::warn!(says = %reason.says, detail = ?reason.detail, "no credentials");
        held.failed = Some((Instant::now(), reason.clone()));
        Err(reason)
    }

    /// Signs in with a one-time code where the AWS profile wants one; without effect where it wants none.
    pub(super) async fn with_code(&self, config: &SdkConfig, code: &OneTimeCode) -> Result<(), NotSignedIn> {
        let (profile, Some(set)) = AwsProfile::read_with(self.profile.as_deref()).await else { return Ok(()) };
        if profile.device.is_none() {
            return Ok(());
        }
        let credentials = one_time::session(config, &profile, &set, Some(code)).await?;
        let chain = SharedCredentialsProvider::new(one_time::Ended);
        self.now_ends(Self::end_of(&credentials, false));
        *self.held.lock().await = Held { chain, given: Some((Instant::now(), credentials)), failed: None };
        Ok(())
    }

    /// Takes over what another one has: from now on its credentials are the ones in use.
    pub(super) async fn become_like(&self, other: Self) {
        self.now_ends(other.ends());
        let other = other.held.lock().await;
        let (chain, given) = (other.chain.clone(), other.given.clone());
        drop(other);
        *self.held.lock().await = Held { chain, given, failed: None };
    }
}

impl ProvideCredentials for SignIn {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.credentials().await.map_err(CredentialsError::provider_error) })
    }
}
