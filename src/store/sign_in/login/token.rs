//! The login as `aws login` keeps it in a file, which its other users read and write, too.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_types::os_shim_internal::Env;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::config::read_regular;
use crate::domain::digest::hex;
use crate::domain::secret::remember;

/// Where a login is said to come from.
const SOURCE: &str = "aws login";

/// A login cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    /// Nobody is signed in.
    #[error("there is no login")]
    Absent,
    /// There is a file, and it holds no login.
    #[error("{0}")]
    Broken(String),
}

/// A login, with all that its file holds.
#[derive(Clone)]
pub(super) struct Login {
    path: PathBuf,
    json: Json,
    pub(super) credentials: Credentials,
    pub(super) ends: Timestamp,
}

/// Where the login of a session is kept; `None` where there is no home.
pub(super) fn place(env: &Env, session: &str) -> Option<PathBuf> {
    let set = |name: &str| env.get(name).ok().filter(|value| !value.is_empty()).map(PathBuf::from);
    let dir = set("AWS_LOGIN_CACHE_DIRECTORY").or_else(|| Some(set("HOME")?.join(".aws/login/cache")))?;
    Some(dir.join(format!("{}.json", hex(&Sha256::digest(session.trim())))))
}

impl Login {
    /// Reads a login. From then on nothing shows its secrets.
    pub(super) fn read(path: &Path) -> Result<Self, Unreadable> {
        let broken = |what: &str| Unreadable::Broken(format!("{}: {what}", path.display()));
        if !path.exists() {
            return Err(Unreadable::Absent);
        }
        let text = read_regular(path).map_err(|error| broken(&error.to_string()))?;
        // Without the words of the parser, which may quote what stands there.
        let json: Json = serde_json::from_str(&text).map_err(|_| broken("it is no JSON"))?;
        for secret in
            ["/refreshToken", "/dpopKey", "/idToken", "/accessToken/secretAccessKey", "/accessToken/sessionToken"]
        {
            json.pointer(secret).and_then(Json::as_str).into_iter().for_each(remember);
        }
        let text = |at: &str| {
            let found = json.pointer(at).and_then(Json::as_str).map(str::to_owned);
            found.ok_or_else(|| broken(&format!("it has no {}", at.trim_start_matches('/').replace('/', "."))))
        };
        for needed in ["/refreshToken", "/dpopKey", "/clientId"] {
            text(needed)?;
        }
        let ends: Timestamp =
            text("/accessToken/expiresAt")?.parse().map_err(|_| broken("its expiresAt is no time"))?;
        let (id, secret) = (text("/accessToken/accessKeyId")?, text("/accessToken/secretAccessKey")?);
        let session = text("/accessToken/sessionToken")?;
        let credentials = Credentials::new(id, secret, Some(session), Some(SystemTime::from(ends)), SOURCE);
        Ok(Self { path: path.to_path_buf(), json, credentials, ends })
    }

    /// A text of the file; empty where there is none.
    pub(super) fn text(&self, key: &str) -> &str {
        self.json.get(key).and_then(Json::as_str).unwrap_or_default()
    }

    /// Takes over what renewing gave, and keeps it in the file. What else stands there stays.
    ///
    /// # Errors
    /// The file system's own error; the login is renewed all the same.
    pub(super) fn renew(&mut self, given: &Renewed) -> std::io::Result<()> {
        remember(&given.secret_access_key);
        remember(&given.session_token);
        remember(&given.refresh_token);
        self.ends = given.ends;
        self.json["refreshToken"] = json!(given.refresh_token);
        let access = &mut self.json["accessToken"];
        access["accessKeyId"] = json!(given.access_key_id);
        access["secretAccessKey"] = json!(given.secret_access_key);
        access["sessionToken"] = json!(given.session_token);
        access["expiresAt"] = json!(given.ends.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let (id, secret, session) = (&given.access_key_id, &given.secret_access_key, &given.session_token);
        let end = Some(SystemTime::from(given.ends));
        self.credentials = Credentials::new(id, secret, Some(session.clone()), end, SOURCE);
        // Readable for its owner only, and never half of it.
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(self.json.to_string().as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

/// Credentials that AWS Sign-In gave for the refresh token of a login.
pub(super) struct Renewed {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: String,
    pub(super) refresh_token: String,
    pub(super) ends: Timestamp,
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn whole() -> Json {
        json!({"accessToken": {"accessKeyId": "AKID", "secretAccessKey": "secret", "sessionToken": "token",
               "accountId": "111111111111", "expiresAt": "2026-03-20T01:00:00Z"},
               "tokenType": "aws_sigv4", "refreshToken": "refresh", "idToken": "id", "clientId": "client", "dpopKey": "key", "own": [1]})
    }

    #[test]
    fn the_file_is_named_after_the_session_as_the_aws_tools_name_it() {
        // The example of the SDK's own tests.
        let name = "36db1d138ff460920374e4c3d8e01f53f9f73537e89c88d639f68393df0e2726.json";
        let session = "arn:aws:iam::0123456789012:user/Admin";
        let at = |variables: &[(&str, &str)]| place(&Env::from_slice(variables), session);
        assert_eq!(at(&[("HOME", "/home")]).unwrap(), Path::new("/home/.aws/login/cache").join(name));
        let own = at(&[("HOME", "/home"), ("AWS_LOGIN_CACHE_DIRECTORY", "/own")]);
        assert_eq!(own.unwrap(), Path::new("/own").join(name));
        assert_eq!(at(&[]), None);
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_of_it_is_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("login.json");
        assert!(matches!(Login::read(&path), Err(Unreadable::Absent)));
        let said = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Login::read(&path).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(said(&whole().to_string()), "");
        assert!(said("{\"refreshToken\": CANARY").ends_with("login.json: it is no JSON"));
        for (at, name) in [("/clientId", "clientId"), ("/accessToken/sessionToken", "accessToken.sessionToken")] {
            let mut json = whole();
            *json.pointer_mut(at).unwrap() = Json::Null;
            assert!(said(&json.to_string()).ends_with(&format!("it has no {name}")), "{name}");
        }
        let mut json = whole();
        json["accessToken"]["expiresAt"] = json!("soon");
        assert!(said(&json.to_string()).ends_with("its expiresAt is no time"));
    }

    #[test]
    fn a_renewed_login_is_kept_with_what_else_stands_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("login.json");
        std::fs::write(&path, whole().to_string()).unwrap();
        let mut login = Login::read(&path).unwrap();
        let renewed = Renewed {
            access_key_id: "AKID2".into(),
            secret_access_key: "secret2".into(),
            session_token: "token2".into(),
            refresh_token: "refresh2".into(),
            ends: "2026-03-20T02:00:00Z".parse().unwrap(),
        };
        login.renew(&renewed).unwrap();
        let mut expected = whole();
        expected["refreshToken"] = json!("refresh2");
        expected["accessToken"] = json!({"accessKeyId": "AKID2", "secretAccessKey": "secret2", "sessionToken": "token2",
            "accountId": "111111111111", "expiresAt": "2026-03-20T02:00:00Z"});
        assert_eq!(serde_json::from_str::<Json>(&std::fs::read_to_string(&path).unwrap()).unwrap(), expected);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(login.credentials.access_key_id(), "AKID2");
        assert_eq!(Login::read(&path).unwrap().ends, renewed.ends);
    }
}
