//! The page of keys: the shipped keymap, context by context, and the commands of the palette.

use super::actions::Action;
use super::keymap::{Context, Keymap};
use super::screens::{phrases, signs};
use crate::reference::{Table, code};

/// Keys, commands and signs as Markdown.
///
/// # Errors
/// The error in the shipped keymap, in words.
pub fn reference() -> Result<String, String> {
    let keymap = Keymap::shipped()?;
    let mut out = String::from(
        "`?` shows these keys in the console, searchable, with the reason where one does nothing. The names in the first column are those\n\
         of `[ui] keymap`: a file of your own replaces the keys of an action (`assets/keymap.toml` is the\n\
         shipped one, and `tenantry config check` says what is wrong in yours).\n",
    );
    for (context, name, heading) in Context::ALL {
        let bindings = keymap.bindings(*context);
        out.push_str(&format!("\n## {heading}\n\nSection `[{name}]`."));
        let beside: Vec<String> =
            context.beside().iter().map(|other| code(&format!("[{}]", name_of(*other)))).collect();
        if !beside.is_empty() {
            out.push_str(&format!(" Also the keys of {}.", beside.join(", ")));
        }
        out.push('\n');
        if !bindings.is_empty() {
            let mut table = Table::new(&["action", "keys", "does"]);
            for (action, keys) in bindings {
                let keys: Vec<String> = keys.iter().map(|key| code(&key.to_string())).collect();
                table.row(&[&code(action.id()), &keys.join(" "), action.help()]);
            }
            out.push_str(&format!("\n{}", table.text()));
        }
    }
    let mut commands = Table::new(&["command", "does"]);
    for phrase in phrases::PHRASES {
        commands.row(&[&code(phrase.shape().trim()), phrase.help]);
    }
    for action in Action::ALL.iter().filter(|action| action.is_command()) {
        commands.row(&[&code(&format!(":{}", action.id())), action.help()]);
    }
    let mut signs = Table::new(&["list", "sign", "means"]);
    for (list, all) in [("entities", signs::ENTITIES), ("history, differences", signs::VERSIONS)] {
        for (sign, means) in all {
            signs.row(&[list, &code(sign), means]);
        }
    }
    out.push_str(&format!(
        "\n## Commands\n\n`:` opens the palette. It finds commands by a few of their letters.\n\n{}\n## Signs\n\n{}",
        commands.text(),
        signs.text()
    ));
    Ok(out)
}

fn name_of(context: Context) -> &'static str {
    Context::ALL.iter().find(|(one, ..)| *one == context).map_or("", |(_, name, _)| name)
}
