//! The recorded runs, and the items of one of them.

pub(crate) mod approved;
mod columns;
mod facts;
pub(crate) mod record;
pub(crate) mod unfinished;

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::columns::Columns;
use self::facts::{detail, facts};
use super::command::CommandBox;
use super::discard::Next;
use super::item::ItemBox;
use super::palette::Palette;
use crate::domain::run::{RunId, RunState};
use crate::engine::failure::Failure;
use crate::engine::protocol::{Command, Event, RequestId, RunInfo};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Place, Scroll, draw_lines, draw_list, draw_text, rule_of_part};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::items::Items;
use crate::tui::screens::plan::preview_view::draw_items;
use crate::tui::theme::Role;

/// Cells of the list at most.
const WIDEST: u16 = 160;
/// Lines from which on there is room for most of what the columns do not show of the selected one.
const TALL: u16 = 14;

/// Lines that the list and its headings keep there.
const LISTED: u16 = 5;

/// The list, and the run that was opened in it.
#[derive(Debug)]
pub(crate) struct Runs {
    request: RequestId,
    runs: Vec<RunInfo>,
    scroll: Scroll,
    reading: bool,
    /// Journals that cannot be read.
    unreadable: u64,
    problem: Option<Failure>,
    opened: Option<OpenedRun>,
}

#[derive(Debug)]
struct OpenedRun {
    info: RunInfo,
    items: Items,
    /// The facts, where they do not fit above the items.
    facts: Scroll,
    lines: usize,
}

impl Runs {
    /// A list that the engine has not answered yet.
    pub(crate) fn reading(request: RequestId) -> Self {
        Self {
            request,
            runs: vec![],
            scroll: Scroll::default(),
            reading: true,
            unreadable: 0,
            problem: None,
            opened: None,
        }
    }

    /// The run that keys are about.
    fn chosen(&self) -> Option<&RunInfo> {
        self.opened.as_ref().map(|o| &o.info).or_else(|| self.runs.get(self.scroll.cursor))
    }

    fn open(&mut self) {
        if let Some(info) = self.chosen().cloned().filter(|_| self.opened.is_none()) {
            let items = Items::new(info.run);
            self.opened = Some(OpenedRun { info, items, facts: Scroll::default(), lines: 0 });
        }
    }

    fn draw_list(&mut self, app: &App, buffer: &mut Buffer, frame: Rect, inner: Rect) {
        if self.runs.is_empty() {
            let words = match (self.reading, self.unreadable) {
                (true, _) => tr!("reading…"),
                (false, 0) => tr!("no runs yet: a rollback or a plan makes one"),
                (false, _) => tr!("no recorded run can be read: the log (4) says why"),
            };
            let lines = problem::notice(&words, Role::Dim, usize::from(inner.width).max(4));
            return draw_text(buffer, frame, inner, &lines, &mut Scroll::default(), &app.theme);
        }
        let mut inner = inner;
        let columns = Columns::of(app, &self.runs, usize::from(inner.width));
        if let Some(run) = self.runs.get(self.scroll.cursor) {
            let lines = detail(app, run, &columns, usize::from(inner.width));
            let all = u16::try_from(lines.len()).unwrap_or(0);
            // It takes the rows that the list leaves free; where there is room, all but a few.
            let listed = u16::try_from(self.runs.len()).unwrap_or(u16::MAX).saturating_add(1);
            let free = inner.height.saturating_sub(listed);
            let most = if inner.height >= TALL { free.max(inner.height - LISTED) } else { free };
            let height = all.min(most);
            let below = Rect { y: inner.bottom() - height, height, ..inner };
            draw_lines(buffer, below, &lines, &app.theme);
            inner.height -= height;
        }
        draw_lines(buffer, Rect { height: inner.height.min(1), ..inner }, &[columns.headings()], &app.theme);
        inner = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let runs = &self.runs;
        let line = |i: usize| runs.get(i).map(|run| columns.row(app, run));
        draw_list(buffer, Place { frame, lines: inner }, &mut self.scroll, runs.len(), &app.theme, line);
    }
}

