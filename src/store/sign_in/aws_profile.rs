use std::path::PathBuf;

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};
use sha1::{Digest, Sha1};

use crate::domain::digest::hex;

/// Profiles may name a profile that they take their credentials from.
pub(super) const DEEPEST: usize = 8;

/// The AWS configuration's word on the profile that credentials are looked for in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct AwsProfile {
    /// Its name.
    pub(super) name: String,
    /// Somebody asked for it by its name, and it is not there; the names that are.
    pub(super) missing: Option<Vec<String>>,
    /// It signs in through SSO; whether a token of such a sign-in is on this machine.
    pub(super) sso: Option<bool>,
    /// Serial number of the device whose one-time code it wants.
    pub(super) device: Option<String>,
    /// A program of its own gives the credentials.
    pub(super) has_process: bool,
    /// It, or the environment, has a token of a web identity.
    pub(super) has_web_token: bool,
    /// The environment says where a container gets them.
    pub(super) in_container: bool,
}

impl AwsProfile {
    /// Reads the SDK's configuration files; what cannot be read says nothing.
    pub(super) async fn read(named: Option<&str>) -> Self {
        Self::read_with(named).await.0
    }

    /// As [`Self::read`], with the files; `None` where they cannot be read.
    pub(super) async fn read_with(named: Option<&str>) -> (Self, Option<ProfileSet>) {
        let env = Env::real();
        let asked = named.map(str::to_owned).or_else(|| env.get("AWS_PROFILE").ok().filter(|name| !name.is_empty()));
        let name = asked.clone().unwrap_or_else(|| "default".to_owned());
        let files = EnvConfigFiles::default();
        let set = aws_config::profile::load(&Fs::real(), &env, &files, asked.clone().map(Into::into)).await;
        let is_set = |name: &str| env.get(name).is_ok_and(|value| !value.is_empty());
        let has_web_token = is_set("AWS_WEB_IDENTITY_TOKEN_FILE");
        let in_container =
            is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI") || is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let Ok(set) = set else { return (Self { name, has_web_token, in_container, ..Self::default() }, None) };
        let home = env.get("HOME").ok().filter(|home| !home.is_empty()).map(PathBuf::from);
        let mut found = Self::of(&set, name, asked.is_some(), |session| {
            let file = home.as_ref()?.join(".aws/sso/cache").join(format!("{}.json", hex(&Sha1::digest(session))));
            Some(file.exists())
        });
        found.has_web_token |= has_web_token;
        found.in_container = in_container;
        (found, Some(set))
    }

    fn of(set: &ProfileSet, name: String, is_asked_for: bool, has_token: impl Fn(&str) -> Option<bool>) -> Self {
        let mut found = Self { name: name.clone(), ..Self::default() };
        if set.get_profile(&name).is_none() && is_asked_for {
            let mut known: Vec<String> = set.profiles().map(str::to_owned).collect();
            known.sort();
            found.missing = Some(known);
            return found;
        }
        let mut at = Some(name);
        for _ in 0..DEEPEST {
            let Some(profile) = at.take().and_then(|name| set.get_profile(&name)) else { break };
            let session = profile.get("sso_session").or_else(|| profile.get("sso_start_url"));
            if let Some(session) = session {
                found.sso = Some(has_token(session).unwrap_or(false));
            }
            // Beside anything else the SDK does not look at it either.
            let is_asked = ["role_arn", "aws_access_key_id"].iter().any(|key| profile.get(key).is_some());
            if is_asked && let Some(serial) = profile.get("mfa_serial") {
                found.device.get_or_insert_with(|| serial.to_owned());
            }
            found.has_web_token |= profile.get("web_identity_token_file").is_some();
            found.has_process |= profile.get("credential_process").is_some();
            at = profile.get("source_profile").filter(|source| *source != profile.name()).map(str::to_owned);
        }
        found
    }
}
