//! Other profiles in the same window: each has a console and an engine of its own, which stay as they were left.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;

use super::{Console, Outside, Pace};
use crate::config::Profile;
use crate::engine::EngineHandle;
use crate::engine::failure::{ErrorCode, Failure};
use crate::tui::ConsoleOptions;
use crate::tui::app::App;
use crate::tui::theme::Theme;

/// How long the engine of a profile that is left may take to hear of it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens other profiles of the configuration.
pub trait Profiles: Send {
    /// A profile as the configuration has it now.
    ///
    /// # Errors
    /// A [`Failure`] that says what is wrong with it.
    fn profile(&mut self, name: &str) -> Result<Profile, Box<Failure>>;

    /// Starts an engine for a profile, read-only.
    ///
    /// # Errors
    /// A [`Failure`] that says why it cannot be opened.
    fn open(&mut self, name: &str) -> Result<(ConsoleOptions, EngineHandle), Box<Failure>>;
}

/// The profiles that were opened in this window before.
pub(super) struct Others {
    profiles: Box<dyn Profiles>,
    left: BTreeMap<String, Console<Outside>>,
}

impl Others {
    pub(super) fn new(profiles: Box<dyn Profiles>) -> Self {
        Self { profiles, left: BTreeMap::new() }
    }

    /// Puts the console of a profile in the place of another one, which is left read-only and as it is.
    pub(super) async fn open(&mut self, console: &mut Console<Outside>, name: &str) {
        let next = match self.console(console, name) {
            Ok(next) => next,
            Err(failure) => {
                console.app.record(&failure, Some(&tr!("the profile is not opened")));
                let hint = failure.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                return console.app.refuse(format!("{}{hint}", failure.message));
            }
        };
        console.let_go().await;
        let before = std::mem::replace(console, next);
        // A profile that was opened anew has no use for what it was.
        if before.app.profile.name != console.app.profile.name {
            self.left.insert(before.app.profile.name.clone(), before);
        }
        console.app.say(tr!("profile %{name}: read-only", name = console.app.profile.name));
    }

    fn console(&mut self, now: &Console<Outside>, name: &str) -> Result<Console<Outside>, Box<Failure>> {
        let profile = self.profiles.profile(name)?;
        if let Some(mut left) = self.left.remove(name)
            && left.app.profile.differences(&profile).is_empty()
            && !left.app.engine_gone
        {
            left.app.profile.sign_in = profile.sign_in;
            left.app.settings.clone_from(&now.app.settings);
            (left.app.keymap, left.app.theme) = (now.app.keymap.clone(), now.app.theme.clone());
            left.app.mouse = now.app.mouse;
            left.app.now = Timestamp::now();
            return Ok(left);
        }
        let (options, engine) = self.profiles.open(name)?;
        let broken = |why: String| Box::new(Failure::new(ErrorCode::Config, why));
        let ui = options.ui.clone();
        let mut app = App::new(options, Timestamp::now()).map_err(broken)?;
        app.ground = ui.ground.unwrap_or(now.app.ground);
        app.theme = Theme::with(app.ground, ui.theme.as_ref(), app.no_color).map_err(broken)?.into();
        let host = Outside::new(&app);
        Ok(Console::new(app, engine, host, Pace::default()))
    }
}

impl Console<Outside> {
    /// Hands over what the engine has not heard yet: that nothing may be written any more, and what nobody waits for.
    async fn let_go(&mut self) {
        self.leave = None;
        let commands = self.engine.commands.clone();
        let all = async {
            while let Some(command) = self.outbox.pop_front() {
                self.pulse.sent += 1;
                if commands.send(command).await.is_err() {
                    return;
                }
            }
        };
        // An engine that takes nothing does nothing either.
        let _ = timeout(PATIENCE, all).await;
    }
}
