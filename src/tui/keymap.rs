//! Keys and their actions, from the shipped keymap.

mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::actions::Action;
use crate::config::OwnFile;
use file::{Bound, Clash, bindings_of};

/// The keymap that the program carries.
const SHIPPED: &str = include_str!("../../assets/keymap.toml");

/// A key with its modifiers. The shift of a printable key is in the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) code: KeyCode,
    pub(crate) modifiers: KeyModifiers,
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        if matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers -= KeyModifiers::SHIFT;
        }
        Self { code: event.code, modifiers }
    }
}

const NAMES: &[(&str, KeyCode, &str)] = &[
    ("enter", KeyCode::Enter, "Enter"),
    ("esc", KeyCode::Esc, "Esc"),
    ("tab", KeyCode::Tab, "Tab"),
    ("shift-tab", KeyCode::BackTab, "Shift-Tab"),
    ("space", KeyCode::Char(' '), "Space"),
    ("backspace", KeyCode::Backspace, "Backspace"),
    ("delete", KeyCode::Delete, "Del"),
    ("up", KeyCode::Up, "↑"),
    ("down", KeyCode::Down, "↓"),
    ("left", KeyCode::Left, "←"),
    ("right", KeyCode::Right, "→"),
    ("pageup", KeyCode::PageUp, "PgUp"),
    ("pagedown", KeyCode::PageDown, "PgDn"),
    ("home", KeyCode::Home, "Home"),
    ("end", KeyCode::End, "End"),
];

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((_, code, _)) = NAMES.iter().find(|(name, ..)| *name == text) {
            return Ok(Self { code: *code, modifiers: KeyModifiers::NONE });
        }
        let (modifiers, rest) = match text.split_once('-') {
            Some(("ctrl", rest)) => (KeyModifiers::CONTROL, rest),
            Some(("alt", rest)) => (KeyModifiers::ALT, rest),
            // The shift of a character is in the character: only keys with a name have one of their own.
            Some(("shift", rest)) => {
                let named = NAMES.iter().find(|(name, ..)| *name == rest).filter(|_| rest != "space");
                let (_, code, _) = named.ok_or_else(|| format!("{text} is no key"))?;
                return Ok(Self { code: *code, modifiers: KeyModifiers::SHIFT });
            }
            _ => (KeyModifiers::NONE, text),
        };
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => KeyCode::Char(c),
            (Some('f'), Some(_)) => KeyCode::F(rest[1..].parse().map_err(|_| format!("{text} is no key"))?),
            _ => return Err(format!("{text} is no key")),
        };
        Ok(Self { code, modifiers })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((.., shown)) = NAMES.iter().find(|(_, code, _)| *code == self.code) {
            let shift = if self.modifiers == KeyModifiers::SHIFT { "Shift-" } else { "" };
            return write!(f, "{shift}{shown}");
        }
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => write!(f, "{c}"),
            KeyCode::Char(c) => write!(f, "{}", c.to_uppercase()),
            KeyCode::F(n) => write!(f, "F{n}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Sections of the keymap that a context is made of beside its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    /// Keys of other sections only.
    Shared,
    /// A pane: it is a list, and everything in the program can be reached from it.
    Pane,
    /// A dialog with a list.
    List,
    /// A dialog with lines to move over, whose other keys are all its own.
    Text,
    /// A dialog in which text is typed.
    Typing,
    /// A question: nothing but its own answers.
    Question,
}

macro_rules! contexts {
    ($($variant:ident = $name:literal, $heading:literal, $base:ident;)+) => {
        /// Where a key is pressed: a section of the keymap.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Context { $($variant),+ }

        impl Context {
            /// Every context, with its name in the keymap and its heading in the help.
            pub(crate) const ALL: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$variant, $name, $heading)),+];

            fn base(self) -> Base {
                match self { $(Self::$variant => Base::$base),+ }
            }
        }
    };
}

