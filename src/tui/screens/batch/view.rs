//! The dialog as it is drawn.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Batch;
use crate::domain::clock::local_minutes;
use crate::domain::key::Version;
use crate::engine::protocol::{Level, Preview};
use crate::language::{comma, listed, translated};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, framed};
use crate::tui::parts::{Hints, Place, Rich, draw_line, draw_lines, draw_list};
use crate::tui::screens::plan::preview_view::{action_role, push_named, short};
use crate::tui::screens::plan::summary::{cut, facts_in};
use crate::tui::screens::rehearsed;
use crate::tui::screens::runs::approved;
use crate::tui::theme::Role;
use crate::tui::{format, subject, text};

/// The decisions.
const DECISIONS: [(Action, &str); 9] = [
    (Action::Approve, text!("approve")),
    (Action::ApproveRest, text!("approve the rest")),
    (Action::SkipBatch, text!("skip")),
    (Action::HoldBatch, text!("hold")),
    (Action::SplitBatch, text!("split")),
    (Action::EndRun, text!("end the run")),
    (Action::TakeOut, text!("take out")),
    (Action::Open, text!("item")),
    (Action::Back, text!("decide later")),
];

/// Partitions that are named.
const PARTITIONS: usize = 6;

/// The note beside the title.
const NOTE: &str = text!("none of it written yet");

/// A title that says where something is written, where that is a protected profile.
pub(super) fn placed(is_protected: bool, title: String) -> String {
    if is_protected { tr!("PRODUCTION: %{title}", title = title).into_owned() } else { title }
}

impl Batch {
    pub(super) fn draw_batch(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let outer = area;
        let area = centred(buffer, area, 112, area.height);
        let kept: Vec<&Preview> = self.approval.items.iter().filter(|item| !self.part.is_out(item.n)).collect();
        // With everything taken out, the batch is still of somewhere.
        let all = || self.approval.items.iter().collect();
        let ends = ends(&if kept.is_empty() { all() } else { kept });
        let title = tr!("Batch %{batch}: %{ends}", batch = self.approval.batch, ends = ends);
        let title = placed(app.profile.protected, title.into_owned());
        let note = translated(NOTE);
        // Half a note says nothing.
        let is_room = text::width(&title) + text::width(&note) + 8 <= usize::from(area.width);
        let inner = framed(buffer, area, Frame::Write, &title, if is_room { &note } else { "" }, theme);
        self.draw_left(app, buffer, area);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        let keys = decisions(app, room);
        let below = u16::try_from(keys.len()).unwrap_or(1);
        // Few items leave the facts more room.
        let free = usize::from(inner.height.saturating_sub(below));
        let most = free.saturating_sub(self.approval.items.len().min(free.div_ceil(2))).max(1);
        let key = app.key_of(Context::Batch, Action::Summary);
        let head = cut(facts_in(&self.facts(app, room), room), most, &key);
        let top = u16::try_from(head.len()).unwrap_or(0);
        draw_lines(buffer, inner, &head, theme);
        let body = Rect { y: inner.y + top, height: inner.height.saturating_sub(top + below), ..inner };
        let items = &self.approval.items;
        let place = Place { frame: area, lines: body };
        let part = &self.part;
        draw_list(buffer, place, &mut self.scroll, items.len(), theme, |i| {
            let item = items.get(i)?;
            Some(if part.is_out(item.n) { line_out(item, room) } else { line(item, room) })
        });
        let foot = Rect { y: body.bottom(), height: inner.bottom() - body.bottom(), ..inner };
        draw_lines(buffer, foot, &keys, theme);
        self.confirm.as_ref().and_then(|confirm| confirm.draw(app, buffer, outer))
    }

    /// Items that are asked for after the batch.
    fn later(&self) -> u64 {
        self.approval.rest.saturating_sub(self.approval.items.len() as u64)
    }

    /// Writes into the frame what is left after the batch, and what is held back.
    fn draw_left(&self, app: &App, buffer: &mut Buffer, area: Rect) {
        let approval = &self.approval;
        let mut words = match self.later() {
            0 => tr!("nothing is left after it").into_owned(),
            n => format::plural(n, text!("%{n} item left after it"), text!("%{n} items left after it")),
        };
        if approval.held_back.1 > 0 {
            words.push_str(comma());
            words.push_str(&tr!("%{n} held back", n = format::count(approval.held_back.1)));
        }
        let line = Rich::of(Role::Strong, &format!(" {words} "));
        let width = u16::try_from(line.width()).unwrap_or(0).min(area.width.saturating_sub(2));
        let place =
            Rect { x: area.right().saturating_sub(width + 1), y: area.bottom().saturating_sub(1), width, height: 1 };
        draw_line(buffer, place, &line, 0, &app.theme, Style::default());
    }

