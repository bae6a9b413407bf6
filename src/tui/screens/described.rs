//! Items in words and rows: facts, differences, and the row that would be written.

use std::borrow::Cow;

use crate::domain::key::Version;
use crate::domain::printable::printable;
use crate::domain::publish::PublishMode;
use crate::domain::row::TableKind;
use crate::domain::run::Action;
use crate::engine::protocol::Preview;
use crate::language::{listed, spoken, translated};
use crate::tui::parts::Rich;
use crate::tui::screens::history::{changes, document};
use crate::tui::theme::Role;
use crate::tui::{format, subject, text};

/// Previews in words and rows, arranged for a width once.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    previews: Vec<Preview>,
    /// Without the facts that are the same for every item.
    brief: bool,
    room: usize,
    lines: Vec<Rich>,
}

impl Described {
    pub(crate) fn new(previews: Vec<Preview>) -> Self {
        Self { previews, brief: false, room: 0, lines: vec![] }
    }

    /// Facts that set an item apart from others: what is wrong with it, its differences, its row.
    pub(crate) fn brief(preview: Preview) -> Self {
        Self { brief: true, ..Self::new(vec![preview]) }
    }

    /// With every fact.
    pub(crate) fn whole(&self) -> Self {
        Self::new(self.previews.clone())
    }

    pub(crate) fn first(&self) -> Option<&Preview> {
        self.previews.first()
    }

    /// The first of them is there and is not written.
    pub(crate) fn writes_nothing(&self) -> bool {
        self.previews.first().is_some_and(|preview| !is_written(preview))
    }

    /// Lines as arranged last.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The lines for a width.
    pub(crate) fn lines(&mut self, room: usize) -> &[Rich] {
        if self.room != room {
            self.room = room;
            self.lines.clear();
            for (i, preview) in self.previews.iter().enumerate() {
                if i > 0 {
                    self.lines.push(Rich::default());
                }
                self.lines.extend(describe(preview, room, self.brief).iter().flat_map(|line| line.wrapped(room)));
            }
        }
        &self.lines
    }
}

/// Cells under which a window is small.
const NARROW: usize = 70;
/// Column that the facts begin in.
const FACTS: usize = 14;

/// A fact in as many lines as it needs, the values below one another.
fn fact(out: &mut Vec<Rich>, room: usize, name: &'static str, role: Role, value: &str) {
    let name = translated(name);
    for (i, part) in text::wrap(&printable(value), room.saturating_sub(FACTS)).iter().enumerate() {
        let mut line = Rich::of(Role::Dim, if i == 0 { &name } else { "" });
        line.pad_to(FACTS);
        out.push(line.with(role, part));
    }
}

