//! Where a key goes: to the dialog on top, to a filter being typed, or to an action.

use crossterm::event::{KeyCode, KeyModifiers};

use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::pane::Pane;
use crate::tui::parts::filter::Typed;
use crate::tui::screens::history::Half;

impl App {
    pub(crate) fn key(&mut self, key: Key) {
        self.notice = None;
        let at_once = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        // Wherever one is, this leaves; a screen that has a use for it of its own gets it first.
        let is_free = self.stack.context().is_some_and(|context| self.keymap.action(context, key).is_none());
        if at_once && is_free {
            return self.perform(Action::Quit);
        }
        if self.key_to_screen(key) {
            return;
        }
        if self.filter().is_some_and(|f| f.typing()) && !at_once && self.filter_key(key) {
            return;
        }
        if self.focus == Pane::Plan && self.plan.is_typing() && !at_once {
            self.value_key(key);
            return;
        }
        match self.keymap.action(self.context(), key) {
            Some(action) => self.perform(action),
            None => self.say(format!("{key} does nothing here; ? shows what does")),
        }
    }

    pub(crate) fn paste(&mut self, text: &str) {
        if self.stack.paste(text) {
            return;
        }
        if self.focus == Pane::Plan && self.plan.is_typing() {
            return self.value_pasted(text);
        }
        if let Some(filter) = self.filter().filter(|f| f.typing()) {
            filter.paste(text);
            self.filter_changed(Typed::Edited);
        }
    }

    fn filter_key(&mut self, key: Key) -> bool {
        let Some(typed) = self.filter().map(|f| f.key(key)) else { return false };
        if typed == Typed::Passed {
            return false;
        }
        self.filter_changed(typed);
        true
    }

    /// The filter of the focused list has another text.
    pub(crate) fn filter_changed(&mut self, typed: Typed) {
        match self.focus {
            Pane::Tenants => match &mut self.tenants.entities {
                Some(list) => match typed {
                    Typed::Edited => list.filter_typed(),
                    Typed::Kept => list.filter_kept(),
                    _ => list.unfilter(),
                },
                None => self.tenants.tree.refresh(),
            },
            Pane::History => {
                if let Some(opened) = &mut self.history.opened {
                    if opened.half == Half::List {
                        opened.versions.refilter(&opened.filter);
                        opened.follow();
                    } else {
                        opened.detail = Default::default();
                    }
                }
            }
            Pane::Log => self.log.refilter(),
            Pane::Plan => self.preview_filter(typed),
        }
    }
}
