//! What a page of the documentation asks its reader to do: commands, keys, and what they print.

use std::path::Path;

use crate::readme::{in_backticks, is_of_keys, without_comment};

/// A command of a `sh` block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// Where it stands, for messages.
    pub(super) at: String,
    pub(super) text: String,
    pub(super) comment: String,
}

/// A row of a table of keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Press {
    pub(super) at: String,
    /// Keys by their names, and texts that are typed.
    pub(super) keys: Vec<String>,
    /// Texts that are on the screen afterwards.
    pub(super) seen: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Run(Line),
    /// Lines that the command before prints.
    Shown(String, Vec<String>),
    /// A table of keys, and the name of the picture that is made of it.
    Keys(Vec<Press>, Option<String>),
}

/// The steps of a page, in order.
pub(super) fn steps(file: &str) -> Vec<Step> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    steps_of(file, &text)
}

fn steps_of(file: &str, text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut picture = None;
    let mut lines = text.lines().enumerate().peekable();
    while let Some((n, line)) = lines.next() {
        let at = |n: usize| format!("{file}:{}", n + 1);
        if let Some(name) = line.strip_prefix("<!-- picture: ") {
            picture = Some(name.trim_end_matches(" -->").to_owned());
        } else if let Some(language) = line.strip_prefix("```") {
            let inside: Vec<(usize, &str)> = std::iter::from_fn(|| lines.next().filter(|(_, l)| *l != "```")).collect();
            match language {
                "sh" => steps.extend(
                    commands(&inside)
                        .into_iter()
                        .map(|(n, text, comment)| Step::Run(Line { at: at(n), text, comment })),
                ),
                "text" => steps.push(Step::Shown(at(n), inside.iter().map(|(_, l)| (*l).to_owned()).collect())),
                _ => {}
            }
        } else if is_of_keys(line) {
            // The line below the headings.
            lines.next();
            let mut rows = Vec::new();
            while let Some((n, row)) = lines.next_if(|(_, l)| l.starts_with('|')) {
                let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
                rows.push(Press { at: at(n), keys: in_backticks(cells[0]), seen: in_backticks(cells[1]) });
            }
            steps.push(Step::Keys(rows, picture.take()));
        }
    }
    steps
}

/// Commands of a block: a line that ends in a backslash goes on, and a document behind `<<'END'` belongs to its command.
fn commands(inside: &[(usize, &str)]) -> Vec<(usize, String, String)> {
    let mut out = Vec::new();
    let mut lines = inside.iter();
    while let Some((n, line)) = lines.next() {
        let (mut text, comment) = without_comment(line);
        while text.ends_with('\\') {
            let (_, more) = lines.next().unwrap();
            text = format!("{text}\n{}", without_comment(more).0);
        }
        if let Some((_, end)) = text.clone().split_once("<<'") {
            let end = end.split('\'').next().unwrap().to_owned();
            for (_, line) in lines.by_ref() {
                text = format!("{text}\n{line}");
                if *line == end {
                    break;
                }
            }
        }
        if !text.is_empty() {
            out.push((*n, text, comment));
        }
    }
    out
}

#[test]
fn commands_their_output_and_keys_are_found_in_order() {
    let page = "# A\n```sh\na 'b # c'   # exit code 3\ncat > f <<'END'\nx # y\nEND\n```\n```text\none\n```\n<!-- picture: p -->\n\
                | press | you see |\n|---|---|\n| `:o x` `Enter` | the list, `P-1` |\n\ntext\n";
    let run = |n: usize, text: &str, comment: &str| {
        Step::Run(Line { at: format!("f:{n}"), text: text.to_owned(), comment: comment.to_owned() })
    };
    let press = Press {
        at: "f:14".to_owned(),
        keys: vec![":o x".to_owned(), "Enter".to_owned()],
        seen: vec!["P-1".to_owned()],
    };
    assert_eq!(
        steps_of("f", page),
        [
            run(3, "a 'b # c'", "exit code 3"),
            run(4, "cat > f <<'END'\nx # y\nEND", ""),
            Step::Shown("f:8".to_owned(), vec!["one".to_owned()]),
            Step::Keys(vec![press], Some("p".to_owned())),
        ]
    );
}
