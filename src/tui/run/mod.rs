//! The loop: keys first, then what the engine tells, drawing when something changed.

mod command;
mod editor;
mod frames;
mod host;
mod others;
mod pulse;
mod signals;
mod suspend;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event as Input, KeyEventKind};
use futures::{Stream, StreamExt as _};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::Position;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use editor::edit;
pub(crate) use frames::Pace;
use frames::{Frames, draw};
pub(crate) use host::{Host, Outside};
use others::Others;
pub use others::Profiles;
pub(crate) use pulse::Pulse;
pub(super) use signals::signals;
use suspend::{Continued, suspend};

use super::ConsoleOptions;
use super::app::App;
use super::app::update;
use super::ground::ground;
use super::input::Inputs;
use super::message::{Effect, Message, Mouse};
use super::terminal::{Held, has_hung_up, screen};
use super::theme::Theme;
use crate::config::{Ground, read_regular};
use crate::engine::EngineHandle;
use crate::engine::protocol::{Command, RequestId};
use crate::language::system;

/// Events taken in between two looks at the keyboard.
const AT_ONCE: usize = 64;

/// How often the time that is left of a session is looked at.
const TICK: Duration = Duration::from_secs(15);

/// Runs the console until the operator leaves it or a signal ends it. The terminal is given back in any case.
/// Gives back what to say afterwards.
///
/// # Errors
/// The terminal's own error.
pub async fn run(
    options: ConsoleOptions,
    engine: EngineHandle,
    profiles: Box<dyn Profiles>,
) -> color_eyre::Result<Vec<String>> {
    let (ui, no_color) = (options.ui.clone(), options.no_color);
    let app = App::new(options, Timestamp::now()).map_err(|e| color_eyre::eyre::eyre!(e))?;
    let host = Outside::new(&app);
    let signals = signals()?;
    tokio::pin!(signals);
    let mut continued = Continued::new()?;
    let mut console = Console::new(app, engine, host, Pace::default());
    let mut others = Others::new(profiles);
    let mut asks = ui.ground.is_none() && !no_color;
    loop {
        // Inputs of its own each time: nobody else may read the keyboard while an editor has it. The system continues a program whose
        // terminal goes, so that it may have gone here, too.
        let taken = Held::take(console.app.mouse).and_then(|held| Ok((held, screen()?, Inputs::new()?)));
        let (held, mut terminal, mut inputs) = match taken {
            Err(error) if has_hung_up(&error) => return Ok(Vec::new()),
            taken => taken?,
        };
        if std::mem::take(&mut asks) && ground(&mut inputs).await == Ground::Light {
            let theme = Theme::with(Ground::Light, ui.theme.as_ref(), no_color);
            console.app.theme = Arc::new(theme.map_err(|e| color_eyre::eyre::eyre!(e))?);
            console.app.ground = Ground::Light;
        }
        let outcome = tokio::select! {
            outcome = console.run(inputs.events(), &mut *terminal, signals.as_mut()) => Some(outcome),
            // Stopped from elsewhere and continued: the shell has had the terminal meanwhile.
            () = continued.wait() => None,
        };
        drop(held);
        match outcome {
            None => continue,
            Some(outcome) => outcome?,
        }
        match console.leave.take() {
            Some(Away::Editor(text)) => console.edit_plan(text).await,
            Some(Away::Config(path, draft)) => console.edit_config(path, draft).await,
            Some(Away::Profile(name)) => others.open(&mut console, &name).await,
            Some(Away::Suspended) => suspend(&mut continued).await?,
            None => return Ok(console.app.words_on_leaving()),
        }
    }
}

