//! Normalised tenant codes: the items for rows whose code is spelled in several ways.
//!
//! Pure: the caller has read every row that wants a key, the rules are here. One row decides alone when nobody else wants its key; where
//! several do, at most one item writes the target, and the others only retire their own row once that is done.

mod counter;
mod occurrences;
mod sides;

use super::item::{Changed, PlannedItem, Role};
use super::merge::merge;
use super::plan::{Collision, Decided};
use super::publish::NewState;
use super::row::{Row, field};
use super::run::{Action, Reason};
use super::transfer::{Refusal, Side, Transfer, attributes, is_same, may_merge, pinned, undecided, write};
use super::value::Value;

pub use counter::{SEQUENCES, counter, value as counter_value};
pub use occurrences::{Codes, Occurrence};
pub use sides::{Difference, decided_row, differences};

/// How collisions are decided, beside how rows are moved.
#[derive(Debug, Clone)]
pub struct Normalizing<'a> {
    /// How a row is moved to the normal spelling.
    pub transfer: &'a Transfer,
    /// Treatment of rows that want one key.
    pub collision: Collision,
    /// The operator's decision about this key, if there is one.
    pub decided: Option<&'a Decided>,
}

/// Where the content of the target comes from.
struct Outcome {
    /// Rows that it is made from, in their order: positions among the rivals.
    from: Vec<usize>,
    why: String,
}

/// One of the rows that want a key: a source, or the target itself.
struct Rival<'a> {
    /// Position among the sources; `None` for the target.
    source: Option<usize>,
    side: Side<'a>,
    row: &'a Row,
}

impl Rival<'_> {
    /// When it was last changed: the command row knows better than the data row.
    fn changed_at(&self) -> Option<jiff::Timestamp> {
        let text = |row: &Row, name: &str| row.text(name).and_then(super::clock::parse_time);
        let command = self.side.seen.command.as_ref().and_then(|row| text(row, field::CREATED_AT));
        command.or_else(|| text(self.row, field::UPDATED_AT)).or_else(|| text(self.row, field::CREATED_AT))
    }

    /// Author and time of its last change.
    fn changed(&self) -> Changed {
        let owned = |row: &Row, name: &str| row.text(name).map(str::to_owned);
        match &self.side.seen.command {
            Some(command) => {
                Changed { at: owned(command, field::CREATED_AT), by: owned(command, field::CREATED_BY), certain: true }
            }
            None => Changed {
                at: owned(self.row, field::UPDATED_AT).or_else(|| owned(self.row, field::CREATED_AT)),
                by: owned(self.row, field::UPDATED_BY).or_else(|| owned(self.row, field::CREATED_BY)),
                certain: false,
            },
        }
    }

    fn name(&self) -> String {
        let at = self.changed_at().map_or_else(|| "at no readable time".to_owned(), super::clock::utc_millis);
        format!("{} (version {}, {at})", self.side.key.pk, self.side.seen.version)
    }
}

