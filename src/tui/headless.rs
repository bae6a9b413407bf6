//! The command line that does the same as what is on screen.

use super::app::App;
use super::pane::Pane;
use super::screens::history::{Opened, Shown, Wanted};
use super::screens::log::progress::Stage;
use super::screens::tenants::tree::Node;
use crate::domain::csv::Place;
use crate::domain::key::Version;
use crate::domain::plan::Work;
use crate::domain::run::RunId;
use crate::domain::shell;
use crate::engine::protocol::{DeletedFilter, EntityRef};

impl App {
    pub(crate) fn line(&self, words: &[&str]) -> String {
        shell::line(&self.headless_prefix, words)
    }

    /// The command line for what is on screen.
    pub(crate) fn headless_line(&mut self) -> String {
        match self.focus {
            Pane::Plan if self.plan.own().is_some() => self.line_of_doctor(true),
            Pane::Plan if self.plan.form.is_some() => self.line_of_plan(),
            Pane::History | Pane::Plan if self.history.opened.is_some() => self.line_of_history(),
            Pane::Log => match self.run.as_ref().and_then(|r| Some((r, r.run?))) {
                Some((run, id)) if run.stage != Stage::Ended || run.is_resumable() => self.line_of_resume(id),
                Some((_, id)) => self.line_of_runs(Some(id)),
                None => self.line(&["runs"]),
            },
            _ if self.tenants.entities.is_some() => self.line_of_entities(),
            _ => {
                let mut words = vec!["tenants".to_owned()];
                if let Some(Node::Module(m) | Node::Tenant(m, _) | Node::Partition(m, ..)) =
                    self.tenants.tree.selected()
                {
                    words.extend(["--module".to_owned(), m.to_string()]);
                }
                // A list without counts costs as little there.
                words.extend(self.tenants.tree.has_uncounted().then(|| "--keys".to_owned()));
                self.line(&words.iter().map(String::as_str).collect::<Vec<_>>())
            }
        }
    }

    /// The preview of the plan in the pane; without a file, of the one that saving it would make.
    fn line_of_plan(&self) -> String {
        match self.fresh_digest().filter(|_| self.plan.shows_preview) {
            Some(digest) => self.line(&["run", &self.plan_file(), "--expect", &digest, "--arm"]),
            None => self.line_of_preview(),
        }
    }

    pub(crate) fn plan_file(&self) -> String {
        let file = self.plan.form.as_ref().and_then(|f| f.path.clone());
        file.map_or_else(|| "PLAN.toml".to_owned(), |f| f.display().to_string())
    }

    /// Where the plan in the pane exports to, if it is one that does.
    fn export_to(&self) -> Option<Option<&Place>> {
        match &self.plan.form.as_ref()?.plan.as_deref()?.work {
            Work::Export { to, .. } => Some(to.as_ref()),
            _ => None,
        }
    }

    /// The preview of the plan in the pane, whatever else is on screen.
    pub(crate) fn line_of_preview(&self) -> String {
        match self.export_to() {
            // It has no items to preview: it writes a file.
            Some(Some(Place::S3 { .. })) => self.line(&["run", &self.plan_file(), "--arm"]),
            Some(_) => self.line(&["run", &self.plan_file()]),
            None => self.line(&["preview", &self.plan_file()]),
        }
    }

    fn line_of_entities(&self) -> String {
        let Some(list) = &self.tenants.entities else { return self.line(&["tenants"]) };
        let mut words = vec!["entities", list.listing.pk.as_str(), "--module", list.module()];
        if list.listing.deleted != DeletedFilter::Keep {
            words.extend(["--deleted", list.listing.deleted.as_str()]);
        }
        let file = self.plan_file();
        if self.view.is_some() {
            words.extend(["--view", &file]);
        }
        self.line(&words)
    }

    fn line_of_history(&self) -> String {
        let Some(opened) = &self.history.opened else { return self.line(&["tenants"]) };
        let entity = &opened.entity;
        let (pk, sk, module) = (entity.key.pk.as_str(), entity.key.sk.as_str(), entity.module.as_str());
        match (opened.shown, same_entity(opened)) {
            (Shown::Changes, Some((from, to))) => {
                let (from, to) = (from.to_string(), to.to_string());
                let mut words = vec!["diff", pk, sk, &from, &to, "--module", module];
                if opened.all {
                    words.push("--all");
                }
                self.line(&words)
            }
            (Shown::Changes, None) => self.line(&["history", pk, sk, "--module", module]),
            _ => self.line(&["history", pk, sk, "--module", module, "--rows"]),
        }
    }

    /// The command line of a rollback, or of its preview.
    pub(crate) fn line_of_rollback(
        &self,
        entity: &EntityRef,
        to: Version,
        expect: Option<Version>,
        dry: bool,
    ) -> String {
        let (to, expect) = (to.to_string(), expect.map(|v| v.to_string()));
        let mut words = Vec::new();
        if !dry {
            words.push("--arm");
        }
        words.extend(["rollback", entity.key.pk.as_str(), entity.key.sk.as_str(), "--to", &to]);
        if let Some(expect) = &expect {
            words.extend(["--expect", expect]);
        }
        if dry {
            words.push("--dry-run");
        }
        words.extend(["--module", &entity.module]);
        self.line(&words)
    }

    /// The command lines for the list of runs, and for the run that is chosen in it.
    pub(crate) fn lines_of_runs(&self, run: Option<RunId>, is_open: bool) -> Vec<String> {
        let mut lines = if is_open { vec![] } else { vec![self.line_of_runs(None)] };
        if let Some(run) = run {
            let id = run.to_string();
            lines.extend([
                self.line_of_runs(Some(run)),
                self.line_of_resume(run),
                self.line_of_undo(run),
                self.line(&["verify", &id]),
                self.line(&["runs", "export", &id, "FILE"]),
            ]);
        }
        lines
    }

    /// The command line that shows a run, or lists all.
    pub(crate) fn line_of_runs(&self, run: Option<RunId>) -> String {
        match run {
            Some(run) => self.line(&["runs", "show", &run.to_string()]),
            None => self.line(&["runs"]),
        }
    }
}

/// The two versions that are compared, where they are of one entity and differ.
fn same_entity(opened: &Opened) -> Option<(Version, Version)> {
    match opened.wanted() {
        Wanted::Diff(key) if key.from.entity == key.to.entity && !key.is_first() => {
            Some((key.from.version?, key.to.version?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(
            ["PRODUCT#acme", "01HX", "it's", "a b", "", "a\n\u{202e}", "ボルト", "$HOME"].map(shell::quote),
            ["'PRODUCT#acme'", "01HX", "'it'\\''s'", "'a b'", "''", "$'a\\x0a\\U0000202e'", "ボルト", "'$HOME'"]
        );
    }

    #[test]
    fn a_shell_reads_the_words_back() {
        for word in ["PRODUCT#acme", "it's", "a\n\tb\\'c", "x\u{7f}\u{1b}[31m", "$(id)`id`", "ボルト\u{200b}"] {
            let script = format!("printf %s {}", shell::quote(word));
            let output =
                std::process::Command::new("bash").env("LC_ALL", "C.UTF-8").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
    }
}
