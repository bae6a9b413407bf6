//! Plays keys into the real loop. A key waits until everything that the one before caused has happened.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use futures::stream;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::Fake;
use crate::config::Profile;
use crate::engine::boundary;
use crate::engine::protocol::{Command, Envelope};
use crate::tui::app::App;
use crate::tui::cache::CachedCounts;
use crate::tui::keymap::Key;
use crate::tui::memory::Memory;
use crate::tui::message::{Effect, Message};
use crate::tui::run::{Console, Host, Pace, Pulse};
use crate::tui::screens::profiles::Listed;
use crate::tui::screens::profiles::opened::Opening;
use crate::tui::{ConsoleOptions, text};

/// The time at which every play takes place.
pub(crate) fn now() -> Timestamp {
    "2026-03-20T01:02:03Z".parse().unwrap()
}

/// A play to be played.
pub(crate) struct Play {
    pub(crate) options: ConsoleOptions,
    pub(crate) size: (u16, u16),
    pub(crate) fake: Fake,
    pub(crate) cached: Option<CachedCounts>,
    /// Memory of earlier sessions.
    pub(crate) memory: Memory,
    /// Files that can be read.
    pub(crate) files: BTreeMap<PathBuf, String>,
    /// Lines that the profile's command says, and how it ends.
    pub(crate) command: (Vec<String>, Result<(), String>),
    /// Stands for the operator's editor: makes another text of a text.
    pub(crate) editor: fn(&str) -> Result<String, String>,
}

/// State and records that are left after a play.
pub(crate) struct Played {
    pub(crate) app: App,
    pub(crate) screen: String,
    pub(crate) buffer: Buffer,
    pub(crate) copied: Vec<String>,
    /// Every command that reached the engine.
    pub(crate) commands: Vec<Command>,
    /// Whoever was told of runs, or called.
    pub(crate) told: Vec<String>,
}

impl Play {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let mut profile = Profile::new("sandbox", "dev", "shop");
        profile.region = Some("ap-northeast-1".into());
        profile.operator = "u-tester".into();
        profile.account = Some("000000000000".into());
        let options = ConsoleOptions {
            profile,
            start_armed: false,
            state_dir: "state".into(),
            headless_prefix: vec!["tenantry".into(), "--sandbox".into()],
            forgets: false,
            open: None,
            no_color: false,
            ui: Default::default(),
            settings: Default::default(),
        };
        let (size, fake) = ((width, height), Fake::golden());
        let editor = |text: &str| Ok(text.to_owned());
        Self {
            options,
            size,
            fake,
            cached: None,
            memory: Memory::default(),
            files: BTreeMap::new(),
            command: (Vec::new(), Ok(())),
            editor,
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Plays the keys of a script.
    pub(crate) fn keys(self, script: &str) -> Played {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.play(inputs(script)))
    }

    async fn play(self, inputs: Vec<Input>) -> Played {
        let (handle, mut end) = boundary();
        let (answered, answers) = watch::channel((0_u64, 0_u64));
        let commands = Arc::new(Mutex::new(Vec::new()));
        let (mut fake, seen) = (self.fake, commands.clone());
        tokio::spawn(async move {
            let (mut taken, mut emitted) = (0, 0);
            while let Some((request, command)) = end.commands.recv().await {
                seen.lock().unwrap().push(command.clone());
                for (request, event) in fake.answer(request, command) {
                    if end.events.send(Envelope { request, event }).await.is_err() {
                        return;
                    }
                    emitted += 1;
                }
                taken += 1;
                end.counters.send_replace(fake.counters());
                answered.send_replace((taken, emitted));
            }
        });
        let app = App::new(self.options, now()).unwrap();
        let host = Inside {
            cached: self.cached,
            memory: self.memory,
            copied: Arc::default(),
            files: self.files,
            editor: self.editor,
            command: self.command,
            told: Arc::default(),
        };
        let (copied, told) = (host.copied.clone(), host.told.clone());
        let pace = Pace { keys: std::time::Duration::ZERO, events: std::time::Duration::ZERO };
        let (beat, pulse) = watch::channel(Pulse::default());
        let mut console = Console::new(app, handle, host, pace).watched(beat, now);
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        let waiting = Waiting { pulse, answers, inputs: inputs.into() };
        let inputs = stream::unfold(waiting, |mut waiting| async move {
            waiting.quiet().await;
            let input = waiting.inputs.pop_front()?;
            Some((Ok::<_, io::Error>(input), waiting))
        });
        console.run(inputs, &mut terminal, std::future::pending()).await.unwrap();
        // Drawn once more: the test backend does not blank what a wide character covered, as terminals do.
        let mut buffer = Buffer::empty(terminal.backend().buffer().area);
        crate::tui::view::draw(&mut console.app, &mut buffer);
        let (copied, commands) = (copied.lock().unwrap().clone(), commands.lock().unwrap().clone());
        let told = told.lock().unwrap().clone();
        Played { app: console.app, screen: shown(&buffer), buffer, copied, commands, told }
    }
}