impl Screen for Runs {
    fn context(&self) -> Context {
        Context::Runs
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match (press.action, self.chosen().cloned()) {
            (Action::Back | Action::Left, _) => {
                self.problem = None;
                return if self.opened.take().is_some() { Flow::Stay } else { Flow::Close };
            }
            (Action::ShowCommand, _) if app.forgets => {
                app.refuse(tr!(
                    "another start of the sandbox in memory knows nothing of these runs: --data DIR keeps them"
                ));
            }
            (Action::ShowCommand, chosen) => {
                let lines = app.lines_of_runs(chosen.map(|info| info.run), self.opened.is_some());
                app.stack.push(CommandBox::of(lines));
            }
            (Action::Open, None) => app.refuse(tr!("no run is chosen")),
            (Action::Open | Action::Right, _) => match &mut self.opened {
                Some(opened) => {
                    if let Some(described) = opened.items.described() {
                        app.stack.push(ItemBox::new(described.whole()));
                    }
                }
                None => self.open(),
            },
            (Action::Resume, Some(info)) => match app.no_resume(&info) {
                Some(why) => app.refuse(why),
                None => {
                    app.resume_run(&info);
                    return Flow::Close;
                }
            },
            (Action::UndoRun, Some(info)) => {
                app.replace_plan(Next::Undo(info.run, info.name));
                return Flow::Close;
            }
            (Action::VerifyRun, Some(info)) => app.verify_run(info.run),
            (Action::Record, Some(info)) => app.copy_record(info.run),
            (Action::ReportRun, Some(info)) => {
                app.stack.push(Palette::holding(&format!("report {} ", info.run)));
            }
            (Action::ExportRun, Some(info)) => {
                app.stack.push(Palette::holding(&format!("export {} ", info.run)));
            }
            (
                Action::Resume
                | Action::UndoRun
                | Action::VerifyRun
                | Action::Record
                | Action::ReportRun
                | Action::ExportRun,
                None,
            ) => app.refuse(tr!("no run is chosen")),
            (action, _) => {
                if let Some(step) = Step::of(action) {
                    match &mut self.opened {
                        Some(opened) if matches!(step, Step::HalfPages(_)) && opened.lines > opened.facts.height() => {
                            opened.facts.slide(step, opened.lines);
                        }
                        Some(opened) => opened.items.step(step),
                        None => self.scroll.step(step, self.runs.len()),
                    }
                }
            }
        }
        Flow::Stay
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.request == request || self.opened.as_ref().is_some_and(|o| o.items.waits_for(request))
    }

    fn answer(&mut self, app: &mut App, request: RequestId, event: Event) {
        if let Some(opened) = self.opened.as_mut().filter(|o| o.items.waits_for(request)) {
            return opened.items.answer(request, event);
        }
        match event {
            Event::Run(run) => {
                app.know_run(&run);
                self.runs.push(*run);
            }
            // One journal that cannot be read hides no other run; the log has why.
            Event::Failed(failure) if !failure.fatal => self.unreadable += 1,
            Event::Failed(failure) => self.problem = Some(*failure),
            Event::Finished { .. } => {
                self.reading = false;
                // Unfinished runs come first; the sort keeps the newest of each before the others.
                self.runs.sort_by_key(|run| !app.stands_out(run));
            }
            _ => {}
        }
    }

