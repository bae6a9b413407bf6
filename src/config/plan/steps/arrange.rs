//! Elements of a list added, taken away and put in another order.

use toml_edit::{Array, ArrayOfTables, Decor, Document, DocumentMut, InlineTable, Item, RawString, Table, Value};

use super::super::edit::{LAST, rewritten, trailing_above};
use super::node::{NodeMut, Seg, find_mut, of_item_mut};

/// Adds an empty element.
pub(super) fn add(text: &str, parent: &[Seg], key: &'static str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    rewritten(text, document, |document| {
        let path = [parent, &[Seg::Key(key)]].concat();
        match find_mut(document.as_table_mut(), &path) {
            Some(NodeMut::Tables(tables)) => tables.push(Table::new()),
            Some(NodeMut::List(list)) => push(list),
            Some(NodeMut::Table(_) | NodeMut::Braced(_)) => return None,
            None => begin(document, parent, key)?,
        }
        Some(())
    })
}

/// A text with a list as it stands in another one, or without any.
pub(super) fn take_over(text: &str, from: &str, parent: &[Seg], key: &'static str) -> Option<String> {
    let from: DocumentMut = from.parse().ok()?;
    let mut document: DocumentMut = text.parse().ok()?;
    let taken = match parent {
        [] => from.get(key).cloned(),
        [Seg::Key(name)] => from.get(name).and_then(Item::as_table_like).and_then(|table| table.get(key)).cloned(),
        _ => None,
    };
    let is_there = find_mut(document.as_table_mut(), parent).is_some();
    let Some(mut taken) = taken else {
        match find_mut(document.as_table_mut(), parent) {
            Some(NodeMut::Table(table)) => drop(table.remove(key)),
            Some(NodeMut::Braced(braced)) => drop(braced.remove(key)),
            _ => {}
        }
        return Some(document.to_string());
    };
    // Behind everything else, in its own order.
    if let Some(NodeMut::Tables(tables)) = of_item_mut(&mut taken) {
        tables.iter_mut().for_each(|one| each(one, &mut |table| table.set_position(Some(LAST))));
    }
    match (find_mut(document.as_table_mut(), parent), parent) {
        (Some(NodeMut::Table(table)), _) => drop(table.insert(key, taken)),
        (None, [Seg::Key(name)]) if !is_there => {
            let mut table = Table::new();
            table.set_implicit(true);
            table.insert(key, taken);
            document.insert(name, Item::Table(table));
        }
        _ => return None,
    }
    Some(document.to_string())
}

/// Adds an empty table to a list in brackets, written as the one before it.
fn push(list: &mut Array) {
    let lead = list.iter().last().and_then(|last| last.decor().prefix()?.as_str().map(str::to_owned));
    let lead = lead.filter(|lead| list.len() > 1 || lead.contains('\n')).filter(|lead| !lead.contains('#'));
    let lead = lead.unwrap_or_else(|| if list.is_empty() { String::new() } else { " ".to_owned() });
    let mut element = InlineTable::new();
    element.decor_mut().set_prefix(lead);
    element.decor_mut().set_suffix("");
    list.push_formatted(Value::InlineTable(element));
}

/// Begins a list that is not there yet.
fn begin(document: &mut DocumentMut, parent: &[Seg], key: &'static str) -> Option<()> {
    let is_top = parent.is_empty();
    let is_there = find_mut(document.as_table_mut(), parent).is_some();
    if is_top && document.contains_key(key) {
        return None;
    }
    let mut first = Table::new();
    // One of a table that stands in the text comes behind it; any other at the end, under the comments there.
    if is_top || !is_there {
        first.set_position(Some(LAST));
        let above = trailing_above(document);
        first.decor_mut().set_prefix(above);
    }
    let mut tables = ArrayOfTables::new();
    tables.push(first);
    if !is_there {
        let [Seg::Key(name)] = parent else { return None };
        if document.contains_key(name) {
            return None;
        }
        let mut table = Table::new();
        table.set_implicit(true);
        table.insert(key, Item::ArrayOfTables(tables));
        document.insert(name, Item::Table(table));
        return Some(());
    }
    match find_mut(document.as_table_mut(), parent)? {
        NodeMut::Table(table) if !table.contains_key(key) => drop(table.insert(key, Item::ArrayOfTables(tables))),
        NodeMut::Braced(braced) if !braced.contains_key(key) => {
            let mut list = Array::new();
            list.push(InlineTable::new());
            super::super::edit::put_in(braced, key, Value::Array(list));
        }
        _ => return None,
    }
    Some(())
}

/// Takes an element away; a list that is left with nothing goes with it.
pub(super) fn remove(text: &str, parent: &[Seg], key: &'static str, n: usize) -> Option<String> {
    let document = Document::parse(text).ok()?;
    rewritten(text, document, |document| {
        let path = [parent, &[Seg::Key(key)]].concat();
        let (gone, is_empty) = match find_mut(document.as_table_mut(), &path)? {
            NodeMut::Tables(tables) if n < tables.len() => {
                let gone = tables.remove(n);
                (gone, tables.is_empty())
            }
            NodeMut::List(list) if n < list.len() => {
                take(list, n);
                return Some(());
            }
            _ => return None,
        };
        if is_empty && let NodeMut::Table(table) = find_mut(document.as_table_mut(), parent)? {
            table.remove(key);
        }
        keep_comments(document, &gone);
        Some(())
    })
}

