//! Violations in the items of a preview: rule by rule, with samples.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::tenant::tenant_of;
use crate::engine::protocol::Violated;
use crate::language::spoken;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Place, Rich, Scroll, draw_lines, draw_list};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::history::CameFrom;
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Width of the column of counts at least.
const COUNT: usize = 14;

/// The list; the rules stay with the preview.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    scroll: Scroll,
}

fn rules(app: &App) -> &[Violated] {
    app.plan.preview.as_ref().and_then(|p| p.summary.as_ref()).map_or(&[], |s| &s.violated)
}

impl Screen for Violations {
    fn context(&self) -> Context {
        Context::Violations
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        let selected = rules(app).get(self.scroll.cursor).cloned();
        match (press.action, selected) {
            (Action::Back | Action::Left, _) => return Flow::Close,
            (Action::Open | Action::Right, Some(rule)) => {
                app.only_items(&rule.text);
                return Flow::Close;
            }
            (Action::Pick, Some(rule)) => {
                let Some((entity, _)) = rule.samples.get(press.place).cloned() else {
                    app.say(tr!("there is no sample %{n}", n = press.place + 1));
                    return Flow::Stay;
                };
                let Some(of) = app.plan.preview.as_ref().map(|p| p.job.request) else { return Flow::Stay };
                let tenant = tenant_of(&entity.key.pk, None).code;
                app.open_entity_of(CameFrom::Violations(of), entity, tenant);
                return Flow::Leave;
            }
            (action, _) => {
                if let Some(step) = Step::of(action) {
                    self.scroll.step(step, rules(app).len());
                }
            }
        }
        Flow::Stay
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let rules = rules(app);
        let area = centred(buffer, area, 116, area.height.saturating_sub(1));
        let at = format!("{}/{}", format::len((self.scroll.cursor + 1).min(rules.len())), format::len(rules.len()));
        let inner = framed(buffer, area, Frame::Dialog, &tr!("Violations"), &at, theme);
        let hints =
            [(Action::Open, text!("these items")), (Action::Pick, text!("sample")), (Action::Back, text!("back"))];
        foot(buffer, area, &Hints::of(&app.keymap, Context::Violations, &hints), theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        if inner.height < 3 {
            return None;
        }
        let room = usize::from(inner.width).max(4);
        let below = rules.get(self.scroll.cursor).map(|rule| samples(rule, room)).unwrap_or_default();
        let most = inner.height - inner.height / 3;
        let wanted = u16::try_from(below.len()).unwrap_or(u16::MAX).min(most);
        let lines = u16::try_from(rules.len()).unwrap_or(u16::MAX).min(inner.height - wanted);
        let list = Rect { height: lines, ..inner };
        let place = Place { frame: area, lines: list };
        let column = rules.iter().map(|rule| text::width(&items(rule)) + 1).fold(COUNT, usize::max);
        let row = |i: usize| rules.get(i).map(|rule| line(rule, column));
        draw_list(buffer, place, &mut self.scroll, rules.len(), theme, row);
        draw_lines(buffer, Rect { y: list.bottom(), height: inner.bottom() - list.bottom(), ..inner }, &below, theme);
        None
    }
}

fn items(rule: &Violated) -> String {
    format::plural(rule.items, text!("%{n} item"), text!("%{n} items"))
}

fn line(rule: &Violated, column: usize) -> Rich {
    let count = items(rule);
    let place = rule.place.as_deref().map(|place| format!("  {place}")).unwrap_or_default();
    Rich::of(Role::Error, &text::cell(&count, column)).with(Role::Text, &rule.rule).with(Role::Path, &place)
}

/// The samples of a rule, each behind the key that opens it.
fn samples(rule: &Violated, room: usize) -> Vec<Rich> {
    let mut head = Rich::of(Role::BorderFocus, "──");
    head.push(Role::Strong, &format!(" {} ", rule.place.as_deref().unwrap_or(&rule.rule)));
    let rest = room.saturating_sub(head.width());
    head.push(Role::BorderFocus, &"─".repeat(rest));
    let mut lines = vec![head];
    for (i, (entity, why)) in rule.samples.iter().enumerate() {
        let words = problem::notice(&format!("{} {}: {}", i + 1, entity.key, spoken(why)), Role::Text, room);
        lines.extend(words);
    }
    lines
}
