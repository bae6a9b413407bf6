//! Credentials of `aws login`: a session that the AWS CLI keeps in a file, and that AWS Sign-In renews.
//!
//! The SDK has a provider for it, which brings a second implementation of elliptic curves along. So it is done here, with the one that
//! TLS uses.

mod proof;
mod token;

use std::time::Duration;

use aws_config::profile::Profile as Section;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_signin::types::{CreateOAuth2TokenRequestBody, CreateOAuth2TokenResponseBody};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_types::os_shim_internal::Env;
use jiff::{SignedDuration, Timestamp};

use super::aws_profile::AwsProfile;
use super::judge::{judge, login_refused, login_unusable, nobody_logged_in};
use super::{BEFORE_END, NotSignedIn, one_time};
use proof::{ProofError, ProofKey};
use token::{Login, Renewed, Unreadable, place};

/// A login that ends this soon is renewed.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// The SDK's chain; where that does without `aws login`, the login, and the roles that are assumed with it.
#[derive(Debug)]
pub(super) struct WithLogin {
    pub(super) chain: SharedCredentialsProvider,
    pub(super) config: SdkConfig,
    /// The AWS profile that the configuration names, if any.
    pub(super) profile: Option<String>,
    /// The chain is one pair of keys: no AWS profile counts.
    pub(super) is_given: bool,
}

impl WithLogin {
    async fn give(&self) -> provider::Result {
        self.refuse_others().await?;
        // It tries what comes before the AWS profile first, and stops at a session that it has no provider for.
        let error = match self.chain.provide_credentials().await {
            Err(error @ CredentialsError::InvalidConfiguration(_)) => error,
            given => return given,
        };
        match one_time::of_login(&self.config, self.profile.as_deref()).await {
            Some(given) => given.map_err(CredentialsError::provider_error),
            None => Err(error),
        }
    }
}

impl WithLogin {
    /// The SDK's chain goes on where the AWS profile gives nothing, to a role of this machine at last, and it takes keys as they are where
    /// `mfa_serial` stands beside them. Neither is what the operator named.
    async fn refuse_others(&self) -> Result<(), CredentialsError> {
        if self.is_given {
            return Ok(());
        }
        let profile = AwsProfile::read(self.profile.as_deref()).await;
        let is_named_here = self.profile.is_some();
        let has_keys = Env::real().get("AWS_ACCESS_KEY_ID").is_ok_and(|value| !value.is_empty());
        // Keys in the environment go before an AWS profile that the environment names, too.
        let counts = is_named_here || !has_keys;
        let is_refused = match &profile.missing {
            Some(_) => counts,
            None => profile.device.is_some() && !has_keys,
        };
        if !is_refused {
            return Ok(());
        }
        // Nothing was tried: there are no words of others.
        let reason = judge(&CredentialsError::not_loaded_no_source(), &profile);
        Err(CredentialsError::provider_error(NotSignedIn { detail: None, ..reason }))
    }
}

impl ProvideCredentials for WithLogin {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.give())
    }
}

/// Credentials of the login of an AWS profile, renewed where they end soon.
pub(super) async fn credentials(config: &SdkConfig, section: &Section) -> Result<Credentials, NotSignedIn> {
    let profile = AwsProfile { name: section.name().to_owned(), ..AwsProfile::default() };
    let session = section.get("login_session").unwrap_or_default();
    let path = place(&Env::real(), session).ok_or_else(|| nobody_logged_in(&profile))?;
    let read = || {
        Login::read(&path).map_err(|error| match error {
            Unreadable::Absent => nobody_logged_in(&profile),
            Unreadable::Broken(why) => login_unusable(&profile, why),
        })
    };
    let login = read()?;
    if lasts(&login, EARLY) {
        return Ok(login.credentials);
    }
    let region = section.get("region").map(str::to_owned);
    // It goes on when whoever waits for it does not: the refresh token is good once, and the next one must reach the file.
    let renewing = tokio::spawn(renew(config.clone(), profile.clone(), region, login.clone()));
    let reason = match renewing.await {
        Ok(Ok(credentials)) => return Ok(credentials),
        Ok(Err(reason)) => reason,
        Err(error) => login_unusable(&profile, error.to_string()),
    };
    // Another program may have renewed it just before: then the file has its token already.
    let theirs = read().ok().filter(|now| now.text("refreshToken") != login.text("refreshToken"));
    if let Some(good) = theirs.into_iter().chain([login]).find(|login| lasts(login, BEFORE_END)) {
        tracing::warn!(says = %reason.says, "the login was not renewed");
        return Ok(good.credentials);
    }
    Err(reason)
}

/// Whether a login is good for so long.
fn lasts(login: &Login, long: Duration) -> bool {
    let left = login.ends.duration_since(Timestamp::now());
    SignedDuration::try_from(long).is_ok_and(|long| left > long)
}

/// Renews a login with its refresh token, and keeps the next one.
async fn renew(
    config: SdkConfig,
    profile: AwsProfile,
    region: Option<String>,
    mut login: Login,
) -> Result<Credentials, NotSignedIn> {
    let unusable = |why: String| login_unusable(&profile, why);
    // Some write the line breaks of the key as two characters.
    let key = ProofKey::from_pem(&login.text("dpopKey").replace("\\n", "\n"));
    let key = key.map_err(|error| unusable(error.to_string()))?;
    let mut builder = aws_sdk_signin::config::Builder::from(&config);
    if let Some(region) = region {
        builder = builder.region(Region::new(region));
    }
    let body = CreateOAuth2TokenRequestBody::builder()
        .client_id(login.text("clientId"))
        .grant_type("refresh_token")
        .refresh_token(login.text("refreshToken"))
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    let proven = move |mut request: HttpRequest| {
        let proof = key.sign(request.uri(), Timestamp::now().as_second())?;
        request.headers_mut().insert("dpop", proof);
        Ok::<_, ProofError>(request)
    };
    let client = aws_sdk_signin::Client::from_conf(builder.build());
    let request = client.create_o_auth2_token().token_input(body).customize().map_request(proven);
    let answer = request.send().await.map_err(|error| login_refused(&error, &profile))?;
    let given = answer.token_output.as_ref().and_then(renewed);
    let given = given.ok_or_else(|| unusable("the answer of AWS Sign-In holds no credentials".to_owned()))?;
    if let Err(error) = login.renew(&given) {
        tracing::warn!(%error, "the renewed login could not be kept in its file");
    }
    Ok(login.credentials)
}

fn renewed(body: &CreateOAuth2TokenResponseBody) -> Option<Renewed> {
    let access = body.access_token()?;
    let seconds = i64::from(body.expires_in());
    Some(Renewed {
        access_key_id: access.access_key_id().to_owned(),
        secret_access_key: access.secret_access_key().to_owned(),
        session_token: access.session_token().to_owned(),
        refresh_token: body.refresh_token().to_owned(),
        ends: Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).ok()?,
    })
}
