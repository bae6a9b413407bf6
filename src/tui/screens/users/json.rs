//! JSON texts over several lines, without a change to any value in them.

use serde::de::IgnoredAny;

/// The text with line breaks and indentation of its own; `None` where it is no JSON object and no list. Names, numbers and escapes
/// stay byte for byte.
pub(super) fn indented(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return None;
    }
    let (mut out, mut depth, mut quoted, mut escaped) = (String::with_capacity(text.len() * 2), 0_usize, false, false);
    let newline = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if quoted {
            out.push(c);
            (quoted, escaped) = (escaped || c != '"', !escaped && c == '\\');
            continue;
        }
        match c {
            ' ' | '\t' | '\r' | '\n' => {}
            '"' => {
                quoted = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                while rest.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                if let Some(end) = rest.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    newline(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                newline(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                newline(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push(c),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_stay_byte_for_byte() {
        let text = "[{\"tenant\":\"A\\u0041\",\"tenant\":\"b: {,\\\"]\", \"n\":1.50e2},\t{}, [ ] ]";
        let shown = indented(text).unwrap();
        assert_eq!(
            shown,
            "[\n  {\n    \"tenant\": \"A\\u0041\",\n    \"tenant\": \"b: {,\\\"]\",\n    \"n\": 1.50e2\n  },\n  {},\n  []\n]"
        );
        for text in ["[{tenant: broken", "42", "\"a\"", "", "[1],"] {
            assert_eq!(indented(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_but_blanks_outside_of_texts_is_changed(words in proptest::collection::vec("\\PC{0,8}", 0..5)) {
            let json = serde_json::json!([{ "a": words, "b\\\"": {} }, []]);
            let shown = indented(&json.to_string()).unwrap();
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), json);
        }
    }
}