/// Takes an element out of a list in brackets; comments around it stay.
fn take(list: &mut Array, n: usize) {
    let gone = list.remove(n);
    let text = |raw: Option<&RawString>| raw.and_then(RawString::as_str).unwrap_or_default().to_owned();
    let (above, behind) = (text(gone.decor().prefix()), text(gone.decor().suffix()));
    let kept: String = [&above, &behind].into_iter().filter(|t| t.contains('#')).map(String::as_str).collect();
    match list.get_mut(n) {
        Some(next) if kept.is_empty() && !text(next.decor().prefix()).contains('#') => {
            next.decor_mut().set_prefix(above);
        }
        Some(next) => {
            let own = text(next.decor().prefix());
            next.decor_mut().set_prefix(format!("{kept}{own}"));
        }
        None => {
            let own = text(Some(list.trailing()));
            list.set_trailing(format!("{kept}{own}"));
        }
    }
}

/// Puts the comments of a table that is gone where it stood, those behind values left out.
fn keep_comments(document: &mut DocumentMut, gone: &Table) {
    let mut comments = String::new();
    inside(gone, &mut comments);
    let above = prefix(gone.decor());
    let lead = match above.rfind('#') {
        Some(at) => above[at..].find('\n').map_or(above.as_str(), |end| &above[..at + end + 1]),
        None if comments.is_empty() => "",
        None => above.as_str(),
    };
    let kept = format!("{lead}{comments}");
    if kept.is_empty() {
        return;
    }
    let after = gone.position().unwrap_or(isize::MAX);
    let mut next = None;
    each(document.as_table_mut(), &mut |table| {
        if let Some(at) = table.position().filter(|at| *at > after)
            && next.is_none_or(|best| at < best)
        {
            next = Some(at);
        }
    });
    let Some(next) = next else {
        let own = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(format!("{kept}{own}"));
        return;
    };
    each(document.as_table_mut(), &mut |table| {
        if table.position() == Some(next) {
            let own = prefix(table.decor());
            table.decor_mut().set_prefix(format!("{kept}{own}"));
        }
    });
}

fn prefix(decor: &Decor) -> String {
    decor.prefix().and_then(RawString::as_str).unwrap_or_default().to_owned()
}

/// The comments on lines of their own in a table and in those below it.
fn inside(table: &Table, out: &mut String) {
    let mut add = |text: &str| {
        for line in text.lines().filter(|line| line.trim_start().starts_with('#')) {
            out.push_str(line);
            out.push('\n');
        }
    };
    for (key, item) in table.iter() {
        let leaf = table.key(key).map(|key| prefix(key.leaf_decor())).unwrap_or_default();
        add(&leaf);
        if let Item::Table(below) = item {
            add(&prefix(below.decor()));
        }
        if let Item::ArrayOfTables(below) = item {
            below.iter().for_each(|one| add(&prefix(one.decor())));
        }
    }
    for (_, item) in table.iter() {
        match item {
            Item::Table(below) => inside(below, out),
            Item::ArrayOfTables(below) => below.iter().for_each(|one| inside(one, out)),
            Item::Value(_) | Item::None => {}
        }
    }
}

/// Lets an element and the next one change places.
pub(super) fn swap(text: &str, parent: &[Seg], key: &'static str, n: usize) -> Option<String> {
    let document = Document::parse(text).ok()?;
    rewritten(text, document, |document| {
        let path = [parent, &[Seg::Key(key)]].concat();
        match find_mut(document.as_table_mut(), &path)? {
            NodeMut::Tables(tables) if n + 1 < tables.len() => {
                let mut places = Vec::new();
                tables.iter_mut().for_each(|one| each(one, &mut |table| places.extend(table.position())));
                let first = tables.remove(n);
                tables.insert(n + 1, first);
                // The places in the text stay; what stands in them is another.
                places.sort_unstable();
                let mut places = places.into_iter();
                tables.iter_mut().for_each(|one| place_anew(one, &mut places));
            }
            NodeMut::List(list) if n + 1 < list.len() => {
                let first = list.get(n)?.clone();
                let second = list.get(n + 1)?.clone();
                let decors = (first.decor().clone(), second.decor().clone());
                let dressed = |mut value: Value, decor: Decor| {
                    *value.decor_mut() = decor;
                    value
                };
                list.replace_formatted(n, dressed(second, decors.0));
                list.replace_formatted(n + 1, dressed(first, decors.1));
            }
            _ => return None,
        }
        Some(())
    })
}

/// Every table that stands in the text with a header, or could: itself first.
fn each(table: &mut Table, work: &mut impl FnMut(&mut Table)) {
    if !table.is_dotted() {
        work(table);
    }
    for (_, item) in table.iter_mut() {
        match of_item_mut(item) {
            Some(NodeMut::Table(below)) => each(below, work),
            Some(NodeMut::Tables(below)) => below.iter_mut().for_each(|one| each(one, work)),
            _ => {}
        }
    }
}

/// Gives a table and those below it the next places, in the order in which they stand.
fn place_anew(table: &mut Table, places: &mut impl Iterator<Item = isize>) {
    let mut old = Vec::new();
    each(table, &mut |table| old.extend(table.position()));
    old.sort_unstable();
    let moved: Vec<(isize, Option<isize>)> = old.into_iter().map(|at| (at, places.next())).collect();
    each(table, &mut |table| {
        let new = moved.iter().find(|(at, _)| Some(*at) == table.position()).and_then(|(_, new)| *new);
        if new.is_some() {
            table.set_position(new);
        }
    });
}
