//! Files that say how a copy of rows is masked: what changes attributes, as in a plan, and places with what becomes of them.

use std::path::Path;

use toml::de::DeTable;

use super::super::regular::read_regular;
use super::super::toml_walk::{ConfigError, Source as File, Walk};
use super::change;
use crate::domain::mask::{Place, Rest, Treatment, Treatments};
use crate::domain::plan::Change;
use crate::domain::run::Operation;

/// A mask as its file says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MaskFile {
    /// Changes of attributes, which come first.
    pub change: Change,
    /// Treatments of the places named.
    pub rules: Treatments,
}

const REST: &[(&str, Rest)] = &[("list", Rest::List), ("pseudonym", Rest::Pseudonym), ("redact", Rest::Redact)];

/// Reads and checks a mask.
///
/// # Errors
/// [`ConfigError`] with file, line, column and key of the first thing that is wrong.
pub fn load_mask(path: &Path) -> Result<MaskFile, Box<ConfigError>> {
    let text = read_regular(path).map_err(|error| ConfigError::unreadable(path, &error))?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<MaskFile, Box<ConfigError>> {
    let file = File::new(path, text);
    let root = file.parse()?;
    let root = root.get_ref();
    let none = DeTable::new();
    let mut walk = Walk::new(file, "", root);
    let rest = walk.word("rest", REST)?.unwrap_or_default();
    let mut rules = Treatments::new(rest);
    let lists = [("redact", Treatment::Redact), ("pseudonym", Treatment::Pseudonym), ("keep", Treatment::Keep)];
    let mut is_empty = rest == Rest::List;
    for (key, treatment) in lists {
        for (span, text) in walk.texts(key)?.unwrap_or_default() {
            let wrong = |why: &dyn std::fmt::Display| walk.wrong(span.clone(), key, format!("{key}: {why}"));
            let place: Place = text.parse().map_err(|bad: crate::domain::mask::BadPlace| wrong(&bad))?;
            rules.add(place, treatment).map_err(|bad| wrong(&bad))?;
            is_empty &= treatment == Treatment::Keep;
        }
    }
    let changes = ["transform", "chain", "schema"].iter().any(|key| root.contains_key(*key));
    let change = match changes {
        true => change(file, &mut walk, Operation::Transform, path, &none)?,
        false => Change::default(),
    };
    if !change.validate.is_empty() {
        return Err(walk.wrong_value("validate", "validate checks what a plan writes, and a mask writes nothing"));
    }
    walk.finish()?;
    if is_empty && !changes {
        let error = walk_nothing(file, root);
        return Err(error);
    }
    Ok(MaskFile { change, rules })
}

/// The complaint about a mask that masks nothing.
fn walk_nothing(file: File<'_>, root: &DeTable<'_>) -> Box<ConfigError> {
    let walk = Walk::new(file, "", root);
    let error =
        walk.wrong(0..0, "pseudonym", "the mask names nothing to be masked: the copy would hold everything as it is");
    error.hint(Some("name places under pseudonym or redact, or write rest = \"pseudonym\"".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> String {
        parse(Path::new("mask.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn a_mask_is_read_and_each_mistake_has_its_place() {
        let text = "redact = [\"attributes.note\"]\npseudonym = [\"keys\", \"users\"]\nkeep = [\"name\"]\nrest = \"redact\"\n\
                    [[transform]]\nremove = [\"secret\"]\n";
        let mask = parse(Path::new("mask.toml"), text).unwrap();
        assert_eq!(mask.change.transforms.len(), 1);
        assert_ne!(mask.rules, Treatments::new(Rest::Redact));
        for (text, wanted) in [
            ("redact = [\"sk\"]", "mask.toml:1: redact: \"sk\" cannot be redacted"),
            ("pseudonym = [\"sk\"]\nkeep = [\"tenant\"]", "mask.toml:2: keep: \"sk\" and \"tenant\" are the same"),
            ("redact = [\"a\", \"a\"]", "is named twice"),
            ("redact = [\"a[0]\"]", "names a position"),
            ("redact = [\"a..b\"]", "is no place"),
            ("keep = [\"name\"]", "the mask names nothing to be masked"),
            ("pseudonim = [\"name\"]", "pseudonim is not a key that this file may have"),
            ("rest = \"all\"", "rest must be \"list\", \"pseudonym\" or \"redact\""),
            ("redact = [\"a\"]\n[validate]\non_invalid = \"stop\"", "validate"),
        ] {
            assert!(why(text).contains(wanted), "{text}: {}", why(text));
        }
    }
}
