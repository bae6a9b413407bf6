//! Violations of JSON Schemas in words, by their kinds. The values that do not fit are none of them: they are somebody's.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// Values and names that are listed.
const LISTED: usize = 8;

/// A violation, its place first.
pub(super) fn words(error: &ValidationError<'_>) -> String {
    let at = error.instance_path().to_string();
    let at = if at.is_empty() { "/" } else { &at };
    match error.kind() {
        Kind::Type { kind: TypeKind::Single(one) } => format!("{at} is not of type \"{one}\""),
        Kind::Type { kind: TypeKind::Multiple(types) } => {
            format!("{at} is of none of the types {}", listed(types.iter().map(|one| format!("\"{one}\""))))
        }
        Kind::Required { property } => format!("{at} lacks the property {property}"),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let names = listed(unexpected.iter().map(|name| Value::from(name.as_str()).to_string()));
            format!("{at} has properties that the schema does not allow: {names}")
        }
        Kind::PropertyNames { error } => {
            format!("{at} has a property with a name that the schema does not allow: {}", error.instance())
        }
        Kind::AdditionalItems { limit } => format!("{at} has more than the {limit} items that the schema allows"),
        Kind::UnevaluatedItems { unexpected } => {
            format!("{at} has {} items that the schema does not allow", unexpected.len())
        }
        Kind::Enum { options } => match options.as_array() {
            Some(options) => format!("{at} is none of {}", listed(options.iter().map(Value::to_string))),
            None => format!("{at} is none of {options}"),
        },
        Kind::Constant { expected_value } => format!("{at} is not as the schema has it: {expected_value}"),
        Kind::Maximum { limit } => format!("{at} is above the maximum {limit}"),
        Kind::Minimum { limit } => format!("{at} is below the minimum {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("{at} is not below the exclusive maximum {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("{at} is not above the exclusive minimum {limit}"),
        Kind::MultipleOf { multiple_of } => format!("{at} is no multiple of {multiple_of}"),
        Kind::MaxLength { limit } => format!("{at} has more characters than {limit}"),
        Kind::MinLength { limit } => format!("{at} has fewer characters than {limit}"),
        Kind::MaxItems { limit } => format!("{at} has more items than {limit}"),
        Kind::MinItems { limit } => format!("{at} has fewer items than {limit}"),
        Kind::MaxProperties { limit } => format!("{at} has more properties than {limit}"),
        Kind::MinProperties { limit } => format!("{at} has fewer properties than {limit}"),
        Kind::UniqueItems => format!("{at} has an item twice"),
        Kind::Contains => format!("{at} has no item that the schema wants in it (contains)"),
        Kind::Pattern { pattern } => format!("{at} does not match the pattern \"{pattern}\""),
        Kind::Format { format } => format!("{at} is not of the format \"{format}\""),
        Kind::ContentEncoding { content_encoding } => format!("{at} is not in the encoding \"{content_encoding}\""),
        Kind::ContentMediaType { content_media_type } => {
            format!("{at} is not of the media type \"{content_media_type}\"")
        }
        Kind::FromUtf8 { .. } => format!("{at} is not UTF-8 when it is decoded"),
        Kind::AnyOf { .. } => format!("{at} fits none of the schemas that it may fit (anyOf)"),
        Kind::OneOfNotValid { .. } => format!("{at} fits none of the schemas that it may fit (oneOf)"),
        Kind::OneOfMultipleValid { .. } => format!("{at} fits more than one of the schemas that it may fit (oneOf)"),
        Kind::Not { .. } => format!("{at} fits the schema that it must not fit (not)"),
        Kind::FalseSchema => format!("{at} is there, and the schema allows nothing there"),
        Kind::BacktrackLimitExceeded { error } => format!("{at} cannot be compared with the pattern: {error}"),
        Kind::RegexEngineFailure { message } => format!("{at} cannot be compared with the pattern: {message}"),
        Kind::Referencing(error) => format!("{at} refers to what cannot be found: {error}"),
        Kind::Custom { message, .. } => format!("{at}: {message}"),
    }
}

/// The first few of them.
fn listed(all: impl Iterator<Item = String>) -> String {
    let mut first: Vec<String> = all.take(LISTED + 1).collect();
    if first.len() > LISTED {
        first.truncate(LISTED);
        first.push("…".to_owned());
    }
    first.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::language::tests::speaking;
    use crate::language::{Language, known};

    /// A schema, attributes that do not fit it, the words, and the words in Japanese.
    fn cases() -> Vec<(Value, Value, &'static str, &'static str)> {
        vec![
            (json!({"type": "object"}), json!(7), "/ is not of type \"object\"", "/ の型が \"object\" ではありません"),
            (
                json!({"type": ["string", "null"]}),
                json!(7),
                "/ is of none of the types \"null\", \"string\"",
                "/ の型が \"null\"、\"string\" のどれでもありません",
            ),
            (json!({"required": ["a"]}), json!({}), "/ lacks the property \"a\"", "/ にプロパティ \"a\" がありません"),
            (
                json!({"properties": {"a": {}}, "additionalProperties": false}),
                json!({"b": 1, "c": 2}),
                "/ has properties that the schema does not allow: \"b\", \"c\"",
                "/ に、スキーマが許可しないプロパティがあります: \"b\"、\"c\"",
            ),
            (
                json!({"propertyNames": {"maxLength": 2}}),
                json!({"long": 1}),
                "/ has a property with a name that the schema does not allow: \"long\"",
                "/ に、スキーマが許可しない名前のプロパティがあります: \"long\"",
            ),
            (
                json!({"properties": {"a": {"enum": ["x", "y z"]}}}),
                json!({"a": "secret"}),
                "/a is none of \"x\", \"y z\"",
                "/a は \"x\"、\"y z\" のどれでもありません",
            ),
            (
                json!({"const": 5}),
                json!(7),
                "/ is not as the schema has it: 5",
                "/ がスキーマの定める値ではありません: 5",
            ),
            (json!({"maximum": 5}), json!(7), "/ is above the maximum 5", "/ が最大値 5 を超えています"),
            (json!({"minimum": 9}), json!(7), "/ is below the minimum 9", "/ が最小値 9 を下回っています"),
            (
                json!({"exclusiveMaximum": 7}),
                json!(7),
                "/ is not below the exclusive maximum 7",
                "/ は 7 より小さくなければなりません",
            ),
            (
                json!({"exclusiveMinimum": 7}),
                json!(7),
                "/ is not above the exclusive minimum 7",
                "/ は 7 より大きくなければなりません",
            ),
            (json!({"multipleOf": 2.5}), json!(7), "/ is no multiple of 2.5", "/ が 2.5 の倍数ではありません"),
            (json!({"maxLength": 1}), json!("ab"), "/ has more characters than 1", "/ の文字数が 1 を超えています"),
            (
                json!({"minLength": 3}),
                json!("ab"),
                "/ has fewer characters than 3",
                "/ の文字数が 3 より少なくなっています",
            ),
            (json!({"maxItems": 1}), json!([1, 2]), "/ has more items than 1", "/ の要素数が 1 を超えています"),
            (json!({"minItems": 3}), json!([1]), "/ has fewer items than 3", "/ の要素数が 3 より少なくなっています"),
            (
                json!({"maxProperties": 0}),
                json!({"a": 1}),
                "/ has more properties than 0",
                "/ のプロパティの数が 0 を超えています",
            ),
            (
                json!({"minProperties": 1}),
                json!({}),
                "/ has fewer properties than 1",
                "/ のプロパティの数が 1 より少なくなっています",
            ),
            (json!({"uniqueItems": true}), json!([1, 1]), "/ has an item twice", "/ に同じ要素が 2 つあります"),
            (
                json!({"contains": {"type": "string"}}),
                json!([1]),
                "/ has no item that the schema wants in it (contains)",
                "/ に、スキーマが求める要素がありません (contains)",
            ),
            (
                json!({"pattern": "^(a|b)"}),
                json!("c"),
                "/ does not match the pattern \"^(a|b)\"",
                "/ がパターン \"^(a|b)\" に一致しません",
            ),
            (
                json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
                json!(7),
                "/ fits none of the schemas that it may fit (anyOf)",
                "/ が候補のスキーマのどれにも合いません (anyOf)",
            ),
            (
                json!({"oneOf": [{"type": "string"}, {"type": "null"}]}),
                json!(7),
                "/ fits none of the schemas that it may fit (oneOf)",
                "/ が候補のスキーマのどれにも合いません (oneOf)",
            ),
            (
                json!({"oneOf": [{}, {"type": "integer"}]}),
                json!(7),
                "/ fits more than one of the schemas that it may fit (oneOf)",
                "/ が候補のスキーマの 2 つ以上に合います (oneOf)",
            ),
            (
                json!({"not": {"type": "integer"}}),
                json!(7),
                "/ fits the schema that it must not fit (not)",
                "/ が、合ってはならないスキーマに合います (not)",
            ),
            (
                json!({"properties": {"a": false}}),
                json!({"a": 1}),
                "/a is there, and the schema allows nothing there",
                "/a がありますが、スキーマはそこに何も許可していません",
            ),
            (
                json!({"unevaluatedProperties": false}),
                json!({"a": 1}),
                "/ has properties that the schema does not allow: \"a\"",
                "/ に、スキーマが許可しないプロパティがあります: \"a\"",
            ),
        ]
    }

    #[test]
    fn every_kind_has_words_without_the_value_in_both_languages() {
        for (schema, attributes, english, japanese) in cases() {
            let validator = jsonschema::validator_for(&schema).unwrap();
            let error = validator.iter_errors(&attributes).next().unwrap();
            let said = words(&error);
            assert_eq!(said, english, "{schema}");
            // An item's message names the rule before it and the place in the schema behind it, and may have several.
            let message = format!("schema s.json: {said} (/x/y); {said} (/z)");
            let [alone, message] = [&said, &message]
                .map(|text| speaking(Language::Japanese, || known(text).map(std::borrow::Cow::into_owned)));
            assert_eq!(alone.as_deref(), Some(japanese), "{schema}");
            let wanted = format!("schema s.json: {japanese} (/x/y)。{japanese} (/z)");
            assert_eq!(message.as_deref(), Some(wanted.as_str()), "{schema}");
        }
    }

    #[test]
    fn samples_are_translated_each_by_itself() {
        let note = "schema s.json: 2 invalid, such as P#a / x: / lacks the property \"a\" (/required); /p is below the minimum 9 (/p); \
                    and more | P#a / y: /p is below the minimum 9 (/p)";
        let said = speaking(Language::Japanese, || known(note).map(std::borrow::Cow::into_owned));
        assert_eq!(
            said.as_deref(),
            Some(
                "schema s.json: 無効 2 件、例: P#a / x: / にプロパティ \"a\" がありません (/required)。/p が最小値 9 を下回っています (/p)。\
                 ほかにもあります | P#a / y: /p が最小値 9 を下回っています (/p)"
            )
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let options: Vec<u32> = (0..20).collect();
        let schema = json!({ "enum": options });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let error = validator.iter_errors(&Value::Null).next().unwrap();
        assert_eq!(words(&error), "/ is none of 0, 1, 2, 3, 4, 5, 6, 7, …");
    }
}
