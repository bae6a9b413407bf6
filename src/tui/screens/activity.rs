//! Activity, or who did what, the newest first, as the engine lists it.

mod asked;
mod line;
mod taken_back;

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::line::{line, texts, whole};
use super::command::CommandBox;
use super::discard::Next;
use crate::domain::run::RunId;
use crate::domain::tenant::tenant_of;
use crate::engine::protocol::{self, ActivityWanted, Event, RequestId};
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::job::Job;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::streamed::{Did, GroupOf, Standing, Streamed};
use crate::tui::parts::{Hints, Rich};
use crate::tui::screen::{Flow, Press, Scope, Screen};
use crate::tui::screens::history::CameFrom;
use crate::tui::text;
use crate::tui::theme::Role;
use taken_back::Listed;

/// Cells of the column for what is put together.
const GROUP: usize = 22;

/// The list.
#[derive(Debug)]
pub(crate) struct Activity {
    wanted: ActivityWanted,
    /// The words that were typed, for the title and the command line.
    words: Vec<String>,
    /// Sentences that say which moments the texts among them were taken for.
    moments: Vec<String>,
    grouped: Grouped,
    /// Whose changes alone are listed: those of one person, or of one request.
    narrowed: Grouped,
    done: Streamed<protocol::Activity>,
    /// Versions read.
    read: u64,
}

/// How the list is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grouped {
    No,
    ByPerson,
    ByRequest,
}

impl Grouped {
    fn next(self) -> Self {
        match self {
            Self::No => Self::ByPerson,
            Self::ByPerson => Self::ByRequest,
            Self::ByRequest => Self::No,
        }
    }

    fn key(self) -> Option<GroupOf<protocol::Activity>> {
        match self {
            Self::No => None,
            Self::ByPerson => Some(person),
            Self::ByRequest => Some(request),
        }
    }
}

/// Names that versions without a person, and those without a request, are put together under.
const NOBODY: &str = text!("nobody");
const NO_REQUEST: &str = text!("no request");

fn person(one: &protocol::Activity) -> &str {
    one.by.as_deref().unwrap_or(NOBODY)
}

fn request(one: &protocol::Activity) -> &str {
    one.request_id.as_deref().unwrap_or(NO_REQUEST)
}

/// The common side of rows, as it is shown.
fn shown(common: &str) -> Cow<'_, str> {
    match common {
        NOBODY => translated(NOBODY),
        NO_REQUEST => translated(NO_REQUEST),
        own => own.into(),
    }
}

impl Activity {
    fn state(&self, room: usize) -> Vec<Rich> {
        let read = format::plural(self.read, text!("%{n} version"), text!("%{n} versions"));
        let (role, words) = match self.done.job.running {
            true => (
                Role::Text,
                tr!("reading… %{read} so far; the newest come first when all are read; x stops", read = read)
                    .into_owned(),
            ),
            false if self.done.job.is_complete() => {
                let (one, many) = (text!("%{n} change in scope"), text!("%{n} changes in scope"));
                (Role::Dim, format::plural(self.done.total(), one, many))
            }
            false => (
                Role::Warning,
                tr!("stopped after %{read}: the newest of these, there may be more", read = read).into_owned(),
            ),
        };
        let chosen = self.done.range().map(|range| range.count() as u64);
        let mut lines: Vec<Rich> =
            self.moments.iter().flat_map(|said| problem::notice(said, Role::Dim, room)).collect();
        lines.extend(problem::notice(&words, role, room));
        if let Some(value) = self.done.common() {
            lines.extend(problem::notice(&tr!("only %{value}", value = shown(value)), Role::Key, room));
        }
        if let Some(chosen) = chosen {
            let (one, many) = (
                text!("%{n} change marked, from here to the cursor"),
                text!("%{n} changes marked, from here to the cursor"),
            );
            lines.extend(problem::notice(&format::plural(chosen, one, many), Role::Key, room));
        }
        lines.extend(self.done.job.problem.iter().flat_map(|failure| problem::lines(failure, room)));
        lines
    }

    /// The key that was named may have been the id of an entity: it is of that alone then.
    fn take_for_id(&mut self, rows: &[protocol::Activity]) {
        let key = rows.first().map(|one| &one.entity.key);
        let Some((pk, key)) = self.wanted.pk.as_ref().zip(key).filter(|(pk, key)| **pk != key.pk) else { return };
        self.moments.push(tr!("%{pk} is taken for the id of %{key}", pk = pk, key = key).into_owned());
        (self.wanted.pk, self.wanted.sk) = (Some(key.pk.clone()), Some(key.sk.clone()));
    }

    /// Goes to the entity at the version.
    fn open(&mut self, app: &mut App) -> Flow {
        let Some(one) = self.done.selected() else { return Flow::Stay };
        let tenant = tenant_of(&one.entity.key.pk, None).code;
        app.give_up(self.done.job.request);
        app.open_entity_of(CameFrom::Activity, one.entity.clone(), tenant);
        if let Some(opened) = &mut app.history.opened {
            opened.select(one.version);
        }
        Flow::Leave
    }

    /// Narrows to the person of the row under the cursor, then to its request, then to nothing.
    fn narrow(&mut self, app: &mut App) {
        let Some(one) = self.done.selected() else { return };
        let next: Option<GroupOf<protocol::Activity>> = match self.narrowed {
            Grouped::No => Some(person),
            Grouped::ByPerson => Some(request),
            Grouped::ByRequest => None,
        };
        let common = next.map(|of| (of, of(one).to_owned()));
        self.narrowed = self.narrowed.next();
        app.say(match &common {
            Some((_, value)) => tr!("only %{value}", value = shown(value)),
            None => tr!("everybody's"),
        });
        self.done.narrow_to(common);
    }

