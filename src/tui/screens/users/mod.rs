//! The users of a Cognito pool: listed as far as they were read, and one of them whole.

mod json;
mod view;
mod whole;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::run::Operation;
use crate::domain::users::{Entry, Seen, User};
use crate::engine::failure::Failure;
use crate::engine::protocol::{Command, Event, RequestId};
use crate::language::listed;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::message::Effect;
use crate::tui::parts::Filter;
use crate::tui::parts::Scroll;
use crate::tui::parts::scroll::Step;
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::discard::Next;

use whole::Whole;

/// A user as the list shows it.
#[derive(Debug)]
struct Line {
    user: User,
    seen: Seen,
    roles: String,
    groups: String,
}

/// The list.
#[derive(Debug)]
pub(crate) struct Users {
    /// The pool that was asked for; the profile's when `None`.
    wanted: Option<String>,
    /// The pool that answered.
    pool: Option<String>,
    lines: Vec<Line>,
    /// Where the next page begins; `None` at the end.
    next: Option<String>,
    /// The page that is being read.
    reading: Option<RequestId>,
    stopped: bool,
    problem: Option<Failure>,
    filter: Filter,
    /// Places of the lines that the filter lets through.
    shown: Vec<usize>,
    scroll: Scroll,
    whole: Option<Whole>,
}

impl Users {
    /// A list whose first page was asked for.
    pub(crate) fn reading(wanted: Option<String>, request: RequestId) -> Self {
        Self {
            wanted,
            pool: None,
            lines: Vec::new(),
            next: None,
            reading: Some(request),
            stopped: false,
            problem: None,
            filter: Filter::default(),
            shown: Vec::new(),
            scroll: Scroll::default(),
            whole: None,
        }
    }

    fn take(&mut self, pool: String, users: Vec<User>, next: Option<String>) {
        let line = |user| {
            let seen = Seen::of(&user);
            let of = |entries: &[Entry]| listed(entries.iter().map(Entry::to_string));
            Line { roles: of(&seen.roles), groups: of(&seen.groups), user, seen }
        };
        self.lines.extend(users.into_iter().map(line));
        (self.pool, self.next) = (Some(pool), next);
        self.arrange();
    }

    /// Pool and token of the next page, where the cursor has come near the end of what is loaded.
    fn wanted(&self) -> Option<(Option<String>, String)> {
        let is_near = self.scroll.cursor + self.scroll.height().max(2) > self.shown.len();
        // With a filter nothing is read on its own: it may match nobody in a large pool.
        let is_full = self.filter.shown() || self.stopped || self.problem.is_some() || self.reading.is_some();
        let next = self.next.clone().filter(|_| is_near && !is_full)?;
        Some((self.wanted.clone(), next))
    }

    /// Brings the list up to date with what is loaded and with the filter.
    fn arrange(&mut self) {
        let at = self.shown.get(self.scroll.cursor).copied();
        let accepts = |line: &Line| {
            let tenant = line.seen.tenant.as_deref().unwrap_or_default();
            let others = line.user.attributes.values().map(String::as_str);
            self.filter.accepts([line.user.name.as_str(), tenant, &line.roles, &line.groups].into_iter().chain(others))
        };
        self.shown = (0..self.lines.len()).filter(|i| accepts(&self.lines[*i])).collect();
        // The cursor stays on its user.
        self.scroll.cursor = at.and_then(|at| self.shown.iter().position(|i| *i == at)).unwrap_or(0);
    }

    fn selected(&self) -> Option<&Line> {
        self.lines.get(*self.shown.get(self.scroll.cursor)?)
    }

    /// Asks for the next page where a step goes past the last line: a filter may hide all that is loaded.
    fn step(&mut self, app: &mut App, step: Step) {
        let before = self.scroll.cursor;
        self.scroll.step(step, self.shown.len());
        let is_down =
            matches!(step, Step::Lines(n) | Step::Pages(n) | Step::HalfPages(n) if n > 0) || step == Step::Last;
        let is_past = is_down && self.scroll.cursor == before && self.reading.is_none() && self.problem.is_none();
        if !is_past {
            return;
        }
        // Whoever stopped it and steps on wants it again.
        self.stopped = false;
        if let Some(next) = self.next.clone() {
            self.reading = Some(app.ask_for_users(self.wanted.clone(), Some(next)));
        }
    }

