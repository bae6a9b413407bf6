//! Where the operator was, what is kept under a name, and what was typed: per profile and account, from session to session.

mod file;

use serde_json::{Value as Json, json};

use crate::domain::secret::redacted;

pub(crate) use file::{Scribe, path, read};

/// Places that are remembered as the last ones.
const RECENT: usize = 30;
/// Places that are kept under a name.
const BOOKMARKS: usize = 200;
/// Lines that are remembered of each kind.
const LINES: usize = 100;
/// Bytes of a line or a key that are worth remembering.
const LONG: usize = 4_096;

/// Somewhere to go back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A partition, by its module and key.
    Partition(String, String),
    /// An entity, by its module, partition and sort key.
    Entity(String, String, String),
    /// A search, as it is typed behind `find`.
    Search(String),
}

impl Spot {
    /// As lists show it.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Partition(_, pk) => pk.clone(),
            Self::Entity(_, pk, sk) => format!("{pk} / {sk}"),
            Self::Search(line) => format!("find {line}"),
        }
    }

    fn to_json(&self) -> Json {
        match self {
            Self::Partition(module, pk) => json!({"module": module, "pk": pk}),
            Self::Entity(module, pk, sk) => json!({"module": module, "pk": pk, "sk": sk}),
            Self::Search(line) => json!({"find": line}),
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
        if let Some(line) = text("find") {
            return Some(Self::Search(line));
        }
        let (module, pk) = (text("module")?, text("pk")?);
        Some(match text("sk") {
            Some(sk) => Self::Entity(module, pk, sk),
            None => Self::Partition(module, pk),
        })
    }

    fn len(&self) -> usize {
        self.label().len()
    }
}

/// A place under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bookmark {
    pub(crate) name: String,
    pub(crate) spot: Spot,
}

/// Places and lines from before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The last places, the newest first.
    pub(crate) recent: Vec<Spot>,
    /// By their names.
    pub(crate) bookmarks: Vec<Bookmark>,
    /// Lines of the palette, the newest last.
    pub(crate) commands: Vec<String>,
    /// Texts of filters, the newest last.
    pub(crate) filters: Vec<String>,
}

/// Something new to remember, or to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MemoryChange {
    /// A place was looked at.
    Visit(Spot),
    /// It is not there after all.
    Gone(Spot),
    /// It shall be kept under a name, in place of what had that.
    Keep(Bookmark),
    /// Nothing shall be kept under a name.
    Forget(String),
    /// A command was typed.
    Command(String),
    /// A filter was typed.
    Filter(String),
}

impl Memory {
    /// Takes a change in.
    pub(crate) fn apply(&mut self, change: &MemoryChange) {
        match change {
            MemoryChange::Visit(spot) if spot.len() <= LONG => {
                self.recent.retain(|known| known != spot);
                self.recent.insert(0, spot.clone());
                self.recent.truncate(RECENT);
            }
            MemoryChange::Visit(_) => {}
            MemoryChange::Gone(spot) => self.recent.retain(|known| known != spot),
            MemoryChange::Keep(bookmark) => {
                self.bookmarks.retain(|known| known.name != bookmark.name);
                if self.bookmarks.len() < BOOKMARKS {
                    self.bookmarks.push(bookmark.clone());
                    self.bookmarks.sort_by(|a, b| a.name.cmp(&b.name));
                }
            }
            MemoryChange::Forget(name) => self.bookmarks.retain(|known| known.name != *name),
            MemoryChange::Command(line) => add_line(&mut self.commands, line),
            MemoryChange::Filter(text) => add_line(&mut self.filters, text),
        }
    }

    /// Why nothing can be kept under a name; `None` where it can.
    pub(crate) fn no_room(&self, name: &str) -> Option<String> {
        let is_full = self.bookmarks.len() >= BOOKMARKS && self.bookmarks.iter().all(|known| known.name != name);
        is_full.then(|| tr!("%{n} places are kept already: `:forget NAME` makes room", n = BOOKMARKS).into_owned())
    }

    fn to_json(&self) -> Json {
        let bookmark = |one: &Bookmark| {
            let mut json = one.spot.to_json();
            json["name"] = one.name.as_str().into();
            json
        };
        json!({
            "recent": self.recent.iter().map(Spot::to_json).collect::<Vec<_>>(),
            "bookmarks": self.bookmarks.iter().map(bookmark).collect::<Vec<_>>(),
            "commands": self.commands,
            "filters": self.filters,
        })
    }

