//! The first screen without a configuration file: the sandbox, or a form for a first profile.

mod form;
mod look;
mod view;

use std::io;
use std::path::{Path, PathBuf};

use crossterm::event::{Event as Input, KeyCode, KeyEventKind, KeyModifiers};
use futures::{Stream, StreamExt as _};
use ratatui::Terminal;
use ratatui::backend::Backend;

use super::ground::ground;
use super::input::Inputs;
use super::keymap::Key;
use super::parts::Field;
use super::run::signals;
use super::terminal::{Held, has_hung_up, screen};
use super::theme::Theme;
use crate::config::Ground;
use crate::engine::protocol::Event;
use crate::language::system;
use form::{Filled, Form};
use look::{Look, Start};

/// The operator's choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstRun {
    /// Try things out on demo data.
    Sandbox,
    /// A profile was written into the configuration file, under this name.
    Profile(String),
    /// Nothing; leave.
    Quit,
}

/// Offers the sandbox or a form for a first profile, which is tried and then written to `config_path` (mode 0600, never over another
/// file). The form offers the AWS profiles of the machine.
///
/// # Errors
/// The terminal's own error.
pub async fn first_run(config_path: &Path, no_color: bool, aws_profiles: Vec<String>) -> color_eyre::Result<FirstRun> {
    let signals = signals()?;
    let held = Held::take(false)?;
    let mut terminal = screen()?;
    let mut inputs = Inputs::new()?;
    let ground = if no_color { Ground::Dark } else { ground(&mut inputs).await };
    let theme = Theme::with(ground, None, no_color).map_err(|e| color_eyre::eyre::eyre!(e))?;
    let mut first = First::new(config_path.to_path_buf(), theme, look::start);
    first.aws_profiles = aws_profiles;
    let outcome = first.run(inputs.events(), &mut *terminal, signals).await;
    drop(held);
    Ok(outcome?)
}

/// Content of the screen.
#[derive(Debug)]
enum Screen {
    /// Sandbox, form or neither.
    Choice(usize),
    /// The form.
    Form(Box<Form>),
    /// Check of the finished form, its result, and the one-time code that is typed where one is wanted.
    Check(Box<Form>, Box<Filled>, Code),
}

/// A one-time code that is being typed.
#[derive(Debug, Default)]
struct Code {
    field: Field,
    problem: Option<&'static str>,
}

/// The state of the first screen.
#[derive(Debug)]
struct First {
    path: PathBuf,
    theme: Theme,
    screen: Screen,
    chosen: Option<FirstRun>,
    aws_profiles: Vec<String>,
    /// Starts an engine for a profile.
    start: Start,
    look: Option<Look>,
}

impl First {
    fn new(path: PathBuf, theme: Theme, start: Start) -> Self {
        Self { path, theme, screen: Screen::Choice(0), chosen: None, aws_profiles: Vec::new(), start, look: None }
    }

