//! The dialog that writes: it shows the exact rows and their digest, and writes nothing by reflex.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::command::CommandBox;
use super::described::Described;
use crate::domain::run::Outcome;
use crate::engine::protocol::{ApprovalRequest, Command, Decision, EntityRef, Event, ItemResult, RequestId, Steering};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::popup::{Frame, centred, framed};
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Field, Rich, Scroll, draw_line, draw_text};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::log::lines;
use crate::tui::theme::Role;

/// What Enter does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Button {
    Stop,
    Write,
}

/// A batch that waits for a decision.
#[derive(Debug)]
pub(crate) struct Approval {
    /// The request that it belongs to.
    pub(crate) request: RequestId,
    approval: ApprovalRequest,
    button: Button,
    field: Field,
    items: Described,
    scroll: Scroll,
    problem: Option<String>,
}

impl Approval {
    pub(crate) fn new(request: RequestId, approval: ApprovalRequest) -> Self {
        let items = Described::new(approval.items.clone());
        Self {
            request,
            approval,
            button: Button::Stop,
            field: Field::default(),
            items,
            scroll: Scroll::default(),
            problem: None,
        }
    }

    fn enter(&mut self, app: &mut App) -> Flow {
        if self.button == Button::Stop {
            app.decide(&self.approval, Decision::Stop);
            return Flow::Close;
        }
        let confirm = match &self.approval.confirm {
            Some(wanted) if wanted != self.field.text() => {
                self.problem = Some(format!("type {wanted} exactly as it stands here"));
                return Flow::Stay;
            }
            Some(wanted) => Some(wanted.clone()),
            None => None,
        };
        app.decide(&self.approval, Decision::Approve { confirm });
        Flow::Close
    }

    fn draw_foot(&self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let row = |i: u16| Rect { y: area.y + i, height: 1, ..area };
        let items = format::plural(self.approval.items.len() as u64, "item", "items");
        let facts = format!("run {}, batch {}, {items}, digest", self.approval.run, self.approval.batch);
        draw_line(buffer, row(0), &Rich::of(Role::Dim, &facts), 0, theme, Style::default());
        draw_line(buffer, row(1), &Rich::of(Role::Dim, &self.approval.digest), 0, theme, Style::default());
        let mut cursor = None;
        if let Some(wanted) = &self.approval.confirm {
            let label = Rich::of(Role::Warning, "Type ")
                .with(Role::Strong, wanted)
                .with(Role::Warning, " to be able to write it: ");
            let used = u16::try_from(label.width()).unwrap_or(u16::MAX);
            let at = if used + 12 < area.width { row(2) } else { row(3) };
            draw_line(buffer, row(2), &label, 0, theme, Style::default());
            let left = if at.y == area.y + 2 { used } else { 0 };
            cursor = self.field.draw(buffer, Rect { x: at.x + left, width: (at.width - left).min(30), ..at }, theme);
        }
        let chosen = |button| if self.button == button { Role::Button } else { Role::Text };
        let mut buttons = Rich::of(chosen(Button::Stop), " Write nothing ").with(Role::Text, "  ");
        buttons.push(chosen(Button::Write), " Write it ");
        match &self.problem {
            Some(problem) => buttons.push(Role::Warning, &format!("  ! {problem}")),
            None => buttons.push(Role::Dim, "   Tab choose · Enter do it · Esc write nothing"),
        }
        draw_line(buffer, row(area.height - 1), &buttons, 0, theme, Style::default());
        cursor
    }
}

impl Screen for Approval {
    fn context(&self) -> Context {
        Context::Approval
    }

