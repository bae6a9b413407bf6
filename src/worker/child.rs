//! The worker's side: frames in, answers out, until nobody asks any more.

use std::io::{self, Read, Write, stdin, stdout};

use super::limits::{self, STACK};
use super::schemas::Compiled;
use super::watchdog::Watchdog;
use super::wire::{BadFrame, Reader, Writer};
use crate::domain::plan::Change;
use crate::domain::transform::{Evaluate as _, Filter, Rules};

/// A filter to be compiled and forgotten.
pub(super) const FILTER: u8 = b'F';
/// A plan's changes, for [`APPLY`].
pub(super) const CHANGE: u8 = b'C';
/// JSON Schemas, for [`VALIDATE`].
pub(super) const SCHEMAS: u8 = b'S';
/// Attributes to be changed.
pub(super) const APPLY: u8 = b'A';
/// Attributes to be checked.
pub(super) const VALIDATE: u8 = b'V';
/// The answer to what was understood.
pub(super) const READY: u8 = b'+';
/// The answer to what cannot be read, with why.
pub(super) const BAD: u8 = b'-';

/// Answers frames from standard input on standard output; gives the exit code.
#[must_use]
pub fn serve() -> u8 {
    limits::set();
    let Ok(watchdog) = Watchdog::start() else { return 1 };
    let work = move || match work(&watchdog, &mut stdin().lock(), &mut stdout().lock()) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    // A thread of its own: the size of the first one's stack is not ours to say.
    let thread = std::thread::Builder::new().name("worker".to_owned()).stack_size(STACK).spawn(work);
    thread.map_or(1, |thread| thread.join().unwrap_or(101))
}

/// Rules or schemas that were set up last.
#[derive(Default)]
struct Worker {
    rules: Option<Rules>,
    schemas: Option<Compiled>,
}

fn work(watchdog: &Watchdog, from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut worker = Worker::default();
    while let Some(frame) = receive(from)? {
        worker.answer(watchdog, &frame, to)?;
        watchdog.rest();
    }
    Ok(())
}

impl Worker {
    fn answer(&mut self, watchdog: &Watchdog, frame: &[u8], to: &mut impl Write) -> io::Result<()> {
        watchdog.begin();
        let mut reader = Reader::new(frame);
        let kind = reader.byte().map_err(bad)?;
        match kind {
            APPLY | VALIDATE => {
                for _ in 0..reader.count().map_err(bad)? {
                    watchdog.begin();
                    let mut answer = Writer::of(READY);
                    self.one(kind, &mut reader, &mut answer).map_err(bad)?;
                    send(to, &answer)?;
                }
                Ok(())
            }
            _ => match self.set_up(kind, &mut reader).map_err(bad)? {
                Ok(()) => send(to, &Writer::of(READY)),
                Err(words) => {
                    let mut answer = Writer::of(BAD);
                    answer.text(&words);
                    send(to, &answer)
                }
            },
        }
    }

    fn one(&self, kind: u8, reader: &mut Reader<'_>, answer: &mut Writer) -> Result<(), BadFrame> {
        if kind == APPLY {
            let rules = self.rules.as_ref().ok_or(BadFrame)?;
            answer.brought(&rules.apply(&reader.map()?));
        } else {
            let schemas = self.schemas.as_ref().ok_or(BadFrame)?;
            let wanted = (0..reader.count()?).map(|_| reader.count()).collect::<Result<Vec<_>, _>>()?;
            schemas.check(&wanted, &reader.map()?).write(answer);
        }
        Ok(())
    }

    fn set_up(&mut self, kind: u8, reader: &mut Reader<'_>) -> Result<Result<(), String>, BadFrame> {
        // The earlier set-up makes room first.
        (self.rules, self.schemas) = (None, None);
        Ok(match kind {
            FILTER => Filter::new(reader.text()?).map(drop).map_err(|bad| bad.0),
            CHANGE => {
                let (json, now) = (reader.text()?, reader.text()?);
                let change: Result<Change, _> = serde_json::from_str(json);
                let rules = change.map_err(|error| error.to_string());
                let rules = rules.and_then(|change| Rules::new(&change, now).map_err(|bad| bad.0));
                rules.map(|rules| self.rules = Some(rules))
            }
            SCHEMAS => {
                let documents = (0..reader.count()?).map(|_| reader.text()).collect::<Result<Vec<_>, _>>()?;
                Compiled::new(&documents).map(|schemas| self.schemas = Some(schemas))
            }
            _ => return Err(BadFrame),
        })
    }
}

fn bad(error: BadFrame) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// The next frame; `None` at the end.
fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut frame = vec![0; usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?];
    from.read_exact(&mut frame)?;
    Ok(Some(frame))
}

/// Sends a frame in one piece.
pub(super) fn send(to: &mut impl Write, contents: &Writer) -> io::Result<()> {
    let length = u32::try_from(contents.0.len()).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(contents.0.len() + 4);
    frame.extend(length.to_le_bytes());
    frame.extend(&contents.0);
    to.write_all(&frame)?;
    to.flush()
}
