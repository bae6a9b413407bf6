//! Telling somebody that a run waits, pauses or ends: a program of the operator's choice is started, without a shell.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::{STATE_DIR_WITHIN, state_variable};
use crate::domain::run::RunId;
use crate::logging::EVENTS;

/// How long the program may take.
const LONGEST: Duration = Duration::from_secs(60);
/// How long the end of the program waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The kinds of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// A batch waits for a decision.
    BatchWaits,
    /// A run is paused: somebody has to mend something.
    RunPaused,
    /// A run has ended.
    RunEnded,
}

impl News {
    /// The word in `TENANTRY_EVENT`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BatchWaits => "batch_waits",
            Self::RunPaused => "run_paused",
            Self::RunEnded => "run_ended",
        }
    }
}

/// Something that somebody wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The event.
    pub news: News,
    /// Its run; `None` where the run did not begin.
    pub run: Option<RunId>,
    /// Its batch, if there is one.
    pub batch: Option<u32>,
    /// The state of the run: `waiting`, `paused`, or how it ended.
    pub state: String,
}

/// Starts the program and waits for it.
///
/// # Errors
/// Why it told nobody, in words.
pub async fn send(command: &[String], profile: &str, note: &Note) -> Result<(), String> {
    match start(command, profile, note)? {
        Some(started) => started.ended().await,
        None => Ok(()),
    }
}

/// A program that was started.
pub struct Started {
    program: String,
    child: Child,
}

/// Starts the program, within a runtime; `None` where none is configured. It goes on when this process ends.
///
/// # Errors
/// Why it cannot be started, in words.
pub fn start(command: &[String], profile: &str, note: &Note) -> Result<Option<Started>, String> {
    begin(command, profile, note).inspect_err(|why| logged(why))
}

/// The program's own words are not in it, nor anything of the run's.
fn logged(why: &str) {
    tracing::warn!(target: EVENTS, "[notify] command: {why}");
}

fn begin(command: &[String], profile: &str, note: &Note) -> Result<Option<Started>, String> {
    let Some((program, arguments)) = command.split_first() else { return Ok(None) };
    let mut child = Command::new(program);
    child.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C is for us.
    child.process_group(0).kill_on_drop(false);
    let text = |value: Option<String>| value.unwrap_or_default();
    child
        .env("TENANTRY_EVENT", note.news.as_str())
        .env("TENANTRY_RUN", text(note.run.map(|run| run.to_string())))
        .env("TENANTRY_BATCH", text(note.batch.map(|batch| batch.to_string())))
        .env("TENANTRY_PROFILE", profile)
        .env("TENANTRY_STATE", &note.state);
    // A program that calls this one finds the runs all the same.
    match std::env::var_os(state_variable()) {
        Some(dir) => child.env(STATE_DIR_WITHIN, dir),
        None => child.env_remove(STATE_DIR_WITHIN),
    };
    let child = child.spawn().map_err(|e| format!("{program} cannot be started: {e}"))?;
    Ok(Some(Started { program: program.clone(), child }))
}

impl Started {
    /// Waits for its end.
    ///
    /// # Errors
    /// Why it told nobody, in words.
    pub async fn ended(mut self) -> Result<(), String> {
        let program = &self.program;
        let ended = match timeout(LONGEST, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(format!("{program} ended with {status}")),
            Ok(Err(error)) => Err(format!("{program}: {error}")),
            Err(_) => {
                let _ = self.child.start_kill();
                Err(format!("{program} took longer than {} s and was ended", LONGEST.as_secs()))
            }
        };
        ended.inspect_err(|why| logged(why))
    }
}

/// Tells the program of a command line, beside the run: nothing waits for it before the end.
#[derive(Debug, Default)]
pub struct Notifier {
    command: Vec<String>,
    profile: String,
    sending: JoinSet<Result<(), String>>,
}

impl Notifier {
    /// With the `[notify] command` of the configuration, empty for none.
    #[must_use]
    pub fn new(command: Vec<String>, profile: String) -> Self {
        Self { command, profile, sending: JoinSet::new() }
    }

    /// Tells.
    pub fn tell(&mut self, note: Note) {
        if self.command.is_empty() {
            return;
        }
        let (command, profile) = (self.command.clone(), self.profile.clone());
        self.sending.spawn(async move { send(&command, &profile, &note).await });
    }

    /// Waits a little for what was begun, and gives back what failed.
    pub async fn settle(&mut self) -> Vec<String> {
        let mut failed = Vec::new();
        let all = async {
            while let Some(ended) = self.sending.join_next().await {
                let told = ended.unwrap_or_else(|error| Err(error.to_string()));
                failed.extend(told.err());
            }
        };
        let is_late = timeout(PATIENCE, all).await.is_err();
        if is_late {
            let why = format!("it takes longer than {} s and is left to itself", PATIENCE.as_secs());
            logged(&why);
            failed.push(why);
            // Dropping the others would not end their programs.
            self.sending.detach_all();
        }
        failed
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn note() -> Note {
        let run = Some(RunId::from_parts(1_773_968_523_000, 7));
        Note { news: News::BatchWaits, run, batch: Some(2), state: "waiting".to_owned() }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[tokio::test]
    async fn the_program_gets_its_arguments_as_they_are_and_the_news_in_its_environment() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("told");
        let script = "printf '%s|' \"$0\" \"$TENANTRY_EVENT\" \"$TENANTRY_RUN\" \"$TENANTRY_BATCH\" \"$TENANTRY_PROFILE\" \
                      \"$TENANTRY_STATE\" > \"$1\"";
        let command = words(&["sh", "-c", script, "$(id) a b", file.to_str().unwrap()]);
        send(&command, "staging", &note()).await.unwrap();
        let run = note().run.unwrap();
        let told = std::fs::read_to_string(&file).unwrap();
        assert_eq!(told, format!("$(id) a b|batch_waits|{run}|2|staging|waiting|"));
        let ended = Note { news: News::RunEnded, run: None, batch: None, state: "done".to_owned() };
        send(&command, "staging", &ended).await.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "$(id) a b|run_ended|||staging|done|");
    }

    #[tokio::test]
    async fn whoever_cannot_be_told_is_named_and_nothing_else_happens() {
        let missing = send(&words(&["/no/such/program"]), "p", &note()).await.unwrap_err();
        assert!(missing.starts_with("/no/such/program cannot be started: "), "{missing}");
        assert!(send(&words(&["false"]), "p", &note()).await.unwrap_err().starts_with("false ended with "));
        assert_eq!(send(&[], "p", &note()).await, Ok(()));
        let mut notifier = Notifier::new(words(&["false"]), "p".to_owned());
        notifier.tell(note());
        assert_eq!(notifier.settle().await.len(), 1);
        assert!(Notifier::default().settle().await.is_empty());
    }
}