    /// All that is known of the batch as a whole, what matters most first; `room` is that of a line.
    pub(super) fn facts(&self, app: &App, room: usize) -> Vec<(Role, String)> {
        let approval = &self.approval;
        let kept: Vec<&Preview> = approval.items.iter().filter(|item| !self.part.is_out(item.n)).collect();
        let mut facts = vec![(Role::Strong, self.sums(&kept))];
        if approval.canary {
            let is_all = self.later() == 0 && approval.held_back.1 == 0;
            let (one, many) = match is_all {
                true => (
                    text!("CANARY: %{n} item, and none after it. Look before you approve."),
                    text!("CANARY: %{n} items, and none after them. Look before you approve."),
                ),
                false => (
                    text!("CANARY: %{n} item to begin with, few on purpose. Look before you approve."),
                    text!("CANARY: %{n} items to begin with, few on purpose. Look before you approve."),
                ),
            };
            facts.push((Role::Production, format::plural(kept.len() as u64, one, many)));
        }
        match approval.canary_is_clean {
            Some(true) => facts.push((Role::Ok, tr!("canary: every approved item is done or equal").into_owned())),
            Some(false) => {
                let words = tr!("The canary was NOT clean: the log says which of its items were not written.");
                facts.push((Role::Error, format!("! {words}")));
            }
            None => {}
        }
        if let Some(last) = approval.earlier.last() {
            let what = approved::words(last, &local_minutes(&last.at, &app.zone));
            let words = tr!("Resumed: %{what}. The earlier approval counts no more.", what = what);
            facts.push((Role::Text, words.into_owned()));
        }
        if approval.held {
            facts.push((Role::Warning, tr!("It was held before.").into_owned()));
        }
        for (level, words) in &approval.notes {
            let (mark, role) = if *level == Level::Info { ("", Role::Text) } else { ("! ", Role::Warning) };
            facts.push((role, format!("{mark}{words}")));
        }
        facts.push(self.rehearsed(app, room));
        let name = app.run.as_ref().map(|r| r.what()).unwrap_or_default();
        let digest = short(&self.part.shown_digest(approval));
        let run = tr!("run %{run}, digest %{digest}", run = approval.run, digest = digest);
        facts.push((Role::Dim, format!("{name}{run}")));
        facts.extend(partitions(&kept));
        facts.extend(self.standing_out());
        facts
    }

    /// Items, what happens to them, and what that costs.
    fn sums(&self, kept: &[&Preview]) -> String {
        let all = self.approval.items.len();
        let mut items = format::plural(all as u64, text!("%{n} item"), text!("%{n} items"));
        if kept.len() < all {
            let (kept, out) = (format::len(kept.len()), format::count(self.part.count()));
            items = tr!("%{kept} of %{items}, %{out} taken out", kept = kept, items = items, out = out).into_owned();
        }
        let units: u64 = kept.iter().map(|i| i.write_units).sum();
        let objects: u64 = kept.iter().map(|i| i.s3_objects).sum();
        let mut parts = vec![items, actions(kept)];
        // Users cost calls and no units.
        if units > 0 {
            parts.push(tr!("%{n} write units at most", n = format::count(units)).into_owned());
        }
        if objects > 0 {
            parts.push(format::plural(objects, text!("%{n} S3 object"), text!("%{n} S3 objects")));
        }
        parts.retain(|part| !part.is_empty());
        parts.join(" · ")
    }

    /// The plan's rehearsal, with the way to one where there is none and room for it.
    fn rehearsed(&self, app: &App, room: usize) -> (Role, String) {
        let known = self.approval.rehearsal.as_deref();
        let role = match known {
            None => Role::Dim,
            Some(known) if known.rehearsal.is_clean() && !known.is_changed => Role::Ok,
            Some(_) => Role::Warning,
        };
        let words = rehearsed::words(known, app.now);
        let fuller = tr!("%{words} (:rehearse in the preview tries the plan on a copy)", words = words);
        let is_fuller = known.is_none() && text::width(&fuller) <= room;
        (role, if is_fuller { fuller.into_owned() } else { words })
    }

    /// Items that stand out.
    fn standing_out(&self) -> Vec<(Role, String)> {
        let key = |at: usize| self.approval.items.get(at).map(|i| i.source.sk.to_string()).unwrap_or_default();
        let (mut facts, mut words) = (Vec::new(), Vec::new());
        if let Some((at, bytes)) = self.outliers.largest {
            words.push(tr!("largest %{key} (%{n} bytes)", key = key(at), n = format::len(bytes)).into_owned());
        }
        if let Some((at, fields)) = self.outliers.most_changed {
            let fields = format::plural(fields as u64, text!("%{n} changed field"), text!("%{n} changed fields"));
            words.push(tr!("most changed %{key} (%{fields})", key = key(at), fields = fields).into_owned());
        }
        if !words.is_empty() {
            facts.push((Role::Text, words.join(" · ")));
        }
        if self.outliers.warned > 0 {
            let warned = self.outliers.warned as u64;
            let words = format::plural(warned, text!("%{n} item has a warning"), text!("%{n} items have warnings"));
            facts.push((Role::Warning, format!("! {words}")));
        }
        facts
    }
}