contexts! {
    Tree = "tree", "Tenants", Pane;
    Entities = "entities", "Entities of a partition", Pane;
    History = "history", "History and diff", Pane;
    Plan = "plan", "Plan", Pane;
    Step = "step", "One transform, chain step, reference or decision", List;
    Preview = "preview", "Preview of the plan", Pane;
    Log = "log", "Progress log", Pane;
    Move = "move", "In every list", Shared;
    Across = "across", "In every list with levels", Shared;
    Everywhere = "everywhere", "In every pane", Shared;
    Dialog = "dialog", "In every dialog with a list", Shared;
    Typing = "typing", "While text is typed", Shared;
    Batch = "batch", "Batch that waits for a decision", Text;
    Confirm = "confirm", "Last question before a decision", Question;
    Arm = "arm", "Question before writing is allowed", Question;
    Paused = "paused", "Run that the engine paused", Question;
    SignIn = "sign-in", "Signing in again", Question;
    Profiles = "profiles", "Profiles", List;
    Switch = "switch", "Question before a run is ended for another profile", Question;
    EndRun = "end-run", "Question before a run is ended", Question;
    Discard = "discard", "Question before a plan is thrown away", Question;
    Count = "count", "Question before entities are counted", Question;
    Leave = "leave", "Question before the console is left", Question;
    Rollback = "rollback", "Preview of a rollback", Text;
    Approval = "approval", "Only item of a run that waits for a decision", Question;
    Runs = "runs", "Recorded runs", List;
    Item = "item", "One item", List;
    Summary = "summary", "Summary of a preview or a batch", List;
    Signs = "signs", "Signs of a list", List;
    Find = "find", "Entities that hold a text", List;
    Activity = "activity", "Activity", List;
    Findings = "findings", "Findings", List;
    Collisions = "collisions", "Key collisions", List;
    Order = "order", "Order of a merge", Question;
    Violations = "violations", "Violations", List;
    Verification = "verification", "Comparison", List;
    Rehearsal = "rehearsal", "Rehearsal on a copy", List;
    Users = "users", "Users of a pool", List;
    User = "user", "One user", List;
    Copy = "copy", "Copy", Question;
    About = "about", "About tenantry", List;
    Command = "command", "Command line that does the same", Text;
    Palette = "palette", "Palette", Typing;
    Help = "help", "Help", Typing;
}

impl Context {
    /// The sections whose keys it has beside its own.
    pub(crate) fn beside(self) -> &'static [Self] {
        match self.base() {
            Base::Pane => &[Self::Move, Self::Across, Self::Everywhere],
            Base::List => &[Self::Move, Self::Across, Self::Dialog],
            Base::Text => &[Self::Move],
            Base::Typing => &[Self::Typing],
            Base::Shared | Base::Question => &[],
        }
    }
}

/// Keys by context and action, the actions in the order of their definition.
#[derive(Debug, Clone)]
pub(crate) struct Keymap(Sections);

type Sections = BTreeMap<Context, Vec<(Action, Vec<Key>)>>;

impl Keymap {
    /// The shipped keymap.
    ///
    /// # Errors
    /// The error in it, in words.
    pub(crate) fn shipped() -> Result<Self, String> {
        Self::with(None)
    }

    /// The shipped keymap, with the operator's own read over it.
    ///
    /// # Errors
    /// The error in either, in words; in the operator's own with file and line.
    pub(crate) fn with(own: Option<&OwnFile>) -> Result<Self, String> {
        let shipped = OwnFile { path: "keymap".into(), text: SHIPPED.to_owned() };
        let mut keymap = Self(BTreeMap::new());
        for file in std::iter::once(&shipped).chain(own) {
            let bound = bindings_of(file)?;
            for Bound { context, action, keys } in &bound {
                let keys: Vec<Key> = keys.iter().map(|(key, _)| *key).collect();
                let known = keymap.0.entry(*context).or_default();
                match known.iter_mut().find(|(a, _)| a == action) {
                    Some((_, old)) => *old = keys,
                    None => known.push((*action, keys)),
                }
            }
            keymap.0.values_mut().for_each(|known| known.sort_by_key(|(action, _)| *action));
            keymap.check().map_err(|clash| clash.words(file, &bound))?;
        }
        Ok(keymap)
    }

    fn check(&self) -> Result<(), Clash> {
        for (context, name, _) in Context::ALL {
            let mut seen: Vec<(Key, (Context, Action))> = Vec::new();
            for within in std::iter::once(*context).chain(context.beside().iter().copied()) {
                for (action, keys) in self.bindings(within) {
                    for key in keys {
                        if let Some((_, other)) = seen.iter().find(|(k, _)| k == key) {
                            return Err(Clash { name, key: *key, of: [*other, (within, *action)] });
                        }
                        seen.push((*key, (within, *action)));
                    }
                }
            }
        }
        Ok(())
    }

    fn chain(&self, context: Context) -> impl Iterator<Item = &(Action, Vec<Key>)> {
        std::iter::once(context).chain(context.beside().iter().copied()).flat_map(|c| self.bindings(c))
    }

