//! A batch that waits for a decision: what it holds, what stands out in it, and the decisions, none of which a reflex makes.

pub(crate) mod confirm;
mod one;
mod part;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

use confirm::{Confirm, Verb};
use one::One;
use part::Part;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::command::CommandBox;
use super::described::Described;
use super::item::ItemBox;
use crate::domain::value::{Value, to_plain_json};
use crate::engine::protocol::{ApprovalRequest, Preview, RequestId};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::Scroll;
use crate::tui::parts::scroll::Step;
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::plan::summary::Summary;

/// Items that stand out in a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outliers {
    /// The largest row, by its place in the batch, and its bytes as JSON.
    pub(crate) largest: Option<(usize, usize)>,
    /// The row with the most changed fields, and how many those are.
    pub(crate) most_changed: Option<(usize, usize)>,
    /// Items with warnings.
    pub(crate) warned: usize,
}

impl Outliers {
    /// Of the items of a batch that are not taken out; `sizes` are the bytes of each.
    fn of(items: &[Preview], sizes: &[usize], part: &Part) -> Self {
        let most = |numbers: Vec<usize>| {
            let most = numbers.iter().copied().max().filter(|n| *n > 0)?;
            numbers.iter().position(|n| *n == most).map(|at| (at, most))
        };
        let is_in = |item: &Preview| !part.is_out(item.n);
        let of_kept = |item: &Preview, number: usize| if is_in(item) { number } else { 0 };
        Self {
            largest: most(items.iter().zip(sizes).map(|(item, size)| of_kept(item, *size)).collect()),
            most_changed: most(items.iter().map(|item| of_kept(item, item.changes.len())).collect()),
            warned: items.iter().filter(|item| is_in(item) && !item.warnings.is_empty()).count(),
        }
    }
}

/// Bytes of the row of each item, as JSON.
fn sizes(items: &[Preview]) -> Vec<usize> {
    let size = |item: &Preview| item.after.as_ref().map_or(0, |row| to_plain_json(&Value::M(row.0.clone())).len());
    items.iter().map(size).collect()
}

/// The dialog.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The run's request.
    pub(crate) request: RequestId,
    approval: Arc<ApprovalRequest>,
    sizes: Vec<usize>,
    outliers: Outliers,
    part: Part,
    scroll: Scroll,
    confirm: Option<Confirm>,
    /// In place of the list, where there is but one item to decide about.
    one: Option<One>,
}

impl Batch {
    /// With what was taken out of it before.
    pub(crate) fn new(request: RequestId, approval: Arc<ApprovalRequest>, out: &BTreeSet<u64>) -> Self {
        let one = One::of(&approval);
        let part = Part::of(&approval, out);
        let sizes = sizes(&approval.items);
        let outliers = Outliers::of(&approval.items, &sizes, &part);
        Self { request, approval, sizes, outliers, part, scroll: Scroll::default(), confirm: None, one }
    }
}

impl Screen for Batch {
    fn context(&self) -> Context {
        match (&self.one, &self.confirm) {
            (Some(_), _) => Context::Approval,
            (None, Some(_)) => Context::Confirm,
            (None, None) => Context::Batch,
        }
    }

