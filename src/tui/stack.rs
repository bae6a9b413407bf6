//! The screens that lie over the panes; the topmost gets the keys.

use std::any::Any;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::actions::Action;
use super::app::App;
use super::keymap::{Context, Key};
use super::parts::hits;
use super::screen::{Flow, Press, Scope, Screen};
use super::screens::palette::Palette;
use crate::domain::run::RunId;
use crate::engine::protocol::{Event, RequestId};

/// The screens, the topmost last.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    screens: Vec<Box<dyn Screen>>,
    /// Screens that were left to look at something, one of each kind.
    left: Vec<Box<dyn Screen>>,
}

impl Stack {
    /// Whether the panes get the keys.
    pub(crate) fn is_empty(&self) -> bool {
        self.screens.is_empty()
    }

    /// Lays a screen over the others.
    pub(crate) fn push(&mut self, screen: impl Screen) {
        self.screens.push(Box::new(screen));
    }

    /// Lays the screen of a kind that is meant over the others; false where there is none.
    pub(crate) fn raise<S: Screen>(&mut self, is_meant: impl Fn(&S) -> bool) -> bool {
        let found = |screen: &dyn Screen| (screen as &dyn Any).downcast_ref::<S>().is_some_and(&is_meant);
        let Some(at) = self.screens.iter().position(|screen| found(screen.as_ref())) else { return false };
        let screen = self.screens.remove(at);
        self.screens.push(screen);
        true
    }

    /// The tenants that the topmost screen is about which is about any.
    pub(crate) fn scope(&self, app: &App) -> Option<Scope> {
        self.screens.iter().rev().find_map(|screen| screen.scope(app))
    }

    /// Takes away every screen of a kind.
    pub(crate) fn close<S: Screen>(&mut self) {
        self.screens.retain(|screen| !is::<S>(screen.as_ref()));
    }

    /// Brings the screen of a kind back that was left; false where none was.
    pub(crate) fn bring_back<S: Screen>(&mut self) -> bool {
        let Some(at) = self.left.iter().position(|screen| is::<S>(screen.as_ref())) else { return false };
        let screen = self.left.remove(at);
        self.screens.push(screen);
        true
    }

    /// Lets the lists on top give way to what a command does; how many they were. They can be brought back.
    pub(crate) fn give_way(&mut self) -> usize {
        let mut many = 0;
        while let Some(list) = self.screens.pop_if(|screen| screen.list().is_some()) {
            self.leave(list);
            many += 1;
        }
        many
    }

    /// Brings back the lists that gave way last: the command did nothing.
    pub(crate) fn take_back(&mut self, many: usize) {
        for _ in 0..many {
            self.screens.extend(self.left.pop());
        }
    }

    fn leave(&mut self, screen: Box<dyn Screen>) {
        let kind = (screen.as_ref() as &dyn Any).type_id();
        self.left.retain(|other| (other.as_ref() as &dyn Any).type_id() != kind);
        self.left.push(screen);
    }

    /// Tells every screen, also those that were left, that a run has written.
    pub(crate) fn wrote(&mut self, run: RunId) {
        self.screens.iter_mut().chain(&mut self.left).for_each(|screen| screen.wrote(run));
    }

    /// Takes away the screens that are about the work of a request.
    pub(crate) fn end(&mut self, request: RequestId) {
        self.screens.retain(|screen| !screen.ends_with(request));
    }

    /// True where a screen is about the work of a request.
    pub(crate) fn is_about(&self, request: RequestId) -> bool {
        self.screens.iter().any(|screen| screen.ends_with(request))
    }

    /// Section of the keymap of the topmost screen.
    pub(crate) fn context(&self) -> Option<Context> {
        self.screens.last().map(|screen| screen.context())
    }

    /// Takes pasted text; false where nothing lies over the panes.
    pub(crate) fn paste(&mut self, text: &str) -> bool {
        self.screens.last_mut().map(|screen| screen.paste(text)).is_some()
    }

    /// Takes away the screens that are over.
    pub(crate) fn drop_finished(&mut self) {
        self.screens.retain(|screen| !screen.is_over());
    }

    /// Whether a screen of a kind is among them.
    pub(crate) fn has<S: Screen>(&self) -> bool {
        self.screens.iter().any(|screen| is::<S>(screen.as_ref()))
    }

