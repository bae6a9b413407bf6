//! Words that people have for what has another name here: typed in the palette, they lead to it.

use super::actions::Action;

/// Score of an exact name, of the beginning of one, of an exact word below, and of the beginning of one.
pub(crate) const NAME: i64 = 4_000;
pub(crate) const BEGINNING: i64 = 2_000;
const WORD: i64 = 3_000;
const PREFIX: i64 = 1_000;

/// Letters from which on the beginning of a word is taken for the word.
const ENOUGH: usize = 3;

/// Where a word leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    /// To an action.
    Do(Action),
    /// To a command that wants more words.
    Begin(&'static str),
    /// To a command with its words.
    Line(&'static str),
}

/// Possible meaning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meant {
    pub(crate) score: i64,
    pub(crate) lead: Lead,
    /// Advice on what to do there for it; empty where its own help says so.
    pub(crate) note: &'static str,
}

use Lead::{Begin, Do, Line};

type Row = (&'static [&'static str], &'static [(Lead, &'static str)]);

/// Words, and where each of them leads, the likeliest first.
const INTENTS: &[Row] = &[
    (
        &["undo", "take back", "revert", "restore"],
        &[
            (Do(Action::Runs), "Recorded runs: u takes one back"),
            (Do(Action::Rollback), "Take one entity back to the selected version (asks first)"),
            (Line("plan new rollback"), "Take many entities back, in a plan"),
            (Line("plan new undo"), "Take a run back, in a plan"),
        ],
    ),
    (&["move", "transfer", "rename tenant"], &[(Line("plan new move"), "Move entities to another tenant, in a plan")]),
    (&["copy tenant", "duplicate", "clone"], &[(Line("plan new copy"), "Copy entities to another tenant, in a plan")]),
    (
        &["import", "load", "upload", "read csv"],
        &[(Line("plan new import"), "Write the rows of a CSV file as entities, in a plan")],
    ),
    (
        &["export", "download", "dump", "save as csv"],
        &[
            (Begin("csv"), ""),
            (Line("plan new export"), "Write entities of a tenant into a CSV file, in a plan"),
            (Begin("export"), ""),
        ],
    ),
    (&["search", "look for", "where", "grep"], &[(Begin("find"), ""), (Do(Action::Filter), "")]),
    (
        &["normalise", "normalize", "lower case", "upper case", "spelling"],
        &[
            (Line("plan new normalize"), "Put the codes of tenants in lower case, in a plan"),
            (Do(Action::Collisions), ""),
        ],
    ),
    (
        &["transform", "migrate", "schema", "change attributes", "edit"],
        &[
            (Line("plan new transform"), "Change attributes of many entities, in a plan"),
            (Do(Action::PlanView), ""),
            (Do(Action::EditPlan), ""),
        ],
    ),
    (
        &["cognito", "accounts", "people"],
        &[(Do(Action::Users), ""), (Line("plan new users"), "Change users, in a plan")],
    ),
    (
        &["who", "blame", "when", "audit", "last change"],
        &[(Do(Action::View), "Show the last change of each attribute: who, when, version"), (Do(Action::Activity), "")],
    ),
    (
        &["diff", "difference", "versions"],
        &[
            (Do(Action::SideBySide), ""),
            (Do(Action::CompareWith), ""),
            (Begin("compare"), ""),
            (Do(Action::VerifyPlan), ""),
        ],
    ),
    (
        &["repair", "fix", "wedged", "broken", "check", "health"],
        &[(Do(Action::Doctor), "Look for what is wrong; r in the list previews a repair")],
    ),
    (&["write", "unlock", "allow"], &[(Do(Action::Arm), "")]),
    (&["read-only", "readonly", "lock", "safe"], &[(Do(Action::Disarm), "")]),
    (&["exit", "close", "bye"], &[(Do(Action::Quit), "")]),
    (&["keys", "shortcuts", "manual"], &[(Do(Action::Help), "")]),
    (&["legend", "flags", "letters", "meaning"], &[(Do(Action::Signs), ""), (Do(Action::Help), "")]),
    (&["resume", "continue", "unfinished"], &[(Do(Action::Runs), "Recorded runs: r resumes one")]),
    (&["refresh", "again"], &[(Do(Action::Reload), "")]),
    (&["clipboard", "ticket", "markdown"], &[(Do(Action::Copy), ""), (Begin("copy"), "")]),
    (&["totals", "tenants"], &[(Do(Action::Scan), ""), (Do(Action::FocusTenants), "")]),
    (
        &["stop", "abort", "interrupt"],
        &[(Do(Action::StopRun), ""), (Do(Action::PauseRun), ""), (Do(Action::Cancel), "")],
    ),
    (&["select", "range"], &[(Do(Action::Mark), ""), (Do(Action::MarkRange), "")]),
    (&["delete", "removed"], &[(Do(Action::DeletedFilter), "")]),
    (&["jump", "go to"], &[(Do(Action::OpenKey), ""), (Begin("version"), "")]),
    (&["follow", "live", "tail"], &[(Do(Action::Watch), "")]),
    (&["shell", "headless", "script"], &[(Do(Action::ShowCommand), "")]),
    (
        &["whoami", "account", "arn", "credentials", "login"],
        &[
            (Do(Action::About), "Show whose account and role this is, and how long the session lasts"),
            (Do(Action::SignIn), ""),
        ],
    ),
    (&["config", "settings", "paths"], &[(Do(Action::About), "")]),
];

/// Every word with where it leads and what to do there.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, Lead, &'static str)> {
    INTENTS.iter().flat_map(|(words, leads)| {
        words.iter().flat_map(move |word| leads.iter().map(move |(lead, note)| (*word, *lead, *note)))
    })
}

/// Possible meanings of a text: it is one of the words, or enough of the beginning of one.
pub(crate) fn meant(typed: &str) -> Vec<Meant> {
    let typed = typed.trim().to_lowercase();
    let mut found = Vec::new();
    for (words, leads) in INTENTS {
        let of = |word: &&str| match word.strip_prefix(typed.as_str()) {
            Some("") => Some(WORD),
            Some(_) if typed.chars().count() >= ENOUGH => Some(PREFIX),
            _ => None,
        };
        let Some(score) = words.iter().filter_map(of).max() else { continue };
        found.extend((0..).zip(*leads).map(|(i, (lead, note))| Meant { score: score - i, lead: *lead, note }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::screens::phrases;

    #[test]
    fn every_lead_is_there() {
        for (word, lead, _) in all() {
            match lead {
                Do(action) => assert!(action.is_command(), "{word}: {}", action.id()),
                Begin(phrase) => assert!(phrases::PHRASES.iter().any(|p| p.word == phrase), "{word}: {phrase}"),
                Line(line) => {
                    let operation = line.strip_prefix("plan new ").unwrap();
                    let known = crate::config::plan::operations().any(|o| o.as_str() == operation);
                    assert!(phrases::parse(line).is_some() && known, "{word}: {line}");
                }
            }
        }
    }

    #[test]
    fn a_word_leads_where_it_is_meant_to() {
        let first = |typed: &str| meant(typed).first().map(|m| m.lead);
        assert_eq!(first("Undo"), Some(Do(Action::Runs)));
        assert_eq!(first("move"), Some(Line("plan new move")));
        assert_eq!(first("imp"), Some(Line("plan new import")));
        assert_eq!(first("im"), None, "two letters say too little");
        assert_eq!(first("whoami"), Some(Do(Action::About)));
        assert_eq!(first("rollback"), None);
    }
}
