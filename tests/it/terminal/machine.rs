//! A machine that somebody signs in on: its files, its environment, and the program on it.

use std::path::{Path, PathBuf};

use super::kit::Console;
use crate::sign_in::CODE;
use crate::support::program::{Printed, binary, json_lines};

/// A machine with AWS files of its own, whose services stand on loopback.
pub(super) struct Machine {
    pub(super) dir: tempfile::TempDir,
    pub(super) environment: Vec<(&'static str, String)>,
}

impl Machine {
    pub(super) fn new(dynamodb: &str, services: &str, aws_config: &str, profile: &str) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let text = format!(
            "default_profile = \"t\"\n[profiles.t]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"ap-northeast-1\"\n\
             aws_profile = \"corp\"\nsign_in = \"sh '{}'\"\n{profile}\n",
            at("login.sh")
        );
        std::fs::write(at("config.toml"), text).unwrap();
        std::fs::write(at("aws"), aws_config).unwrap();
        let mut environment = vec![
            ("HOME", at("")),
            ("AWS_CONFIG_FILE", at("aws")),
            ("AWS_SHARED_CREDENTIALS_FILE", at("credentials")),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("TENANTRY_LOG", "tenantry=trace".to_owned()),
        ];
        // An empty one counts as none.
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            environment.push((name, String::new()));
        }
        environment.push(("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.to_owned()));
        for name in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SIGNIN"] {
            environment.push((name, services.to_owned()));
        }
        Self { dir, environment }
    }

    /// What the profile's command does.
    pub(super) fn login(&self, script: &str) {
        std::fs::write(self.dir.path().join("login.sh"), script).unwrap();
    }

    /// A file of the machine's home.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// With another value of a variable.
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
    }

    pub(super) fn keys(&self, name: &str, id: &str) {
        let text = format!("[corp]\naws_access_key_id = {id}\naws_secret_access_key = CANARY-secret-of-{id}\n");
        std::fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<String> {
        let at = |name: &str| self.dir.path().join(name).display().to_string();
        let own = ["--config".to_owned(), at("config.toml"), "--state".to_owned(), at("state")];
        own.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect()
    }

    pub(super) fn console(&self, more: &[&str]) -> Console {
        let arguments = self.arguments(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let environment: Vec<(&str, &str)> = self.environment.iter().map(|(n, v)| (*n, v.as_str())).collect();
        Console::start(&arguments, &environment)
    }

    pub(super) async fn json(&self, more: &[&str]) -> Printed {
        let mut command = binary();
        command.envs(self.environment.iter().map(|(name, value)| (*name, value.as_str())));
        command.args(self.arguments(more)).arg("--json");
        let printed = json_lines(command).await;
        assert!(!sings(&format!("{}{}", printed.stdout, printed.stderr)), "{}{}", printed.stdout, printed.stderr);
        printed
    }

    /// No file of ours holds one of the secrets.
    pub(super) fn assert_silent(&self) {
        for file in files(&self.dir.path().join("state")) {
            let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
            assert!(!sings(&text), "{}", file.display());
        }
        assert!(self.dir.path().join("state/logs/tenantry.log").exists());
    }
}

/// True where a text holds one of the secrets. A run's first batch is called canary, too.
pub(super) fn sings(text: &str) -> bool {
    text.contains("CANARY-") || text.contains(CODE)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
