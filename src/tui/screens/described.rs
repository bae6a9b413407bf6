//! Items in words and rows: facts, differences, and the row that would be written.

use crate::domain::key::Version;
use crate::domain::printable::printable;
use crate::domain::publish::PublishMode;
use crate::domain::row::TableKind;
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

    /// What sets an item apart from others: what is wrong with it, its differences, its row.
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
    let is_user = subject::is_user(&preview.entity.module, (preview.version_before, preview.version_after));
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
    // What takes a run back takes nothing from there.
    if preview.source != preview.entity.key && preview.source_versions.0 > Version(0) {
        let (before, after) = preview.source_versions;
        let gone = if after > before { ", which is soft-deleted" } else { "" };
        fact("taken from", Role::Text, &format!("{} at version {before}{gone}", preview.source));
    }
    // What is not written has no cost and no changes, and what was looked for need not have been found.
    let Some(after) = &preview.after else {
        let name = if preview.reason.is_some() { "refused" } else { "nothing to do" };
        let role = if preview.reason.is_some() { Role::Error } else { Role::Text };
        fact(name, role, &why_not(preview));
        fact("", role, "nothing would be written");
        state_of(preview, &mut fact);
        return out;
    };
    let written = preview.before.as_ref().map_or("a new row", |_| "the row");
    let versions =
        format!("{} → {}  ({}: {written} below)", preview.version_before, preview.version_after, preview.action);
    if !brief && !is_user {
        fact("version", Role::Strong, &versions);
    }
    if let Some(message) = &preview.message {
        fact("", Role::Text, message);
    }
    if !brief && is_user {
        fact("written", Role::Text, "in Cognito: the attributes that differ, each user compared right before");
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
        let heading = format!("{changes} to the {} as it is now", if is_user { "user" } else { "row" });
        out.push(Rich::of(Role::Heading, &heading));
        if preview.changes.is_empty() {
            out.push(Rich::of(Role::Dim, "none"));
        }
        out.extend(changes::document(&preview.changes).lines().iter().cloned());
    }
    out.push(Rich::default());
    out.push(Rich::of(
        Role::Heading,
        if is_user { "The attributes as they will be" } else { "The row that will be written" },
    ));
    out.extend(document::row(after).lines().iter().cloned());
    out
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
