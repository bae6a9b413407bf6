//! Marks: one by one, or from here to there.

use std::ops::RangeInclusive;

use super::entities::Entities;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::Context;
use crate::tui::parts::scroll::Step;

impl Entities {
    /// Marks the selected entity, or takes its mark away.
    fn toggle_mark(&mut self) {
        let Some(sk) = self.selected().map(|l| l.sk().to_owned()) else { return };
        if !self.marks.remove(&sk) {
            self.marks.insert(sk);
        }
    }

    /// The lines of the range that is being marked.
    pub(crate) fn range(&self) -> Option<RangeInclusive<usize>> {
        let (from, to) = (self.range_begun()?, self.cursor());
        Some(from.min(to)..=from.max(to))
    }

    /// Whether a line is marked, or would be if the range ended here.
    pub(crate) fn is_marked(&self, at: usize, sk: &str) -> bool {
        self.marks.contains(sk) || self.range().is_some_and(|range| range.contains(&at))
    }

    /// Ends the range and marks what is in it; how many that are.
    ///
    /// # Errors
    /// How many of its rows are not there any more, so that their keys are not known; the range stays.
    fn end_range(&mut self) -> Result<usize, usize> {
        let Some(range) = self.range() else { return Ok(0) };
        let lines = range.clone().count();
        let keys: Vec<String> = range.filter_map(|at| self.get(at)).map(|line| line.sk().to_owned()).collect();
        if keys.len() < lines {
            return Err(lines - keys.len());
        }
        self.marks.extend(keys);
        self.drop_range();
        Ok(lines)
    }
}

impl App {
    /// Does one of the actions that mark entities; false where it is none.
    pub(super) fn mark(&mut self, action: Action) -> bool {
        let key = |action| self.key_of(Context::Entities, action);
        let (range_key, mark_key) = (key(Action::MarkRange), key(Action::Mark));
        let Some(list) = &mut self.tenants.entities else { return false };
        match action {
            Action::Mark | Action::MarkRange if list.range().is_some() => match list.end_range() {
                Ok(lines) => {
                    let marked = format::plural(lines as u64, text!("%{n} entity"), text!("%{n} entities"));
                    let all = format::len(list.marks.len());
                    self.say(tr!("%{marked} of the range marked, %{all} in all", marked = marked, all = all));
                }
                Err(away) => {
                    let away = format::plural(away as u64, text!("%{n} row"), text!("%{n} rows"));
                    self.refuse(tr!(
                        "%{away} of the range are not loaded any more: move over them once, then end it",
                        away = away
                    ));
                }
            },
            Action::Mark => {
                list.toggle_mark();
                list.step(Step::Lines(1));
            }
            Action::MarkRange => {
                list.begin_range();
                self.say(tr!(
                    "a range begins here: move on, %{range} or %{mark} ends it, Esc gives it up",
                    range = range_key,
                    mark = mark_key
                ));
            }
            Action::MarkUp | Action::MarkDown => {
                if let Some(sk) = list.selected().map(|line| line.sk().to_owned()) {
                    list.marks.insert(sk);
                }
                list.step(Step::Lines(if action == Action::MarkUp { -1 } else { 1 }));
                if let Some(sk) = list.selected().map(|line| line.sk().to_owned()) {
                    list.marks.insert(sk);
                }
            }
            Action::ClearMarks => {
                list.drop_range();
                list.marks.clear();
            }
            _ => return false,
        }
        true
    }
}
