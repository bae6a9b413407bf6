//! Building a plan: beginning, opening, changing, saving.

use std::path::PathBuf;

use crate::config::plan::{entity_list, listed, operations};
use crate::domain::run::Operation;
use crate::engine::protocol::Level;
use crate::language::{self, spoken};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::message::Effect;
use crate::tui::pane::Pane;
use crate::tui::parts::problem;
use crate::tui::screens::discard::{Discard, Next};
use crate::tui::screens::palette::Palette;
use crate::tui::screens::plan::editing::{Editing, Typed};
use crate::tui::screens::plan::form::Form;
use crate::tui::screens::plan::form_view::candidates;
use crate::tui::screens::tenants::tree::Node;

impl App {
    /// `:plan …`.
    ///
    /// # Errors
    /// A message about the words that it wants instead.
    pub(crate) fn plan_command(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["new"] => self.replace_plan(Next::New(Operation::Copy)),
            ["new", word] => {
                let known: Vec<String> = operations().map(|o| o.to_string()).collect();
                let operation = operations().find(|o| o.as_str() == *word);
                let operation = operation
                    .ok_or_else(|| tr!("plan new wants one of %{operations}", operations = language::listed(known)))?;
                self.replace_plan(Next::New(operation));
            }
            ["open", file] => self.replace_plan(Next::Open(path(file))),
            [file] if file.ends_with(".toml") => self.replace_plan(Next::Open(path(file))),
            ["save"] => match self.plan.form.as_ref().and_then(|f| f.path.clone()) {
                Some(file) => self.save_plan(file, true),
                None => return Err(tr!("plan save wants the name of a file").into_owned()),
            },
            ["save", file] => self.save_plan(path(file), false),
            ["replace", file] => self.save_plan(path(file), true),
            _ => return Err(tr!("plan wants new [OPERATION], open FILE, save [FILE] or replace FILE").into_owned()),
        }
        Ok(())
    }

    /// Puts another plan in the pane; one that is not saved is asked about first.
    pub(crate) fn replace_plan(&mut self, next: Next) {
        if self.plan.is_dirty() {
            return self.stack.push(Discard::new(next));
        }
        self.take_up(next);
    }

    /// Puts another plan in the pane, whatever becomes of the one that is there.
    pub(crate) fn take_up(&mut self, next: Next) {
        match next {
            Next::New(Operation::Users) => self.begin_users_plan(None),
            Next::New(operation) => self.begin_plan(operation),
            Next::Users(pool) => self.begin_users_plan(pool),
            Next::Open(file) => self.effect(Effect::ReadPlan(file)),
            Next::Entities(entities) => {
                let keys = entities.iter().map(|one| (one.module.as_str(), &one.key));
                let values = [("source.entities", entity_list(keys))];
                let values = values.each_ref().map(|(path, value)| (*path, value.as_str()));
                self.put_plan(Form::begun(Operation::Copy, &values).named());
                self.focus = Pane::Plan;
            }
            Next::Rollback(values) => {
                let values: Vec<(&str, &str)> = values.iter().map(|(path, value)| (*path, value.as_str())).collect();
                self.put_plan(Form::begun(Operation::Rollback, &values).named());
                self.focus = Pane::Plan;
            }
            Next::Undo(run, name) => {
                let (run, name) = (run.to_string(), format!("undo of {name}"));
                self.put_plan(Form::begun(Operation::Undo, &[("name", &name), ("undo.run", &run)]));
                self.preview_plan();
            }
        }
    }

    /// Begins a plan with what is on screen.
    fn begin_plan(&mut self, operation: Operation) {
        let mut values: Vec<(&str, String)> = Vec::new();
        let marks = self.tenants.entities.as_ref().map(|e| {
            let keys = listed(e.marks.iter().map(String::as_str));
            (e.listing.module.clone(), e.tenant.clone(), e.listing.pk.clone(), keys)
        });
        let found = marks.or_else(|| match self.tenants.tree.selected()? {
            Node::Partition(module, tenant, pk) => Some((module.to_string(), tenant.to_string(), pk, String::new())),
            _ => None,
        });
        if let Some((module, tenant, pk, keys)) = found {
            let entity_type = pk.entity_type().to_owned();
            // Where the type does not tell the module, the plan has to.
            if pk.module_hint() != module {
                values.push(("module", module));
            }
            values.extend([("source.type", entity_type), ("source.tenant", tenant.clone())]);
            // A code in lower case is normal already: the plan is about those that are not.
            if tenant.to_lowercase() != tenant {
                values.push(("source.tenants", tenant));
            }
            values.push(("source.keys", keys));
        }
        let values: Vec<(&str, &str)> = values.iter().map(|(path, value)| (*path, value.as_str())).collect();
        self.put_plan(Form::begun(operation, &values).named());
        self.focus = Pane::Plan;
    }

    /// Begins a plan for the users of a pool. What is on screen says nothing about users.
    fn begin_users_plan(&mut self, pool: Option<String>) {
        let pool = pool.filter(|pool| self.profile.user_pool_id.as_ref() != Some(pool)).unwrap_or_default();
        self.put_plan(Form::begun(Operation::Users, &[("name", "users"), ("users.pool", &pool)]));
        self.focus = Pane::Plan;
    }

    /// Puts a form in the pane; the preview of another plan goes.
    fn put_plan(&mut self, form: Form) {
        self.end_preview();
        self.end_view();
        self.plan.form = Some(form);
        self.plan.shows_preview = false;
    }

    /// A plan file was read.
    pub(crate) fn plan_read(&mut self, file: PathBuf, read: Result<String, String>) {
        match read {
            Ok(text) => {
                let form = Form::new(Some(file.clone()), text);
                match form.problem.as_deref() {
                    Some(problem) => {
                        let hint = problem.hint.as_ref().map(|h| format!(" → {}", spoken(h))).unwrap_or_default();
                        let words = problem::placed(problem);
                        self.tell(Level::Warning, format!("{words}{hint}"));
                        self.refuse(words);
                    }
                    None => self.say(tr!("opened %{file}", file = file.display())),
                }
                self.put_plan(form);
                self.focus = Pane::Plan;
            }
            Err(why) => self.refuse(format!("{}: {why}", file.display())),
        }
    }

    fn save_plan(&mut self, file: PathBuf, over: bool) {
        let Some(form) = &self.plan.form else { return self.refuse(tr!("there is no plan to save")) };
        let is_own = form.path.as_deref() == Some(file.as_path());
        let text = form.text().to_owned();
        self.effect(Effect::WritePlan { file, text, over: over || is_own });
    }

    /// A plan was written, or not.
    pub(crate) fn plan_saved(&mut self, file: PathBuf, text: String, saved: Result<(), String>) {
        match saved {
            Ok(()) => {
                self.say(tr!("saved %{file}", file = file.display()));
                if let Some(form) = &mut self.plan.form {
                    form.was_saved(file, text);
                }
            }
            Err(why) => self.refuse(why),
        }
    }

    /// The editor has ended.
    pub(crate) fn plan_edited(&mut self, edited: Result<String, String>) {
        match (edited, &mut self.plan.form) {
            (Ok(text), Some(form)) => {
                form.replace(text);
                if let Some(problem) = form.problem.as_deref() {
                    let text = match problem.line {
                        Some(line) => {
                            tr!("line %{n}: %{message}", n = line, message = problem::complaint(problem)).into_owned()
                        }
                        None => problem::complaint(problem).into_owned(),
                    };
                    self.refuse(text);
                }
            }
            (Err(why), _) => {
                self.tell(Level::Warning, why.clone());
                self.refuse(why);
            }
            (Ok(_), None) => {}
        }
    }

    pub(crate) fn plan_action(&mut self, action: Action) {
        match action {
            Action::NewPlan => self.replace_plan(Next::New(Operation::Copy)),
            Action::OpenPlan => self.stack.push(Palette::holding("plan open ")),
            Action::SavePlan => self.save_own(),
            Action::EditPlan => {
                if let Some(form) = &self.plan.form {
                    let text = form.text().to_owned();
                    self.effect(Effect::EditPlan(text));
                }
            }
            Action::NextWord => self.next_word(),
            Action::ClearValue => {
                if let Some(form) = &mut self.plan.form
                    && let Some(field) = form.focused().cloned()
                {
                    form.set(&field, "");
                }
            }
            _ => {}
        }
    }

    /// Saves the plan in its own file; one that has none gets a name first.
    fn save_own(&mut self) {
        if self.plan_command(&["save"]).is_err() {
            self.stack.push(Palette::holding("plan save "));
        }
    }

    fn next_word(&mut self) {
        if !self.plan.form.as_mut().is_some_and(|f| f.turn(true)) {
            self.open_row();
        }
    }

    /// Begins to type the value under the cursor.
    pub(crate) fn edit_value(&mut self) {
        let Some(form) = self.plan.form.take() else { return };
        let known = candidates(self, &form);
        let form = self.plan.form.insert(form);
        if let Some(field) = form.focused().filter(|_| form.is_toml()).cloned() {
            let value = form.value(&field).unwrap_or_default();
            form.editing = Some(Editing::new(field, &value, known));
        }
        self.list_files();
    }

    /// Asks for the files that could be meant by what is being typed.
    fn list_files(&mut self) {
        let Some(form) = &mut self.plan.form else { return };
        let Some(lead) = form.editing.as_mut().and_then(Editing::unlisted) else { return };
        // A file that a plan names is looked for beside the plan.
        let beside = form.path.as_deref().and_then(std::path::Path::parent).map(PathBuf::from).unwrap_or_default();
        let dir = beside.join(path(&lead));
        self.effect(Effect::ListFiles { dir, lead });
    }

    /// The files of a directory are known.
    pub(crate) fn files_listed(&mut self, lead: &str, names: &[String]) {
        // A slower directory that was typed through answers late.
        if let Some(files) = self.files.as_mut().filter(|files| files.lead == lead) {
            files.names = Some(names.to_vec());
        }
        if let Some(editing) = self.plan.form.as_mut().and_then(|form| form.editing.as_mut()) {
            editing.know_files(lead, names);
        }
    }

    /// A key while a value is being typed; `false` when it means nothing there.
    pub(crate) fn value_key(&mut self, key: Key) -> bool {
        let Some(form) = &mut self.plan.form else { return false };
        let Some(editing) = &mut form.editing else { return false };
        let typed = editing.key(key);
        self.value_typed(typed);
        true
    }

    pub(crate) fn value_pasted(&mut self, text: &str) {
        if let Some(editing) = self.plan.form.as_mut().and_then(|f| f.editing.as_mut()) {
            editing.paste(text);
            self.value_typed(Typed::Edited);
        }
    }

    fn value_typed(&mut self, typed: Typed) {
        let Some(form) = &mut self.plan.form else { return };
        let Some(editing) = form.editing.take() else { return };
        match typed {
            Typed::Taken => {
                let typed = editing.field.text();
                form.set(&editing.of, typed);
                if editing.of.path() == "operation" && form.operation.as_str() != typed {
                    let text = tr!("%{word} is no operation that a plan can be built for", word = typed);
                    self.refuse(text);
                }
            }
            Typed::Dropped => form.check(),
            Typed::Edited => {
                form.try_out(&editing.of, editing.field.text());
                form.editing = Some(editing);
                self.list_files();
            }
            Typed::Ignored => form.editing = Some(editing),
        }
    }
}

/// A file as it was typed, the home directory spelled out.
pub(crate) fn path(file: &str) -> PathBuf {
    match (file.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(file),
    }
}
