//! The console: how it is opened, and the other profiles in its window.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tenantry::cli::{Global, exit};
use tenantry::config::Profile;
use tenantry::domain::secret::OneTimeCode;
use tenantry::engine::EngineHandle;
use tenantry::engine::failure::{ErrorCode, Failure};
use tenantry::engine::protocol::{Command, Envelope, Event, RequestId};
use tenantry::language::Language;
use tenantry::logging;
use tenantry::report::Output;
use tenantry::session::{self, Session, Start};
use tenantry::tui::{ConsoleOptions, Profiles, Settings};
use tokio::task::JoinHandle;

use super::{begin_log, complain, ended, finish, start_engine};

/// Opens the console; without a configuration file it begins with a choice.
pub(super) async fn open(mut global: Global) -> u8 {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        complain("error: the console needs a terminal; `tenantry --help` lists the commands");
        return exit::USAGE;
    }
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let session = match choose(&mut global, no_color).await {
        Ok(Some(session)) => session,
        Ok(None) => return 0,
        Err(failure) => return refused(&failure),
    };
    begin_log(&session, "console");
    let options = match options(&global, &session, no_color) {
        Ok(options) => options,
        Err(failure) => return refused(&failure),
    };
    if let Err(why) = tenantry::tui::check(&options.ui) {
        return refused(&Failure::new(ErrorCode::Config, why));
    }
    let (mut handle, engine) = start_engine(&session);
    // Without one the console asks for it where it is wanted.
    if let Some(code) = global.mfa_code.clone()
        && let Err(failure) = sign_in(&mut handle, code).await
    {
        return refused(&failure);
    }
    let engines = Engines::default();
    keep(&engines, engine);
    let others = Others { global, no_color, engines: Arc::clone(&engines) };
    options.ui.speak();
    let shown = tenantry::tui::run(options, handle, Box::new(others)).await;
    // Writes under way are finished and recorded before the program ends.
    let engines = std::mem::take(&mut *engines.lock().unwrap_or_else(PoisonError::into_inner));
    for engine in engines {
        ended(engine).await;
    }
    tracing::info!(target: logging::EVENTS, ok = shown.is_ok(), "ended");
    finish(session).await;
    match shown {
        Ok(words) => {
            words.iter().for_each(|line| complain(line));
            0
        }
        Err(report) => {
            let _ = writeln!(std::io::stderr(), "error: {report:?}");
            exit::ERROR
        }
    }
}

/// Options that the console begins with.
fn options(global: &Global, session: &Session, no_color: bool) -> Result<ConsoleOptions, Box<Failure>> {
    Ok(ConsoleOptions {
        profile: session.profile.clone(),
        start_armed: global.arm && !session.profile.protected,
        state_dir: session.state_dir.clone(),
        headless_prefix: global.prefix(&session.profile.name),
        forgets: global.sandbox && global.data.is_none(),
        open: None,
        no_color,
        ui: session.ui.read().map_err(Failure::from)?,
        settings: Settings { config: session.config.clone(), notify: session.notify.clone() },
    })
}

/// The engines that were started: each finishes what it writes before the program ends.
type Engines = Arc<Mutex<Vec<JoinHandle<()>>>>;

fn keep(engines: &Engines, engine: JoinHandle<()>) {
    engines.lock().unwrap_or_else(PoisonError::into_inner).push(engine);
}

/// Opens the other profiles of the configuration in the console's window.
struct Others {
    global: Global,
    no_color: bool,
    engines: Engines,
}

impl Others {
    fn session(&self, name: &str) -> Result<Session, Box<Failure>> {
        let global = Global { profile: Some(name.to_owned()), arm: false, mfa_code: None, ..self.global.clone() };
        match session::start(&global)? {
            Start::Ready(session) => Ok(*session),
            Start::Unconfigured(path) => Err(session::unconfigured(&path).into()),
        }
    }
}

impl Profiles for Others {
    fn profile(&mut self, name: &str) -> Result<Profile, Box<Failure>> {
        Ok(self.session(name)?.profile)
    }

    fn open(&mut self, name: &str) -> Result<(ConsoleOptions, EngineHandle), Box<Failure>> {
        let session = self.session(name)?;
        let global = Global { arm: false, ..self.global.clone() };
        let options = options(&global, &session, self.no_color)?;
        let (handle, engine) = start_engine(&session);
        keep(&self.engines, engine);
        Ok((options, handle))
    }
}

/// Says why the console does not open.
fn refused(failure: &Failure) -> u8 {
    Output::new(false).error(failure);
    if failure.code == ErrorCode::Usage { exit::USAGE } else { exit::ERROR }
}

/// The session; without a configuration file the operator chooses the sandbox or fills in a first profile. `None` when neither is wanted.
async fn choose(global: &mut Global, no_color: bool) -> Result<Option<Session>, Box<Failure>> {
    let path = match session::start(global)? {
        Start::Ready(session) => return Ok(Some(*session)),
        Start::Unconfigured(path) => path,
    };
    Language::of_environment().speak();
    let chosen = tenantry::tui::first_run(&path, no_color, tenantry::store::aws_profiles().await).await;
    match chosen.map_err(|e| Failure::new(ErrorCode::Io, e.to_string()))? {
        tenantry::tui::FirstRun::Quit => return Ok(None),
        tenantry::tui::FirstRun::Sandbox => global.sandbox = true,
        tenantry::tui::FirstRun::Profile(name) => global.profile = Some(name),
    }
    match session::start(global)? {
        Start::Ready(session) => Ok(Some(*session)),
        Start::Unconfigured(path) => Err(session::unconfigured(&path).into()),
    }
}

/// Signs in before the console opens: its own requests come later, under other ids.
async fn sign_in(handle: &mut EngineHandle, code: OneTimeCode) -> Result<(), Box<Failure>> {
    let request = RequestId(u64::MAX);
    let gone = || Failure::new(ErrorCode::Internal, "the engine has ended");
    handle.commands.send((request, Command::SignInAgain { code: Some(code) })).await.map_err(|_| gone())?;
    loop {
        match handle.events.recv().await.ok_or_else(gone)? {
            Envelope { request: of, event: Event::Finished { .. } } if of == request => return Ok(()),
            Envelope { event: Event::Failed(failure), .. } if failure.fatal => return Err(failure),
            _ => {}
        }
    }
}
