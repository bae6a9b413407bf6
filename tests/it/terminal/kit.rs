//! A program in a pseudo-terminal: its keys and its screen.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

pub(super) const PATIENCE: Duration = Duration::from_secs(60);

fn side(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap()
}

pub(super) struct Console {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    pub(super) screen: Arc<Mutex<vt100::Parser>>,
}

impl Console {
    /// The program in a terminal of its own.
    pub(super) fn start(args: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::of(env!("CARGO_BIN_EXE_tenantry"), args, environment)
    }

    /// Any program in a terminal of its own.
    pub(super) fn of(program: &str, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        for name in ["TENANTRY_CONFIG", "TENANTRY_PROFILE", "TENANTRY_STATE", "NO_COLOR"] {
            command.env_remove(name);
        }
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(side(40), side(120), 0)));
        let mut output = pair.master.try_clone_reader().unwrap();
        let parser = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(n) = output.read(&mut buffer) {
                if n == 0 {
                    break;
                }
                parser.lock().unwrap().process(&buffer[..n]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, master: Some(pair.master), keys: Some(keys), screen }
    }

    pub(super) fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    pub(super) fn wait_for(&self, wanted: &str) {
        let began = Instant::now();
        while !self.text().contains(wanted) {
            assert!(began.elapsed() < PATIENCE, "waited for {wanted:?}\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(super) fn press(&mut self, keys: &str) {
        let to = self.keys.as_mut().unwrap();
        to.write_all(keys.as_bytes()).unwrap();
        to.flush().unwrap();
    }

    pub(super) fn resize(&self, rows: u16, cols: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(side(rows), side(cols));
        self.master.as_ref().unwrap().resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    pub(super) fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Whether presses and the wheel are told to the program.
    pub(super) fn has_mouse(&self) -> bool {
        self.screen.lock().unwrap().screen().mouse_protocol_mode() == vt100::MouseProtocolMode::PressRelease
    }

    /// Whether text stands anywhere in a colour of the 256.
    pub(super) fn shows_color(&self, wanted: u8) -> bool {
        let parser = self.screen.lock().unwrap();
        let (rows, columns) = parser.screen().size();
        let mut cells = (0..rows.get()).flat_map(|y| (0..columns.get()).map(move |x| (x, y)));
        cells.any(|(x, y)| {
            let cell = parser.screen().cell(y, x);
            cell.is_some_and(|cell| cell.has_contents() && cell.fgcolor() == vt100::Color::Idx(wanted))
        })
    }

    pub(super) fn is_full_screen(&self) -> bool {
        self.screen.lock().unwrap().screen().alternate_screen()
    }

    /// Waits for the end; the terminal must be as it was.
    pub(super) fn ended(&mut self) -> u32 {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "still running\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        };
        // What was written last may still be on its way.
        std::thread::sleep(Duration::from_millis(200));
        let parser = self.screen.lock().unwrap();
        let screen = parser.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        status.exit_code()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
