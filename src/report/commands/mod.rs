//! The headless commands, each a conversation with the engine.

mod activity;
mod approve;
mod browse;
mod connection;
mod doctor;
mod files;
mod find;
mod plans;
mod rehearse;
mod rollback;
mod run;
mod runs;
mod sign;
mod signing_in;
mod snapshot;
mod versions;
mod written;

use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use super::client::Client;
use super::lines::{EndLine, ProgressLine};
use super::output::Output;
use super::progress::Progress;
use super::waiting::Waiting;
use crate::cli::exit::{self, first};
use crate::cli::{Command, ConfigCommand, Entity, Global, RunsCommand};
use crate::domain::key::{EntityKey, PartitionKey, meant};
use crate::domain::run::{Outcome, RunId};
use crate::domain::secret::Device;
use crate::domain::shell;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{self, EntityRef, Event, Level, StopCause};
use crate::notify::{News, Note, Notifier};
pub use signing_in::ask_for_code;
pub use snapshot::{BeginKeeping, Keeper, WantedCopy};

/// Context that a headless command works with.
#[derive(Debug)]
pub struct Context {
    /// Where results go.
    pub out: Output,
    /// The engine.
    pub client: Client,
    /// The global options.
    pub global: Global,
    /// The words that a command for the same tables begins with.
    pub prefix: Vec<String>,
    /// Content of the last line, so far.
    pub end: EndLine,
    /// The environment's name where the profile is protected: whatever writes wants `--confirm` then.
    pub protected: Option<String>,
    /// The profile's time zone, by whose clock moments are said.
    pub zone: TimeZone,
    /// Where copies of rows are kept; `None` in a build that cannot keep any.
    pub keeping: Option<BeginKeeping>,
    /// The device whose one-time code the AWS profile wants, where somebody is there to type another one.
    pub device: Option<Device>,
    /// Tells whoever wants to know of runs.
    pub notify: Notifier,
    /// Name that a batch wanted typed, and did not get.
    pub(super) unconfirmed: Option<String>,
    pub(super) waiting: Waiting,
    progress: Option<Instant>,
}

/// Ends a command early.
#[derive(Debug)]
pub(super) enum Quit {
    /// It failed.
    Failed(Box<Failure>),
    /// Nobody reads the output any more.
    Closed,
}

impl<E: Into<Failure>> From<E> for Quit {
    fn from(error: E) -> Self {
        Self::Failed(Box::new(error.into()))
    }
}

impl Context {
    /// A context for a command.
    #[must_use]
    pub fn new(out: Output, client: Client, global: Global, command: &'static str) -> Self {
        Self {
            out,
            client,
            unconfirmed: None,
            global,
            prefix: vec!["tenantry".to_owned()],
            end: EndLine::new(command),
            protected: None,
            zone: TimeZone::UTC,
            keeping: None,
            device: None,
            notify: Notifier::default(),
            waiting: Waiting::default(),
            progress: None,
        }
    }

    /// A command for the same tables, as a shell takes it.
    fn command(&self, words: &[&str]) -> String {
        shell::line(&self.prefix, words)
    }

    /// Whether the profile is protected and `--confirm` does not name the tenant, or the environment where there is none; says so.
    fn is_unconfirmed(&mut self, tenant: &str) -> bool {
        let Some(environment) = &self.protected else { return false };
        let wanted = if tenant.is_empty() { environment.as_str() } else { tenant };
        if self.global.confirm.as_deref() == Some(wanted) {
            return false;
        }
        let typed =
            self.global.confirm.as_ref().map_or_else(|| "none was given".to_owned(), |c| format!("{c:?} was given"));
        self.out.note(&format!("this profile is protected: --confirm {wanted} is wanted, {typed}"));
        self.end.exit = exit::NOT_APPROVED;
        self.end.stopped = Some(crate::engine::protocol::StopCause::NotApproved);
        true
    }

