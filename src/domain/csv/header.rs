//! A header into columns: as people write it, and never silently as something else.

use super::cells::Cells;
use super::{ATTRIBUTES, ATTRIBUTES_DDB, CODE, FIELDS_DDB, NAME, REJECTED, SOURCE_PK, SOURCE_SK, TARGET};

/// Delimiters that people use.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// How much alike (Jaro-Winkler) a misspelt name must be to be offered.
const ALIKE: f64 = 0.8;
const KNOWN: [&str; 8] = [SOURCE_PK, SOURCE_SK, CODE, NAME, ATTRIBUTES, TARGET, ATTRIBUTES_DDB, FIELDS_DDB];

/// A header that is not one of these files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// A column that must be there.
    #[error("the header has no column {0}")]
    Missing(&'static str),
    /// A column that must be there, and one that may be meant.
    #[error("the header has no column {0}: is {1:?} meant to be it?")]
    Misspelt(&'static str, String),
    /// A name that stands there twice.
    #[error("the header has the column {0} twice")]
    Twice(&'static str),
    /// Cells stand between other delimiters.
    #[error("the cells stand between {}, and the plan reads {}", named(*.found), named(*.read))]
    Delimiter {
        /// The one in the file.
        found: char,
        /// The one in the plan.
        read: char,
    },
}

/// A delimiter as messages call it.
#[must_use]
pub fn named(delimiter: char) -> String {
    match delimiter {
        ',' => "commas".to_owned(),
        ';' => "semicolons".to_owned(),
        '\t' => "tabs".to_owned(),
        '|' => "bars".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Where the columns stand. Others than those known are ignored, and their order does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub(super) names: Vec<String>,
    pub(super) delimiter: char,
    pub(super) pk: usize,
    pub(super) sk: usize,
    pub(super) code: Option<usize>,
    pub(super) name: Option<usize>,
    pub(super) attributes: Option<usize>,
    pub(super) target: Option<usize>,
    pub(super) attributes_ddb: Option<usize>,
    pub(super) fields_ddb: Option<usize>,
    notes: Vec<String>,
}

impl Columns {
    /// Finds the columns in the text of a header. Case, blanks, underscores and hyphens do not count where no column has the very name.
    ///
    /// # Errors
    /// [`BadHeader`] with the first column that is missing or doubled, or with the delimiter of the file.
    pub fn of(header: &str, delimiter: char, wants_tenant: bool) -> Result<Self, BadHeader> {
        let cells = Cells::parse(header, delimiter);
        Self::named(cells.iter(), delimiter, wants_tenant).map_err(|bad| {
            let others = DELIMITERS.into_iter().filter(|other| *other != delimiter);
            let has_keys =
                |other: &char| Cells::parse(header, *other).iter().any(|name| folded(name) == folded(SOURCE_PK));
            let found = others.into_iter().find(has_keys);
            match (&bad, found) {
                (BadHeader::Twice(_), _) | (_, None) => bad,
                (_, Some(found)) => BadHeader::Delimiter { found, read: delimiter },
            }
        })
    }

    fn named<'a>(names: impl Iterator<Item = &'a str>, delimiter: char, wants_tenant: bool) -> Result<Self, BadHeader> {
        let names: Vec<String> = names.map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
        let mut notes = Vec::new();
        let mut taken = vec![false; names.len()];
        let mut at = |wanted: &'static str| {
            let all = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
                names.iter().enumerate().filter(|(_, name)| same(name)).map(|(at, _)| at).collect()
            };
            let mut places = all(&|name| name.trim() == wanted);
            if places.is_empty() {
                places = all(&|name| folded(name) == folded(wanted));
            }
            let [first, rest @ ..] = places.as_slice() else { return Ok(None) };
            if !rest.is_empty() {
                return Err(BadHeader::Twice(wanted));
            }
            if let Some(name) = names.get(*first).filter(|name| *name != wanted) {
                notes.push(format!("the column {name:?} is taken as {wanted}"));
            }
            if let Some(taken) = taken.get_mut(*first) {
                *taken = true;
            }
            Ok(Some(*first))
        };
        let (pk, sk, code, name) = (at(SOURCE_PK)?, at(SOURCE_SK)?, at(CODE)?, at(NAME)?);
        let (attributes, target) = (at(ATTRIBUTES)?, at(TARGET)?);
        let (attributes_ddb, fields_ddb) = (at(ATTRIBUTES_DDB)?, at(FIELDS_DDB)?);
        let others: Vec<&str> = names
            .iter()
            .zip(&taken)
            .filter(|(name, taken)| !**taken && !name.trim().is_empty() && !REJECTED.contains(&name.trim()))
            .map(|(name, _)| name.as_str())
            .collect();
        let missing = |wanted: &'static str| match nearest(wanted, &others) {
            Some(found) => BadHeader::Misspelt(wanted, found),
            None => BadHeader::Missing(wanted),
        };
        let (pk, sk) = (pk.ok_or_else(|| missing(SOURCE_PK))?, sk.ok_or_else(|| missing(SOURCE_SK))?);
        if attributes.is_none() && attributes_ddb.is_none() {
            return Err(missing(ATTRIBUTES));
        }
        if wants_tenant && target.is_none() {
            return Err(missing(TARGET));
        }
        notes.extend(others.iter().map(|other| {
            let meant = KNOWN.into_iter().find(|known| nearest(known, &[*other]).is_some());
            let meant = meant.map(|known| format!(": is it meant to be {known}?")).unwrap_or_default();
            format!("the column {other:?} is ignored{meant}")
        }));
        Ok(Self { names, delimiter, pk, sk, code, name, attributes, target, attributes_ddb, fields_ddb, notes })
    }

    /// Remarks on the header, to be read before approving.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    pub(super) fn name_of(&self, at: usize) -> &str {
        self.names.get(at).map_or("behind the last one", |name| name.trim())
    }
}

