//! The `tenantry` program: reads the command line, and hands over to the console or to a headless command.

// The macros panic where a pipe or a terminal has gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod console;

use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tenantry::cli::{self, Cli, Command, ConfigCommand, Global, PlanCommand, SchemaCommand, exit};
use tenantry::domain::clock::time_zone;
use tenantry::domain::printable::printable;
use tenantry::domain::run::Operation;
use tenantry::domain::secret::Device;
use tenantry::engine::failure::{ErrorCode, Failure};
#[cfg(feature = "sandbox")]
use tenantry::engine::protocol::{Envelope, Event, RequestId};
use tenantry::engine::{EngineHandle, boundary, serve};
use tenantry::notify::Notifier;
use tenantry::report::{Client, Context, EndLine, Format, Output, ask_for_code};
use tenantry::session::{self, Session, Start};
use tenantry::{config, environment, logging, worker};

/// How long the end may take without a word.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(misused(error)),
    };
    // Before anything else of ours is there: it takes frames from a pipe, and nothing more.
    if matches!(cli.command, Some(Command::Worker)) {
        return ExitCode::from(worker::serve());
    }
    worker::use_this_program();
    #[cfg(feature = "sandbox")]
    tenantry::engine::open_snapshots_with(tenantry::keep::open);
    report_panics();
    if let Err(failure) = environment::check() {
        return ExitCode::from(end(output(&cli.global), name(&cli), Err(failure)));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("error: no runtime could be started: {error}"));
            return ExitCode::from(exit::ERROR);
        }
    };
    let code = runtime.block_on(run(cli));
    // Tasks that still read or wait for a service must not hold the exit up.
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// A line on stderr, if anybody still reads it: a terminal that has gone is no reason to fail again.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(text));
}

/// Panics are reported with their place, in colours where there are any.
fn report_panics() {
    let (panics, errors) = color_eyre::config::HookBuilder::default().into_hooks();
    // Without it errors would only lose their colours.
    let _ = errors.install();
    std::panic::set_hook(Box::new(move |info| {
        // Its own hook would panic once more where stderr has gone, and abort.
        let _ = writeln!(std::io::stderr(), "{}", panics.panic_report(info));
        // Without its message, which may hold values.
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: logging::EVENTS, place, "a panic");
        if let Some(log) = logging::place() {
            let _ = writeln!(std::io::stderr(), "the log is {}", log.display());
        }
    }));
}

/// Where results go, in the format that was asked for.
fn output(global: &Global) -> Output {
    Output::of(match (global.json, global.csv) {
        (true, _) => Format::Json,
        (_, true) => Format::Csv,
        _ => Format::Text,
    })
}

/// The name of what was asked for, as in the `end` line.
fn name(cli: &Cli) -> &'static str {
    cli.command.as_ref().map_or("", Command::name)
}

/// Answers what clap does not understand: usage on stderr, and for programs an `error` and an `end` line.
fn misused(error: clap::Error) -> u8 {
    let is_mistake = error.use_stderr();
    // Clap quotes arguments as they are: a line break in one would make a line of its own.
    let error = if is_mistake { shown_safely(error) } else { error };
    if is_mistake && std::env::args_os().any(|a| a == "--json") {
        let message = error.to_string();
        let first = message.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let failure = Failure::new(ErrorCode::Usage, first).hint("`tenantry --help` lists commands and options");
        return end(Output::new(true), "", Err(failure.into()));
    }
    // Nobody reads stdout or stderr then.
    let _ = error.print();
    if is_mistake { exit::USAGE } else { exit::DONE }
}

/// The same mistake with arguments that are made printable.
fn shown_safely(error: clap::Error) -> clap::Error {
    let safe = |argument: std::ffi::OsString| printable(&argument.to_string_lossy()).into_owned();
    let arguments: Vec<String> = std::env::args_os().map(safe).collect();
    match Cli::try_parse_from(arguments) {
        Err(again) if again.use_stderr() => again,
        // The characters themselves were the mistake.
        _ => {
            let kind = error.kind();
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Cli::command().error(kind, printable(first))
        }
    }
}

/// Prints a text of ours: as it is for people, in one line for programs.
fn print_text(out: &mut Output, text: &str) {
    if out.is_json() {
        out.line(&serde_json::json!({ "event": "text", "text": text }));
    } else {
        out.raw(text);
    }
}

