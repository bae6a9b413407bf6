//! Findings of a preview beside its items, or of the doctor: filtered, and each one's entity a key away.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

mod commands;
pub(crate) mod doctor;
pub(crate) mod found;
mod lines;

use self::doctor::Doctor;
use self::found::Findings;
use self::lines::{line, progress, whole};
use super::command::CommandBox;
use crate::domain::finding::FindingKind;
use crate::domain::plan::NamedEntity;
use crate::domain::tenant::tenant_of;
use crate::engine::protocol::{Finding, RequestId, Severity};
use crate::language::{listed, spoken};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::Filter;
use crate::tui::parts::filter::draw_above;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Place, Rich, Scroll, draw_line, draw_lines, draw_list, draw_text, rule_of_part};
use crate::tui::screen::{Flow, Press, Scope, Screen};
use crate::tui::screens::history::CameFrom;
use crate::tui::theme::Role;

/// Lines that the list keeps where the whole of a finding needs many.
const LISTED: u16 = 3;

/// The list as it is looked at; what was found stays where it was found.
#[derive(Debug, Clone)]
pub(crate) struct FindingsBox {
    /// The request that found them.
    pub(crate) of: RequestId,
    severity: Option<Severity>,
    kind: Option<FindingKind>,
    filter: Filter,
    scroll: Scroll,
    /// The whole of the finding under the cursor where it does not fit: which one it is, its lines, and how far it is scrolled.
    detail_of: Option<usize>,
    detail_lines: usize,
    detail: Scroll,
    /// Places of those that are marked for a repair.
    marks: BTreeSet<usize>,
    /// Places of those shown, problems first, and of how many and which filter.
    shown: Vec<usize>,
    shown_of: Option<(usize, Option<Severity>, Option<FindingKind>, String)>,
}

/// The findings of a request, where they are still there.
fn found(app: &App, of: RequestId) -> Option<&Findings> {
    let preview = app.plan.preview.as_ref().filter(|p| p.job.request == of).map(|p| &p.findings);
    preview.or_else(|| doctor(app, of).map(|d| &d.findings))
}

/// The doctor, where it found them.
fn doctor(app: &App, of: RequestId) -> Option<&Doctor> {
    app.doctor.as_ref().filter(|d| d.job.request == of)
}

impl FindingsBox {
    /// All of what a request found.
    pub(crate) fn new(of: RequestId) -> Self {
        Self {
            of,
            severity: None,
            kind: None,
            filter: Filter::default(),
            scroll: Scroll::default(),
            detail_of: None,
            detail_lines: 0,
            detail: Scroll::default(),
            marks: BTreeSet::new(),
            shown: Vec::new(),
            shown_of: None,
        }
    }

    /// Marks nothing any more: what was marked is repaired.
    pub(crate) fn unmark(&mut self) {
        self.marks.clear();
    }

    /// Brings the list up to date with what was found and with the filters.
    fn arrange(&mut self, findings: &Findings) {
        let of = (findings.kept().len(), self.severity, self.kind, self.filter.text().to_owned());
        if self.shown_of.as_ref() == Some(&of) {
            return;
        }
        let accepts = |f: &Finding| {
            self.severity.is_none_or(|s| f.severity == s)
                && self.kind.is_none_or(|k| f.kind == k)
                && self.filter.accepts([
                    f.entity.key.to_string().as_str(),
                    f.kind.as_str(),
                    f.path.as_deref().unwrap_or_default(),
                    &spoken(&f.message),
                ])
        };
        let kept = findings.kept();
        let mut shown: Vec<usize> =
            kept.iter().enumerate().filter(|(_, finding)| accepts(finding)).map(|(i, _)| i).collect();
        shown.sort_by_key(|i| kept[*i].severity);
        // The cursor stays on its finding while more come in.
        let selected = self.shown.get(self.scroll.cursor).and_then(|at| shown.iter().position(|i| i == at));
        self.scroll.cursor = selected.unwrap_or(0);
        self.shown = shown;
        self.shown_of = Some(of);
    }

