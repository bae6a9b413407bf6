//! Items in words and rows: facts, differences, and the row that would be written.

use crate::domain::key::Version;
use crate::domain::printable::printable;
use crate::domain::publish::PublishMode;
use crate::domain::row::TableKind;
use crate::domain::run::Action;
use crate::engine::protocol::Preview;
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

/// Column that the facts begin in.
const FACTS: usize = 14;

fn describe(preview: &Preview, room: usize, brief: bool) -> Vec<Rich> {
    let mut out = Vec::new();
    let mut fact = |name: &str, role: Role, value: &str| {
        for (i, part) in text::wrap(&printable(value), room.saturating_sub(FACTS)).iter().enumerate() {
            let mut line = Rich::of(Role::Dim, if i == 0 { name } else { "" });
            line.pad_to(FACTS);
            out.push(line.with(role, part));
        }
    };
    let versions = (preview.version_before, preview.version_after);
    let is_user = subject::is_user(&preview.entity.module, versions);
    let is_counter = subject::is_counter(&preview.entity.module, versions);
    match brief {
        true => {}
        false if is_user => {
            fact("user", Role::Strong, preview.entity.key.sk.as_str());
            fact("pool", Role::Text, preview.entity.key.pk.as_str());
        }
        false => {
            fact("entity", Role::Strong, &preview.entity.key.to_string());
            fact("module", Role::Text, &preview.entity.module);
        }
    }
    if let Some(line) = preview.line {
        fact("line", Role::Text, &format!("{line} of the file"));
    }
    if let Some((name, words)) = other_end(preview) {
        fact(name, Role::Text, &words);
    }
    // An item that is not written has no cost and no changes, and the row that was looked for need not have been found.
    let is_written = is_written(preview);
    if !is_written {
        let name = if preview.reason.is_some() { "refused" } else { "nothing to do" };
        let role = if preview.reason.is_some() { Role::Error } else { Role::Text };
        fact(name, role, &why_not(preview));
        fact("", role, "nothing would be written");
        state_of(preview, &mut fact);
    }
    let Some(after) = &preview.after else { return out };
    let written = preview.before.as_ref().map_or("a new row", |_| "the row");
    let versions =
        format!("{} → {}  ({}: {written} below)", preview.version_before, preview.version_after, preview.action);
    let brief = brief || !is_written;
    if !brief && !is_user && !is_counter {
        fact("version", Role::Strong, &versions);
    }
    if let Some(message) = preview.message.as_ref().filter(|_| is_written) {
        fact("", Role::Text, message);
    }
    if !brief && is_user {
        fact("written", Role::Text, "in Cognito: the attributes that differ, each user compared right before");
    } else if !brief && is_counter {
        fact("written", Role::Text, "the counter's row alone, where it is still the one that was seen");
    } else if !brief {
        state_of(preview, &mut fact);
        let how = match preview.publish {
            PublishMode::Sync => "sync: command, history and data row in one transaction",
            PublishMode::Async => "async: the command row alone; the application's pipeline does the rest",
        };
        fact("published", Role::Text, how);
    }
    if !brief && !is_user {
        fact("cost", Role::Text, &cost(preview));
    }
    for warning in &preview.warnings {
        fact("warning", Role::Warning, &format!("! {warning}"));
    }
    if preview.before.is_some() {
        out.push(Rich::default());
        let changes = format::plural(preview.changes.len() as u64, "change", "changes");
        let end = if is_written { "" } else { ", not written" };
        let heading = format!("{changes} to the {} as it is now{end}", if is_user { "user" } else { "row" });
        out.push(Rich::of(Role::Heading, &heading));
        if preview.changes.is_empty() {
            out.push(Rich::of(Role::Dim, "none"));
        }
        out.extend(changes::document(&preview.changes).lines().iter().cloned());
    }
    out.push(Rich::default());
    let heading = match (is_written, is_user) {
        (true, true) => "The attributes as they will be",
        (true, false) => "The row that will be written",
        (false, true) => "The attributes that are not written",
        (false, false) => "The row that is not written",
    };
    out.push(Rich::of(Role::Heading, heading));
    out.extend(document::row(after).lines().iter().cloned());
    out
}

/// True where the item is written: what a refused one came to may be there all the same.
fn is_written(preview: &Preview) -> bool {
    let writes = matches!(preview.action, Action::Create | Action::Update | Action::Delete | Action::Restore);
    writes && preview.after.is_some()
}

/// The entity at the other end of an item: what it is taken from, or what comes back with it.
fn other_end(preview: &Preview) -> Option<(&'static str, String)> {
    let (source, (before, after)) = (&preview.source, preview.source_versions);
    if *source == preview.entity.key {
        return None;
    }
    match &preview.wrote {
        Some(_) if before == Version(0) => Some(("takes back", format!("the copy of {source}, which stays as it is"))),
        Some(_) if after > before => {
            Some(("takes back", format!("what came from {source}, which is restored as version {after}")))
        }
        None if before > Version(0) => {
            let gone = if after > before { ", which is soft-deleted" } else { "" };
            Some(("taken from", format!("{source} at version {before}{gone}")))
        }
        _ => None,
    }
}

/// Where the state comes from, as far as it was found.
fn state_of(preview: &Preview, fact: &mut impl FnMut(&str, Role, &str)) {
    let found = match preview.found {
        Some(TableKind::Data) => "the data table",
        Some(TableKind::History) => "the history table",
        Some(TableKind::Command) => "the command table only: its history row is gone",
        None => return,
    };
    fact("state of", Role::Text, &format!("version {}, found in {found}", preview.version_from));
}

/// Write units and S3 objects.
fn cost(preview: &Preview) -> String {
    let s3 = match preview.s3_objects {
        0 => String::new(),
        n => format!(", {}", format::plural(n, "S3 object", "S3 objects")),
    };
    format!("{} at most{s3}", format::plural(preview.write_units, "write unit", "write units"))
}

/// Why nothing would be written.
fn why_not(preview: &Preview) -> String {
    let message = preview.message.clone();
    match preview.reason {
        Some(reason) => {
            let message = message.unwrap_or_else(|| reason.to_string());
            format!("! {message} ({}, {reason})", preview.action)
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
        copied.source_versions = (Version(2), Version(3));
        let shown = words(&copied);
        assert!(shown.contains(&format!("what came from {source}, which is restored as version 3")), "{shown}");
        assert!(!shown.contains("soft-deleted"), "{shown}");
    }

    #[test]
    fn what_a_conflict_came_to_is_not_said_to_be_written() {
        let mut refused = made(1, "PRODUCT#globex");
        (refused.action, refused.reason) = (Action::Conflict, Some(Reason::Exists));
        let shown = words(&refused);
        assert!(refused.after.is_some() && shown.contains("The row that is not written"), "{shown}");
        assert!(shown.contains("refused") && shown.contains("nothing would be written"), "{shown}");
        assert!(!shown.contains("will be written") && !shown.contains("cost"), "{shown}");
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