async fn run(cli: Cli) -> u8 {
    let Some(command) = cli.command else { return console::open(cli.global).await };
    let mut out = output(&cli.global);
    if cli.global.csv && !command.is_listing() {
        let failure = Failure::new(ErrorCode::Usage, format!("{} lists nothing that could be CSV", command.name()));
        let hint = format!("--csv is for {}", cli::LISTINGS.join(", "));
        return end(out, command.name(), Err(failure.hint(hint).into()));
    }
    match command {
        Command::Completions { shell } => {
            print_text(&mut out, &cli::completion::script(shell));
            end(out, "completions", Ok(()))
        }
        Command::Man { dir } => {
            let written = tenantry::manual::write(&dir);
            if let Ok(count) = &written {
                out.text(&format!("{count} pages written to {}", dir.display()));
            }
            end(out, "man", written.map(|_| ()))
        }
        Command::Complete { words } => {
            out.raw(&tenantry::completing::answer(&cli.global, &words));
            exit::DONE
        }
        Command::Config { command: ConfigCommand::Example } => {
            print_text(&mut out, config::EXAMPLE);
            end(out, "config example", Ok(()))
        }
        Command::Config { command: ConfigCommand::Path } => {
            config_path(&cli.global, &mut out);
            end(out, "config path", Ok(()))
        }
        // The sandbox has a profile without a file.
        Command::Config { command: ConfigCommand::Check { connect } } if !(connect && cli.global.sandbox) => {
            match check_config(&cli.global, &mut out) {
                Ok(()) if connect => headless(cli.global, command, out).await,
                checked => end(out, "config check", checked),
            }
        }
        Command::Plan { command: PlanCommand::Example { operation } } => {
            let shown = plan_example(operation).map(|text| print_text(&mut out, text));
            end(out, "plan example", shown)
        }
        Command::Schema { command } => {
            let (name, schema) = match command {
                SchemaCommand::Plan => ("schema plan", config::schema::plan()),
                SchemaCommand::Config => ("schema config", config::schema::config()),
            };
            print_text(&mut out, &format!("{schema:#}\n"));
            end(out, name, Ok(()))
        }
        #[cfg(feature = "sandbox")]
        Command::Sandbox { command: tenantry::cli::SandboxCommand::Serve { port, empty } } => {
            sandbox_serve(&cli.global, port, empty).await
        }
        command => headless(cli.global, command, out).await,
    }
}

/// Prints the last line of a command that needs no engine.
fn end(mut out: Output, command: &'static str, result: Result<(), Box<Failure>>) -> u8 {
    let mut line = EndLine::new(command);
    if let Err(failure) = result {
        out.error(&failure);
        line.exit = if failure.code == ErrorCode::Usage { exit::USAGE } else { exit::ERROR };
    }
    out.line(&line);
    line.exit
}

fn plan_example(operation: Operation) -> Result<&'static str, Box<Failure>> {
    config::plan::example(operation).ok_or_else(|| {
        let message = format!("there is no example of operation {operation}: this version cannot run such plans yet");
        let known: Vec<&str> = config::plan::EXAMPLES.iter().map(|(of, _)| of.as_str()).collect();
        Failure::new(ErrorCode::NotFound, message).hint(format!("there are examples of {}", known.join(", "))).into()
    })
}

/// Prints the path alone, for programs; what else was looked at is for people.
fn config_path(global: &Global, out: &mut Output) {
    let path = config::config_path(global.config.as_deref());
    print_text(out, &format!("{}\n", path.display()));
    let mut is_found = false;
    for (name, place) in config::config_places(global.config.as_deref()) {
        let told = match &place {
            None => "not set".to_owned(),
            Some(place) if is_found => format!("{} (not looked at)", place.display()),
            Some(place) if place.exists() => format!("{} (in use)", place.display()),
            Some(place) => format!("{} (not there)", place.display()),
        };
        is_found |= place.is_some();
        complain(&format!("{name}: {told}"));
    }
}

fn check_config(global: &Global, out: &mut Output) -> Result<(), Box<Failure>> {
    let path = config::config_path(global.config.as_deref());
    let Some(file) = config::load(&path).map_err(Failure::from)? else {
        return Err(session::unconfigured(&path).into());
    };
    let ui = file.ui.read().map_err(Failure::from)?;
    tenantry::tui::check(&ui).map_err(|why| Failure::new(ErrorCode::Config, why))?;
    for profile in file.profiles.values() {
        let default = if file.default_profile.as_ref() == Some(&profile.name) { " (default)" } else { "" };
        out.text(&format!("{}{default}: tables {}-{}-*", profile.name, profile.environment, profile.app));
        if let Some(refused) = profile.sync_refused() {
            out.text(&format!("  note: {refused}"));
        }
    }
    out.text("values, and where they come from; any other key is at its default:");
    for origin in &file.origins {
        out.text(&format!("  {} = {}  ({}:{})", origin.key, origin.value, origin.file.display(), origin.line));
    }
    out.text(&format!("{} is fine", path.display()));
    Ok(())
}

/// Begins the log with what is begun.
fn begin_log(session: &Session, command: &str) {
    if let Err(error) = logging::init(&session.state_dir) {
        complain(&format!("no log is written: {error}"));
    }
    let (version, profile, process) = (tenantry::version::whole(), &session.profile.name, std::process::id());
    tracing::info!(target: logging::EVENTS, version, command, profile, process, "began");
}

