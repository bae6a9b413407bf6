//! Work that the loop has done for it: files, clipboard, jobs beside it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::command;
use crate::config::{self, Profile, read_regular};
use crate::language::system;
use crate::notify;
use crate::tui::app::App;
use crate::tui::calling;
use crate::tui::clipboard::{System, osc52, over_ssh};
use crate::tui::memory::{self, Scribe};
use crate::tui::message::{Effect, Message};
use crate::tui::parts::problem::placed;
use crate::tui::screens::profiles::{Listed, opened};
use crate::tui::terminal::take_mouse;
use crate::tui::{cache, files, format, reconfigure};

/// Does what effects ask for.
pub(crate) trait Host {
    /// Begins with an effect. `true` when exactly one message will follow through `back`.
    fn start(&mut self, effect: Effect, back: &UnboundedSender<Message>) -> bool;

    /// Whether an editor needs the terminal that the console is on.
    fn shares_terminal(&self) -> bool {
        true
    }
}

/// The real outside.
pub(crate) struct Outside {
    profile: Profile,
    counts: PathBuf,
    places: PathBuf,
    scribe: Scribe,
    clipboard: System,
    copies: PathBuf,
    /// The copies go with the console.
    forgets: bool,
    state_dir: PathBuf,
    /// Ends the profile's command.
    stop: CancellationToken,
}

impl Outside {
    /// For an app's profile and state directory.
    pub(crate) fn new(app: &App) -> Self {
        Self {
            profile: app.profile.clone(),
            counts: cache::path(&app.state_dir, &app.profile),
            places: memory::path(&app.state_dir, &app.profile),
            scribe: Scribe::new(memory::path(&app.state_dir, &app.profile), app.profile.clone()),
            clipboard: System::default(),
            copies: app.state_dir.join("copies"),
            forgets: app.forgets,
            state_dir: app.state_dir.clone(),
            stop: CancellationToken::new(),
        }
    }
}

impl Host for Outside {
    fn start(&mut self, effect: Effect, back: &UnboundedSender<Message>) -> bool {
        let back = back.clone();
        match effect {
            Effect::Send(..) => return false,
            Effect::Build(job) => beside(back, move || Message::Built(job.run())),
            Effect::Mouse(wanted) => {
                take_mouse(wanted);
                return false;
            }
            Effect::ReadCache(whose) => {
                let (path, profile) = (self.counts.clone(), self.profile.clone());
                beside(back, move || Message::Cached(cache::read(&path, &profile, Some(&whose))));
            }
            Effect::WriteCache(whose, cached) => {
                let (path, profile) = (self.counts.clone(), self.profile.clone());
                tokio::task::spawn_blocking(move || {
                    if let Err(error) = cache::write(&path, &profile, &whose, &cached) {
                        tracing::warn!("the counts could not be kept in {}: {error}", path.display());
                    }
                });
                return false;
            }
            Effect::ReadMemory(account) => {
                let (path, profile) = (self.places.clone(), self.profile.clone());
                beside(back, move || {
                    let memory = memory::read(&path, &profile, account.as_deref());
                    Message::Recalled(account, memory)
                });
            }
            Effect::Remember(account, change) => {
                self.scribe.write(account, change);
                return false;
            }
            Effect::ReadPlan(file) => beside(back, move || {
                let read = read_regular(&file).map_err(|e| system(&e));
                Message::PlanRead(file, read)
            }),
            Effect::WritePlan { file, text, over } => beside(back, move || {
                let saved = files::write_plan(&file, &text, over);
                Message::PlanSaved { file, text, saved }
            }),
            Effect::ListFiles { dir, lead } => beside(back, move || Message::Files(lead, files::names(&dir))),
            Effect::WriteReport { file, text } => beside(back, move || {
                let written = files::create_private(&file, text.as_bytes());
                Message::Copied(match written {
                    Ok(()) => Ok(tr!("report written to %{file}", file = file.display()).into_owned()),
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        Err(tr!("%{file} is there already: name another file", file = file.display()).into_owned())
                    }
                    Err(error) => Err(format!("{}: {}", file.display(), system(&error))),
                })
            }),
            // The loop itself makes room for the editor and for the shell.
            Effect::EditPlan(_) | Effect::EditConfig(..) | Effect::OpenProfile(_) | Effect::Suspend => return false,
            Effect::ReadProfiles(config) => {
                let state_dir = self.state_dir.clone();
                beside(back, move || Message::Profiles(profiles(&config, &state_dir)));
            }
            Effect::NoteOpening(opening) => {
                let (state_dir, name) = (self.state_dir.clone(), self.profile.name.clone());
                tokio::task::spawn_blocking(move || {
                    if let Err(error) = opened::note(&state_dir, &name, opening) {
                        tracing::warn!("that profile {name} was opened could not be noted: {error}");
                    }
                });
                return false;
            }
            Effect::SaveConfig(path, before, text) => beside(back, move || {
                Message::ConfigSaved(reconfigure::save(&path, before.as_deref(), text).map(Box::new))
            }),
            Effect::RunCommand(line) => {
                self.stop = CancellationToken::new();
                command::run(&line, back, self.stop.clone());
            }
            Effect::StopCommand => {
                self.stop.cancel();
                return false;
            }
            Effect::Notify(program, note) => {
                // Started here: a console that is left at once would not come to it any more.
                let started = notify::start(&program, &self.profile.name, &note);
                tokio::spawn(async move {
                    let ended = match started {
                        Ok(Some(program)) => program.ended().await,
                        Ok(None) => Ok(()),
                        Err(why) => Err(why),
                    };
                    if let Err(why) = ended {
                        let _ = back.send(Message::NotTold(why));
                    }
                });
                return false;
            }
            Effect::Call(words) => {
                calling::call(words.as_deref());
                return false;
            }
            Effect::Copy { text, what } if !over_ssh() => {
                let clipboard = self.clipboard.clone();
                beside(back, move || match clipboard.put(&text) {
                    Ok(()) => Message::Copied(Ok(said(&what, &text))),
                    Err(_) => Message::NoClipboard { text, what },
                });
            }
            // Written here, on the loop's own thread, so that it never stands in the middle of a frame.
            Effect::Copy { text, what } | Effect::CopyThroughTerminal { text, what } => {
                let _ = back.send(match through_terminal(&text) {
                    Ok(()) => Message::SentToTerminal { what, characters: text.chars().count() },
                    Err(why) => Message::Copied(Err(why)),
                });
            }
            Effect::WriteCopy { text, what } => {
                let (dir, forgets) = (self.copies.clone(), self.forgets);
                beside(back, move || {
                    let told = write_copy(&dir, &text, &what, Timestamp::now());
                    Message::Copied(told.map(|told| if forgets { until_the_end(&told) } else { told }))
                });
            }
        }
        true
    }
}

