//! The pictures of README and documentation, drawn from the real console with demo data.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::super::kit::{Console, PATIENCE};
use super::blocks::{Press, Step, steps};
use super::svg::{DARK, Frame, Ground, LIGHT, svg};
use super::tour::Tour;

/// How to draw them again.
const COMMAND: &str = "TENANTRY_PICTURES=write cargo test --test it pictures";
/// Stands in a picture before the marks of its screens.
const MARKED: &str = "Drawn by the program's tests, from the program. Do not edit. ";
const SIZE: (u16, u16) = (32, 110);

/// A picture of one screen: its name, what it shows, and the way there.
type Scene = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const SCENES: &[Scene] = &[
    (
        "history",
        "The console: entities on the left, the versions of one of them and what the last one changed in the middle",
        &[
            (":open PRODUCT#acme\r", "P-0002"),
            ("\r", "version 37 → 38"),
            ("[", "version 36 → 37"),
            ("[", "version 35 → 36"),
            ("[", "version 34 → 35"),
        ],
    ),
    (
        "preview",
        "The preview of a plan: what it would do with each item, and the row that would be written",
        &[
            (":open CUSTOMER#my_tenant\r", "all 25 loaded"),
            ("3n", "not ready: target.tenant"),
            ("\rumbrella\r", "ready to be previewed"),
            // The items come after the counts.
            ("p", "create   CUSTOMER#umbrella"),
            ("j", "The row that will be written"),
        ],
    ),
    (
        "approval",
        "A batch that waits for a decision",
        &[
            (":open CUSTOMER#my_tenant\r", "all 25 loaded"),
            ("3n", "not ready: target.tenant"),
            ("\rumbrella\r", "ready to be previewed"),
            ("p", "create 24 · skip 1"),
            ("A", "Allow writing?"),
            ("A", "ARMED"),
            ("R", "CANARY: "),
        ],
    ),
    ("doctor", "What the doctor found, problems first", &[(":doctor\r", "looked at"), ("j", "PRODUCT#acme")]),
];

/// Moving pictures: the name, the page with the table of that name, and what it shows.
const MOVING: [(&str, &str, &str); 2] = [
    (
        "rollback",
        "docs/tutorial.md",
        "A rollback in the console, key by key: open a partition, step through the versions, preview, arm, write",
    ),
    (
        "rollback-ja",
        "docs/ja/tutorial.md",
        "コンソールでのロールバックを 1 キーずつ: パーティションを開き、バージョンをさかのぼり、プレビューし、書き込みを許可し、書き込む",
    ),
];

/// The screen once nothing moves on it any more, and nothing is read. Where a picture is known, a screen that is another one may still
/// become it: a machine with much to do draws late.
fn settled(console: &Console, ground: Ground, caption: &str, known: Option<&str>) -> Frame {
    let frame = || Frame::of(console.screen.lock().unwrap().screen(), ground, caption);
    let began = Instant::now();
    let mut last = frame();
    let mut calm = 0;
    loop {
        let is_at_rest = calm >= 6 && !last.is_reading();
        let is_known = known.is_none_or(|known| last.mark() == known);
        if (is_at_rest && is_known) || began.elapsed() > PATIENCE / 3 {
            return last;
        }
        std::thread::sleep(Duration::from_millis(100));
        let now = frame();
        calm = if now.masked() == last.masked() { calm + 1 } else { 0 };
        last = now;
    }
}

/// A picture as it is in the documentation: its name, what it shows, its background.
struct Picture {
    name: &'static str,
    label: &'static str,
    ground: Ground,
    /// Marks of its screens; none where it is drawn anew.
    known: Vec<String>,
}

impl Picture {
    fn new(name: &'static str, label: &'static str, ground: Ground) -> Self {
        let known = if is_drawn() { Vec::new() } else { marks(&place(name, ground)) };
        Self { name, label, ground, known }
    }

    fn settled(&self, console: &Console, caption: &str, n: usize) -> Frame {
        settled(console, self.ground, caption, self.known.get(n).map(String::as_str))
    }
}

