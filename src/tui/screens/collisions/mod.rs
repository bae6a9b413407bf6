//! Keys that several rows want when tenant codes are respelled: which rows, how they differ, and which of them stays.

mod decision;
mod keys;
mod sides;
mod view;

use decision::{Decision, Order};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::run::RunId;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Collision, CollisionFilter, CollisionKey, Command, EntityRef, Event, RequestId};
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::pane::Pane;
use crate::tui::parts::Filter;
use crate::tui::parts::paged::{PAGE, Paged};
use crate::tui::parts::{Rich, Scroll};
use crate::tui::screen::{Flow, Press, Screen};

/// A part that the screen lacks.
#[derive(Debug)]
enum Wanted {
    /// A page of the keys, by its number.
    Page(u64),
    /// The rows that want a key.
    Rows(CollisionKey),
}

/// Lines of the rows shown, for a width and a decision.
#[derive(Debug)]
struct Arranged {
    room: usize,
    of: Decision,
    lines: Vec<Rich>,
}

/// The screen.
#[derive(Debug)]
pub(crate) struct Collisions {
    /// The preview that they were found by.
    pub(crate) run: RunId,
    list: Paged<CollisionKey>,
    /// Only what was undecided when it was previewed.
    only_open: bool,
    filter: Filter,
    asked: Option<(EntityRef, RequestId)>,
    shown: Option<Box<Collision>>,
    arranged: Option<Arranged>,
    problem: Option<Failure>,
    detail: Scroll,
    /// The rows take the whole window.
    whole: bool,
    /// The order of a merge that is being put together.
    order: Option<Order>,
}

impl Collisions {
    /// Of which nothing was read yet.
    fn new(run: RunId) -> Self {
        Self {
            run,
            list: Paged::default(),
            only_open: false,
            filter: Filter::default(),
            asked: None,
            shown: None,
            arranged: None,
            problem: None,
            detail: Scroll::default(),
            whole: false,
            order: None,
        }
    }

    /// The part to be asked for next.
    fn wanted(&mut self) -> Option<Wanted> {
        // Nothing is asked for again and again once it failed.
        if self.problem.is_some() {
            return None;
        }
        if let Some(page) = self.list.wanted() {
            return Some(Wanted::Page(page));
        }
        let key = self.list.selected()?;
        let is_there = self.shown.as_ref().is_some_and(|s| s.target == key.target);
        (!is_there && self.asked.is_none()).then(|| Wanted::Rows(key.clone()))
    }

    /// The rows of the key under the cursor, once they are there.
    fn rows(&self) -> Option<&Collision> {
        let key = self.list.selected()?;
        self.shown.as_deref().filter(|s| s.target == key.target)
    }

    /// Lists anew, the cursor on the same key where it is among them.
    fn again(&mut self) {
        let near = self.list.selected().and_then(|key| key.items.first().copied());
        self.list = self.list.again(near);
        self.moved();
    }

    /// The cursor stands on another key.
    fn moved(&mut self) {
        self.asked = None;
        self.problem = None;
        self.detail = Scroll::default();
    }
}

impl Screen for Collisions {
    fn context(&self) -> Context {
        if self.order.is_some() { Context::Order } else { Context::Collisions }
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        if !self.filter.typing() {
            return None;
        }
        let before = self.filter.text().to_owned();
        let typed = app.type_into(&mut self.filter, key);
        if self.filter.text() != before {
            self.again();
        }
        typed.map(|_| Flow::Stay)
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match self.order.is_some() {
            true => {
                self.order_key(app, press);
                Flow::Stay
            }
            false => self.key(app, press),
        }
    }

    fn paste(&mut self, text: &str) {
        if self.filter.typing() {
            self.filter.paste(text);
            self.again();
        }
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.list.waits_for(request) || self.asked.as_ref().is_some_and(|(_, asked)| *asked == request)
    }

    fn answer(&mut self, _: &mut App, request: RequestId, event: Event) {
        match event {
            Event::Collisions { .. } | Event::Failed(_) if self.list.is_stale(request) => {}
            Event::Collisions { total, from, keys, .. } => {
                self.list.take(total, from, keys, |key, n| key.items.contains(&n))
            }
            Event::Collision(collision) => {
                self.shown = Some(collision);
                self.arranged = None;
            }
            Event::Failed(failure) => self.problem = Some(*failure),
            Event::Finished { .. } => {
                self.list.finish(request);
                self.asked.take_if(|(_, asked)| *asked == request);
            }
            _ => {}
        }
    }

    fn ask(&mut self, app: &mut App) {
        // A page and the rows of a key may be asked for at once.
        for _ in 0..2 {
            let Some(wanted) = self.wanted() else { return };
            let run = self.run;
            match wanted {
                Wanted::Page(page) => {
                    let filter = CollisionFilter { open: self.only_open, text: self.filter.text().to_owned() };
                    let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
                    let near = self.list.near();
                    let command = Command::Collisions { run, filter, from: page * PAGE, near, limit };
                    self.list.asked(app.ask_for_screen(command));
                }
                Wanted::Rows(key) => {
                    let command = Command::ShowCollision { run, items: key.items };
                    self.asked = Some((key.target, app.ask_for_screen(command)));
                }
            }
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        self.draw_screen(app, buffer, area)
    }
}

impl App {
    /// Shows the keys that several rows want.
    pub(crate) fn show_collisions(&mut self) {
        let run = self.plan.preview.as_ref().and_then(|p| p.summary.as_ref()).map(|s| s.run);
        if let Some(run) = run {
            self.focus = Pane::Plan;
            self.plan.shows_preview = true;
            self.stack.push(Collisions::new(run));
        }
    }

    /// Why there are no keys to decide about.
    pub(crate) fn no_collisions(&self) -> Option<String> {
        let Some(preview) = &self.plan.preview else { return Some(tr!("no plan was previewed yet").into_owned()) };
        if self.plan.form.as_ref().is_none_or(|f| f.decisions().is_none()) {
            return Some(tr!("only plans that normalise tenant codes have key collisions").into_owned());
        }
        preview.summary.is_none().then(|| tr!("the preview is not complete").into_owned())
    }
}