/// `sep=;`, which Excel writes and reads as the first line.
#[must_use]
pub fn separator_line(text: &str) -> Option<char> {
    let text = text.trim_start_matches('\u{feff}').trim_matches('"');
    let rest = text.get(..4).filter(|word| word.eq_ignore_ascii_case("sep=")).and_then(|_| text.get(4..))?;
    let mut characters = rest.chars();
    let found = characters.next()?;
    characters.next().is_none().then_some(found)
}

fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !['_', '-', '\u{feff}'].contains(c))
        .flat_map(char::to_lowercase)
        .collect()
}

fn nearest(wanted: &str, names: &[&str]) -> Option<String> {
    let alike = |name: &&str| strsim::jaro_winkler(&folded(wanted), &folded(name)) >= ALIKE;
    names.iter().find(|name| alike(name)).map(|name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_case_and_blanks_are_taken_as_meant_and_said() {
        let columns =
            Columns::of("Source PK,source_sk,Code,name,ATTRIBUTES,TargetTenantCode,nmae,line", ',', true).unwrap();
        assert_eq!((columns.pk, columns.sk, columns.code, columns.attributes), (0, 1, Some(2), Some(4)));
        let notes = columns.notes();
        assert_eq!(notes.len(), 6, "{notes:?}");
        assert!(notes[0].contains("\"Source PK\" is taken as sourcePk"), "{notes:?}");
        assert_eq!(notes[5], "the column \"nmae\" is ignored: is it meant to be name?");
        let exact = Columns::of("sourcePk,sourceSk,code,Code,attributes", ',', false).unwrap();
        assert_eq!(
            (exact.code, exact.notes()),
            (Some(2), &["the column \"Code\" is ignored: is it meant to be code?".to_owned()][..])
        );
        let twice = Columns::of("sourcePk,sourceSk,CODE,Code,attributes", ',', false);
        assert_eq!(twice, Err(BadHeader::Twice("code")));
        assert_eq!(Columns::of("sourcePk,sourceSk,attributes", ',', false).unwrap().notes(), Vec::<String>::new());
    }

    #[test]
    fn a_missing_column_names_the_nearest_and_another_delimiter_itself() {
        let bad = |text: &str| Columns::of(text, ',', true).unwrap_err();
        assert_eq!(
            bad("sourcePkey,sourceSk,attributes,targetTenantCode"),
            BadHeader::Misspelt("sourcePk", "sourcePkey".to_owned())
        );
        for (delimiter, word) in [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")] {
            let header = KNOWN.join(&delimiter.to_string());
            let error = bad(&header);
            assert_eq!(error, BadHeader::Delimiter { found: delimiter, read: ',' });
            assert!(error.to_string().contains(word), "{error}");
            assert!(Columns::of(&header, delimiter, true).is_ok());
        }
        assert_eq!(bad("a,b"), BadHeader::Missing("sourcePk"));
    }

    #[test]
    fn excels_first_line_is_known() {
        assert_eq!((separator_line("sep=;"), separator_line("\u{feff}SEP=\t")), (Some(';'), Some('\t')));
        assert_eq!((separator_line("sep="), separator_line("sep=;;"), separator_line("あああ")), (None, None, None));
    }
}
