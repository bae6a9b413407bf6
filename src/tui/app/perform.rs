//! Actions that belong to no pane, and the reasons why one cannot be done.

use crate::engine::protocol::{Command, Level, RequestId};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::message::Effect;
use crate::tui::pane::Pane;
use crate::tui::parts::filter::Typed;
use crate::tui::screens::about::About;
use crate::tui::screens::arm::Arm;
use crate::tui::screens::command::CommandBox;
use crate::tui::screens::copy::CopyMenu;
use crate::tui::screens::leave::Leave;
use crate::tui::screens::palette::{Palette, quoted};

impl App {
    /// Does what an action says, or says why it cannot be done.
    pub(crate) fn perform(&mut self, action: Action) {
        if let Some(why) = self.refusal(action) {
            return self.refuse(why);
        }
        match action {
            Action::Help => self.show_help(self.context()),
            Action::Palette => self.stack.push(Palette::default()),
            Action::OpenKey => {
                let offered = self.tenants.offered.take().map(|pk| format!("open {}", quoted(&pk)));
                self.stack.push(Palette::holding(offered.as_deref().unwrap_or("open ")));
            }
            Action::FindEntity => self.stack.push(Palette::holding("find ")),
            Action::Activity => self.activity_here(),
            Action::KeepPlace => self.keep_place(None),
            Action::CompareTenant => self.stack.push(Palette::holding("compare ")),
            Action::FocusTenants => self.focus = Pane::Tenants,
            Action::FocusHistory => self.focus = Pane::History,
            Action::FocusPlan => self.focus = Pane::Plan,
            Action::FocusLog => self.focus = Pane::Log,
            Action::NextPane => self.focus = self.focus.after(1),
            Action::PreviousPane => self.focus = self.focus.after(Pane::ALL.len() - 1),
            Action::Zoom => self.zoomed = !self.zoomed,
            Action::Copy => self.stack.push(CopyMenu),
            Action::ShowCommand => {
                let line = self.headless_line();
                self.stack.push(CommandBox::new(line));
            }
            Action::Arm if !self.armed => self.stack.push(Arm),
            Action::Arm | Action::Disarm => {
                self.order(Command::Arm { armed: false });
            }
            Action::Runs => self.show_runs(),
            Action::Signs => self.show_signs(),
            Action::EditConfig => self.edit_config(),
            Action::SignIn => self.sign_in(false),
            Action::Reload if self.signing.needed => self.sign_in(true),
            Action::About => self.stack.push(About::new(self)),
            Action::Users => self.show_users(),
            Action::Doctor => self.show_doctor(),
            Action::Quit if self.is_writing() || self.plan.is_dirty() => self.stack.push(Leave),
            Action::Quit => self.quit = true,
            Action::Suspend => self.effect(Effect::Suspend),
            Action::Filter => {
                if let Some(filter) = self.filter() {
                    filter.begin();
                }
                self.filter_changed(Typed::Edited);
            }
            Action::Back if self.filter().is_some_and(|f| f.shown()) => {
                if let Some(filter) = self.filter() {
                    filter.clear();
                }
                self.filter_changed(Typed::Dropped);
            }
            Action::Back if self.zoomed => self.zoomed = false,
            action => {
                // A move is the focused pane's; any other action can be done from every pane.
                let is_done = self.focus.screen().go(self, action)
                    || Pane::ALL.iter().any(|pane| pane.screen().act(self, action));
                if !is_done && action == Action::Reload {
                    self.say(tr!("nothing to read again here"));
                }
            }
        }
    }

    /// Why an action cannot be done; `None` when it can.
    pub(crate) fn refusal(&self, action: Action) -> Option<String> {
        match action {
            Action::Reload
            | Action::SignIn
            | Action::Runs
            | Action::Users
            | Action::OpenKey
            | Action::FindEntity
            | Action::Activity
            | Action::Doctor => self.no_engine(),
            Action::Arm if !self.armed => self.no_engine(),
            Action::Signs => self.no_signs(),
            Action::EditConfig => self.no_config(),
            Action::Disarm => {
                self.no_engine().or_else(|| (!self.armed).then(|| tr!("the console is read-only already").into_owned()))
            }
            Action::Copy
                if self.tenants.entities.is_none() && self.history.opened.is_none() && self.last_copy.is_none() =>
            {
                Some(tr!("there is nothing to copy yet").into_owned())
            }
            action => Pane::ALL.iter().find_map(|pane| pane.screen().refusal(self, action)),
        }
    }

    /// Why nothing can be asked of the engine.
    pub(crate) fn no_engine(&self) -> Option<String> {
        self.engine_gone.then(|| tr!("the engine has ended").into_owned())
    }

    /// Why nothing is written, and what to do about it.
    pub(crate) fn read_only(&self) -> String {
        let key = self.key_of(self.context(), Action::Arm);
        tr!("the console is read-only: %{key} allows writing (it asks first)", key = key).into_owned()
    }

    /// Gives up what a pane waits for.
    pub(crate) fn stop_waiting(&mut self, requests: Vec<RequestId>) {
        if requests.is_empty() {
            return self.say(tr!("nothing is being waited for here"));
        }
        requests.into_iter().for_each(|request| self.give_up(request));
        self.say(tr!("stopping…"));
    }

    /// The engine allows writing now, or no longer.
    pub(crate) fn now_armed(&mut self, armed: bool) {
        self.armed = armed;
        let text = if armed {
            tr!("armed: writing is allowed, each time after a dialog")
        } else {
            tr!("read-only: nothing can be written")
        };
        self.tell(Level::Info, text.clone());
        self.say(text);
    }
}
