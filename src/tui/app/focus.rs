//! Moving between panes and inside them.

use crate::engine::protocol::DeletedFilter;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::message::Purpose;
use crate::tui::pane::Pane;
use crate::tui::parts::filter::Typed;
use crate::tui::parts::scroll::Step;
use crate::tui::screens::history::{Half, Opened};
use crate::tui::screens::log::progress::Stage;

/// Cells scrolled sideways at once.
const SIDEWAYS: usize = 8;

impl App {
    /// Goes to a pane.
    pub(crate) fn go_to(&mut self, pane: Pane) {
        self.focus = pane;
    }

    /// One level back, whatever that is here.
    pub(crate) fn back(&mut self) {
        if self.filter().is_some_and(|f| f.shown()) {
            if let Some(filter) = self.filter() {
                filter.clear();
            }
            return self.filter_changed(Typed::Dropped);
        }
        if self.zoomed {
            self.zoomed = false;
            return;
        }
        match self.focus {
            Pane::Tenants if self.tenants.entities.is_some() => self.close_list(),
            Pane::Tenants => {
                if let Some(request) = self.pending(|p| *p == Purpose::Scan) {
                    self.give_up(request);
                }
            }
            Pane::History => match &mut self.history.opened {
                Some(opened) if opened.half == Half::Detail => opened.half = Half::List,
                _ => self.focus = Pane::Tenants,
            },
            Pane::Plan if self.plan.shows_preview => self.plan.shows_preview = false,
            Pane::Plan => self.focus = Pane::Tenants,
            Pane::Log if self.history.opened.is_some() => self.focus = Pane::History,
            Pane::Log => self.focus = Pane::Tenants,
        }
    }

    /// Stops what the focused pane waits for.
    pub(crate) fn cancel(&mut self) {
        let wanted = |p: &Purpose| match self.focus {
            Pane::Tenants => matches!(p, Purpose::Scan | Purpose::Page { .. } | Purpose::Open { .. }),
            Pane::History => matches!(p, Purpose::History(_) | Purpose::Rows(_) | Purpose::Diff(..)),
            Pane::Plan => *p == Purpose::PreviewPlan,
            // A run is ended, not dropped, once it may write.
            Pane::Log if *p == Purpose::Run => self.run.as_ref().is_some_and(|r| r.stage == Stage::Previewing),
            Pane::Log => p.only_reads() || matches!(p, Purpose::Rollback(..)),
        };
        let requests: Vec<_> = self.requests.iter().filter(|(_, p)| wanted(p)).map(|(r, _)| *r).collect();
        if requests.is_empty() {
            return self.say("nothing is being waited for here");
        }
        if let Some(search) =
            self.tenants.entities.as_mut().filter(|_| self.focus == Pane::Tenants).and_then(|e| e.search.as_mut())
        {
            search.stop();
        }
        requests.into_iter().for_each(|request| self.give_up(request));
        self.say("stopping…");
    }

    /// Moves the cursor of the focused pane.
    pub(crate) fn moved(&mut self, action: Action) {
        let step = match action {
            Action::Up => Step::Lines(-1),
            Action::Down => Step::Lines(1),
            Action::PageUp => Step::Pages(-1),
            Action::PageDown => Step::Pages(1),
            Action::ScrollUp => Step::HalfPages(-1),
            Action::ScrollDown => Step::HalfPages(1),
            Action::Top => Step::First,
            _ => Step::Last,
        };
        match self.focus {
            Pane::Tenants => match &mut self.tenants.entities {
                Some(list) => list.step(step),
                None => {
                    let tree = &mut self.tenants.tree;
                    let len = tree.rows().len();
                    tree.scroll.step(step, len);
                }
            },
            Pane::History => match &mut self.history.opened {
                Some(opened) if opened.half == Half::Detail => opened.slide(step),
                Some(_) => self.step_version(step),
                None => {}
            },
            Pane::Plan => self.plan.step(step),
            Pane::Log => self.log.step(step),
        }
    }

    /// Scrolls what is shown of the selected version, from either half.
    pub(crate) fn scroll_detail(&mut self, action: Action) {
        let step = if action == Action::ScrollUp { Step::HalfPages(-1) } else { Step::HalfPages(1) };
        if self.focus == Pane::Plan {
            return self.plan.slide(step);
        }
        if let Some(opened) = &mut self.history.opened {
            opened.slide(step);
        }
    }

    pub(crate) fn sideways(&mut self, right: bool) {
        match self.focus {
            Pane::Tenants if self.tenants.entities.is_none() => self.turn_node(right),
            Pane::Tenants if !right => self.close_list(),
            Pane::Tenants => self.open_selected_entity(),
            Pane::History => {
                if let Some(opened) = &mut self.history.opened {
                    match opened.half {
                        Half::List if right => opened.half = Half::Detail,
                        Half::List => self.focus = Pane::Tenants,
                        Half::Detail if right && !opened.wrap => opened.sideways += SIDEWAYS,
                        Half::Detail if opened.sideways > 0 => {
                            opened.sideways = opened.sideways.saturating_sub(SIDEWAYS);
                        }
                        Half::Detail if !right => opened.half = Half::List,
                        Half::Detail => {}
                    }
                }
            }
            Pane::Plan if self.plan.shows_preview => match right {
                true => self.open_item(),
                false => self.plan.shows_preview = false,
            },
            Pane::Plan => {
                if let Some(form) = &mut self.plan.form {
                    form.turn(right);
                }
            }
            Pane::Log => {}
        }
    }

    /// Opens what is selected.
    pub(crate) fn open(&mut self) {
        match self.focus {
            Pane::Tenants if self.tenants.entities.is_some() => self.open_selected_entity(),
            Pane::Tenants => self.open_node(),
            Pane::History => {
                if let Some(opened) = &mut self.history.opened {
                    opened.half = Half::Detail;
                }
            }
            Pane::Plan if self.plan.shows_preview => self.open_item(),
            Pane::Plan => self.edit_value(),
            Pane::Log => {}
        }
    }

    /// Lists again with another choice of what to do with deleted entities.
    pub(crate) fn next_deleted(&mut self) {
        let Some(list) = &self.tenants.entities else { return };
        let mut listing = list.listing.clone();
        let (tenant, marks) = (list.tenant.clone(), list.marks.clone());
        listing.deleted = list.next_deleted();
        self.say(match listing.deleted {
            DeletedFilter::Keep => "live and deleted entities",
            DeletedFilter::Skip => "live entities only",
            DeletedFilter::Only => "deleted entities only",
        });
        self.relist(listing, tenant);
        if let Some(list) = &mut self.tenants.entities {
            list.marks = marks;
        }
    }

    /// Reads again what the focused pane shows.
    pub(crate) fn reload(&mut self) {
        match self.focus {
            Pane::Tenants => match &mut self.tenants.entities {
                Some(list) => {
                    let (listing, tenant, marks) = (list.listing.clone(), list.tenant.clone(), list.marks.clone());
                    self.relist(listing, tenant);
                    if let Some(list) = &mut self.tenants.entities {
                        list.marks = marks;
                    }
                }
                None => self.reconnect(),
            },
            Pane::History if self.history.opened.is_some() => self.reload_history(),
            _ => self.say("nothing to read again here"),
        }
    }
}

impl Opened {
    /// Slides over what is shown of the selected version.
    pub(crate) fn slide(&mut self, step: Step) {
        let len = self.arranged.lines.len();
        self.detail.slide(step, len);
    }
}
