//! Tables and lists in a document, found by the way that leads to them; values in them written and taken away.

use toml_edit::{Array, ArrayOfTables, Document, InlineTable, Item, Key, Table, Value};

use super::super::edit::{line_of, plain, put_in, replaced, rewritten, take_out};

/// A part of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seg {
    Key(&'static str),
    At(usize),
}

/// Table or list that the way leads to.
#[derive(Debug)]
pub(super) enum Node<'t> {
    Table(&'t Table),
    Braced(&'t InlineTable),
    Tables(&'t ArrayOfTables),
    List(&'t Array),
}

#[derive(Debug)]
pub(super) enum NodeMut<'t> {
    Table(&'t mut Table),
    Braced(&'t mut InlineTable),
    Tables(&'t mut ArrayOfTables),
    List(&'t mut Array),
}

fn of_value(value: &Value) -> Option<Node<'_>> {
    match value {
        Value::InlineTable(braced) => Some(Node::Braced(braced)),
        Value::Array(list) => Some(Node::List(list)),
        _ => None,
    }
}

fn of_item(item: &Item) -> Option<Node<'_>> {
    match item {
        Item::Table(table) => Some(Node::Table(table)),
        Item::ArrayOfTables(tables) => Some(Node::Tables(tables)),
        Item::Value(value) => of_value(value),
        Item::None => None,
    }
}

pub(super) fn find<'t>(root: &'t Table, path: &[Seg]) -> Option<Node<'t>> {
    path.iter().try_fold(Node::Table(root), |node, seg| step(&node, *seg))
}

/// One part of the way further.
pub(super) fn step<'t>(node: &Node<'t>, seg: Seg) -> Option<Node<'t>> {
    match (node, seg) {
        (Node::Table(table), Seg::Key(key)) => of_item(table.get(key)?),
        (Node::Braced(braced), Seg::Key(key)) => of_value(braced.get(key)?),
        (Node::Tables(tables), Seg::At(n)) => Some(Node::Table(tables.get(n)?)),
        (Node::List(list), Seg::At(n)) => of_value(list.get(n)?),
        _ => None,
    }
}

fn of_value_mut(value: &mut Value) -> Option<NodeMut<'_>> {
    match value {
        Value::InlineTable(braced) => Some(NodeMut::Braced(braced)),
        Value::Array(list) => Some(NodeMut::List(list)),
        _ => None,
    }
}

pub(super) fn of_item_mut(item: &mut Item) -> Option<NodeMut<'_>> {
    match item {
        Item::Table(table) => Some(NodeMut::Table(table)),
        Item::ArrayOfTables(tables) => Some(NodeMut::Tables(tables)),
        Item::Value(value) => of_value_mut(value),
        Item::None => None,
    }
}

pub(super) fn find_mut<'t>(root: &'t mut Table, path: &[Seg]) -> Option<NodeMut<'t>> {
    path.iter().try_fold(NodeMut::Table(root), |node, seg| match (node, *seg) {
        (NodeMut::Table(table), Seg::Key(key)) => of_item_mut(table.get_mut(key)?),
        (NodeMut::Braced(braced), Seg::Key(key)) => of_value_mut(braced.get_mut(key)?),
        (NodeMut::Tables(tables), Seg::At(n)) => Some(NodeMut::Table(tables.get_mut(n)?)),
        (NodeMut::List(list), Seg::At(n)) => of_value_mut(list.get_mut(n)?),
        _ => None,
    })
}

/// How many elements a list has.
pub(super) fn items(list: &Node<'_>) -> usize {
    match list {
        Node::Tables(tables) => tables.len(),
        Node::List(list) => list.len(),
        Node::Table(_) | Node::Braced(_) => 0,
    }
}

pub(super) fn entry<'t>(node: &Node<'t>, key: &str) -> Option<(&'t Key, &'t Item)> {
    match node {
        Node::Table(table) => table.get_key_value(key),
        Node::Braced(braced) => braced.get_key_value(key),
        Node::Tables(_) | Node::List(_) => None,
    }
}

/// Writes a value: over the one that stands there, otherwise as the last key of the table that the way leads to. Of the way only the
/// last part may be missing: it becomes a table in braces.
pub(super) fn set(text: &str, path: &[Seg], key: &str, literal: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let node = find(document.as_table(), path);
    if let Some((_, old)) = node.as_ref().and_then(|node| entry(node, key)).and_then(plain) {
        return Some(replaced(text, old, literal));
    }
    let value: Value = literal.parse().ok()?;
    let is_there = node.is_some();
    rewritten(text, document, |document| {
        let root = document.as_table_mut();
        if is_there {
            return put(find_mut(root, path)?, key, value);
        }
        let (Seg::Key(name), parent) = path.split_last()? else { return None };
        let mut braced = InlineTable::new();
        braced.insert(key, value);
        put(find_mut(root, parent)?, name, Value::InlineTable(braced))
    })
}

fn put(node: NodeMut<'_>, key: &str, value: Value) -> Option<()> {
    match node {
        NodeMut::Table(table) => drop(table.insert(key, Item::Value(value))),
        NodeMut::Braced(braced) => put_in(braced, key, value),
        NodeMut::Tables(_) | NodeMut::List(_) => return None,
    }
    Some(())
}

/// Takes a key away; a table in braces that is left with nothing goes with it.
pub(super) fn remove(text: &str, path: &[Seg], key: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let node = find(document.as_table(), path)?;
    let found = entry(&node, key)?;
    if let (Node::Table(_), Some((name, value))) = (&node, plain(found)) {
        let (start, end) = line_of(text, name.start, value.end);
        return Some(replaced(text, start..end, ""));
    }
    if let (Node::Braced(braced), Some((Seg::Key(name), parent))) = (&node, path.split_last())
        && braced.len() == 1
    {
        return remove(text, parent, name);
    }
    rewritten(text, document, |document| match find_mut(document.as_table_mut(), path)? {
        NodeMut::Table(table) => table.remove(key).map(drop),
        NodeMut::Braced(braced) => take_out(braced, key),
        NodeMut::Tables(_) | NodeMut::List(_) => None,
    })
}

/// Writes another key and value in the place of one.
pub(super) fn replace(text: &str, path: &[Seg], key: &str, pair: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let (name, value) = plain(entry(&find(document.as_table(), path)?, key)?)?;
    Some(replaced(text, name.start..value.end, pair))
}