    /// Whether the topmost screen is of a kind.
    #[cfg(test)]
    pub(crate) fn shows<S: Screen>(&self) -> bool {
        self.screens.last().is_some_and(|screen| is::<S>(screen.as_ref()))
    }
}

fn is<S: Screen>(screen: &dyn Screen) -> bool {
    (screen as &dyn Any).is::<S>()
}

impl App {
    /// Lets a screen work that is taken out meanwhile, because it may change anything, other screens included.
    fn work(&mut self, at: usize, work: impl FnOnce(&mut dyn Screen, &mut Self) -> Flow) {
        if at >= self.stack.screens.len() {
            return;
        }
        let mut screen = self.stack.screens.remove(at);
        match work(screen.as_mut(), self) {
            Flow::Stay => self.stack.screens.insert(at.min(self.stack.screens.len()), screen),
            Flow::Close => {}
            Flow::Leave => self.stack.leave(screen),
        }
    }

    /// Gives up what the lists that were left wait for.
    pub(crate) fn give_up_lists(&mut self) {
        let lists: Vec<RequestId> = self.stack.left.iter().filter_map(|screen| screen.list()).collect();
        lists.into_iter().for_each(|request| self.give_up(request));
    }

    /// Gives a key to the topmost screen; false where nothing lies over the panes.
    pub(super) fn key_to_screen(&mut self, key: Key) -> bool {
        let Some(top) = self.stack.screens.len().checked_sub(1) else { return false };
        self.work(top, |screen, app| {
            if let Some(flow) = screen.typed(app, key) {
                return flow;
            }
            let context = screen.context();
            let Some(action) = app.keymap.action(context, key) else { return Flow::Stay };
            let place = app.keymap.place(context, action, key);
            match action {
                Action::Help => {
                    app.show_help(context);
                    Flow::Stay
                }
                // A refusal in a dialog names the key that allows writing, a copy the command that brings it into a file.
                Action::Palette => {
                    screen.palette_opens(app);
                    app.stack.push(Palette::default());
                    Flow::Stay
                }
                Action::Arm => {
                    app.perform(Action::Arm);
                    Flow::Stay
                }
                // A reading that failed for want of credentials would only fail again.
                Action::Reload if app.signing.needed => {
                    app.sign_in(true);
                    Flow::Stay
                }
                action => screen.act(app, Press { action, place }),
            }
        });
        true
    }

    /// Lets the topmost screen do an action that no key was pressed for.
    pub(super) fn act_on_screen(&mut self, action: Action) {
        let Some(top) = self.stack.screens.len().checked_sub(1) else { return };
        self.work(top, |screen, app| screen.act(app, Press { action, place: 0 }));
    }

    /// Gives an answer to the screen that waits for it.
    pub(crate) fn answer_to_screen(&mut self, request: RequestId, event: Event) {
        let waits = self.stack.screens.iter().position(|screen| screen.waits_for(request));
        if let Some(at) = waits {
            self.work(at, |screen, app| {
                screen.answer(app, request, event);
                if screen.is_over() { Flow::Close } else { Flow::Stay }
            });
        } else if let Some(at) = self.stack.left.iter().position(|screen| screen.waits_for(request)) {
            // It may be brought back, and has to say then how its work ended.
            let mut screen = self.stack.left.remove(at);
            screen.answer(self, request, event);
            self.stack.left.push(screen);
        }
        if std::mem::take(&mut self.signing.read_again) {
            match self.stack.is_empty() {
                true => self.perform(Action::Reload),
                false => self.act_on_screen(Action::Reload),
            }
        }
    }

    /// Lets every screen ask for what it lacks.
    pub(super) fn screens_ask(&mut self) {
        for at in 0..self.stack.screens.len() {
            self.work(at, |screen, app| {
                screen.ask(app);
                Flow::Stay
            });
        }
    }

    /// Draws the screens over the panes and returns where the cursor is, if one has it.
    pub(super) fn draw_screens(&mut self, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let mut screens = std::mem::take(&mut self.stack.screens);
        let mut cursor = None;
        for screen in &mut screens {
            // Lines under a screen are not what the mouse is over.
            drop(hits::take());
            cursor = screen.draw(self, buffer, area);
        }
        self.stack.screens = screens;
        cursor
    }
}
