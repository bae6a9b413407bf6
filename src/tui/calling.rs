//! Calling the operator, who looks at another window, when a run needs a decision or is over.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use super::app::App;
use super::clipboard::Between;
use super::message::Effect;
use crate::domain::printable::printable;
use crate::notify::{News, Note};

/// Cells of a window's title at most.
const TITLE: usize = 120;
/// Remembers the window's title, and brings it back.
const KEEP_TITLE: &str = "\u{1b}[22;2t";
const BRING_TITLE: &str = "\u{1b}[23;2t";

/// Whether the title is ours, and the one before it remembered.
static TITLED: AtomicBool = AtomicBool::new(false);

impl App {
    /// Tells whoever wants to know of the run that is followed, and calls the operator where the window has no focus.
    pub(crate) fn tell_of_run(&mut self, news: News, state: &str, batch: Option<u32>, words: &str) {
        let run = self.run.as_ref().and_then(|run| run.run);
        if !self.settings.notify.is_empty() {
            let note = Note { news, run, batch, state: state.to_owned() };
            self.effect(Effect::Notify(self.settings.notify.clone(), note));
        }
        if !self.has_focus {
            self.is_calling = true;
            self.effect(Effect::Call(Some(format!("tenantry {}: {words}", self.profile.name))));
        }
    }

    /// The window has the focus, or another one has.
    pub(crate) fn focused(&mut self, has_focus: bool) {
        self.has_focus = has_focus;
        if has_focus && std::mem::take(&mut self.is_calling) {
            self.effect(Effect::Call(None));
        }
    }
}

/// Rings, shows a note and a title; without words the title is as it was. Written by the loop's own thread, so that it never stands in
/// the middle of a frame.
pub(crate) fn call(words: Option<&str>) {
    let sequence = match words {
        Some(words) => {
            let is_titled = TITLED.swap(true, Ordering::SeqCst);
            sequence(words, !is_titled, Between::here())
        }
        None if TITLED.swap(false, Ordering::SeqCst) => BRING_TITLE.to_owned(),
        None => return,
    };
    let mut out = io::stdout().lock();
    // A terminal that has gone shows itself to the next frame.
    let _ = out.write_all(sequence.as_bytes()).and_then(|()| out.flush());
}

fn sequence(words: &str, keeps_title: bool, between: Between) -> String {
    let words: String = printable(words).chars().take(TITLE).collect();
    let note = format!("\u{1b}]9;{words}\u{7}");
    let note = match between {
        // It passes on what is wrapped so, with each escape doubled, where it was allowed to.
        Between::Tmux => format!("\u{1b}Ptmux;{}\u{1b}\\", note.replace('\u{1b}', "\u{1b}\u{1b}")),
        // It would take the note for a title.
        Between::Screen => String::new(),
        Between::Nothing => note,
    };
    let keep = if keeps_title { KEEP_TITLE } else { "" };
    format!("\u{7}{note}{keep}\u{1b}]2;● {words}\u{7}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_rings_and_nothing_in_its_words_steers_the_terminal() {
        let told = sequence("run of a\u{1b}]0;x\u{7}b", true, Between::Nothing);
        assert_eq!(told, "\u{7}\u{1b}]9;run of a␛]0;x␇b\u{7}\u{1b}[22;2t\u{1b}]2;● run of a␛]0;x␇b\u{7}");
        let again = sequence("x", false, Between::Tmux);
        assert_eq!(again, "\u{7}\u{1b}Ptmux;\u{1b}\u{1b}]9;x\u{7}\u{1b}\\\u{1b}]2;● x\u{7}");
    }
}
