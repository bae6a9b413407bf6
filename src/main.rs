//! The `tenantry` program: reads the command line, and hands over to the console or to a headless command.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tenantry::cli::{Cli, Command, ConfigCommand, Global};
use tenantry::engine::failure::{ErrorCode, Failure};
use tenantry::engine::{EngineHandle, boundary, serve};
use tenantry::report::{Client, Context, EndLine, Output};
use tenantry::session::{self, Session, Start};
use tenantry::{config, logging};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Without it errors would only lose their colours.
    let _ = color_eyre::install();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no runtime could be started: {error}");
            return ExitCode::from(1);
        }
    };
    let code = runtime.block_on(run(cli));
    // What still reads or waits for a service must not hold the exit up.
    runtime.shutdown_background();
    ExitCode::from(code)
}

async fn run(cli: Cli) -> u8 {
    let Some(command) = cli.command else { return console(cli.global).await };
    let mut out = Output::new(cli.global.json);
    match command {
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "tenantry", &mut script);
            out.raw(&String::from_utf8_lossy(&script));
            end(out, "completions", Ok(()))
        }
        Command::Config { command: ConfigCommand::Example } => {
            out.raw(config::EXAMPLE);
            end(out, "config example", Ok(()))
        }
        Command::Config { command: ConfigCommand::Check } => {
            let checked = check_config(&cli.global, &mut out);
            end(out, "config check", checked)
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
        line.exit = if failure.code == ErrorCode::Usage { 2 } else { 1 };
    }
    out.line(&line);
    line.exit
}

fn check_config(global: &Global, out: &mut Output) -> Result<(), Box<Failure>> {
    let path = config::config_path(global.config.as_deref());
    let Some(file) = config::load(&path).map_err(Failure::from)? else {
        return Err(session::unconfigured(&path).into());
    };
    for profile in file.profiles.values() {
        let default = if file.default_profile.as_ref() == Some(&profile.name) { " (default)" } else { "" };
        out.text(&format!("{}{default}: tables {}-{}-*", profile.name, profile.environment, profile.app));
        if let Some(refused) = profile.sync_refused() {
            out.text(&format!("  note: {refused}"));
        }
    }
    out.text(&format!("{} is fine", path.display()));
    Ok(())
}

async fn headless(global: Global, command: Command, out: Output) -> u8 {
    let session = match session::start(&global) {
        Ok(Start::Ready(session)) => *session,
        Ok(Start::Unconfigured(path)) => return end(out, command.name(), Err(session::unconfigured(&path).into())),
        Err(failure) => return end(out, command.name(), Err(failure)),
    };
    if let Err(error) = logging::init(&session.state_dir) {
        eprintln!("no log is written: {error}");
    }
    let (handle, engine) = start_engine(&session);
    let context = Context::new(out, Client::new(handle), global, command.name());
    let code = tenantry::report::run(context, command).await;
    // The client is gone with its command; the engine ends what is open.
    let _ = engine.await;
    finish(session).await;
    code
}

/// Starts the engine; in a sandbox once its demo data is there, while the caller goes on.
fn start_engine(session: &Session) -> (EngineHandle, tokio::task::JoinHandle<()>) {
    let (handle, end) = boundary();
    let (profile, state_dir) = (session.profile.clone(), session.state_dir.clone());
    #[cfg(feature = "sandbox")]
    let sandbox = session.sandbox.clone();
    let engine = tokio::spawn(async move {
        #[cfg(feature = "sandbox")]
        if let Some(sandbox) = sandbox {
            let loaded = tokio::task::spawn_blocking(move || session::load_demo(&sandbox)).await;
            if let Ok(Err(error)) = loaded {
                tracing::error!(%error, "the demo data could not be loaded");
            }
        }
        serve(profile, state_dir, end).await;
    });
    (handle, engine)
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
            return 1;
        }
        Err(error) => {
            eprintln!("error: {error}");
            return 1;
        }
    };
    let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        eprintln!("error: signals cannot be waited for");
        return 1;
    };
    // One line, with or without --json.
    Output::new(true).line(&session::sandbox_line(&sandbox));
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
    }
    let _ = tokio::task::spawn_blocking(move || drop(sandbox)).await;
    0
}

async fn console(global: Global) -> u8 {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        eprintln!("error: the console needs a terminal; `tenantry --help` lists the commands");
        return 2;
    }
    let _ = global;
    2
}
