//! A command of the profile, whose output is shown line by line while it runs. It has no terminal: what it wants typed it does not get.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::domain::secret::redacted;
use crate::language::system;
use crate::tui::message::Message;
use crate::tui::screens::phrases::words;

/// Bytes of a line at most; the rest stands in the next one.
const LONGEST: usize = 2_000;
/// How long a command may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(2);
/// Time for the last output, which may still be on its way when the command has ended.
const LATE: Duration = Duration::from_millis(300);

/// The end of a program, in words.
pub(super) fn status_words(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |n| tr!("exit status: %{n}", n = n).into_owned())
}

/// Runs a command line, without a shell; the last message tells how it ended.
pub(super) fn run(line: &str, back: UnboundedSender<Message>, stop: CancellationToken) {
    let command = words(line);
    tokio::spawn(async move {
        let ended = follow(&command, &back, &stop).await;
        let _ = back.send(Message::CommandEnded(ended));
    });
}

async fn follow(words: &[String], back: &UnboundedSender<Message>, stop: &CancellationToken) -> Result<(), String> {
    let (program, arguments) = words.split_first().ok_or_else(|| tr!("there is no command"))?;
    let mut command = Command::new(program);
    // Output and errors in one pipe: they are told in the order in which they were written.
    let pipe = || -> std::io::Result<_> {
        let (from, to) = std::io::pipe()?;
        Ok((Receiver::from_owned_fd(from.into())?, to.try_clone()?, to))
    };
    let (from, out, errors) =
        pipe().map_err(|e| tr!("%{program} cannot be listened to: %{why}", program = program, why = system(&e)))?;
    command.args(arguments).stdin(Stdio::null()).stdout(out).stderr(errors);
    // A group of its own: what it starts ends with it, and Ctrl-Z is not for it.
    command.process_group(0).kill_on_drop(true);
    let mut child = command
        .spawn()
        .map_err(|e| tr!("%{program} cannot be started: %{why}", program = program, why = system(&e)))?;
    // With it go our own ends that are written to.
    drop(command);
    let (said, mut lines) = unbounded_channel();
    tokio::spawn(listen(from, said));
    let ended = loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => {
                end(&mut child).await;
                break Err(tr!("%{program} was ended", program = program).into_owned());
            }
            Some(line) = lines.recv() => pass(back, &line),
            status = child.wait() => break match status {
                Ok(status) if status.success() => Ok(()),
                Ok(status) => {
                    let status = status_words(status);
                    Err(tr!("%{program} ended with %{status}", program = program, status = status).into_owned())
                }
                Err(error) => Err(format!("{program}: {}", system(&error))),
            },
        }
    };
    // Whatever it left behind may hold its output open.
    let _ = timeout(LATE, rest(&mut lines, back)).await;
    ended
}

async fn rest(lines: &mut UnboundedReceiver<Vec<u8>>, back: &UnboundedSender<Message>) {
    while let Some(line) = lines.recv().await {
        pass(back, &line);
    }
}

fn pass(back: &UnboundedSender<Message>, line: &[u8]) {
    let text = String::from_utf8_lossy(line);
    // A bar of progress writes over its own line: its last state counts.
    let text = text.trim_end_matches(['\r', '\n']).rsplit('\r').next().unwrap_or_default().to_owned();
    let _ = back.send(Message::CommandSaid(redacted(&text).into_owned()));
}

async fn listen(from: impl AsyncRead + Unpin, to: UnboundedSender<Vec<u8>>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        let Ok(buffer) = from.fill_buf().await else { return };
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|byte| *byte == b'\n').map_or(buffer.len(), |at| at + 1);
        let taken = end.min(LONGEST.saturating_sub(line.len()).max(1));
        line.extend_from_slice(&buffer[..taken]);
        from.consume(taken);
        if (line.ends_with(b"\n") || line.len() >= LONGEST) && to.send(std::mem::take(&mut line)).is_err() {
            return;
        }
    }
    if !line.is_empty() {
        let _ = to.send(line);
    }
}

async fn end(child: &mut Child) {
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    for signal in [Signal::TERM, Signal::KILL] {
        if let Some(group) = group {
            let _ = kill_process_group(group, signal);
        }
        if timeout(PATIENCE, child.wait()).await.is_ok() {
            return;
        }
        sleep(Duration::ZERO).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(line: &str, stop: CancellationToken) -> (Vec<String>, Result<(), String>) {
        let (back, mut messages) = unbounded_channel();
        run(line, back, stop);
        let mut said = Vec::new();
        loop {
            match messages.recv().await.unwrap() {
                Message::CommandSaid(line) => said.push(line),
                Message::CommandEnded(ended) => return (said, ended),
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn each_line_is_told_without_secrets_and_then_the_end() {
        let never = CancellationToken::new;
        let line = "sh -c 'echo one; echo AWS_SESSION_TOKEN=CANARY >&2; printf \"10%%\\r99%%\\n\"; printf last'";
        let (said, ended) = told(line, never()).await;
        assert_eq!((said.join("|").as_str(), ended), ("one|AWS_SESSION_TOKEN=[redacted]|99%|last", Ok(())));
        let (said, ended) = told("sh -c 'echo no; exit 3'", never()).await;
        assert_eq!(said, ["no"]);
        assert!(ended.unwrap_err().contains("exit status: 3"));
        let (_, ended) = told("/no/such/program --x", never()).await;
        assert!(ended.unwrap_err().starts_with("/no/such/program cannot be started: "));
    }

    #[tokio::test]
    async fn one_that_is_stopped_ends_with_what_it_started() {
        let stop = CancellationToken::new();
        let began = std::time::Instant::now();
        let soon = stop.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(200)).await;
            soon.cancel();
        });
        let (_, ended) = told("sh -c 'sleep 50 & sleep 50; echo late'", stop).await;
        assert_eq!(ended, Err("sh was ended".to_owned()));
        assert!(began.elapsed() < Duration::from_secs(40));
    }
}
