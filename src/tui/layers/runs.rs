//! The recorded runs, and the items of one of them.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::command::CommandBox;
use super::discard::Next;
use super::item::ItemBox;
use super::palette::Palette;
use super::{Kept, Layer, draw_text, step};
use crate::domain::clock::{local_minutes, local_seconds};
use crate::engine::failure::Failure;
use crate::engine::protocol::{Finding, Level, RequestId, RunInfo};
use crate::tui::app::App;
use crate::tui::items::Items;
use crate::tui::keymap::Key;
use crate::tui::panes::log::lines;
use crate::tui::panes::plan::preview_view::draw_items;
use crate::tui::panes::problem;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};
use crate::tui::widgets::scroll::draw_scrollbar;
use crate::tui::widgets::{Rich, Scroll, draw_line};
use crate::tui::{format, text};

/// Widths of the columns of the list.
const WHEN: usize = 18;
const WHAT: usize = 10;
const STATE: usize = 9;

/// Findings of a verification that are kept.
const FINDINGS: usize = 200;

/// The list, and the run that was opened in it.
#[derive(Debug)]
pub(crate) struct Runs {
    request: RequestId,
    runs: Vec<RunInfo>,
    scroll: Scroll,
    reading: bool,
    problem: Option<Failure>,
    opened: Option<OpenedRun>,
}

#[derive(Debug)]
struct OpenedRun {
    info: RunInfo,
    items: Items,
    findings: Vec<Finding>,
    found: u64,
    verified: Verified,
}

/// How far reading back is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verified {
    No,
    Running(RequestId, u64),
    Done(u64),
    Stopped,
}

impl Runs {
    /// A list that the engine has not answered yet.
    pub(crate) fn reading(request: RequestId) -> Self {
        Self { request, runs: vec![], scroll: Scroll::default(), reading: true, problem: None, opened: None }
    }

    /// The items of the run that is open.
    pub(crate) fn items_mut(&mut self) -> Option<&mut Items> {
        self.opened.as_mut().map(|o| &mut o.items)
    }

    pub(crate) fn take_run(&mut self, request: RequestId, run: RunInfo) {
        if request == self.request {
            self.runs.push(run);
        }
    }

    fn verifying(&mut self, request: RequestId) -> Option<&mut OpenedRun> {
        self.opened.as_mut().filter(|o| matches!(o.verified, Verified::Running(r, _) if r == request))
    }

    pub(crate) fn take_finding(&mut self, request: RequestId, finding: Finding) {
        if let Some(opened) = self.verifying(request) {
            opened.found += 1;
            if opened.findings.len() < FINDINGS {
                opened.findings.push(finding);
            }
        }
    }

    pub(crate) fn looked(&mut self, request: RequestId, done: u64) {
        if let Some(opened) = self.verifying(request) {
            opened.verified = Verified::Running(request, done);
        }
    }

    pub(super) fn fail(&mut self, request: RequestId, failure: &Failure) {
        if request == self.request {
            self.problem = Some(failure.clone());
        } else if let Some(opened) = self.verifying(request) {
            opened.verified = Verified::Stopped;
        }
    }

    pub(super) fn finish(&mut self, request: RequestId, cancelled: bool) {
        if request == self.request {
            self.reading = false;
        } else if let Some(opened) = self.verifying(request)
            && let Verified::Running(_, looked) = opened.verified
        {
            opened.verified = if cancelled { Verified::Stopped } else { Verified::Done(looked) };
        }
    }

    /// The run that keys are about.
    fn chosen(&self) -> Option<&RunInfo> {
        self.opened.as_ref().map(|o| &o.info).or_else(|| self.runs.get(self.scroll.cursor))
    }

    fn open(&mut self, app: &mut App) {
        if let Some(info) = self.chosen().cloned().filter(|_| self.opened.is_none()) {
            let items = Items::new(info.run, app.generation());
            self.opened = Some(OpenedRun { info, items, findings: vec![], found: 0, verified: Verified::No });
        }
    }

