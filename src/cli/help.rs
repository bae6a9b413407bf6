//! Examples and exit codes of each command, once: below the options of its `--help`, and for tests.

use super::exit;

/// An exit code, and what it says.
pub(super) type Code = (u8, &'static str);

const DONE: Code = (exit::DONE, "done");
const ERROR: Code = (exit::ERROR, "an error, also in the configuration or a plan file");
const USAGE: Code = (exit::USAGE, "wrong usage");
const ITEMS: Code = (exit::ITEMS, "done, with conflicts, invalid or failed items");
const UNREADABLE: Code = (exit::ITEMS, "done, without entities whose attributes cannot be read");
const INCOMPLETE: Code = (exit::ITEMS, "parts are missing, not done, or have conflicts, invalid or failed items");
const DIFFERENCES: Code = (exit::ITEMS, "there are differences");
const FINDINGS: Code = (exit::ITEMS, "findings that are errors; with --repair also items that were not repaired");
const NOT_APPROVED: Code = (exit::NOT_APPROVED, "not armed, not approved, or stopped");
const INTERRUPTED: Code = (exit::INTERRUPTED, "interrupted by SIGINT or SIGTERM");

/// Every command may end so: `environment::check` comes before each.
const ALWAYS: &[Code] = &[DONE, ERROR, USAGE];

/// Commands that ask the engine.
const READS: &[Code] = &[INTERRUPTED];
/// Commands whose items or entities are written.
const WRITES: &[Code] = &[ITEMS, NOT_APPROVED, INTERRUPTED];

/// The help of one command.
#[derive(Debug)]
pub(super) struct Row {
    /// Its name as in the `end` line; empty for the program itself.
    pub(super) command: &'static str,
    /// Lines for a shell.
    pub(super) examples: &'static [&'static str],
    /// How it ends, beside the codes of every command.
    codes: &'static [Code],
}

