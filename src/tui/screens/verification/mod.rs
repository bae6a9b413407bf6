//! Findings of a comparison: entity by entity, and all differences of the one under the cursor.

mod commands;
pub(crate) mod compared;
mod view;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::compared::Verification;
use super::command::CommandBox;
use super::runs::Runs;
use crate::domain::finding::FindingKind;
use crate::domain::tenant::tenant_of;
use crate::engine::protocol::RequestId;
use crate::language::spoken;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::Filter;
use crate::tui::parts::{Rich, Scroll, scroll::Step};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::history::CameFrom;

/// The comparison as it is looked at; what was found stays with it.
#[derive(Debug, Clone)]
pub(crate) struct VerificationBox {
    /// The request that compares.
    pub(crate) of: RequestId,
    kind: Option<FindingKind>,
    filter: Filter,
    scroll: Scroll,
    /// Places of the entities shown, and of how many findings and which filter.
    shown: Vec<usize>,
    shown_of: Option<(usize, Option<FindingKind>, String)>,
    /// Lines about the selected entity, and of which one with how many findings, in how many cells.
    detail: Vec<Rich>,
    detail_of: Option<(usize, usize, usize)>,
    below: Scroll,
}

/// The comparison, where it is still the last one.
fn compared(app: &App, of: RequestId) -> Option<&Verification> {
    app.verification.as_ref().filter(|v| v.job.request == of)
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
                    self.filter.accepts([
                        key.as_str(),
                        f.kind.as_str(),
                        f.path.as_deref().unwrap_or_default(),
                        &spoken(&f.message),
                    ])
                })
        });
        self.shown = accepted.map(|(i, _)| i).collect();
        // The cursor stays on its entity while more come in.
        self.scroll.cursor = selected.and_then(|at| self.shown.binary_search(&at).ok()).unwrap_or(0);
        self.shown_of = Some(of);
    }

    /// Goes to the entity as it is.
    fn open(&mut self, app: &mut App) -> Flow {
        let at = self.shown.get(self.scroll.cursor);
        let entity = compared(app, self.of).and_then(|v| {
            let judged = v.entities().get(*at?)?;
            Some(v.about(judged).first()?.entity.clone())
        });
        let Some(entity) = entity else { return Flow::Stay };
        let tenant = tenant_of(&entity.key.pk, None).code;
        app.stack.close::<Runs>();
        app.open_entity_of(CameFrom::Verification(self.of), entity, tenant);
        // Coming back leads to the same place.
        app.left_verification = Some(self.clone());
        Flow::Close
    }
}

impl Screen for VerificationBox {
    fn context(&self) -> Context {
        Context::Verification
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        app.type_into(&mut self.filter, key).map(|_| Flow::Stay)
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        let verification = compared(app, self.of);
        let is_running = verification.is_some_and(|v| v.job.running);
        match press.action {
            Action::Back if self.filter.shown() => self.filter.clear(),
            Action::Back | Action::Left => return Flow::Close,
            Action::Filter => self.filter.begin(),
            Action::Kind => {
                let kinds: Vec<FindingKind> =
                    verification.map(|v| v.kinds().keys().copied().collect()).unwrap_or_default();
                let at = self.kind.and_then(|kind| kinds.iter().position(|k| *k == kind));
                self.kind = kinds.get(at.map_or(0, |at| at + 1)).copied();
            }
            Action::Cancel if is_running => app.give_up(self.of),
            Action::Cancel => app.say(tr!("nothing is being waited for here")),
            Action::Reload => {
                if let Some(of) = verification.map(|v| v.of.clone()) {
                    app.verify(of, false);
                    return Flow::Close;
                }
            }
            Action::Resume => match verification.filter(|v| v.is_resumable()).map(|v| v.of.clone()) {
                Some(of) => {
                    app.verify(of, true);
                    return Flow::Close;
                }
                None => app.say(tr!("only a plan's comparison that was stopped or failed can be resumed")),
            },
            Action::ShowCommand => {
                let line = app.line_of_verification();
                app.stack.push(CommandBox::new(line));
            }
            Action::Open | Action::Right => return self.open(app),
            action @ (Action::ScrollDown | Action::ScrollUp) => {
                if let Some(step) = Step::of(action) {
                    self.below.slide(step, self.detail.len().saturating_sub(1));
                }
            }
            action => {
                if let Some(step) = Step::of(action) {
                    self.scroll.step(step, self.shown.len());
                }
            }
        }
        Flow::Stay
    }

    fn paste(&mut self, text: &str) {
        if self.filter.typing() {
            self.filter.paste(text);
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        view::draw(self, app, buffer, area)
    }
}
