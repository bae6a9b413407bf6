//! Decisions about single keys in a plan's text: `[[normalize.decide]]`, one added, changed or taken away, everything else as it was
//! written.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::draft::{Draft, list, quoted};
use super::edit::{line_of, replaced};
use crate::domain::plan::Decided;

/// The text is written in a way that a decision cannot be put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the plan's text cannot take the decision as it is written: add [[normalize.decide]] to it in the editor")]
pub struct CannotDecide;

/// A decision as it stands in the text.
struct Written {
    pk: String,
    sk: String,
    /// `keep` or `merge`, with the places of its name and value.
    from: Option<(Range<usize>, Range<usize>)>,
    /// From its first key to its last value.
    keys: Range<usize>,
    /// In braces, and where.
    inline: Option<Range<usize>>,
}

impl Draft {
    /// Writes a decision; an earlier one for the same key is changed where it stands.
    ///
    /// # Errors
    /// [`CannotDecide`]; the text is as it was then.
    pub fn decide(&mut self, decided: &Decided) -> Result<(), CannotDecide> {
        let from = match decided.from.as_slice() {
            [one] => format!("keep = {}", quoted(one)),
            several => format!("merge = {}", list(several)),
        };
        let same = |w: &Written| w.pk == decided.pk && w.sk == decided.sk;
        let changed = match written(&self.text)?.into_iter().find(same) {
            Some(known) => {
                let (name, value) = known.from.ok_or(CannotDecide)?;
                replaced(&self.text, name.start..value.end, &from)
            }
            None => added(&self.text, decided, &from)?,
        };
        self.take(changed, |w| w.iter().filter(|w| same(w)).count() == 1)
    }

    /// Takes the decision for a key away; comments on lines of their own stay.
    ///
    /// # Errors
    /// [`CannotDecide`]; the text is as it was then.
    pub fn undecide(&mut self, pk: &str, sk: &str) -> Result<(), CannotDecide> {
        let same = |w: &Written| w.pk == pk && w.sk == sk;
        let all = written(&self.text)?;
        let left = all.len().saturating_sub(1);
        let Some(known) = all.into_iter().find(same) else { return Ok(()) };
        let changed = match &known.inline {
            Some(place) => without_element(&self.text, place.clone()),
            None => without_table(&self.text, &known.keys).ok_or(CannotDecide)?,
        };
        self.take(changed, |w| w.len() == left && !w.iter().any(same))
    }

    /// Takes a text that still is TOML and says what it is to say.
    fn take(&mut self, text: String, is_right: impl Fn(&[Written]) -> bool) -> Result<(), CannotDecide> {
        if !is_right(&written(&text)?) {
            return Err(CannotDecide);
        }
        self.text = text;
        Ok(())
    }
}

/// The decisions of a text; none where there are none.
fn written(text: &str) -> Result<Vec<Written>, CannotDecide> {
    let root = DeTable::parse(text).map_err(|_| CannotDecide)?;
    let decide = root.get_ref().get("normalize").and_then(|v| v.get_ref().as_table()).and_then(|t| t.get("decide"));
    let Some(decide) = decide else { return Ok(Vec::new()) };
    let list = decide.get_ref().as_array().ok_or(CannotDecide)?;
    list.iter().map(|one| one_of(text, one.get_ref(), one.span()).ok_or(CannotDecide)).collect()
}

fn one_of(text: &str, value: &DeValue<'_>, span: Range<usize>) -> Option<Written> {
    let table = value.as_table()?;
    let word = |name: &str| table.get(name).and_then(|v| v.get_ref().as_str()).unwrap_or_default().to_owned();
    let from = ["keep", "merge"].iter().find_map(|name| table.get_key_value(*name));
    let start = table.iter().map(|(name, _)| name.span().start).min()?;
    let end = table.iter().map(|(_, value)| value.span().end).max()?;
    Some(Written {
        pk: word("pk"),
        sk: word("sk"),
        from: from.map(|(name, value)| (name.span(), value.span())),
        keys: start..end,
        inline: text.get(span.clone())?.starts_with('{').then_some(span),
    })
}