    fn typed(&mut self, _: &mut App, key: Key) -> Option<Flow> {
        if let Some(one) = &mut self.one {
            return one.typed(&self.approval, key).then_some(Flow::Stay);
        }
        self.confirm.as_mut()?.typed(key).then_some(Flow::Stay)
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        if let Some(one) = &mut self.one {
            let Some(decision) = one.act(app, &self.approval, press.action) else { return Flow::Stay };
            app.decide_batch(&self.approval, self.approval.digest.clone(), decision);
            return Flow::Close;
        }
        if let Some(confirm) = &mut self.confirm {
            match confirm.act(press.action) {
                confirm::Pressed::Nothing => {}
                confirm::Pressed::Back => self.confirm = None,
                confirm::Pressed::Decided(decision) => {
                    let digest = self.part.digest(&self.approval, &decision);
                    app.decide_batch(&self.approval, digest, decision);
                    return Flow::Close;
                }
            }
            return Flow::Stay;
        }
        let verb = match press.action {
            Action::Back => {
                let key = app.key_of(Context::Everywhere, Action::Batch);
                let batch = self.approval.batch;
                app.say(tr!("batch %{batch} waits; %{key} shows it again", batch = batch, key = key));
                return Flow::Close;
            }
            Action::Open => {
                if let Some(item) = self.approval.items.get(self.scroll.cursor) {
                    app.stack.push(ItemBox::new(Described::new(vec![item.clone()])));
                }
                return Flow::Stay;
            }
            Action::ShowCommand => {
                let line = app.line_of_approval(&self.approval);
                app.stack.push(CommandBox::new(line));
                return Flow::Stay;
            }
            Action::Summary => {
                app.stack.push(Summary::of_batch(self.facts(app, 0)));
                return Flow::Stay;
            }
            Action::TakeOut => {
                if let Some(item) = self.approval.items.get(self.scroll.cursor) {
                    self.part.turn(item.n);
                    self.outliers = Outliers::of(&self.approval.items, &self.sizes, &self.part);
                    app.keep_out(self.request, item.n, self.part.is_out(item.n));
                    self.scroll.step(Step::Lines(1), self.approval.items.len());
                }
                return Flow::Stay;
            }
            Action::Approve | Action::ApproveRest if self.part.is_nothing(&self.approval) => {
                let key = app.key_of(Context::Batch, Action::SkipBatch);
                app.refuse(tr!("every item is taken out: %{key} skips the batch", key = key));
                return Flow::Stay;
            }
            Action::Approve => Verb::Approve,
            Action::ApproveRest => Verb::ApproveRest,
            Action::SkipBatch => Verb::Skip,
            Action::HoldBatch => Verb::Hold,
            Action::SplitBatch if self.approval.items.len() > 1 => Verb::Split,
            Action::SplitBatch => {
                app.refuse(tr!("one item cannot be split"));
                return Flow::Stay;
            }
            Action::EndRun => Verb::Stop,
            action => {
                if let Some(step) = Step::of(action) {
                    self.scroll.step(step, self.approval.items.len());
                }
                return Flow::Stay;
            }
        };
        self.confirm = Some(Confirm::new(verb, &self.approval, &self.part));
        Flow::Stay
    }

    fn paste(&mut self, text: &str) {
        if let Some(one) = &mut self.one {
            one.paste(&self.approval, text);
        } else if let Some(confirm) = &mut self.confirm {
            confirm.paste(text);
        }
    }

    fn ends_with(&self, request: RequestId) -> bool {
        self.request == request
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        match &mut self.one {
            Some(one) => one.draw(app, &self.approval, buffer, area),
            None => self.draw_batch(app, buffer, area),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::diff::diff_rows;
    use crate::domain::row::Row;
    use crate::domain::run::RunId;
    use crate::tui::tests::made;

    fn item(n: u64, fields: usize, filler: usize) -> Preview {
        let mut item = made(n, "PRODUCT#globex");
        let mut row = Row::default();
        for i in 0..fields {
            row.0.insert(format!("f{i}"), Value::s("x".repeat(filler)));
        }
        item.changes = diff_rows(&Row::default(), &row, true);
        item.after = Some(Arc::new(row));
        item
    }

    #[test]
    fn only_what_is_all_of_its_run_is_asked_for_alone() {
        let asked = |items: u64, waiting: u64, canary: bool| {
            let approval = ApprovalRequest {
                run: RunId::from_parts(0, 1),
                batch: 1,
                canary,
                held: false,
                waiting,
                rest: items,
                held_back: (0, 0),
                earlier: Vec::new(),
                canary_is_clean: None,
                digest: String::new(),
                confirm: None,
                rehearsal: None,
                notes: Vec::new(),
                items: (1..=items).map(|n| item(n, 1, 1)).collect(),
            };
            Batch::new(RequestId(1), Arc::new(approval), &BTreeSet::new()).context()
        };
        assert_eq!(asked(1, 1, true), Context::Approval);
        for (items, waiting, canary) in [(2, 1, true), (1, 2, true), (1, 1, false)] {
            assert_eq!(asked(items, waiting, canary), Context::Batch);
        }
    }

    #[test]
    fn what_stands_out_is_found() {
        let mut items = vec![item(1, 1, 10), item(2, 7, 1), item(3, 1, 900), item(4, 2, 1)];
        items[3].warnings = vec!["wedged".to_owned()];
        let mut part = Part::default();
        let found = Outliers::of(&items, &sizes(&items), &part);
        assert_eq!(found.largest.map(|(at, _)| at), Some(2));
        assert_eq!((found.most_changed, found.warned), (Some((1, 7)), 1));
        // An item that is taken out stands out no more.
        [2, 3, 4].into_iter().for_each(|n| part.turn(n));
        let found = Outliers::of(&items, &sizes(&items), &part);
        assert_eq!((found.largest.map(|(at, _)| at), found.most_changed, found.warned), (Some(0), Some((0, 1)), 0));
        assert_eq!(Outliers::of(&[], &[], &part), Outliers::default());
    }
}
