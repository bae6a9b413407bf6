//! Items of a preview or a run, of which only the pages round the cursor and the selected item's rows are held.

use std::borrow::Cow;
use std::ops::Range;

use crate::domain::run::{Action, Outcome, RunId};
use crate::engine::failure::Failure;
use crate::engine::protocol::{Command, Event, ItemFilter, ItemResult, Preview, RequestId};
use crate::tui::parts::Scroll;
use crate::tui::parts::paged::{PAGE, Paged};
use crate::tui::parts::scroll::Step;
use crate::tui::screens::described::Described;

/// The items that are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Which {
    /// All, problems first.
    #[default]
    All,
    /// Those that somebody has to look at.
    Problems,
    /// Those that are left alone.
    Skipped,
    /// Those that are written.
    Written,
}

impl Which {
    /// The next choice.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::All => Self::Problems,
            Self::Problems => Self::Skipped,
            Self::Skipped => Self::Written,
            Self::Written => Self::All,
        }
    }

    /// In words.
    pub(crate) fn word(self) -> Cow<'static, str> {
        match self {
            Self::All => tr!("every item, problems first"),
            Self::Problems => tr!("conflicts, invalid and failed ones, and warnings"),
            Self::Skipped => tr!("what is skipped"),
            Self::Written => tr!("what is written"),
        }
    }

    fn filter(self) -> ItemFilter {
        let (actions, outcomes): (&[Action], &[Outcome]) = match self {
            Self::All => (&[], &[]),
            Self::Problems => {
                (&[Action::Conflict, Action::Invalid], &[Outcome::Conflict, Outcome::Invalid, Outcome::Failed])
            }
            Self::Skipped => (&[Action::Skip, Action::Equal], &[Outcome::Skipped]),
            Self::Written => (&[Action::Create, Action::Update, Action::Delete, Action::Restore], &[]),
        };
        let warned = self == Self::Problems;
        ItemFilter { actions: actions.to_vec(), outcomes: outcomes.to_vec(), warned, text: String::new() }
    }
}

/// Part that the listing lacks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A page, by its number.
    Page(u64),
    /// The rows of an item, by its number in the run.
    Item(u64),
}

/// The listing.
#[derive(Debug)]
pub(crate) struct Items {
    /// The preview or run.
    pub(crate) run: RunId,
    which: Which,
    text: String,
    pub(crate) list: Paged<ItemResult>,
    item_asked: Option<(u64, RequestId)>,
    shown: Option<(u64, Described)>,
    /// Why the last request failed; nothing more is asked for until something changes.
    pub(crate) problem: Option<Failure>,
    /// Outcomes may have changed: the next page is asked for afresh.
    pub(crate) fresh: bool,
    pub(crate) detail: Scroll,
}

impl Items {
    /// A listing of which nothing was read yet.
    pub(crate) fn new(run: RunId) -> Self {
        Self {
            run,
            which: Which::All,
            text: String::new(),
            list: Paged::default(),
            item_asked: None,
            shown: None,
            problem: None,
            fresh: true,
            detail: Scroll::default(),
        }
    }

    /// Kind of items that are listed.
    pub(crate) fn which(&self) -> Which {
        self.which
    }

    /// Text that they hold.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Filter that the engine is asked with.
    pub(crate) fn filter(&self) -> ItemFilter {
        ItemFilter { text: self.text.clone(), ..self.which.filter() }
    }

    /// Lists others, the cursor on the same item where it is among them. Answers to what was asked for before are not waited for any more.
    pub(crate) fn narrow(&mut self, which: Which, text: &str) {
        let text = text.to_owned();
        let list = self.list.again(self.selected().map(|item| item.n));
        *self = Self { which, text, list, ..Self::new(self.run) };
    }

    /// Lines of the list.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The item under the cursor.
    pub(crate) fn selected(&self) -> Option<&ItemResult> {
        self.list.selected()
    }

    /// The rows and differences of the item under the cursor, once they are there.
    pub(crate) fn described(&mut self) -> Option<&mut Described> {
        let n = self.selected()?.n;
        self.shown.as_mut().filter(|(of, _)| *of == n).map(|(_, described)| described)
    }

