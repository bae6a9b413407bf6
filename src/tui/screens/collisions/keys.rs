//! Effects of pressed keys on the screen of key collisions.

use super::super::command::CommandBox;
use super::Collisions;
use super::decision::{self, Order, places};
use crate::domain::plan::Decided;
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::parts::scroll::Step;
use crate::tui::screen::{Flow, Press};

impl Collisions {
    pub(super) fn key(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Back if self.filter.shown() => {
                self.filter.clear();
                self.again();
            }
            Action::Back | Action::Left => {
                let was_whole = std::mem::take(&mut self.whole);
                return if was_whole { Flow::Stay } else { Flow::Close };
            }
            Action::Open | Action::Right => self.whole = true,
            Action::Pick => self.keep(app, press.place),
            Action::Merge => self.begin_merge(app),
            Action::Undecide => self.decide(app, Vec::new()),
            Action::NextOpen => self.next_open(app),
            Action::OnlyOpen => {
                self.only_open = !self.only_open;
                self.again();
            }
            Action::Filter => self.filter.begin(),
            Action::SavePlan => app.perform(Action::SavePlan),
            Action::PreviewPlan => {
                app.perform(Action::PreviewPlan);
                // Where it cannot be previewed the notice says why.
                let is_begun = app.plan.preview.as_ref().is_some_and(|p| p.job.running);
                return if is_begun { Flow::Close } else { Flow::Stay };
            }
            Action::ShowCommand => {
                let line = app.line_of_preview();
                app.stack.push(CommandBox::new(line));
            }
            action => match (Step::of(action), action) {
                (Some(step), Action::ScrollUp | Action::ScrollDown) => self.slide(step),
                (Some(step), _) => self.step(step),
                (None, _) => {}
            },
        }
        Flow::Stay
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

    /// Goes to the next key that nobody has decided about, from the last one on to the first; where that is not read yet, to where it may
    /// be.
    fn next_open(&mut self, app: &mut App) {
        let wants = |i: &usize| self.list.get(*i).is_none_or(|key| decision::of(app, key).is_open());
        let (cursor, len) = (self.list.scroll.cursor, self.list.len());
        match (cursor + 1..len).chain(0..cursor.min(len)).find(wants) {
            Some(at) => {
                if at < cursor {
                    app.say(tr!("the last one was reached: on from the first"));
                }
                self.list.scroll.cursor = at;
                self.moved();
            }
            None if self.filter.active() => app.say(tr!("no other key with this text is undecided")),
            None => app.say(tr!("no other key is undecided")),
        }
    }

    fn keep(&mut self, app: &mut App, at: usize) {
        let Some(collision) = self.rows() else { return app.say(tr!("its rows are being read")) };
        match collision.rows.get(at).map(|row| row.pk.to_string()) {
            Some(pk) => self.decide(app, vec![pk]),
            None => {
                let rows = collision.rows.len();
                app.refuse(tr!("there is no row %{n}: %{rows} want this key", n = at + 1, rows = rows));
            }
        }
    }

    fn begin_merge(&mut self, app: &mut App) {
        match self.rows() {
            None => app.say(tr!("its rows are being read")),
            Some(collision) if !collision.decidable => app.refuse(translated(UNDECIDABLE)),
            Some(collision) if collision.rows.len() > 9 => {
                app.refuse(tr!("more than nine rows: write the order into the plan's text (e in the plan pane)"));
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

    pub(super) fn order_key(&mut self, app: &mut App, press: Press) {
        let Some(order) = &mut self.order else { return };
        match press.action {
            Action::Back => self.order = None,
            Action::Pick => order.put_last(press.place),
            Action::Accept => {
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
            return app.refuse(translated(UNDECIDABLE));
        }
        let target = &key.target.key;
        let had = !decision::of(app, key).from.is_empty();
        let said = match from.len() {
            0 if !had => return app.say(tr!("the plan has no decision about %{target}", target = target)),
            0 => tr!("undecided again: %{target}", target = target),
            1 => tr!("%{target}: keep %{pk}", target = target, pk = from.concat()),
            _ => tr!("%{target}: merge %{order}", target = target, order = from.join(" < ")),
        };
        let decided = Decided { pk: target.pk.to_string(), sk: target.sk.to_string(), from };
        let Some(form) = &mut app.plan.form else {
            return app.refuse(tr!("the plan is gone: it cannot take a decision"));
        };
        match form.decide(&decided) {
            Ok(()) => app.say(said),
            Err(why) => app.refuse(why),
        }
    }
}

const UNDECIDABLE: &str = text!("one of the rows that want this key could not be read: nothing can be decided yet");
