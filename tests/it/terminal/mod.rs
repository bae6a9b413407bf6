//! The console in a real pseudo-terminal, from its start to a rollback, and the terminal afterwards.

mod configuring;
mod docs;
mod jobs;
mod kit;
mod login;
mod machine;
mod redrawn;
mod refusals;
mod signing;

use std::io::Read;
use std::time::{Duration, Instant};

use kit::{Console, PATIENCE};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

#[test]
fn from_the_start_to_a_rollback() {
    let mut console = Console::start(&["--sandbox"], &[]);
    console.wait_for("Tenants");
    console.wait_for("READ-ONLY");
    console.wait_for("product");
    console.press(":open PRODUCT#acme\r");
    console.wait_for("P-0002");
    console.press("\r");
    console.wait_for("version 37 → 38");
    console.press("[");
    console.wait_for("version 36 → 37");
    console.press("R");
    console.wait_for("read-only");
    console.press("A");
    console.wait_for("Allow writing?");
    console.press("A");
    console.wait_for("ARMED");
    console.press("R");
    console.wait_for("Write this?");
    console.wait_for("The row that will be written");
    console.press("\t\r");
    console.wait_for("is at version 39 now");
    console.wait_for("version 38 → 39");
    console.resize(24, 80);
    // A key that came together with the resize would wait for the next one in crossterm.
    console.wait_for("2 History   3 Plan");
    console.press("q");
    assert_eq!(console.ended(), 0);
}

#[test]
fn the_colours_suit_the_background_that_the_terminal_tells() {
    // The colours of frames with the keys: of the theme for dark backgrounds, and of the one for light ones.
    let (dark, light) = (80, 24);
    let mut white = Console::start(&["--sandbox"], &[]);
    white.press("\u{1b}]11;rgb:ffff/ffff/ffff\u{7}\u{1b}[?62;22c");
    white.wait_for("Tenants");
    assert!(white.shows_color(light) && !white.shows_color(dark));
    let silent = Console::start(&["--sandbox"], &[("COLORFGBG", "")]);
    silent.wait_for("Tenants");
    assert!(silent.shows_color(dark) && !silent.shows_color(light));
    let told = Console::start(&["--sandbox"], &[("COLORFGBG", "0;15")]);
    told.wait_for("Tenants");
    assert!(told.shows_color(light));
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    for signal in ["-TERM", "-HUP"] {
        let mut console = Console::start(&["--sandbox"], &[]);
        console.wait_for("Tenants");
        assert!(console.screen.lock().unwrap().screen().alternate_screen());
        console.signal(signal);
        console.ended();
    }
}

#[test]
fn a_terminal_that_closes_ends_the_console_as_a_hangup_does() {
    let mut hung_up = Console::start(&["--sandbox"], &[]);
    hung_up.wait_for("Tenants");
    hung_up.signal("-HUP");
    let code = hung_up.ended();
    for pause in [0, 30, 300] {
        let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tenantry"));
        command.arg("--sandbox");
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env("TENANTRY_STATE", "");
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&seen).contains("Tenants") {
            let n = output.read(&mut buffer).unwrap();
            seen.extend(&buffer[..n]);
        }
        // In the middle of drawing, and while nothing moves.
        std::thread::sleep(Duration::from_millis(pause));
        drop((output, pair.master));
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "still running");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!((status.exit_code(), status.signal()), (code, None), "{status:?}");
    }
}

#[test]
fn a_plan_from_its_form_to_its_undo() {
    let mut console = Console::start(&["--sandbox", "--arm"], &[]);
    console.wait_for("ARMED");
    console.wait_for("counted just now");
    console.press(":open CUSTOMER#my_tenant\r");
    console.wait_for("all 25 loaded");
    // The form knows where it comes from, and asks where to.
    console.press("3n");
    console.wait_for("copy CUSTOMER of my_tenant");
    console.press("\rumbrella\r");
    console.wait_for("ready to be previewed");
    // Past what is there already, the spelling, and the two keys of the validation.
    console.press("jjjjj\r\u{15}15\rj\r\u{15}2\r");
    console.wait_for("canary              2");
    console.press("p");
    console.wait_for("create 24 · skip 1");
    // The items come after the counts; the first is the one that is skipped.
    console.wait_for("create   CUSTOMER#umbrella");
    console.press("j");
    console.wait_for("The row that will be written");
    console.press("R");
    console.wait_for("CANARY: ");
    // Enter shows an item and writes nothing.
    console.press("\r");
    console.wait_for("nothing is written by this");
    // Drawn to its end: a key right behind Esc would be one with Alt.
    console.wait_for("Esc close");
    console.press("\u{1b}");
    console.wait_for("approve the rest");
    console.press("aW");
    console.wait_for("Batch 2: ");
    console.wait_for("canary: every approved item is done or equal");
    console.press("aW");
    console.wait_for("Batch 3: ");
    // Left, paused, approved: nothing is written until it goes on.
    console.press("\u{1b}");
    console.wait_for("WAITS for your decision about batch 3");
    console.press("p");
    console.wait_for("PAUSED by you");
    console.press("B");
    console.wait_for("approve the rest");
    console.press("aW");
    console.wait_for("batch 3 approved");
    std::thread::sleep(Duration::from_millis(500));
    assert!(console.text().contains("17/24"), "{}", console.text());
    console.press("p");
    console.wait_for("has ended");
    console.wait_for("100%");
    // And back.
    console.press(":runs\r");
    console.wait_for("copy       done");
    console.press("u");
    // The plan was never saved, but it was run as it stands: nothing of it is lost.
    console.wait_for("delete 24");
    console.wait_for("copied from CUSTOMER#");
    console.press("R");
    console.wait_for("CUSTOMER#umbrella, taken back");
    console.wait_for("CANARY: ");
    console.press("r");
    console.wait_for("WITHOUT asking again");
    console.press("24\r");
    console.wait_for("has ended");
    console.wait_for("24/24 100%");
    console.press("1:open CUSTOMER#umbrella\r");
    console.wait_for("all 24 loaded");
    console.press("v");
    console.wait_for("has no live");
    console.press("q");
    assert_eq!(console.ended(), 0);
}
