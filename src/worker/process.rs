//! The program's side of one worker.

use std::io::{self, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::child::send;
use super::limits::{MEMORY, STACK};
use super::watchdog::LATE;
use super::wire::Writer;
use super::{COMMAND, PATIENCE};

/// How long an answer may take, beside the processor time that the worker allows itself: it may have to be started, on a machine
/// that is busy.
const DEADLINE: Duration = Duration::from_secs(20);
/// The largest answer.
const LARGEST: usize = 64 << 20;
/// Bytes taken at a time.
const CHUNK: usize = 64 << 10;
/// Of what a worker says of its end.
const WORDS: u64 = 4096;

/// A worker at work, or idle.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// Bytes that were read and are not taken yet.
    buffer: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// It ended.
    Ended,
    /// It gave none in time.
    Late,
    /// It would be too large.
    Large,
    /// It is none.
    Odd,
}

impl Process {
    pub(super) fn start(program: &Path) -> io::Result<Self> {
        let mut command = Command::new(program);
        // It needs nothing of ours: no credentials, no terminal, no signals that are meant for us.
        command.arg0("tenantry").arg(COMMAND).env_clear().current_dir("/").process_group(0);
        // The allocator would reserve more than the whole of its limit beforehand.
        command.env("MIMALLOC_ARENA_RESERVE", "0");
        for name in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok(Self { child, stdin, stdout, buffer: Vec::new() }),
            _ => Err(io::Error::other("a pipe is missing")),
        }
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a frame; that it ended shows at the answer.
    pub(super) fn send(&mut self, contents: &Writer) {
        let _ = send(&mut self.stdin, contents);
    }

    /// The next answer.
    pub(super) fn receive(&mut self) -> Result<Vec<u8>, Lost> {
        let until = Instant::now() + DEADLINE;
        loop {
            if let Some(frame) = self.frame()? {
                return Ok(frame);
            }
            self.fill(until)?;
        }
    }

    /// A frame that arrived whole.
    fn frame(&mut self) -> Result<Option<Vec<u8>>, Lost> {
        let Some(length) = self.buffer.first_chunk::<4>() else { return Ok(None) };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length > LARGEST {
            return Err(Lost::Large);
        }
        if self.buffer.len() < length + 4 {
            return Ok(None);
        }
        let rest = self.buffer.split_off(length + 4);
        let mut frame = std::mem::replace(&mut self.buffer, rest);
        frame.drain(..4);
        Ok(Some(frame))
    }

    fn fill(&mut self, until: Instant) -> Result<(), Lost> {
        let left = until.saturating_duration_since(Instant::now());
        let wait = Timespec::try_from(left).map_err(|_| Lost::Late)?;
        match poll(&mut [PollFd::new(&self.stdout, PollFlags::IN)], Some(&wait)) {
            Ok(0) => return Err(Lost::Late),
            Err(rustix::io::Errno::INTR) => return Ok(()),
            Ok(_) => {}
            Err(_) => return Err(Lost::Ended),
        }
        let at = self.buffer.len();
        self.buffer.resize(at + CHUNK, 0);
        let read = self.stdout.read(&mut self.buffer[at..]);
        self.buffer.truncate(at + read.as_ref().copied().unwrap_or_default());
        match read {
            Ok(0) => Err(Lost::Ended),
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(Lost::Ended),
            _ => Ok(()),
        }
    }

    /// Ends it, and says what happened.
    pub(super) fn post_mortem(mut self, lost: Lost) -> String {
        if lost != Lost::Ended {
            let _ = self.child.kill();
        }
        let status = self.child.wait();
        let mut said = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            let _ = stderr.take(WORDS).read_to_end(&mut said);
        }
        match (lost, status) {
            (Lost::Late, _) => format!("gave no answer within {} s", DEADLINE.as_secs()),
            (Lost::Large, _) => format!("gives more than {} MB", LARGEST >> 20),
            (Lost::Odd, _) => "gave an answer that is none".to_owned(),
            (Lost::Ended, Ok(status)) => cause(status, &String::from_utf8_lossy(&said)),
            (Lost::Ended, Err(error)) => format!("ended: {error}"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Cause of a worker's end. The standard library tells a full stack from want of memory by its words alone: both abort.
fn cause(status: ExitStatus, said: &str) -> String {
    if status.code() == Some(LATE) {
        return format!("took longer than {} s", PATIENCE.as_secs());
    }
    if said.contains("overflowed its stack") {
        return format!("nests or calls itself too deep: its stack of {} MB is full", STACK >> 20);
    }
    if said.contains("memory allocation of") {
        return format!("needs more than {} MB of memory", MEMORY >> 20);
    }
    let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match status.signal() {
        Some(signal) => format!("was ended by signal {signal} {first}").trim_end().to_owned(),
        None => format!("ended with {status} {first}").trim_end().to_owned(),
    }
}