const fn row(command: &'static str, examples: &'static [&'static str], codes: &'static [Code]) -> Row {
    Row { command, examples, codes }
}

pub(super) const ROWS: &[Row] = &[
    row("", &["tenantry --sandbox", "tenantry --profile staging tenants"], WRITES),
    row("whoami", &["tenantry whoami", "tenantry --profile prod whoami --json"], READS),
    row("tenants", &["tenantry tenants --module product", "tenantry tenants --keys"], READS),
    row("entities", &["tenantry entities 'PRODUCT#acme' --sk-prefix P- --limit 100"], READS),
    row(
        "find",
        &[
            "tenantry find 'PRODUCT#acme#P-0006'",
            "tenantry find ボルト --tenant acme",
            "tenantry find user@example.com --exact --in attributes.email --max-units 1000",
        ],
        &[(exit::NOT_APPROVED, "stopped at --max-units"), INTERRUPTED],
    ),
    row(
        "activity",
        &[
            "tenantry activity 'PRODUCT#acme' P-0006",
            "tenantry activity --type PRODUCT --tenant acme --since 7d --by u-sato",
            "tenantry activity 'PRODUCT#acme' --since 30d --path attributes.price",
        ],
        READS,
    ),
    row("history", &["tenantry history 'PRODUCT#acme' P-0006"], READS),
    row("diff", &["tenantry diff 'PRODUCT#acme' P-0006 3 4"], READS),
    row(
        "rollback",
        &[
            "tenantry rollback 'PRODUCT#acme' P-0006 --to 4 --dry-run",
            "tenantry rollback 'PRODUCT#acme' P-0006 --to 4 --expect 6 --arm",
        ],
        WRITES,
    ),
    row("plan example", &["tenantry plan example copy > copy.toml"], &[]),
    row(
        "preview",
        &["tenantry preview copy.toml", "tenantry preview copy.toml --report preview.html"],
        &[(exit::ITEMS, "done, with conflicts or invalid items"), INTERRUPTED],
    ),
    row(
        "rehearse",
        &["tenantry rehearse copy.toml", "tenantry rehearse copy.toml --data /var/tmp/rehearsal"],
        &[(exit::ITEMS, "an item is not done or equal, or the undo does not give every field back"), INTERRUPTED],
    ),
    row(
        "run",
        &[
            "tenantry run copy.toml --arm",
            "tenantry run copy.toml --arm --approve canary",
            "tenantry run --resume 01JD1S0V3Q8ZJ5N4M6T7W9XYAB --arm",
            "tenantry run copy.toml --signed tanaka.signed --signed sato.signed --arm",
        ],
        WRITES,
    ),
    row(
        "sign",
        &[
            "tenantry sign copy.toml --expect 0c1f… --to tanaka.signed",
            "tenantry sign 01JD1S0V3Q8ZJ5N4M6T7W9XYAB --expect 9ab2… --key ~/.ssh/id_ed25519 --to undo.signed",
            "tenantry sign copy.toml --expect 0c1f… --print > request.txt",
        ],
        &[(exit::NOT_APPROVED, "the digest is another one: nothing was signed"), INTERRUPTED],
    ),
    row("undo", &["tenantry undo 01JD1S0V3Q8ZJ5N4M6T7W9XYAB --arm"], WRITES),
    row(
        "verify",
        &["tenantry verify 01JD1S0V3Q8ZJ5N4M6T7W9XYAB", "tenantry verify copy.toml"],
        &[DIFFERENCES, INTERRUPTED],
    ),
    row(
        "export",
        &[
            "tenantry export 'PRODUCT#acme' --to products.csv",
            "tenantry export 'PRODUCT#acme' --to s3://shop-private/ --arm",
        ],
        &[UNREADABLE, (exit::NOT_APPROVED, "not armed or not confirmed, where the file goes to S3"), INTERRUPTED],
    ),
    row("import", &["tenantry import products.csv import.toml --arm"], WRITES),
    row(
        "doctor",
        &[
            "tenantry doctor --module product",
            "tenantry doctor --tenant acme",
            "tenantry doctor --report doctor.html",
            "tenantry doctor --repair --arm",
        ],
        &[FINDINGS, (exit::NOT_APPROVED, "with --repair: not armed, not approved, or stopped"), INTERRUPTED],
    ),
    row(
        "snapshot",
        &[
            "tenantry snapshot --to acme-copy --tenant acme",
            "tenantry snapshot --tenant acme --users --mask mask.toml --check",
            "tenantry snapshot --to acme-masked --tenant acme --users --mask mask.toml",
        ],
        &[(exit::ITEMS, "with --check: there are texts that the mask leaves as they are"), INTERRUPTED],
    ),
    row("runs", &["tenantry runs"], READS),
    row("runs show", &["tenantry runs show 01JD1S0V3Q8ZJ5N4M6T7W9XYAB"], READS),
    row("runs report", &["tenantry runs report 01JD1S0V3Q8ZJ5N4M6T7W9XYAB --to run.html"], READS),
    row("runs check", &["tenantry runs check 01JD1S0V3Q8ZJ5N4M6T7W9XYAB", "tenantry runs check run.journal"], READS),
    row("runs join", &["tenantry runs join /mnt/parts"], &[INCOMPLETE, INTERRUPTED]),
    row("runs export", &["tenantry runs export 01JD1S0V3Q8ZJ5N4M6T7W9XYAB run.journal"], READS),
    row("runs prune", &["tenantry runs prune --older 90d --dry-run", "tenantry runs prune --older 12w"], READS),
    row("config check", &["tenantry config check", "tenantry --profile prod config check --connect"], READS),
    row("config path", &["tenantry config path"], &[]),
    row("config example", &["tenantry config example > ~/.config/tenantry/config.toml"], &[]),
    row("schema plan", &["tenantry schema plan > plan.schema.json"], &[]),
    row("schema config", &["tenantry schema config > config.schema.json"], &[]),
    #[cfg(feature = "sandbox")]
    row("sandbox serve", &["tenantry sandbox serve --port 8000"], &[]),
    row("completions", &["tenantry completions bash > tenantry.bash"], &[]),
    row("man", &["tenantry man ~/.local/share/man/man1"], &[]),
];

pub(super) fn find(command: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.command == command)
}