/// The state together with its connections to the outside.
pub(crate) struct Console<H> {
    pub(crate) app: App,
    engine: EngineHandle,
    host: H,
    pace: Pace,
    clock: fn() -> Timestamp,
    /// Commands that the engine has had no room for yet.
    outbox: std::collections::VecDeque<(RequestId, Command)>,
    jobs: mpsc::UnboundedSender<Message>,
    done: mpsc::UnboundedReceiver<Message>,
    working: usize,
    pulse: Pulse,
    watch: Option<tokio::sync::watch::Sender<Pulse>>,
    /// For which the terminal is given back, to be taken again afterwards.
    leave: Option<Away>,
}

/// Whom the terminal is lent to.
#[derive(Debug)]
enum Away {
    /// The operator's editor, for a text.
    Editor(String),
    /// The operator's editor, for a configuration file; with the text that was not saved, where there is one.
    Config(PathBuf, Option<String>),
    /// The same console under another profile.
    Profile(String),
    /// The shell, until it continues the program.
    Suspended,
}

impl<H: Host> Console<H> {
    pub(crate) fn new(mut app: App, engine: EngineHandle, host: H, pace: Pace) -> Self {
        let (jobs, done) = mpsc::unbounded_channel();
        let effects = app.take_effects();
        let mut console = Self {
            app,
            engine,
            host,
            pace,
            clock: Timestamp::now,
            outbox: Default::default(),
            jobs,
            done,
            working: 0,
            pulse: Pulse::default(),
            watch: None,
            leave: None,
        };
        console.effects(effects);
        console
    }

    /// Lets a test follow the loop, at a time that stands still.
    #[cfg(test)]
    pub(crate) fn watched(mut self, watch: tokio::sync::watch::Sender<Pulse>, clock: fn() -> Timestamp) -> Self {
        self.watch = Some(watch);
        self.clock = clock;
        self
    }

    /// Runs until the operator leaves, the input ends, or `ended` does.
    ///
    /// # Errors
    /// The terminal's own error.
    pub(crate) async fn run<S, B>(
        &mut self,
        inputs: S,
        terminal: &mut Terminal<B>,
        ended: impl Future<Output = ()>,
    ) -> io::Result<()>
    where
        S: Stream<Item = io::Result<Input>>,
        B: Backend,
        B::Error: Send + Sync + 'static,
    {
        tokio::pin!(inputs, ended);
        let mut frames = Frames { last: None, due: Some(Instant::now()) };
        let mut engine_open = true;
        let mut tick = Instant::now() + TICK;
        let commands = self.engine.commands.clone();
        while !self.app.quit && self.leave.is_none() {
            if frames.due.is_some_and(|due| due <= Instant::now()) {
                match draw(&mut self.app, terminal) {
                    Err(error) if has_hung_up(&error) => break,
                    drawn => drawn?,
                }
                frames = Frames { last: Some(Instant::now()), due: None };
            }
            self.beat(&frames);
            let due = frames.due;
            tokio::select! {
                biased;
                () = &mut ended => break,
                input = inputs.next() => match input {
                    // The terminal has gone before its signal came: the end is the same.
                    Some(Err(error)) if has_hung_up(&error) => break,
                    Some(input) => {
                        let input = input?;
                        // The window's new size must not wait for the next frame to be known.
                        if self.input(input) {
                            frames.want(self.pace.keys);
                        }
                    }
                    None => break,
                },
                Some(message) = self.done.recv() => {
                    // These come beside the one that ends their work.
                    let is_beside = matches!(message, Message::CommandSaid(_) | Message::NotTold(_));
                    self.working -= usize::from(!is_beside);
                    self.update(message);
                    frames.want(self.pace.keys);
                }
                permit = commands.reserve(), if engine_open && !self.outbox.is_empty() => match permit {
                    Ok(permit) => {
                        if let Some(command) = self.outbox.pop_front() {
                            permit.send(command);
                            self.pulse.sent += 1;
                        }
                    }
                    Err(_) => self.outbox.clear(),
                },
                event = self.engine.events.recv(), if engine_open => {
                    engine_open = event.is_some();
                    self.drain(event);
                    frames.want(self.pace.events);
                }
                Ok(()) = self.engine.counters.changed() => {
                    let counters = *self.engine.counters.borrow_and_update();
                    self.update(Message::Counters(counters));
                    frames.want(self.pace.events);
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                // The time that is left of a session goes by while nothing else happens.
                () = sleep_until(tick), if self.app.counters.session.is_some() => {
                    tick = Instant::now() + TICK;
                    self.update(Message::Tick);
                    frames.want(self.pace.events);
                }
            }
        }
        Ok(())
    }

    /// Lets the operator's editor change a plan.
    async fn edit_plan(&mut self, text: String) {
        let edited = self.edit("plan-", text).await;
        self.update(Message::PlanEdited(edited));
    }

    /// Lets the operator's editor change a configuration file: a copy of it, which is checked before it is written.
    async fn edit_config(&mut self, path: PathBuf, draft: Option<String>) {
        let before = match read_regular(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let why = tr!("the configuration cannot be read: %{why}", why = system(&error)).into_owned();
                return self.update(Message::ConfigEdited(path, None, Err(why)));
            }
        };
        let text = draft.or_else(|| before.clone()).unwrap_or_default();
        let edited = self.edit("config-", text).await;
        self.update(Message::ConfigEdited(path, before, edited));
    }

