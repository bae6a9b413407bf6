//! What comes from the terminal: keys, pastes, the mouse, its size and its answers.
//!
//! crossterm's own reader is not used: it goes on reading for ever where the terminal has gone, keeps a key that comes together with
//! another size back until the next one, and takes a late answer of the terminal for keys.

mod csi;
mod parse;

use std::io::{self, Stdin, stdin};
use std::time::Duration;

use crossterm::event::Event;
use futures::{Stream, stream};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

use parse::{Heard, Parser};

/// How long an escape may wait for the rest of its sequence until it is the Esc key.
const ESCAPE: Duration = Duration::from_millis(25);

/// The terminal's end of the console. While it lives, nobody else may read from the terminal.
#[derive(Debug)]
pub(crate) struct Inputs {
    tty: AsyncFd<Stdin>,
    resized: Signal,
    parser: Parser,
}

impl Inputs {
    /// Begins to read.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn new() -> io::Result<Self> {
        #[expect(
            deprecated,
            reason = "its file is open as long as the program runs; the other ways in are unsafe code"
        )]
        let tty = AsyncFd::with_interest(stdin(), Interest::READABLE)?;
        let resized = signal(SignalKind::window_change())?;
        Ok(Self { tty, resized, parser: Parser::default() })
    }

    /// Everything that comes, until the terminal has gone.
    pub(crate) fn events(self) -> impl Stream<Item = io::Result<Event>> {
        stream::unfold(self, |mut inputs| async move { Some((inputs.event().await, inputs)) })
    }

    async fn event(&mut self) -> io::Result<Event> {
        loop {
            // An answer that comes late is nobody's key.
            if let Heard::Event(event) = self.heard().await? {
                return Ok(event);
            }
        }
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
