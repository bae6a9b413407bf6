//! Looking where a profile that is not written yet leads: an engine of its own, which writes nothing.

use crate::config::Profile;
use crate::domain::secret::OneTimeCode;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Command, Event, RequestId, Severity};
use crate::engine::{EngineHandle, boundary, serve};
use crate::language::comma;
use crate::tui::theme::Role;

/// Starts an engine for a profile.
pub(super) type Start = fn(Profile) -> EngineHandle;

/// The real one.
pub(super) fn start(profile: Profile) -> EngineHandle {
    let (handle, end) = boundary();
    // Looking leaves nothing in it: it is not even made.
    let state = std::env::temp_dir().join("tenantry-first-run");
    tokio::spawn(serve(profile, state, end));
    handle
}

/// A look, and what came of it so far.
#[derive(Debug)]
pub(super) struct Look {
    handle: EngineHandle,
    /// Applications whose tables there are.
    pub(super) found: Option<Vec<String>>,
    pub(super) lines: Vec<(Role, String)>,
    pub(super) is_over: bool,
    /// A one-time code would let it go on.
    pub(super) wants_code: bool,
    /// Requests of it so far; answers to older ones count no more.
    request: u64,
    /// Asked for once the session of a code is there.
    then: Option<Command>,
}

impl Look {
    fn begin(start: Start, profile: Profile, command: Command) -> Self {
        let handle = start(profile);
        let mut look =
            Self { handle, found: None, lines: Vec::new(), is_over: false, wants_code: false, request: 0, then: None };
        look.ask(command);
        look
    }

    fn ask(&mut self, command: Command) {
        self.request += 1;
        // The engine has ended what was asked before, and its channel holds more than one.
        self.is_over = self.handle.commands.try_send((RequestId(self.request), command)).is_err();
    }

    /// Signs in with a code and looks again.
    pub(super) fn sign_in(&mut self, code: OneTimeCode) {
        self.lines.clear();
        (self.wants_code, self.then) = (false, Some(Command::CheckConnection));
        self.ask(Command::SignInAgain { code: Some(code) });
    }

    /// For applications.
    pub(super) fn applications(start: Start, profile: Profile) -> Self {
        Self::begin(start, profile, Command::ListApplications)
    }

    /// For everything that the profile leads to.
    pub(super) fn check(start: Start, profile: Profile) -> Self {
        Self::begin(start, profile, Command::CheckConnection)
    }

    /// Takes what the engine tells; nothing when it has ended.
    pub(super) fn take(&mut self, event: Option<Event>) {
        match event {
            Some(Event::Applications(found)) => self.found = Some(found),
            Some(Event::Checked { part, told }) => self.lines.push((Role::Ok, format!("✓ {part}: {told}"))),
            Some(Event::Who(who)) => {
                let account = who.account.unwrap_or_else(|| tr!("not known").into_owned());
                let role = who.arn.map(|arn| format!("{}{arn}", comma())).unwrap_or_default();
                self.lines.push((Role::Text, format!("{}{role}", tr!("account: %{account}", account = account))));
            }
            Some(Event::CodeWanted) => self.wants_code = true,
            Some(Event::Failed(failure)) => {
                self.then = None;
                self.failed(&failure);
            }
            Some(Event::Finding(finding)) => {
                let role = if finding.severity == Severity::Error { Role::Error } else { Role::Warning };
                self.lines.push((role, format!("! {}", finding.message)));
            }
            Some(Event::Finished { .. }) => match self.then.take() {
                Some(command) => {
                    self.lines.clear();
                    self.ask(command);
                }
                None => self.is_over = true,
            },
            None => self.is_over = true,
            Some(_) => {}
        }
    }

    fn failed(&mut self, failure: &Failure) {
        let hint = failure.hint.as_ref().map(|hint| format!(" → {hint}")).unwrap_or_default();
        self.lines.push((Role::Error, format!("! {}{hint}", failure.message)));
    }
}

/// The next event of a look; never one where there is none, or when it is over.
pub(super) async fn next(look: &mut Option<Look>) -> Option<Event> {
    match look.as_mut().filter(|look| !look.is_over) {
        Some(look) => look.handle.events.recv().await.map(|envelope| envelope.event),
        None => std::future::pending().await,
    }
}
