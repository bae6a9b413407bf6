//! Words that people have for what has another name here: typed in the palette, they lead to it.

use super::actions::Action;
use super::text;
use crate::language::translated;

/// Score of an exact name, of the beginning of one, of an exact word below, and of the beginning of one.
pub(crate) const NAME: i64 = 4_000;
pub(crate) const BEGINNING: i64 = 2_000;
const WORD: i64 = 3_000;
const PREFIX: i64 = 1_000;

/// Cells from which on the beginning of a word is taken for the word: three letters, or two characters of Japanese.
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

type Row = (&'static str, &'static [(Lead, &'static str)]);

/// Words, and where each of them leads, the likeliest first.
const INTENTS: &[Row] = &[
    (
        text!("undo, take back, revert, restore"),
        &[
            (Do(Action::Runs), text!("Recorded runs: u takes one back")),
            (Do(Action::Rollback), text!("Take one entity back to the selected version (asks first)")),
            (Line("plan new rollback"), text!("Take many entities back, in a plan")),
            (Line("plan new undo"), text!("Take a run back, in a plan")),
        ],
    ),
    (
        text!("move, transfer, rename tenant"),
        &[(Line("plan new move"), text!("Move entities to another tenant, in a plan"))],
    ),
    (
        text!("copy tenant, duplicate, clone"),
        &[(Line("plan new copy"), text!("Copy entities to another tenant, in a plan"))],
    ),
    (
        text!("import, load, upload, read csv"),
        &[(Line("plan new import"), text!("Write the rows of a CSV file as entities, in a plan"))],
    ),
    (
        text!("export, download, dump, save as csv"),
        &[
            (Begin("csv"), ""),
            (Line("plan new export"), text!("Write entities of a tenant into a CSV file, in a plan")),
            (Begin("export"), ""),
        ],
    ),
    (text!("search, look for, where, grep"), &[(Begin("find"), ""), (Do(Action::Filter), "")]),
    (
        text!("normalise, normalize, lower case, upper case, spelling"),
        &[
            (Line("plan new normalize"), text!("Put the codes of tenants in lower case, in a plan")),
            (Do(Action::Collisions), ""),
        ],
    ),
    (
        text!("transform, migrate, schema, change attributes, edit"),
        &[
            (Line("plan new transform"), text!("Change attributes of many entities, in a plan")),
            (Do(Action::PlanView), ""),
            (Do(Action::EditPlan), ""),
        ],
    ),
    (
        text!("cognito, accounts, people"),
        &[(Do(Action::Users), ""), (Line("plan new users"), text!("Change users, in a plan"))],
    ),
    (
        text!("who, blame, when, audit, last change"),
        &[
            (Do(Action::View), text!("Show the last change of each attribute: who, when, version")),
            (Do(Action::Activity), ""),
        ],
    ),
    (
        text!("diff, difference, versions"),
        &[
            (Do(Action::SideBySide), ""),
            (Do(Action::CompareWith), ""),
            (Begin("compare"), ""),
            (Do(Action::VerifyPlan), ""),
        ],
    ),
    (
        text!("repair, fix, wedged, broken, check, health"),
        &[(Do(Action::Doctor), text!("Look for what is wrong; r in the list previews a repair"))],
    ),
    (text!("write, unlock, allow"), &[(Do(Action::Arm), "")]),
    (text!("read-only, readonly, lock, safe"), &[(Do(Action::Disarm), "")]),
    (text!("exit, close, bye"), &[(Do(Action::Quit), "")]),
    (text!("keys, shortcuts, manual"), &[(Do(Action::Help), "")]),
    (text!("legend, flags, letters, meaning"), &[(Do(Action::Signs), ""), (Do(Action::Help), "")]),
    (text!("resume, continue, unfinished"), &[(Do(Action::Runs), text!("Recorded runs: r resumes one"))]),
    (text!("refresh, again"), &[(Do(Action::Reload), "")]),
    (text!("clipboard, ticket, markdown"), &[(Do(Action::Copy), ""), (Begin("copy"), "")]),
    (text!("totals, tenants"), &[(Do(Action::Scan), ""), (Do(Action::FocusTenants), "")]),
    (
        text!("stop, abort, interrupt"),
        &[(Do(Action::StopRun), ""), (Do(Action::PauseRun), ""), (Do(Action::Cancel), "")],
    ),
    (text!("select, range"), &[(Do(Action::Mark), ""), (Do(Action::MarkRange), "")]),
    (
        text!("undelete, recover, bring back"),
        &[
            (Do(Action::Rollback), text!("Take the deleted entity back to a version from before that (asks first)")),
            (Do(Action::DeletedFilter), text!("Show what is deleted; roll back takes it back")),
            (Line("plan new rollback"), text!("Take many entities back, in a plan")),
        ],
    ),
    (
        text!("delete, deleted, removed"),
        &[
            (Do(Action::DeletedFilter), ""),
            (Do(Action::Rollback), text!("Take the deleted entity back to a version from before that (asks first)")),
        ],
    ),
    (
        text!("price, amount, value, quantity"),
        &[(Begin("find"), text!("Find entities by a value: --in attributes.price says where it stands"))],
    ),
    (text!("jump, go to"), &[(Do(Action::OpenKey), ""), (Begin("version"), "")]),
    (text!("follow, live, tail"), &[(Do(Action::Watch), "")]),
    (text!("shell, headless, script"), &[(Do(Action::ShowCommand), "")]),
    (
        text!("whoami, account, arn, credentials, login"),
        &[
            (Do(Action::About), text!("Show whose account and role this is, and how long the session lasts")),
            (Do(Action::SignIn), ""),
        ],
    ),
    (text!("config, settings, paths"), &[(Do(Action::About), "")]),
];

/// The words of a row: the English ones, and those of the language that the console speaks.
fn words(row: &'static str) -> Vec<String> {
    let own = translated(row);
    let own = Some(own.as_ref()).filter(|own| *own != row);
    std::iter::once(row)
        .chain(own)
        .flat_map(|words| words.split([',', '、']))
        .map(|word| word.trim().to_owned())
        .collect()
}

/// Every word with where it leads and what to do there.
pub(crate) fn all() -> impl Iterator<Item = (String, Lead, &'static str)> {
    INTENTS.iter().flat_map(|(row, leads)| {
        words(row).into_iter().flat_map(|word| leads.iter().map(move |(lead, note)| (word.clone(), *lead, *note)))
    })
}

/// Possible meanings of a text: it is one of the words, or enough of the beginning of one.
pub(crate) fn meant(typed: &str) -> Vec<Meant> {
    let typed = typed.trim().to_lowercase();
    let mut found = Vec::new();
    for (row, leads) in INTENTS {
        let of = |word: &String| match word.strip_prefix(typed.as_str()) {
            Some("") => Some(WORD),
            Some(_) if text::width(&typed) >= ENOUGH => Some(PREFIX),
            _ => None,
        };
        let Some(score) = words(row).iter().filter_map(of).max() else { continue };
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
        assert_eq!(first("undelete"), Some(Do(Action::Rollback)));
        assert_eq!(
            meant("delet").iter().map(|m| m.lead).collect::<Vec<_>>(),
            [Action::DeletedFilter, Action::Rollback].map(Do)
        );
        assert_eq!(first("price"), Some(Begin("find")));
    }
}