    /// Moves the cursor.
    pub(crate) fn step(&mut self, step: Step) {
        if self.list.step(step) {
            self.detail = Scroll::default();
            self.problem = None;
        }
    }

    /// The lines to draw.
    pub(crate) fn window(&mut self, height: usize) -> Range<usize> {
        self.list.window(height)
    }

    /// Next part to ask for; the pages on screen first.
    pub(crate) fn wanted(&mut self) -> Option<Wanted> {
        if self.problem.is_some() {
            return None;
        }
        if let Some(page) = self.list.wanted() {
            return Some(Wanted::Page(page));
        }
        let n = self.selected()?.n;
        let is_there = self.shown.as_ref().is_some_and(|(of, _)| *of == n);
        (!is_there && self.item_asked.is_none()).then_some(Wanted::Item(n))
    }

    /// It was asked for.
    pub(crate) fn asked(&mut self, wanted: &Wanted, request: RequestId) {
        match wanted {
            Wanted::Page(_) => {
                self.list.asked(request);
                self.fresh = false;
            }
            Wanted::Item(n) => self.item_asked = Some((*n, request)),
        }
    }

    /// Whether a page or an item is waited for under a request.
    pub(crate) fn waits_for(&self, request: RequestId) -> bool {
        self.list.waits_for(request) || self.item_asked.is_some_and(|(_, asked)| asked == request)
    }

    /// Takes an answer to a request of the listing.
    pub(crate) fn answer(&mut self, request: RequestId, event: Event) {
        match event {
            Event::Items { .. } | Event::Failed(_) if self.list.is_stale(request) => {}
            Event::Items { run, total, from, items } if run == self.run => self.take_page(total, from, items),
            Event::Preview(preview) => self.take_item(*preview),
            Event::Failed(failure) => self.fail(&failure),
            Event::Finished { .. } => self.finish(request),
            _ => {}
        }
    }

    /// The command that reads what the listing lacks.
    pub(crate) fn command(&self, wanted: &Wanted) -> Command {
        let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let (run, filter, fresh, near) = (self.run, self.filter(), self.fresh, self.list.near());
        match wanted {
            Wanted::Page(page) => Command::Items { run, filter, from: page * PAGE, near, limit, fresh },
            Wanted::Item(n) => Command::ShowItem { run, n: *n },
        }
    }

    /// A page came.
    pub(crate) fn take_page(&mut self, total: u64, from: u64, items: Vec<ItemResult>) {
        self.list.take(total, from, items, |item, n| item.n == n);
    }

    /// An item's rows came.
    pub(crate) fn take_item(&mut self, preview: Preview) {
        self.shown = Some((preview.n, Described::brief(preview)));
    }

