//! Screens of a terminal as SVG: every run of equal cells is a text of exactly their width.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZero;

use sha2::{Digest as _, Sha256};
use vt100::Color;

/// Cells in user units.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
const MARGIN: f64 = 12.0;

/// The colours of a background.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    pub(super) name: &'static str,
    text: &'static str,
    behind: &'static str,
    caption: &'static str,
}

pub(super) const DARK: Ground = Ground { name: "dark", text: "#d0d0d0", behind: "#1b1d23", caption: "#5fd7d7" };
pub(super) const LIGHT: Ground = Ground { name: "light", text: "#24292f", behind: "#ffffff", caption: "#005f87" };

/// Equal cells beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    x: usize,
    cells: usize,
    text: String,
    fg: String,
    bg: Option<String>,
    bold: bool,
    italic: bool,
    underline: bool,
    is_wide: bool,
}

/// A screen at a moment.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    columns: usize,
    rows: Vec<Vec<Run>>,
    /// What was pressed.
    caption: String,
}

impl Frame {
    pub(super) fn of(screen: &vt100::Screen, ground: Ground, caption: &str) -> Self {
        let (rows, columns) = screen.size();
        let rows = (0..rows.get()).map(|y| row(screen, y, columns.get(), ground)).collect();
        Self { columns: columns.get().into(), rows, caption: caption.to_owned() }
    }

    /// Whether rows are still being read for it: what stands there is about to change.
    pub(super) fn is_reading(&self) -> bool {
        let runs = self.rows.iter().flatten();
        runs.into_iter().any(|run| ["reading…", "読み取り中…"].iter().any(|words| run.text.contains(words)))
    }

    /// Digest of what it shows.
    pub(super) fn mark(&self) -> String {
        let digest = Sha256::digest(self.masked().as_bytes());
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Everything that it shows, without what differs from day to day.
    pub(super) fn masked(&self) -> String {
        let mut lines: Vec<(bool, String)> = Vec::new();
        for row in &self.rows {
            let (mut line, mut out) = (String::new(), String::new());
            let is_logged = is_logged(row);
            for run in row {
                let style = format!(
                    "{}{}{}{}{}",
                    run.fg,
                    run.bg.as_deref().unwrap_or(""),
                    u8::from(run.bold),
                    u8::from(run.italic),
                    u8::from(run.underline)
                );
                let _ = write!(line, "<{style}>{} ", run.text);
            }
            let masked = super::shown::masked(&line);
            // Units and counts of what was read so far depend on timing.
            let mut rest = masked.chars().peekable();
            let mut digits = false;
            while let Some(c) = rest.next() {
                // Of a number also its decimals and its groups.
                let is_within = digits && ",.".contains(c) && rest.peek().is_some_and(char::is_ascii_digit);
                if !(is_within || (digits && c.is_ascii_digit())) {
                    out.push(if c.is_ascii_digit() { '0' } else { c });
                }
                digits = is_within || c.is_ascii_digit();
            }
            out.push('\n');
            lines.push((is_logged, out));
        }
        // Work goes on side by side: what is logged of it comes in no order of its own.
        lines.chunk_by_mut(|a, b| a.0 && b.0).for_each(<[_]>::sort_unstable);
        std::iter::once(format!("{}\n", self.caption)).chain(lines.into_iter().map(|(_, line)| line)).collect()
    }
}

/// True for a line of the log: a time to the second stands in it.
fn is_logged(row: &[Run]) -> bool {
    let text: String = row.iter().map(|run| run.text.as_str()).collect();
    let is_time = |time: &[u8]| {
        time.iter().enumerate().all(|(i, b)| if i == 2 || i == 5 { *b == b':' } else { b.is_ascii_digit() })
    };
    text.as_bytes().windows(8).any(is_time)
}

fn row(screen: &vt100::Screen, y: u16, columns: u16, ground: Ground) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for x in 0..columns {
        let Some(cell) = screen.cell(y, x).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let (mut fg, mut bg) = (color(cell.fgcolor()), color(cell.bgcolor()));
        if cell.inverse() {
            (fg, bg) = (
                Some(bg.unwrap_or_else(|| ground.behind.to_owned())),
                Some(fg.unwrap_or_else(|| ground.text.to_owned())),
            );
        }
        let run = Run {
            x: x.into(),
            cells: if cell.is_wide() { 2 } else { 1 },
            text: text.to_owned(),
            fg: fg.unwrap_or_else(|| ground.text.to_owned()),
            bg,
            bold: cell.bold(),
            italic: cell.italic(),
            underline: cell.underline(),
            is_wide: cell.is_wide(),
        };
        let is_same = |last: &&mut Run| {
            let style = |r: &Run| (r.fg.clone(), r.bg.clone(), r.bold, r.italic, r.underline, r.is_wide);
            style(last) == style(&run) && last.x + last.cells == run.x
        };
        match runs.last_mut().filter(is_same) {
            Some(last) => {
                last.text.push_str(&run.text);
                last.cells += run.cells;
            }
            None => runs.push(run),
        }
    }
    runs.into_iter().flat_map(trimmed).collect()
}

