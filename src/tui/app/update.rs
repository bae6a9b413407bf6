//! Changes that a message makes. No input or output happens here: what is to be done outside comes back as effects.

use jiff::Timestamp;

use super::App;
use crate::engine::protocol::Level;
use crate::language::spoken;
use crate::tui::actions::Action;
use crate::tui::keymap::Context;
use crate::tui::message::{Built, Effect, Message};
use crate::tui::screens::history::LastChanges;
use crate::tui::screens::tenants::held::Scope;
use crate::tui::screens::tenants::tree::Counting;

/// Takes a message in and returns what is to be done outside.
pub(crate) fn update(app: &mut App, now: Timestamp, message: Message) -> Vec<Effect> {
    app.now = now;
    match message {
        Message::Key(key) => app.key(key),
        Message::Paste(text) => app.paste(&text),
        Message::Mouse(mouse, at) => app.mouse(mouse, at),
        Message::Resize => {}
        Message::Engine(envelope) => app.engine(envelope),
        Message::EngineGone => {
            app.engine_gone = true;
            app.requests.clear();
            let leave = app.key_of(Context::Everywhere, Action::Quit);
            let text = tr!(
                "the engine has ended: nothing can be read or written any more; %{key} leaves the console",
                key = leave
            );
            app.tell(Level::Error, text);
        }
        Message::Counters(counters) => app.counters = counters,
        Message::Cached(cached) => app.cached(cached),
        Message::Recalled(account, memory) => app.recalled(account, memory),
        Message::Built(built) => app.built(built),
        Message::NoClipboard { text, what } => app.effect(Effect::CopyThroughTerminal { text, what }),
        Message::PlanRead(file, read) => app.plan_read(file, read),
        Message::PlanSaved { file, text, saved } => app.plan_saved(file, text, saved),
        Message::Files(lead, names) => app.files_listed(&lead, &names),
        Message::PlanEdited(edited) => app.plan_edited(edited),
        Message::Copied(Ok(how)) => app.say(how),
        Message::CommandSaid(line) => app.signing.command_said(line),
        Message::CommandEnded(ended) => app.signing.command_ended(ended),
        Message::NotTold(why) => app.tell(Level::Warning, format!("[notify] command: {}", spoken(&why))),
        Message::Focus(has_focus) => app.focused(has_focus),
        Message::Tick => app.ticked(),
        Message::Profiles(listed) => app.listed_profiles = Some(listed),
        Message::ConfigEdited(path, before, edited) => app.config_edited(path, before, edited),
        Message::ConfigSaved(saved) => app.config_saved(saved),
        Message::SentToTerminal { what, characters } => app.sent_to_terminal(&what, characters),
        Message::Copied(Err(why)) => {
            app.tell(Level::Warning, why.clone());
            app.refuse(why);
        }
    }
    app.pump();
    app.stack.drop_finished();
    app.take_effects()
}

impl App {
    /// Asks for what the screen lacks. Called after every message, so nothing else needs to think of it.
    fn pump(&mut self) {
        if self.engine_gone {
            return;
        }
        self.pump_watch();
        self.pump_view();
        self.pump_pages();
        self.pump_diff();
        self.pump_items();
        self.screens_ask();
    }

    fn cached(&mut self, cached: Option<crate::tui::cache::CachedCounts>) {
        match cached {
            Some(cached) if self.tenants.tree.counting == Counting::Never => {
                self.tenants.tree.apply(cached.counts, cached.at);
                self.tenants.tree.kept_at = Some(cached.at);
                self.tenants.tree.counting = Counting::Cached(cached.at);
            }
            // Reading all of it costs money elsewhere, and nothing here.
            None if self.profile.name == "sandbox" && self.tenants.tree.counting == Counting::Never => {
                self.count(Scope::Everything);
            }
            _ => {}
        }
    }

    fn built(&mut self, built: Built) {
        if let Built::View(generation, key, change, row) = built {
            return self.row_viewed(generation, key, &change, *row);
        }
        let Some(opened) = &mut self.history.opened else { return };
        opened.arranged.of = None;
        match built {
            Built::Diff(generation, key, view) if opened.generation == generation => {
                opened.diffs.ready(key, *view);
            }
            Built::LastChanges(generation, blame) if opened.generation == generation => {
                if let LastChanges::Building(versions) = opened.last_changes {
                    opened.last_changes = LastChanges::Ready(versions, blame.into());
                }
            }
            _ => {}
        }
    }
}