impl Normalizing<'_> {
    /// Plans the rows of other spellings that want the target's key: an item for each, in their order; where several rows want the key, the
    /// item that writes the target comes first.
    #[must_use]
    pub fn items(&self, module: &str, target: Side<'_>, sources: &[Side<'_>]) -> Vec<PlannedItem> {
        let mut items: Vec<PlannedItem> = sources.iter().map(|s| self.transfer.item(module, *s, target)).collect();
        let rivals = self.rivals(target, sources);
        if rivals.len() < 2 {
            return items;
        }
        let settled = self.transfer.usable_target(rivals[0].side, target).and_then(|()| self.settle(target, &rivals));
        let written = match settled {
            Ok(outcome) => self.carry(module, target, &rivals, &outcome),
            Err(refusal) => Err(refusal),
        };
        let carried = written.unwrap_or_else(|refusal| {
            let refused = |rival: &Rival<'_>| refused(module, target, rival.side, &refusal);
            rivals.iter().filter_map(|r| r.source.map(|i| (i, refused(r)))).collect()
        });
        for (i, item) in carried {
            items[i] = item;
        }
        for part in items.iter_mut().flat_map(|item| &mut item.parts) {
            part.changed = rivals.iter().find(|r| *r.side.key == part.key).map(Rival::changed);
        }
        // The one that writes the target comes first.
        items.sort_by_key(|item| item.part(Role::Target).is_none_or(|part| part.after.is_none()));
        items
    }

    /// Whether several rows want the target's key.
    #[must_use]
    pub fn is_collision(&self, target: Side<'_>, sources: &[Side<'_>]) -> bool {
        self.rivals(target, sources).len() > 1
    }

    /// The rows that want the key: sources that are carried over, soft-deleted ones too where the plan keeps those, and a live
    /// target. Those that would be refused for themselves want nothing.
    fn rivals<'s>(&self, target: Side<'s>, sources: &[Side<'s>]) -> Vec<Rival<'s>> {
        let mut rivals: Vec<Rival<'s>> = Vec::new();
        for (i, side) in sources.iter().enumerate() {
            if self.transfer.usable_source(&mut undecided("", *side, target), *side).is_ok()
                && let Some(row) = side.seen.resolved.as_deref()
            {
                rivals.push(Rival { source: Some(i), side: *side, row });
            }
        }
        let live = target.seen.resolved.as_deref().filter(|row| !row.is_deleted());
        rivals.extend(live.map(|row| Rival { source: None, side: target, row }));
        rivals
    }

    fn settle(&self, target: Side<'_>, rivals: &[Rival<'_>]) -> Result<Outcome, Refusal> {
        let collide = |what: &str| {
            let names: Vec<String> = rivals.iter().map(Rival::name).collect();
            let message = format!("{} rows want {}: {}; {what}", rivals.len(), target.key.id(), names.join(", "));
            Err((Action::Conflict, Reason::Collision, message))
        };
        if let Some(decided) = self.decided {
            let at = |pk: &String| rivals.iter().position(|r| r.side.key.pk.as_str() == pk);
            let Some(from) = decided.from.iter().map(at).collect::<Option<Vec<_>>>() else {
                return collide("the decision names a row that is not among them");
            };
            let is_left_out = |i: usize| decided.from.len() > 1 && !from.contains(&i);
            if (0..rivals.len()).any(is_left_out) {
                return collide("the decision to merge leaves one of them out");
            }
            return Ok(Outcome { from, why: "as decided".to_owned() });
        }
        let mut by_time: Vec<usize> = (0..rivals.len()).collect();
        // Where times are equal or missing the normal spelling counts as the later one.
        by_time.sort_by_key(|i| (rivals[*i].changed_at(), rivals[*i].source.is_none()));
        let is_dated = rivals.iter().all(|r| r.changed_at().is_some());
        match self.collision {
            Collision::Block => collide("decide which to keep"),
            Collision::Target => match rivals.iter().position(|r| r.source.is_none()) {
                Some(i) => Ok(Outcome { from: vec![i], why: "the normal spelling stays".to_owned() }),
                None => collide("none of them has the normal spelling: decide which to keep"),
            },
            _ if !is_dated => collide("one of them has no readable time: decide which to keep"),
            Collision::Newest => {
                Ok(Outcome { from: by_time.split_off(rivals.len() - 1), why: "the newest stays".to_owned() })
            }
            Collision::Merge => Ok(Outcome { from: by_time, why: "merged, newer ones win".to_owned() }),
        }
    }

    /// The items of a collision that is decided, by the position of their source.
    fn carry(
        &self,
        module: &str,
        target: Side<'_>,
        rivals: &[Rival<'_>],
        outcome: &Outcome,
    ) -> Result<Vec<(usize, PlannedItem)>, Refusal> {
        if outcome.from.len() > 1 {
            let merged: Vec<Side<'_>> = outcome.from.iter().map(|i| rivals[*i].side).collect();
            may_merge(&merged)?;
        }
        let state = self.state(target, rivals, &outcome.from)?;
        let current = target.seen.resolved.as_deref();
        let is_equal = current.is_some_and(|now| is_same(now, &state));
        // The last of the sources that it is made from writes the target.
        let leader = outcome.from.iter().rev().find(|i| rivals[**i].source.is_some()).copied().filter(|_| !is_equal);
        let after_leader = if leader.is_some() { target.seen.version.next() } else { target.seen.version };
        let mut items = Vec::new();
        // It comes first: the others are retired only once the target is as it is to be.
        let order = leader.into_iter().chain((0..rivals.len()).filter(|i| Some(*i) != leader));
        for i in order {
            let rival = &rivals[i];
            let Some(position) = rival.source else { continue };
            let mut item = undecided(module, rival.side, target);
            let mut scratch = item.clone();
            let row = self.transfer.usable_source(&mut scratch, rival.side)?;
            if leader == Some(i) {
                let after = self.transfer.target_row(rival.side, target, state.clone(), row)?;
                item.action = match (current.map(Row::is_deleted), after.is_deleted()) {
                    (None, _) => Action::Create,
                    (Some(true), false) => Action::Restore,
                    (Some(false), true) => Action::Delete,
                    (Some(_), _) => Action::Update,
                };
                let in_s3 = outcome.from.iter().any(|o| rivals[*o].side.seen.is_in_s3());
                write(&mut item, Role::Target, target, after, in_s3);
                let others = outcome.from.iter().filter(|o| **o != i && rivals[**o].source.is_some());
                item.parts.extend(others.map(|o| pinned(Role::Witness, rivals[*o].side)));
                item.message = Some(outcome.why.clone());
            } else if row.is_deleted() {
                item.message = Some(format!("{}: this row is soft-deleted already", outcome.why));
            } else {
                item.action = Action::Delete;
                item.message = Some(format!("{}: this row is soft-deleted", outcome.why));
                if let Some(part) = item.parts.iter_mut().find(|p| p.role == Role::Target) {
                    part.version = after_leader;
                }
            }
            if !row.is_deleted() {
                let retired = self.transfer.source_row(rival.side, target, row)?;
                write(&mut item, Role::Source, rival.side, retired, rival.side.seen.is_in_s3());
            }
            items.push((position, item));
        }
        Ok(items)
    }

    /// State that the target is to have.
    fn state(&self, target: Side<'_>, rivals: &[Rival<'_>], from: &[usize]) -> Result<NewState, Refusal> {
        let mut whole: Option<NewState> = None;
        for i in from {
            let row = rivals[*i].row;
            // The target itself is kept as it is.
            let next = match rivals[*i].source {
                Some(_) => self.transfer.carry.state(row, target.key, None)?,
                None => NewState::of(row),
            };
            whole = Some(match whole {
                None => next,
                Some(mut before) => {
                    let attributes = merge(&map_of(&before)?, &map_of(&next)?);
                    // Absent says live: the row that wins decides whether the whole is soft-deleted.
                    if !next.fields.contains_key(field::IS_DELETED) {
                        before.fields.shift_remove(field::IS_DELETED);
                    }
                    before.fields.extend(next.fields);
                    before.extra.extend(next.extra);
                    before.set(field::ATTRIBUTES, Value::M(attributes));
                    before
                }
            });
        }
        whole.ok_or_else(|| (Action::Conflict, Reason::Collision, "nothing to keep".to_owned()))
    }
}

