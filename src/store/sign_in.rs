//! Credentials, and why there are none: told from the SDK's types and the AWS profile that they were looked for in.

mod aws_profile;
mod judge;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result as Provided, SharedCredentialsProvider, future};

use super::error::ErrorKind;
use crate::domain::secret::remember;
use aws_profile::AwsProfile;
use judge::judge;

/// The SDK's own patience with credentials is five seconds; ours ends before, to say more than that they did not come.
const PATIENCE: Duration = Duration::from_millis(4_800);
/// Asked again so soon, the answer is the same: a run's items would all knock at once.
const REMEMBERED: Duration = Duration::from_secs(1);

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

/// The credentials of the SDK's chain, or the reason why it has none. The secrets of those it hands out are shown nowhere.
#[derive(Debug)]
pub(super) struct SignIn {
    inner: SharedCredentialsProvider,
    /// The AWS profile that the configuration names, if any.
    profile: Option<String>,
    failed: Mutex<Option<(Instant, NotSignedIn)>>,
}

impl SignIn {
    pub(super) fn new(inner: SharedCredentialsProvider, profile: Option<String>) -> Self {
        Self { inner, profile, failed: Mutex::default() }
    }

    async fn provide(&self) -> Provided {
        if let Some(reason) = self.failed_just_now() {
            return Err(CredentialsError::provider_error(reason));
        }
        let error = match tokio::time::timeout(PATIENCE, self.inner.provide_credentials()).await {
            Ok(Ok(credentials)) => {
                remember(credentials.secret_access_key());
                credentials.session_token().into_iter().for_each(remember);
                return Ok(credentials);
            }
            Ok(Err(error)) => error,
            Err(_) => CredentialsError::provider_timed_out(PATIENCE),
        };
        let reason = judge(&error, &AwsProfile::read(self.profile.as_deref()).await);
        tracing::warn!(says = %reason.says, detail = ?reason.detail, "no credentials");
        *self.lock() = Some((Instant::now(), reason.clone()));
        Err(CredentialsError::provider_error(reason))
    }

    fn failed_just_now(&self) -> Option<NotSignedIn> {
        self.lock().as_ref().filter(|(at, _)| at.elapsed() < REMEMBERED).map(|(_, reason)| reason.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Instant, NotSignedIn)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProvideCredentials for SignIn {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}
