//! Keys and what they do, for the foot of a dialog: read from the keymap, so that they are those that work.

use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::keymap::{Context, Keymap};
use crate::tui::parts::Rich;
use crate::tui::theme::Role;

/// Keys with what they do, those that matter most first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    hints: Vec<(String, String)>,
    /// The one that leads back.
    back: Option<usize>,
}

impl Hints {
    /// Of keys that no keymap has, each with its words, which [`text!`] marks.
    pub(crate) fn fixed(hints: &[(&str, &'static str)]) -> Self {
        let back = hints.iter().position(|(key, _)| *key == "Esc");
        let hints = hints.iter().map(|(key, words)| ((*key).to_owned(), translated(words).into_owned()));
        Self { hints: hints.collect(), back }
    }

    /// Of actions of a context, each with its words, which [`text!`] marks; one that has no key is left out.
    pub(crate) fn of(keymap: &Keymap, context: Context, actions: &[(Action, &'static str)]) -> Self {
        let mut all = Self::default();
        for (action, words) in actions {
            all.add(keymap, context, *action, &translated(words));
        }
        all
    }

    /// One more, with words that were put together; none where it has no key.
    pub(crate) fn add(&mut self, keymap: &Keymap, context: Context, action: Action, words: &str) {
        let Some(key) = keys(keymap, context, action) else { return };
        if action == Action::Back {
            self.back = Some(self.hints.len());
        }
        self.hints.push((key, words.to_owned()));
    }

    /// Of an action with a key for each of several places, shows those of the first ones alone.
    pub(crate) fn limit(&mut self, keymap: &Keymap, context: Context, action: Action, places: usize) {
        let Some(all) = keys(keymap, context, action) else { return };
        let own = keymap.keys(context, action);
        let last = own.get(..places.min(own.len())).and_then(<[_]>::last);
        if let Some((hint, (first, last))) =
            self.hints.iter_mut().find(|(key, _)| *key == all).zip(own.first().zip(last))
        {
            hint.0 = if first == last { first.to_string() } else { format!("{first}-{last}") };
        }
    }

    /// Key and words of each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.hints.iter().map(|(key, words)| (key.as_str(), words.as_str()))
    }

    /// A line of those that fit into so many cells: the last ones go first and go whole, and the way back stays.
    pub(crate) fn line(&self, room: usize) -> Rich {
        let pieces: Vec<Rich> = self
            .iter()
            .map(|(key, words)| Rich::of(Role::Key, &format!(" {key}")).with(Role::Text, &format!(" {words} ")))
            .collect();
        let mut shown: Vec<usize> = (0..pieces.len()).collect();
        let width = |shown: &[usize]| shown.iter().map(|i| pieces[*i].width()).sum::<usize>();
        while width(&shown) > room
            && let Some(least) = shown.iter().rposition(|i| Some(*i) != self.back)
        {
            shown.remove(least);
        }
        shown.iter().fold(Rich::default(), |mut line, i| {
            line.append(&pieces[*i]);
            line
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_goes_whole_and_never_the_way_back() {
        let hints = Hints::fixed(&[("Enter", "show"), ("r", "resume"), ("Y", "command"), ("Esc", "back")]);
        let line = |room| hints.line(room).plain();
        let all = " Enter show  r resume  Y command  Esc back ";
        assert_eq!(line(all.len()), all);
        assert_eq!(line(all.len() - 1), " Enter show  r resume  Esc back ");
        assert_eq!(line(31), " Enter show  Esc back ");
        assert_eq!([line(12), line(3)], [" Esc back ", " Esc back "]);
        let first = Hints::fixed(&[("Esc", "stay"), ("A", "arm it")]);
        assert_eq!([20, 19].map(|room| first.line(room).plain()), [" Esc stay  A arm it ", " Esc stay "]);
        assert_eq!(Hints::default().line(9), Rich::default());
    }
}