/// A new decision: behind the others where there are some, otherwise at the end of the text.
fn added(text: &str, decided: &Decided, from: &str) -> Result<String, CannotDecide> {
    let (pk, sk) = (quoted(&decided.pk), quoted(&decided.sk));
    let inline = format!("{{ pk = {pk}, sk = {sk}, {from} }}");
    let root = DeTable::parse(text).map_err(|_| CannotDecide)?;
    let normalize = root.get_ref().get_key_value("normalize");
    let table = normalize.and_then(|(_, v)| v.get_ref().as_table());
    if let Some(list) = table.and_then(|t| t.get("decide")) {
        let elements = list.get_ref().as_array().ok_or(CannotDecide)?;
        let is_inline = elements.iter().all(|e| text.get(e.span()).is_some_and(|t| t.starts_with('{')));
        if is_inline && text.get(list.span()).is_some_and(|t| t.starts_with('[') && !t.starts_with("[[")) {
            return Ok(match elements.last() {
                Some(last) => replaced(text, last.span().end..last.span().end, &format!(", {inline}")),
                None => replaced(text, list.span(), &format!("[{inline}]")),
            });
        }
    } else if let Some((_, value)) = normalize.filter(|(_, v)| text.get(v.span()).is_some_and(|t| t.starts_with('{'))) {
        // A table in braces takes no more tables with headers.
        let at = value.span().start + 1;
        let comma = if table.is_some_and(|t| t.is_empty()) { "" } else { "," };
        return Ok(replaced(text, at..at, &format!(" decide = [{inline}]{comma}")));
    }
    let block = format!("[[normalize.decide]]\npk = {pk}\nsk = {sk}\n{from}\n");
    let behind = written(text)?.iter().filter(|w| w.inline.is_none()).map(|w| w.keys.end).max();
    let at = behind.map_or(text.len(), |end| line_of(text, end, end).1);
    let lead = match text.get(..at) {
        None | Some("") => "",
        Some(before) if before.ends_with("\n\n") => "",
        Some(before) if before.ends_with('\n') => "\n",
        Some(_) => "\n\n",
    };
    Ok(replaced(text, at..at, &format!("{lead}{block}")))
}

/// The text without one element of a list in brackets.
fn without_element(text: &str, place: Range<usize>) -> String {
    let (before, after) = (&text[..place.start], &text[place.end..]);
    let rest = after.trim_start();
    if let Some(rest) = rest.strip_prefix(',') {
        return format!("{before}{}", rest.trim_start_matches(' '));
    }
    let head = before.trim_end();
    match head.strip_suffix(',') {
        Some(head) => format!("{head}{after}"),
        None => format!("{before}{after}"),
    }
}

