//! The console in Japanese: the same keys lead to the same places, none of them goes missing, and every screen is as it should be.

use ratatui::buffer::Cell;

use super::running::{RUN, playing};
use super::{Fake, Played, collisions, doctor, finding, jobs, plans, screens};
use crate::language::Language::{self, English, Japanese};
use crate::language::tests::speaking;
use crate::tui::text;
use crate::tui::theme::Role;

type Size = (u16, u16);
/// A screen by its name, and what leads to it in a window of a size.
type Shown = (String, Box<dyn Fn(Size) -> Played>);

/// Screens of every kind, by their names.
fn screens() -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for (name, keys, protected) in screens::screens() {
        all.push((name.to_owned(), Box::new(move |size| screens::play(size, &keys, protected, Fake::golden()))));
    }
    for (name, keys) in [
        ("canary", ""),
        ("canary_item", "<ret>"),
        ("approve", "a"),
        ("rest", "r3"),
        ("skip", "s"),
        ("hold", "h"),
        ("end", "q"),
        ("waiting", "<esc>"),
        ("ended", "rW"),
        ("leave", "<esc>q"),
    ] {
        all.push((name.to_owned(), Box::new(move |size| playing(size, |_| {}, &format!("{RUN}{keys}")))));
    }
    for (name, keys) in [
        ("form", ":plan open copy.toml<ret>"),
        ("form_transform", ":plan open transform.toml<ret>G"),
        ("form_discard", ":open PRODUCT#acme<ret>3n<ret>globex<ret>n"),
        ("plan_preview", ":plan open copy.toml<ret>p"),
        ("plan_preview_item", ":plan open copy.toml<ret>p<ret>"),
    ] {
        all.push((name.to_owned(), Box::new(move |size| plans::plan_play(size, keys))));
    }
    for (name, keys) in [
        ("collisions", ":plan open codes.toml<ret>pc"),
        ("collisions_merge", ":plan open codes.toml<ret>pcm1"),
        ("findings", ":plan open codes.toml<ret>pf"),
    ] {
        all.push((name.to_owned(), Box::new(move |size| collisions::play(size, keys))));
    }
    for (name, keys) in [("doctor", ":doctor<ret>"), ("repair", ":doctor<ret>r")] {
        all.push((name.to_owned(), Box::new(move |size| doctor::with(size, true, keys))));
    }
    for (name, keys) in [
        ("find", ":find nut<ret>"),
        ("activity", ":activity<ret>"),
        ("profiles", ":profile<ret>"),
        ("about", ":about<ret>"),
    ] {
        all.push((name.to_owned(), Box::new(move |size| finding::play(size, keys))));
    }
    all
}

fn played(language: Language, size: Size, play: &dyn Fn(Size) -> Played) -> Played {
    speaking(language, || play(size))
}

/// The keys that are named on a screen.
fn keys(played: &Played) -> Vec<String> {
    let style = played.app.theme.style(Role::Key);
    let is_key = |cell: &Cell| Some(cell.fg) == style.fg && cell.modifier == style.add_modifier;
    let area = played.buffer.area;
    let mut found = Vec::new();
    for y in area.top()..area.bottom() {
        let mut key = String::new();
        for x in area.left()..area.right() {
            let cell = &played.buffer[(x, y)];
            match is_key(cell) {
                true => key.push_str(cell.symbol()),
                false => found.extend(Some(std::mem::take(&mut key)).filter(|key| !key.trim().is_empty())),
            }
        }
    }
    // The tabs name a pane behind its key.
    found.iter_mut().for_each(|key| *key = key.split(' ').find(|part| !part.is_empty()).unwrap_or_default().to_owned());
    // Fields of rows have the same style. A pane that has the whole window anyway need not say that it can (z).
    let named = ["Enter", "Esc", "Space", "Tab", "F5", "↑↓"];
    found.retain(|key| key != "z" && (key.chars().count() == 1 || named.contains(&key.as_str())));
    found.sort();
    found
}

#[test]
fn the_jobs_are_done_with_the_same_keys() {
    for job in [
        jobs::roll_back_and_undo,
        jobs::copy_a_tenant_batch_by_batch_and_undo,
        jobs::normalise_with_decisions,
        jobs::resume_after_a_kill,
    ] {
        speaking(Japanese, job);
    }
}

#[test]
fn no_key_goes_missing() {
    let (mut seen, mut missing) = (0, Vec::new());
    for (name, play) in screens() {
        let [english, japanese] = [English, Japanese].map(|language| played(language, (80, 24), &*play));
        let (wanted, shown) = (keys(&english), keys(&japanese));
        let lost: Vec<&String> = wanted.iter().filter(|key| !shown.contains(key)).collect();
        missing.extend((!lost.is_empty()).then(|| format!("{name}: {lost:?}\n{}", japanese.screen)));
        seen += wanted.len();
    }
    assert!(seen > 300, "{seen}");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_screen_in_a_small_window() {
    for (name, play) in screens() {
        let played = played(Japanese, (80, 24), &*play);
        for line in played.screen.lines().filter(|l| l.ends_with(['│', '┃', '┓', '┐', '╮', '╯'])) {
            assert_eq!(text::width(line), 80, "{line}\n{}", played.screen);
        }
        insta::assert_snapshot!(format!("ja_{name}_80x24"), played.screen);
    }
}