    /// A request of the listing failed.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        self.problem = Some(failure.clone());
    }

    /// A request of the listing ended.
    pub(crate) fn finish(&mut self, request: RequestId) {
        self.list.finish(request);
        self.item_asked.take_if(|(_, r)| *r == request);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::key::{EntityKey, Version};
    use crate::engine::protocol::EntityRef;

    pub(crate) fn item(n: u64, action: Action, outcome: Option<Outcome>) -> ItemResult {
        let key = EntityKey::new("PRODUCT#globex", format!("P-{n:07}"));
        ItemResult {
            name: None,
            run: RunId::from_parts(1_773_968_523_000, 7),
            batch: Some(1),
            n,
            source: EntityKey::new("PRODUCT#acme", format!("P-{n:07}")),
            entity: EntityRef { module: "product".into(), key },
            source_versions: (Version(1), Version(1)),
            only_source: false,
            taken_back: false,
            before: None,
            after: None,
            action,
            outcome,
            reason: None,
            message: None,
            line: None,
            warnings: vec![],
            version_before: Version(0),
            version_after: Version(1),
            attempts: u32::from(outcome.is_some()),
            request_id: None,
        }
    }

    #[test]
    fn a_million_items_are_walked_through_with_a_few_pages_in_hand() {
        const ALL: u64 = 1_000_000;
        let mut items = Items::new(RunId::from_parts(0, 1));
        let mut asked = 0;
        let mut settle = |items: &mut Items| {
            items.window(30);
            while let Some(Wanted::Page(page)) = items.wanted() {
                asked += 1;
                items.asked(&Wanted::Page(page), RequestId(asked));
                let from = page * PAGE;
                let some = (from..(from + PAGE).min(ALL)).map(|n| item(n + 1, Action::Create, None)).collect();
                items.take_page(ALL, from, some);
                items.finish(RequestId(asked));
            }
        };
        settle(&mut items);
        for step in [Step::Last, Step::First, Step::Pages(1_000), Step::Pages(-3), Step::Last] {
            items.step(step);
            settle(&mut items);
            let cursor = items.list.scroll.cursor as u64;
            assert_eq!(items.selected().map(|i| i.n), Some(cursor + 1), "{step:?}");
            assert!(items.list.held() <= Paged::<ItemResult>::MOST);
        }
        assert!(asked < 20, "{asked}");
    }

    #[test]
    fn the_selected_item_is_asked_for_once_its_page_is_there_and_one_at_a_time() {
        let mut items = Items::new(RunId::from_parts(0, 1));
        assert_eq!(items.wanted(), Some(Wanted::Page(0)));
        items.asked(&Wanted::Page(0), RequestId(1));
        assert_eq!(items.wanted(), None);
        items.take_page(2, 0, vec![item(7, Action::Create, None), item(9, Action::Create, None)]);
        items.finish(RequestId(1));
        assert_eq!(items.wanted(), Some(Wanted::Item(7)));
        items.asked(&Wanted::Item(7), RequestId(2));
        items.step(Step::Lines(1));
        assert_eq!(items.wanted(), None, "the first one is still on its way");
        items.finish(RequestId(2));
        assert_eq!(items.wanted(), Some(Wanted::Item(9)));
        items.fail(&Failure::new(crate::engine::failure::ErrorCode::Io, "x"));
        assert_eq!(items.wanted(), None, "what failed is not asked for again and again");
    }
    #[test]
    fn the_text_typed_last_is_asked_for_once_the_one_before_has_been_answered() {
        let mut items = Items::new(RunId::from_parts(0, 1));
        items.asked(&Wanted::Page(0), RequestId(1));
        items.narrow(Which::All, "a");
        items.narrow(Which::All, "ac");
        assert_eq!(items.wanted(), None, "one at a time");
        assert!(items.waits_for(RequestId(1)));
        let run = items.run;
        items.answer(RequestId(1), Event::Items { run, total: 1, from: 0, items: vec![item(1, Action::Create, None)] });
        items.answer(RequestId(1), Event::Failed(Box::new(Failure::new(crate::engine::failure::ErrorCode::Io, "x"))));
        assert_eq!((items.list.total, items.problem.is_none()), (None, true), "an answer to another question");
        items.answer(RequestId(1), Event::Finished { cancelled: false });
        assert_eq!(items.wanted(), Some(Wanted::Page(0)));
        let Command::Items { filter, fresh, .. } = items.command(&Wanted::Page(0)) else { panic!() };
        assert_eq!((filter.text.as_str(), fresh), ("ac", true));
    }
    #[test]
    fn the_cursor_stays_on_its_item_when_others_are_listed() {
        let mut items = Items::new(RunId::from_parts(0, 1));
        items.take_page(2, 0, vec![item(7, Action::Create, None), item(240, Action::Create, None)]);
        items.step(Step::Last);
        items.narrow(Which::All, "");
        items.narrow(Which::All, "a");
        let Command::Items { near, .. } = items.command(&Wanted::Page(0)) else { panic!() };
        assert_eq!(near, Some(240), "also where the one before was not answered yet");
        items.take_page(300, 200, (201..=300).map(|n| item(n, Action::Create, None)).collect());
        assert_eq!((items.list.scroll.cursor, items.selected().map(|i| i.n)), (239, Some(240)));
        items.narrow(Which::All, "b");
        items.take_page(1, 0, vec![item(7, Action::Create, None)]);
        assert_eq!(items.selected().map(|i| i.n), Some(7), "it is not among them");
        let Command::Items { near, .. } = items.command(&Wanted::Page(0)) else { panic!() };
        assert_eq!(near, None);
    }
}