    /// Tells whoever wants to know of the run.
    fn tell_of_run(&mut self, news: News, run: Option<RunId>, batch: Option<u32>, state: &str) {
        self.notify.tell(Note { news, run, batch, state: state.to_owned() });
    }

    /// Sends a command and hands its events over until it is finished. Errors that end a command end this too; others are printed.
    async fn each(
        &mut self,
        command: protocol::Command,
        mut on: impl FnMut(&mut Self, Event) -> Result<(), Quit>,
    ) -> Result<(), Quit> {
        let request = self.client.send(command).await?;
        loop {
            match self.next(request).await? {
                Event::Finished { .. } => return Ok(()),
                Event::Failed(failure) if failure.fatal => return Err(Quit::Failed(failure)),
                Event::Failed(failure) => {
                    self.end.exit = first(self.end.exit, exit::ERROR);
                    self.out.error(&failure);
                }
                Event::Log(Level::Info, text) => tracing::info!("{text}"),
                Event::Log(_, text) => self.out.note(&text),
                event => on(self, event)?,
            }
            if self.out.is_closed() {
                return Err(Quit::Closed);
            }
        }
    }

    /// Module of a partition: named, told by the key, or the only one that has it.
    async fn module(&mut self, pk: &PartitionKey, named: Option<&str>) -> Result<String, Quit> {
        let mut found = Vec::new();
        let open = protocol::Command::Open { pk: pk.clone(), module: named.map(str::to_owned) };
        self.each(open, |_, event| {
            if let Event::Opened { modules } = event {
                found = modules;
            }
            Ok(())
        })
        .await?;
        match (found.len(), named) {
            (1, _) => Ok(found.remove(0)),
            (0, Some(module)) => Err(Failure::new(ErrorCode::NoTable, format!("there is no module {module}")).into()),
            (0, None) => {
                let mut known = Vec::new();
                let connect = |_: &mut Self, event| {
                    if let Event::Connected(connection) = event {
                        known = connection.modules;
                    }
                    Ok(())
                };
                self.each(protocol::Command::Connect, connect).await?;
                let failure = Failure::new(ErrorCode::Usage, format!("no module has the partition {pk}"));
                let meant = meant(pk, None).map(|meant| format!("{meant}; ")).unwrap_or_default();
                let hint = format!("{meant}name one with --module: {}", known.join(", "));
                Err(failure.hint(hint).at(pk.as_str(), None).into())
            }
            _ => {
                let failure = Failure::new(ErrorCode::Usage, format!("the partition {pk} is in {}", found.join(", ")));
                Err(failure.hint("name one with --module").at(pk.as_str(), None).into())
            }
        }
    }

    async fn entity(&mut self, entity: &Entity) -> Result<EntityRef, Quit> {
        let key = EntityKey::new(&*entity.pk, &*entity.sk);
        let module = self.module(&key.pk, entity.module.as_deref()).await?;
        Ok(EntityRef { module, key })
    }

    /// Tells how far it is, at most once a second.
    fn progress(&mut self, phase: &'static str, done: u64, total: Option<u64>, began: Instant) {
        if self.progress.is_some_and(|last| last.elapsed() < Duration::from_secs(1)) {
            return;
        }
        // The first second needs no report.
        if self.progress.replace(Instant::now()).is_none() {
            return;
        }
        let counters = self.client.counters();
        let seconds = began.elapsed().as_secs_f64().max(0.001);
        let per_second = done as f64 / seconds;
        self.out.line(&ProgressLine {
            event: "progress",
            phase,
            done,
            total,
            per_second,
            read_units: counters.read_units,
            write_units: counters.write_units,
        });
        let read_units = counters.read_units;
        self.out.progress(&Progress { phase, done, total, per_second, read_units });
    }

    /// Counts an item's outcome for the last line and the exit code.
    fn count(&mut self, outcome: Outcome) {
        self.end.add_outcome(outcome, 1);
        if matches!(outcome, Outcome::Conflict | Outcome::Invalid | Outcome::Failed) {
            self.end.exit = first(self.end.exit, exit::ITEMS);
        }
    }
}

