//! The log pane: the run that is under way, and what happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::progress::Stage;
use super::view;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::pane::Pane;
use crate::tui::parts::Filter;
use crate::tui::parts::filter::Typed;
use crate::tui::parts::hits::Kind;
use crate::tui::parts::scroll::Step;
use crate::tui::screen::PaneScreen;
use crate::tui::screens::end_run::EndRun;

/// The pane.
pub(crate) struct LogPane;

impl PaneScreen for LogPane {
    fn context(&self, _: &App) -> Context {
        Context::Log
    }

    fn act(&self, app: &mut App, action: Action) -> bool {
        match action {
            Action::Batch => app.show_batch(),
            Action::PauseRun => app.pause_or_go_on(),
            Action::Faster => app.pace(true),
            Action::Slower => app.pace(false),
            Action::StopRun => {
                if let Some(request) = app.run.as_ref().map(|run| run.request) {
                    app.stack.push(EndRun { request });
                }
            }
            Action::UndoRun => app.undo_last_run(),
            Action::Outcomes => {
                let word = app.log.next_outcome();
                app.say(tr!("the log shows %{what}", what = word));
            }
            Action::Tenants => {
                let tenant = app.log.next_tenant();
                app.say(match tenant {
                    None => tr!("the log shows every tenant"),
                    Some(tenant) => tr!("the log shows %{what}", what = tenant),
                });
            }
            Action::Freeze => app.log.freeze(),
            Action::Levels => {
                app.log.levels = app.log.levels.next();
                app.log.refilter();
                app.say(tr!("the log shows %{what}", what = app.log.levels.word()));
            }
            _ => return false,
        }
        true
    }

    fn refusal(&self, app: &App, action: Action) -> Option<String> {
        let run = app.run.as_ref();
        match action {
            Action::Batch if run.is_none_or(|r| r.waiting.is_none()) => {
                Some(tr!("no batch waits for a decision").into_owned())
            }
            Action::PauseRun | Action::Faster | Action::Slower | Action::StopRun => {
                let is_steered = run.is_some_and(|r| r.run.is_some() && r.stage != Stage::Ended);
                (!is_steered).then(|| tr!("no run is under way here").into_owned())
            }
            Action::UndoRun => match run {
                Some(run) if run.stage == Stage::Ended && run.has_written() => None,
                Some(run) if run.stage == Stage::Ended => {
                    Some(tr!("the run wrote nothing: nothing is to be undone").into_owned())
                }
                Some(_) => Some(tr!("the run is not over: it can be undone afterwards").into_owned()),
                None => Some(tr!("no run ended here; :runs lists every run").into_owned()),
            },
            _ => None,
        }
    }

    fn go(&self, app: &mut App, action: Action) -> bool {
        match action {
            Action::Back if app.history.opened.is_some() => app.focus = Pane::History,
            Action::Back => app.focus = Pane::Tenants,
            Action::Cancel => {
                let mut waited = app.requests.reads();
                // A run is ended, not dropped, once it may write.
                waited.extend(app.run.as_ref().filter(|r| r.stage == Stage::Previewing).map(|r| r.request));
                app.stop_waiting(waited);
            }
            Action::Open | Action::Left | Action::Right => {}
            // They slide over the selected version.
            Action::ScrollUp | Action::ScrollDown => return false,
            action => match Step::of(action) {
                Some(step) => app.log.step(step),
                None => return false,
            },
        }
        true
    }

    fn slide(&self, app: &mut App, _: Kind, step: Step) {
        app.log.step(step);
    }

    fn filter<'a>(&self, app: &'a mut App) -> Option<&'a mut Filter> {
        Some(&mut app.log.filter)
    }

    fn filtered(&self, app: &mut App, _: Typed) {
        app.log.refilter();
    }

    fn hints(&self, app: &App) -> &'static [Action] {
        if app.is_writing() && app.run.is_some() {
            return &[
                Action::Batch,
                Action::PauseRun,
                Action::Slower,
                Action::Faster,
                Action::StopRun,
                Action::Outcomes,
                Action::Filter,
                Action::Freeze,
                Action::Levels,
            ];
        }
        &[Action::UndoRun, Action::Filter, Action::Freeze, Action::Levels, Action::Zoom, Action::Back]
    }

    fn draw(&self, app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        view::draw(app, buffer, area)
    }
}
