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
use crate::engine::protocol::{RequestId, RunInfo};
use crate::tui::app::App;
use crate::tui::items::Items;
use crate::tui::keymap::Key;
use crate::tui::panes::plan::preview_view::draw_items;
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
    info: RunInfo,
    items: Items,
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

    pub(super) fn fail(&mut self, request: RequestId, failure: &Failure) {
        if request == self.request {
            self.problem = Some(failure.clone());
        }
    }

    pub(super) fn finish(&mut self, request: RequestId) {
        if request == self.request {
            self.reading = false;
        }
    }

    /// The run that keys are about.
    fn chosen(&self) -> Option<&RunInfo> {
        self.opened.as_ref().map(|o| &o.info).or_else(|| self.runs.get(self.scroll.cursor))
    }

    fn open(&mut self, app: &mut App) {
        if let Some(info) = self.chosen().cloned().filter(|_| self.opened.is_none()) {
            let items = Items::new(info.run, app.generation());
            self.opened = Some(OpenedRun { info, items });
        }
    }

    pub(super) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        let chosen = self.chosen().cloned();
        match (key.code, chosen) {
            (KeyCode::Esc | KeyCode::Char('q' | 'h') | KeyCode::Left, _) => {
                self.problem = None;
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
                app.verify_run(info.run);
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
