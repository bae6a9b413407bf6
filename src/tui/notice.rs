//! The notice on screen: over the lower border of the panes, so that the keys below it and the lines above it stay.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::layout::Layout;
use super::message::Notice;
use super::parts::{Rich, draw_line};
use super::text;
use super::theme::{Role, Theme};
use crate::domain::printable::printable;

/// Lines of a notice at most.
const MOST: usize = 4;

/// A notice in the lines that it takes up.
#[derive(Debug, Default)]
pub(super) struct Said {
    lines: Vec<Rich>,
    /// A dialog lies over the panes: its keys are in its frame, and those in the footer do nothing.
    over_dialog: bool,
}

impl Said {
    /// The lines in a window of a width.
    pub(super) fn of(notice: Option<&Notice>, width: u16, over_dialog: bool) -> Self {
        let Some(notice) = notice else { return Self { lines: Vec::new(), over_dialog } };
        let (role, lead) = if notice.failed { (Role::Error, " ! ") } else { (Role::Ok, " ") };
        let room = usize::from(width).saturating_sub(lead.len() + 3);
        let parts = text::wrap(&printable(&notice.text), room);
        let lines = parts.iter().enumerate().map(|(i, part)| {
            let indent = " ".repeat(lead.len());
            let cut = if i + 1 == MOST && parts.len() > MOST { text::CUT } else { "" };
            Rich::of(role, if i == 0 { lead } else { &indent }).with(role, &format!("{part}{cut} "))
        });
        Self { lines: lines.take(MOST).collect(), over_dialog }
    }

    /// Lines above the footer that nothing else may stand in.
    pub(super) fn free(&self) -> u16 {
        let taken = match self.lines.len() {
            // One line has room in a border, or in the footer.
            0 | 1 => 0,
            more if self.over_dialog => more - 1,
            more => more,
        };
        u16::try_from(taken).unwrap_or(0)
    }

    /// Whether it stands in the footer's line.
    pub(super) fn is_over_footer(&self) -> bool {
        self.over_dialog && !self.lines.is_empty()
    }

    /// Draws it.
    pub(super) fn draw(&self, buffer: &mut Buffer, layout: &Layout, theme: &Theme) {
        let (body, footer) = (layout.body, layout.footer);
        let place = match self.lines.len() {
            0 => return,
            1 if !self.over_dialog => {
                let border = Rect { y: body.bottom().saturating_sub(1), height: 1, ..body };
                Rect { x: border.x + 1, width: border.width.saturating_sub(2), ..border }
            }
            _ => Rect { y: body.bottom(), height: footer.bottom().saturating_sub(body.bottom()), ..body },
        };
        for (y, line) in (place.y..place.bottom()).zip(&self.lines) {
            draw_line(buffer, Rect { y, height: 1, ..place }, line, 0, theme, Style::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, width: u16, over_dialog: bool) -> Said {
        Said::of(Some(&Notice { failed: true, text: text.to_owned() }), width, over_dialog)
    }

    #[test]
    fn a_short_notice_takes_no_line_and_a_long_one_is_shown_whole() {
        let short = said("the engine has ended", 60, false);
        assert_eq!((short.free(), short.is_over_footer()), (0, false));
        let words = "there is no partition PRODUCT#gl: nearest is PRODUCT#globex (o offers it), and counting shows all";
        let long = said(words, 60, false);
        assert_eq!((long.free(), long.lines.len()), (2, 2));
        let shown: Vec<String> = long.lines.iter().map(|line| line.plain().trim().to_owned()).collect();
        assert_eq!(shown.join(" "), format!("! {words}"));
        assert!(long.lines.iter().all(|line| line.width() <= 58), "{shown:?}");
        let over = said(words, 60, true);
        assert_eq!((over.free(), over.is_over_footer()), (1, true));
        assert_eq!(Said::of(None, 60, true).free(), 0);
    }
}
