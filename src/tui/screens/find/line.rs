//! Entities that were found, in lines with columns.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use crate::domain::find::Matched;
use crate::domain::key::Version;
use crate::domain::printable::printable;
use crate::engine::protocol::{EntityRef, EntitySummary, FoundEntity};
use crate::tui::parts::{Rich, Whole};
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Cells of the tenants.
const TENANT: usize = 12;
/// Cells of a day.
const DAY: usize = 10;
/// Rows that the columns are measured by.
const MEASURED: usize = 200;

/// Widths of the columns, as what was found needs them and as there is room for; one of 0 is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Columns {
    key: usize,
    code: usize,
    name: usize,
    day: usize,
}

impl Columns {
    /// For the first of the rows: all of them may be many, and each of them is drawn anew with each frame.
    pub(super) fn of<'f>(found: impl Iterator<Item = &'f FoundEntity>, room: usize) -> Self {
        let cells = |text: &str| text::width(&printable(text));
        let mut own = Self::default();
        for entity in found.take(MEASURED).map(|found| &found.entity) {
            own.key = own.key.max(cells(&entity.entity.key.to_string()));
            own.code = own.code.max(code_of(entity).map_or(0, cells));
            own.name = own.name.max(entity.name.as_deref().map_or(0, cells));
            own.day = if entity.updated_at.is_some() { DAY } else { own.day };
        }
        let left = room.saturating_sub(TENANT + 4);
        let key = own.key.min(left * 3 / 5);
        let left = left - key;
        let code = if own.code > 0 && left > own.code + 12 { own.code } else { 0 };
        let left = left.saturating_sub(code + 1);
        let name = own.name.min(left);
        let day = if left > name + DAY + 1 { own.day } else { 0 };
        Self { key, code, name, day }
    }
}

/// The code where it says more than the sort key does.
fn code_of(entity: &EntitySummary) -> Option<&str> {
    entity.code.as_deref().filter(|code| *code != entity.entity.key.sk.as_str())
}

/// An entity in one line: its tenant, its key, its code and name, its last change, and where the text stands.
pub(super) fn line(found: &FoundEntity, marks: &BTreeSet<EntityRef>, columns: Columns, zone: &TimeZone) -> Rich {
    let entity = &found.entity;
    let role = if entity.deleted { Role::Dim } else { Role::Text };
    let mark = if marks.contains(&entity.entity) { "●" } else { " " };
    // Without a data row there is only what was published.
    let flag = match (entity.deleted, entity.version) {
        (true, _) => "D ",
        (false, Some(Version(0))) => "P ",
        (false, _) => "  ",
    };
    let mut line = Rich::of(Role::Key, mark).with(Role::Flag, flag);
    let mut add = |role: Role, words: &str, width: usize| {
        if width > 0 {
            line.push(role, &text::fit(words, width));
            line.push(Role::Text, " ");
        }
    };
    add(role, &entity.tenant, TENANT);
    add(role, &entity.entity.key.to_string(), columns.key);
    add(role, code_of(entity).unwrap_or_default(), columns.code);
    add(Role::Strong, entity.name.as_deref().unwrap_or_default(), columns.name);
    add(Role::Dim, &entity.updated_at.as_deref().map(|at| format::date(at, zone)).unwrap_or_default(), columns.day);
    if let Some(matched) = elsewhere(found) {
        line.push(Role::Path, &format!(" {}", matched.path));
        line.push(Role::Match, &format!(" {}", matched.value));
    }
    line
}

/// A match that is not to be seen in its key or its name already.
fn elsewhere(found: &FoundEntity) -> Option<&Matched> {
    found.matched.iter().find(|m| !["id", "sk", "name"].contains(&m.path.to_string().as_str()))
}

/// All that the line would say with room enough.
pub(super) fn whole(found: &FoundEntity) -> Whole {
    let entity = &found.entity;
    let matched = elsewhere(found);
    Whole::default()
        .with(Role::Text, &entity.tenant)
        .with(Role::Key, &entity.entity.key.to_string())
        .with(Role::Text, code_of(entity).unwrap_or_default())
        .with(Role::Strong, entity.name.as_deref().unwrap_or_default())
        .with(Role::Path, &matched.map(|m| m.path.to_string()).unwrap_or_default())
        .with(Role::Match, matched.map_or("", |m| m.value.as_str()))
}
