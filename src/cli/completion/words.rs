//! The words that may come next, from the command line's own definition and from what is known of this machine.

use clap::{Arg, ArgAction, Command};

/// Names that this machine knows; looked up only where they are asked for.
pub trait Known {
    /// Names of profiles.
    fn profiles(&self) -> Vec<String>;
    /// Ids of recorded runs, newest first.
    fn runs(&self) -> Vec<String>;
    /// Modules of the profile that is named, or of the default one.
    fn modules(&self, profile: Option<&str>) -> Vec<String>;
}

/// Candidates for the next word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Words, each with what it is for.
    pub words: Vec<(String, String)>,
    /// True where a file may stand as well.
    pub files: bool,
}

/// Candidates behind all words but the last, which is the beginning of one. The program's own name is not among the words.
#[must_use]
pub fn complete(root: &Command, words: &[String], known: &dyn Known) -> Answer {
    let words = joined(words);
    let Some((current, before)) = words.split_last() else { return Answer::default() };
    let mut place = Place { command: root, root, positional: 0, pending: None, profile: None };
    before.iter().for_each(|word| place.pass(word));
    let mut answer = match (place.pending, current.split_once('=')) {
        (Some(option), _) => place.values(option, known),
        (None, Some((name, _))) if name.starts_with("--") => match place.option(name) {
            // Shells that break words at the sign ask for the value alone.
            Some(option) => prefixed(place.values(option, known), name),
            None => Answer::default(),
        },
        _ if current.starts_with('-') => place.options(),
        _ => place.next(known),
    };
    answer.words.retain(|(word, _)| word.starts_with(current.as_str()));
    answer
}

/// Words with what shells broke off at `=` behind them again; a value that is begun stands by itself.
fn joined(words: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let is_last = at + 1 == words.len();
        match word.as_str() {
            "=" if is_last => out.push(String::new()),
            "=" => {}
            _ => out.push(word.clone()),
        }
    }
    out
}

fn prefixed(answer: Answer, name: &str) -> Answer {
    let words = answer.words.into_iter().map(|(word, about)| (format!("{name}={word}"), about));
    Answer { words: words.collect(), ..answer }
}

/// Where the words lead.
struct Place<'a> {
    root: &'a Command,
    command: &'a Command,
    positional: usize,
    /// The option whose value comes next.
    pending: Option<&'a Arg>,
    profile: Option<String>,
}

impl<'a> Place<'a> {
    fn pass(&mut self, word: &str) {
        if let Some(option) = self.pending.take() {
            self.note(option, word);
        } else if word.starts_with("--") {
            let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            match (self.option(name), value) {
                (Some(option), Some(value)) => self.note(option, value),
                (Some(option), None) if takes_value(option) => self.pending = Some(option),
                _ => {}
            }
        } else if let Some(command) = self.command.get_subcommands().find(|command| command.get_name() == word) {
            (self.command, self.positional) = (command, 0);
        } else if !word.starts_with('-') {
            self.positional += 1;
        }
    }

    fn note(&mut self, option: &Arg, value: &str) {
        if option.get_id() == "profile" {
            self.profile = Some(value.to_owned());
        }
    }

    /// Options of the command, and those of every command.
    fn all(&self) -> impl Iterator<Item = &'a Arg> + use<'a> {
        let global = self.root.get_arguments().filter(|arg| arg.is_global_set());
        let own = self.command.get_arguments().filter(|arg| !arg.is_global_set());
        own.chain(global).filter(|arg| arg.get_long().is_some() && !arg.is_hide_set())
    }

    fn option(&self, name: &str) -> Option<&'a Arg> {
        self.all().find(|arg| arg.get_long() == name.strip_prefix("--"))
    }

    fn options(&self) -> Answer {
        let word = |arg: &Arg| Some((format!("--{}", arg.get_long()?), first_line(arg.get_help())));
        let help = [("--help".to_owned(), "Print help".to_owned())];
        Answer { words: self.all().filter_map(word).chain(help).collect(), files: false }
    }

    /// Commands, and values of the argument that stands here.
    fn next(&self, known: &dyn Known) -> Answer {
        let shown = self.command.get_subcommands().filter(|command| !command.is_hide_set());
        let commands = shown.map(|command| (command.get_name().to_owned(), first_line(command.get_about())));
        let here = self.command.get_positionals().nth(self.positional);
        let here = here.map(|arg| self.values(arg, known)).unwrap_or_default();
        Answer { words: commands.chain(here.words).collect(), files: here.files }
    }

    fn values(&self, arg: &Arg, known: &dyn Known) -> Answer {
        let possible = arg.get_possible_values();
        if !possible.is_empty() {
            let shown = possible.iter().filter(|value| !value.is_hide_set());
            let words = shown.map(|value| (value.get_name().to_owned(), first_line(value.get_help())));
            return Answer { words: words.collect(), files: false };
        }
        let mut answer = Answer::default();
        let mut add = |words: Vec<String>| answer.words.extend(words.into_iter().map(|word| (word, String::new())));
        let names = arg.get_value_names().unwrap_or_default().iter().flat_map(|name| name.split('|'));
        let mut files = false;
        for name in names {
            match name {
                "RUN" => add(known.runs()),
                "M" | "MODULE" => add(known.modules(self.profile.as_deref())),
                "NAME" if arg.get_id() == "profile" => add(known.profiles()),
                "FILE" | "DIR" | "PLAN" => files = true,
                name if name.contains('.') => files = true,
                // Words that stand for themselves are written in small letters.
                name if !name.contains(|c: char| c.is_ascii_uppercase()) => add(vec![name.to_owned()]),
                _ => {}
            }
        }
        answer.files = files;
        answer
    }
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

/// The first line of a help text.
fn first_line(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}
