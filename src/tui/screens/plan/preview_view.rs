//! The preview as it is drawn: what it comes to, the items, and the selected one's differences.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::form::Form;
use super::preview::PlanPreview;
use crate::domain::publish::PublishMode;
use crate::domain::run::{Action, Outcome, Reason};
use crate::engine::protocol::{ItemResult, PlanSummary};
use crate::language::{comma, listed, spoken};
use crate::tui::actions::Action as Do;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::pane::Pane;
use crate::tui::parts::draw_text;
use crate::tui::parts::hits;
use crate::tui::parts::popup::{Frame, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::draw_scrollbar;
use crate::tui::parts::{Rich, Scroll, draw_line, draw_lines};
use crate::tui::screens::items::{Items, Which};
use crate::tui::screens::plan::summary::cut;
use crate::tui::theme::Role;
use crate::tui::{format, subject, text};

/// Lines that the items get at least, with their heading and what is shown of one, where the window allows it.
const LISTED: u16 = 8;
/// Cells of a name at least, beside its key.
const NAME: usize = 8;

/// Draws the pane.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let theme = app.theme.clone();
    let focused = app.focus == Pane::Plan && app.stack.is_empty();
    let mut preview = app.plan.preview.take()?;
    let form = || app.plan.form.as_ref().map(Form::title).unwrap_or_default();
    let name = preview.own.as_ref().map_or_else(form, |plan| plan.name.clone());
    let (title, note) = (tr!("3 Preview: %{name}", name = name), tr!("nothing is written by this"));
    let inner = framed(buffer, area, Frame::Pane { focused }, &title, &note, &theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let room = usize::from(inner.width).max(4);
    let most = usize::from((inner.height / 2).max(inner.height.saturating_sub(LISTED))).max(1);
    let above = cut(head(app, &preview, room), most, &app.key_of(Context::Preview, Do::Summary));
    let top = u16::try_from(above.len()).unwrap_or(0);
    for (y, line) in (inner.y..inner.bottom()).zip(&above) {
        draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, &theme, Style::default());
    }
    let mut body = Rect { y: inner.y + top, height: inner.height.saturating_sub(top), ..inner };
    let mut cursor = None;
    if preview.filter.shown() && body.height > 2 {
        cursor = preview.filter.draw(buffer, Rect { height: 1, ..body }, &theme);
        body = Rect { y: body.y + 1, height: body.height - 1, ..body };
    }
    if let Some(items) = &mut preview.items {
        draw_items(app, items, buffer, area, body, focused);
    }
    app.plan.preview = Some(preview);
    cursor.filter(|_| focused)
}

/// Result of the preview, problems first.
pub(super) fn head(app: &App, preview: &PlanPreview, room: usize) -> Vec<Rich> {
    let mut lines = Vec::new();
    if preview.own.is_none() && app.plan.form.as_ref().is_some_and(|f| f.revision != preview.revision) {
        lines.extend(problem::notice(
            &tr!("! OLD: the plan was changed since. p previews it again."),
            Role::Warning,
            room,
        ));
    }
    let again = app.key_of(Context::Preview, Do::PreviewPlan);
    lines.extend(problem::before_run(preview.job.before, &again, room));
    if preview.job.running {
        let found = format::plural(preview.found, text!("%{n} item"), text!("%{n} items"));
        let words = tr!("finding out what it would do: %{items} so far (x stops)", items = found);
        lines.extend(problem::notice(&words, Role::Text, room));
    }
    if let Some(failure) = &preview.job.problem {
        lines.extend(problem::lines(failure, room));
    } else if preview.job.cancelled && preview.summary.is_none() {
        lines.extend(problem::notice(&tr!("stopped before it was complete; p begins anew"), Role::Warning, room));
    }
    if let Some(summary) = &preview.summary {
        let mut sums = sums(summary, room);
        // Advice stands right below the line that it is about.
        let at = sums.len().min(1);
        sums.splice(at..at, ways_on(app, preview, summary, room));
        lines.extend(sums);
    }
    lines
}

/// Where to decide, and where to read on.
fn ways_on(app: &App, preview: &PlanPreview, summary: &PlanSummary, room: usize) -> Vec<Rich> {
    let key = |action| app.keymap.key(Context::Preview, action).map(|k| k.to_string()).unwrap_or_default();
    let mut ways = Vec::new();
    let colliding = summary.reasons.iter().find(|(r, _)| *r == Reason::Collision).map_or(0, |(_, n)| *n);
    if colliding > 0 {
        let rows = format::plural(
            colliding,
            text!("%{n} row wants a key that others want"),
            text!("%{n} rows want keys that others want"),
        );
        ways.push(tr!("%{rows}: %{key} decides", rows = rows, key = key(Do::Collisions)));
    }
    if !preview.findings.is_empty() {
        let found = format::plural(preview.findings.total(), text!("%{n} finding"), text!("%{n} findings"));
        ways.push(tr!("%{findings}: %{key} lists them", findings = found, key = key(Do::Findings)));
    }
    ways.iter().flat_map(|words| problem::notice(&format!("! {words}"), Role::Warning, room)).collect()
}

