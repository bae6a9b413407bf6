//! Command lines as a shell reads them back.

use super::printable::is_unsafe;

/// A word, quoted where it has to be; control characters included.
#[must_use]
pub fn quote(word: &str) -> String {
    if word.chars().any(is_unsafe) {
        let mut out = String::from("$'");
        for c in word.chars() {
            match c {
                '\'' | '\\' => out.extend(['\\', c]),
                c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
                c if is_unsafe(c) => out.push_str(&format!("\\U{:08x}", u32::from(c))),
                c => out.push(c),
            }
        }
        out.push('\'');
        return out;
    }
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A line of words: those that every command for the same tables begins with, and its own.
#[must_use]
pub fn line(prefix: &[String], words: &[&str]) -> String {
    let all = prefix.iter().map(String::as_str).chain(words.iter().copied());
    all.map(quote).collect::<Vec<_>>().join(" ")
}
