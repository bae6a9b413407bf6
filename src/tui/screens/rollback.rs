//! What a rollback would write, before anybody is asked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::command::CommandBox;
use crate::domain::key::Version;
use crate::domain::printable::printable;
use crate::domain::publish::PublishMode;
use crate::domain::row::TableKind;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Command, EntityRef, Event, Preview, RequestId};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::message::Purpose;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Rich, Scroll, draw_text};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::history::{changes, document};
use crate::tui::theme::Role;
use crate::tui::{format, subject, text};

#[derive(Debug)]
enum State {
    Reading,
    Ready(Box<Described>),
    Failed(Box<Failure>),
    Cancelled,
}

/// A preview of a rollback.
#[derive(Debug)]
pub(crate) struct RollbackPreview {
    request: RequestId,
    entity: EntityRef,
    to: Version,
    state: State,
    scroll: Scroll,
}

impl RollbackPreview {
    /// One that the engine has not answered yet.
    pub(crate) fn reading(request: RequestId, entity: EntityRef, to: Version) -> Self {
        Self { request, entity, to, state: State::Reading, scroll: Scroll::default() }
    }

    /// Whether the answer is that there is nothing to write.
    fn writes_nothing(&self) -> bool {
        matches!(&self.state, State::Ready(described) if described.first().is_some_and(|p| p.after.is_none()))
    }
}

impl Screen for RollbackPreview {
    fn context(&self) -> Context {
        Context::Rollback
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Back => {
                if matches!(self.state, State::Reading) {
                    app.give_up(self.request);
                }
                return Flow::Close;
            }
            Action::Rollback => {
                app.perform(Action::Rollback);
                return if app.is_writing() { Flow::Close } else { Flow::Stay };
            }
            Action::ShowCommand => {
                let expect = match &self.state {
                    State::Ready(described) => described.first().map(|p| p.version_before),
                    _ => None,
                };
                let line = app.line_of_rollback(&self.entity, self.to, expect, true);
                app.stack.push(CommandBox::new(line));
            }
            action => {
                if let (State::Ready(described), Some(step)) = (&self.state, Step::of(action)) {
                    self.scroll.slide(step, described.len());
                }
            }
        }
        Flow::Stay
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.request == request
    }

    fn answer(&mut self, _: &mut App, _: RequestId, event: Event) {
        match event {
            Event::Preview(preview) => self.state = State::Ready(Box::new(Described::new(vec![*preview]))),
            Event::Failed(failure) => self.state = State::Failed(failure),
            Event::Finished { cancelled: true } if matches!(self.state, State::Reading) => {
                self.state = State::Cancelled;
            }
            _ => {}
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 100, area.height.saturating_sub(2));
        let title = format!("Preview: roll back to version {}", self.to);
        let inner = framed(buffer, area, Frame::Dialog, &title, "nothing is written by this", &app.theme);
        let rollback = if app.armed { "roll back (asks first)" } else { "roll back (read-only now)" };
        let mut hints = vec![(Action::Back, "close"), (Action::Up, "scroll"), (Action::ShowCommand, "command")];
        if !self.writes_nothing() {
            hints.push((Action::Rollback, rollback));
        }
        foot(buffer, area, &Hints::of(&app.keymap, Context::Rollback, &hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        let words;
        let lines = match &mut self.state {
            State::Ready(described) => described.lines(room),
            other => {
                words = waiting(other, room);
                &words
            }
        };
        draw_text(buffer, area, inner, lines, &mut self.scroll, &app.theme);
        None
    }
}

fn waiting(state: &State, room: usize) -> Vec<Rich> {
    match state {
        State::Reading | State::Ready(_) => vec![Rich::of(Role::Dim, "working out what would be written…")],
        State::Cancelled => vec![Rich::of(Role::Dim, "stopped")],
        State::Failed(failure) => problem::lines(failure, room),
    }
}

/// Previews in words and rows, arranged for a width once.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    previews: Vec<Preview>,
    /// Without the facts that are the same for every item.
    brief: bool,
    room: usize,
    lines: Vec<Rich>,
}

impl Described {
    pub(crate) fn new(previews: Vec<Preview>) -> Self {
        Self { previews, brief: false, room: 0, lines: vec![] }
    }

    /// What sets an item apart from others: what is wrong with it, its differences, its row.
    pub(crate) fn brief(preview: Preview) -> Self {
        Self { brief: true, ..Self::new(vec![preview]) }
    }

    /// With every fact.
    pub(crate) fn whole(&self) -> Self {
        Self::new(self.previews.clone())
    }

    fn first(&self) -> Option<&Preview> {
        self.previews.first()
    }

    /// Lines as arranged last.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The lines for a width.
    pub(crate) fn lines(&mut self, room: usize) -> &[Rich] {
        if self.room != room {
            self.room = room;
            self.lines.clear();
            for (i, preview) in self.previews.iter().enumerate() {
                if i > 0 {
                    self.lines.push(Rich::default());
                }
                self.lines.extend(describe(preview, room, self.brief).iter().flat_map(|line| line.wrapped(room)));
            }
        }
        &self.lines
    }
}

/// Column that the facts begin in.
const FACTS: usize = 14;

