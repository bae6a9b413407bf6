//! JSON Schemas of plan and configuration files, for editors that complete and check them.
//!
//! Draft 7 is what the TOML plugins of editors read.

use serde_json::{Map, Value, json};

use super::rows::{Kind, Row, Unset};
use super::{file_rows, plan};
use crate::domain::run::Operation;

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of plan files.
#[must_use]
pub fn plan() -> Value {
    let words: Vec<&str> = Operation::planned().map(Operation::as_str).collect();
    let all: Vec<&Row> = plan::ROWS.iter().collect();
    // Completion looks at these before it knows the operation; the conditions below are the exact ones.
    let mut schema = object(&all, "", Needed::Nothing);
    schema["$schema"] = DRAFT.into();
    schema["title"] = "Plan of tenantry".into();
    schema["properties"]["operation"] = json!({ "enum": words, "description": "what the plan does" });
    schema["required"] = json!(["name", "operation"]);
    schema["allOf"] = Operation::planned().map(of_operation).collect();
    schema
}

fn of_operation(operation: Operation) -> Value {
    let rows: Vec<&Row> = plan::ROWS.iter().filter(|row| row.is_of(Some(operation))).collect();
    let mut exact = object(&rows, "", Needed::Required);
    exact["properties"]["operation"] = json!({ "const": operation.as_str() });
    json!({
        "if": { "properties": { "operation": { "const": operation.as_str() } }, "required": ["operation"] },
        "then": exact,
    })
}

/// The schema of configuration files.
#[must_use]
pub fn config() -> Value {
    let rows: Vec<&Row> = file_rows::ROWS.iter().collect();
    let mut schema = object(&rows, "", Needed::Required);
    schema["$schema"] = DRAFT.into();
    schema["title"] = "Configuration of tenantry".into();
    // The name belongs to the built-in profile.
    schema["properties"]["profiles"]["propertyNames"] = json!({ "not": { "const": "sandbox" } });
    schema
}

/// Required keys asked for, or none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    Required,
    Nothing,
}

/// A table with its keys and no others.
fn object(rows: &[&Row], table: &str, needed: Needed) -> Value {
    let mut properties = Map::new();
    let (mut required, mut either) = (Vec::new(), Vec::new());
    for row in rows.iter().filter(|row| row.table == table) {
        let one = described(rows, row, needed);
        match properties.get_mut(row.key).and_then(Value::as_object_mut) {
            // The default differs between operations.
            Some(known) if known.get("default") != one.get("default") => drop(known.remove("default")),
            Some(_) => {}
            None => drop(properties.insert(row.key.to_owned(), one)),
        }
        let is_section = table.is_empty() && matches!(row.kind, Kind::Table(_));
        if needed == Needed::Required && (row.unset == Unset::Refused || is_section && has_required(rows, row.key)) {
            required.push(row.key);
        }
        if let (Unset::Unless(other), Needed::Required) = (row.unset, needed) {
            either.push(json!({ "anyOf": [{ "required": [row.key] }, { "required": [other] }] }));
        }
    }
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        object["required"] = required.into();
    }
    if !either.is_empty() {
        object["allOf"] = either.into();
    }
    object
}

fn has_required(rows: &[&Row], table: &str) -> bool {
    rows.iter().any(|row| row.table == table && matches!(row.unset, Unset::Refused | Unset::Unless(_)))
}

/// A value with what it is for and what counts without it.
fn described(rows: &[&Row], row: &Row, needed: Needed) -> Value {
    let default = row.default().and_then(|value| serde_json::to_value(value).ok());
    let mut schema = held(rows, row, default.as_ref(), needed);
    if !row.help.is_empty() {
        schema["description"] = row.help.into();
    }
    if let Some(default) = default {
        schema["default"] = default;
    }
    schema
}

