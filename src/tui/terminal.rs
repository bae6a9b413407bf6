//! The terminal as the console uses it, and as it was before.

use std::io::{self, Stdout, Write, stdout};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;

use super::output::Output;

/// Text that runs to the left stays in the cells that it is put into: a terminal that turns it would move what stands beside it, too.
const IN_OUR_ORDER: &str = "\u{1b}[8l";
const IN_ITS_OWN_ORDER: &str = "\u{1b}[8h";

/// Tells of buttons and the wheel alone: where the mouse is at each moment is nobody's business.
const MOUSE: &str = "\u{1b}[?1000h\u{1b}[?1006h";
const NO_MOUSE: &str = "\u{1b}[?1006l\u{1b}[?1000l";

/// Tells when the window gets the focus and when it loses it.
const FOCUS: &str = "\u{1b}[?1004h";
const NO_FOCUS: &str = "\u{1b}[?1004l";

/// Whether the terminal is in our hands.
static HELD: AtomicBool = AtomicBool::new(false);

/// Holds the terminal; gives it back when dropped.
#[derive(Debug)]
pub(crate) struct Held(());

impl Held {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste, and the mouse where that is wanted.
    ///
    /// # Errors
    /// The terminal's own error; it is given back then.
    pub(crate) fn take(mouse: bool) -> io::Result<Self> {
        give_back_on_panic();
        enable_raw_mode()?;
        HELD.store(true, Ordering::SeqCst);
        let held = Self(());
        // The first frame is not drawn over the output that an editor left there.
        execute!(stdout(), EnterAlternateScreen, Clear(ClearType::All), EnableBracketedPaste, Print(IN_OUR_ORDER))?;
        execute!(stdout(), Print(FOCUS))?;
        if mouse {
            execute!(stdout(), Print(MOUSE))?;
        }
        Ok(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        give_back();
    }
}

/// Screen to draw on while the terminal is held. Its own end is left out: [`Held`] shows the cursor again, and it would complain where
/// nobody can be reached, which ends in a panic.
pub(crate) fn screen() -> io::Result<ManuallyDrop<Terminal<Output<Stdout>>>> {
    Terminal::new(Output::new(stdout())).map(ManuallyDrop::new)
}

/// Whether an error means that the terminal is not there any more: it was closed, or its line was cut.
pub(crate) fn has_hung_up(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    let gone = [Errno::IO, Errno::NXIO, Errno::NOTTY, Errno::BADF, Errno::PIPE, Errno::NODEV];
    let code = error.raw_os_error().and_then(|code| gone.iter().find(|errno| errno.raw_os_error() == code));
    code.is_some() || error.kind() == io::ErrorKind::UnexpectedEof || inner.is_some_and(has_hung_up)
}

/// Takes the mouse, or leaves it to the terminal, while that is in our hands.
pub(crate) fn take_mouse(wanted: bool) {
    if HELD.load(Ordering::SeqCst) {
        let _ = execute!(stdout(), Print(if wanted { MOUSE } else { NO_MOUSE }));
    }
}

/// Gives the terminal back, once. Errors do not matter: after a hangup there is none any more.
fn give_back() {
    if !HELD.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    super::calling::call(None);
    let _ = execute!(
        out,
        Print(NO_MOUSE),
        Print(NO_FOCUS),
        Print(IN_ITS_OWN_ORDER),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
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
            // Without its message, which may hold values.
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(target: crate::logging::EVENTS, place, "a panic of another thread");
            return;
        }
        give_back();
        before(info);
    }));
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;

    #[test]
    fn a_terminal_that_has_gone_is_told_from_one_that_fails() {
        let code = io::Error::from_raw_os_error;
        assert!(has_hung_up(&code(5)) && has_hung_up(&io::Error::other(code(5))));
        assert!(has_hung_up(&io::Error::from(io::ErrorKind::UnexpectedEof)));
        assert!(!has_hung_up(&code(12)) && !has_hung_up(&io::Error::other("something else")));
    }

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};

    use super::*;

    #[test]
    #[ignore = "run by the test below, in a terminal of its own"]
    fn panics_with_the_terminal_in_hand() {
        let _held = Held::take(true).unwrap();
        panic!("on purpose");
    }

    #[test]
    fn a_panic_gives_the_terminal_back_before_it_is_told() {
        let size = PtySize { rows: 24, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "--nocapture", "--test-threads=1"]);
        command.arg("tui::terminal::tests::panics_with_the_terminal_in_hand");
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let mut output = Vec::new();
        // The other end hangs up when the child has ended: what came before is there.
        let _ = reader.read_to_end(&mut output);
        assert!(!child.wait().unwrap().success());
        let side = |n: u16| std::num::NonZero::new(n).unwrap();
        let mut parser = vt100::Parser::new(side(24), side(100), 0);
        parser.process(&output);
        let screen = parser.screen();
        assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(screen.contents().contains("on purpose"), "{}", screen.contents());
        let text = String::from_utf8_lossy(&output);
        assert!(
            text.contains("\u{1b}[?1049h") && text.contains("\u{1b}[?2004h") && text.contains(MOUSE),
            "it never held the terminal"
        );
    }
}