/// Counts by action, and what they would cost.
pub(crate) fn sums(summary: &PlanSummary, room: usize) -> Vec<Rich> {
    const ORDER: [Action; 8] = [
        Action::Conflict,
        Action::Invalid,
        Action::Create,
        Action::Update,
        Action::Restore,
        Action::Delete,
        Action::Equal,
        Action::Skip,
    ];
    let count = |action: Action| summary.actions.iter().find(|(a, _)| *a == action).map_or(0, |(_, n)| *n);
    let mut line = Rich::default();
    for action in ORDER.into_iter().filter(|a| count(*a) > 0) {
        if line.width() > 0 {
            line.push(Role::Dim, " · ");
        }
        line.push(action_role(action), &format!("{action} {}", format::count(count(action))));
    }
    if line.width() == 0 {
        line.push(Role::Warning, &tr!("no item at all: nothing fits the plan's source"));
    }
    let mut out = line.wrapped(room);
    let reasons: Vec<String> = summary.reasons.iter().map(|(r, n)| format!("{r} {}", format::count(*n))).collect();
    if !reasons.is_empty() {
        let words = tr!("because: %{reasons}", reasons = listed(reasons));
        out.extend(problem::notice(&words, Role::Dim, room));
    }
    let blast = &summary.blast;
    if blast.requests > 0 {
        let requests = format::plural(blast.requests, text!("%{n} request"), text!("%{n} requests"));
        // Items written without a unit are in no table.
        let mut parts = if blast.write_units > 0.0 {
            let entities = format::plural(blast.entities, text!("%{n} entity"), text!("%{n} entities"));
            let tenants = format::plural(blast.tenants, text!("%{n} tenant"), text!("%{n} tenants"));
            let writes = tr!(
                "writes %{entities} of %{tenants} in %{requests}",
                entities = entities,
                tenants = tenants,
                requests = requests
            );
            vec![writes, tr!("%{n} write units at most", n = format::units(blast.write_units))]
        } else {
            let users = format::plural(blast.entities, text!("%{n} user"), text!("%{n} users"));
            vec![tr!("changes %{users} in %{requests}", users = users, requests = requests)]
        };
        if blast.s3_objects > 0 {
            parts.push(format::plural(blast.s3_objects, text!("%{n} S3 object"), text!("%{n} S3 objects")).into());
        }
        if summary.publish == PublishMode::Async {
            let runs = (text!("%{n} Step Functions run"), text!("%{n} Step Functions runs"));
            parts.push(format::plural(blast.step_functions, runs.0, runs.1).into());
        }
        parts.push(tr!("%{time} or more", time = duration(blast.seconds)));
        out.extend(problem::notice(&parts.join(" · "), Role::Text, room));
    }
    let found = tr!(
        "%{n} read units to find out · digest %{digest}",
        n = format::units(blast.read_units),
        digest = short(&summary.digest)
    );
    out.extend(problem::notice(&found, Role::Dim, room));
    if !summary.violated.is_empty() {
        let (uncounted, counted): (Vec<_>, Vec<_>) = summary.violated.iter().partition(|rule| rule.is_more());
        let (one, many) = match uncounted.is_empty() {
            true => (
                text!("checked: %{n} rule is not held by every item; i lists them"),
                text!("checked: %{n} rules are not held by every item; i lists them"),
            ),
            false => (
                text!("checked: %{n} rule and more are not held by every item; i lists them"),
                text!("checked: %{n} rules and more are not held by every item; i lists them"),
            ),
        };
        let words = format::plural(counted.len() as u64, one, many);
        out.extend(problem::notice(&words, Role::Error, room));
    }
    for note in &summary.notes {
        out.extend(problem::notice(&tr!("note: %{note}", note = spoken(note)), Role::Warning, room));
    }
    out
}

/// The beginning of a digest.
pub(crate) fn short(digest: &str) -> String {
    digest.chars().take(16).collect()
}

/// Seconds as people say them; nothing is quicker than a second.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.max(1.0).ceil() as u64;
    match whole {
        0..120 => tr!("%{n} s", n = whole),
        120..7_200 => tr!("%{n} min", n = whole.div_ceil(60)),
        _ => tr!("%{hours} h %{minutes} min", hours = whole / 3_600, minutes = whole % 3_600 / 60),
    }
    .into_owned()
}

pub(crate) fn action_role(action: Action) -> Role {
    match action {
        Action::Conflict | Action::Invalid => Role::Error,
        Action::Create | Action::Restore => Role::Added,
        Action::Update => Role::Changed,
        Action::Delete => Role::Removed,
        Action::Equal | Action::Skip => Role::Dim,
    }
}

