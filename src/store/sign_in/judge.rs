use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_signin::operation::create_o_auth2_token::CreateOAuth2TokenError;
use aws_sdk_signin::types::OAuth2ErrorCode;
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_sdk_sts::operation::get_session_token::GetSessionTokenError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::NotSignedIn;
use super::aws_profile::AwsProfile;
use crate::store::classify::{clock_off, find, kind_of_code, root_cause};
use crate::store::error::ErrorKind;

/// A service's answer on the way to credentials.
struct Said {
    /// HTTP status; none where no answer came.
    status: Option<u16>,
    code: String,
    message: Option<String>,
    date: Option<String>,
    is_connect: bool,
}

impl Said {
    fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let raw = error.raw_response();
        let connect = find::<hyper_util::client::legacy::Error>(error).is_some_and(|e| e.is_connect());
        Self {
            status: raw.map(|raw| raw.status().as_u16()),
            code: error.code().unwrap_or_default().to_owned(),
            message: error.message().map(str::to_owned),
            date: raw.and_then(|raw| raw.headers().get("date")).map(str::to_owned),
            is_connect: connect,
        }
    }

    /// The words of the service itself; none where no answer came.
    fn words(&self) -> Option<String> {
        let status = self.status?;
        let code = Some(&self.code).filter(|code| !code.is_empty()).cloned();
        Some(self.message.clone().or(code).unwrap_or_else(|| format!("HTTP {status}")))
    }
}

/// Why there are no credentials.
pub(super) fn judge(error: &CredentialsError, profile: &AwsProfile) -> NotSignedIn {
    if let Some(known) = find::<NotSignedIn>(error) {
        return known.clone();
    }
    let name = &profile.name;
    let login = format!("run `aws sso login --profile {name}` and repeat; nothing is lost");
    let reason = |kind, says: String, hint: &str| NotSignedIn {
        kind,
        says,
        detail: Some(in_one_line(&root_cause(error))),
        hint: hint.to_owned(),
    };
    if let Some(known) = &profile.missing {
        let hint = match known.is_empty() {
            true => "there is no AWS configuration (~/.aws/config): `aws configure` writes one".to_owned(),
            false => format!("it has {}; aws_profile of the profile, or AWS_PROFILE, names one", known.join(", ")),
        };
        return reason(ErrorKind::Config, format!("the AWS configuration has no profile {name}"), &hint);
    }
    if let Some(said) = find::<SdkError<GetRoleCredentialsError, HttpResponse>>(error).map(Said::of) {
        let reason = |kind, says: String, hint: &str| NotSignedIn { detail: said.words(), ..reason(kind, says, hint) };
        return match said.code.as_str() {
            "UnauthorizedException" => reason(
                ErrorKind::SignIn,
                format!("the SSO session of AWS profile {name} has ended or was revoked"),
                &login,
            ),
            "ForbiddenException" => reason(
                ErrorKind::AccessDenied,
                format!("SSO does not let you use the account and role of AWS profile {name}"),
                "ask for the role to be assigned to you, or use another profile",
            ),
            _ => answered("SSO", &said, profile, root_cause(error)),
        };
    }
    let role = find::<SdkError<AssumeRoleError, HttpResponse>>(error).map(Said::of);
    let web = || find::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>(error).map(Said::of);
    let code = || find::<SdkError<GetSessionTokenError, HttpResponse>>(error).map(Said::of);
    if let Some(said) = role.or_else(web).or_else(code) {
        return answered("STS", &said, profile, root_cause(error));
    }
    if profile.device.is_some() {
        return wants_code(name, &reason);
    }
    if find::<ImdsError>(error).is_some() {
        return reason(
            ErrorKind::Credentials,
            "the metadata service of this machine gives no credentials".to_owned(),
            "check the role of the instance and whether its metadata may be read (IMDSv2, hop limit), or name aws_profile in the profile",
        );
    }
    match (error, profile.sso) {
        (CredentialsError::InvalidConfiguration(_), _) => reason(
            ErrorKind::Config,
            format!("the AWS configuration of profile {name} cannot be used"),
            "mend it; `aws configure list-profiles` and `aws sts get-caller-identity` say whether it works",
        ),
        (CredentialsError::ProviderTimedOut(_), _) => reason(
            ErrorKind::Credentials,
            "the AWS credentials did not come in time".to_owned(),
            "whatever gives them (a program, a role of this machine, SSO) took too long: try it by itself",
        ),
        (_, Some(true)) => {
            reason(ErrorKind::SignIn, format!("the SSO session of AWS profile {name} has ended"), &login)
        }
        (_, Some(false)) => {
            reason(ErrorKind::SignIn, format!("nobody is signed in to SSO for AWS profile {name}"), &login)
        }
        _ if profile.has_process => {
            // Its own words may be the very secret.
            let detail = root_cause(error);
            let detail = detail.split(" Stderr:").next().map(in_one_line);
            let says = format!("the credential_process of AWS profile {name} gave no credentials");
            NotSignedIn { detail, ..reason(ErrorKind::Credentials, says, "run it by itself to see what it says") }
        }
        (CredentialsError::CredentialsNotLoaded(_), _) => reason(
            ErrorKind::Credentials,
            "there are no AWS credentials: none in the environment, in the AWS configuration or from this machine's role"
                .to_owned(),
            "sign in, set AWS_PROFILE, or name aws_profile in the profile",
        ),
        _ if profile.has_web_token => reason(
            ErrorKind::Credentials,
            format!("the web identity of AWS profile {name} gave no credentials"),
            "check whether the token is there and may be read: AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file",
        ),
        _ if profile.in_container => reason(
            ErrorKind::Credentials,
            "the container gave no credentials".to_owned(),
            "check the role of the task or pod, and where AWS_CONTAINER_CREDENTIALS_FULL_URI or …_RELATIVE_URI leads",
        ),
        _ => reason(
            ErrorKind::Credentials,
            "the AWS credentials cannot be read".to_owned(),
            "`aws sts get-caller-identity` says whether they work elsewhere",
        ),
    }
}