/// Whether the pictures are drawn anew, and not compared.
fn is_drawn() -> bool {
    std::env::var_os("TENANTRY_PICTURES").is_some_and(|wish| wish == "write")
}

/// The marks that stand in a picture.
fn marks(place: &Path) -> Vec<String> {
    let known = std::fs::read_to_string(place).unwrap_or_default();
    let words = known.split_once(MARKED).and_then(|(_, rest)| rest.split_once(" -->"));
    words.map(|(marks, _)| marks.split(' ').map(str::to_owned).collect()).unwrap_or_default()
}

/// The reader of a page, in the page's language.
fn opened(page: &str, ground: Ground) -> (Tour, Vec<Step>) {
    let steps = steps(page);
    let tour = Tour::new(&steps).with("COLORFGBG", if ground.name == "dark" { "15;0" } else { "0;15" });
    (tour.with("LANG", language(page)), steps)
}

/// The locale in which a page's console is opened.
pub(super) fn language(page: &str) -> &'static str {
    if page.contains("/ja/") { "ja_JP.UTF-8" } else { "C.UTF-8" }
}

fn scene(picture: &Picture, ways: &[(&str, &str)]) -> Vec<Frame> {
    let (mut tour, _) = opened("docs/tutorial.md", picture.ground);
    tour.open("tenantry --sandbox");
    let console = tour.console.as_mut().unwrap();
    console.resize(SIZE.0, SIZE.1);
    console.wait_for("counted");
    for (keys, wanted) in ways {
        console.press(keys);
        console.wait_for(wanted);
    }
    vec![picture.settled(console, "", 0)]
}

/// The table of a page that is marked so, a frame for each of its rows.
fn moving(picture: &Picture, page: &str) -> Vec<Frame> {
    let (mut tour, steps) = opened(page, picture.ground);
    let mut frames = Vec::new();
    for step in &steps {
        let is_it = matches!(step, Step::Keys(_, Some(name)) if name == picture.name);
        if is_it && let Some(console) = &tour.console {
            console.resize(SIZE.0, SIZE.1);
        }
        tour.step(step, |console, press| {
            if is_it {
                frames.push(picture.settled(console, &caption(press), frames.len()));
            }
        });
        if is_it {
            break;
        }
    }
    frames
}

fn caption(press: &Press) -> String {
    format!("▸ {}", press.keys.join("  "))
}

fn place(name: &str, ground: Ground) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures").join(format!("{name}-{}.svg", ground.name))
}

/// Draws a picture anew: writes it where that is asked for, otherwise compares it with the one that is there.
fn check(picture: &Picture, frames: &[Frame]) -> Result<(), String> {
    let marks: Vec<String> = frames.iter().map(Frame::mark).collect();
    let drawn = svg(frames, 2.5, picture.label, picture.ground, &format!("{MARKED}{}", marks.join(" ")));
    let place = place(picture.name, picture.ground);
    if is_drawn() {
        std::fs::write(&place, drawn).unwrap();
        return Ok(());
    }
    if picture.known == marks {
        return Ok(());
    }
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join(place.file_name().unwrap());
    std::fs::write(&fresh, drawn).unwrap();
    Err(format!("{} shows another screen than {}; `{COMMAND}` draws all anew\n", place.display(), fresh.display()))
}

fn the_pictures_show_the_screens_of_today(ground: Ground) {
    let mut stale = String::new();
    for (name, label, ways) in SCENES {
        let picture = Picture::new(name, label, ground);
        stale.push_str(&check(&picture, &scene(&picture, ways)).err().unwrap_or_default());
    }
    for (name, page, label) in MOVING {
        let picture = Picture::new(name, label, ground);
        stale.push_str(&check(&picture, &moving(&picture, page)).err().unwrap_or_default());
    }
    assert!(stale.is_empty(), "{stale}");
}

#[test]
fn the_dark_pictures_show_the_screens_of_today() {
    the_pictures_show_the_screens_of_today(DARK);
}

#[test]
fn the_light_pictures_show_the_screens_of_today() {
    the_pictures_show_the_screens_of_today(LIGHT);
}