/// The list, and below it what is shown of the selected item.
pub(crate) fn draw_items(app: &App, items: &mut Items, buffer: &mut Buffer, frame: Rect, area: Rect, focused: bool) {
    let theme = &app.theme;
    if area.height < 2 {
        return;
    }
    let room = usize::from(area.width).max(4);
    let (at, len) = (items.list.scroll.cursor + 1, items.len());
    let which =
        if items.which() == Which::All { String::new() } else { format!("{}{}", comma(), items.which().word()) };
    let heading = match items.list.total {
        None => tr!("Items: reading…").into_owned(),
        Some(0) => format!("{}{which}", tr!("Items: none")),
        Some(total) => {
            let place = tr!("Items %{at}/%{all}", at = format::len(at.min(len)), all = format::count(total));
            format!("{place}{which}")
        }
    };
    draw_line(buffer, Rect { height: 1, ..area }, &Rich::of(Role::Heading, &heading), 0, theme, Style::default());
    let rest = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if let Some(failure) = &items.problem {
        let lines = problem::lines(failure, room);
        return draw_text(buffer, frame, rest, &lines, &mut Scroll::default(), theme);
    }
    if items.list.total == Some(0) && !items.text().is_empty() {
        // Names stand in the rows and messages are recorded in English: neither is said to be absent without a look.
        let words = tr!("keys, reasons and messages are searched; names are not");
        return draw_lines(buffer, rest, &problem::notice(&words, Role::Dim, room), theme);
    }
    let listed = u16::try_from(len).unwrap_or(u16::MAX).min(rest.height.div_ceil(2).max(1));
    let list = Rect { height: listed, ..rest };
    let shown = items.window(usize::from(listed));
    hits::list(list, &shown, items.list.scroll.cursor);
    for (y, i) in (list.y..list.bottom()).zip(shown.clone()) {
        let row = Rect { y, height: 1, ..list };
        let over = match (i == items.list.scroll.cursor, focused) {
            (true, true) => theme.style(Role::Selected),
            (true, false) => theme.style(Role::SelectedFar),
            _ => Style::default(),
        };
        buffer.set_style(row, over);
        let line = items.list.get(i).map_or_else(|| Rich::of(Role::Dim, "…"), |item| line(item, room));
        draw_line(buffer, row, &line, 0, theme, over);
    }
    // Each scrollbar on the border beside its lines: inside, it would cover their last cells.
    let beside = |rows: Rect| Rect { y: rows.y.saturating_sub(1), height: rows.height + 2, ..frame };
    draw_scrollbar(buffer, beside(list), &shown, len, theme);
    let detail = Rect { y: list.bottom(), height: rest.height - listed, ..rest };
    if detail.height < 2 || len == 0 {
        return;
    }
    draw_line(
        buffer,
        Rect { height: 1, ..detail },
        &Rich::of(Role::Dim, &"─".repeat(room)),
        0,
        theme,
        Style::default(),
    );
    let text = Rect { y: detail.y + 1, height: detail.height - 1, ..detail };
    let scroll = items.detail.clone();
    let mut scroll = scroll;
    match items.described() {
        Some(described) => draw_text(buffer, beside(text), text, described.lines(room), &mut scroll, theme),
        None => draw_line(buffer, text, &Rich::of(Role::Dim, &tr!("reading…")), 0, theme, Style::default()),
    }
    items.detail = scroll;
}

/// An item in one line: what becomes of it or became, which, and why.
pub(crate) fn line(item: &ItemResult, room: usize) -> Rich {
    let (role, word) = match item.outcome {
        Some(outcome) => (outcome_role(outcome), outcome.as_str()),
        None => (action_role(item.action), item.action.as_str()),
    };
    let mut line = Rich::of(role, &text::cell(word, 9));
    if !item.warnings.is_empty() {
        line.push(Role::Warning, "! ");
    }
    let (key, versions) = subject::of_item(item);
    let versions = format!("{versions}{}", subject::line(item.line));
    let why = item.reason.map(|r| format!(" {r}")).unwrap_or_default();
    let tail = text::width(&versions) + text::width(&why);
    let left = room.saturating_sub(line.width() + tail).max(12);
    push_named(&mut line, &key, item.name.as_deref(), left);
    line.push(Role::Dim, &versions);
    line.push(role, &why);
    line
}

/// Adds a key in so many cells, and behind it the name that it goes with, where there is room.
pub(crate) fn push_named(line: &mut Rich, key: &str, name: Option<&str>, room: usize) {
    let beside = room.saturating_sub(text::width(key) + 2);
    match name.filter(|_| beside >= NAME) {
        Some(name) => {
            line.push(Role::Text, &format!("{key}  "));
            line.push(Role::Dim, &text::fit(name, beside));
        }
        None => line.push(Role::Text, &text::fit(key, room)),
    }
}

pub(crate) fn outcome_role(outcome: Outcome) -> Role {
    match outcome {
        Outcome::Done => Role::Ok,
        Outcome::Equal | Outcome::Skipped => Role::Dim,
        Outcome::Conflict | Outcome::Invalid | Outcome::Held => Role::Warning,
        Outcome::Failed => Role::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up() {
        assert_eq!(
            [0.0, 0.2, 1.1, 119.0, 121.0, 7_500.0].map(duration),
            ["1 s", "1 s", "2 s", "119 s", "3 min", "2 h 5 min"]
        );
    }
}
