//! Commands of the palette that take arguments.

use super::copy;
use crate::domain::key::Version;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::screens::tenants::held::Scope;

/// A command with arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// Its first word.
    pub(crate) word: &'static str,
    /// Its arguments, as the help shows them.
    pub(crate) arguments: &'static str,
    /// Its effect, as the help shows it.
    pub(crate) help: &'static str,
}

impl Phrase {
    /// As it is typed.
    pub(crate) fn shape(&self) -> String {
        format!(":{} {}", self.word, self.arguments)
    }
}

/// Every command with arguments.
pub(crate) const PHRASES: &[Phrase] = &[
    Phrase {
        word: "open",
        arguments: "PK [SK]",
        help: text!("Go straight to a partition or an entity, without counting"),
    },
    Phrase {
        word: "find",
        arguments: "[TEXT] [--tenant T] [--in PLACE] [--max-units N]",
        help: text!(
            "Find entities by id, code, name or any place, the nearest first; without a text the last search again"
        ),
    },
    Phrase {
        word: "activity",
        arguments: "[PK [SK]] [--since TIME] [--by USER] …",
        help: text!("List who did what, the newest first: of the open entity, of a key, a tenant, or everything"),
    },
    Phrase {
        word: "scan",
        arguments: "[MODULE|*]",
        help: text!("Count what the cursor is on, one module or all of them (shows the cost first)"),
    },
    Phrase {
        word: "keep",
        arguments: "NAME",
        help: text!("Keep what is open under a name: an entity, a partition, a search"),
    },
    Phrase { word: "forget", arguments: "NAME", help: text!("Keep nothing under a name any more") },
    Phrase { word: "version", arguments: "N", help: text!("Select a version of the open entity") },
    Phrase { word: "compare", arguments: "PK", help: text!("Compare with the same sort key of another partition") },
    Phrase { word: "rollback", arguments: "N", help: text!("Roll the open entity back to a version (asks first)") },
    Phrase {
        word: "plan",
        arguments: "new|open|save|replace …",
        help: text!("Begin a plan of an operation, open a plan file, save the plan"),
    },
    Phrase {
        word: "profile",
        arguments: "[NAME]",
        help: text!("List the profiles, or open one in this window; the panes of this one stay as they are"),
    },
    Phrase {
        word: "export",
        arguments: "RUN FILE",
        help: text!("Write a run's journal into a file, to undo it elsewhere"),
    },
    Phrase {
        word: "report",
        arguments: "RUN|preview|doctor FILE",
        help: text!("Write a report for others: of a run, of the preview, or of what the doctor found (.md or .html)"),
    },
    Phrase {
        word: "signed",
        arguments: "FILE…",
        help: text!("Take signatures of `tenantry sign` for the next run, where the profile asks for some"),
    },
    Phrase { word: "csv", arguments: "FILE|s3://BUCKET/KEY", help: text!("Write the open partition into a CSV file") },
    Phrase {
        word: "doctor",
        arguments: "[MODULE] [--type T] [--tenant T]",
        help: text!(
            "Look for what is wrong, in one module or in all (reads the tables once), or among the partitions of a tenant"
        ),
    },
    Phrase {
        word: "verify",
        arguments: "[resume]",
        help: text!("Compare both sides of the plan; with resume go on where an interrupted comparison was"),
    },
    Phrase {
        word: "copy",
        arguments: "WHAT",
        help: text!("Copy key, sort-key, row, diff, markdown or command; file: the last copy, into a file"),
    },
];

