//! Signing in again: keys that were rotated, a token that was renewed, a one-time code, or the profile's own command. A run that was
//! paused for it goes on afterwards.

pub(crate) mod state;
mod view;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::secret::OneTimeCode;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Event, Identity, RequestId, Steering};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::message::Effect;
use crate::tui::parts::Field;
use crate::tui::screen::{Flow, Press, Screen};

/// Digits of a one-time code.
const DIGITS: usize = 6;

/// Something that is going on in the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The operator chooses.
    Asking,
    /// The engine looks for credentials.
    Trying(RequestId),
    /// The profile's command is at work.
    Running,
}

/// The dialog.
#[derive(Debug)]
pub(crate) struct SignIn {
    /// The run that goes on afterwards.
    run: Option<RequestId>,
    /// The data on screen is read again afterwards.
    read_again: bool,
    stage: Stage,
    wants_code: bool,
    code: Field,
    problem: Option<Failure>,
    who: Option<Box<Identity>>,
    is_over: bool,
}

impl SignIn {
    fn new(run: Option<RequestId>, read_again: bool) -> Self {
        Self {
            run,
            read_again,
            stage: Stage::Asking,
            wants_code: false,
            code: Field::default(),
            problem: None,
            who: None,
            is_over: false,
        }
    }

    fn attempt(&mut self, app: &mut App, code: Option<OneTimeCode>) {
        (self.problem, self.who, self.code) = (None, None, Field::default());
        self.stage = Stage::Trying(app.ask_for_screen(Command::SignInAgain { code }));
    }

    fn accept(&mut self, app: &mut App) {
        match self.code.text().parse::<OneTimeCode>() {
            Ok(code) => self.attempt(app, Some(code)),
            Err(why) => self.problem = Some(Failure::new(ErrorCode::Usage, why)),
        }
    }

    fn run_command(&mut self, app: &mut App) {
        let Some(line) = app.profile.sign_in.clone() else {
            let hint = tr!("sign_in of the profile names one, for instance `aws sso login --profile corp`");
            self.problem = Some(Failure::new(ErrorCode::Config, tr!("the profile names no command")).hint(hint));
            return;
        };
        self.problem = None;
        self.stage = Stage::Running;
        app.signing.begin(&line);
        app.effect(Effect::RunCommand(line));
    }

    /// The engine is through with an attempt.
    fn tried(&mut self, app: &mut App) {
        self.stage = Stage::Asking;
        let Some(who) = self.who.take().filter(|_| self.problem.is_none()) else { return };
        self.is_over = true;
        app.signed_in(&who);
        let waits = app.run.as_ref().filter(|run| Some(run.request) == self.run && run.paused_by.is_some());
        if waits.is_some() {
            app.steer(Steering::Continue);
            app.say(tr!("signed in: the run goes on"));
        }
        app.signing.read_again = self.read_again;
    }

    fn leave(&mut self, app: &mut App) -> Flow {
        match self.stage {
            Stage::Trying(request) => app.give_up(request),
            // It stays until the command has ended.
            Stage::Running => {
                app.effect(Effect::StopCommand);
                return Flow::Stay;
            }
            Stage::Asking if self.run.is_some() => {
                app.say(tr!("the run stays paused; the progress log says how to resume it"));
            }
            Stage::Asking => {}
        }
        Flow::Close
    }
}

impl Screen for SignIn {
    fn context(&self) -> Context {
        Context::SignIn
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        let is_bound = app.keymap.action(Context::SignIn, key).is_some();
        if !self.wants_code || self.stage != Stage::Asking || is_bound {
            return None;
        }
        let before = self.code.clone();
        if self.code.key(key) {
            let is_code = self.code.text().len() <= DIGITS && self.code.text().bytes().all(|b| b.is_ascii_digit());
            if !is_code {
                self.code = before;
            }
        }
        Some(Flow::Stay)
    }

    fn paste(&mut self, text: &str) {
        if self.wants_code && self.stage == Stage::Asking {
            self.code = Field::holding(&text.chars().filter(char::is_ascii_digit).take(DIGITS).collect::<String>());
        }
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match (press.action, self.stage) {
            (Action::Back, _) => return self.leave(app),
            (Action::SignIn, Stage::Asking) => self.attempt(app, None),
            (Action::RunSignIn, Stage::Asking) => self.run_command(app),
            (Action::Accept, Stage::Asking) if self.wants_code => self.accept(app),
            _ => {}
        }
        Flow::Stay
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.stage == Stage::Trying(request)
    }

    fn answer(&mut self, app: &mut App, _: RequestId, event: Event) {
        match event {
            Event::CodeWanted => self.wants_code = true,
            Event::Who(who) => self.who = Some(who),
            Event::Failed(failure) if failure.fatal => self.problem = Some(*failure),
            Event::Finished { .. } => self.tried(app),
            _ => {}
        }
    }

    fn ask(&mut self, app: &mut App) {
        if self.stage != Stage::Running {
            return;
        }
        match app.signing.ended() {
            Some(Ok(())) => self.attempt(app, None),
            Some(Err(why)) => {
                self.stage = Stage::Asking;
                let hint = tr!("its output says more; nothing was changed here");
                self.problem = Some(Failure::new(ErrorCode::SignIn, why).hint(hint));
            }
            None => {}
        }
    }

    fn ends_with(&self, request: RequestId) -> bool {
        self.run == Some(request)
    }

    fn is_over(&self) -> bool {
        self.is_over
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        view::draw(self, app, buffer, area)
    }
}

impl App {
    /// Looks for credentials again; the dialog shows what stands in the way. A run that is paused for want of them goes on afterwards.
    pub(crate) fn sign_in(&mut self, read_again: bool) {
        if self.stack.has::<SignIn>() {
            return;
        }
        let waits = |failure: &Failure| matches!(failure.code, ErrorCode::Credentials | ErrorCode::SignIn);
        let paused = self.run.as_ref().filter(|run| run.paused_by.as_ref().is_some_and(waits));
        let run = paused.map(|run| run.request);
        self.begin_sign_in(run, read_again);
    }

    /// As [`Self::sign_in`], for the run that is paused.
    pub(crate) fn sign_in_for(&mut self, run: RequestId) {
        self.begin_sign_in(Some(run), false);
    }

    /// Runs the profile's command for the run that is paused, and signs in once it has ended well.
    pub(crate) fn run_sign_in_for(&mut self, run: RequestId) {
        let mut screen = SignIn::new(Some(run), false);
        screen.run_command(self);
        self.stack.push(screen);
    }

    fn begin_sign_in(&mut self, run: Option<RequestId>, read_again: bool) {
        let mut screen = SignIn::new(run, read_again);
        screen.attempt(self, None);
        self.stack.push(screen);
    }

    /// Asks for a one-time code, because something failed without one or soon will.
    pub(crate) fn ask_for_code(&mut self, why: Option<Failure>) {
        if self.stack.has::<SignIn>() {
            return;
        }
        let mut screen = SignIn::new(None, true);
        (screen.wants_code, screen.problem) = (true, why);
        self.stack.push(screen);
    }
}
