use super::{ATTRIBUTES_DDB, FIELDS_DDB, GUIDE};
use crate::domain::publish::is_state;
use crate::domain::row::{BadRow, Row, field};
use crate::domain::value::{Map, Value, item_to_ddb_text, to_plain_json};

/// The names of the columns; with those that lose nothing where `lossless`.
#[must_use]
pub fn header(lossless: bool) -> Vec<&'static str> {
    let more: &[&str] = if lossless { &[ATTRIBUTES_DDB, FIELDS_DDB] } else { &[] };
    GUIDE.iter().chain(more).copied().collect()
}

/// A data row with its attributes in place as the columns of [`header`]. What the row lacks is empty.
///
/// # Errors
/// [`BadRow`] where it has no keys.
pub fn fields(row: &Row, target_tenant: &str, lossless: bool) -> Result<Vec<String>, BadRow> {
    let attributes = row.get(field::ATTRIBUTES);
    let mut out = vec![
        row.pk()?.to_owned(),
        row.sk()?.to_owned(),
        plain(row, field::CODE, lossless),
        plain(row, field::NAME, lossless),
        attributes.map(to_plain_json).unwrap_or_default(),
        target_tenant.to_owned(),
    ];
    if lossless {
        let typed = attributes.and_then(Value::as_map).map(item_to_ddb_text);
        out.push(typed.unwrap_or_default());
        let others: Map =
            row.0.iter().filter(|(name, value)| is_other(name, value)).map(|(n, v)| (n.clone(), v.clone())).collect();
        out.push(item_to_ddb_text(&others));
    }
    Ok(out)
}

/// True where no column of its own holds a field.
fn is_other(name: &str, value: &Value) -> bool {
    match name {
        // Spreadsheets change keys that look like numbers: here they stand as texts.
        field::PK | field::SK => true,
        field::ID => false,
        field::ATTRIBUTES => !matches!(value, Value::M(_)),
        field::CODE | field::NAME => !is_plain(Some(value)),
        name => is_state(name),
    }
}

/// A text that a column of its own holds without loss.
fn is_plain(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

pub(super) fn plain(row: &Row, name: &str, lossless: bool) -> String {
    match row.get(name) {
        Some(Value::S(text)) => text.clone(),
        // The other column has it with its type.
        Some(_) if lossless => String::new(),
        Some(Value::Null) | None => String::new(),
        Some(other) => to_plain_json(other),
    }
}