    /// Action of a key in a context.
    pub(crate) fn action(&self, context: Context, key: Key) -> Option<Action> {
        self.chain(context).find(|(_, keys)| keys.contains(&key)).map(|(action, _)| *action)
    }

    /// Place of a key among those of its action, from 0: where an action has a key for each line, it says which.
    pub(crate) fn place(&self, context: Context, action: Action, key: Key) -> usize {
        let keys = self.chain(context).find(|(a, _)| *a == action).map(|(_, keys)| keys.as_slice());
        keys.and_then(|keys| keys.iter().position(|k| *k == key)).unwrap_or(0)
    }

    /// The keys of an action in a context.
    pub(crate) fn keys(&self, context: Context, action: Action) -> &[Key] {
        self.chain(context).find(|(a, _)| *a == action).map_or(&[], |(_, keys)| keys)
    }

    /// The first key of an action in a context.
    pub(crate) fn key(&self, context: Context, action: Action) -> Option<Key> {
        self.chain(context).find(|(a, _)| *a == action).and_then(|(_, keys)| keys.first().copied())
    }

    /// Whether an action has a key in any context; without one the palette alone offers it.
    pub(crate) fn has_key(&self, action: Action) -> bool {
        self.0.values().flatten().any(|(bound, _)| *bound == action)
    }

    /// The bindings that a context has of its own.
    pub(crate) fn bindings(&self, context: Context) -> &[(Action, Vec<Key>)] {
        self.0.get(&context).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn own(text: &str) -> OwnFile {
        OwnFile { path: "my.toml".into(), text: text.to_owned() }
    }

    #[test]
    fn only_actions_of_the_whole_console_have_no_key() {
        let keymap = Keymap::shipped().unwrap();
        let keyless: Vec<_> = Action::ALL.iter().filter(|a| !keymap.has_key(**a)).map(|a| a.id()).collect();
        assert_eq!(keyless, ["disarm", "doctor", "config", "about", "rehearse"]);
    }

    #[test]
    fn every_context_stands_in_the_file() {
        let shipped = own(SHIPPED);
        assert_eq!(shipped.parse().unwrap().len(), Context::ALL.len());
    }

    #[test]
    fn what_destroys_sits_beside_no_harmless_key() {
        let keymap = Keymap::shipped().unwrap();
        for neighbour in ["r", "e", "E", "t", "T", "d", "D", "f", "F"] {
            assert_eq!(keymap.action(Context::History, neighbour.parse().unwrap()), None, "{neighbour}");
        }
        for neighbour in ["a", "S", "Q", "Z"] {
            assert_eq!(keymap.action(Context::History, neighbour.parse().unwrap()), None, "{neighbour}");
        }
    }

    #[test]
    fn keys_of_the_operators_own_replace_the_shipped_ones() {
        let keymap =
            Keymap::with(Some(&own("[runs]\nresume = [\"g\"]\ntop = [\"t\"]\n[move]\ntop = [\"home\"]"))).unwrap();
        let action = |context, key: &str| keymap.action(context, key.parse().unwrap());
        assert_eq!((action(Context::Runs, "g"), action(Context::Runs, "r")), (Some(Action::Resume), None));
        assert_eq!((action(Context::Runs, "t"), action(Context::Tree, "g")), (Some(Action::Top), None));
        let wrong = |text: &str| Keymap::with(Some(&own(text))).unwrap_err();
        assert_eq!(wrong("[runs]\nresume = [\"u\"]"), "my.toml:2: in runs, u is both resume and undo-run");
        assert_eq!(wrong("[run]\n"), "my.toml:1: [run] is no context");
    }

    #[test]
    fn keys_are_written_as_people_do() {
        let shown = |t: &str| t.parse::<Key>().unwrap().to_string();
        assert_eq!(
            ["ctrl-d", "G", "shift-tab", "space", "f5", "[", "pagedown", "shift-up"].map(shown),
            ["Ctrl-D", "G", "Shift-Tab", "Space", "F5", "[", "PgDn", "Shift-↑"]
        );
        assert_eq!(["shift-a", "shift-space", "shift-"].map(|key| key.parse::<Key>().is_err()), [true; 3]);
        let arrow = KeyEvent::new(KeyCode::Up, KeyModifiers::SHIFT);
        assert_eq!(Keymap::shipped().unwrap().action(Context::Entities, arrow.into()), Some(Action::MarkUp));
    }

    #[test]
    fn the_shift_of_a_letter_is_in_the_letter() {
        let event = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Keymap::shipped().unwrap().action(Context::Tree, event.into()), Some(Action::Bottom));
    }
}
