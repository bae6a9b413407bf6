#![expect(clippy::expect_used, reason = "a bench that cannot go on stops")]
//! How quick the console is: updates and frames under a stream of events, its first frame, and what it costs while nobody touches it.
//!
//! `cargo bench --bench console`; starts and idling are those of the real program in a pseudo-terminal.

use std::io::Read;
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tenantry::config::Profile;
use tenantry::domain::key::{EntityKey, Version};
use tenantry::domain::row::TableKind;
use tenantry::domain::run::{Action, Outcome, RunId};
use tenantry::domain::timeline::{BySource, VersionEntry, VersionStatus};
use tenantry::engine::protocol::{EntityRef, Event, HistoryEntry, ItemResult, Level, TenantCount};
use tenantry::sandbox::{Options, REGION, Sandbox};
use tenantry::session::open_sandbox;
use tenantry::tui::ConsoleOptions;
use tenantry::tui::measure::Bare;

/// What streams in a second, for how many seconds, drawn how often a second.
const EVENTS: u64 = 10_000;
const SECONDS: u64 = 10;
const FRAMES: u64 = 30;
const VERSIONS: u64 = 10_000;

const STARTS: usize = 10;
const PATIENCE: Duration = Duration::from_secs(60);
/// How long nobody touches the console.
const IDLE: Duration = Duration::from_secs(10);

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1_000.0
}

fn entity(n: u64) -> EntityRef {
    EntityRef { module: "product".to_owned(), key: EntityKey::new("PRODUCT#acme", format!("P-{n}")) }
}

fn version(n: u64) -> HistoryEntry {
    let version = VersionEntry {
        version: Version(n),
        found: vec![TableKind::History, TableKind::Command],
        status: VersionStatus::Published,
        state: None,
        at: Some("2026-03-02T10:15:00+09:00".to_owned()),
        by: Some("u-tanaka".to_owned()),
        ip: None,
        by_source: Some(BySource::Command),
        request_id: Some(format!("req-{n}")),
        source: None,
        deleted: false,
        current: n == VERSIONS,
        row: None,
    };
    HistoryEntry { version, resolved: None, problem: None }
}

/// Log lines, counts of 5,000 tenants and items, in turn.
fn event(n: u64) -> Event {
    match n % 3 {
        0 => Event::Log(Level::Info, format!("segment {n} read")),
        1 => Event::Tenants(vec![TenantCount {
            module: "product".to_owned(),
            pk: format!("PRODUCT#t{}", n % 5_000).as_str().into(),
            entity_type: "PRODUCT".to_owned(),
            tenant: format!("t{}", n % 5_000),
            entities: n,
            deleted: 0,
            oldest: None,
            newest: None,
        }]),
        _ => Event::Item(Box::new(ItemResult {
            name: None,
            run: RunId::from_parts(0, 1),
            batch: Some(1),
            source: entity(n).key,
            source_versions: (Version(1), Version(2)),
            only_source: false,
            taken_back: false,
            before: None,
            after: None,
            n,
            entity: entity(n),
            action: Action::Update,
            outcome: Some(Outcome::Done),
            reason: None,
            message: None,
            line: None,
            warnings: vec![],
            version_before: Version(1),
            version_after: Version(2),
            attempts: 1,
            request_id: None,
        })),
    }
}

fn percentiles(what: &str, mut samples: Vec<Duration>) {
    samples.sort();
    let at = |thousandths: usize| {
        let place = (samples.len() * thousandths / 1_000).min(samples.len().saturating_sub(1));
        samples.get(place).copied().unwrap_or_default().as_secs_f64() * 1_000_000.0
    };
    let (p50, p99, p999) = (at(500), at(990), at(999));
    println!("{what:<44} p50 {p50:>8.1} µs   p99 {p99:>8.1} µs   p99.9 {p999:>8.1} µs   of {}", samples.len());
}

/// Outcomes alone, one in ten of which failed.
fn outcome(n: u64) -> Event {
    let Event::Item(mut item) = event(n * 3 + 2) else { return event(n) };
    if n.is_multiple_of(10) {
        item.outcome = Some(Outcome::Failed);
        item.message = Some(format!("attempt {n} was throttled"));
    }
    Event::Item(item)
}

fn streaming(what: &str, event: fn(u64) -> Event) {
    let options = ConsoleOptions {
        profile: Profile::new("bench", "dev", "shop"),
        start_armed: false,
        state_dir: "state".into(),
        headless_prefix: vec!["tenantry".to_owned()],
        forgets: false,
        open: None,
        no_color: false,
        ui: Default::default(),
        settings: Default::default(),
    };
    let mut console =
        Bare::new(options, (200, 60), entity(1), (1..=VERSIONS).map(version).collect()).expect("a console");
    let (mut updates, mut draws) = (Vec::new(), Vec::new());
    let began = Instant::now();
    for n in 0..EVENTS * SECONDS {
        let event = event(n);
        let at = Instant::now();
        console.take(event);
        updates.push(at.elapsed());
        if n.is_multiple_of(EVENTS / FRAMES) {
            let at = Instant::now();
            console.draw();
            draws.push(at.elapsed());
        }
    }
    let busy = began.elapsed().as_secs_f64();
    assert!(console.inked() > 1_000, "an empty screen measures nothing");
    println!(
        "{EVENTS} {what} and {FRAMES} frames of 200×60 a second, {VERSIONS} versions open: {:.1} % of one core",
        busy / SECONDS as f64 * 100.0
    );
    percentiles("  update", updates);
    percentiles("  draw", draws);
}

