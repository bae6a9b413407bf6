//! Single values of a TOML text, written and taken away; everything else stays as it was written, comments included.

use std::ops::Range;

use toml_edit::{Document, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// Behind every table that stands in a text.
pub(super) const LAST: isize = isize::MAX / 2;

/// Writes a value: over the one that stands there, otherwise as the last key of its own table. `None` where the text is no TOML or
/// the table is something else.
pub(super) fn set(text: &str, table: &str, key: &str, literal: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    if let Some((_, old)) = known(document.as_table(), table, key).and_then(plain) {
        return Some(replaced(text, old, literal));
    }
    let value: Value = literal.parse().ok()?;
    rewritten(text, document, |document| insert(document, table, key, value))
}

/// Takes a key away, with its line and what stands on that behind the value.
pub(super) fn remove(text: &str, table: &str, key: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let root = document.as_table();
    let found = known(root, table, key)?;
    let is_braced = !table.is_empty() && root.get(table).is_some_and(Item::is_inline_table);
    // Outside of braces a key has its lines to itself.
    if let (false, Some((name, value))) = (is_braced, plain(found)) {
        let (start, end) = line_of(text, name.start, value.end);
        return Some(replaced(text, start..end, ""));
    }
    rewritten(text, document, |document| {
        let root = document.as_table_mut();
        match root.get_mut(table) {
            Some(Item::Value(Value::InlineTable(braced))) => take_out(braced, key),
            Some(Item::Table(table)) => table.remove(key).map(drop),
            _ => root.remove(key).map(drop),
        }
    })
}

/// A key as it stands in its table, or at the top of the text.
fn known<'t>(root: &'t Table, table: &str, key: &str) -> Option<(&'t toml_edit::Key, &'t Item)> {
    if table.is_empty() {
        return root.get_key_value(key);
    }
    let table: &dyn TableLike = root.get(table)?.as_table_like()?;
    table.get_key_value(key)
}

/// The places of a key's name and value, unless the value is written over several keys or has a header.
pub(super) fn plain((name, item): (&toml_edit::Key, &Item)) -> Option<(Range<usize>, Range<usize>)> {
    let value = item.as_value().filter(|value| !value.as_inline_table().is_some_and(InlineTable::is_dotted))?;
    Some((name.span()?, value.span()?))
}

fn insert(document: &mut DocumentMut, table: &str, key: &str, value: Value) -> Option<()> {
    if table.is_empty() {
        document.insert(key, Item::Value(value));
        return Some(());
    }
    match document.get_mut(table) {
        Some(Item::Table(known)) => {
            // Lists of tables below it do not give it a header of its own.
            known.set_implicit(known.is_dotted());
            known.insert(key, Item::Value(value));
        }
        Some(Item::Value(Value::InlineTable(braced))) => put_in(braced, key, value),
        Some(Item::Value(_) | Item::ArrayOfTables(_)) => return None,
        Some(Item::None) | None => {
            let mut new = Table::new();
            new.insert(key, Item::Value(value));
            new.set_position(Some(LAST));
            let above = trailing_above(document);
            new.decor_mut().set_prefix(above);
            document.insert(table, Item::Table(new));
        }
    }
    Some(())
}

/// Text to stand above a new table at the end of the document: comments there stay where they are.
pub(super) fn trailing_above(document: &mut DocumentMut) -> String {
    let mut above = document.trailing().as_str().unwrap_or_default().to_owned();
    if !above.is_empty() && !above.ends_with('\n') {
        above.push('\n');
    }
    if !document.is_empty() || !above.is_empty() {
        above.push('\n');
    }
    document.set_trailing("");
    above
}

/// Whether a text is TOML.
pub(super) fn is_toml(text: &str) -> bool {
    Document::parse(text).is_ok()
}

