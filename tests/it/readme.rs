//! The pages that people read in two languages: the same headings, commands, tables and keys in both.

use std::path::Path;

/// Pages in English, and the same in Japanese.
const PAIRS: [(&str, &str); 4] = [
    ("README.md", "README.ja.md"),
    ("docs/tutorial.md", "docs/ja/tutorial.md"),
    ("docs/tasks.md", "docs/ja/tasks.md"),
    ("docs/recipe-lower-case.md", "docs/ja/recipe-lower-case.md"),
];

/// What both must share.
#[derive(Debug, Default, PartialEq)]
struct Shape {
    /// Levels of the headings, in order.
    headings: Vec<usize>,
    /// Lines of code blocks without their comments.
    code: Vec<String>,
    /// Words in backticks in each row of a table, in the order of the alphabet: keys, commands. Of the screen, which speaks the
    /// language of its page, the number of texts.
    rows: Vec<(Vec<String>, usize)>,
    /// Exit codes that comments name, in order.
    exits: Vec<String>,
}

/// A line without the comment at its end, and the comment.
pub(crate) fn without_comment(line: &str) -> (String, String) {
    let mut quoted = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quoted, c) {
            (Some(open), c) if c == open => quoted = None,
            (None, '"' | '\'') => quoted = Some(c),
            (None, '#') if before == ' ' => {
                return (line[..at].trim_end().to_owned(), line[at + 1..].trim().to_owned());
            }
            _ => {}
        }
        before = c;
    }
    (line.trim_end().to_owned(), String::new())
}

/// True for the heading of a table of keys.
pub(crate) fn is_of_keys(line: &str) -> bool {
    line.starts_with("| press |") || line.starts_with("| 押すキー |")
}

/// What stands in backticks.
pub(crate) fn in_backticks(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn shape(name: &str) -> Shape {
    let mut shape = Shape::default();
    let mut block: Option<String> = None;
    let mut has_screens = false;
    for line in text(name).lines() {
        if let Some(language) = line.strip_prefix("```") {
            block = match block {
                Some(_) => None,
                None => Some(language.to_owned()),
            };
            shape.code.push(line.to_owned());
        } else if let Some(language) = &block {
            // Printed lines hold no comments of ours.
            let (code, comment) =
                if language == "text" { (line.to_owned(), String::new()) } else { without_comment(line) };
            shape.code.push(code);
            let code = ["exit code ", "終了コード "].iter().find_map(|words| comment.split_once(words));
            shape.exits.extend(code.map(|(_, n)| n.chars().take_while(char::is_ascii_digit).collect::<String>()));
        } else if line.starts_with('#') {
            shape.headings.push(line.chars().take_while(|c| *c == '#').count());
        } else if line.starts_with('|') {
            has_screens |= is_of_keys(line);
            let (row, screen) = match line.split_once(" | ").filter(|_| has_screens) {
                Some((keys, screen)) => (keys, screen),
                None => (line, ""),
            };
            let mut words = in_backticks(row);
            words.sort_unstable();
            shape.rows.push((words, in_backticks(screen).len()));
        } else {
            has_screens = false;
        }
    }
    shape
}

#[test]
fn both_languages_have_the_same_headings_commands_and_keys() {
    for (english, japanese) in PAIRS {
        let (of_english, of_japanese) = (shape(english), shape(japanese));
        assert!(of_english.headings.len() > 5 || english.contains("recipe"), "{of_english:?}");
        assert!(of_english.code.len() > 40, "{of_english:?}");
        assert_eq!(of_english.headings, of_japanese.headings, "{japanese}");
        for (at, (a, b)) in of_english.code.iter().zip(&of_japanese.code).enumerate() {
            assert_eq!(a, b, "{japanese}: line {at} of the code blocks");
        }
        assert_eq!(of_english, of_japanese, "{japanese}");
    }
}

#[test]
fn both_glossaries_have_the_same_terms() {
    let cells = |name: &str| -> Vec<Vec<String>> {
        let rows = text(name);
        let rows = rows.lines().filter(|line| line.starts_with("| ")).skip(1);
        rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
    };
    let english: Vec<(String, String)> =
        cells("docs/glossary.md").into_iter().map(|row| (row[0].clone(), row[2].clone())).collect();
    let japanese: Vec<(String, String)> =
        cells("docs/ja/glossary.md").into_iter().map(|row| (row[1].clone(), row[0].clone())).collect();
    assert!(english.len() > 100, "{}", english.len());
    assert_eq!(english, japanese);
}

#[test]
fn the_readmes_are_short() {
    for name in ["README.md", "README.ja.md"] {
        let text = text(name);
        assert!(text.lines().count() <= 150, "{name}: {} lines", text.lines().count());
        let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 140).collect();
        assert_eq!(long, Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn a_comment_is_what_stands_behind_a_hash_outside_quotes() {
    let without = |line| without_comment(line).0;
    assert_eq!(without("pk = \"A#b # c\"  # note"), "pk = \"A#b # c\"");
    assert_eq!(without("open 'A#b' --x"), "open 'A#b' --x");
    assert_eq!(without("# all"), "");
}
