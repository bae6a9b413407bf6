//! The two readmes: the same headings, commands, tables and keys in both languages.

use std::path::Path;

/// What both must share.
#[derive(Debug, Default, PartialEq)]
struct Shape {
    /// Levels of the headings, in order.
    headings: Vec<usize>,
    /// Lines of code blocks without their comments.
    code: Vec<String>,
    /// Rows of tables, counted between two headings.
    rows: Vec<usize>,
    /// What stands in backticks in tables, in order of the rows: keys, options, findings.
    words: Vec<String>,
}

fn without_comment(line: &str) -> String {
    let mut quoted = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quoted, c) {
            (Some(open), c) if c == open => quoted = None,
            (None, '"' | '\'') => quoted = Some(c),
            (None, '#') if before == ' ' => return line[..at].trim_end().to_owned(),
            _ => {}
        }
        before = c;
    }
    line.trim_end().to_owned()
}

fn shape(name: &str) -> Shape {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let mut shape = Shape { rows: vec![0], ..Shape::default() };
    let mut block: Option<bool> = None;
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            // In a tree of folders the descriptions are translated, too: its first words are not.
            block = match block {
                Some(_) => None,
                None => Some(!language.is_empty()),
            };
            shape.code.push(line.to_owned());
        } else if let Some(has_comments) = block {
            let first = line.split_whitespace().next().unwrap_or_default().to_owned();
            shape.code.push(if has_comments { without_comment(line) } else { first });
        } else if line.starts_with('#') {
            shape.headings.push(line.chars().take_while(|c| *c == '#').count());
            shape.rows.push(0);
        } else if line.starts_with('|') {
            *shape.rows.last_mut().unwrap() += 1;
            let first = line.split('|').nth(1).unwrap_or_default();
            shape.words.extend(first.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    shape
}

#[test]
fn both_readmes_have_the_same_headings_commands_and_keys() {
    let (english, japanese) = (shape("README.md"), shape("README.ja.md"));
    assert!(english.headings.len() > 15 && english.code.len() > 150 && english.words.len() > 60, "{english:?}");
    assert_eq!(english.headings, japanese.headings);
    for (at, (a, b)) in english.code.iter().zip(&japanese.code).enumerate() {
        assert_eq!(a, b, "line {at} of the code blocks");
    }
    assert_eq!(english.code.len(), japanese.code.len());
    assert_eq!((english.rows, english.words), (japanese.rows, japanese.words));
}

#[test]
fn a_comment_is_what_stands_behind_a_hash_outside_quotes() {
    assert_eq!(without_comment("pk = \"A#b # c\"  # note"), "pk = \"A#b # c\"");
    assert_eq!(without_comment("open 'A#b' --x"), "open 'A#b' --x");
    assert_eq!(without_comment("# all"), "");
}
