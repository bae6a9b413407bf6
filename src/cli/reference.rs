//! The pages of commands and exit codes: from the definitions of clap and the rows of the help.

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::{Cli, help};
use crate::reference::{Table, code};

/// Every command with its options, examples and exit codes, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut whole = Cli::command();
    whole.build();
    let mut out = format!(
        "{}. Without a command the console opens.\n\nThe options below may stand before or after any command. `tenantry COMMAND --help` prints the same.\n\n{}",
        whole.get_about().map(ToString::to_string).unwrap_or_default().trim_end_matches('.'),
        options(whole.get_arguments())
    );
    of_subcommands(&whole, "", &mut out);
    out
}

fn of_subcommands(command: &Command, before: &str, out: &mut String) {
    for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        let name = format!("{before} {}", one.get_name()).trim().to_owned();
        if let Some(row) = help::find(&name) {
            out.push_str(&format!("\n## {name}\n\n{}.\n\n```\n{}\n```\n", about(one), usage(one, &name)));
            let own = options(one.get_arguments().filter(|arg| !arg.is_global_set()));
            if !own.is_empty() {
                out.push_str(&format!("\n{own}"));
            }
            out.push_str(&format!("\n```sh\n{}\n```\n\nExit codes: ", row.examples.join("\n")));
            let codes = help::codes(row).map(|(code, text)| format!("{code} ({text})"));
            out.push_str(&codes.collect::<Vec<_>>().join(", "));
            out.push_str(".\n");
        }
        of_subcommands(one, &name, out);
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default().trim_end_matches('.').to_owned()
}

/// The shape of a command: its own words and options alone.
fn usage(command: &Command, name: &str) -> String {
    let own =
        || command.get_arguments().filter(|arg| !arg.is_global_set() && !arg.is_hide_set() && arg.get_id() != "help");
    let mut words = vec![format!("tenantry {name}")];
    for arg in own().filter(|arg| arg.is_positional()) {
        let value = value(arg).unwrap_or_default();
        words.push(if arg.is_required_set() { value } else { format!("[{value}]") });
    }
    for arg in own().filter(|arg| !arg.is_positional()) {
        let option = option(arg);
        let option = if arg.is_required_set() { option } else { format!("[{option}]") };
        words.push(if is_repeated(arg) { format!("{option}…") } else { option });
    }
    let mut lines = vec![String::new()];
    for word in words {
        let line = lines.last_mut().filter(|line| line.chars().count() + word.chars().count() < 100 || line.is_empty());
        match line {
            Some(line) if line.is_empty() => *line = word,
            Some(line) => line.push_str(&format!(" {word}")),
            None => lines.push(format!("    {word}")),
        }
    }
    lines.join("\n")
}

fn is_repeated(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// The name of its value; none for a flag.
fn value(arg: &Arg) -> Option<String> {
    if !arg.get_action().takes_values() {
        return None;
    }
    let words: Vec<String> =
        arg.get_possible_values().iter().filter(|v| !v.is_hide_set()).map(|v| v.get_name().to_owned()).collect();
    if !words.is_empty() && words.len() < 5 {
        return Some(words.join("|"));
    }
    let names = arg.get_value_names().unwrap_or_default();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    Some(if names.is_empty() { arg.get_id().to_string().to_uppercase() } else { names.join(" ") })
}

/// `--limit N`.
fn option(arg: &Arg) -> String {
    let name =
        arg.get_long().map_or_else(|| format!("-{}", arg.get_short().unwrap_or('?')), |long| format!("--{long}"));
    value(arg).map_or(name.clone(), |value| format!("{name} {value}"))
}

fn options<'a>(of: impl Iterator<Item = &'a Arg>) -> String {
    let mut table = Table::new(&["option", "does"]);
    let mut is_empty = true;
    for arg in of.filter(|arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str())) {
        is_empty = false;
        let shape = if arg.is_positional() { value(arg).unwrap_or_default() } else { option(arg) };
        let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        if is_repeated(arg) {
            help.push_str("; may be given several times");
        }
        let defaults: Vec<String> =
            arg.get_default_values().iter().map(|value| code(&value.to_string_lossy())).collect();
        if !defaults.is_empty() && arg.get_action().takes_values() && !defaults.contains(&code("")) {
            help.push_str(&format!("; default {}", defaults.join(", ")));
        }
        table.row(&[&code(&shape), help.trim()]);
    }
    if is_empty { String::new() } else { table.text() }
}

/// Which command ends with which exit code, as Markdown.
#[must_use]
pub fn exit_code_reference() -> String {
    let mut out = String::from(
        "Of several that apply, the first of these counts: 130, 1, 2, 4, 3, 0. `diff` exits 0 whether there are differences or not.\n\n",
    );
    let mut table = Table::new(&["code", "says", "commands"]);
    let mut known: Vec<(u8, &str, Vec<String>)> = Vec::new();
    for row in help::ROWS {
        let name = if row.command.is_empty() { "the console".to_owned() } else { code(row.command) };
        for (exit, text) in help::codes(row) {
            match known.iter_mut().find(|(c, t, _)| (*c, *t) == (exit, text)) {
                Some((.., commands)) => commands.push(name.clone()),
                None => known.push((exit, text, vec![name.clone()])),
            }
        }
    }
    known.sort_by_key(|(exit, ..)| *exit);
    for (exit, text, commands) in known {
        let commands =
            if commands.len() == help::ROWS.len() { "every command".to_owned() } else { commands.join(", ") };
        table.row(&[&exit.to_string(), text, &commands]);
    }
    out.push_str(&table.text());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_a_section_with_its_own_options_alone() {
        let text = reference();
        for row in help::ROWS.iter().filter(|row| !row.command.is_empty()) {
            assert!(text.contains(&format!("\n## {}\n", row.command)), "{}", row.command);
        }
        assert!(!text.contains(crate::worker::COMMAND));
        let of = |name: &str| text.split(&format!("\n## {name}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
        assert!(of("tenants").contains("tenantry tenants [--module MODULE] [--keys]\n"), "{}", of("tenants"));
        assert!(!of("tenants").contains("--state"), "{}", of("tenants"));
        assert!(of("runs show").contains("tenantry runs show RUN"), "{}", of("runs show"));
    }
}
