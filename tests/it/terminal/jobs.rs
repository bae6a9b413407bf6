//! The console as a job of a shell, and without the terminal that it was started on.

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::kit::{Console, PATIENCE};

/// What a shell is told to run.
fn program() -> String {
    format!("'{}' --sandbox", env!("CARGO_BIN_EXE_tenantry"))
}

fn wait_for_file(path: &Path) -> String {
    let began = Instant::now();
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => assert!(began.elapsed() < PATIENCE, "waited for {}", path.display()),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_stopped_console_gives_the_terminal_back_and_comes_back_whole() {
    let mut shell = Console::of("bash", &["--norc", "--noprofile", "-i"], &[("PS1", "ready> ")]);
    shell.wait_for("ready>");
    shell.press(&format!("{}\r", program()));
    shell.wait_for("READ-ONLY");
    shell.wait_for("counted just now");
    let whole = shell.text();
    for again in 0..2 {
        // From a pane, and while a dialog has the keys.
        if again == 1 {
            shell.press(":");
            shell.wait_for("Commands");
        }
        shell.press("\u{1a}");
        shell.wait_for("Stopped");
        assert!(!shell.is_full_screen() && !shell.has_mouse());
        // The shell's line is edited and shown as ever: the terminal's own settings are back, too.
        shell.press("echo sum $((20+3))\r");
        shell.wait_for("sum 23");
        assert!(!shell.screen.lock().unwrap().screen().hide_cursor());
        shell.press("clear; fg\r");
        shell.wait_for("READ-ONLY");
        shell.wait_for(if again == 1 { "Commands" } else { "counted just now" });
        assert!(shell.is_full_screen() && shell.has_mouse());
    }
    shell.press("\u{1b}");
    let began = Instant::now();
    while shell.text().lines().nth(3) != whole.lines().nth(3) {
        assert!(began.elapsed() < PATIENCE, "{}\n{whole}", shell.text());
        std::thread::sleep(Duration::from_millis(20));
    }
    shell.press("j");
    shell.press("q");
    shell.wait_for("ready>");
    shell.press("exit\r");
    shell.ended();
}

/// Nothing tells the console then: it is no leader of its session, and what leads it passes the hangup over.
#[test]
fn a_terminal_that_goes_without_a_signal_ends_the_console() {
    let dir = tempfile::tempdir().unwrap();
    for pause in [0, 400] {
        let ended = dir.path().join(format!("ended-{pause}"));
        let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", &format!("trap '' HUP; {}; echo $? > '{}'", program(), ended.display())]);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env("TENANTRY_STATE", "");
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
        while !String::from_utf8_lossy(&seen).contains("Tenants") {
            let n = output.read(&mut buffer).unwrap();
            seen.extend(&buffer[..n]);
        }
        std::thread::sleep(Duration::from_millis(pause));
        drop((output, pair.master));
        assert_eq!(wait_for_file(&ended), "0");
        child.wait().unwrap();
    }
}
