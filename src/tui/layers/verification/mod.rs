//! What a comparison finds: entity by entity, and all that differs in the one under the cursor.

mod view;

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::command::CommandBox;
use super::{Kept, Layer, step};
use crate::domain::tenant::tenant_of;
use crate::engine::protocol::RequestId;
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::panes::{Filter, filter::Typed};
use crate::tui::verification::Verification;
use crate::tui::widgets::{Rich, Scroll, scroll::Step};

/// The comparison as it is looked at; what was found stays with it.
#[derive(Debug, Clone)]
pub(crate) struct VerificationBox {
    /// The request that compares.
    pub(crate) of: RequestId,
    kind: Option<&'static str>,
    filter: Filter,
    scroll: Scroll,
    /// Places of the entities shown, and of how many findings and which filter.
    shown: Vec<usize>,
    shown_of: Option<(usize, Option<&'static str>, String)>,
    /// Lines about the selected entity, and of which one with how many findings, in how many cells.
    detail: Vec<Rich>,
    detail_of: Option<(usize, usize, usize)>,
    below: Scroll,
}

/// The comparison, where it is still the last one.
fn compared(app: &App, of: RequestId) -> Option<&Verification> {
    app.verification.as_ref().filter(|v| v.request == of)
}

impl VerificationBox {
    /// All of what a comparison finds.
    pub(crate) fn new(of: RequestId) -> Self {
        Self {
            of,
            kind: None,
            filter: Filter::default(),
            scroll: Scroll::default(),
            shown: Vec::new(),
            shown_of: None,
            detail: Vec::new(),
            detail_of: None,
            below: Scroll::default(),
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        if self.filter.typing() {
            self.filter.paste(text);
        }
    }

    /// Brings the list up to date with what was found and with the filters.
    fn arrange(&mut self, verification: &Verification) {
        let of = (verification.findings.kept().len(), self.kind, self.filter.text().to_owned());
        if self.shown_of.as_ref() == Some(&of) {
            return;
        }
        let selected = self.shown.get(self.scroll.cursor).copied();
        let entities = verification.entities().iter().enumerate();
        let accepted = entities.filter(|(_, entity)| {
            let about = verification.about(entity);
            self.kind.is_none_or(|kind| about.iter().any(|f| f.kind == kind))
                && about.iter().any(|f| {
                    let key = f.entity.key.to_string();
                    self.filter.accepts([key.as_str(), f.kind, f.path.as_deref().unwrap_or_default(), &f.message])
                })
        });
        self.shown = accepted.map(|(i, _)| i).collect();
        // The cursor stays on its entity while more come in.
        self.scroll.cursor = selected.and_then(|at| self.shown.binary_search(&at).ok()).unwrap_or(0);
        self.shown_of = Some(of);
    }

    pub(super) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        if self.filter.typing() && self.filter.key(key) != Typed::Passed {
            return Kept::Yes;
        }
        let verification = compared(app, self.of);
        let is_running = verification.is_some_and(|v| v.running);
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc if self.filter.shown() => self.filter.clear(),
            KeyCode::Esc | KeyCode::Char('q' | 'h') | KeyCode::Left => return Kept::No,
            KeyCode::Char('/') => self.filter.begin(),
            KeyCode::Char('t') => {
                let kinds: Vec<&'static str> =
                    verification.map(|v| v.kinds().keys().copied().collect()).unwrap_or_default();
                let at = self.kind.and_then(|kind| kinds.iter().position(|k| *k == kind));
                self.kind = kinds.get(at.map_or(0, |at| at + 1)).copied();
            }
            KeyCode::Char('x') if is_running => app.give_up(self.of),
            KeyCode::Char('x') => app.say("nothing is being waited for here"),
            KeyCode::F(5) => {
                if let Some(of) = verification.map(|v| v.of.clone()) {
                    app.verify(of, false);
                    return Kept::No;
                }
            }
            KeyCode::Char('c') => match verification.filter(|v| v.is_resumable()).map(|v| v.of.clone()) {
                Some(of) => {
                    app.verify(of, true);
                    return Kept::No;
                }
                None => app.say("only a plan's comparison that was stopped or failed can go on"),
            },
            KeyCode::Char('Y') => {
                let line = app.line_of_verification();
                app.layers.push(Layer::Command(CommandBox::new(line)));
            }
            KeyCode::Char('d') if ctrl => self.below.slide(Step::HalfPages(1), self.detail.len().saturating_sub(1)),
            KeyCode::Char('u') if ctrl => self.below.slide(Step::HalfPages(-1), self.detail.len().saturating_sub(1)),
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l') => return self.open(app),
            _ => {
                if let Some(step) = step(key, true) {
                    self.scroll.step(step, self.shown.len());
                }
            }
        }
        Kept::Yes
    }

    /// Goes to the entity as it is.
    fn open(&mut self, app: &mut App) -> Kept {
        let at = self.shown.get(self.scroll.cursor);
        let entity = compared(app, self.of).and_then(|v| {
            let judged = v.entities().get(*at?)?;
            Some(v.about(judged).first()?.entity.clone())
        });
        let Some(entity) = entity else { return Kept::Yes };
        let tenant = tenant_of(&entity.key.pk, None).code;
        app.layers.retain(|layer| !matches!(layer, Layer::Runs(_)));
        app.open_entity(entity, tenant);
        // Coming back leads to the same place.
        app.left_verification = Some(Box::new(self.clone()));
        Kept::No
    }

    pub(super) fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        view::draw(self, app, buffer, area)
    }
}
