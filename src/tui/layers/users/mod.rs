//! The users of a Cognito pool: listed as far as they were read, and one of them whole.

mod json;
mod view;
mod whole;

use crossterm::event::KeyCode;

use super::{Kept, step};
use crate::domain::users::{Entry, Seen, User};
use crate::engine::failure::Failure;
use crate::engine::protocol::RequestId;
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::layers::discard::Next;
use crate::tui::message::Effect;
use crate::tui::panes::{Filter, filter::Typed};
use crate::tui::widgets::Scroll;
use crate::tui::widgets::scroll::Step;

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

    /// A page came.
    pub(crate) fn take(&mut self, request: RequestId, pool: String, users: Vec<User>, next: Option<String>) {
        if self.reading != Some(request) {
            return;
        }
        let line = |user| {
            let seen = Seen::of(&user);
            let listed = |entries: &[Entry]| entries.iter().map(Entry::to_string).collect::<Vec<_>>().join(", ");
            Line { roles: listed(&seen.roles), groups: listed(&seen.groups), user, seen }
        };
        self.lines.extend(users.into_iter().map(line));
        (self.pool, self.next) = (Some(pool), next);
        self.arrange();
    }

    pub(super) fn fail(&mut self, request: RequestId, failure: &Failure) {
        if self.reading == Some(request) {
            self.problem = Some(failure.clone());
        }
    }

    pub(super) fn finish(&mut self, request: RequestId, cancelled: bool) {
        if self.reading == Some(request) {
            self.reading = None;
            self.stopped = cancelled;
        }
    }

    /// What the next page is asked for with, where the cursor has come near the end of what is loaded.
    pub(crate) fn wanted(&self) -> Option<(Option<String>, String)> {
        let is_near = self.scroll.cursor + self.scroll.height().max(2) > self.shown.len();
        // With a filter nothing is read on its own: it may match nobody in a large pool.
        let is_full = self.filter.shown() || self.stopped || self.problem.is_some() || self.reading.is_some();
        let next = self.next.clone().filter(|_| is_near && !is_full)?;
        Some((self.wanted.clone(), next))
    }

    /// The page was asked for.
    pub(crate) fn asked(&mut self, request: RequestId) {
        self.reading = Some(request);
    }

    pub(super) fn paste(&mut self, text: &str) {
        if self.filter.typing() {
            self.filter.paste(text);
            self.arrange();
        }
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

    pub(super) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        if let Some(whole) = &mut self.whole {
            match key.code {
                KeyCode::Esc | KeyCode::Char('q' | 'h') | KeyCode::Left => self.whole = None,
                KeyCode::Char('y') => self.copy(app),
                KeyCode::Char('n') => return self.begin_plan(app),
                _ => {
                    if let Some(step) = step(key, true) {
                        whole.slide(step);
                    }
                }
            }
            return Kept::Yes;
        }
        if self.filter.typing() && self.filter.key(key) != Typed::Passed {
            self.arrange();
            self.read_on(app, None);
            return Kept::Yes;
        }
        match key.code {
            KeyCode::Esc if self.filter.shown() => {
                self.filter.clear();
                self.arrange();
                self.read_on(app, None);
            }
            KeyCode::Esc | KeyCode::Char('q' | 'h') | KeyCode::Left => {
                if let Some(request) = self.reading {
                    app.give_up(request);
                }
                return Kept::No;
            }
            KeyCode::Char('/') => self.filter.begin(),
            KeyCode::Char('n') => return self.begin_plan(app),
            KeyCode::Char('y') => self.copy(app),
            KeyCode::Char('Y') => {
                app.refuse("no command line lists users; a users plan's preview says what it would change")
            }
            KeyCode::Char('x') => match self.reading {
                Some(request) => app.give_up(request),
                None => app.say("nothing is being waited for here"),
            },
            KeyCode::F(5) => {
                if let Some(request) = self.reading {
                    app.give_up(request);
                }
                *self = Self::reading(self.wanted.clone(), app.ask_for_users(self.wanted.clone(), None));
            }
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l') => {
                self.whole = self.selected().map(|line| Whole::of(&line.user, &line.seen));
            }
            _ => {
                if let Some(step) = step(key, true) {
                    let before = self.scroll.cursor;
                    self.scroll.step(step, self.shown.len());
                    self.read_on(app, Some(step).filter(|_| self.scroll.cursor == before));
                }
            }
        }
        Kept::Yes
    }

    /// Asks for the next page where it is wanted: also behind a filter, when a step goes past its last line.
    fn read_on(&mut self, app: &mut App, stuck: Option<Step>) {
        let is_down =
            |step| matches!(step, Step::Lines(n) | Step::Pages(n) | Step::HalfPages(n) if n > 0) || step == Step::Last;
        let past = stuck.is_some_and(is_down) && self.reading.is_none() && self.problem.is_none();
        if past {
            // Whoever stopped it and steps on wants it again.
            self.stopped = false;
        }
        let by_hand = self.next.clone().filter(|_| past).map(|next| (self.wanted.clone(), next));
        if let Some((pool, next)) = by_hand.or_else(|| self.wanted()) {
            self.reading = Some(app.ask_for_users(pool, Some(next)));
        }
    }

    fn copy(&self, app: &mut App) {
        match self.selected() {
            Some(line) => app.effect(Effect::Copy { text: line.user.name.clone(), what: "user name".to_owned() }),
            None => app.refuse("there is nothing to copy yet"),
        }
    }

    /// Puts a plan for the pool into the form.
    fn begin_plan(&self, app: &mut App) -> Kept {
        if let Some(request) = self.reading {
            app.give_up(request);
        }
        app.replace_plan(Next::Users(self.pool.clone().or_else(|| self.wanted.clone())));
        Kept::No
    }
}
