//! Whatever is stored, no character reaches the terminal that steers it or hides.

use proptest::prelude::*;
use ratatui::buffer::Buffer;

use super::{Fake, Play, Played};
use crate::domain::printable::is_unsafe;
use crate::domain::value::{Value, to_plain_json};
use crate::tui::text;

/// Asserts that every cell of a buffer can be drawn as it is: one character with its marks, which may be wide, and nothing else
/// in the cells that it takes up.
fn assert_drawable(buffer: &Buffer, what: &str) {
    for y in buffer.area.y..buffer.area.bottom() {
        let mut x = buffer.area.x;
        while x < buffer.area.right() {
            let symbol = buffer[(x, y)].symbol();
            assert!(!symbol.chars().any(is_unsafe), "{what}: {symbol:?}");
            let pieces: Vec<_> = text::cells(symbol).collect();
            let [(_, width)] = pieces[..] else { panic!("{what}: {symbol:?} is no single character") };
            let end = x + u16::try_from(width).unwrap();
            assert!(end <= buffer.area.right(), "{what}: {symbol:?} stands beyond the edge");
            for over in x + 1..end {
                assert_eq!(buffer[(over, y)].symbol(), " ", "{what}: inside {symbol:?}");
            }
            x = end;
        }
    }
}

/// Characters that steer terminals or hide, among harmless ones.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\u{1b}[2J".to_owned()),
        Just("\u{1b}]52;c;eA==\u{7}".to_owned()),
        Just("\r\n\t\0".to_owned()),
        Just("\u{9b}31m".to_owned()),
        Just("\u{202e}abc\u{2066}".to_owned()),
        Just("\u{200b}\u{feff}\u{ad}".to_owned()),
        Just("ボルト ﾊﾞﾊﾟ".to_owned()),
        Just("👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}".to_owned()),
        Just("e\u{301}\u{302}\u{303}".to_owned()),
        // A mark that belongs to the letter after it.
        Just("\u{d4e}\" \u{d4e}".to_owned()),
        any::<String>(),
    ];
    proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

fn entity(pk: &str, sk: &str, text: &str) -> Fake {
    let mut fake = Fake::empty();
    let json = |t: &str| to_plain_json(&Value::s(t));
    for (version, kind) in [(1, crate::domain::row::TableKind::History), (2, crate::domain::row::TableKind::Data)] {
        let key = if version == 1 { format!("{sk}@1") } else { sk.to_owned() };
        let row = format!(
            r#"{{"pk":{},"sk":{},"version":{version},"name":{},"updatedBy":{},"updatedAt":{},"requestId":{},"attributes":{{{}:{},"n":{version}}}}}"#,
            json(pk),
            json(&key),
            json(text),
            json(text),
            json(text),
            json(text),
            json(text),
            json(&format!("{text}{version}"))
        );
        let row = crate::domain::value::from_plain_json(&row).unwrap();
        fake.data.insert("product", kind, crate::domain::row::Row(row.as_map().unwrap().clone()));
    }
    fake
}

fn play(fake: Fake, keys: &str) -> Played {
    Play::new(120, 40).with(|p| p.fake = fake).keys(keys)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nothing_stored_steers_the_terminal(text in nasty(), pk in nasty(), sk in nasty()) {
        // The framework's own separator would make another entity of the key.
        let sk = format!("k{}", sk.replace('@', ""));
        let pk = format!("PRODUCT#{pk}");
        for keys in ["jl", "jl<down><ret>", "jl<down><ret><ret>", "jl<down><ret><ret>o", "jl<down><ret><ret>oo", "jl<down><ret><ret>[p", "jl<down><ret><ret>Y", "jl<down><ret><ret>3", "AAjl<down><ret><ret>[R"] {
            let played = play(entity(&pk, &sk, &text), keys);
            assert_drawable(&played.buffer, keys);
        }
    }

    #[test]
    fn nothing_typed_or_pasted_does_either(text in nasty()) {
        let pasted: String = text.chars().filter(|c| *c != '>').collect();
        for keys in ["/", ":open ", "?"] {
            let played = play(Fake::golden(), &format!("{keys}<paste:{pasted}>"));
            assert_drawable(&played.buffer, keys);
        }
    }
}

/// Found by the test above: vowels and finals of Hangul join no mark that would give them a cell.
#[test]
fn parts_of_syllables_without_their_beginning_are_drawn_safely() {
    for text in ["\u{d7b0}A", "A\u{d7cb}", "\u{1161}\u{301}", "각\u{1161}", "\u{1112}\u{1161}\u{11ab}\u{d7b0}"] {
        for keys in ["jl", "jl<down><ret><ret>", "jl<down><ret><ret>oo", "AAjl<down><ret><ret>[R"] {
            let played = play(entity(&format!("PRODUCT#{text}"), &format!("k{text}"), text), keys);
            assert_drawable(&played.buffer, keys);
        }
    }
}

/// Marks that take up cells of their own make one character of four cells and more.
#[test]
fn a_character_of_many_cells_is_drawn_whole_or_not_at_all() {
    for marks in 1..9 {
        let wide = format!("ﾊﾟ{}", "\u{9c7}\u{9bf}".repeat(marks));
        for (width, keys) in
            [(120, "jl"), (120, "jl<down><ret><ret>"), (80, "jl<down><ret><ret>oo"), (60, "jl<down><ret><ret>")]
        {
            let fake = entity(&format!("PRODUCT#{wide}"), &format!("k{wide}"), &format!("a{wide}{wide}"));
            let played = Play::new(width, 24).with(|p| p.fake = fake).keys(keys);
            assert_drawable(&played.buffer, keys);
        }
    }
}

#[test]
fn what_the_engine_says_is_drawn_safely() {
    use crate::engine::failure::{ErrorCode, Failure};
    use crate::engine::protocol::{Command, Event, Level};
    let fake = Fake::golden().answering(|c| {
        let mut failure = Failure::new(ErrorCode::Internal, "a\u{1b}[31mb");
        failure.hint = Some("\u{202e}hint\n".into());
        let events = vec![
            Event::Log(Level::Warning, "x\u{7}y\u{85}z".into()),
            Event::Failed(Box::new(failure)),
            Event::Finished { cancelled: false },
        ];
        matches!(c, Command::ScanTenants { .. }).then_some(events)
    });
    let played = play(fake, "");
    assert_drawable(&played.buffer, "failure");
    assert!(played.screen.contains("a␛[31mb") && played.screen.contains("‹U+202E›hint␊"), "{}", played.screen);
    assert!(played.screen.contains("x␇y‹U+0085›z"), "{}", played.screen);
}
