//! What each action does.

use crate::engine::protocol::Command;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::message::Purpose;
use crate::tui::pane::Pane;
use crate::tui::parts::filter::Typed;
use crate::tui::parts::scroll::Step;
use crate::tui::screens::about::About;
use crate::tui::screens::arm::Arm;
use crate::tui::screens::command::CommandBox;
use crate::tui::screens::copy::CopyMenu;
use crate::tui::screens::end_run::EndRun;
use crate::tui::screens::history::Compare;
use crate::tui::screens::leave::Leave;
use crate::tui::screens::palette::Palette;

impl App {
    /// Does what an action says, or says why it cannot be done.
    pub(crate) fn perform(&mut self, action: Action) {
        if let Some(why) = self.refusal(action) {
            return self.refuse(why);
        }
        match action {
            Action::Help => self.show_help(self.context()),
            Action::Palette => self.stack.push(Palette::default()),
            Action::OpenKey => self.stack.push(Palette::holding("open ")),
            Action::CompareTenant => self.stack.push(Palette::holding("compare ")),
            Action::FocusTenants => self.go_to(Pane::Tenants),
            Action::FocusHistory => self.go_to(Pane::History),
            Action::FocusPlan => self.go_to(Pane::Plan),
            Action::FocusLog => self.go_to(Pane::Log),
            Action::NextPane => self.go_to(self.focus.after(1)),
            Action::PreviousPane => self.go_to(self.focus.after(Pane::ALL.len() - 1)),
            Action::Zoom => self.zoomed = !self.zoomed,
            Action::Back => self.back(),
            Action::Cancel => self.cancel(),
            Action::Copy => self.stack.push(CopyMenu),
            Action::ShowCommand => {
                let line = self.headless_line();
                self.stack.push(CommandBox::new(line));
            }
            Action::Reload => self.reload(),
            Action::Arm if self.armed => self.disarm(),
            Action::Arm => self.stack.push(Arm),
            Action::Disarm => self.disarm(),
            Action::Runs => self.show_runs(),
            Action::About => self.stack.push(About::new(self)),
            Action::Users => self.show_users(),
            Action::Quit if self.is_writing() || self.plan.is_dirty() => self.stack.push(Leave),
            Action::Quit => self.quit = true,

            Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::Top | Action::Bottom => {
                self.moved(action);
            }
            Action::Left => self.sideways(false),
            Action::Right => self.sideways(true),
            Action::Open => self.open(),
            Action::Filter => {
                if let Some(filter) = self.filter() {
                    filter.begin();
                }
                self.filter_changed(Typed::Edited);
            }

            Action::Scan => self.scan(None),
            Action::Mark => {
                if let Some(list) = &mut self.tenants.entities {
                    list.toggle_mark();
                    list.step(Step::Lines(1));
                }
            }
            Action::ClearMarks => {
                if let Some(list) = &mut self.tenants.entities {
                    list.marks.clear();
                }
            }
            Action::DeletedFilter => self.next_deleted(),

            Action::StepOlder => self.step_version(Step::Lines(1)),
            Action::StepNewer => self.step_version(Step::Lines(-1)),
            Action::MarkVersion => self.mark_version(),
            Action::CompareWith => self.next_compare(),
            Action::View => self.next_view(),
            Action::Bookkeeping => self.with_opened(|o| o.all = !o.all),
            Action::Wrap => self.with_opened(|o| {
                o.wrap = !o.wrap;
                o.sideways = 0;
            }),
            Action::ScrollUp | Action::ScrollDown => self.scroll_detail(action),
            Action::Preview => self.preview_selected(),
            Action::Rollback => self.roll_back_selected(),

            Action::RunPlan => self.run_plan(),
            Action::Batch => self.show_batch(),
            Action::PauseRun => self.pause_or_go_on(),
            Action::Faster => self.pace(true),
            Action::Slower => self.pace(false),
            Action::StopRun => {
                if let Some(request) = self.run.as_ref().map(|run| run.request) {
                    self.stack.push(EndRun { request });
                }
            }
            Action::Outcomes => {
                let word = self.log.next_outcome();
                self.say(format!("the log shows {word}"));
            }
            Action::Tenants => {
                let tenant = self.log.next_tenant();
                self.say(
                    tenant.map_or_else(|| "the log shows every tenant".to_owned(), |t| format!("the log shows {t}")),
                );
            }
            Action::PreviewPlan => self.preview_plan(),
            Action::ShowPreview => self.plan.shows_preview = true,
            Action::Which => self.next_which(),
            Action::Doctor => self.show_doctor(),
            Action::Watch => self.toggle_watch(),
            Action::PlanView => self.toggle_view(),
            Action::Collisions => self.show_collisions(),
            Action::Findings => self.show_findings(),
            Action::Violations => self.show_violations(),
            Action::VerifyPlan => self.show_verification(),
            Action::NewPlan
            | Action::OpenPlan
            | Action::SavePlan
            | Action::EditPlan
            | Action::NextWord
            | Action::ClearValue => self.plan_action(action),

            // Answers of dialogs: nothing but their own screens knows them.
            Action::Approve
            | Action::ApproveRest
            | Action::SkipBatch
            | Action::HoldBatch
            | Action::SplitBatch
            | Action::EndRun
            | Action::ConfirmWrite
            | Action::ConfirmSkip
            | Action::ConfirmHold
            | Action::ConfirmSplit
            | Action::ConfirmEnd
            | Action::ConfirmArm
            | Action::ConfirmDiscard
            | Action::ConfirmLeave
            | Action::Accept
            | Action::Choose
            | Action::Complete
            | Action::Resume
            | Action::UndoRun
            | Action::VerifyRun
            | Action::ExportRun
            | Action::Severity
            | Action::Kind
            | Action::Repair
            | Action::Pick
            | Action::Merge
            | Action::Undecide
            | Action::NextOpen
            | Action::OnlyOpen
            | Action::CopyKey
            | Action::CopySortKey
            | Action::CopyRow
            | Action::CopyDiff
            | Action::CopyMarkdown
            | Action::CopyCommand => {}

            Action::Freeze => self.log.freeze(),
            Action::Levels => {
                self.log.levels = self.log.levels.next();
                self.log.refilter();
                self.say(format!("the log shows {}", self.log.levels.word()));
            }
        }
    }

    fn with_opened(&mut self, change: impl FnOnce(&mut crate::tui::screens::history::Opened)) {
        if let Some(opened) = &mut self.history.opened {
            change(opened);
        }
    }

    fn next_compare(&mut self) {
        let Some(opened) = &mut self.history.opened else { return };
        opened.compare = opened.next_compare();
        let text = match opened.compare {
            Compare::Previous => "compared with the version before",
            Compare::Current => "compared with the current version",
            Compare::Marked => "compared with the marked version",
            Compare::Other(_) => "compared with another partition",
        };
        self.say(text);
    }

    fn disarm(&mut self) {
        self.send(Command::Arm { armed: false }, Purpose::Arm);
    }

    /// The engine allows writing now, or no longer.
    pub(crate) fn now_armed(&mut self, armed: bool) {
        self.armed = armed;
        let text = if armed {
            "armed: writing is allowed, each time after a dialog"
        } else {
            "read-only: nothing can be written"
        };
        self.tell(crate::engine::protocol::Level::Info, text);
        self.say(text);
    }
}