    fn typed(&mut self, _: &mut App, key: Key) -> Option<Flow> {
        use KeyCode as Code;
        self.problem = None;
        // Letters are text while a name is typed, and so are moves in it; what decides stays a key.
        let is_move = matches!(key.code, Code::Left | Code::Right | Code::Home | Code::End);
        let is_text = is_move || matches!(key.code, Code::Char(_) | Code::Backspace | Code::Delete);
        if self.approval.confirm.is_none() || !is_text {
            return None;
        }
        self.field.key(key);
        Some(Flow::Stay)
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Back => {
                app.decide(&self.approval, Decision::Stop);
                return Flow::Close;
            }
            Action::Left => self.button = Button::Stop,
            Action::Right => self.button = Button::Write,
            Action::Choose => {
                self.button = if self.button == Button::Stop { Button::Write } else { Button::Stop };
            }
            Action::Accept => return self.enter(app),
            Action::ShowCommand => {
                if let [item] = self.approval.items.as_slice() {
                    let expect = Some(item.version_before);
                    let line = app.line_of_rollback(&item.entity, item.version_from, expect, false);
                    app.stack.push(CommandBox::new(line));
                }
            }
            action => {
                if let Some(step) = Step::of(action) {
                    self.scroll.slide(step, self.items.len());
                }
            }
        }
        Flow::Stay
    }

    fn paste(&mut self, text: &str) {
        if self.approval.confirm.is_some() {
            self.field.paste(text);
        }
    }

    // A batch that nobody decided about any more must not stay on screen.
    fn ends_with(&self, request: RequestId) -> bool {
        self.request == request
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 104, area.height.saturating_sub(2));
        let title = if app.profile.protected { "PRODUCTION: write this?" } else { "Write this?" };
        let digest: String = self.approval.digest.chars().take(16).collect();
        let inner = framed(buffer, area, Frame::Write, title, &format!("digest {digest}"), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let foot = if self.approval.confirm.is_some() { 5 } else { 3 };
        let room = usize::from(inner.width).max(4);
        let body = Rect { height: inner.height.saturating_sub(foot), ..inner };
        draw_text(buffer, area, body, self.items.lines(room), &mut self.scroll, &app.theme);
        if inner.height < foot {
            return None;
        }
        self.draw_foot(app, buffer, Rect { y: body.bottom(), height: foot, ..inner })
    }
}

impl App {
    /// Takes what the engine reports of a rollback.
    pub(crate) fn rollback_answer(&mut self, entity: &EntityRef, request: RequestId, event: Event) {
        match event {
            Event::ApprovalNeeded(approval) => self.approval_needed(request, *approval),
            Event::Item(item) => {
                let (level, text) = lines::item(&item);
                self.tell(level, text);
                self.item_ended(&item);
            }
            Event::Run(run) => {
                let (level, text) = lines::run(&run);
                self.tell(level, text);
            }
            Event::Finding(finding) => self.found(&finding),
            Event::Failed(failure) => self.refuse(failure.message),
            // Nothing gets through, and there is nothing to wait for here: the run ends and can be resumed.
            Event::Paused { run, failure } => {
                self.record(&failure, Some(&entity.key.to_string()));
                self.refuse(failure.message);
                self.order(Command::Steer { run, steering: Steering::Stop });
            }
            Event::Finished { .. } => {
                // A batch that nobody decided about any more must not stay on screen.
                self.stack.end(request);
                self.written(entity);
            }
            _ => {}
        }
    }

    fn approval_needed(&mut self, request: RequestId, approval: ApprovalRequest) {
        self.notice = None;
        // A decision stands above everything else that is open.
        self.stack.push(Approval::new(request, approval));
    }

    /// Sends a decision.
    pub(crate) fn decide(&mut self, approval: &ApprovalRequest, decision: Decision) {
        let (run, batch, digest) = (approval.run, approval.batch, approval.digest.clone());
        match decision {
            Decision::Approve { .. } => self.say("approved: writing…"),
            _ => self.say("stopped: nothing is written"),
        }
        self.order(Command::Decide { run, batch, digest, decision });
    }

    fn item_ended(&mut self, item: &ItemResult) {
        let Some(outcome) = item.outcome else { return };
        let (key, why) = (&item.entity.key, item.message.clone().or_else(|| item.reason.map(|r| r.to_string())));
        let why = why.map(|w| format!(": {w}")).unwrap_or_default();
        match outcome {
            Outcome::Done => self.say(format!("done: {key} is at version {} now", item.version_after)),
            Outcome::Equal => self.say(format!("{key} is as wanted already{why}")),
            _ => self.refuse(format!("{outcome}, nothing was written to {key}{why}")),
        }
    }

    /// A rollback ended: what is on screen of its entity may be old.
    fn written(&mut self, entity: &EntityRef) {
        if self.history.opened.as_ref().is_some_and(|o| o.entity == *entity) {
            if let Some(opened) = &mut self.history.opened {
                opened.chosen = false;
            }
            self.reload_history();
        }
        if let Some(list) = self.tenants.entities.as_mut().filter(|l| l.listing.pk == entity.key.pk) {
            list.pages.forget_all();
        }
    }
}
