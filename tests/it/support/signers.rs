//! People with SSH keys: real ones, made and used by the real programs.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Keys, and the file of those who may sign.
pub struct Signers {
    dir: tempfile::TempDir,
}

impl Signers {
    pub fn new() -> Self {
        let signers = Self { dir: tempfile::tempdir().unwrap() };
        signers.allow("");
        signers
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.file(name), text).unwrap();
        self.path(name)
    }

    pub fn path(&self, name: &str) -> String {
        self.file(name).to_str().unwrap().to_owned()
    }

    /// Makes a key of a kind: `-t ed25519` for instance.
    pub fn key(&self, name: &str, kind: &str) -> String {
        let made = ssh_keygen(&format!("-q {kind} -N  -C {name} -f {}", self.path(name)), "");
        assert!(made.is_some(), "{kind}");
        self.path(name)
    }

    /// The public half of a key.
    pub fn public(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(&format!("{name}.pub"))).unwrap().trim().to_owned()
    }

    pub fn allow(&self, lines: &str) {
        self.write("allowed_signers", lines);
    }

    /// The keys of a profile that asks for so many signatures.
    pub fn approval(&self, required: usize) -> String {
        format!(
            "approval = {{ required = {required}, allowed_signers = \"{}\", revoked = \"{}\" }}",
            self.path("allowed_signers"),
            self.write("revoked", "")
        )
    }

    /// Lines, and a signature of a key over them as `ssh-keygen` makes it.
    pub fn by_hand(&self, key: &str, lines: &str, more: &str) -> String {
        // Two spaces would be an argument without a letter.
        let words = format!("-Y sign -n tenantry {more}");
        let signature = ssh_keygen(&format!("{} -f {}", words.trim_end(), self.path(key)), lines);
        format!("{lines}{}", signature.unwrap())
    }
}

/// What `ssh-keygen` prints; `None` where it fails. Two blanks stand for an empty word.
pub fn ssh_keygen(words: &str, input: &str) -> Option<String> {
    let mut command = Command::new("ssh-keygen");
    command.args(words.split(' ')).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// An agent of our own.
pub struct Agent {
    process: Child,
    socket: PathBuf,
}

impl Agent {
    pub fn start(dir: &Path) -> Self {
        let socket = dir.join("agent");
        let mut command = Command::new("ssh-agent");
        command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        for _ in 0..500 {
            if socket.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self { process, socket }
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    pub fn add(&self, key: &str) {
        let mut command = Command::new("ssh-add");
        command.arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket).stderr(Stdio::null());
        assert!(command.status().unwrap().success(), "{key}");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