fn held(rows: &[&Row], row: &Row, default: Option<&Value>, needed: Needed) -> Value {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let names = || json!({ "type": "object", "additionalProperties": { "type": "string" } });
    // An empty one would count as not set.
    let is_needed = matches!(row.unset, Unset::Refused | Unset::Unless(_)) && needed == Needed::Required;
    match row.kind {
        Kind::Text | Kind::Run if is_needed => json!({ "type": "string", "minLength": 1 }),
        Kind::Text | Kind::Run => json!({ "type": "string" }),
        Kind::Tenant if is_needed => text("^[^#@]+$"),
        Kind::Tenant => text("^[^#@]*$"),
        Kind::EntityType => text("^[^#]*$"),
        Kind::Duration => text("^[0-9]+[smh]$"),
        Kind::Choice(words) => {
            // Where the default is no word, it stands for another place that says it.
            let other = default.and_then(Value::as_str).filter(|word| !words.contains(word));
            json!({ "enum": words.iter().copied().chain(other).collect::<Vec<_>>() })
        }
        Kind::Words(words) => json!({ "type": "array", "items": { "enum": words }, "uniqueItems": true }),
        Kind::Number(least, usize::MAX) => json!({ "type": "integer", "minimum": least }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Share => {
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, text("^[0-9]+(\\.[0-9]{1,2})?%$")] })
        }
        Kind::Fraction => json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::List | Kind::Tenants => texts(),
        Kind::Modules => {
            json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": text("^[^*]+$"), "minItems": 1 }] })
        }
        Kind::TextOrNames => json!({ "anyOf": [{ "type": "string" }, names()] }),
        Kind::Value => json!({}),
        Kind::Names => names(),
        Kind::Values => json!({ "type": "object" }),
        Kind::Table(table) => object(rows, table, needed),
        Kind::Tables(table) | Kind::Rows(table) => json!({ "type": "array", "items": object(rows, table, needed) }),
        Kind::TablesByName(table) => {
            json!({ "type": "object", "additionalProperties": object(rows, table, needed) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EXAMPLE;
    use crate::config::plan::{EXAMPLES, parse};

    fn is_valid(schema: &Value, text: &str) -> Result<(), String> {
        let table: toml::Table = text.parse().unwrap();
        let validator = jsonschema::draft7::new(schema).unwrap();
        validator.validate(&serde_json::to_value(table).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn each_example_is_valid_and_a_misspelt_key_or_a_wrong_word_is_not() {
        let schema = plan();
        for (operation, text) in EXAMPLES {
            assert_eq!(is_valid(&schema, text), Ok(()), "{operation}");
            for (right, wrong) in [
                ("\nreason = ", "\nresaon = "),
                ("\nbatch = ", "\nbatches = "),
                ("\nverify = \"none\"", "\nverify = \"nome\""),
                ("\nbatch = 100", "\nbatch = 0"),
                ("\nconcurrency = 32", "\nconcurrency = 257"),
                ("\nstamp = \"guide\"", "\nstamp = true"),
                ("\ntimeout = \"5m\"", "\ntimeout = \"5 minutes\""),
                ("\nname = ", "\ntitle = "),
                ("\n[run]", "\n[rum]"),
                ("\noperation = ", "\nprocess = "),
            ] {
                let changed = text.replace(right, wrong);
                assert!(changed != *text && is_valid(&schema, &changed).is_err(), "{operation}: {wrong}");
            }
        }
        assert!(is_valid(&schema, &EXAMPLES[0].1.replace("\"copy\"", "\"cpoy\"")).is_err());
        assert!(is_valid(&schema, &EXAMPLES[0].1.replace("\"copy\"", "\"repair\"")).is_err());
    }

    #[test]
    fn keys_of_other_operations_are_refused_and_required_ones_asked_for() {
        let schema = plan();
        let copy =
            "name = \"n\"\noperation = \"copy\"\n[source]\ntenant = \"a\"\ntype = \"T\"\n[target]\ntenant = \"b\"\n";
        for more in
            ["", "[run]\nstop_after_failures = 3\n", "[[transform]]\nmap = { path = \"a\", table = { x = 1 } }\n"]
        {
            assert_eq!(is_valid(&schema, &format!("{copy}{more}")), Ok(()), "{more}");
        }
        for more in [
            "[rollback]\nto_version = 4\n",
            "[[normalize.decide]]\npk = \"a\"\n",
            "[[transform]]\ncopy = { from = \"a\" }\n",
            "[[transform]]\nconvert = { path = \"a\", to = \"text\" }\n",
            "[validate]\nreferences = [{ field = \"a\", type = \"T\", by = \"name\" }]\n",
        ] {
            assert!(is_valid(&schema, &format!("{copy}{more}")).is_err(), "{more}");
        }
        assert!(is_valid(&schema, &copy.replace("tenant = \"a\"\n", "")).is_err());
        assert!(is_valid(&schema, &copy.replace("tenant = \"b\"", "tenant = \"\"")).is_err());
        assert!(is_valid(&schema, copy.split("[target]").next().unwrap()).is_err());
        let named = |tenant: &str, one: &str| {
            format!(
                "name = \"n\"\noperation = \"copy\"\n[source]\n{tenant}entities = [{one}]\n[target]\ntenant = \"b\"\n"
            )
        };
        for tenant in ["", "tenant = \"a\"\n"] {
            assert_eq!(is_valid(&schema, &named(tenant, "{ pk = \"A#a\", sk = \"1\" }")), Ok(()));
        }
        for one in ["{ pk = \"A#a\" }", "{ pk = \"A#a\", sk = \"1\", id = \"x\" }", "\"A#a#1\""] {
            assert!(is_valid(&schema, &named("", one)).is_err(), "{one}");
        }
    }

    #[test]
    fn the_examples_of_a_configuration_are_valid_and_a_wrong_one_is_not() {
        let schema = config();
        assert_eq!(is_valid(&schema, EXAMPLE), Ok(()));
        for (right, wrong) in [
            ("bucket = ", "buckett = "),
            ("publish = \"sync\"", "publish = \"later\""),
            ("protected = false", "protected = \"no\""),
            ("app = \"shop\"", "app = \"\""),
            ("cognito = ", "cogneato = "),
            ("environment = ", "env = "),
            ("[profiles.staging]", "[profiles.sandbox]"),
        ] {
            let changed = EXAMPLE.replace(right, wrong);
            assert!(changed != EXAMPLE && is_valid(&schema, &changed).is_err(), "{wrong}");
        }
    }

    /// A plan that the program reads must not be red in an editor.
    #[test]
    fn each_word_that_a_plan_may_hold_is_valid() {
        let schema = plan();
        let mut tried = 0;
        for (operation, text) in EXAMPLES {
            for row in plan::ROWS.iter().filter(|row| row.is_of(Some(*operation))) {
                let Kind::Choice(words) = row.kind else { continue };
                for word in words {
                    let Some(default) = row.default().and_then(|d| d.as_str().map(str::to_owned)) else { continue };
                    let changed =
                        text.replace(&format!("\n{} = \"{default}\"", row.key), &format!("\n{} = \"{word}\"", row.key));
                    tried += usize::from(changed != *text);
                    let is_read = parse(std::path::Path::new("p"), &changed).is_ok();
                    assert!(!is_read || is_valid(&schema, &changed).is_ok(), "{operation} {}: {word}", row.key);
                }
            }
        }
        assert!(tried > 50, "{tried}");
    }
}