/// The words of a line, with quotes taken away. An open quote ends with the line.
pub(crate) fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut begun, mut quote) = (Vec::new(), String::new(), false, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None, c) if c.is_whitespace() => {
                if std::mem::take(&mut begun) {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// The command that a line begins with, and its arguments.
pub(crate) fn parse(line: &str) -> Option<(&'static Phrase, Vec<String>)> {
    let mut words = words(line).into_iter();
    let first = words.next()?;
    let phrase = PHRASES.iter().find(|p| p.word == first)?;
    Some((phrase, words.collect()))
}

impl Phrase {
    /// True where it cannot do without more than so many arguments.
    pub(crate) fn lacks(&self, given: usize) -> bool {
        self.arguments.split(' ').take_while(|argument| !argument.starts_with('[') && *argument != "…").count() > given
    }

    /// Arguments that it wants and was not given.
    pub(crate) fn wants(&self, given: usize) -> String {
        let arguments = match self.arguments.splitn(given + 1, ' ').nth(given) {
            _ if self.arguments.starts_with('[') => {
                return tr!("usage: %{command} %{arguments}", command = self.word, arguments = self.arguments)
                    .into_owned();
            }
            Some(missing) if !missing.starts_with('[') => missing,
            _ => self.arguments,
        };
        tr!("%{command} wants %{arguments}", command = self.word, arguments = arguments).into_owned()
    }
}

/// Runs a command; an error says what it wants instead.
///
/// # Errors
/// The error in the arguments.
pub(crate) fn run(app: &mut App, phrase: &Phrase, arguments: &[String]) -> Result<(), String> {
    let wants = || phrase.wants(arguments.len());
    let number = |text: &String| {
        text.parse().map(Version).map_err(|_| tr!("%{text} is no version number", text = text).into_owned())
    };
    match (phrase.word, arguments) {
        ("open", [pk]) => app.open_key(pk, None, None),
        ("open", [pk, sk]) => app.open_key(pk, Some(sk), None),
        ("find", words) => app.find_command(words)?,
        ("activity", words) => app.activity_command(words)?,
        ("scan", []) => app.perform(Action::Scan),
        ("scan", [all]) if all == "*" => app.ask_to_count(Scope::Everything),
        ("scan", [module]) => app.scan_command(module)?,
        ("keep", words) => app.keep_command(words)?,
        ("forget", words) => app.forget_command(words)?,
        ("version", [n]) => app.go_to_version(number(n)?),
        ("compare", [pk]) => app.compare_with_partition(pk),
        ("rollback", [n]) => app.roll_back_to(number(n)?),
        ("plan", words) => app.plan_command(&words.iter().map(String::as_str).collect::<Vec<_>>())?,
        ("profile", []) => app.show_profiles(None)?,
        ("profile", [name]) => app.show_profiles(Some(name))?,
        ("export", [run, file]) => {
            let run = run.parse().map_err(|e: crate::domain::run::BadRunId| e.to_string())?;
            app.export_run(run, crate::tui::screens::plan::commands::path(file));
        }
        ("report", [what, file]) => app.report_command(what, file)?,
        ("signed", [_, ..]) => {
            app.take_signatures(arguments.iter().map(|file| crate::tui::screens::plan::commands::path(file)).collect());
        }
        ("csv", [to]) => app.export_partition(to)?,
        ("doctor", words) => app.doctor_command(words)?,
        ("verify", []) => app.perform(Action::VerifyPlan),
        ("verify", [word]) if word == "resume" => match app.refusal(Action::VerifyPlan) {
            Some(why) => app.refuse(why),
            None => app.resume_verification(),
        },
        ("copy", [what]) => {
            let item = copy::ITEMS.iter().find(|i| i.word == what).ok_or_else(wants)?;
            copy::copy(app, item);
        }
        _ => return Err(wants()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(words("open PRODUCT#acme 'a b'"), ["open", "PRODUCT#acme", "a b"]);
        assert_eq!(words("  open \"it's\" ''"), ["open", "it's", ""]);
        assert_eq!(words("open 'half"), ["open", "half"]);
        assert!(words(" ").is_empty());
    }

    #[test]
    fn a_command_says_what_was_not_given() {
        let wants = |line| parse(line).map(|(phrase, given)| phrase.wants(given.len()));
        assert_eq!(wants("verify nope").as_deref(), Some("usage: verify [resume]"));
        assert_eq!(wants("report doctor").as_deref(), Some("report wants FILE"));
        assert_eq!(wants("report").as_deref(), Some("report wants RUN|preview|doctor FILE"));
        assert_eq!(wants("open").as_deref(), Some("open wants PK [SK]"));
        assert_eq!(wants("copy nope").as_deref(), Some("copy wants WHAT"));
        let lacks = |line| parse(line).is_some_and(|(phrase, given)| phrase.lacks(given.len()));
        assert!(lacks("export 01X") && lacks("open ") && lacks("plan "));
        assert!(!lacks("export 01X a.db") && !lacks("open P#a") && !lacks("activity") && !lacks("plan new"));
    }

    #[test]
    fn only_known_words_begin_a_command() {
        assert_eq!(parse("rollback 4").map(|(p, a)| (p.word, a)), Some(("rollback", vec!["4".to_owned()])));
        assert_eq!(parse("roll back"), None);
    }
}