/// An item in lines: who it is and what becomes of it come first, how it is done after the changes, so that a small window shows them.
fn describe(preview: &Preview, room: usize, brief: bool) -> Vec<Rich> {
    let (mut out, mut manner) = (Vec::new(), Vec::new());
    let mut fact = |name: &'static str, role: Role, value: &str| fact(&mut out, room, name, role, value);
    let mut how = |name: &'static str, value: &str| self::fact(&mut manner, room, name, Role::Text, value);
    let versions = (preview.version_before, preview.version_after);
    let is_user = subject::is_user(&preview.entity.module, versions);
    let is_counter = subject::is_counter(&preview.entity.module, versions);
    match brief {
        true => {}
        false if is_user => {
            fact(text!("user"), Role::Strong, preview.entity.key.sk.as_str());
            fact(text!("pool"), Role::Text, preview.entity.key.pk.as_str());
        }
        false => {
            fact(text!("entity"), Role::Strong, &preview.entity.key.to_string());
            how(text!("module"), &preview.entity.module);
        }
    }
    if let Some(line) = preview.line {
        fact(text!("line"), Role::Text, &tr!("%{line} of the file", line = line));
    }
    if let Some((name, words)) = other_end(preview) {
        fact(name, Role::Text, &words);
    }
    // An item that is not written has no cost and no changes, and the row that was looked for need not have been found.
    let is_written = is_written(preview);
    if !is_written {
        let (name, role) = match (preview.reason, preview.action) {
            (Some(_), Action::Skip) => (text!("skipped"), Role::Text),
            (Some(_), _) => (text!("refused"), Role::Error),
            (None, _) => (text!("nothing to do"), Role::Text),
        };
        fact(name, role, &why_not(preview));
        fact("", role, &tr!("nothing would be written"));
        state_of(preview, &mut fact);
    }
    let Some(after) = &preview.after else {
        out.append(&mut manner);
        return out;
    };
    let (from, to, action) = (preview.version_before, preview.version_after, preview.action);
    let versions = match &preview.before {
        Some(_) => tr!("%{from} → %{to}  (%{action}: the row below)", from = from, to = to, action = action),
        None => tr!("%{from} → %{to}  (%{action}: a new row below)", from = from, to = to, action = action),
    };
    let brief = brief || !is_written;
    if !brief && !is_user && !is_counter {
        fact(text!("version"), Role::Strong, &versions);
    }
    if let Some(message) = preview.message.as_ref().filter(|_| is_written) {
        fact("", Role::Text, message);
    }
    if !brief && is_user {
        fact(
            text!("written"),
            Role::Text,
            &tr!("in Cognito: the attributes that differ, each user compared right before"),
        );
    } else if !brief && is_counter {
        fact(text!("written"), Role::Text, &tr!("the counter's row alone, where it is still the one that was seen"));
    } else if !brief {
        state_of(preview, &mut fact);
        let published = match preview.publish {
            PublishMode::Sync => tr!("sync: command, history and data row in one transaction"),
            PublishMode::Async => {
                tr!("async: the command row alone; the application's pipeline does the rest")
            }
        };
        how(text!("publish"), &published);
    }
    if !brief && !is_user {
        how(text!("cost"), &cost(preview));
    }
    // How it is published is the same for each item: in a small window it leaves the changes the place.
    let consequence = spoken(preview.publish.consequence());
    let is_late = |warning: &&String| room < NARROW && spoken(warning) == consequence;
    for warning in preview.warnings.iter().filter(|warning| !is_late(warning)) {
        fact(text!("warning"), Role::Warning, &format!("! {warning}"));
    }
    if preview.before.is_some() {
        out.push(Rich::default());
        let changes = preview.changes.len() as u64;
        let changes = format::plural(changes, text!("%{n} change"), text!("%{n} changes"));
        let heading = match (is_written, is_user) {
            (true, true) => tr!("%{changes} to the user as it is now", changes = changes),
            (true, false) => tr!("%{changes} to the row as it is now", changes = changes),
            (false, true) => tr!("%{changes} to the user as it is now, not written", changes = changes),
            (false, false) => tr!("%{changes} to the row as it is now, not written", changes = changes),
        };
        out.push(Rich::of(Role::Heading, &heading));
        if preview.changes.is_empty() {
            out.push(Rich::of(Role::Dim, &tr!("none")));
        }
        out.extend(changes::document(&preview.changes).lines().iter().cloned());
    }
    let late: Vec<&String> = preview.warnings.iter().filter(is_late).collect();
    if preview.before.is_some() && !(manner.is_empty() && late.is_empty()) {
        out.push(Rich::default());
    }
    for warning in late {
        self::fact(&mut out, room, text!("warning"), Role::Warning, &format!("! {warning}"));
    }
    out.append(&mut manner);
    out.push(Rich::default());
    let heading = match (is_written, is_user) {
        (true, true) => tr!("The attributes as they will be"),
        (true, false) => tr!("The row that will be written"),
        (false, true) => tr!("The attributes that are not written"),
        (false, false) => tr!("The row that is not written"),
    };
    out.push(Rich::of(Role::Heading, &heading));
    out.extend(document::row(after).lines().iter().cloned());
    out
}

/// True where the item is written: what a refused one came to may be there all the same.
fn is_written(preview: &Preview) -> bool {
    preview.action.writes() && preview.after.is_some()
}

/// The entity at the other end of an item: what it is taken from, or what comes back with it.
fn other_end(preview: &Preview) -> Option<(&'static str, Cow<'static, str>)> {
    let (source, (before, after)) = (&preview.source, preview.source_versions);
    if *source == preview.entity.key {
        return None;
    }
    match &preview.wrote {
        // An undo had deleted it.
        Some(_) if before == Version(0) && preview.action == Action::Restore => {
            Some((text!("takes back"), tr!("the deletion of the copy of %{source}", source = source)))
        }
        Some(_) if before == Version(0) => {
            Some((text!("takes back"), tr!("the copy of %{source}, which stays as it is", source = source)))
        }
        // Taken back once more: what came back goes again.
        Some(_) if after > before && preview.action == Action::Restore => Some((
            text!("takes back"),
            tr!(
                "the return of %{source}, which is soft-deleted as version %{version}",
                source = source,
                version = after
            ),
        )),
        // Of an update both are possible.
        Some(_) if after > before && preview.action == Action::Update => Some((
            text!("takes back"),
            tr!("what came from %{source}, which gets version %{version}", source = source, version = after),
        )),
        Some(_) if after > before => Some((
            text!("takes back"),
            tr!("what came from %{source}, which is restored as version %{version}", source = source, version = after),
        )),
        None if before > Version(0) && after > before => Some((
            text!("taken from"),
            tr!("%{source} at version %{version}, which this soft-deletes", source = source, version = before),
        )),
        None if before > Version(0) => {
            Some((text!("taken from"), tr!("%{source} at version %{version}", source = source, version = before)))
        }
        _ => None,
    }
}

