//! A reader who does what a page says, in order, in a directory and a home of their own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::Parser as _;
use serde_json::Value as Json;
use tenantry::cli::Cli;

use super::super::kit::{Console, PATIENCE};
use super::blocks::{Line, Press, Step};
use super::shown;
use crate::readme::in_backticks;

/// Lines that build or install: the test itself runs on what was built.
const BUILDS: [&str; 4] = ["cargo test", "cargo install ", "cargo build ", "docker "];

pub(super) struct Tour {
    dir: tempfile::TempDir,
    /// Some of its lines go to profiles, which lead to services of their own.
    has_profiles: bool,
    services: Option<(Child, Json)>,
    pub(super) console: Option<Console>,
    printed: String,
    environment: Vec<(&'static str, String)>,
}

impl Tour {
    pub(super) fn new(steps: &[Step]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tenantry"), bin.join("tenantry")).unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let environment = vec![
            ("PATH", path),
            ("HOME", dir.path().join("home").display().to_string()),
            ("USER", "operator".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("LC_ALL", String::new()),
            ("TERM", "xterm-256color".to_owned()),
            ("COLORFGBG", "15;0".to_owned()),
            ("AWS_ACCESS_KEY_ID", "sandbox".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "sandbox".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ];
        std::fs::create_dir(dir.path().join("home")).unwrap();
        std::fs::create_dir(dir.path().join("here")).unwrap();
        let has_profiles = steps.iter().any(|step| matches!(step, Step::Run(line) if line.text.contains("--profile ")));
        Self { dir, has_profiles, services: None, console: None, printed: String::new(), environment }
    }

    /// With another value in the environment.
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
        self
    }

    fn here(&self) -> PathBuf {
        self.dir.path().join("here")
    }

    /// Does one step; `watch` is called after each press.
    pub(super) fn step(&mut self, step: &Step, mut watch: impl FnMut(&Console, &Press)) {
        match step {
            Step::Run(line) => self.run(line),
            Step::Shown(at, lines) => {
                let outcome = shown::compare(&self.printed, lines);
                assert!(outcome.is_ok(), "{at}\n{}\nall of it:\n{}", outcome.unwrap_err(), self.printed);
            }
            Step::Keys(rows, _) => {
                for press in rows {
                    self.press(press);
                    if let Some(console) = &self.console {
                        watch(console, press);
                    }
                }
            }
        }
    }

    /// Leaves the console.
    pub(super) fn end(&mut self) {
        if let Some(mut console) = self.console.take() {
            console.press("q");
            assert_eq!(console.ended(), 0);
        }
    }

    fn run(&mut self, line: &Line) {
        if BUILDS.iter().any(|known| line.text.starts_with(known)) {
            return;
        }
        // Looked at and left.
        self.end();
        self.configure();
        let text = line.text.replace("cargo run -- ", "tenantry ");
        let words = || text.split_whitespace();
        let is_console =
            words().next() == Some("tenantry") && Cli::try_parse_from(words()).is_ok_and(|cli| cli.command.is_none());
        if is_console {
            return self.open(&text);
        }
        let text = self.with_runs(&text, line);
        let is_asked = line.comment.starts_with("answer ") || line.comment.ends_with(" と答える");
        let (code, printed) = match in_backticks(&line.comment).first().filter(|_| is_asked) {
            Some(answer) => self.answered(&text, answer),
            None => self.shell(&text),
        };
        let wanted = ["exit code ", "終了コード "].iter().find_map(|words| line.comment.split_once(words));
        let wanted =
            wanted.map_or(0, |(_, n)| n.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap());
        assert_eq!(code, wanted, "{}: {text}\n{printed}", line.at);
        self.printed = printed;
    }

    /// Opens the console.
    pub(super) fn open(&mut self, text: &str) {
        let console = self.terminal(text);
        let is_japanese = self.environment.contains(&("LANG", "ja_JP.UTF-8".to_owned()));
        wait(&console, if is_japanese { "テナント" } else { "Tenants" }, text);
        self.console = Some(console);
    }