    /// Lets the operator's editor change a text. What the engine tells meanwhile is taken in: a run does not wait for it.
    async fn edit(&mut self, prefix: &'static str, text: String) -> Result<String, String> {
        let dir = self.app.state_dir.clone();
        let mut edited = tokio::task::spawn_blocking(move || edit(&dir, prefix, &text));
        let mut engine_open = true;
        let outcome = loop {
            tokio::select! {
                outcome = &mut edited => break outcome,
                event = self.engine.events.recv(), if engine_open => {
                    engine_open = event.is_some();
                    self.drain(event);
                }
            }
        };
        outcome.unwrap_or_else(|e| Err(e.to_string()))
    }

    /// Takes in an event and what waits behind it, so many at most.
    fn drain(&mut self, first: Option<crate::engine::protocol::Envelope>) {
        let Some(first) = first else { return self.update(Message::EngineGone) };
        let mut next = Some(first);
        for _ in 0..AT_ONCE {
            let Some(envelope) = next else { break };
            self.pulse.received += 1;
            self.update(Message::Engine(envelope));
            next = None;
            if let Ok(envelope) = self.engine.events.try_recv() {
                next = Some(envelope);
            }
        }
        if let Some(envelope) = next {
            self.pulse.received += 1;
            self.update(Message::Engine(envelope));
        }
    }

    /// Handles an input; `false` when it means nothing to us.
    fn input(&mut self, input: Input) -> bool {
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => self.update(Message::Key(key.into())),
            Input::Paste(text) => self.update(Message::Paste(text)),
            Input::Resize(..) => self.update(Message::Resize),
            Input::FocusGained => self.update(Message::Focus(true)),
            Input::FocusLost => self.update(Message::Focus(false)),
            Input::Mouse(event) => match Mouse::of(event.kind) {
                Some(mouse) => self.update(Message::Mouse(mouse, Position::new(event.column, event.row))),
                None => return false,
            },
            _ => return false,
        }
        true
    }

    fn update(&mut self, message: Message) {
        let effects = update(&mut self.app, (self.clock)(), message);
        self.effects(effects);
    }

    fn effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(request, command) => self.outbox.push_back((request, command)),
                Effect::EditPlan(text) if self.host.shares_terminal() => self.leave = Some(Away::Editor(text)),
                Effect::EditConfig(path, text) if self.host.shares_terminal() => {
                    self.leave = Some(Away::Config(path, text));
                }
                Effect::OpenProfile(name) if self.host.shares_terminal() => self.leave = Some(Away::Profile(name)),
                Effect::Suspend if self.host.shares_terminal() => self.leave = Some(Away::Suspended),
                other => {
                    self.working += usize::from(self.host.start(other, &self.jobs));
                }
            }
        }
    }
}
