//! Finishing a command that nothing will finish: the rows that the framework would have left.

use super::item::{PlannedItem, PlannedPart, Role};
use super::key::EntityKey;
use super::publish::{NewState, Stamp, Ttls, data_row};
use super::row::{Row, field};
use super::run::Action;
use super::timeline::is_stuck;
use super::transfer::{Side, undecided, write};

/// Plans the item of an entity whose next command is stuck; `None` where it is not. `command` is that row with its attributes in place.
#[must_use]
pub fn item(module: &str, side: Side<'_>, command: &Row) -> Option<PlannedItem> {
    let stored = side
        .seen
        .next_command
        .as_ref()
        .filter(|row| !side.seen.is_expired && !side.seen.is_past_ttl && is_stuck(row))?;
    let mut item = PlannedItem { parts: Vec::new(), ..undecided(module, side, side) };
    item.parts.push(super::transfer::pinned(Role::Target, side));
    let after = finished(side.key, side.seen.resolved.as_deref(), command, side.ttls);
    item.action = match (side.seen.resolved.as_deref().map(Row::is_deleted), after.is_deleted()) {
        (None, _) => Action::Create,
        (Some(true), false) => Action::Restore,
        (Some(false), true) => Action::Delete,
        _ => Action::Update,
    };
    let state = stored.text(field::STATUS).unwrap_or("no status");
    item.message = Some(format!("finishes the command of version {} ({state})", side.seen.version.next()));
    write(&mut item, Role::Target, side, after, stored.attributes_ref().is_some());
    // The command as it stands is pinned: whatever happens to it meanwhile is a conflict.
    let row = std::sync::Arc::new(stored.clone());
    item.parts.push(PlannedPart::pinned(Role::Command, side.key.clone(), side.seen.version.next(), Some(row)));
    Some(item)
}

/// The data row that a command leaves. What was published synchronously keeps the row's old times and names, as the framework does.
fn finished(key: &EntityKey, current: Option<&Row>, command: &Row, ttls: Ttls) -> Row {
    let version = command.key_version().unwrap_or_default();
    let is_sync = command.text(field::SYNC_MODE) == Some("SYNC");
    let text = |row: &Row, name: &str| row.text(name).map(str::to_owned);
    let who = |row: &Row, at: &str| (text(row, at), text(row, field::UPDATED_BY), text(row, field::UPDATED_IP));
    let (at, by, ip) = match current.filter(|_| is_sync) {
        Some(row) => who(row, field::UPDATED_AT),
        // Its updatedAt is that of its last status.
        None => who(command, field::CREATED_AT),
    };
    let stamp = Stamp {
        at: at.unwrap_or_default(),
        by: by.unwrap_or_default(),
        ip,
        request_id: text(command, field::REQUEST_ID).unwrap_or_default(),
        source: String::new(),
    };
    let csk = if is_sync { key.sk.as_str().to_owned() } else { key.sk.at(version) };
    data_row(key, version, current, &NewState::of(command), &csk, &stamp, ttls)
}
