use similar::{ChangeTag, TextDiff};

/// A piece of a text and whether the other text has it too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The piece.
    pub text: String,
    /// Whether it differs.
    pub changed: bool,
}

/// Longer texts are shown whole: comparing them word by word would stall the screen and help nobody.
const LIMIT: usize = 4_000;

/// Compares two strings word by word: the pieces of the first, and the pieces of the second.
///
/// Words end as Unicode says, so Japanese text is not one word. Texts above 4,000 bytes come back as one changed piece each.
#[must_use]
pub fn words(before: &str, after: &str) -> (Vec<Span>, Vec<Span>) {
    if before.len() + after.len() > LIMIT {
        let whole = |text: &str| vec![Span { text: text.to_owned(), changed: true }];
        return (whole(before), whole(after));
    }
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for change in TextDiff::from_unicode_words(before, after).iter_all_changes() {
        let text = change.value();
        match change.tag() {
            ChangeTag::Equal => {
                push(&mut old, text, false);
                push(&mut new, text, false);
            }
            ChangeTag::Delete => push(&mut old, text, true),
            ChangeTag::Insert => push(&mut new, text, true),
        }
    }
    (old, new)
}

fn push(spans: &mut Vec<Span>, text: &str, changed: bool) {
    match spans.last_mut() {
        Some(last) if last.changed == changed => last.text.push_str(text),
        _ => spans.push(Span { text: text.to_owned(), changed }),
    }
}