/// The partitions that are written to, where the title only counts them.
fn partitions(items: &[&Preview]) -> Option<(Role, String)> {
    let own =
        |item: &&Preview| if item.only_source { item.source.pk.to_string() } else { item.entity.key.pk.to_string() };
    let all: BTreeSet<String> = items.iter().map(own).collect();
    if all.len() < 2 {
        return None;
    }
    let names = listed(all.iter().take(PARTITIONS));
    let words = match all.len().saturating_sub(PARTITIONS) {
        0 => tr!("partitions: %{names}", names = names),
        more => tr!("partitions: %{names} and %{n} more", names = names, n = format::len(more)),
    };
    Some((Role::Text, words.into_owned()))
}

/// `4 create, 1 update`.
fn actions(items: &[&Preview]) -> String {
    let mut counts: Vec<(crate::domain::run::Action, u64)> = Vec::new();
    for item in items {
        match counts.iter_mut().find(|(action, _)| *action == item.action) {
            Some((_, n)) => *n += 1,
            None => counts.push((item.action, 1)),
        }
    }
    listed(counts.iter().map(|(action, n)| format!("{} {action}", format::count(*n))))
}

/// Where the items come from and where they go to: partitions, or how many of them.
fn ends(items: &[&Preview]) -> String {
    let side = |pks: BTreeSet<&str>| match pks.len() {
        1 => pks.into_iter().collect::<String>(),
        n => tr!("%{n} partitions", n = format::len(n)).into_owned(),
    };
    let source = side(items.iter().map(|item| item.source.pk.as_str()).collect());
    let target = side(items.iter().map(|item| item.entity.key.pk.as_str()).collect());
    let is_in_place = items.iter().all(|item| item.source.pk == item.entity.key.pk);
    let is_back = items.iter().all(|item| item.wrote.is_some());
    let is_copy = items.iter().all(|item| item.source_versions.0 == Version(0));
    match (is_in_place, is_back) {
        (true, _) => target,
        (false, false) => format!("{source} → {target}"),
        (false, true) if is_copy => listed([target, tr!("taken back").into_owned()]),
        (false, true) => listed([format!("{target} → {source}"), tr!("taken back").into_owned()]),
    }
}

/// An item that is taken out.
fn line_out(item: &Preview, room: usize) -> Rich {
    let tail = format!("  {}", tr!("taken out, skipped"));
    let key = text::fit(&subject::of_preview(item).0, room.saturating_sub(8 + text::width(&tail)).max(12));
    Rich::of(Role::Warning, &text::fit(&tr!("OUT"), 8)).with(Role::Dim, &key).with(Role::Dim, &tail)
}

fn line(item: &Preview, room: usize) -> Rich {
    let mut line = Rich::of(action_role(item.action), &text::fit(item.action.as_str(), 8));
    let changes = match item.before {
        Some(_) => format::plural(item.changes.len() as u64, text!("%{n} change"), text!("%{n} changes")),
        None => tr!("new").into_owned(),
    };
    let (key, versions) = subject::of_preview(item);
    let tail = format!("{versions}  {changes}{}", subject::line(item.line));
    let warnings = if item.warnings.is_empty() { String::new() } else { format!("  ! {}", listed(&item.warnings)) };
    let left = room.saturating_sub(line.width() + text::width(&tail) + text::width(&warnings)).max(12);
    push_named(&mut line, &key, subject::name(item), left);
    line.push(Role::Dim, &tail);
    line.push(Role::Warning, &warnings);
    line
}

/// The decisions, in as many lines as they need.
fn decisions(app: &App, room: usize) -> Vec<Rich> {
    let mut lines = vec![Rich::default()];
    for (key, what) in Hints::of(&app.keymap, Context::Batch, &DECISIONS).iter() {
        let hint = Rich::of(Role::Key, &format!("{key} ")).with(Role::Text, &format!("{what}   "));
        if lines.last().is_some_and(|l| l.width() > 0 && l.width() + hint.width() > room + 3) {
            lines.push(Rich::default());
        }
        if let Some(line) = lines.last_mut() {
            line.append(&hint);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::Action as Does;
    use crate::tui::tests::made;

    #[test]
    fn a_run_that_is_taken_back_goes_the_other_way() {
        let onward = made(1, "PRODUCT#globex");
        let mut copied = onward.clone();
        (copied.action, copied.wrote) = (Does::Delete, copied.after.clone());
        copied.source_versions = (Version(0), Version(0));
        let mut moved = copied.clone();
        moved.source_versions = (Version(2), Version(3));
        assert_eq!(ends(&[&onward]), "PRODUCT#acme → PRODUCT#globex");
        assert_eq!(ends(&[&copied]), "PRODUCT#globex, taken back");
        assert_eq!(ends(&[&copied, &moved]), "PRODUCT#globex → PRODUCT#acme, taken back");
    }
}