/// The text below the options of a command's help.
pub(super) fn of(command: &str) -> String {
    let Some(row) = find(command) else { return String::new() };
    let examples = row.examples.iter().map(|line| format!("\n  {line}"));
    let codes = codes(row).map(|(code, text)| format!("\n  {code:<5}{text}"));
    format!("Examples:{}\n\nExit codes:{}", examples.collect::<String>(), codes.collect::<String>())
}

/// The same as sections of a manual page: heading and lines; none for a command that only has others.
pub(super) fn sections(command: &str) -> Vec<(&'static str, Vec<String>)> {
    let Some(row) = find(command) else { return Vec::new() };
    let examples = row.examples.iter().map(|line| (*line).to_owned()).collect();
    let codes = codes(row).map(|(code, text)| format!("{code:<5}{text}")).collect();
    vec![("EXAMPLES", examples), ("\"EXIT STATUS\"", codes)]
}

pub(super) fn codes(row: &'static Row) -> impl Iterator<Item = Code> {
    ALWAYS.iter().chain(row.codes).copied()
}

/// The exit codes of a command, by its name as in the `end` line; none for a name that no command has.
#[must_use]
pub fn exit_codes(command: &str) -> Vec<u8> {
    find(command).into_iter().flat_map(codes).map(|(code, _)| code).collect()
}

/// Every command with its examples, lines for a shell.
pub fn examples() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    ROWS.iter().map(|row| (row.command, row.examples))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{CommandFactory as _, Parser as _};

    use super::*;
    use crate::cli::{Cli, Command};

    /// The words of a line for a shell, up to where its output goes.
    fn words(line: &str) -> impl Iterator<Item = &str> {
        line.split(" > ").next().unwrap_or_default().split(' ').map(|word| word.trim_matches('\''))
    }

    /// Each command that does something by itself, with its help.
    fn commands(of: &clap::Command, before: &str, all: &mut Vec<(String, String)>) {
        if !of.is_subcommand_required_set() {
            all.push((before.to_owned(), of.get_after_help().map(ToString::to_string).unwrap_or_default()));
        }
        for command in of.get_subcommands().filter(|command| !command.is_hide_set()) {
            commands(command, format!("{before} {}", command.get_name()).trim(), all);
        }
    }

    #[test]
    fn the_help_of_each_command_shows_examples_that_are_understood_and_its_exit_codes() {
        let mut all = Vec::new();
        commands(&Cli::command(), "", &mut all);
        for (name, help) in &all {
            let row = find(name).unwrap_or_else(|| panic!("no row for {name:?}"));
            assert_eq!(help, &of(name), "{name:?} does not show its row");
            assert!(!row.examples.is_empty(), "{name:?}");
            for line in row.examples {
                assert!(help.contains(&format!("\n  {line}\n")), "{help}");
                let cli = Cli::try_parse_from(words(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
                if !name.is_empty() {
                    assert_eq!(cli.command.as_ref().map(Command::name), Some(name.as_str()), "{line}");
                }
            }
            let codes = exit_codes(name);
            assert!(codes.is_sorted() && codes.starts_with(&[exit::DONE, exit::ERROR, exit::USAGE]), "{codes:?}");
            for code in codes {
                assert!(help.contains(&format!("\n  {code:<5}")), "{help}");
            }
        }
        let (named, rows): (BTreeSet<&str>, BTreeSet<&str>) =
            (all.iter().map(|(name, _)| name.as_str()).collect(), ROWS.iter().map(|row| row.command).collect());
        assert_eq!((named, ROWS.len()), (rows, all.len()));
    }

    #[test]
    fn commands_that_write_may_be_refused_and_others_may_not() {
        // A search stops at the units that it may use.
        let writes = ["", "find", "rollback", "run", "sign", "undo", "export", "import", "doctor"];
        for row in ROWS {
            let refused = exit_codes(row.command).contains(&exit::NOT_APPROVED);
            assert_eq!(refused, writes.contains(&row.command), "{}", row.command);
        }
        assert_eq!(exit_codes("preview"), [0, 1, 2, 3, 130]);
        assert_eq!(exit_codes("diff"), [0, 1, 2, 130]);
        assert_eq!(exit_codes("config path"), [0, 1, 2]);
        assert!(exit_codes("nothing").is_empty());
    }
}