fn describe(preview: &Preview, room: usize, brief: bool) -> Vec<Rich> {
    let mut out = Vec::new();
    let mut fact = |name: &str, role: Role, value: &str| {
        for (i, part) in text::wrap(&printable(value), room.saturating_sub(FACTS)).iter().enumerate() {
            let mut line = Rich::of(Role::Dim, if i == 0 { name } else { "" });
            line.pad_to(FACTS);
            out.push(line.with(role, part));
        }
    };
    let is_user = subject::is_user(&preview.entity.module, (preview.version_before, preview.version_after));
    match brief {
        true => {}
        false if is_user => {
            fact("user", Role::Strong, preview.entity.key.sk.as_str());
            fact("pool", Role::Text, preview.entity.key.pk.as_str());
        }
        false => {
            fact("entity", Role::Strong, &preview.entity.key.to_string());
            fact("module", Role::Text, &preview.entity.module);
        }
    }
    if let Some(line) = preview.line {
        fact("line", Role::Text, &format!("{line} of the file"));
    }
    // What takes a run back takes nothing from there.
    if preview.source != preview.entity.key && preview.source_versions.0 > Version(0) {
        let (before, after) = preview.source_versions;
        let gone = if after > before { ", which is soft-deleted" } else { "" };
        fact("taken from", Role::Text, &format!("{} at version {before}{gone}", preview.source));
    }
    // What is not written has no cost and no changes, and what was looked for need not have been found.
    let Some(after) = &preview.after else {
        let name = if preview.reason.is_some() { "refused" } else { "nothing to do" };
        let role = if preview.reason.is_some() { Role::Error } else { Role::Text };
        fact(name, role, &why_not(preview));
        fact("", role, "nothing would be written");
        state_of(preview, &mut fact);
        return out;
    };
    let written = preview.before.as_ref().map_or("a new row", |_| "the row");
    let versions =
        format!("{} → {}  ({}: {written} below)", preview.version_before, preview.version_after, preview.action);
    if !brief && !is_user {
        fact("version", Role::Strong, &versions);
    }
    if let Some(message) = &preview.message {
        fact("", Role::Text, message);
    }
    if !brief && is_user {
        fact("written", Role::Text, "in Cognito: the attributes that differ, each user compared right before");
    } else if !brief {
        state_of(preview, &mut fact);
        let how = match preview.publish {
            PublishMode::Sync => "sync: command, history and data row in one transaction",
            PublishMode::Async => "async: the command row alone; the application's pipeline does the rest",
        };
        fact("published", Role::Text, how);
    }
    if !brief && !is_user {
        fact("cost", Role::Text, &cost(preview));
    }
    for warning in &preview.warnings {
        fact("warning", Role::Warning, &format!("! {warning}"));
    }
    if preview.before.is_some() {
        out.push(Rich::default());
        let changes = format::plural(preview.changes.len() as u64, "change", "changes");
        let heading = format!("{changes} to the {} as it is now", if is_user { "user" } else { "row" });
        out.push(Rich::of(Role::Heading, &heading));
        if preview.changes.is_empty() {
            out.push(Rich::of(Role::Dim, "none"));
        }
        out.extend(changes::document(&preview.changes).lines().iter().cloned());
    }
    out.push(Rich::default());
    out.push(Rich::of(
        Role::Heading,
        if is_user { "The attributes as they will be" } else { "The row that will be written" },
    ));
    out.extend(document::row(after).lines().iter().cloned());
    out
}

/// Where the state comes from, as far as it was found.
fn state_of(preview: &Preview, fact: &mut impl FnMut(&str, Role, &str)) {
    let found = match preview.found {
        Some(TableKind::Data) => "the data table",
        Some(TableKind::History) => "the history table",
        Some(TableKind::Command) => "the command table only: its history row is gone",
        None => return,
    };
    fact("state of", Role::Text, &format!("version {}, found in {found}", preview.version_from));
}

/// Write units and S3 objects.
fn cost(preview: &Preview) -> String {
    let s3 = match preview.s3_objects {
        0 => String::new(),
        n => format!(", {}", format::plural(n, "S3 object", "S3 objects")),
    };
    format!("{} at most{s3}", format::plural(preview.write_units, "write unit", "write units"))
}

/// Why nothing would be written.
fn why_not(preview: &Preview) -> String {
    let message = preview.message.clone();
    match preview.reason {
        Some(reason) => {
            let message = message.unwrap_or_else(|| reason.to_string());
            format!("! {message} ({}, {reason})", preview.action)
        }
        None => message.unwrap_or_else(|| preview.action.to_string()),
    }
}

impl App {
    /// Shows what rolling back to the selected version would write.
    pub(crate) fn preview_selected(&mut self) {
        let Some(to) = self.target() else { return };
        let Some(entity) = self.history.opened.as_ref().map(|o| o.entity.clone()) else { return };
        let request = self.send(Command::PreviewRollback { entity: entity.clone(), to, expect: None }, Purpose::Screen);
        self.stack.push(RollbackPreview::reading(request, entity, to));
    }

    /// Asks the engine to roll back to the selected version; it answers with an approval to decide.
    pub(crate) fn roll_back_selected(&mut self) {
        let Some(to) = self.target() else { return };
        let Some(opened) = &self.history.opened else { return };
        // What is on screen is what is rolled back: a version written meanwhile is a conflict.
        let (entity, expect) = (opened.entity.clone(), opened.versions.current());
        let purpose = Purpose::Rollback(entity.clone(), to);
        self.send(Command::Rollback { entity, to, expect }, purpose);
        self.say(format!("working out the rollback to version {to}…"));
    }

    /// `:rollback N`.
    pub(crate) fn roll_back_to(&mut self, to: Version) {
        self.go_to_version(to);
        if self.target() == Some(to) {
            self.perform(Action::Rollback);
        }
    }
}