    /// Goes to the entity, or to the partition where the finding is about all of it.
    fn open(&mut self, app: &mut App) -> Flow {
        let finding = found(app, self.of).and_then(|f| f.kept().get(*self.shown.get(self.scroll.cursor)?).cloned());
        let Some(finding) = finding else { return Flow::Stay };
        let entity = finding.entity;
        if app.connection.as_ref().is_some_and(|c| !c.modules.contains(&entity.module)) {
            app.refuse(tr!("%{module} is no module's table: it cannot be opened here", module = entity.module));
            return Flow::Stay;
        }
        if entity.key.pk.as_str().is_empty() {
            app.refuse(tr!("it is about the module as a whole: there is no entity to open"));
            return Flow::Stay;
        }
        let tenant = tenant_of(&entity.key.pk, None).code;
        match entity.key.sk.as_str() {
            "" => app.list(entity.module, entity.key.pk, tenant),
            _ => app.open_entity_of(CameFrom::Findings(self.of), entity, tenant),
        }
        // Coming back leads to the same place.
        app.left_findings = Some(self.clone());
        Flow::Close
    }

    /// The entities that a repair is about: those that are marked, otherwise those that are listed; `None` for all that can be repaired.
    fn chosen(&self, findings: &Findings) -> Option<BTreeSet<NamedEntity>> {
        let is_narrowed = self.filter.active() || self.kind.is_some() || self.severity.is_some();
        if self.marks.is_empty() && !is_narrowed {
            return None;
        }
        let marked = || self.marks.iter().copied().collect();
        let places: Vec<usize> = if self.marks.is_empty() { self.shown.clone() } else { marked() };
        let found = places.into_iter().filter_map(|at| findings.kept().get(at)).filter(|finding| finding.repairable);
        let named = |Finding { entity, .. }: &Finding| NamedEntity {
            module: Some(entity.module.clone()),
            pk: entity.key.pk.clone(),
            sk: entity.key.sk.to_string(),
        };
        Some(found.map(named).collect())
    }

    /// Entities that a repair would be of now, in words; `None` where it would be of none.
    fn repairs(&self, findings: &Findings, doctor: &Doctor) -> Option<Cow<'static, str>> {
        let kept = findings.kept();
        let is_narrowed = self.filter.active() || self.kind.is_some() || self.severity.is_some();
        let listed = || self.shown.iter().filter(|at| kept.get(**at).is_some_and(|f| f.repairable)).count();
        match (self.marks.len(), is_narrowed) {
            (0, false) => (doctor.repairable > 0).then(|| tr!("repair all %{n}", n = format::count(doctor.repairable))),
            (0, true) => Some(listed()).filter(|n| *n > 0).map(|n| tr!("repair %{n} listed", n = format::len(n))),
            (n, _) => Some(tr!("repair %{n} marked", n = format::len(n))),
        }
    }

    /// Keys in the foot, those first that write something.
    fn hints(&self, app: &App, findings: &Findings, width: u16) -> Hints {
        let (doctor, wide) = (doctor(app, self.of), width >= 70);
        let mut hints = Hints::default();
        let mut add = |action, words: &str| hints.add(&app.keymap, Context::Findings, action, words);
        add(Action::Open, &tr!("open"));
        match doctor {
            Some(d) if d.job.running => add(Action::Cancel, &tr!("stop")),
            Some(d) => {
                if let Some(words) = self.repairs(findings, d) {
                    add(Action::Repair, &words);
                }
                if d.repairable > 0 {
                    add(Action::Mark, &tr!("mark"));
                }
            }
            None => {}
        }
        add(Action::Severity, &tr!("severity"));
        add(Action::Kind, &tr!("kind"));
        if wide || doctor.is_none() {
            add(Action::Filter, &tr!("text"));
        }
        add(Action::Back, &tr!("back"));
        if wide && doctor.is_some() {
            add(Action::Reload, &tr!("again"));
        }
        if width >= 90 || (wide && doctor.is_none()) {
            add(Action::ShowCommand, &tr!("command"));
        }
        hints
    }

    /// Marks the finding under the cursor, or takes its mark away: only what can be repaired is marked.
    fn mark(&mut self, app: &mut App) {
        let Some(at) = self.shown.get(self.scroll.cursor).copied() else { return };
        let can_be = found(app, self.of).and_then(|f| f.kept().get(at)).is_some_and(|finding| finding.repairable);
        if !can_be {
            return app.refuse(tr!("it cannot be repaired here: only what can be is marked"));
        }
        if !self.marks.remove(&at) {
            self.marks.insert(at);
        }
        self.scroll.step(Step::Lines(1), self.shown.len());
    }

    /// Previews a repair; whether there was one to preview.
    fn repair(&mut self, app: &mut App) -> bool {
        let only = found(app, self.of).and_then(|findings| {
            self.arrange(findings);
            self.chosen(findings)
        });
        let is_nothing = only.as_ref().is_some_and(BTreeSet::is_empty);
        let nothing = || is_nothing.then(|| tr!("nothing of what is listed can be repaired here").into_owned());
        if let Some(why) = app.no_repair().or_else(nothing) {
            app.refuse(why);
            return false;
        }
        app.left_findings = Some(self.clone());
        app.preview_repair(only);
        true
    }
}