/// Blanks that nothing shows are left out, at the ends and where there are many.
fn trimmed(run: Run) -> Vec<Run> {
    if run.bg.is_some() || run.underline || run.is_wide {
        return vec![run];
    }
    let mut out = Vec::new();
    let mut x = run.x;
    for piece in run.text.split("   ") {
        let text = piece.trim_matches(' ');
        // Each character that is not wide takes one cell; marks that combine stand on the one before.
        let lead = piece.chars().take_while(|c| *c == ' ').count();
        let cells = text.chars().filter(|c| unicode_width::UnicodeWidthChar::width(*c) != Some(0)).count();
        if !text.is_empty() {
            out.push(Run { x: x + lead, cells, text: text.to_owned(), ..run.clone() });
        }
        x += piece.chars().filter(|c| unicode_width::UnicodeWidthChar::width(*c) != Some(0)).count() + 3;
    }
    out
}

fn color(color: Color) -> Option<String> {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    const FIRST: [&str; 16] = [
        "#1b1d23", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d0d0d0", "#7f848e", "#ff7b86",
        "#b5e890", "#ffd68a", "#82cfff", "#e79cff", "#7fe3ef", "#ffffff",
    ];
    match color {
        Color::Default => None,
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        Color::Idx(n @ 0..=15) => Some(FIRST[usize::from(n)].to_owned()),
        Color::Idx(n @ 16..=231) => {
            let level = |by: u8| LEVELS[usize::from((n - 16) / by % 6)];
            Some(format!("#{:02x}{:02x}{:02x}", level(36), level(6), level(1)))
        }
        Color::Idx(n) => {
            let level = 8 + 10 * (n - 232);
            Some(format!("#{level:02x}{level:02x}{level:02x}"))
        }
    }
}

/// One picture; of several frames each is shown for so many seconds, again and again.
pub(super) fn svg(frames: &[Frame], seconds: f64, label: &str, ground: Ground, comment: &str) -> String {
    let first = &frames[0];
    let is_moving = frames.len() > 1;
    let caption = if is_moving { HEIGHT * 1.6 } else { 0.0 };
    let width = 2.0 * MARGIN + WIDTH * first.columns as f64;
    let height = 2.0 * MARGIN + HEIGHT * first.rows.len() as f64 + caption;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
         role=\"img\" aria-label=\"{}\">\n<!-- {comment} -->\n",
        escaped(label)
    );
    let mut styles = BTreeMap::new();
    let mut defs = String::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut body = String::new();
    for (n, frame) in frames.iter().enumerate() {
        let class = if is_moving { format!(" class=\"f f{n}\"") } else { String::new() };
        let _ = writeln!(body, "<g{class}>");
        for (y, runs) in frame.rows.iter().enumerate() {
            let drawn = drawn(runs, &mut styles);
            if drawn.is_empty() {
                continue;
            }
            let top = MARGIN + HEIGHT * y as f64;
            if is_moving {
                let next = known.len();
                let id = *known.entry(drawn.clone()).or_insert(next);
                if id == next {
                    let _ = writeln!(defs, "<g id=\"r{id}\">{drawn}</g>");
                }
                let _ = writeln!(body, "<use href=\"#r{id}\" y=\"{top:.0}\"/>");
            } else {
                let _ = writeln!(body, "<g transform=\"translate(0 {top:.0})\">{drawn}</g>");
            }
        }
        if is_moving {
            let y = MARGIN + HEIGHT * (frame.rows.len() as f64 + 1.1);
            let _ = writeln!(
                body,
                "<text x=\"{MARGIN}\" y=\"{y:.1}\" fill=\"{}\" font-weight=\"bold\">{}</text>",
                ground.caption,
                escaped(&frame.caption)
            );
        }
        body.push_str("</g>\n");
    }
    out.push_str("<style>\n");
    for (style, n) in &styles {
        let _ = writeln!(out, ".s{n}{{{style}}}");
    }
    if is_moving {
        let whole = seconds * frames.len() as f64;
        let share = 100.0 / frames.len() as f64;
        let _ = writeln!(
            out,
            ".f{{visibility:hidden;animation-duration:{whole:.0}s;animation-iteration-count:infinite;animation-timing-function:step-end}}"
        );
        // Without motion the last frame stands still.
        let _ = writeln!(
            out,
            ".f{}{{visibility:visible}}@media (prefers-reduced-motion:reduce){{.f{{animation:none}}}}",
            frames.len() - 1
        );
        for n in 0..frames.len() {
            let (from, to) = (share * n as f64, share * (n + 1) as f64);
            let before = if n == 0 { "" } else { "0%{visibility:hidden}" };
            let after = if n + 1 == frames.len() { String::new() } else { format!("{to:.3}%{{visibility:hidden}}") };
            let _ = writeln!(
                out,
                ".f{n}{{animation-name:k{n}}}@keyframes k{n}{{{before}{from:.3}%{{visibility:visible}}{after}}}"
            );
        }
    }
    let _ = writeln!(out, "</style>\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{}\"/>", ground.behind);
    if !defs.is_empty() {
        let _ = write!(out, "<defs>\n{}</defs>\n", in_mono(&defs));
    }
    out.push_str(&in_mono(&body));
    out.push_str("</svg>\n");
    out
}