struct Waiting {
    pulse: watch::Receiver<Pulse>,
    answers: watch::Receiver<(u64, u64)>,
    inputs: std::collections::VecDeque<Input>,
}

impl Waiting {
    async fn quiet(&mut self) {
        loop {
            let (pulse, answers) = (*self.pulse.borrow_and_update(), *self.answers.borrow_and_update());
            if pulse.quiet && answers == (pulse.sent, pulse.received) {
                return;
            }
            tokio::select! {
                _ = self.pulse.changed() => {}
                _ = self.answers.changed() => {}
            }
        }
    }
}

/// The outside of a play: files in memory, no clipboard, work done at once.
struct Inside {
    cached: Option<CachedCounts>,
    memory: Memory,
    copied: Arc<Mutex<Vec<String>>>,
    files: BTreeMap<PathBuf, String>,
    command: (Vec<String>, Result<(), String>),
    told: Arc<Mutex<Vec<String>>>,
    editor: fn(&str) -> Result<String, String>,
}

impl Host for Inside {
    fn shares_terminal(&self) -> bool {
        false
    }

    fn start(&mut self, effect: Effect, back: &UnboundedSender<Message>) -> bool {
        let message = match effect {
            Effect::Build(job) => Message::Built(job.run()),
            Effect::ReadCache(_) => Message::Cached(self.cached.take()),
            Effect::ReadMemory(account) => Message::Recalled(account, self.memory.clone()),
            Effect::Copy { text, what } | Effect::CopyThroughTerminal { text, what } => {
                self.copied.lock().unwrap().push(text);
                Message::Copied(Ok(format!("copied the {what}")))
            }
            Effect::WriteCopy { text, what } => {
                self.copied.lock().unwrap().push(format!("file: {text}"));
                Message::Copied(Ok(format!("the {what} is in a file")))
            }
            Effect::ReadPlan(file) => {
                let read = self.files.get(&file).cloned().ok_or_else(|| "no such file".to_owned());
                Message::PlanRead(file, read)
            }
            Effect::WritePlan { file, text, over } => {
                let taken = !over && self.files.contains_key(&file);
                let saved = if taken { Err(format!("{} is there already", file.display())) } else { Ok(()) };
                if saved.is_ok() {
                    self.files.insert(file.clone(), text.clone());
                }
                Message::PlanSaved { file, text, saved }
            }
            Effect::ListFiles { dir, lead } => {
                let own = self.files.keys().filter_map(|file| file.strip_prefix(&dir).ok());
                let names = own.filter(|rest| rest.components().count() == 1).map(|rest| rest.display().to_string());
                Message::Files(lead, names.collect())
            }
            Effect::WriteReport { file, text } => {
                self.copied.lock().unwrap().push(format!("{}: {text}", file.display()));
                Message::Copied(Ok("report written".to_owned()))
            }
            Effect::EditPlan(text) => Message::PlanEdited((self.editor)(&text)),
            Effect::RunCommand(line) => {
                self.told.lock().unwrap().push(format!("ran {line}"));
                self.command.0.iter().for_each(|line| back.send(Message::CommandSaid(line.clone())).unwrap());
                Message::CommandEnded(self.command.1.clone())
            }
            Effect::Notify(program, note) => {
                self.told.lock().unwrap().push(format!("{} {} {}", program.join(" "), note.news.as_str(), note.state));
                return false;
            }
            Effect::Call(words) => {
                self.told.lock().unwrap().push(words.unwrap_or_else(|| "calm".to_owned()));
                return false;
            }
            Effect::Mouse(wanted) => {
                self.told.lock().unwrap().push(format!("mouse {wanted}"));
                return false;
            }
            Effect::OpenProfile(name) => {
                self.told.lock().unwrap().push(format!("opens {name}"));
                return false;
            }
            Effect::ReadProfiles(config) => {
                let text = self.files.get(&config).cloned().unwrap_or_default();
                let file = crate::config::parse(&config, &text).map_err(|error| error.to_string());
                let opened = [(
                    "a".to_owned(),
                    Opening { at: "2026-03-19T01:02:03Z".into(), account: Some("222222222222".into()), region: None },
                )];
                Message::Profiles(
                    file.map(|file| Listed { profiles: file.profiles.into_values().collect(), opened: opened.into() }),
                )
            }
            Effect::EditConfig(path, text) => {
                let before = self.files.get(&path).cloned();
                let edited = (self.editor)(&text.or_else(|| before.clone()).unwrap_or_default());
                Message::ConfigEdited(path, before, edited)
            }
            Effect::SaveConfig(path, before, text) => {
                Message::ConfigSaved(crate::tui::reconfigure::save(&path, before.as_deref(), text).map(Box::new))
            }
            Effect::StopCommand | Effect::NoteOpening(_) => return false,
            Effect::Send(..) | Effect::WriteCache(..) | Effect::Remember(..) | Effect::Suspend => return false,
        };
        back.send(message).unwrap();
        true
    }
}