fn wants_code(name: &str, reason: &impl Fn(ErrorKind, String, &str) -> NotSignedIn) -> NotSignedIn {
    reason(
        ErrorKind::Credentials,
        format!("AWS profile {name} asks for a one-time code (mfa_serial)"),
        "give it with --mfa-code CODE, or run this on a terminal, where it is asked for; in the console F5 asks for it",
    )
}

/// Of the list that the SDK gives of all that it tried, the last place: in the others there was nothing to be tried.
fn in_one_line(text: &str) -> String {
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    last.replace("the credential provider was not enabled: ", "")
}

/// How to sign in where `aws login` does it.
fn login_hint(name: &str) -> String {
    format!("run `aws login --profile {name}` and repeat; nothing is lost")
}

/// There is no login of an AWS profile that wants one.
pub(super) fn nobody_logged_in(profile: &AwsProfile) -> NotSignedIn {
    let says = format!("nobody is signed in with `aws login` for AWS profile {}", profile.name);
    NotSignedIn { kind: ErrorKind::SignIn, says, detail: None, hint: login_hint(&profile.name) }
}

/// There is a login that gives nothing.
pub(super) fn login_unusable(profile: &AwsProfile, why: String) -> NotSignedIn {
    let says = format!("the login of AWS profile {} cannot be used", profile.name);
    NotSignedIn { kind: ErrorKind::SignIn, says, detail: Some(why), hint: login_hint(&profile.name) }
}

