//! Keys and what they do, for the foot of a dialog: read from the keymap, so that they are those that work.

use crate::tui::actions::Action;
use crate::tui::keymap::{Context, Keymap};

/// Keys with what they do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hints(pub(crate) Vec<(String, String)>);

impl Hints {
    /// Of keys that no keymap has.
    pub(crate) fn fixed(hints: &[(&str, &str)]) -> Self {
        Self(hints.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect())
    }

    /// Of actions of a context, each with its words; one that has no key is left out.
    pub(crate) fn of(keymap: &Keymap, context: Context, actions: &[(Action, &str)]) -> Self {
        let hint = |(action, words): &(Action, &str)| Some((keys(keymap, context, *action)?, (*words).to_owned()));
        Self(actions.iter().filter_map(hint).collect())
    }
}

/// The keys of an action as a hint shows them: the first one, both arrows, or a range of digits.
pub(crate) fn keys(keymap: &Keymap, context: Context, action: Action) -> Option<String> {
    let own = keymap.keys(context, action);
    let first = own.first()?;
    Some(match action {
        Action::Up => {
            let arrow = own.iter().map(ToString::to_string).find(|key| key == "↑");
            let down = keymap.keys(context, Action::Down);
            let other = down.iter().map(ToString::to_string).find(|key| key == "↓");
            match (arrow, other, down.first()) {
                (Some(_), Some(_), _) => "↑↓".to_owned(),
                (.., Some(down)) => format!("{first}{down}"),
                (.., None) => first.to_string(),
            }
        }
        Action::Pick => {
            own.last().filter(|last| *last != first).map_or(first.to_string(), |last| format!("{first}-{last}"))
        }
        _ => first.to_string(),
    })
}