impl Screen for FindingsBox {
    fn context(&self) -> Context {
        Context::Findings
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        app.type_into(&mut self.filter, key).map(|_| Flow::Stay)
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Back if self.filter.shown() => self.filter.clear(),
            Action::Back | Action::Left => return Flow::Close,
            Action::Filter => self.filter.begin(),
            Action::Severity => {
                self.severity = match self.severity {
                    None => Some(Severity::Error),
                    Some(Severity::Error) => Some(Severity::Warning),
                    Some(Severity::Warning) => Some(Severity::Note),
                    Some(Severity::Note) => None,
                };
            }
            Action::Kind => {
                let kinds = found(app, self.of).map(Findings::kinds).unwrap_or_default();
                let at = self.kind.and_then(|kind| kinds.iter().position(|k| *k == kind));
                self.kind = kinds.get(at.map_or(0, |at| at + 1)).copied();
            }
            Action::Repair if doctor(app, self.of).is_some() => {
                if self.repair(app) {
                    return Flow::Close;
                }
            }
            Action::Mark if doctor(app, self.of).is_some() => self.mark(app),
            Action::ClearMarks => self.marks.clear(),
            Action::Cancel => match doctor(app, self.of).filter(|d| d.job.running) {
                Some(_) => app.give_up(self.of),
                None => app.say(tr!("nothing is being waited for here")),
            },
            Action::Reload => {
                if let Some(among) = doctor(app, self.of).map(|d| d.among.clone()) {
                    self.of = app.begin_to_look(among);
                    // The findings to come have places of their own.
                    self.marks.clear();
                    (self.shown, self.shown_of, self.detail_of) = (Vec::new(), None, None);
                }
            }
            Action::ShowCommand => {
                let line = match doctor(app, self.of) {
                    Some(_) => app.line_of_doctor(false),
                    None => app.line_of_preview(),
                };
                app.stack.push(CommandBox::new(line));
            }
            Action::Open | Action::Right => return self.open(app),
            action => match Step::of(action) {
                Some(step @ Step::HalfPages(_)) if self.detail_lines > self.detail.height() => {
                    self.detail.slide(step, self.detail_lines);
                }
                Some(step) => {
                    self.scroll.step(step, self.shown.len());
                    self.detail_of = None;
                }
                None => {}
            },
        }
        Flow::Stay
    }

    fn scope(&self, app: &App) -> Option<Scope> {
        doctor(app, self.of).map(|doctor| Scope::of(doctor.among.tenant.as_deref()))
    }

    fn paste(&mut self, text: &str) {
        if self.filter.typing() {
            self.filter.paste(text);
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let area = centred(buffer, area, 116, area.height.saturating_sub(1));
        let Some(findings) = found(app, self.of) else {
            let inner = framed(buffer, area, Frame::Dialog, &tr!("Findings"), "", theme);
            foot(buffer, area, &Hints::of(&app.keymap, Context::Findings, &[(Action::Back, text!("back"))]), theme);
            let gone = tr!("they went with the preview that found them");
            let words = [Rich::of(Role::Dim, &format!(" {gone}"))];
            draw_text(buffer, area, inner, &words, &mut Scroll::default(), theme);
            return None;
        };
        self.arrange(findings);
        let at = format!(
            "{}/{}",
            format::len((self.scroll.cursor + 1).min(self.shown.len())),
            format::len(self.shown.len())
        );
        let doctor = doctor(app, self.of);
        let title = match doctor.map(|d| &d.among) {
            None => tr!("Findings of the preview"),
            Some(among) => {
                let scope = [&among.module, &among.entity_type, &among.tenant].into_iter().flatten();
                let scope: Vec<&str> = scope.map(String::as_str).collect();
                match scope.as_slice() {
                    [] => tr!("Doctor"),
                    scope => tr!("Doctor: %{scope}", scope = listed(scope)),
                }
            }
        };
        let inner = framed(buffer, area, Frame::Dialog, &title, &at, theme);
        foot(buffer, area, &self.hints(app, findings, area.width), theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        if inner.height < 3 {
            return None;
        }
        let room = usize::from(inner.width).max(4);
        let mut above = doctor.map(|d| progress(app, d, room)).unwrap_or_default();
        above.extend(self.summary(findings).wrapped(room));
        let (body, cursor) = draw_above(buffer, inner, above, &self.filter, theme);
        let selected = self.shown.get(self.scroll.cursor).and_then(|i| findings.kept().get(*i));
        let whole = selected.map(|f| whole(f, room, &app.zone)).unwrap_or_default();
        self.detail_lines = whole.len();
        if self.detail_of != self.shown.get(self.scroll.cursor).copied() {
            self.detail_of = self.shown.get(self.scroll.cursor).copied();
            self.detail = Scroll::default();
        }
        // The list keeps a few lines, and the line across is one more of the detail.
        let most = (inner.height / 2).min(body.height.saturating_sub(LISTED).max(body.height / 2));
        let wanted = u16::try_from(whole.len()).unwrap_or(u16::MAX).saturating_add(1);
        let below = if whole.is_empty() || most < 2 { 0 } else { wanted.min(most) };
        let list = Rect { height: body.height - below, ..body };
        if self.shown.is_empty() {
            let words = match doctor {
                _ if !findings.is_empty() => tr!("none like that"),
                Some(d) if d.job.running => tr!("nothing found so far"),
                _ => tr!("nothing found"),
            };
            draw_line(buffer, list, &Rich::of(Role::Dim, &words), 0, theme, Style::default());
        }
        let places = &self.shown;
        let marks = &self.marks;
        let row = |i: usize| {
            let at = places.get(i)?;
            findings.kept().get(*at).map(|finding| line(finding, findings.widest(), marks.contains(at), &app.zone))
        };
        draw_list(buffer, Place { frame: area, lines: list }, &mut self.scroll, places.len(), theme, row);
        if below > 0 {
            let shown = self.detail.text_window(whole.len(), usize::from(below - 1));
            let key = app.key_of(Context::Findings, Action::ScrollDown);
            let rule = rule_of_part(&shown, whole.len(), &key, room);
            draw_line(buffer, Rect { y: list.bottom(), height: 1, ..inner }, &rule, 0, theme, Style::default());
            let text = Rect { y: list.bottom() + 1, height: below - 1, ..inner };
            draw_lines(buffer, text, &whole[shown], theme);
        }
        cursor
    }
}
