//! Runs that somebody began and nobody finished: said in the header, and when the console is left.

use std::collections::BTreeSet;

use crate::domain::run::RunId;
use crate::engine::protocol::{Command, Event, RunInfo};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::Context;
use crate::tui::screens::log::progress::Stage;

/// The runs of the profile that can be resumed.
#[derive(Debug, Default)]
pub(crate) struct Unfinished(BTreeSet<RunId>);

impl App {
    /// Looks for them among the recorded runs.
    pub(crate) fn look_for_unfinished(&mut self) {
        self.ask(None, Command::Runs, |app, _, event| {
            if let Event::Run(info) = event {
                app.know_run(&info);
            }
        });
    }

    /// Takes in how a run is recorded now.
    pub(crate) fn know_run(&mut self, info: &RunInfo) {
        if self.is_unfinished(info) {
            self.unfinished.0.insert(info.run);
        } else {
            self.unfinished.0.remove(&info.run);
        }
    }

    /// True for a run of this profile that somebody began and that has items left: header, list and exit go by it.
    pub(crate) fn is_unfinished(&self, info: &RunInfo) -> bool {
        info.is_unfinished() && info.profile == self.profile.name
    }

    /// True for a run that the list shows first: unfinished, or under way here.
    pub(crate) fn stands_out(&self, info: &RunInfo) -> bool {
        self.is_unfinished(info) || self.under_way() == Some(info.run)
    }

    fn under_way(&self) -> Option<RunId> {
        self.run.as_ref().filter(|run| run.stage != Stage::Ended).and_then(|run| run.run)
    }

    /// How many there are, and the key that shows them; the one that is under way here is none of them. Empty for none.
    pub(crate) fn unfinished_runs(&self, is_narrow: bool) -> String {
        let under_way = self.under_way();
        let count = self.unfinished.0.iter().filter(|run| Some(**run) != under_way).count();
        if count == 0 {
            return String::new();
        }
        let key = self.key_of(Context::Everywhere, Action::Runs);
        if is_narrow {
            return tr!("%{n} unfinished: %{key}", n = format::len(count), key = key).into_owned();
        }
        let runs = format::plural(count as u64, text!("%{n} unfinished run"), text!("%{n} unfinished runs"));
        match count {
            1 => tr!("%{runs}: %{key} shows it", runs = runs, key = key),
            _ => tr!("%{runs}: %{key} shows them", runs = runs, key = key),
        }
        .into_owned()
    }

    /// Lines to show once the console is left: the unfinished runs, and how to resume them.
    pub(crate) fn words_on_leaving(&self) -> Vec<String> {
        // Runs in memory are gone by then.
        if self.forgets {
            return Vec::new();
        }
        // One that is under way ends with the console.
        let under_way =
            self.run.as_ref().filter(|run| run.has_written() && run.left() != Some(0)).and(self.under_way());
        let unfinished: BTreeSet<RunId> = self.unfinished.0.iter().copied().chain(under_way).collect();
        match unfinished.into_iter().collect::<Vec<_>>().as_slice() {
            [] => Vec::new(),
            [run] => {
                let line = self.line_of_resume(*run);
                vec![tr!("1 run is unfinished; to resume it: %{line}", line = line).into_owned()]
            }
            several => {
                let runs = format::plural(several.len() as u64, text!("%{n} run"), text!("%{n} runs"));
                let line = self.line(&["runs"]);
                vec![tr!("%{runs} are unfinished; to list them: %{line}", runs = runs, line = line).into_owned()]
            }
        }
    }
}