    fn ask(&mut self, app: &mut App) {
        let Some(opened) = &mut self.opened else { return };
        // A page and an item may be asked for at once.
        for _ in 0..2 {
            let Some(wanted) = opened.items.wanted() else { return };
            let request = app.ask_for_screen(opened.items.command(&wanted));
            opened.items.asked(&wanted, request);
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area =
            centred(buffer, area, WIDEST.min(area.width.saturating_sub(2)).max(108), area.height.saturating_sub(1));
        let title = match &self.opened {
            None => tr!("Runs"),
            Some(opened) => tr!("Run %{run}", run = opened.info.run),
        };
        let zone = match self.unreadable {
            0 => tr!("times in %{zone}", zone = app.profile.timezone),
            n => {
                let runs = format::plural(n, text!("%{n} run"), text!("%{n} runs"));
                tr!("%{runs} not readable, see the log", runs = runs)
            }
        };
        let inner = framed(buffer, area, Frame::Dialog, &title, &zone, &app.theme);
        let mut hints = vec![
            (Action::Open, if self.opened.is_some() { text!("item") } else { text!("show") }),
            (Action::Resume, text!("resume")),
            (Action::UndoRun, text!("undo")),
            (Action::VerifyRun, text!("verify")),
            (Action::Record, text!("record")),
            (Action::ReportRun, text!("report")),
            (Action::ExportRun, text!("export")),
            (Action::ShowCommand, text!("command")),
            (Action::Back, text!("back")),
        ];
        match self.chosen() {
            Some(run) if matches!(run.state, RunState::Done | RunState::Undone) => {
                hints.retain(|(action, _)| *action != Action::Resume);
            }
            Some(_) => {}
            // The others are about a run.
            None => hints.retain(|(action, _)| matches!(action, Action::ShowCommand | Action::Back)),
        }
        foot(buffer, area, &Hints::of(&app.keymap, Context::Runs, &hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        if let Some(problem) = &self.problem {
            let lines = problem::lines(problem, room);
            draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
        } else if let Some(opened) = &mut self.opened {
            let lines = facts(app, &opened.info, room);
            opened.lines = lines.len();
            let most = (inner.height / 2).max(2).min(inner.height);
            let fits = lines.len() <= usize::from(most);
            let top = if fits { u16::try_from(lines.len()).unwrap_or(0) } else { most };
            // Where they do not fit, the last line says how far they are shown.
            let height = if fits { top } else { top.saturating_sub(1) };
            let shown = opened.facts.text_window(lines.len(), usize::from(height));
            draw_lines(buffer, Rect { height, ..inner }, &lines[shown.clone()], &app.theme);
            if !fits {
                let key = app.key_of(Context::Runs, Action::ScrollDown);
                let rule = rule_of_part(&shown, lines.len(), &key, room);
                draw_lines(buffer, Rect { y: inner.y + height, height: top - height, ..inner }, &[rule], &app.theme);
            }
            let rest = Rect { y: inner.y + top, height: inner.height - top, ..inner };
            draw_items(app, &mut opened.items, buffer, area, rest, true);
        } else {
            self.draw_list(app, buffer, area, inner);
        }
        None
    }
}

impl App {
    /// Lists the recorded runs.
    pub(crate) fn show_runs(&mut self) {
        let request = self.ask_for_screen(Command::Runs);
        self.stack.push(Runs::reading(request));
    }

    /// Writes a run's journal into a file.
    pub(crate) fn export_run(&mut self, run: RunId, file: PathBuf) {
        self.ask(None, Command::ExportRun { run, file }, |app, _, event| match event {
            Event::Log(_, text) => app.say(text),
            Event::Failed(failure) => app.refuse(failure.message),
            _ => {}
        });
    }

    /// Why a run cannot be resumed.
    pub(crate) fn no_resume(&self, info: &RunInfo) -> Option<String> {
        match info.state {
            RunState::Done | RunState::Undone => {
                let (run, state) = (info.run, info.state);
                Some(tr!("run %{run} is %{state}: there is nothing to resume", run = run, state = state).into_owned())
            }
            _ if !self.armed => Some(self.read_only()),
            _ if self.is_writing() => Some(tr!("a run is under way already").into_owned()),
            _ => None,
        }
    }
}