    pub(super) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        let chosen = self.chosen().cloned();
        match (key.code, chosen) {
            (KeyCode::Esc | KeyCode::Char('q' | 'h') | KeyCode::Left, _) => {
                self.problem = None;
                if let Some(Verified::Running(request, _)) = self.opened.as_ref().map(|o| o.verified) {
                    app.give_up(request);
                }
                return if self.opened.take().is_some() { Kept::Yes } else { Kept::No };
            }
            (KeyCode::Char('Y'), _) => {
                let lines = app.lines_of_runs(self.chosen().map(|info| info.run), self.opened.is_some());
                app.layers.push(Layer::Command(CommandBox::of(lines)));
            }
            (KeyCode::Enter | KeyCode::Right | KeyCode::Char('l'), _) => match &mut self.opened {
                Some(opened) => {
                    if let Some(described) = opened.items.described() {
                        app.layers.push(Layer::Item(Box::new(ItemBox::new(described.whole()))));
                    }
                }
                None => self.open(app),
            },
            (KeyCode::Char('r'), Some(info)) => match app.no_resume(&info) {
                Some(why) => app.refuse(why),
                None => {
                    app.resume_run(&info);
                    return Kept::No;
                }
            },
            (KeyCode::Char('u'), Some(info)) => {
                app.replace_plan(Next::Undo(info.run, info.name));
                return Kept::No;
            }
            (KeyCode::Char('v'), Some(info)) => {
                self.open(app);
                let request = app.verify_run(info.run);
                if let Some(opened) = &mut self.opened {
                    (opened.findings, opened.found) = (vec![], 0);
                    opened.verified = Verified::Running(request, 0);
                }
            }
            (KeyCode::Char('e'), Some(info)) => {
                app.layers.push(Layer::Palette(Palette::holding(&format!("export {} ", info.run))));
            }
            _ => {
                if let Some(step) = step(key, true) {
                    match &mut self.opened {
                        Some(opened) => opened.items.step(step),
                        None => self.scroll.step(step, self.runs.len()),
                    }
                }
            }
        }
        Kept::Yes
    }

    pub(super) fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 108, area.height.saturating_sub(1));
        let title = self.opened.as_ref().map_or_else(|| "Runs".to_owned(), |o| format!("Run {}", o.info.run));
        let zone = format!("times in {}", app.profile.timezone);
        let inner = framed(buffer, area, Frame::Dialog, &title, &zone, &app.theme);
        let mut hints = vec![if self.opened.is_some() { ("Enter", "item") } else { ("Enter", "show") }];
        hints.extend([
            ("r", "resume"),
            ("u", "undo"),
            ("v", "verify"),
            ("e", "export"),
            ("Y", "command"),
            ("Esc", "back"),
        ]);
        foot(buffer, area, &hints, &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        if let Some(problem) = &self.problem {
            let lines = problem::lines(problem, room);
            draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
        } else if let Some(opened) = &mut self.opened {
            let mut lines = facts(app, &opened.info);
            let most = usize::from(inner.height / 2);
            lines.truncate(most.max(2));
            lines.extend(opened.verification(room).into_iter().take(most / 2 + 1));
            for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
                draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, &app.theme, Style::default());
            }
            let top = u16::try_from(lines.len()).unwrap_or(0).min(inner.height);
            let rest = Rect { y: inner.y + top, height: inner.height - top, ..inner };
            draw_items(app, &mut opened.items, buffer, area, rest, true);
        } else {
            self.draw_list(app, buffer, area, inner);
        }
        None
    }

    fn draw_list(&mut self, app: &App, buffer: &mut Buffer, frame: Rect, inner: Rect) {
        if self.runs.is_empty() {
            let words = if self.reading { "reading…" } else { "no runs yet: a rollback or a plan makes one" };
            return draw_text(buffer, frame, inner, &[Rich::of(Role::Dim, words)], &mut Scroll::default(), &app.theme);
        }
        // The name gets what the columns beside it leave.
        let ends = self.runs.iter().map(|run| text::width(&outcomes(run)) + 1).max().unwrap_or_default();
        let name = usize::from(inner.width).saturating_sub(WHEN + WHAT + STATE + ends).max(20);
        let shown = self.scroll.window(self.runs.len(), usize::from(inner.height));
        for (y, i) in (inner.y..inner.bottom()).zip(shown.clone()) {
            let run = &self.runs[i];
            let at = local_minutes(&run.started_at, &app.zone);
            let line = Rich::of(Role::Text, &text::fit(&at, WHEN))
                .with(Role::Strong, &text::fit(run.operation.as_str(), WHAT))
                .with(Role::Text, &text::fit(run.state.as_str(), STATE))
                .with(Role::Text, &text::fit(&run.name, name))
                .with(Role::Text, &format!(" {}", outcomes(run)));
            let over = if i == self.scroll.cursor { app.theme.style(Role::Selected) } else { Style::default() };
            let row = Rect { y, height: 1, ..inner };
            buffer.set_style(row, over);
            draw_line(buffer, row, &line, 0, &app.theme, over);
        }
        draw_scrollbar(buffer, frame, &shown, self.runs.len(), &app.theme);
    }
}

impl OpenedRun {
    /// What reading back found.
    fn verification(&self, room: usize) -> Vec<Rich> {
        let found = format::plural(self.found, "finding", "findings");
        let (role, words) = match self.verified {
            Verified::No => return vec![],
            Verified::Running(_, looked) => {
                (Role::Text, format!("verifying: {} read back, {found}", format::plural(looked, "entity", "entities")))
            }
            Verified::Done(looked) if self.found == 0 => {
                let looked = format::plural(looked, "entity", "entities");
                (Role::Ok, format!("verified: {looked} as the run wrote them, or changed since"))
            }
            Verified::Done(looked) => {
                (Role::Error, format!("verified: {found} in {}", format::plural(looked, "entity", "entities")))
            }
            Verified::Stopped => (Role::Warning, format!("verifying stopped; {found} until then")),
        };
        let mut lines = problem::notice(&words, role, room);
        for finding in &self.findings {
            let (level, text) = lines::finding(finding);
            let role = if level == Level::Error { Role::Error } else { Role::Warning };
            lines.push(Rich::of(role, &text));
        }
        lines
    }
}

fn outcomes(run: &RunInfo) -> String {
    run.outcomes.iter().map(|(o, n)| format!("{n} {o}")).collect::<Vec<_>>().join(", ")
}

fn facts(app: &App, run: &RunInfo) -> Vec<Rich> {
    let at = |time: &str| local_seconds(time, &app.zone);
    let undo = match (run.undo_of, run.undone_by) {
        (Some(of), _) => format!("takes back {of}"),
        (_, Some(by)) => format!("taken back by {by}"),
        _ => String::new(),
    };
    [
        ("name", run.name.clone()),
        ("what", format!("{}, {}", run.operation, run.state)),
        ("why", run.reason.clone()),
        ("where", format!("profile {}, {}-{}", run.profile, run.environment, run.app)),
        ("began", at(&run.started_at)),
        ("ended", run.ended_at.as_deref().map(at).unwrap_or_default()),
        ("outcomes", outcomes(run)),
        ("undo", undo),
        ("digest", run.digest.clone()),
        ("journal", run.journal.clone()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| {
        let mut line = Rich::of(Role::Dim, name);
        line.pad_to(10);
        line.with(Role::Text, &value)
    })
    .collect()
}
