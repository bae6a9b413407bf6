//! Input from the terminal: keys, pastes, the mouse, its size and its answers.
//!
//! crossterm's own reader is not used: it goes on reading for ever where the terminal has gone, keeps a key that comes together with
//! another size back until the next one, and takes a late answer of the terminal for keys.

mod csi;
mod parse;

use std::collections::VecDeque;
use std::io::{self, Stdin, Write as _, stdin, stdout};
use std::time::Duration;

use crossterm::event::Event;
use futures::{Stream, stream};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};

pub(crate) use parse::Rgb;
use parse::{Heard, Parser};

/// How long an escape may wait for the rest of its sequence until it is the Esc key.
const ESCAPE: Duration = Duration::from_millis(25);
/// How long the terminal may take to say which background it has.
const ANSWER: Duration = Duration::from_millis(300);
/// Asks for the background, and then for what every terminal answers: that answer alone means that it does not tell.
const ASK: &[u8] = b"\x1b]11;?\x07\x1b[c";

/// The terminal's end of the console. While it lives, nobody else may read from the terminal.
#[derive(Debug)]
pub(crate) struct Inputs {
    tty: AsyncFd<Stdin>,
    resized: Signal,
    parser: Parser,
    /// Events that came while an answer was waited for.
    early: VecDeque<Event>,
}

impl Inputs {
    /// Begins to read.
    ///
    /// # Errors
    /// The system's own error.
    pub(crate) fn new() -> io::Result<Self> {
        #[expect(
            deprecated,
            reason = "its file is open as long as the program runs; the other ways in are unsafe code"
        )]
        let tty = AsyncFd::with_interest(stdin(), Interest::READABLE)?;
        let resized = signal(SignalKind::window_change())?;
        Ok(Self { tty, resized, parser: Parser::default(), early: VecDeque::new() })
    }

    /// Everything that comes, until the terminal has gone.
    pub(crate) fn events(self) -> impl Stream<Item = io::Result<Event>> {
        stream::unfold(self, |mut inputs| async move { Some((inputs.event().await, inputs)) })
    }

    async fn event(&mut self) -> io::Result<Event> {
        if let Some(event) = self.early.pop_front() {
            return Ok(event);
        }
        loop {
            // An answer that comes late is nobody's key.
            if let Heard::Event(event) = self.heard().await? {
                return Ok(event);
            }
        }
    }

    /// The colour of the terminal's background, where it tells.
    pub(crate) async fn background(&mut self) -> Option<Rgb> {
        let mut out = stdout();
        out.write_all(ASK).and_then(|()| out.flush()).ok()?;
        let mut found = None;
        let answered = async {
            loop {
                match self.heard().await {
                    Ok(Heard::Background(color)) => found = Some(color),
                    Ok(Heard::Event(event)) => self.early.push_back(event),
                    // A terminal that has gone says so again to whoever reads next.
                    Ok(Heard::Attributes) | Err(_) => return,
                }
            }
        };
        let _ = timeout(ANSWER, answered).await;
        found
    }

    async fn heard(&mut self) -> io::Result<Heard> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(heard) = self.parser.next() {
                return Ok(heard);
            }
            let is_cut = self.parser.is_cut();
            tokio::select! {
                _ = self.resized.recv() => return Ok(Heard::Event(resized())),
                read = read(&self.tty, &mut buffer) => {
                    let read = read?;
                    self.parser.take(&buffer[..read]);
                }
                () = sleep(ESCAPE), if is_cut => self.parser.give_up(),
            }
        }
    }
}

/// The window has another size; which one is asked for when it is drawn.
fn resized() -> Event {
    Event::Resize(0, 0)
}

/// Reads what is there, once there is something. The terminal is shared with the shell: it must stay as it is, and so it would block.
async fn read(tty: &AsyncFd<Stdin>, buffer: &mut [u8]) -> io::Result<usize> {
    use rustix::io::Errno;
    loop {
        let mut ready = tty.readable().await?;
        if rustix::io::ioctl_fionread(tty.get_ref())? > 0 {
            match rustix::io::read(tty.get_ref(), &mut *buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => return Ok(read),
                Err(Errno::INTR | Errno::AGAIN) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        if ready.ready().is_read_closed() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        ready.clear_ready();
    }
}
