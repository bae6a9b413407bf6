use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value as Json;
use tokio::process::Command;

use super::Stack;

/// The schema of every line that the program prints with `--json`.
static DOCUMENT: LazyLock<Json> = LazyLock::new(|| {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/schema/lines.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});
static SCHEMA: LazyLock<Validator> = LazyLock::new(|| jsonschema::validator_for(&DOCUMENT).unwrap());

/// The program under test, with a configuration file that leads to a stack.
pub struct Program {
    config: tempfile::NamedTempFile,
    state: PathBuf,
}

/// What one call printed.
#[derive(Debug)]
pub struct Printed {
    pub code: i32,
    pub lines: Vec<Json>,
    pub stdout: String,
    pub stderr: String,
}

impl Printed {
    /// Lines of one kind.
    pub fn events(&self, event: &str) -> Vec<&Json> {
        self.lines.iter().filter(|l| l["event"] == event).collect()
    }

    pub fn end(&self) -> &Json {
        let last = self.lines.last().unwrap();
        assert_eq!(last["event"], "end");
        last
    }
}

/// A pipe with a name, at which nobody writes.
pub fn fifo(dir: &Path) -> String {
    let path = dir.join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    path.to_str().unwrap().to_owned()
}

pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    for name in ["TENANTRY_CONFIG", "TENANTRY_PROFILE", "TENANTRY_STATE", "TENANTRY_LOG", "NO_COLOR", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    command
        .env("AWS_ACCESS_KEY_ID", "sandbox")
        .env("AWS_SECRET_ACCESS_KEY", "sandbox")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs a prepared command; every line must fit the schema, and the last one must be the only `end`.
pub async fn json_lines(mut command: Command) -> Printed {
    let output = command.output().await.unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let parse = |line: &str| serde_json::from_str::<Json>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    let lines: Vec<Json> = stdout.lines().map(parse).collect();
    for line in &lines {
        let errors: Vec<String> = SCHEMA.iter_errors(line).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{line}\n{}", errors.join("\n"));
        // Readers may be given more keys than they know; the documentation names each.
        let known = &DOCUMENT["$defs"][line["event"].as_str().unwrap()]["properties"];
        let unknown: Vec<&String> = line.as_object().unwrap().keys().filter(|key| known.get(key).is_none()).collect();
        assert_eq!(unknown, Vec::<&String>::new(), "keys that the schema does not name: {line}");
    }
    assert_eq!(lines.iter().filter(|l| l["event"] == "end").count(), 1, "{stdout}\n{stderr}");
    let code = output.status.code().unwrap();
    let printed = Printed { code, lines, stdout, stderr };
    assert_eq!(printed.end()["exit"], code, "{}", printed.stdout);
    let name = printed.end()["command"].as_str().unwrap();
    let documented = tenantry::cli::exit_codes(name).iter().any(|c| i32::from(*c) == code);
    assert!(documented, "{code} is none of the exit codes of {name:?}");
    printed
}

impl Program {
    pub fn new(stack: &Stack) -> Self {
        Self::with(stack, "")
    }

    /// With more keys in the profile.
    pub fn with(stack: &Stack, more: &str) -> Self {
        let at = &stack.profile.endpoints;
        Self::at(stack, at.dynamodb.as_deref().unwrap(), at.s3.as_deref().unwrap(), more)
    }

    /// Led to the services by other ways.
    pub fn at(stack: &Stack, dynamodb: &str, s3: &str, more: &str) -> Self {
        let p = &stack.profile;
        let text = format!(
            "default_profile = \"test\"\n[profiles.test]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"ap-northeast-1\"\n\
             bucket = \"{}\"\nattribute_limit_bytes = {}\noperator = \"operator-1\"\noperator_ip = \"198.51.100.1\"\n\
             endpoints = {{ dynamodb = \"{dynamodb}\", s3 = \"{s3}\", cognito = \"{}\" }}\n{more}\n",
            p.bucket.as_deref().unwrap(),
            p.attribute_limit_bytes,
            p.endpoints.cognito.as_deref().unwrap_or_default(),
        );
        let config = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(config.path(), text).unwrap();
        Self { config, state: stack.state.path().to_path_buf() }
    }

    /// With a state directory of its own.
    pub fn keeping(self, state: &Path) -> Self {
        Self { state: state.to_path_buf(), ..self }
    }

    /// With another text in the configuration file.
    pub fn replacing(self, from: &str, to: &str) -> Self {
        let text = std::fs::read_to_string(self.config.path()).unwrap();
        assert!(text.contains(from));
        std::fs::write(self.config.path(), text.replace(from, to)).unwrap();
        self
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = binary();
        command.arg("--config").arg(self.config.path()).arg("--state").arg(&self.state).args(args);
        command
    }

    pub async fn json(&self, args: &[&str]) -> Printed {
        let mut command = self.command(args);
        command.arg("--json");
        json_lines(command).await
    }

    /// For people: exit code, stdout, stderr.
    pub async fn text(&self, args: &[&str]) -> (i32, String, String) {
        let output = self.command(args).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}