/// `"/acme<ret>jj]"`: characters as they are, other keys in angle brackets, pasted text as `<paste:…>`, the mouse over a cell as
/// `<press@3,7>`, `<wheel-up@3,7>`, `<wheel-down@3,7>`.
pub(crate) fn inputs(script: &str) -> Vec<Input> {
    let mut out = Vec::new();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        if c == '<'
            && let Some((name, after)) = rest[1..].split_once('>')
        {
            out.push(named(name));
            rest = after;
            continue;
        }
        out.push(Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        rest = &rest[c.len_utf8()..];
    }
    out
}

fn named(name: &str) -> Input {
    if let Some(text) = name.strip_prefix("paste:") {
        return Input::Paste(text.to_owned());
    }
    if let Some((kind, at)) = name.split_once('@') {
        let kind = match kind {
            "press" => MouseEventKind::Down(MouseButton::Left),
            "wheel-up" => MouseEventKind::ScrollUp,
            "wheel-down" => MouseEventKind::ScrollDown,
            other => panic!("{other}"),
        };
        let (column, row) = at.split_once(',').unwrap();
        let (column, row) = (column.parse().unwrap(), row.parse().unwrap());
        return Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    }
    match name {
        "focus" => return Input::FocusGained,
        "unfocus" => return Input::FocusLost,
        _ => {}
    }
    let key: Key = match name {
        "ret" => "enter",
        "lt" => "<",
        other => other,
    }
    .parse()
    .unwrap();
    Input::Key(KeyEvent::new(key.code, key.modifiers))
}

/// The screen of an application as it stands, at 120x40.
pub(crate) fn drawn(app: &mut App) -> String {
    let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 120, 40));
    crate::tui::view::draw(app, &mut buffer);
    shown(&buffer)
}

/// The screen as text, lines without blanks at their ends.
pub(crate) fn shown(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut out = String::new();
    for y in area.y..area.bottom() {
        let mut line = String::new();
        let mut x = area.x;
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(text::width(symbol)).unwrap().max(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
