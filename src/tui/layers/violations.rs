//! What the items of a preview do not hold: rule by rule, with samples.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Kept, step};
use crate::domain::tenant::tenant_of;
use crate::engine::protocol::Violated;
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::panes::problem;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};
use crate::tui::widgets::scroll::draw_scrollbar;
use crate::tui::widgets::{Rich, Scroll, draw_line};
use crate::tui::{format, text};

/// Width of the column of counts.
const COUNT: usize = 14;

/// The list; the rules stay with the preview.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    scroll: Scroll,
}

fn rules(app: &App) -> &[Violated] {
    app.plan.preview.as_ref().and_then(|p| p.summary.as_ref()).map_or(&[], |s| &s.violated)
}

impl Violations {
    pub(super) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        let selected = rules(app).get(self.scroll.cursor).cloned();
        match (key.code, selected) {
            (KeyCode::Esc | KeyCode::Char('q' | 'h') | KeyCode::Left, _) => return Kept::No,
            (KeyCode::Enter | KeyCode::Right | KeyCode::Char('l'), Some(rule)) => {
                app.only_items(&rule.text);
                return Kept::No;
            }
            (KeyCode::Char(digit @ '1'..='9'), Some(rule)) => {
                let at = digit.to_digit(10).map_or(0, |n| n as usize - 1);
                let Some((entity, _)) = rule.samples.get(at).cloned() else {
                    app.say(format!("there is no sample {digit}"));
                    return Kept::Yes;
                };
                let tenant = tenant_of(&entity.key.pk, None).code;
                app.open_entity(entity, tenant);
                return Kept::No;
            }
            _ => {
                if let Some(step) = step(key, true) {
                    self.scroll.step(step, rules(app).len());
                }
            }
        }
        Kept::Yes
    }

    pub(super) fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let rules = rules(app);
        let area = centred(buffer, area, 116, area.height.saturating_sub(1));
        let at = format!("{}/{}", format::len((self.scroll.cursor + 1).min(rules.len())), format::len(rules.len()));
        let inner = framed(buffer, area, Frame::Dialog, "What items do not hold", &at, theme);
        foot(buffer, area, &[("Enter", "these items"), ("1-3", "sample"), ("Esc", "back")], theme);
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
        let shown = self.scroll.window(rules.len(), usize::from(list.height));
        for (y, i) in (list.y..list.bottom()).zip(shown.clone()) {
            let over = if i == self.scroll.cursor { theme.style(Role::Selected) } else { Style::default() };
            let row = Rect { y, height: 1, ..list };
            buffer.set_style(row, over);
            draw_line(buffer, row, &line(&rules[i]), 0, theme, over);
        }
        draw_scrollbar(buffer, area, &shown, rules.len(), theme);
        for (y, line) in (list.bottom()..inner.bottom()).zip(&below) {
            draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, theme, Style::default());
        }
        None
    }
}

fn line(rule: &Violated) -> Rich {
    let count = format::plural(rule.items, "item", "items");
    let place = rule.place.as_deref().map(|place| format!("  {place}")).unwrap_or_default();
    Rich::of(Role::Error, &text::fit(&count, COUNT)).with(Role::Text, &rule.rule).with(Role::Path, &place)
}

/// The samples of a rule, each behind the key that opens it.
fn samples(rule: &Violated, room: usize) -> Vec<Rich> {
    let mut head = Rich::of(Role::BorderFocus, "──");
    head.push(Role::Strong, &format!(" {} ", rule.place.as_deref().unwrap_or(&rule.rule)));
    let rest = room.saturating_sub(head.width());
    head.push(Role::BorderFocus, &"─".repeat(rest));
    let mut lines = vec![head];
    for (i, (entity, why)) in rule.samples.iter().enumerate() {
        let words = problem::notice(&format!("{} {}: {why}", i + 1, entity.key), Role::Text, room);
        lines.extend(words);
    }
    lines
}