/// Where the state comes from, as far as it was found.
fn state_of(preview: &Preview, fact: &mut impl FnMut(&'static str, Role, &str)) {
    let version = preview.version_from;
    let found = match preview.found {
        Some(TableKind::Data) => tr!("version %{version}, found in the data table", version = version),
        Some(TableKind::History) => tr!("version %{version}, found in the history table", version = version),
        Some(TableKind::Command) => {
            tr!("version %{version}, found in the command table only: its history row is gone", version = version)
        }
        None => return,
    };
    fact(text!("state of"), Role::Text, &found);
}

/// Write units and S3 objects.
fn cost(preview: &Preview) -> String {
    let units = format::plural(preview.write_units, text!("%{n} write unit"), text!("%{n} write units"));
    match preview.s3_objects {
        0 => tr!("%{units} at most", units = units),
        n => {
            let objects = format::plural(n, text!("%{n} S3 object"), text!("%{n} S3 objects"));
            tr!("%{units} at most, %{objects}", units = units, objects = objects)
        }
    }
    .into_owned()
}

/// Why nothing would be written.
fn why_not(preview: &Preview) -> String {
    let message = preview.message.clone();
    match preview.reason {
        Some(reason) => {
            let message = message.unwrap_or_else(|| reason.to_string());
            format!("! {message} ({})", listed([preview.action.as_str(), reason.as_str()]))
        }
        None => message.unwrap_or_else(|| preview.action.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::EntityKey;
    use crate::domain::normalize::SEQUENCES;
    use crate::domain::run::Reason;
    use crate::engine::protocol::EntityRef;
    use crate::tui::tests::made;

    fn words(preview: &Preview) -> String {
        describe(preview, 100, false).iter().map(|line| line.plain() + "\n").collect()
    }

    #[test]
    fn what_is_taken_back_is_named_and_not_taken_from_anywhere() {
        let onward = made(1, "PRODUCT#globex");
        let source = "PRODUCT#acme / P-0000001";
        assert!(words(&onward).contains(&format!("taken from    {source} at version 1")));
        let mut copied = onward.clone();
        (copied.action, copied.wrote, copied.found) = (Action::Delete, copied.after.clone(), None);
        copied.source_versions = (Version(0), Version(0));
        let shown = words(&copied);
        assert!(shown.contains(&format!("takes back    the copy of {source}, which stays as it is")), "{shown}");
        assert!(!shown.contains("taken from") && !shown.contains("state of"), "{shown}");
        copied.action = Action::Restore;
        let shown = words(&copied);
        assert!(shown.contains(&format!("takes back    the deletion of the copy of {source}\n")), "{shown}");
        copied.action = Action::Delete;
        copied.source_versions = (Version(2), Version(3));
        let shown = words(&copied);
        assert!(shown.contains(&format!("what came from {source}, which is restored as version 3")), "{shown}");
        assert!(!shown.contains("soft-deleted"), "{shown}");
        copied.action = Action::Update;
        let shown = words(&copied);
        assert!(shown.contains(&format!("what came from {source}, which gets version 3")), "{shown}");
        copied.action = Action::Restore;
        let shown = words(&copied);
        assert!(shown.contains(&format!("the return of {source}, which is soft-deleted as version 3")), "{shown}");
    }

    #[test]
    fn what_a_conflict_came_to_is_not_said_to_be_written() {
        let mut refused = made(1, "PRODUCT#globex");
        (refused.action, refused.reason) = (Action::Conflict, Some(Reason::Exists));
        let shown = words(&refused);
        assert!(refused.after.is_some() && shown.contains("The row that is not written"), "{shown}");
        assert!(shown.contains("refused") && shown.contains("nothing would be written"), "{shown}");
        assert!(!shown.contains("will be written") && !shown.contains("cost"), "{shown}");
        refused.action = Action::Skip;
        let shown = words(&refused);
        assert!(shown.contains("skipped") && !shown.contains("refused"), "{shown}");
        assert!(Described::new(vec![refused]).writes_nothing());
    }

    #[test]
    fn a_counter_has_no_versions_and_is_one_row() {
        let mut counter = made(1, "SEQ#acme");
        let key = EntityKey::new("SEQ#acme", "order_no");
        (counter.entity, counter.found) = (EntityRef { module: SEQUENCES.into(), key }, None);
        (counter.version_before, counter.version_after) = (Version(0), Version(0));
        let shown = words(&counter);
        assert!(shown.contains("the counter's row alone") && !shown.contains("0 → 0"), "{shown}");
        assert!(!shown.contains("in one transaction") && !shown.contains("state of"), "{shown}");
    }
}
