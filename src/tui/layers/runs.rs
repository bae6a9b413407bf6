//! The recorded runs, and the items of one of them.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::command::CommandBox;
use super::{Kept, Layer, draw_text, step};
use crate::domain::clock::{local_minutes, local_seconds};
use crate::engine::failure::Failure;
use crate::engine::protocol::{ItemResult, RequestId, RunInfo};
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::panes::log::lines;
use crate::tui::panes::problem;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};
use crate::tui::widgets::scroll::draw_scrollbar;
use crate::tui::widgets::{Rich, Scroll, draw_line};

/// Widths of the columns of the list.
const WHEN: usize = 18;
const WHAT: usize = 10;
const STATE: usize = 9;

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
    request: RequestId,
    info: RunInfo,
    items: Vec<ItemResult>,
    reading: bool,
    scroll: Scroll,
}

impl Runs {
    /// A list that the engine has not answered yet.
    pub(crate) fn reading(request: RequestId) -> Self {
        Self { request, runs: vec![], scroll: Scroll::default(), reading: true, problem: None, opened: None }
    }

    pub(crate) fn take_run(&mut self, request: RequestId, run: RunInfo) {
        if request == self.request {
            self.runs.push(run);
        } else if let Some(opened) = self.opened.as_mut().filter(|o| o.request == request) {
            opened.info = run;
        }
    }

    pub(crate) fn take_item(&mut self, request: RequestId, item: ItemResult) {
        if let Some(opened) = self.opened.as_mut().filter(|o| o.request == request) {
            opened.items.push(item);
        }
    }

    pub(super) fn fail(&mut self, request: RequestId, failure: &Failure) {
        if request == self.request || self.opened.as_ref().is_some_and(|o| o.request == request) {
            self.problem = Some(failure.clone());
        }
    }

    pub(super) fn finish(&mut self, request: RequestId) {
        if request == self.request {
            self.reading = false;
        } else if let Some(opened) = self.opened.as_mut().filter(|o| o.request == request) {
            opened.reading = false;
        }
    }

    pub(super) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') | KeyCode::Left | KeyCode::Char('h') => {
                self.problem = None;
                return if self.opened.take().is_some() { Kept::Yes } else { Kept::No };
            }
            KeyCode::Char('Y') => {
                let line = app.line_of_runs(self.opened.as_ref().map(|o| o.info.run));
                app.layers.push(Layer::Command(CommandBox::new(line)));
            }
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l') if self.opened.is_none() => {
                if let Some(info) = self.runs.get(self.scroll.cursor).cloned() {
                    let request = app.show_run(info.run);
                    self.opened =
                        Some(OpenedRun { request, info, items: vec![], reading: true, scroll: Scroll::default() });
                }
            }
            _ => {
                if let Some(step) = step(key, true) {
                    match &mut self.opened {
                        Some(opened) => {
                            opened.scroll.slide(step, facts(app, &opened.info).len() + opened.items.len() + 2)
                        }
                        None => self.scroll.step(step, self.runs.len()),
                    }
                }
            }
        }
        Kept::Yes
    }

    pub(super) fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 108, area.height.saturating_sub(2));
        let title = self.opened.as_ref().map_or_else(|| "Runs".to_owned(), |o| format!("Run {}", o.info.run));
        let zone = format!("times in {}", app.profile.timezone);
        let inner = framed(buffer, area, Frame::Dialog, &title, &zone, &app.theme);
        let hints: &[_] = match self.opened {
            Some(_) => &[("Esc", "back"), ("↑↓", "scroll"), ("Y", "command")],
            None => &[("Enter", "show"), ("↑↓", "choose"), ("Y", "command"), ("Esc", "close")],
        };
        foot(buffer, area, hints, &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        if let Some(problem) = &self.problem {
            let lines = problem::lines(problem, usize::from(inner.width).max(4));
            draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
        } else if let Some(opened) = &mut self.opened {
            let mut lines = facts(app, &opened.info);
            lines.push(Rich::default());
            lines.extend(opened.items.iter().map(|item| Rich::of(Role::Text, &lines::item(item).1)));
            if opened.items.is_empty() {
                lines.push(Rich::of(Role::Dim, if opened.reading { "reading…" } else { "no items" }));
            }
            draw_text(buffer, area, inner, &lines, &mut opened.scroll, &app.theme);
        } else {
            self.draw_list(app, buffer, area, inner);
        }
        None
    }

    fn draw_list(&mut self, app: &App, buffer: &mut Buffer, frame: Rect, inner: Rect) {
        if self.runs.is_empty() {
            let words =
                if self.reading { "reading…" } else { "no runs yet: a rollback is the first thing that makes one" };
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
