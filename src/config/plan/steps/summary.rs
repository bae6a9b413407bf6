//! Values and elements as a form shows them.

use toml_edit::{Item, Value};

use super::super::draft::listed;
use super::node::Node;

/// A value: texts and lists of them as they are typed, tables without their braces.
pub(super) fn shown(item: &Item, text: &str) -> String {
    match item {
        Item::Value(Value::String(value)) => value.value().clone(),
        Item::Value(Value::Array(list)) if list.iter().all(Value::is_str) => {
            listed(list.iter().filter_map(Value::as_str))
        }
        Item::Value(Value::InlineTable(braced)) if !braced.is_dotted() => within(braced.span(), text),
        Item::Value(value) => written(value.span(), text),
        Item::Table(table) => {
            table.iter().map(|(key, item)| format!("{key} = {}", plain(item, text))).collect::<Vec<_>>().join(", ")
        }
        Item::ArrayOfTables(tables) => format!("{} of them", tables.len()),
        Item::None => String::new(),
    }
}

fn plain(item: &Item, text: &str) -> String {
    item.as_value().map(|value| written(value.span(), text)).unwrap_or_default()
}

fn written(span: Option<std::ops::Range<usize>>, text: &str) -> String {
    span.and_then(|span| text.get(span)).unwrap_or_default().to_owned()
}

fn within(span: Option<std::ops::Range<usize>>, text: &str) -> String {
    let whole = written(span, text);
    let inner = whole.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(&whole);
    inner.trim().trim_end_matches(',').to_owned()
}

/// An element in one line.
pub(super) fn of(node: &Node<'_>, text: &str) -> String {
    let one = |(key, item): (&str, &Item)| {
        let value = shown(item, text);
        format!("{key} {}", value.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let parts: Vec<String> = match node {
        Node::Table(table) => table.iter().map(one).collect(),
        Node::Braced(braced) => {
            let keys = braced.iter().map(|(key, _)| key);
            keys.filter_map(|key| Some(one((key, braced.get_key_value(key)?.1)))).collect()
        }
        Node::Tables(_) | Node::List(_) => Vec::new(),
    };
    parts.join("; ")
}
