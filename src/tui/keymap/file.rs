//! Bindings as a keymap file says them, each with its place, and what is wrong with them.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::{Context, Key};
use crate::config::OwnFile;
use crate::tui::actions::Action;

/// The keys of an action as a file says them, each with its place.
pub(super) struct Bound {
    pub(super) context: Context,
    pub(super) action: Action,
    pub(super) keys: Vec<(Key, Range<usize>)>,
}

/// A key of two actions.
pub(super) struct Clash {
    pub(super) name: &'static str,
    pub(super) key: Key,
    pub(super) of: [(Context, Action); 2],
}

impl Clash {
    /// In words, with the line of the file that brought it about.
    pub(super) fn words(&self, file: &OwnFile, bound: &[Bound]) -> String {
        let Self { name, key, of: [(_, first), (_, second)] } = self;
        let mut in_file = bound.iter().filter(|of| self.of.contains(&(of.context, of.action))).flat_map(|of| &of.keys);
        let place = in_file.rfind(|(bound, _)| bound == key).map_or(0..0, |(_, place)| place.clone());
        file.wrong(place, format!("in {name}, {key} is both {} and {}", first.id(), second.id()))
    }
}

pub(super) fn bindings_of(file: &OwnFile) -> Result<Vec<Bound>, String> {
    let mut all = Vec::new();
    for (name, table) in &file.parse()? {
        let wrong = |place: &Range<usize>, why: String| file.wrong(place.clone(), why);
        let known = Context::ALL.iter().find(|(_, known, _)| name.get_ref() == known);
        let (context, ..) = known.ok_or_else(|| wrong(&name.span(), format!("[{}] is no context", name.get_ref())))?;
        let DeValue::Table(members) = table.get_ref() else {
            return Err(wrong(&table.span(), format!("{} must be a table", name.get_ref())));
        };
        for (id, keys) in members {
            let said = |why: String| wrong(&id.span(), format!("{}.{}: {why}", name.get_ref(), id.get_ref()));
            let action = Action::from_id(id.get_ref()).ok_or_else(|| said("no such action".to_owned()))?;
            let list = keys.get_ref().as_array().filter(|list| !list.is_empty());
            let list = list.ok_or_else(|| said("a list of keys is wanted".to_owned()))?;
            let key = |key: &Spanned<DeValue<'_>>| {
                let parsed = key.get_ref().as_str().ok_or_else(|| "a key is a string".to_owned()).and_then(str::parse);
                let placed = parsed.map(|parsed| (parsed, key.span()));
                placed.map_err(|why| wrong(&key.span(), format!("{}.{}: {why}", name.get_ref(), id.get_ref())))
            };
            all.push(Bound { context: *context, action, keys: list.iter().map(key).collect::<Result<_, _>>()? });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use crate::tui::keymap::Keymap;
    use crate::tui::keymap::tests::own;

    #[test]
    fn one_key_for_two_actions_is_refused() {
        let error = |text: &str| Keymap::with(Some(&own(text))).unwrap_err();
        assert_eq!(
            error("[everywhere]\nhelp = [\"?\"]\n\n[tree]\nscan = [\"?\"]"),
            "my.toml:5: in tree, ? is both scan and help"
        );
        assert_eq!(error("[tree]\nscan = [\n  \"s\",\n  \"?\",\n]"), "my.toml:4: in tree, ? is both scan and help");
        assert_eq!(error("[tree]\nscam = [\"s\"]"), "my.toml:2: tree.scam: no such action");
        assert_eq!(error("[tree]\nscan = [\"hyper-s\"]"), "my.toml:2: tree.scan: hyper-s is no key");
        assert_eq!(error("\n[tre]"), "my.toml:2: [tre] is no context");
        assert_eq!(error("[tree]\nscan = 's'"), "my.toml:2: tree.scan: a list of keys is wanted");
    }
}
