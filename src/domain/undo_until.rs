//! Until when a run can be undone: as long as the rows are there that prove what stood before it.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::clock::{local_minutes, utc_millis};
use super::item::{PlannedItem, PlannedPart};
use super::publish::{NAMED_FIELDS, is_state};
use super::row::field;
use super::value::{Number, Value};

/// Less than this is soon.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The rows that are gone first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum First {
    /// The versions before the run.
    Past,
    /// The entities themselves.
    Data,
}

/// The first moment from which on some item of a module cannot be undone: Unix seconds. The rows have these times from the moment they
/// are written: a later change of a tenant's retention is one for later rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UndoUntil(BTreeMap<String, (i64, First)>);

/// A sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoNote {
    /// Whether it is so soon that it is worth a thought before the run.
    pub is_soon: bool,
    /// In words.
    pub words: String,
}

impl UndoUntil {
    /// Takes an item in that will be written.
    pub fn add(&mut self, item: &PlannedItem) {
        for part in item.parts.iter().filter(|part| part.is_entity()) {
            let data = part.after.as_ref().and_then(|row| seconds(row.get(field::TTL))).map(|at| (at, First::Data));
            let past = past(part).map(|at| (at, First::Past));
            for (at, first) in [past, data].into_iter().flatten() {
                let known = self.0.entry(item.module.clone()).or_insert((at, first));
                if at < known.0 {
                    *known = (at, first);
                }
            }
        }
    }

    /// The first moment, RFC 3339; `None` where nothing that an undo needs expires.
    #[must_use]
    pub fn first(&self) -> Option<String> {
        self.0.values().map(|(at, _)| *at).min().map(shown)
    }

    /// A sentence for each module in which something expires, the first to do so first.
    #[must_use]
    pub fn notes(&self, now: Timestamp, zone: &TimeZone) -> Vec<UndoNote> {
        let mut modules: Vec<(&String, i64, First)> = self.0.iter().map(|(m, (at, first))| (m, *at, *first)).collect();
        modules.sort_by_key(|(_, at, _)| *at);
        let note = |(module, at, first): (&String, i64, First)| {
            let what = match first {
                First::Past => "the versions before it expire (history and command rows)",
                First::Data => "the entities themselves expire (data rows)",
            };
            let left = SignedDuration::from_secs(at.saturating_sub(now.as_second()));
            let is_soon = left < SOON;
            let only = match left.as_hours() / 24 {
                _ if !is_soon => String::new(),
                1 => "for 1 day only, ".to_owned(),
                days => format!("for {} days only, ", days.max(0)),
            };
            let until = local_minutes(&shown(at), zone);
            UndoNote { is_soon, words: format!("can be undone {only}until {until}: then {what} of module {module}") }
        };
        modules.into_iter().map(note).collect()
    }
}

/// When the last row is gone that holds what stood before; `None` where none expires, or where nothing stood there.
fn past(part: &PlannedPart) -> Option<i64> {
    let before = part.before.as_ref()?;
    // A command row proves nothing of fields that it does not have.
    let is_bare = !before.0.keys().any(|name| is_state(name) && !NAMED_FIELDS.contains(&name.as_str()));
    let (command, history) = part.ttl;
    let history = history?;
    if part.previous_seen && is_bare { command.map(|command| command.max(history)) } else { Some(history) }
}

fn seconds(value: Option<&Value>) -> Option<i64> {
    value.and_then(Value::as_number).and_then(Number::as_i64)
}

fn shown(at: i64) -> String {
    // Beyond what can be written as a time, it is the last that can.
    utc_millis(Timestamp::from_second(at).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::item::Role;
    use crate::domain::key::{EntityKey, Version};
    use crate::domain::row::Row;

    const DAY: i64 = 86_400;

    fn item(module: &str, before: Option<&[&str]>, data: Option<i64>, ttl: (Option<i64>, Option<i64>)) -> PlannedItem {
        let key = EntityKey::new("P#a", "x");
        let row = |fields: &[&str]| {
            let mut row = Row::default();
            fields.iter().for_each(|name| drop(row.0.insert((*name).to_owned(), Value::s("v"))));
            row
        };
        let mut part = PlannedPart::pinned(Role::Target, key.clone(), Version(1), before.map(|f| Arc::new(row(f))));
        let mut after = row(&["name"]);
        if let Some(at) = data {
            after.0.insert(field::TTL.to_owned(), Value::N(Number::from(at)));
        }
        (part.after, part.ttl, part.previous_seen) = (Some(Arc::new(after)), ttl, true);
        PlannedItem::new(module, key.clone(), key).with(part)
    }

    fn until(items: &[PlannedItem]) -> UndoUntil {
        let mut until = UndoUntil::default();
        items.iter().for_each(|item| until.add(item));
        until
    }

    fn first(item: PlannedItem) -> Option<i64> {
        until(&[item]).first().map(|at| at.parse::<Timestamp>().unwrap().as_second())
    }

    #[test]
    fn an_undo_needs_the_entity_and_one_row_of_what_was_before() {
        let before = Some(&["name"][..]);
        assert_eq!(first(item("p", before, None, (None, None))), None);
        assert_eq!(first(item("p", before, None, (Some(5), Some(9)))), Some(9));
        assert_eq!(first(item("p", before, None, (Some(9), Some(5)))), Some(9));
        // One of the two that stays is enough.
        assert_eq!(first(item("p", before, None, (None, Some(5)))), None);
        assert_eq!(first(item("p", before, None, (Some(5), None))), None);
        assert_eq!(first(item("p", before, Some(3), (Some(9), Some(9)))), Some(3));
        // A new entity leaves nothing behind.
        assert_eq!(first(item("p", None, None, (Some(5), Some(5)))), None);
        assert_eq!(first(item("p", None, Some(7), (Some(5), Some(5)))), Some(7));
        // A field that no command row has is proven by history alone.
        assert_eq!(first(item("p", Some(&["name", "extra"]), None, (None, Some(5)))), Some(5));
        let mut unseen = item("p", before, None, (None, Some(5)));
        unseen.parts[0].previous_seen = false;
        assert_eq!(first(unseen), Some(5));
    }

    #[test]
    fn each_module_has_its_sentence_and_the_first_to_expire_comes_first() {
        let before = Some(&["name"][..]);
        let at = |days: i64| (Some(days * DAY), Some(days * DAY));
        let items = [
            item("late", before, None, at(40)),
            item("soon", before, Some(9 * DAY), at(7)),
            item("never", before, None, (None, None)),
        ];
        let notes = until(&items).notes(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        assert_eq!(notes.iter().map(|note| note.is_soon).collect::<Vec<_>>(), [true, false]);
        let soon = "can be undone for 7 days only, until 1970-01-08 00:00: then the versions before it expire (history and command \
                    rows) of module soon";
        assert_eq!(notes[0].words, soon);
        assert!(notes[1].words.starts_with("can be undone until 1970-02-10 00:00: "), "{}", notes[1].words);
        let exactly = until(&[item("m", before, None, at(30))]).notes(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        assert!(!exactly[0].is_soon);
    }
}