/// Adds a key to a table in braces; what set the brace apart from the last value stands behind the new one then.
pub(super) fn put_in(braced: &mut InlineTable, key: &str, mut value: Value) {
    let last = braced.iter_mut().last().map(|(_, last)| last.decor_mut());
    if let Some(decor) = last
        && let Some(space) = decor.suffix().and_then(|s| s.as_str()).filter(|s| !s.contains('#')).map(str::to_owned)
    {
        decor.set_suffix("");
        value.decor_mut().set_suffix(space);
        value.decor_mut().set_prefix(" ");
    }
    braced.insert(key, value);
}

/// Takes a key out of a table in braces; comments around it stay.
pub(super) fn take_out(braced: &mut InlineTable, key: &str) -> Option<()> {
    let place = braced.iter().position(|(name, _)| name == key)?;
    let (name, value) = braced.remove_entry(key)?;
    let text = |decor: Option<&toml_edit::RawString>| decor.and_then(|d| d.as_str()).unwrap_or_default().to_owned();
    let (above, behind) = (text(name.leaf_decor().prefix()), text(value.decor().suffix()));
    let kept: String = [&above, &behind].into_iter().filter(|t| t.contains('#')).map(String::as_str).collect();
    if let Some((mut next, _)) = braced.iter_mut().nth(place) {
        let own = text(next.leaf_decor().prefix());
        next.leaf_decor_mut().set_prefix(format!("{kept}{own}"));
        return Some(());
    }
    if let Some((_, last)) = braced.iter_mut().last()
        && !behind.contains('#')
        && !text(last.decor().suffix()).contains('#')
    {
        last.decor_mut().set_suffix(behind);
    }
    let own = text(Some(braced.trailing()));
    braced.set_trailing(format!("{kept}{own}"));
    Some(())
}

pub(super) fn rewritten(
    text: &str,
    document: Document<&str>,
    change: impl FnOnce(&mut DocumentMut) -> Option<()>,
) -> Option<String> {
    let mut document = document.into_mut();
    let before = document.to_string();
    change(&mut document)?;
    Some(with_own_lines(text, &before, &document.to_string()))
}

/// The text after a change, with the lines that the change left alone as they were: a document written anew ends each of them in the
/// same way.
fn with_own_lines(own: &str, before: &str, after: &str) -> String {
    fn bare(line: &str) -> &str {
        line.trim_end_matches(['\r', '\n'])
    }
    let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<_>>();
    let (own, before, after) = (lines(own), lines(before), lines(after));
    // Dotted keys of one table that stood apart are together now.
    if own.len() != before.len() || own.iter().zip(&before).any(|(a, b)| bare(a) != bare(b)) {
        return after.concat();
    }
    let same = |(a, b): &(&&str, &&str)| bare(a) == bare(b);
    let head = own.iter().zip(&after).take_while(same).count();
    let room = own.len().min(after.len()) - head;
    let tail = own.iter().rev().zip(after.iter().rev()).take(room).take_while(same).count();
    let new = &after[head..after.len() - tail];
    let ending = if own.first().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
    // A text that ends without a line break goes on doing so.
    let is_open = own.last().is_some_and(|line| !line.ends_with('\n'));
    let mut out = String::new();
    for (i, line) in own[..head].iter().chain(new).chain(&own[own.len() - tail..]).enumerate() {
        let is_new = (head..head + new.len()).contains(&i);
        out.push_str(bare(line));
        out.push_str(match &line[bare(line).len()..] {
            _ if is_open && i + 1 == after.len() => "",
            "" => ending,
            _ if is_new => ending,
            own => own,
        });
    }
    out
}

pub(super) fn replaced(text: &str, at: Range<usize>, with: &str) -> String {
    let mut out = text.to_owned();
    out.replace_range(at, with);
    out
}

/// From the beginning of the first place's line to behind the end of the last one's.
pub(super) fn line_of(text: &str, first: usize, last: usize) -> (usize, usize) {
    let start = text[..first].rfind('\n').map_or(0, |n| n + 1);
    let end = text[last..].find('\n').map_or(text.len(), |n| last + n + 1);
    (start, end)
}
