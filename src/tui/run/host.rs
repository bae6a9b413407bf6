//! What the loop has done for it: files, clipboard, work beside it.

use std::io::{self, Write as _};
use std::path::PathBuf;

use tokio::sync::mpsc::UnboundedSender;

use crate::config::{Profile, read_regular};
use crate::tui::app::App;
use crate::tui::clipboard::{System, osc52, over_ssh};
use crate::tui::message::{Effect, Message};
use crate::tui::{cache, files, format};

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
    clipboard: System,
}

impl Outside {
    /// For an app's profile and state directory.
    pub(crate) fn new(app: &App) -> Self {
        Self {
            profile: app.profile.clone(),
            counts: cache::path(&app.state_dir, &app.profile),
            clipboard: System::default(),
        }
    }
}

impl Host for Outside {
    fn start(&mut self, effect: Effect, back: &UnboundedSender<Message>) -> bool {
        let back = back.clone();
        match effect {
            Effect::Send(..) => return false,
            Effect::Build(job) => beside(back, move || Message::Built(job.run())),
            Effect::ReadCache => {
                let (path, profile) = (self.counts.clone(), self.profile.clone());
                beside(back, move || Message::Cached(cache::read(&path, &profile)));
            }
            Effect::WriteCache(cached) => {
                let (path, profile) = (self.counts.clone(), self.profile.clone());
                tokio::task::spawn_blocking(move || {
                    if let Err(error) = cache::write(&path, &profile, &cached) {
                        tracing::warn!("the counts could not be kept in {}: {error}", path.display());
                    }
                });
                return false;
            }
            Effect::ReadPlan(file) => beside(back, move || {
                let read = read_regular(&file).map_err(|e| e.to_string());
                Message::PlanRead(file, read)
            }),
            Effect::WritePlan { file, text, over } => beside(back, move || {
                let saved = files::write_plan(&file, &text, over);
                Message::PlanSaved { file, text, saved }
            }),
            // The loop itself makes room for the editor and for the shell.
            Effect::EditPlan(_) | Effect::Suspend => return false,
            Effect::Copy { text, what } if !over_ssh() => {
                let clipboard = self.clipboard.clone();
                beside(back, move || match clipboard.put(&text) {
                    Ok(()) => Message::Copied(Ok(said(&what, &text, ""))),
                    Err(_) => Message::NoClipboard { text, what },
                });
            }
            // Written here, on the loop's own thread, so that it never stands in the middle of a frame.
            Effect::Copy { text, what } | Effect::CopyThroughTerminal { text, what } => {
                let _ = back.send(Message::Copied(through_terminal(&text, &what)));
            }
        }
        true
    }
}

/// Works on a thread of its own and sends what came of it. A panic there must not leave anybody waiting.
fn beside(back: UnboundedSender<Message>, work: impl FnOnce() -> Message + Send + 'static) {
    tokio::spawn(async move {
        let message = tokio::task::spawn_blocking(work).await;
        let failed = || Message::Copied(Err("something failed inside the console; its log tells more".to_owned()));
        let _ = back.send(message.unwrap_or_else(|_| failed()));
    });
}

fn through_terminal(text: &str, what: &str) -> Result<String, String> {
    let sequence = osc52(text)?;
    let mut out = io::stdout().lock();
    out.write_all(sequence.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| format!("the terminal took nothing: {e}"))?;
    Ok(said(what, text, " through the terminal"))
}

fn said(what: &str, text: &str, how: &str) -> String {
    format!("copied the {what}{how}: {}", format::plural(text.chars().count() as u64, "character", "characters"))
}