fn profiles(config: &Path, state_dir: &Path) -> Result<Listed, String> {
    let file = config::load(config).map_err(|error| placed(&error))?;
    let file = file.ok_or_else(|| tr!("%{file} has gone", file = config.display()))?;
    Ok(Listed { profiles: file.profiles.into_values().collect(), opened: opened::read(state_dir) })
}

/// Works on a thread of its own and sends what came of it. A panic there must not leave anybody waiting.
fn beside(back: UnboundedSender<Message>, work: impl FnOnce() -> Message + Send + 'static) {
    tokio::spawn(async move {
        let message = tokio::task::spawn_blocking(work).await;
        let failed = || {
            let why = tr!("something failed inside the console; its log tells more");
            Message::Copied(Err(why.into_owned()))
        };
        let _ = back.send(message.unwrap_or_else(|_| failed()));
    });
}

fn through_terminal(text: &str) -> Result<(), String> {
    let sequence = osc52(text)?;
    let mut out = io::stdout().lock();
    let written = out.write_all(sequence.as_bytes()).and_then(|()| out.flush());
    written.map_err(|e| tr!("the terminal took nothing: %{why}", why = system(&e)).into_owned())
}

fn said(what: &str, text: &str) -> String {
    let characters = text.chars().count() as u64;
    let characters = format::plural(characters, text!("%{n} character"), text!("%{n} characters"));
    tr!("copied the %{what}: %{characters}", what = what, characters = characters).into_owned()
}

/// Writes what was copied into a file of its own, which only its owner can read.
fn write_copy(dir: &Path, text: &str, what: &str, now: Timestamp) -> Result<String, String> {
    let ending = ["JSON", "Markdown"].iter().position(|word| what.contains(word));
    let ending = ["json", "md"].get(ending.unwrap_or(usize::MAX)).unwrap_or(&"txt");
    let path = dir.join(format!("{}.{ending}", now.strftime("%Y%m%dT%H%M%S%3fZ")));
    files::create_private(&path, text.as_bytes()).map_err(|e| format!("{}: {}", path.display(), system(&e)))?;
    Ok(tr!("the %{what} is in %{file}", what = what, file = path.display()).into_owned())
}

/// With a word on how long a file in memory's own directory stays.
fn until_the_end(told: &str) -> String {
    tr!("%{told}, until this console ends", told = told).into_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_copy_in_a_file_is_its_owners_alone_and_its_path_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        let copies = dir.path().join("copies");
        let now = "2026-03-20T01:02:03.004Z".parse().unwrap();
        let told = write_copy(&copies, "{\"a\":\"ボ\"}", "row, as JSON", now).unwrap();
        let path = copies.join("20260320T010203004Z.json");
        assert_eq!(told, format!("the row, as JSON is in {}", path.display()));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"a\":\"ボ\"}");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&copies)), (0o600, 0o700));
        assert_eq!(until_the_end("the row is in a"), "the row is in a, until this console ends");
        // Never over another one.
        assert!(write_copy(&copies, "", "row, as JSON", now).unwrap_err().contains("20260320T010203004Z.json"));
        assert!(write_copy(&copies, "k", "sort key", now).unwrap().ends_with(".txt"));
    }
}