/// The text without a table that has a header of its own: header and keys go, what stands between them on lines of its own stays.
fn without_table(text: &str, keys: &Range<usize>) -> Option<String> {
    let lines = text.get(..keys.start)?.split_inclusive('\n').rev();
    let above = lines.scan(keys.start, |at, line| {
        *at -= line.len();
        Some((*at, line))
    });
    let header = above.into_iter().find(|(_, line)| line.trim_start().starts_with("[["))?.0;
    let (mut from, to) = line_of(text, header, keys.end);
    let mut kept = String::new();
    for line in text.get(from..to)?.split_inclusive('\n') {
        if line.trim_start().starts_with('#') {
            kept.push_str(line);
        }
    }
    // The empty line that set it apart goes with it.
    if kept.is_empty() && text[..from].ends_with("\n\n") {
        from -= 1;
    }
    Some(format!("{}{kept}{}", &text[..from], &text[to..]))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::plan::Work;

    const HEAD: &str = "# why\nname = \"n\"\noperation = \"normalize\"\n";

    fn decided(sk: &str, from: &[&str]) -> Decided {
        let from = from.iter().map(|pk| (*pk).to_owned()).collect();
        Decided { pk: "ORDER#t".into(), sk: sk.into(), from }
    }

    /// What the plan says of it.
    fn read(draft: &Draft) -> Vec<Decided> {
        let plan = super::super::parse(Path::new("p"), draft.text());
        match plan.unwrap_or_else(|e| panic!("{e}\n{}", draft.text())).work {
            Work::Normalize { how, .. } => how.decided,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn decisions_are_added_changed_and_taken_back_wherever_the_plan_has_them() {
        let block = "[[normalize.decide]] # theirs\n# talked to Sato\npk = \"ORDER#t\"\nsk = \"old\" # this\nkeep = \"ORDER#T\" # so\n";
        for text in [
            HEAD.to_owned(),
            HEAD.trim_end().to_owned(),
            format!("{HEAD}\n[normalize]\nsequences = false\n\n[run]\nbatch = 5 # few\n"),
            format!("{HEAD}\n{block}\n[run]\nbatch = 5\n"),
            format!("{HEAD}normalize = {{ sequences = false }}\n"),
            format!("{HEAD}normalize = {{ }}\n"),
            format!("{HEAD}normalize.sequences = false\n"),
            format!("{HEAD}[normalize]\ndecide = [] # none yet\n"),
            format!(
                "{HEAD}[normalize]\ndecide = [\n  {{ pk = \"ORDER#t\", sk = \"old\", keep = \"ORDER#T\" }}, # x\n]\n"
            ),
        ] {
            let mut draft = Draft::new(text.clone());
            let before = read(&draft);
            let (one, two) = (decided("A \"1\"", &["ORDER#T"]), decided("A-2", &["ORDER#t", "ORDER#T"]));
            draft.decide(&one).unwrap();
            draft.decide(&two).unwrap();
            assert_eq!(read(&draft), [before.clone(), vec![one.clone(), two.clone()]].concat(), "{}", draft.text());
            // Another decision about the same key stands where the first one stood.
            let other = decided("A \"1\"", &["ORDER#T", "ORDER#t"]);
            draft.decide(&other).unwrap();
            assert_eq!(read(&draft), [before.clone(), vec![other, two.clone()]].concat(), "{}", draft.text());
            draft.undecide("ORDER#t", "A \"1\"").unwrap();
            assert_eq!(read(&draft), [before.clone(), vec![two]].concat(), "{}", draft.text());
            draft.undecide("ORDER#t", "A-2").unwrap();
            draft.undecide("ORDER#t", "never decided").unwrap();
            assert_eq!(read(&draft), before, "{}", draft.text());
            for comment in text.lines().filter_map(|l| l.split_once('#').map(|(_, c)| c)).filter(|c| !c.contains('"')) {
                assert!(draft.text().contains(comment), "{comment} of\n{text}\nis lost in\n{}", draft.text());
            }
        }
    }

    #[test]
    fn a_plan_is_as_it_was_once_its_decisions_are_taken_back() {
        let text = format!("{HEAD}\n[run]\nbatch = 5 # few\n");
        let mut draft = Draft::new(text.clone());
        for sk in ["a", "b", "c"] {
            draft.decide(&decided(sk, &["ORDER#T"])).unwrap();
        }
        for sk in ["b", "c", "a"] {
            draft.undecide("ORDER#t", sk).unwrap();
        }
        assert_eq!(draft.text(), text);
    }

    #[test]
    fn a_comment_inside_of_a_decision_outlives_it() {
        let text = format!(
            "{HEAD}\n[[normalize.decide]]\n# talked to [[Sato]]\npk = \"ORDER#t\"\nsk = \"x\"\nkeep = \"ORDER#T\" # so\n\n[run]\nbatch = 5\n"
        );
        let mut draft = Draft::new(text);
        draft.undecide("ORDER#t", "x").unwrap();
        assert_eq!(draft.text(), format!("{HEAD}\n# talked to [[Sato]]\n\n[run]\nbatch = 5\n"));
    }

    #[test]
    fn what_cannot_take_a_decision_stays_as_it_is() {
        for text in ["name = ", "[normalize]\ndecide = 3\n", "normalize = 3\n"] {
            let mut draft = Draft::new(text);
            assert_eq!(draft.decide(&decided("x", &["ORDER#T"])), Err(CannotDecide), "{text}");
            assert_eq!(draft.text(), text);
        }
    }
}