    /// As much of it as can be read: a broken part is no reason to lose the rest.
    fn from_json(json: &Json) -> Self {
        let list = |name: &str| json.get(name).and_then(Json::as_array).into_iter().flatten();
        let lines = |name: &str| list(name).filter_map(Json::as_str).map(str::to_owned).take(LINES).collect();
        let bookmark = |one: &Json| {
            let name = one.get("name")?.as_str()?.to_owned();
            Some(Bookmark { name, spot: Spot::from_json(one)? })
        };
        Self {
            recent: list("recent").filter_map(Spot::from_json).take(RECENT).collect(),
            bookmarks: list("bookmarks").filter_map(bookmark).take(BOOKMARKS).collect(),
            commands: lines("commands"),
            filters: lines("filters"),
        }
    }
}

/// A line behind the others, once.
fn add_line(lines: &mut Vec<String>, line: &str) {
    if line.trim().is_empty() || line.len() > LONG {
        return;
    }
    let line = redacted(line).to_string();
    lines.retain(|known| *known != line);
    lines.push(line);
    let over = lines.len().saturating_sub(LINES);
    lines.drain(..over);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(n: usize) -> Spot {
        Spot::Entity("product".into(), "PRODUCT#acme".into(), format!("P-{n}"))
    }

    #[test]
    fn the_newest_come_first_once_and_there_is_an_end() {
        let mut memory = Memory::default();
        for n in (0..100).chain([95]) {
            memory.apply(&MemoryChange::Visit(entity(n)));
            memory.apply(&MemoryChange::Command(format!("version {n}")));
        }
        assert_eq!((memory.recent[..2].to_vec(), memory.recent.len()), (vec![entity(95), entity(99)], RECENT));
        assert_eq!((memory.commands.last().unwrap().as_str(), memory.commands.len()), ("version 95", LINES));
        memory.apply(&MemoryChange::Command(" ".into()));
        memory.apply(&MemoryChange::Filter("x".repeat(LONG + 1)));
        assert_eq!((memory.commands.len(), memory.filters.len()), (LINES, 0));
    }

    #[test]
    fn a_name_keeps_one_place_until_it_is_forgotten() {
        let mut memory = Memory::default();
        let keep = |name: &str, n| MemoryChange::Keep(Bookmark { name: name.into(), spot: entity(n) });
        [keep("b", 1), keep("a", 2), keep("b", 3)].iter().for_each(|change| memory.apply(change));
        let names: Vec<_> = memory.bookmarks.iter().map(|b| (b.name.as_str(), b.spot.label())).collect();
        assert_eq!(names, [("a", "PRODUCT#acme / P-2".to_owned()), ("b", "PRODUCT#acme / P-3".to_owned())]);
        memory.apply(&MemoryChange::Forget("a".into()));
        assert_eq!(memory.bookmarks.len(), 1);
        for n in 0..BOOKMARKS {
            memory.apply(&keep(&format!("{n:03}"), n));
        }
        assert_eq!(memory.bookmarks.len(), BOOKMARKS);
        assert!(memory.no_room("new").is_some() && memory.no_room("b").is_none());
    }

    #[test]
    fn it_is_read_back_and_broken_parts_are_passed_over() {
        let mut memory = Memory::default();
        for change in [
            MemoryChange::Visit(Spot::Partition("product".into(), "PRODUCT#acme".into())),
            MemoryChange::Visit(Spot::Search("'two words' --tenant acme".into())),
            MemoryChange::Keep(Bookmark { name: "ボルト".into(), spot: entity(1) }),
            MemoryChange::Command("open PRODUCT#acme".into()),
            MemoryChange::Filter("bolt".into()),
        ] {
            memory.apply(&change);
        }
        let mut json = memory.to_json();
        assert_eq!(Memory::from_json(&json), memory);
        json["recent"][0] = 5.into();
        json["commands"] = "no list".into();
        let read = Memory::from_json(&json);
        assert_eq!((read.recent.len(), read.commands.len(), read.bookmarks.len()), (1, 0, 1));
    }
}
