//! Remembering places and lines, and going back to them.

use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::memory::{Bookmark, Memory, MemoryChange, Spot};
use crate::tui::message::Effect;
use crate::tui::pane::Pane;
use crate::tui::parts::Filter;
use crate::tui::parts::filter::Typed;
use crate::tui::screens::palette::Palette;
use crate::tui::screens::phrases::words;
use crate::tui::screens::tenants::tree::Node;

/// Changes that wait until it is known whose account it is.
const WAITING: usize = 200;

/// How far reading the memory of earlier sessions is.
#[derive(Debug, Default)]
pub(super) struct MemoryState {
    /// The account that it is of, once that is known.
    account: Option<Option<String>>,
    /// Changes from before it was read.
    waiting: Vec<MemoryChange>,
}

impl App {
    /// Reads what was remembered of an account, once.
    pub(super) fn recall(&mut self, account: Option<String>) {
        if self.memory_state.account.is_none() {
            self.effect(Effect::ReadMemory(account));
        }
    }

    /// Takes in the memory of an account.
    pub(super) fn recalled(&mut self, account: Option<String>, memory: Memory) {
        self.memory = memory;
        self.memory_state.account = Some(account);
        for change in std::mem::take(&mut self.memory_state.waiting) {
            self.remember(change);
        }
    }

    /// Remembers something, for later sessions too.
    pub(crate) fn remember(&mut self, change: MemoryChange) {
        self.memory.apply(&change);
        match &self.memory_state.account {
            Some(account) => {
                let account = account.clone();
                self.effect(Effect::Remember(account, change));
            }
            None if self.memory_state.waiting.len() < WAITING => self.memory_state.waiting.push(change),
            None => {}
        }
    }

    /// Remembers a place that is looked at.
    pub(crate) fn visit(&mut self, spot: Spot) {
        self.remember(MemoryChange::Visit(spot));
    }

    /// Takes a key as text of a filter that is being typed; `None` where it means something else.
    pub(crate) fn type_into(&mut self, filter: &mut Filter, key: Key) -> Option<Typed> {
        if !filter.typing() {
            return None;
        }
        let typed = filter.key(key, &self.memory.filters);
        if typed == Typed::Kept {
            self.remember(MemoryChange::Filter(filter.text().to_owned()));
        }
        (typed != Typed::Passed).then_some(typed)
    }

    /// The open entity or partition, as something to come back to.
    pub(crate) fn spot(&self) -> Option<Spot> {
        let mut open = self.open_spots();
        let is_list = |spot: &Spot| matches!(spot, Spot::Partition(..));
        // Of the pane that has the keys, where it shows one.
        let at = open.iter().position(|spot| is_list(spot) == (self.focus == Pane::Tenants)).unwrap_or(0);
        if open.is_empty() { None } else { Some(open.swap_remove(at)) }
    }

    /// The entity and the partition that are open.
    pub(crate) fn open_spots(&self) -> Vec<Spot> {
        let entity = self.history.opened.as_ref().map(|opened| {
            let key = &opened.entity.key;
            Spot::Entity(opened.entity.module.clone(), key.pk.to_string(), key.sk.to_string())
        });
        let list = self.tenants.entities.as_ref();
        let partition = list.map(|list| Spot::Partition(list.listing.module.clone(), list.listing.pk.to_string()));
        entity.into_iter().chain(partition).collect()
    }

    /// Asks for a name to keep something under: what is open, unless something else is meant.
    pub(crate) fn keep_place(&mut self, meant: Option<Spot>) {
        let tree = self.tenants.tree.selected().and_then(|node| match node {
            Node::Partition(module, _, pk) => Some(Spot::Partition(module.to_string(), pk.to_string())),
            Node::Module(_) | Node::Tenant(..) => None,
        });
        let spot = meant.or_else(|| self.spot()).or(tree);
        match spot {
            Some(spot) => {
                self.say(tr!("a name for %{place}", place = spot.label()));
                self.to_keep = Some(spot);
                self.stack.push(Palette::holding("keep "));
            }
            None => self.refuse(tr!("nothing is open that could be kept: an entity, a partition or a search")),
        }
    }

    /// `:keep NAME`.
    ///
    /// # Errors
    /// Why nothing is kept.
    pub(crate) fn keep_command(&mut self, words: &[String]) -> Result<(), String> {
        let name = words.join(" ");
        if name.trim().is_empty() {
            return Err(tr!("keep wants a name").into_owned());
        }
        if let Some(why) = self.memory.no_room(&name) {
            return Err(why);
        }
        let spot = self.to_keep.take().or_else(|| self.spot());
        let spot = spot.ok_or_else(|| tr!("nothing is open that could be kept").into_owned())?;
        self.say(tr!("%{place} is kept as %{name}; o and : offer it", place = spot.label(), name = name));
        self.remember(MemoryChange::Keep(Bookmark { name, spot }));
        Ok(())
    }

    /// `:forget NAME`.
    ///
    /// # Errors
    /// That there is no such name.
    pub(crate) fn forget_command(&mut self, words: &[String]) -> Result<(), String> {
        let name = words.join(" ");
        if self.memory.bookmarks.iter().all(|known| known.name != name) {
            return Err(tr!("nothing is kept as %{name}", name = name).into_owned());
        }
        self.say(tr!("nothing is kept as %{name} any more", name = name));
        self.remember(MemoryChange::Forget(name));
        Ok(())
    }

    /// Goes back to a place.
    ///
    /// # Errors
    /// The complaint about a search that was kept.
    pub(crate) fn go_to(&mut self, spot: Spot) -> Result<(), String> {
        match spot {
            Spot::Partition(module, pk) => self.open_key(&pk, None, Some(module)),
            Spot::Entity(module, pk, sk) => self.open_key(&pk, Some(&sk), Some(module)),
            Spot::Search(line) => self.find_command(&words(&line))?,
        }
        Ok(())
    }
}