fn in_mono(inside: &str) -> String {
    format!(
        "<g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK JP', monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n{inside}</g>\n"
    )
}

/// The cells of a row, from its upper edge.
fn drawn(runs: &[Run], styles: &mut BTreeMap<String, usize>) -> String {
    let mut out = String::new();
    for run in runs {
        let (x, width) = (MARGIN + WIDTH * run.x as f64, WIDTH * run.cells as f64);
        if let Some(bg) = &run.bg {
            let _ = write!(out, "<rect x=\"{x:.1}\" y=\"0\" width=\"{width:.1}\" height=\"{HEIGHT}\" fill=\"{bg}\"/>");
        }
        let mut style = format!("fill:{}", run.fg);
        for (has, what) in [
            (run.bold, ";font-weight:bold"),
            (run.italic, ";font-style:italic"),
            (run.underline, ";text-decoration:underline"),
        ] {
            if has {
                style.push_str(what);
            }
        }
        let next = styles.len();
        let class = *styles.entry(style).or_insert(next);
        if run.text.trim().is_empty() && !run.underline {
            continue;
        }
        let _ = write!(
            out,
            "<text x=\"{x:.1}\" y=\"13.5\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" class=\"s{class}\">{}</text>",
            escaped(&run.text)
        );
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[test]
fn wide_characters_take_two_cells_and_blanks_none() {
    let mut parser = vt100::Parser::new(NonZero::new(1).unwrap(), NonZero::new(20).unwrap(), 0);
    parser.process("ab \u{1b}[1mボルト\u{1b}[0m    c".as_bytes());
    let runs = row(parser.screen(), 0, 20, DARK);
    let places: Vec<(usize, usize, &str)> = runs.iter().map(|r| (r.x, r.cells, r.text.as_str())).collect();
    assert_eq!(places, [(0, 2, "ab"), (3, 6, "ボルト"), (13, 1, "c")]);
    assert!(runs[1].bold && !runs[0].bold);
    let frame = Frame::of(parser.screen(), LIGHT, "");
    let drawn = svg(std::slice::from_ref(&frame), 1.0, "<x>", LIGHT, "");
    assert!(drawn.contains("textLength=\"50.4\"") && drawn.contains("&lt;x&gt;"), "{drawn}");
    assert!(svg(&[frame.clone(), frame], 2.0, "", DARK, "").contains("animation-duration:4s"));
}

#[test]
fn the_mark_of_a_screen_takes_what_is_logged_in_any_order() {
    let mark = |text: &str| {
        let mut parser = vt100::Parser::new(NonZero::new(4).unwrap(), NonZero::new(40).unwrap(), 0);
        parser.process(text.as_bytes());
        Frame::of(parser.screen(), DARK, "").mark()
    };
    let one = mark("a\r\n│ 10:02:03 counted\r\n│ 10:02:03 listed\r\nb");
    assert_eq!(one, mark("a\r\n│ 11:20:04 listed\r\n│ 11:20:05 counted\r\nb"));
    assert_ne!(one, mark("b\r\n│ 10:02:03 counted\r\n│ 10:02:03 listed\r\na"), "other lines have their places");
    assert_ne!(one, mark("a\r\n│ 10:02:03 counted\r\n│ 10:02:03 counted\r\nb"));
}
