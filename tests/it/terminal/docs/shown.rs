//! Printed lines next to those that a page shows.

/// Both sides agree but for ids, times and blanks. A line `…` stands for any number of lines, `…` in a line for any text.
pub(super) fn compare(printed: &str, shown: &[String]) -> Result<(), String> {
    let printed = printed.lines().filter(|line| !is_progress(line));
    let printed: Vec<String> = printed.map(masked).filter(|line| !line.is_empty()).collect();
    let mut rest = printed.as_slice();
    let mut skips = false;
    for line in shown.iter().map(|line| masked(line)).filter(|line| !line.is_empty()) {
        if line == "…" {
            skips = true;
            continue;
        }
        let found = if skips {
            rest.iter().position(|one| fits(one, &line))
        } else {
            rest.first().filter(|one| fits(one, &line)).map(|_| 0)
        };
        let Some(found) = found else {
            return Err(format!("shown:   {line}\nprinted: {}", rest.first().map_or("(nothing more)", String::as_str)));
        };
        rest = &rest[found + 1..];
        skips = false;
    }
    match rest.first() {
        Some(more) if !skips => Err(format!("printed, and not shown: {more}")),
        _ => Ok(()),
    }
}

/// Whether a line says how far a command is: it comes once a second, where one takes that long.
fn is_progress(line: &str) -> bool {
    let phase = line.split(':').next().unwrap_or_default();
    ["scan", "preview", "run", "verify", "export"].contains(&phase) && line.contains("/s, ")
}

fn fits(printed: &str, shown: &str) -> bool {
    let pieces: Vec<&str> = shown.split('…').map(str::trim).collect();
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return false };
    if pieces.len() == 1 {
        return printed == shown;
    }
    let mut rest = printed;
    for piece in &pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    printed.starts_with(first) && printed.ends_with(last)
}

/// A line with one blank between words, and without what differs from day to day.
pub(super) fn masked(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let ids = without_ids(word);
        if is_time(word) { ids.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect() } else { ids }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Ids of runs and digests replaced by a word.
fn without_ids(word: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    for c in word.chars().chain(std::iter::once(' ')) {
        if c.is_ascii_alphanumeric() {
            run.push(c);
            continue;
        }
        let is_ulid = run.len() == 26 && run.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        let is_digest = run.len() >= 32 && run.chars().all(|c| c.is_ascii_hexdigit());
        out.push_str(if is_ulid {
            "ULID"
        } else if is_digest {
            "HEX"
        } else {
            &run
        });
        run.clear();
        if c != ' ' {
            out.push(c);
        }
    }
    out
}

/// Whether a word holds a date or a time of the day.
fn is_time(word: &str) -> bool {
    let is = |text: &[u8], shape: &str| {
        shape.bytes().zip(text).filter(|(s, c)| if *s == b'0' { c.is_ascii_digit() } else { s == *c }).count()
            == shape.len()
    };
    let bytes = word.as_bytes();
    (0..bytes.len()).any(|at| is(&bytes[at..], "0000-00") || is(&bytes[at..], "00:00"))
}

#[test]
fn ids_and_times_do_not_count_and_everything_else_does() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let printed = "run 01M8M3QZHP1PNNXN331EFK3XA2 is done: done 24\nat 2026-11-29T16:55:50.070Z\nend";
    let run = "run 01JD1S0V3Q8ZJ5N4M6T7W9XYAB is  done: done 24";
    assert_eq!(compare(printed, &shown(&format!("{run}\nat 2024-01-01T00:00:00.000Z\nend"))), Ok(()));
    assert_eq!(compare(printed, &shown(&format!("{run}\n…"))), Ok(()));
    assert_eq!(compare(printed, &shown("run … done 24\n…\nend")), Ok(()));
    assert_eq!(compare("scan: 7434, 592/s, 498 read units\nend", &shown("end")), Ok(()));
    assert!(compare(printed, &shown(&run.replace("24", "25"))).is_err());
    assert!(compare(printed, &shown(run)).unwrap_err().contains("not shown"));
    assert!(compare(printed, &shown("…\nmore")).unwrap_err().contains("more"));
}