/// Runs a command to its end, prints the last line, and gives the exit code.
pub async fn run(mut context: Context, command: Command) -> u8 {
    let result = {
        let work = perform(&mut context, command);
        tokio::select! {
            result = work => Some(result),
            () = interrupted() => None,
        }
    };
    context.out.clear_progress();
    match result {
        Some(Ok(())) | Some(Err(Quit::Closed)) => {}
        Some(Err(Quit::Failed(failure))) => {
            context.out.error(&failure);
            context.end.exit = match failure.code {
                ErrorCode::Usage => exit::USAGE,
                _ => exit::ERROR,
            };
        }
        None => {
            context.end.exit = exit::INTERRUPTED;
            context.end.stopped = Some(StopCause::Interrupted);
        }
    }
    let counters = context.client.counters();
    if context.end.blast.read_units == 0.0 {
        context.end.blast.read_units = counters.read_units;
    }
    context.out.line(&context.end);
    for why in context.notify.settle().await {
        context.out.note(&format!("[notify] command: {why}"));
    }
    context.end.exit
}

async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
    }
}

async fn perform(context: &mut Context, command: Command) -> Result<(), Quit> {
    connection::sign_in(context).await?;
    match command {
        Command::Whoami => connection::whoami(context).await,
        Command::Config { command: ConfigCommand::Check { .. } } => connection::check(context).await,
        Command::Tenants { module, keys: true } => browse::partitions(context, module).await,
        Command::Tenants { module, keys: false } => browse::tenants(context, module).await,
        Command::Entities(options) => browse::entities(context, &options).await,
        Command::Find(options) => find::find(context, options).await,
        Command::Activity(options) => activity::activity(context, options).await,
        Command::History { entity, rows } => versions::history(context, &entity, rows).await,
        Command::Diff { entity, from, to, all } => versions::diff(context, &entity, from, to, all).await,
        Command::Rollback { entity, to, expect, dry_run } => {
            rollback::rollback(context, &entity, to, expect, dry_run).await
        }
        Command::Preview { plan, rows, report, mask } => plans::preview(context, &plan, rows, report, mask).await,
        Command::Rehearse(options) => rehearse::rehearse(context, options).await,
        Command::Run(options) => run::run(context, options).await,
        Command::Sign(options) => sign::sign(context, options).await,
        Command::Undo(options) => run::undo(context, options).await,
        Command::Doctor(options) => doctor::doctor(context, options).await,
        Command::Export(options) => files::export(context, options).await,
        Command::Import(options) => files::import(context, options).await,
        Command::Verify { what, resume } => run::verify(context, &what, resume).await,
        Command::Runs { command: Some(RunsCommand::Export { run, file }) } => runs::export(context, run, file).await,
        Command::Runs { command: Some(RunsCommand::Prune { older, dry_run }) } => {
            runs::prune(context, older, dry_run).await
        }
        Command::Runs { command: Some(RunsCommand::Report { run, to, mask }) } => {
            runs::report(context, run, to, mask).await
        }
        Command::Runs { command: Some(RunsCommand::Join { at, expect }) } => runs::join(context, at, expect).await,
        Command::Runs { command: Some(RunsCommand::Check { journal }) } => runs::check(context, journal).await,
        Command::Snapshot(options) => snapshot::snapshot(context, options).await,
        Command::Runs { command: None } => runs::list(context).await,
        Command::Runs { command: Some(RunsCommand::Show { run }) } => runs::show(context, run).await,
        // These need no engine and are answered before one is made.
        #[cfg(feature = "sandbox")]
        Command::Sandbox { .. } => Ok(()),
        Command::Plan { .. }
        | Command::Config { .. }
        | Command::Schema { .. }
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Complete { .. }
        | Command::Worker => Ok(()),
    }
}
