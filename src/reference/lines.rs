//! The kinds of JSON lines and their fields, from the schema that the tests hold every line to.

use serde_json::Value;

use super::{Table, code};

const SCHEMA: &str = include_str!("../../tests/schema/lines.schema.json");

pub(super) fn text() -> Result<String, String> {
    let schema: Value = serde_json::from_str(SCHEMA).map_err(|error| error.to_string())?;
    let kinds = schema.pointer("/properties/event/enum").and_then(Value::as_array);
    let mut out = String::from(
        "With `--json` every line on stdout is one of these objects, and the last line is `end`. Fields that have nothing to say are\n\
         `null`. New fields and new kinds of lines may come: ignore those that you do not know. The schema itself is\n\
         `tests/schema/lines.schema.json` of the sources.\n",
    );
    for kind in kinds.into_iter().flatten().filter_map(Value::as_str) {
        let of = schema.pointer(&format!("/$defs/{kind}")).ok_or_else(|| format!("{kind} has no definition"))?;
        let mut table = Table::new(&["field", "value"]);
        for (name, held) in of["properties"].as_object().into_iter().flatten().filter(|(name, _)| *name != "event") {
            let is_always = of["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
            let left_out = if is_always { "" } else { "; may be left out" };
            table.row(&[&code(name), &format!("{}{left_out}", described(held))]);
        }
        out.push_str(&format!("\n## {kind}\n\n{}", table.text()));
    }
    Ok(out)
}

/// A value of the schema in words.
fn described(value: &Value) -> String {
    if let Some(name) = value["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return if name == "value" { "DynamoDB JSON".to_owned() } else { code(name) };
    }
    if let Some(words) = value["enum"].as_array() {
        let words: Vec<String> = words.iter().map(|word| code(&plainly(word))).collect();
        return words.join(", ");
    }
    if let Some(word) = value.get("const") {
        return code(&plainly(word));
    }
    if let Some(choices) = value["anyOf"].as_array() {
        return choices.iter().map(described).collect::<Vec<_>>().join(" or ");
    }
    match &value["type"] {
        Value::Array(types) => {
            let types = types.iter().filter_map(Value::as_str);
            types.map(|one| typed(one, value)).collect::<Vec<_>>().join(" or ")
        }
        Value::String(one) => typed(one, value),
        _ => "any value".to_owned(),
    }
}

fn plainly(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn typed(name: &str, value: &Value) -> String {
    let pattern = value["pattern"].as_str().unwrap_or_default();
    match name {
        "string" if pattern.contains("{26}") => "run id".to_owned(),
        "string" if pattern.contains("{64}") => "SHA-256 in hexadecimal".to_owned(),
        "string" if pattern.contains("T\\d\\d") => "time (RFC 3339, UTC)".to_owned(),
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "null" => "`null`".to_owned(),
        "array" => format!("list of: {}", described(&value["items"])),
        "object" => match value["properties"].as_object() {
            Some(members) => {
                let names: Vec<String> = members.keys().map(|name| code(name)).collect();
                format!("object with {}", names.join(", "))
            }
            None if value.get("additionalProperties").is_some() => {
                format!("object; each value: {}", described(&value["additionalProperties"]))
            }
            None => "object".to_owned(),
        },
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_said_in_words() {
        let said = |text: &str| described(&serde_json::from_str(text).unwrap());
        assert_eq!(said(r#"{"type": ["string", "null"]}"#), "text or `null`");
        assert_eq!(said(r#"{"enum": ["a", null]}"#), "`a`, `null`");
        assert_eq!(said(r##"{"anyOf": [{"$ref": "#/$defs/value"}, {"type": "null"}]}"##), "DynamoDB JSON or `null`");
        assert_eq!(said(r#"{"type": "array", "items": {"type": "string"}}"#), "list of: text");
    }

    #[test]
    fn every_kind_of_line_has_its_fields() {
        let text = text().unwrap();
        assert!(text.contains("\n## item\n") && text.contains("| `exit` | `0`, `1`, `2`, `3`, `4`, `130` |"), "{text}");
    }
}