    async fn run<S, B>(
        &mut self,
        inputs: S,
        terminal: &mut Terminal<B>,
        ended: impl Future<Output = ()>,
    ) -> io::Result<FirstRun>
    where
        S: Stream<Item = io::Result<Input>>,
        B: Backend,
        B::Error: Send + Sync + 'static,
    {
        tokio::pin!(inputs, ended);
        loop {
            if let Some(chosen) = self.chosen.take() {
                return Ok(chosen);
            }
            let draw = |frame: &mut ratatui::Frame<'_>| {
                if let Some(cursor) = view::draw(self, frame.buffer_mut()) {
                    frame.set_cursor_position(cursor);
                }
            };
            match terminal.draw(draw).map_err(io::Error::other) {
                Err(error) if has_hung_up(&error) => return Ok(FirstRun::Quit),
                drawn => drawn?,
            };
            let input = tokio::select! {
                biased;
                () = &mut ended => return Ok(FirstRun::Quit),
                input = inputs.next() => input,
                event = look::next(&mut self.look) => {
                    self.told(event);
                    continue;
                }
            };
            let input = match input.transpose() {
                Err(error) if has_hung_up(&error) => return Ok(FirstRun::Quit),
                input => input?,
            };
            match input {
                Some(Input::Key(key)) if key.kind != KeyEventKind::Release => self.key(key.into()),
                Some(Input::Paste(text)) => self.paste(&text),
                Some(_) => {}
                None => return Ok(FirstRun::Quit),
            }
        }
    }

    fn key(&mut self, key: Key) {
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            self.chosen = Some(FirstRun::Quit);
            return;
        }
        match &mut self.screen {
            Screen::Choice(at) => match key.code {
                KeyCode::Up | KeyCode::Char('k') | KeyCode::BackTab => *at = (*at + 2) % 3,
                KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab => *at = (*at + 1) % 3,
                KeyCode::Esc | KeyCode::Char('q') => self.chosen = Some(FirstRun::Quit),
                KeyCode::Enter => match *at {
                    0 => self.chosen = Some(FirstRun::Sandbox),
                    1 => self.screen = Screen::Form(Box::default()),
                    _ => self.chosen = Some(FirstRun::Quit),
                },
                _ => {}
            },
            Screen::Form(_) => self.form_key(key),
            Screen::Check(..) => self.check_key(key),
        }
    }

    fn form_key(&mut self, key: Key) {
        let Screen::Form(form) = &mut self.screen else { return };
        match key.code {
            KeyCode::Esc => self.screen = Screen::Choice(1),
            KeyCode::Tab | KeyCode::Down => form.step(1),
            KeyCode::BackTab | KeyCode::Up => form.step(-1),
            KeyCode::Char('n') if key.modifiers.contains(KeyModifiers::CONTROL) => self.offer(),
            KeyCode::Enter if form.at == form.button() => self.check(),
            KeyCode::Char(' ' | 'y' | 'n') if form.at == form.switch() => {
                form.protected =
                    if key.code == KeyCode::Char(' ') { !form.protected } else { key.code == KeyCode::Char('y') };
            }
            KeyCode::Enter => form.step(1),
            _ => {
                let at = form.at;
                if let Some(line) = form.lines.get_mut(at) {
                    line.field.key(key);
                    form.problem = None;
                    self.look = None;
                }
            }
        }
    }

    fn paste(&mut self, text: &str) {
        match &mut self.screen {
            Screen::Form(form) => {
                let at = form.at;
                if let Some(line) = form.lines.get_mut(at) {
                    line.field.paste(text);
                }
            }
            Screen::Check(.., code) if self.look.as_ref().is_some_and(|look| look.is_over && look.wants_code) => {
                code.field.paste(text);
            }
            Screen::Check(..) | Screen::Choice(_) => {}
        }
    }

    /// Fills the line with the cursor with the next value that there is for it.
    fn offer(&mut self) {
        let Screen::Form(form) = &mut self.screen else { return };
        match form.key() {
            Some("aws_profile") => form.next_of("aws_profile", &self.aws_profiles),
            Some("environment" | "app") => match &self.look {
                Some(Look { found: Some(found), .. }) => form.next_application(found),
                // A region or a profile that was changed since leads to other tables.
                _ => self.look = Some(Look::applications(self.start, form.place())),
            },
            _ => {}
        }
    }

    fn check(&mut self) {
        let Screen::Form(form) = &mut self.screen else { return };
        let Some(filled) = form.finish(&self.path) else { return };
        self.look = Some(Look::check(self.start, filled.profile.clone()));
        self.screen = Screen::Check(std::mem::take(form), Box::new(filled), Code::default());
    }

    fn check_key(&mut self, key: Key) {
        let Screen::Check(form, filled, code) = &mut self.screen else { return };
        let asking = self.look.as_mut().filter(|look| look.is_over && look.wants_code);
        match key.code {
            KeyCode::Enter if asking.is_some() && !code.field.text().is_empty() => match code.field.text().parse() {
                Ok(typed) => {
                    *code = Code::default();
                    if let Some(look) = asking {
                        look.sign_in(typed);
                    }
                }
                Err(why) => code.problem = Some(why),
            },
            KeyCode::Esc => {
                self.look = None;
                self.screen = Screen::Form(std::mem::take(form));
            }
            KeyCode::Enter => match super::files::create_private(&self.path, filled.text.as_bytes()) {
                Ok(()) => self.chosen = Some(FirstRun::Profile(filled.name.clone())),
                Err(error) => {
                    form.problem = Some(
                        tr!("%{path} cannot be written: %{error}", path = self.path.display(), error = system(&error))
                            .into_owned(),
                    );
                    self.screen = Screen::Form(std::mem::take(form));
                }
            },
            _ if asking.is_some() => {
                code.field.key(key);
                code.problem = None;
            }
            _ => {}
        }
    }

    fn told(&mut self, event: Option<Event>) {
        let Some(look) = &mut self.look else { return };
        look.take(event);
        if let (Screen::Form(form), true) = (&mut self.screen, look.is_over) {
            match (&look.found, look.lines.first()) {
                (Some(found), _) => form.next_application(found),
                (None, Some((_, why))) => form.problem = Some(why.trim_start_matches("! ").to_owned()),
                (None, None) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