async fn headless(mut global: Global, mut command: Command, out: Output) -> u8 {
    // In a sandbox it says where that one is kept.
    if let Command::Rehearse(options) = &mut command
        && !global.sandbox
    {
        options.data = global.data.take();
    }
    let session = match session::start(&global) {
        Ok(Start::Ready(session)) => *session,
        Ok(Start::Unconfigured(path)) => return end(out, command.name(), Err(session::unconfigured(&path).into())),
        Err(failure) => return end(out, command.name(), Err(failure)),
    };
    begin_log(&session, command.name());
    // Recorded runs are read from the disk.
    let device = match command {
        Command::Runs { .. } => {
            global.mfa_code = None;
            None
        }
        _ => device_at_hand(&session).await,
    };
    if let Some(device) = device.as_ref().filter(|_| global.mfa_code.is_none()) {
        match ask_for_code(device).await {
            Ok(code) => global.mfa_code = Some(code),
            Err(failure) => return end(out, command.name(), Err(failure.into())),
        }
    }
    let (handle, engine) = start_engine(&session);
    let mut context = Context::new(out, Client::new(handle), global, command.name());
    #[cfg(feature = "sandbox")]
    {
        context.keeping = Some(tenantry::keep::begin);
    }
    context.notify = Notifier::new(session.notify.clone(), session.profile.name.clone());
    context.device = device;
    context.prefix = context.global.prefix(&session.profile.name);
    context.protected = session.profile.protected.then(|| session.profile.environment.clone());
    match time_zone(&session.profile.timezone) {
        Ok(zone) => context.zone = zone,
        // Reading the configuration refuses it.
        Err(error) => complain(&error.to_string()),
    }
    let code = tenantry::report::run(context, command).await;
    tracing::info!(target: logging::EVENTS, exit = code, "ended");
    // The client is gone with its command; the engine ends what is open.
    ended(engine).await;
    finish(session).await;
    code
}

/// The device whose one-time code the AWS profile wants, where somebody is there to type it. Without one the first call says what is
/// wanted.
async fn device_at_hand(session: &Session) -> Option<Device> {
    let is_somebody_there = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let profile = Some(&session.profile).filter(|profile| is_somebody_there && profile.credentials.is_none())?;
    tenantry::store::device(profile.aws_profile.as_deref()).await
}

/// Starts the engine; in a sandbox once its demo data is there, while the caller goes on.
fn start_engine(session: &Session) -> (EngineHandle, tokio::task::JoinHandle<()>) {
    let (handle, end) = boundary();
    #[cfg(feature = "sandbox")]
    let end = tenantry::engine::EngineEnd { stage: Some(tenantry::stage::open), ..end };
    let (profile, state_dir) = (session.profile.clone(), session.state_dir.clone());
    #[cfg(feature = "sandbox")]
    let sandbox = session.sandbox.clone();
    let engine = tokio::spawn(async move {
        #[cfg(feature = "sandbox")]
        if let Some(sandbox) = sandbox {
            let loaded = tokio::task::spawn_blocking(move || session::load_demo(&sandbox)).await;
            if let Ok(Err(error)) = loaded {
                let failure = Failure::new(ErrorCode::Io, format!("the demo data could not be loaded: {error}"));
                let event = Event::Failed(Box::new(failure));
                let _ = end.events.send(Envelope { request: RequestId(0), event }).await;
            }
        }
        serve(profile, state_dir, end).await;
    });
    (handle, engine)
}

/// Waits for the engine: what it writes is finished and recorded. It never waits without a word, and not against the operator's will.
async fn ended(mut engine: tokio::task::JoinHandle<()>) {
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    let mut look = tokio::time::interval(PATIENCE);
    // The first tick is at once.
    look.tick().await;
    loop {
        tokio::select! {
            _ = &mut engine => return,
            _ = look.tick() => complain(
                "waiting until what was sent is answered and recorded; Ctrl-C ends at once, and `run --resume` finishes a run"
            ),
            // A run that is killed loses nothing: it can be resumed.
            _ = &mut interrupt => return,
        }
    }
}

async fn finish(session: Session) {
    // Stopping joins the services' threads.
    let _ = tokio::task::spawn_blocking(move || drop(session)).await;
}

/// Prints where the services are, and serves until interrupted.
#[cfg(feature = "sandbox")]
async fn sandbox_serve(global: &Global, port: Option<u16>, empty: bool) -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let options =
        tenantry::sandbox::Options { data: global.data.clone(), port, pipeline: global.pipeline.and_then(|p| p.0) };
    let started = tokio::task::spawn_blocking(move || session::open_sandbox(options, empty)).await;
    let sandbox = match started {
        Ok(Ok(sandbox)) => sandbox,
        Ok(Err(failure)) => {
            Output::new(false).error(&failure);
            return exit::ERROR;
        }
        Err(error) => {
            complain(&format!("error: {error}"));
            return exit::ERROR;
        }
    };
    let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        complain("error: signals cannot be waited for");
        return exit::ERROR;
    };
    // One line, with or without --json.
    Output::new(true).line(&sandbox.line());
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
    }
    let _ = tokio::task::spawn_blocking(move || drop(sandbox)).await;
    0
}
