use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{VerificationBox, compared};
use crate::domain::finding::FindingKind;
use crate::engine::protocol::{Finding, Severity};
use crate::language::{listed, spoken};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::Filter;
use crate::tui::parts::filter::draw_above;
use crate::tui::parts::hits;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::{Hints, Place, Rich, Scroll, draw_line, draw_list, draw_text};
use crate::tui::screens::history::changes;
use crate::tui::screens::verification::compared::{Compared, Judged, Verification};
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Width of the column that says what was found, where there is room for a wide one.
const WHAT: usize = 24;
const NARROW: usize = 17;

pub(super) fn draw(shown: &mut VerificationBox, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let theme = &app.theme;
    let area = centred(buffer, area, 116, area.height.saturating_sub(1));
    let Some(verification) = compared(app, shown.of) else {
        let inner = framed(buffer, area, Frame::Dialog, &tr!("Verify"), "", theme);
        foot(buffer, area, &Hints::of(&app.keymap, Context::Verification, &[(Action::Back, text!("back"))]), theme);
        let words = [Rich::of(Role::Dim, &format!(" {}", tr!("another comparison was begun since")))];
        draw_text(buffer, area, inner, &words, &mut Scroll::default(), theme);
        return None;
    };
    shown.arrange(verification);
    let len = shown.shown.len();
    let at = format!("{}/{}", format::len((shown.scroll.cursor + 1).min(len)), format::len(len));
    let title = match &verification.of {
        Compared::Plan(plan, _) => tr!("Verify: %{name}", name = plan.name),
        Compared::Run(run) => tr!("Verify run %{run}", run = run),
    };
    let inner = framed(buffer, area, Frame::Dialog, &title, &at, theme);
    let hints = hints(verification, area.width);
    foot(buffer, area, &Hints::of(&app.keymap, Context::Verification, &hints), theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    if inner.height < 3 {
        return None;
    }
    let room = usize::from(inner.width).max(4);
    let mut above = progress(app, verification, room);
    above.extend(counts(shown, verification));
    let (body, cursor) = draw_above(buffer, inner, above, &shown.filter, theme);
    let selected = shown.shown.get(shown.scroll.cursor).copied();
    let half = body.height / 2;
    let list = if selected.is_some() { Rect { height: body.height - half, ..body } } else { body };
    if shown.shown.is_empty() && !verification.findings.is_empty() {
        draw_line(buffer, list, &Rich::of(Role::Dim, &tr!("none like that")), 0, theme, Style::default());
    }
    // No more lines than there are entities: what differs gets the rest.
    let wanted = u16::try_from(len).unwrap_or(u16::MAX).clamp(1, list.height.max(1));
    let list = if selected.is_some() { Rect { height: wanted.min(list.height), ..list } } else { list };
    let what = if room >= 90 { WHAT } else { NARROW };
    let places = &shown.shown;
    let row = |i: usize| {
        let entity = verification.entities().get(*places.get(i)?)?;
        Some(line(verification, entity, what))
    };
    draw_list(buffer, Place { frame: area, lines: list }, &mut shown.scroll, len, theme, row);
    let entity = selected.and_then(|i| Some((i, verification.entities().get(i)?)));
    if let Some((i, entity)) = entity {
        let below = Rect { y: list.bottom(), height: body.bottom() - list.bottom(), ..body };
        detail(shown, verification, (i, entity), room);
        draw_detail(shown, app, buffer, below);
    }
    cursor
}

fn draw_detail(shown: &mut VerificationBox, app: &App, buffer: &mut Buffer, area: Rect) {
    let Some(head) = shown.detail.first().cloned().filter(|_| area.height > 0) else { return };
    draw_line(buffer, Rect { height: 1, ..area }, &head, 0, &app.theme, Style::default());
    let area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let window = shown.below.text_window(shown.detail.len() - 1, usize::from(area.height));
    hits::text(area, &window);
    let more = shown.detail.len() - 1 - window.end;
    for (y, i) in (area.y..area.bottom()).zip(window) {
        let Some(line) = shown.detail.get(i + 1) else { break };
        draw_line(buffer, Rect { y, height: 1, ..area }, line, 0, &app.theme, Style::default());
    }
    if more > 0 && area.height > 0 {
        let lines = format::plural(more as u64, text!("%{n} line"), text!("%{n} lines"));
        let words = format!(" {} ", tr!("%{lines} more, Ctrl-D", lines = lines));
        let width = u16::try_from(text::width(&words)).unwrap_or(0).min(area.width);
        let place = Rect { x: area.right() - width, y: area.y - 1, width, height: 1 };
        draw_line(buffer, place, &Rich::of(Role::Dim, &words), 0, &app.theme, Style::default());
    }
}

fn hints(verification: &Verification, width: u16) -> Vec<(Action, &'static str)> {
    let mut hints = match verification.findings.is_empty() {
        true => vec![],
        false => vec![(Action::Open, text!("open")), (Action::Kind, text!("kind")), (Action::Filter, text!("text"))],
    };
    if verification.job.running {
        hints.push((Action::Cancel, text!("stop")));
    } else if verification.is_resumable() {
        hints.push((Action::Resume, text!("resume")));
    }
    if !verification.job.running {
        hints.push((Action::Reload, text!("again")));
    }
    hints.push((Action::Back, text!("back")));
    if width >= 70 {
        hints.push((Action::ShowCommand, text!("command")));
    }
    hints
}

/// How far it is, and what is to be known about it.
fn progress(app: &App, verification: &Verification, room: usize) -> Vec<Rich> {
    let entities = format::plural(verification.looked, text!("%{n} entity"), text!("%{n} entities"));
    let nothing = verification.findings.total() == 0;
    let (role, words) = if verification.job.running {
        let words = match nothing {
            true => tr!("comparing… %{entities} so far, nothing found; x stops", entities = entities),
            false => tr!("comparing… %{entities} so far; x stops", entities = entities),
        };
        (Role::Text, words)
    } else if !verification.is_complete() {
        let words = match verification.is_resumable() {
            true => tr!("stopped at %{entities}: not all was compared; c resumes it", entities = entities),
            false => tr!("stopped at %{entities}: not all was compared", entities = entities),
        };
        (Role::Warning, words)
    } else {
        let age = verification.job.ended.map(|at| format::age(at, app.now));
        let compared = || match &age {
            Some(age) => tr!("%{entities} compared %{age}", entities = entities, age = age),
            None => tr!("%{entities} compared", entities = entities),
        };
        let read_back = || match &age {
            Some(age) => tr!("%{entities} read back %{age}", entities = entities, age = age),
            None => tr!("%{entities} read back", entities = entities),
        };
        match (&verification.of, nothing, verification.looked) {
            (Compared::Plan(..), true, 0) => {
                (Role::Warning, tr!("nothing to compare: neither side has such an entity"))
            }
            (Compared::Run(_), true, 0) => (Role::Warning, tr!("nothing to compare: the run wrote no entity")),
            (Compared::Plan(..), true, _) => {
                (Role::Ok, tr!("all equal: %{compared}, both sides agree", compared = compared()))
            }
            (Compared::Run(_), true, _) => {
                (Role::Ok, tr!("no difference: %{read}; each is, or was, as the run wrote it", read = read_back()))
            }
            (_, false, _) => (Role::Text, compared()),
        }
    };
    let mut lines = problem::notice(&words, role, room);
    let again = app.key_of(Context::Verification, Action::Reload);
    lines.extend(problem::before_run(verification.job.before, &again, room));
    lines.extend(verification.job.problem.iter().flat_map(|failure| problem::lines(failure, room)));
    for note in &verification.notes {
        lines.extend(problem::notice(note, Role::Warning, room));
    }
    lines
}

/// How many of each kind there are, and which are shown.
fn counts(shown: &VerificationBox, verification: &Verification) -> Option<Rich> {
    if verification.findings.total() == 0 {
        return None;
    }
    let mut line = Rich::default();
    for (kind, n) in verification.kinds() {
        line.push(role(*kind), &format!("{kind} {}  ", format::count(*n)));
    }
    if let Some(kind) = shown.kind {
        line.push(Role::Match, &format!("{}  ", tr!("only %{kind}", kind = kind)));
    }
    let kept = verification.findings.kept().len() as u64;
    if verification.findings.total() > kept {
        let words = tr!("! the first %{n} are listed; Y lists all", n = format::count(kept));
        line.push(Role::Warning, &words);
    }
    Some(line)
}

fn role(kind: FindingKind) -> Role {
    if kind == FindingKind::Ttl { Role::Warning } else { Role::Error }
}

/// An entity in one line, its severity also without colours.
fn line(verification: &Verification, entity: &Judged, what: usize) -> Rich {
    let (sign, role) = match entity.severity {
        Severity::Error => ("! ", Role::Error),
        Severity::Warning => ("~ ", Role::Warning),
        Severity::Note => ("  ", Role::Text),
    };
    let about = verification.about(entity);
    let mut kinds: Vec<(FindingKind, usize)> = Vec::new();
    for finding in about {
        match kinds.iter_mut().find(|(kind, _)| *kind == finding.kind) {
            Some((_, n)) => *n += 1,
            None => kinds.push((finding.kind, 1)),
        }
    }
    let word = |(kind, n): &(FindingKind, usize)| if *n > 1 { format!("{kind} {n}") } else { kind.to_string() };
    let kinds = listed(kinds.iter().map(word));
    let key = about.first().map(|f| f.entity.key.to_string()).unwrap_or_default();
    let paths: Vec<&str> = about.iter().filter_map(|f| f.path.as_deref()).collect();
    Rich::of(role, sign)
        .with(role, &text::fit(&kinds, what))
        .with(Role::Text, &format!(" {key}"))
        .with(Role::Path, &format!("  {}", paths.join(" ")))
}

/// All that was found about an entity, below a heading.
fn detail(shown: &mut VerificationBox, verification: &Verification, (i, entity): (usize, &Judged), room: usize) {
    let about = verification.about(entity);
    let of = Some((i, about.len(), room));
    if shown.detail_of == of {
        return;
    }
    shown.detail_of = of;
    shown.below = Scroll::default();
    let key = about.first().map(|f| f.entity.key.to_string()).unwrap_or_default();
    let compared = about.iter().any(|f| f.change.is_some());
    let heading = if compared { format!("{} ", tr!("what should be → what is:")) } else { String::new() };
    let mut head = Rich::of(Role::BorderFocus, "──").with(Role::Strong, &format!(" {heading}{key} "));
    let rest = room.saturating_sub(head.width());
    head.push(Role::BorderFocus, &"─".repeat(rest));
    shown.detail = vec![head];
    for finding in about {
        shown.detail.extend(lines(finding, room));
    }
}

fn lines(finding: &Finding, room: usize) -> Vec<Rich> {
    match &finding.change {
        Some(change) => changes::document(std::slice::from_ref(change)).arranged(&Filter::default(), Some(room)),
        None => {
            let path = finding
                .path
                .as_deref()
                .filter(|p| *p != finding.kind.as_str())
                .map(|p| format!("{p}: "))
                .unwrap_or_default();
            problem::notice(&format!("{}: {path}{}", finding.kind, spoken(&finding.message)), role(finding.kind), room)
        }
    }
}