    /// Puts together what one person did, or one request.
    fn group(&mut self, app: &mut App) {
        self.grouped = self.grouped.next();
        self.done.group_by(self.grouped.key());
        app.say(match self.grouped {
            Grouped::No => tr!("the newest first"),
            Grouped::ByPerson => tr!("by person"),
            Grouped::ByRequest => tr!("by request"),
        });
    }

    /// A rollback plan of exactly the versions that are listed now.
    fn plan(&self, app: &mut App) -> Flow {
        let listed = Listed {
            accepted: self.done.chosen().collect(),
            rows: self.done.rows(),
            wanted: &self.wanted,
            is_whole: self.done.job.is_complete() && self.done.total() == self.done.rows().len() as u64,
        };
        match listed.plan() {
            Ok((values, left_out)) => {
                app.give_up(self.done.job.request);
                app.replace_plan(Next::Rollback(values));
                if let Some(said) = left_out.said() {
                    app.say(said);
                }
                Flow::Leave
            }
            Err(why) => {
                app.refuse(why);
                Flow::Stay
            }
        }
    }
}

impl Screen for Activity {
    fn context(&self) -> Context {
        Context::Activity
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        app.type_into(self.done.filter_mut(), key).map(|_| Flow::Stay)
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Open | Action::Right => return self.open(app),
            Action::Kind => self.narrow(app),
            Action::Group => self.group(app),
            Action::MarkRange => {
                let is_begun = self.done.turn_range();
                app.say(if is_begun { tr!("a range begins: go to its other end") } else { tr!("no range") });
            }
            Action::NewPlan => return self.plan(app),
            Action::Reload => {
                app.give_up(self.done.job.request);
                let request = app.ask_for_activity(&self.wanted);
                (self.done, self.read) = (self.done.again(Job::begun(request)), 0);
            }
            Action::ShowCommand => {
                let words: Vec<&str> =
                    std::iter::once("activity").chain(self.words.iter().map(String::as_str)).collect();
                let line = app.line(&words);
                app.stack.push(CommandBox::new(line));
            }
            action => match self.done.act(action) {
                Did::Leave => {
                    app.give_up(self.done.job.request);
                    return Flow::Leave;
                }
                Did::Stop => app.give_up(self.done.job.request),
                Did::Done | Did::Nothing => {}
            },
        }
        Flow::Stay
    }

    fn paste(&mut self, text: &str) {
        self.done.paste(text);
    }

    fn scope(&self, _: &App) -> Option<Scope> {
        let named =
            self.wanted.pk.as_ref().map(|pk| tenant_of(pk, None).code).or_else(|| self.wanted.among.tenant.clone());
        Some(Scope::of(named.as_deref()))
    }

    fn wrote(&mut self, run: RunId) {
        self.done.job.before = Some(run);
    }

    fn list(&self) -> Option<RequestId> {
        Some(self.done.job.request)
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.done.job.request == request
    }

    fn answer(&mut self, app: &mut App, _: RequestId, event: Event) {
        self.done.job.take(&event, app.now);
        match event {
            Event::Activity(rows) => {
                self.take_for_id(&rows);
                self.done.extend(rows);
            }
            Event::Progress { done, .. } => self.read = done,
            _ => {}
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 118, area.height.saturating_sub(1));
        let zone = app.zone.clone();
        self.done.arrange(|one| texts(one, &zone));
        let title = format!("{} {}", tr!("Activity"), self.words.join(" "));
        let inner = framed(buffer, area, Frame::Dialog, title.trim_end(), &self.done.place(), &app.theme);
        let mut hints = vec![
            (Action::Open, text!("open")),
            (Action::Kind, text!("whose")),
            (Action::Group, text!("group")),
            (Action::MarkRange, text!("range")),
            (Action::NewPlan, text!("roll these back…")),
            (Action::Filter, text!("text")),
            (Action::Back, text!("back")),
        ];
        if self.done.job.running {
            hints.push((Action::Cancel, text!("stop")));
        }
        hints.extend([(Action::Reload, text!("again")), (Action::ShowCommand, text!("command"))]);
        foot(buffer, area, &Hints::of(&app.keymap, Context::Activity, &hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        let mut above = self.state(room);
        let again = app.key_of(Context::Activity, Action::Reload);
        above.extend(problem::before_run(self.done.job.before, &again, room));
        let (group, has_person) = (self.grouped.key(), self.grouped != Grouped::ByPerson);
        let is_one_partition = self.wanted.pk.is_some();
        // In one partition the sort key tells the rows apart, also where there is little room.
        let key_of = |one: &protocol::Activity| {
            let key = &one.entity.key;
            if is_one_partition { key.sk.to_string() } else { key.to_string() }
        };
        let row = |one: &protocol::Activity, standing: Standing| {
            let mark = if standing.in_range { "●" } else { " " };
            let mut own = Rich::of(Role::Key, mark);
            let mut room = room.saturating_sub(1);
            if let Some(group) = group {
                let head = standing.group.map(|many| format!("{} ({})", shown(group(one)), format::len(many)));
                let wide = GROUP.min(room / 4).max(4);
                own.push(Role::Strong, &text::fit(&head.unwrap_or_default(), wide - 1));
                own.push(Role::Text, " ");
                room = room.saturating_sub(wide);
            }
            own.append(&line(one, room, has_person, &key_of(one), &zone));
            own
        };
        let whole = |one: &protocol::Activity| whole(one, has_person, &key_of(one));
        self.done.draw(buffer, (area, inner), above, &app.theme, row, whole)
    }
}
