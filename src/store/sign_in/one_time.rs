//! Credentials of an AWS profile that the SDK's own chain has no place for: it wants a one-time code, or rests on `aws login`.

use aws_config::SdkConfig;
use aws_config::profile::{Profile as Section, ProfileFileCredentialsProvider, ProfileSet};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sdk_sts::types::Credentials as Given;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::NotSignedIn;
use super::aws_profile::{AwsProfile, DEEPEST};
use super::judge::judge;
use super::login;
use crate::domain::secret::{OneTimeCode, remember};
use crate::store::classify::kind_of_code;
use crate::store::error::ErrorKind;

/// Where a session is said to come from.
const SOURCE: &str = "one-time code";

/// The profile, and below it those that it takes its credentials from.
fn chain<'a>(set: &'a ProfileSet, name: &str) -> Vec<&'a Section> {
    let mut found: Vec<&Section> = Vec::new();
    let mut at = set.get_profile(name);
    while let Some(profile) = at.filter(|_| found.len() < DEEPEST) {
        found.push(profile);
        let source = profile.get("source_profile").filter(|source| *source != profile.name());
        at = source.and_then(|source| set.get_profile(source));
    }
    found
}

/// Credentials of an AWS profile that rests on `aws login`; `None` for any other, and where a one-time code is wanted.
pub(super) async fn of_login(config: &SdkConfig, named: Option<&str>) -> Option<Result<Credentials, NotSignedIn>> {
    let (profile, set) = AwsProfile::read_with(named).await;
    let set = set?;
    chain(&set, &profile.name).last()?.get("login_session")?;
    if profile.device.is_some() {
        return None;
    }
    Some(session(config, &profile, &set, None).await)
}

/// Signs in, with a code where one is given; what that gives is kept in memory alone.
pub(super) async fn session(
    config: &SdkConfig,
    profile: &AwsProfile,
    set: &ProfileSet,
    mut code: Option<&OneTimeCode>,
) -> Result<Credentials, NotSignedIn> {
    let sections = chain(set, &profile.name);
    let Some(base) = sections.last() else {
        return Err(judge(&CredentialsError::not_loaded_no_source(), profile));
    };
    let has_code = code.is_some();
    let mut credentials = of_base(config, profile, base).await?;
    known(&credentials);
    if let (None, Some(serial)) = (base.get("role_arn"), base.get("mfa_serial"))
        && let Some(code) = code.take()
    {
        let request = sts(config, credentials).get_session_token().serial_number(serial).token_code(code.reveal());
        let answer = request.send().await.map_err(|error| not_accepted(error, profile, has_code))?;
        credentials = taken(answer.credentials, profile)?;
    }
    for section in sections.iter().rev() {
        let Some(role) = section.get("role_arn") else { continue };
        let name = section.get("role_session_name").unwrap_or("tenantry");
        let mut request = sts(config, credentials).assume_role().role_arn(role).role_session_name(name);
        request = request.set_external_id(section.get("external_id").map(str::to_owned));
        request = request.set_duration_seconds(section.get("duration_seconds").and_then(|text| text.parse().ok()));
        if let Some(serial) = section.get("mfa_serial")
            && let Some(code) = code.take()
        {
            request = request.serial_number(serial).token_code(code.reveal());
        }
        let answer = request.send().await.map_err(|error| not_accepted(error, profile, has_code))?;
        credentials = taken(answer.credentials, profile)?;
    }
    Ok(credentials)
}

/// Credentials at the end of a chain of AWS profiles.
async fn of_base(config: &SdkConfig, profile: &AwsProfile, base: &Section) -> Result<Credentials, NotSignedIn> {
    if base.get("login_session").is_some() {
        return login::credentials(config, base).await;
    }
    match (base.get("aws_access_key_id"), base.get("aws_secret_access_key")) {
        // A role of these very keys stands in the same profile: the SDK would take it on by itself.
        (Some(id), Some(secret)) => {
            Ok(Credentials::new(id, secret, base.get("aws_session_token").map(str::to_owned), None, SOURCE))
        }
        _ => {
            let provider = ProfileFileCredentialsProvider::builder().profile_name(base.name()).build();
            provider.provide_credentials().await.map_err(|error| judge(&error, profile))
        }
    }
}

fn sts(config: &SdkConfig, credentials: Credentials) -> aws_sdk_sts::Client {
    let provider = SharedCredentialsProvider::new(credentials);
    aws_sdk_sts::Client::from_conf(aws_sdk_sts::config::Builder::from(config).credentials_provider(provider).build())
}

fn known(credentials: &Credentials) {
    remember(credentials.secret_access_key());
    credentials.session_token().into_iter().for_each(remember);
}

fn taken(given: Option<Given>, profile: &AwsProfile) -> Result<Credentials, NotSignedIn> {
    let torn = || judge(&CredentialsError::invalid_configuration("the answer holds no credentials"), profile);
    let given = given.ok_or_else(torn)?;
    let end = std::time::SystemTime::try_from(given.expiration).ok();
    let credentials =
        Credentials::new(given.access_key_id, given.secret_access_key, Some(given.session_token), end, SOURCE);
    known(&credentials);
    Ok(credentials)
}

/// A denial may be about the code: it was mistyped, or used once already.
fn not_accepted<E>(error: SdkError<E, HttpResponse>, profile: &AwsProfile, has_code: bool) -> NotSignedIn
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let is_denied = error.code().is_some_and(|code| kind_of_code(code) == ErrorKind::AccessDenied);
    let detail = error.message().map(str::to_owned);
    let reason = judge(&CredentialsError::provider_error(error), profile);
    if !is_denied || !has_code {
        return reason;
    }
    NotSignedIn {
        kind: ErrorKind::SignIn,
        says: format!(
            "the one-time code for AWS profile {} was not accepted, or its role may not be assumed",
            profile.name
        ),
        detail,
        hint: "wait for the next code of the device and try again: each is good once".to_owned(),
    }
}

/// Provider of credentials once the session has ended: it has none, and only another code helps.
#[derive(Debug)]
pub(super) struct Ended;

impl aws_credential_types::provider::ProvideCredentials for Ended {
    fn provide_credentials<'a>(&'a self) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let ended = CredentialsError::not_loaded("the session that a one-time code gave has ended");
        aws_credential_types::provider::future::ProvideCredentials::ready(Err(ended))
    }
}