    fn bash(&self, text: &str) -> Command {
        let mut command = Command::new("bash");
        command.arg("-c").arg(text).current_dir(self.here()).stdin(Stdio::null());
        for name in [
            "TENANTRY_CONFIG",
            "TENANTRY_PROFILE",
            "TENANTRY_STATE",
            "TENANTRY_LOG",
            "NO_COLOR",
            "AWS_PROFILE",
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
        ] {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn shell(&self, text: &str) -> (i32, String) {
        let output = self.bash(&format!("exec 2>&1\n{text}")).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// In a terminal of its own.
    fn terminal(&self, text: &str) -> Console {
        let environment: Vec<(&str, &str)> =
            self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = format!("cd '{}' && unset XDG_CONFIG_HOME XDG_STATE_HOME && exec {text}", self.here().display());
        Console::of("bash", &["-c", &text], &environment)
    }

    /// With an answer to every question.
    fn answered(&self, text: &str, answer: &str) -> (i32, String) {
        let mut console = self.terminal(text);
        console.wait_for("stop [q]?");
        console.press(&format!("{answer}\r"));
        let code = console.ended();
        (i32::try_from(code).unwrap(), console.text())
    }

    /// Words such as `RUN` and `COPY_RUN` stand for the newest run, or the newest of an operation.
    fn with_runs(&self, text: &str, line: &Line) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words: Vec<&str> =
            text.split(|c: char| !is_word(c)).filter(|w| *w == "RUN" || w.ends_with("_RUN")).collect();
        let mut text = text.to_owned();
        for word in words {
            // The list of the same place.
            let words: Vec<&str> = line.text.split_whitespace().collect();
            let mut list = "tenantry".to_owned();
            for (at, word) in words.iter().enumerate() {
                match *word {
                    "--sandbox" => list.push_str(" --sandbox"),
                    "--data" | "--profile" => list.push_str(&format!(" {word} {}", words[at + 1])),
                    _ => {}
                }
            }
            let (_, printed) = self.shell(&format!("{list} runs --json"));
            let operation = word.strip_suffix("_RUN").map(str::to_lowercase);
            let runs = printed.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
            let run = runs
                .filter(|run| run["event"] == "run")
                .find(|run| operation.as_ref().is_none_or(|wanted| run["operation"] == wanted.as_str()));
            let run = run.unwrap_or_else(|| panic!("{}: no run for {word}\n{printed}", line.at));
            text = text.replacen(word, run["run"].as_str().unwrap(), 1);
        }
        text
    }

    fn press(&mut self, press: &Press) {
        let console = self.console.as_mut().unwrap_or_else(|| panic!("{}: no console is open", press.at));
        for key in &press.keys {
            // An escape that comes together with another key is taken for Alt.
            std::thread::sleep(Duration::from_millis(60));
            console.press(&bytes(key));
        }
        if press.keys.last().is_some_and(|key| key == "q") && press.seen.is_empty() {
            assert_eq!(console.ended(), 0);
            self.console = None;
            return;
        }
        for text in &press.seen {
            wait(console, text, &press.at);
        }
        if press.seen.is_empty() {
            std::thread::sleep(Duration::from_millis(150));
        }
    }

    /// Profiles that lead to services of this tour.
    fn configure(&mut self) {
        if !self.has_profiles {
            return;
        }
        if self.services.is_none() {
            self.services = Some(serve(&self.dir.path().join("services")));
        }
        let Some((_, at)) = &self.services else { return };
        let text = |name: &str| at[name].as_str().unwrap().to_owned();
        let profile = |name: &str| {
            format!(
                "[profiles.{name}]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"ap-northeast-1\"\nbucket = \"{}\"\n\
                 user_pool_id = \"{}\"\nendpoints = {{ dynamodb = \"{}\", s3 = \"{}\", cognito = \"{}\" }}\n",
                text("bucket"),
                text("user_pool_id"),
                text("dynamodb"),
                text("s3"),
                text("cognito")
            )
        };
        let file = self.dir.path().join("home/.config/tenantry/config.toml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let (staging, prod) = (profile("staging"), profile("prod"));
        let text = format!("default_profile = \"staging\"\n{staging}{prod}protected = true\n");
        std::fs::write(file, text).unwrap();
    }
}

impl Drop for Tour {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.services {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Services with demo data, for as long as the child lives.
fn serve(data: &Path) -> (Child, Json) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command.args(["sandbox", "serve", "--pipeline", "200", "--data"]).arg(data).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

/// Waits for a text on the screen.
fn wait(console: &Console, wanted: &str, at: &str) {
    let began = Instant::now();
    while !console.text().contains(wanted) {
        assert!(began.elapsed() < PATIENCE, "{at}: waited for {wanted:?}\n{}", console.text());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A key as a terminal sends it; what is no name of a key is typed.
fn bytes(key: &str) -> String {
    let named = match key {
        "Enter" => "\r",
        "Esc" => "\u{1b}",
        "Tab" => "\t",
        "Space" => " ",
        "Backspace" => "\u{7f}",
        "↑" => "\u{1b}[A",
        "↓" => "\u{1b}[B",
        "→" => "\u{1b}[C",
        "←" => "\u{1b}[D",
        "PgDn" => "\u{1b}[6~",
        "PgUp" => "\u{1b}[5~",
        "F5" => "\u{1b}[15~",
        other => match other.strip_prefix("Ctrl-") {
            Some(letter) => {
                let c = letter.chars().next().unwrap().to_ascii_lowercase();
                return char::from(c as u8 & 0x1f).to_string();
            }
            None => other,
        },
    };
    named.to_owned()
}