fn map_of(state: &NewState) -> Result<super::value::Map, Refusal> {
    let row = Row(state.fields.iter().map(|(n, v)| (n.clone(), v.clone())).collect());
    attributes(&row)
}

/// Both sides stay in the item, so that they can be looked at side by side.
fn refused(module: &str, target: Side<'_>, source: Side<'_>, (action, reason, message): &Refusal) -> PlannedItem {
    undecided(module, source, target).refused(*action, *reason, message.clone())
}

/// An in-place change of a row that only refers to other tenants' keys: its attributes with the codes respelled; `None` where
/// nothing would change.
#[must_use]
pub fn respelled(transfer: &Transfer, codes: &Codes, module: &str, side: Side<'_>) -> Option<PlannedItem> {
    let row = side.seen.resolved.as_deref()?;
    let map = attributes(row).ok()?;
    let rewritten = codes.rewrite(&map);
    if rewritten == map || row.is_deleted() {
        return None;
    }
    let mut item = PlannedItem::new(module, side.key.clone(), side.key.clone()).with(pinned(Role::Target, side));
    item.action = Action::Update;
    item.message = Some("keys in its attributes are respelled".to_owned());
    let refusal = super::row::blocked(side.key, Some(row))
        .map(|why| (Action::Invalid, why.reason(), why.to_string()))
        .or_else(|| side.seen.blocked_by_command().map(|(reason, message)| (Action::Conflict, reason, message)));
    if let Some((action, reason, message)) = refusal {
        (item.action, item.reason, item.message) = (action, Some(reason), Some(message));
        return Some(item);
    }
    let mut state = NewState::of(row);
    state.extra = super::value::Map::new();
    state.set(field::ATTRIBUTES, Value::M(rewritten));
    let after = super::transfer::data_row_of(side, &state, transfer.mode, &transfer.stamp);
    write(&mut item, Role::Target, side, after, side.seen.is_in_s3());
    Some(item)
}
