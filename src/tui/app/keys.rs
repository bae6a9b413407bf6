//! Where a key goes: to the dialog on top, to a filter or a value being typed, or to an action.

use crossterm::event::{KeyCode, KeyModifiers};

use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::memory::MemoryChange;
use crate::tui::parts::Filter;
use crate::tui::parts::filter::Typed;

fn is_ctrl_c(key: Key) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}

impl App {
    pub(crate) fn key(&mut self, key: Key) {
        self.notice = None;
        if self.stack.is_empty() {
            self.to_keep = None;
        }
        let is_typing = self.plan.is_typing() || self.filter().is_some_and(|filter| filter.typing());
        // It leaves a line that is being typed as it leaves a dialog.
        let key = match is_ctrl_c(key) && self.stack.is_empty() && is_typing {
            true => Key { code: KeyCode::Esc, modifiers: KeyModifiers::NONE },
            false => key,
        };
        let at_once = is_ctrl_c(key);
        // It leaves a dialog as it leaves the console; a screen that has a use for it of its own gets it first.
        let is_free = self.stack.context().is_some_and(|context| self.keymap.action(context, key).is_none());
        if at_once && is_free {
            return self.act_on_screen(Action::Back);
        }
        if self.keymap.action(Context::Everywhere, key) == Some(Action::Suspend) && (is_free || self.stack.is_empty()) {
            return self.perform(Action::Suspend);
        }
        if self.key_to_screen(key) {
            return;
        }
        if !at_once && (self.filter_key(key) || self.focus.screen().typed(self, key)) {
            return;
        }
        match self.keymap.action(self.context(), key) {
            Some(action) => self.perform(action),
            None => self.say(tr!("%{key} does nothing here; ? shows what does", key = key)),
        }
    }

    pub(crate) fn paste(&mut self, text: &str) {
        if self.stack.paste(text) {
            return;
        }
        if let Some(filter) = self.filter().filter(|f| f.typing()) {
            filter.paste(text);
            return self.filter_changed(Typed::Edited);
        }
        self.focus.screen().paste(self, text);
    }

    fn filter_key(&mut self, key: Key) -> bool {
        let past = self.memory.filters.clone();
        let Some(filter) = self.filter().filter(|f| f.typing()) else { return false };
        let (typed, text) = (filter.key(key, &past), filter.text().to_owned());
        match typed {
            Typed::Passed => return false,
            Typed::Kept => self.remember(MemoryChange::Filter(text)),
            Typed::Edited | Typed::Dropped => {}
        }
        self.filter_changed(typed);
        true
    }

    /// Where keys go when no dialog is open.
    pub(crate) fn context(&self) -> Context {
        self.focus.screen().context(self)
    }

    /// The filter of the focused list.
    pub(crate) fn filter(&mut self) -> Option<&mut Filter> {
        self.focus.screen().filter(self)
    }

    /// The filter of the focused list has another text.
    pub(crate) fn filter_changed(&mut self, typed: Typed) {
        self.focus.screen().filtered(self, typed);
    }
}
