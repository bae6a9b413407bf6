//! How far a command is: a bar that is drawn over and over on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::domain::grouped::grouped;
use crate::domain::printable::printable;

/// Until the first line where nobody watches a terminal.
const FIRST: Duration = Duration::from_secs(10);
/// Between two lines there.
const AGAIN: Duration = Duration::from_secs(60);
/// Frames a second at most.
const FRAMES: u8 = 4;

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// Phase at work.
    pub(super) phase: &'static str,
    /// So many are done.
    pub(super) done: u64,
    /// Of so many, where that is known.
    pub(super) total: Option<u64>,
    /// So many a second.
    pub(super) per_second: f64,
    /// Read units so far.
    pub(super) read_units: f64,
}

impl Progress {
    fn share(&self) -> Option<u64> {
        let total = self.total.filter(|total| *total > 0)?;
        Some(self.done.min(total) * 100 / total)
    }

    /// Seconds that are left at this rate.
    fn left(&self) -> Option<u64> {
        let rest = self.total?.saturating_sub(self.done) as f64;
        (self.per_second > 0.0).then(|| (rest / self.per_second).ceil() as u64)
    }

    /// Behind the bar.
    fn words(&self) -> String {
        let of = self.total.map(|total| format!(" of {}", grouped(total))).unwrap_or_default();
        let left = self.left().map(|seconds| format!(", {} left", time(seconds))).unwrap_or_default();
        let (done, rate, units) = (grouped(self.done), self.per_second, grouped(self.read_units as u64));
        format!("{done}{of}, {rate:.0}/s{left}, {units} read units")
    }

    /// Where there is no bar.
    fn line(&self) -> String {
        let share = self.share().map(|share| format!("{share} %, ")).unwrap_or_default();
        format!("{}: {share}{}", self.phase, self.words())
    }
}

fn time(seconds: u64) -> String {
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// Shows progress on stderr.
#[derive(Debug)]
pub(super) struct Shown {
    is_terminal: bool,
    bar: Option<ProgressBar>,
    /// Until then progress is not worth a line of its own.
    quiet_until: Option<Instant>,
}

impl Shown {
    pub(super) fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), bar: None, quiet_until: None }
    }

    /// Draws the bar, or gives back the line that is due.
    pub(super) fn show(&mut self, progress: &Progress, now: Instant) -> Option<String> {
        if !self.is_terminal {
            return self.due(now).then(|| progress.line());
        }
        let bar = self
            .bar
            .get_or_insert_with(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(FRAMES)));
        draw(bar, progress);
        None
    }

    /// Whether a line is due, of which there is one a minute.
    fn due(&mut self, now: Instant) -> bool {
        let until = *self.quiet_until.get_or_insert(now + FIRST);
        let is_due = now >= until;
        if is_due {
            self.quiet_until = Some(now + AGAIN);
        }
        is_due
    }

    /// Takes the bar away, so that something else can be written.
    pub(super) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn draw(bar: &ProgressBar, progress: &Progress) {
    let template =
        if progress.share().is_some() { "{prefix} [{bar:24}] {percent:>3} %  {msg}" } else { "{prefix}  {msg}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    if let Some(total) = progress.total {
        bar.set_length(total);
    }
    bar.set_position(progress.done);
    bar.set_prefix(progress.phase);
    bar.set_message(printable(&progress.words()).into_owned());
    bar.tick();
}

#[cfg(test)]
mod tests {
    use std::io::Result;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    const RUN: Progress =
        Progress { phase: "run", done: 1_250, total: Some(5_000), per_second: 12.5, read_units: 2_048.4 };

    /// A terminal of one line.
    #[derive(Debug, Clone, Default)]
    struct Line(Arc<Mutex<String>>);

    impl TermLike for Line {
        fn width(&self) -> u16 {
            100
        }

        fn move_cursor_up(&self, _: usize) -> Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> Result<()> {
            self.0.lock().unwrap().clear();
            Ok(())
        }

        fn flush(&self) -> Result<()> {
            Ok(())
        }
    }

    fn drawn(progress: &Progress) -> String {
        let line = Line::default();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::term_like(Box::new(line.clone())));
        draw(&bar, progress);
        let text = line.0.lock().unwrap().trim_end().to_owned();
        bar.finish_and_clear();
        assert_eq!(line.0.lock().unwrap().trim_end(), "");
        text
    }

    #[test]
    fn a_terminal_sees_bar_share_and_the_time_that_is_left() {
        assert_eq!(
            drawn(&RUN),
            "run [======>                 ]  25 %  1,250 of 5,000, 12/s, 5 min left, 2,048 read units"
        );
        let scan = Progress { phase: "scan", total: None, ..RUN };
        assert_eq!(drawn(&scan), "scan  1,250, 12/s, 2,048 read units");
    }

    #[test]
    fn elsewhere_there_is_a_line_a_minute() {
        assert_eq!(RUN.line(), "run: 25 %, 1,250 of 5,000, 12/s, 5 min left, 2,048 read units");
        let mut shown = Shown { is_terminal: false, bar: None, quiet_until: None };
        let began = Instant::now();
        let lines = (0..300).filter(|second| shown.show(&RUN, began + Duration::from_secs(*second)).is_some());
        assert_eq!(lines.collect::<Vec<_>>(), [10, 70, 130, 190, 250]);
    }

    #[test]
    fn times_and_numbers_are_short() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 46, 150, 7_500].map(time), ["0 s", "46 s", "3 min", "2 h 5 min"]);
        assert_eq!(Progress { per_second: 0.0, ..RUN }.left(), None);
        assert_eq!(Progress { done: 6_000, ..RUN }.share(), Some(100));
    }
}
