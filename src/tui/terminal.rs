//! The terminal as the console uses it, and as it was before.

use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};

/// Whether the terminal is in our hands.
static HELD: AtomicBool = AtomicBool::new(false);

/// Holds the terminal; gives it back when dropped.
#[derive(Debug)]
pub(crate) struct Held(());

impl Held {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste. The mouse stays the terminal's own.
    ///
    /// # Errors
    /// What the terminal says; it is given back then.
    pub(crate) fn take() -> io::Result<Self> {
        give_back_on_panic();
        enable_raw_mode()?;
        HELD.store(true, Ordering::SeqCst);
        let held = Self(());
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        Ok(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, once. Errors do not matter: after a hangup there is none any more.
fn give_back() {
    if !HELD.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let _ = out.flush();
}

/// A panic of the console's own thread gives the terminal back before it is reported. Other threads report to the log:
/// their message would only tear the screen.
fn give_back_on_panic() {
    static HOOKED: AtomicBool = AtomicBool::new(false);
    if HOOKED.swap(true, Ordering::SeqCst) {
        return;
    }
    let console: ThreadId = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if HELD.load(Ordering::SeqCst) && std::thread::current().id() != console {
            tracing::error!("{info}");
            return;
        }
        give_back();
        before(info);
    }));
}
