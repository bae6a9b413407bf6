//! What keys do on the screen of keys that several rows want.

use crossterm::event::{KeyCode, KeyModifiers};

use super::super::command::CommandBox;
use super::super::{Kept, Layer, step};
use super::Collisions;
use super::decision::{self, Order, places};
use crate::domain::plan::Decided;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::panes::filter::Typed;
use crate::tui::widgets::scroll::Step;

impl Collisions {
    pub(in super::super) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        if self.filter.typing() {
            match self.filter.key(key) {
                Typed::Kept | Typed::Dropped => self.again(app.generation()),
                Typed::Edited | Typed::Passed => {}
            }
            return Kept::Yes;
        }
        if self.order.is_some() {
            self.order_key(app, key);
            return Kept::Yes;
        }
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc if self.filter.shown() => {
                self.filter.clear();
                self.again(app.generation());
            }
            KeyCode::Esc | KeyCode::Left | KeyCode::Char('h' | 'q') => {
                let was_whole = std::mem::take(&mut self.whole);
                return if was_whole { Kept::Yes } else { Kept::No };
            }
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l') => self.whole = true,
            KeyCode::Char('u') if ctrl => self.slide(Step::HalfPages(-1)),
            KeyCode::Char('d') if ctrl => self.slide(Step::HalfPages(1)),
            KeyCode::Char(digit @ '1'..='9') => self.keep(app, usize::from(digit as u8 - b'1')),
            KeyCode::Char('m') => self.begin_merge(app),
            KeyCode::Char('u') | KeyCode::Backspace | KeyCode::Delete => self.decide(app, Vec::new()),
            KeyCode::Char('n') => self.next_open(app),
            KeyCode::Char('v') => {
                self.only_open = !self.only_open;
                self.again(app.generation());
            }
            KeyCode::Char('/') => self.filter.begin(),
            KeyCode::Char('w') => app.perform(Action::SavePlan),
            KeyCode::Char('p') => {
                app.perform(Action::PreviewPlan);
                // Where it cannot be previewed the notice says why.
                let is_begun = app.plan.preview.as_ref().is_some_and(|p| p.running);
                return if is_begun { Kept::No } else { Kept::Yes };
            }
            KeyCode::Char('Y') => {
                let line = app.line_of_preview();
                app.layers.push(Layer::Command(CommandBox::new(line)));
            }
            _ => {
                if let Some(step) = step(key, true) {
                    self.step(step);
                }
            }
        }
        Kept::Yes
    }

    fn step(&mut self, step: Step) {
        if self.whole {
            self.slide(step);
        } else if self.list.step(step) {
            self.moved();
        }
    }

    fn slide(&mut self, step: Step) {
        let len = self.arranged.as_ref().map_or(0, |a| a.lines.len());
        self.detail.slide(step, len);
    }

    /// Goes to the next key that nobody has decided about; where that is not read yet, to where it may be.
    fn next_open(&mut self, app: &mut App) {
        let wants = |i: &usize| self.list.get(*i).is_none_or(|key| decision::of(app, key).is_open());
        match (self.list.scroll.cursor + 1..self.list.len()).find(wants) {
            Some(at) => {
                self.list.scroll.cursor = at;
                self.moved();
            }
            None => app.say("no undecided key further down"),
        }
    }

    fn keep(&mut self, app: &mut App, at: usize) {
        let Some(collision) = self.rows() else { return app.say("its rows are being read") };
        match collision.rows.get(at).map(|row| row.pk.to_string()) {
            Some(pk) => self.decide(app, vec![pk]),
            None => {
                let rows = collision.rows.len();
                app.refuse(format!("there is no row {}: {rows} want this key", at + 1));
            }
        }
    }

    fn begin_merge(&mut self, app: &mut App) {
        match self.rows() {
            None => app.say("its rows are being read"),
            Some(collision) if !collision.decidable => app.refuse(UNDECIDABLE),
            Some(collision) if collision.rows.len() > 9 => {
                app.refuse("more than nine rows: write the order into the plan's text (e in the plan pane)");
            }
            Some(collision) => self.order = Some(self.order_of(app, collision)),
        }
    }

    /// The order that the plan has, otherwise by time.
    fn order_of(&self, app: &App, collision: &crate::engine::protocol::Collision) -> Order {
        let decided = self.list.selected().map(|key| decision::of(app, key).from).unwrap_or_default();
        let known = places(collision, &decided);
        if known.len() == collision.rows.len() { Order(known) } else { Order::by_time(collision) }
    }

    fn order_key(&mut self, app: &mut App, key: Key) {
        let Some(order) = &mut self.order else { return };
        match key.code {
            KeyCode::Esc => self.order = None,
            KeyCode::Char(digit @ '1'..='9') => order.put_last(usize::from(digit as u8 - b'1')),
            KeyCode::Enter => {
                let order = self.order.take();
                let pks: Vec<String> = match (order, self.rows()) {
                    (Some(order), Some(collision)) => {
                        order.0.iter().filter_map(|i| collision.rows.get(*i)).map(|row| row.pk.to_string()).collect()
                    }
                    _ => return,
                };
                self.decide(app, pks);
            }
            _ => {}
        }
    }

    /// Writes a decision about the key under the cursor into the plan, or takes it back where it is made from nothing.
    fn decide(&mut self, app: &mut App, from: Vec<String>) {
        let Some(key) = self.list.selected() else { return };
        if !from.is_empty() && self.rows().is_some_and(|c| !c.decidable) {
            return app.refuse(UNDECIDABLE);
        }
        let target = &key.target.key;
        let had = !decision::of(app, key).from.is_empty();
        let said = match from.len() {
            0 if !had => return app.say(format!("the plan has no decision about {target}")),
            0 => format!("undecided again: {target}"),
            1 => format!("{target}: keep {}", from.first().map(String::as_str).unwrap_or_default()),
            _ => format!("{target}: merge {}", from.join(" < ")),
        };
        let decided = Decided { pk: target.pk.to_string(), sk: target.sk.to_string(), from };
        let Some(form) = &mut app.plan.form else { return app.refuse("the plan is gone: it cannot take a decision") };
        match form.decide(&decided) {
            Ok(()) => app.say(said),
            Err(why) => app.refuse(why),
        }
    }
}

const UNDECIDABLE: &str = "one of the rows that want this key could not be read: nothing can be decided yet";