    fn copy(&self, app: &mut App) {
        match self.selected() {
            Some(line) => {
                app.effect(Effect::Copy { text: line.user.name.clone(), what: tr!("user name").into_owned() })
            }
            None => app.refuse(tr!("there is nothing to copy yet")),
        }
    }

    /// Puts a plan for the pool into the form.
    fn begin_plan(&self, app: &mut App) -> Flow {
        if let Some(request) = self.reading {
            app.give_up(request);
        }
        app.replace_plan(Next::Users(self.pool.clone().or_else(|| self.wanted.clone())));
        Flow::Close
    }
}

impl Screen for Users {
    fn context(&self) -> Context {
        if self.whole.is_some() { Context::User } else { Context::Users }
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        app.type_into(&mut self.filter, key)?;
        self.arrange();
        Some(Flow::Stay)
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Back | Action::Left if self.whole.take().is_some() => {}
            Action::Back if self.filter.shown() => {
                self.filter.clear();
                self.arrange();
            }
            Action::Back | Action::Left => {
                if let Some(request) = self.reading {
                    app.give_up(request);
                }
                return Flow::Close;
            }
            Action::Filter => self.filter.begin(),
            Action::NewPlan => return self.begin_plan(app),
            Action::Copy => self.copy(app),
            Action::ShowCommand => {
                app.refuse(tr!("no command line lists users; a users plan's preview says what it would change"));
            }
            Action::Cancel => match self.reading {
                Some(request) => app.give_up(request),
                None => app.say(tr!("nothing is being waited for here")),
            },
            Action::Reload => {
                if let Some(request) = self.reading {
                    app.give_up(request);
                }
                let request = app.ask_for_users(self.wanted.clone(), None);
                let filter = std::mem::take(&mut self.filter);
                *self = Self { filter, ..Self::reading(self.wanted.clone(), request) };
            }
            Action::Open | Action::Right => {
                self.whole = self.selected().map(|line| Whole::of(&line.user, &line.seen));
            }
            action => match (Step::of(action), &mut self.whole) {
                (Some(step), Some(whole)) => whole.slide(step),
                (Some(step), None) => self.step(app, step),
                (None, _) => {}
            },
        }
        Flow::Stay
    }

    fn paste(&mut self, text: &str) {
        if self.filter.typing() {
            self.filter.paste(text);
            self.arrange();
        }
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.reading == Some(request)
    }

    fn answer(&mut self, _: &mut App, _: RequestId, event: Event) {
        match event {
            Event::Users { pool, users, next } => self.take(pool, users, next),
            Event::Failed(failure) => self.problem = Some(*failure),
            Event::Finished { cancelled } => (self.reading, self.stopped) = (None, cancelled),
            _ => {}
        }
    }

    fn ask(&mut self, app: &mut App) {
        if let Some((pool, next)) = self.wanted() {
            self.reading = Some(app.ask_for_users(pool, Some(next)));
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        match &mut self.whole {
            Some(whole) => {
                whole.draw(app, buffer, area);
                None
            }
            None => self.draw_list(app, buffer, area),
        }
    }
}

impl App {
    /// Lists the users of the pool that the plan in the form names, or of the profile's.
    pub(crate) fn show_users(&mut self) {
        let plan = self.plan.form.as_ref().filter(|f| f.operation == Operation::Users);
        let pool = plan.and_then(|f| f.value_of("users.pool"));
        let request = self.ask_for_users(pool.clone(), None);
        self.stack.push(Users::reading(pool, request));
    }

    /// Asks for a page.
    fn ask_for_users(&mut self, pool: Option<String>, after: Option<String>) -> RequestId {
        self.ask_for_screen(Command::Users { pool, after })
    }
}