/// Why a login is not renewed.
pub(super) fn login_refused(
    error: &SdkError<CreateOAuth2TokenError, HttpResponse>,
    profile: &AwsProfile,
) -> NotSignedIn {
    let (said, name) = (Said::of(error), &profile.name);
    let code = match error.as_service_error() {
        Some(CreateOAuth2TokenError::AccessDeniedException(denied)) => Some(&denied.error),
        Some(CreateOAuth2TokenError::ValidationException(wrong)) => Some(&wrong.error),
        _ => None,
    };
    let reason = |kind, says: String, hint: String| NotSignedIn { kind, says, detail: said.words(), hint };
    match code {
        Some(OAuth2ErrorCode::UserCredentialsChanged) => {
            let says = format!("the login of AWS profile {name} has ended: the password was changed since");
            reason(ErrorKind::SignIn, says, login_hint(name))
        }
        Some(OAuth2ErrorCode::TokenExpired | OAuth2ErrorCode::AuthcodeExpired | OAuth2ErrorCode::OauthInvalidGrant) => {
            reason(ErrorKind::SignIn, format!("the login of AWS profile {name} has ended"), login_hint(name))
        }
        Some(OAuth2ErrorCode::InsufficientPermissions) => reason(
            ErrorKind::AccessDenied,
            format!("the login of AWS profile {name} may not be renewed"),
            "the user or role needs signin:CreateOAuth2Token; the policy SignInLocalDevelopmentAccess of AWS has it"
                .to_owned(),
        ),
        _ if kind_of_code(&said.code) == ErrorKind::AccessDenied => reason(
            ErrorKind::SignIn,
            format!("AWS Sign-In does not renew the login of AWS profile {name}"),
            login_hint(name),
        ),
        _ => answered("AWS Sign-In", &said, profile, root_cause(error)),
    }
}

/// The meaning of an answer on the way to credentials, where it is no matter of SSO alone.
fn answered(service: &str, said: &Said, profile: &AwsProfile, cause: String) -> NotSignedIn {
    let name = &profile.name;
    let reason = &|kind, says: String, hint: &str| {
        // Said once is enough.
        let detail = said.words().unwrap_or_else(|| in_one_line(&cause));
        NotSignedIn { kind, detail: Some(detail).filter(|detail| !says.contains(detail)), says, hint: hint.to_owned() }
    };
    let because = said.message.as_deref().map(|m| format!(": {m}")).unwrap_or_default();
    if let Some(skew) = clock_off(&said.code, said.date.as_deref(), std::time::SystemTime::now()) {
        return reason(ErrorKind::Clock, skew, "set the clock of this machine: requests are signed with it");
    }
    match (kind_of_code(&said.code), said.status) {
        (ErrorKind::AccessDenied, _) if profile.device.is_some() => wants_code(name, reason),
        (ErrorKind::AccessDenied, _) => reason(
            ErrorKind::AccessDenied,
            format!("AWS profile {name} may not assume its role{because}"),
            "the role's trust policy must let you, and your own policy must allow sts:AssumeRole",
        ),
        (ErrorKind::Credentials, _) => reason(
            ErrorKind::Credentials,
            format!("the credentials behind AWS profile {name} are not accepted{because}"),
            "sign in again, or renew the keys",
        ),
        (ErrorKind::Throttled, _) | (_, Some(429)) => {
            reason(ErrorKind::Throttled, format!("{service} throttles the calls for credentials"), "wait a little")
        }
        (_, None) if said.is_connect => reason(
            ErrorKind::Endpoint,
            format!("{service} cannot be reached for credentials"),
            "check the network, VPN and proxy of this machine",
        ),
        (_, None) => reason(
            ErrorKind::Unknown,
            format!("the answer of {service} for credentials did not come"),
            "check the network, and try again",
        ),
        (_, Some(500..)) => {
            reason(ErrorKind::Unknown, format!("{service} gave no credentials for the moment"), "try again in a while")
        }
        (_, Some(status)) if said.code.is_empty() => reason(
            ErrorKind::Proxy,
            format!("something between here and {service} answered in its place: HTTP {status}"),
            "check proxy, VPN and endpoint_url",
        ),
        _ => reason(
            ErrorKind::Credentials,
            format!("{service} gave no credentials for AWS profile {name}: {}{because}", said.code),
            "`aws sts get-caller-identity` says whether they work elsewhere",
        ),
    }
}