/// When a text stood on the screen first, and what stands there now.
#[derive(Debug, Clone)]
struct Seen {
    texts: [(&'static str, Option<Instant>); 2],
    now: String,
}

/// The program in a pseudo-terminal.
struct Console {
    began: Instant,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<Seen>>,
    _master: Box<dyn MasterPty + Send>,
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Console {
    /// Starts it and watches for texts.
    fn start(args: &[String], watched: [&'static str; 2]) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 })
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tenantry"));
        command.args(args);
        for name in ["TENANTRY_CONFIG", "TENANTRY_PROFILE", "TENANTRY_STATE", "TENANTRY_LOG", "NO_COLOR"] {
            command.env_remove(name);
        }
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("AWS_ACCESS_KEY_ID", tenantry::sandbox::ACCESS_KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", tenantry::sandbox::SECRET_ACCESS_KEY),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ] {
            command.env(name, value);
        }
        let mut output = pair.master.try_clone_reader().expect("its output");
        let seen = Arc::new(Mutex::new(Seen { texts: watched.map(|text| (text, None)), now: String::new() }));
        let noted = Arc::clone(&seen);
        let began = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program");
        drop(pair.slave);
        std::thread::spawn(move || {
            let side = |n: u16| NonZero::new(n).expect("not zero");
            let mut screen = vt100::Parser::new(side(40), side(120), 0);
            let mut buffer = [0; 64 * 1024];
            while let Ok(n) = output.read(&mut buffer) {
                if n == 0 {
                    break;
                }
                let at = Instant::now();
                screen.process(&buffer[..n]);
                let shown = screen.screen().contents();
                let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                for (text, first) in &mut noted.texts {
                    if first.is_none() && shown.contains(*text) {
                        *first = Some(at);
                    }
                }
                noted.now = shown;
            }
        });
        Self { began, child, seen, _master: pair.master }
    }

    /// Waits for both texts: how long each took from the start of the process.
    fn both(&self) -> [Duration; 2] {
        while self.began.elapsed() < PATIENCE {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let [(_, Some(first)), (_, Some(second))] = seen.texts {
                return [first - self.began, second - self.began];
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        println!("after {} s this is what stands on the screen:\n{}", PATIENCE.as_secs(), seen.now);
        seen.texts.map(|(_, first)| first.map_or(PATIENCE, |first| first - self.began))
    }

    /// Clock ticks that the process has spent so far; `None` where there is no `/proc`.
    fn ticks(&self) -> Option<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.process_id()?)).ok()?;
        // The name in brackets may hold blanks; the times are the 12th and 13th field after it.
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    }
}

fn starts(what: &str, args: impl Fn(usize) -> Vec<String>) {
    // The header comes with the first frame, the first module once the tables are listed; counts would push the later ones out of sight.
    let watched = ["READ-ONLY", "▾ customer"];
    let (mut frames, mut lists) = (Vec::new(), Vec::new());
    for start in 0..STARTS {
        let [frame, list] = Console::start(&args(start), watched).both();
        frames.push(frame);
        lists.push(list);
    }
    for (which, mut times) in [("first frame", frames), ("modules listed", lists)] {
        times.sort();
        let [first, .., last] = times[..] else { return };
        let middle = times[times.len() / 2];
        println!(
            "{:<44} median {:>7.1} ms   fastest {:>7.1} ms   slowest {:>7.1} ms   of {STARTS} starts",
            format!("{what}: {which}"),
            ms(middle),
            ms(first),
            ms(last)
        );
    }
    idle(what, &args(STARTS), watched);
}

fn idle(what: &str, args: &[String], watched: [&'static str; 2]) {
    let console = Console::start(args, watched);
    console.both();
    // The sandbox counts its tenants, and caches are written.
    std::thread::sleep(Duration::from_secs(3));
    let before = console.ticks();
    std::thread::sleep(IDLE);
    match (before, console.ticks()) {
        (Some(before), Some(after)) => {
            println!("{:<44} {} clock ticks in {} s", format!("{what}: idle"), after - before, IDLE.as_secs());
        }
        _ => println!("{what}: idle: not measured, there is no /proc here"),
    }
}

fn profile(dir: &Path, sandbox: &Sandbox) -> String {
    let at = sandbox.endpoints();
    let text = format!(
        "default_profile = \"bench\"\n[profiles.bench]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"{REGION}\"\n\
         bucket = \"shop-private\"\nendpoints = {{ dynamodb = \"{}\", s3 = \"{}\" }}\n",
        at.dynamodb, at.s3
    );
    let file = dir.join("config.toml");
    std::fs::write(&file, text).expect("a file");
    file.display().to_string()
}

fn main() {
    streaming("events", event);
    streaming("outcomes", outcome);
    starts("--sandbox", |_| vec!["--sandbox".to_owned()]);
    let dir = tempfile::TempDir::new().expect("a directory");
    let sandbox = open_sandbox(Options::default(), false).expect("free ports");
    let file = profile(dir.path(), &sandbox);
    // A state directory for each start: what the one before kept would be shown at once.
    starts("profile of a running sandbox", |start| {
        let state = dir.path().join(format!("state-{start}")).display().to_string();
        vec!["--config".to_owned(), file.clone(), "--state".to_owned(), state]
    });
}
