//! Plans as people write them, edited in a form: what was asked for changes, and nothing else.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::{Draft, Field, Kind, fields, operations};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Header,
    Dotted,
    Braces,
    BracesOverLines,
    /// Under the header of a list below it alone.
    Nowhere,
}

#[derive(Debug, Clone)]
struct Choices {
    styles: Vec<Style>,
    order: Vec<u32>,
    present: Vec<bool>,
    remarks: Vec<u8>,
    blocks: Vec<bool>,
    ending: bool,
    last_line: bool,
}

fn choices() -> impl Strategy<Value = Choices> {
    let styles = [Style::Header, Style::Header, Style::Dotted, Style::Braces, Style::BracesOverLines, Style::Nowhere];
    (
        proptest::collection::vec(select(styles.to_vec()), 16),
        proptest::collection::vec(any::<u32>(), 16),
        proptest::collection::vec(any::<bool>(), 64),
        proptest::collection::vec(0_u8..5, 64),
        proptest::collection::vec(any::<bool>(), 8),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(styles, order, present, remarks, blocks, ending, last_line)| Choices {
            styles,
            order,
            present,
            remarks,
            blocks,
            ending,
            last_line,
        })
}

fn value(kind: Kind, at: usize) -> String {
    match kind {
        Kind::Number(..) | Kind::Share => format!("{at}"),
        Kind::Fraction => format!("0.{}", at + 1),
        Kind::Flag => "true".to_owned(),
        Kind::List | Kind::Words(_) | Kind::Tenants => format!("[\n  \"a{at}\", # ours\n  \"b = 1 # no\",\n]"),
        Kind::Choice(words) => format!("'{}'", words[at % words.len()]),
        _ => format!("\"v{at} # no comment ]\""),
    }
}

/// The text of a plan, with a comment of its own number wherever one may stand.
fn written(all: &[Field], choices: &Choices) -> String {
    let mut tables: Vec<&str> = Vec::new();
    for field in all.iter().filter(|f| !f.table.is_empty()) {
        if !tables.contains(&field.table) {
            tables.push(field.table);
        }
    }
    let mut remarks = 0;
    let mut remark = |at: usize, wanted: u8| {
        remarks += 1;
        if choices.remarks[at % 64] & wanted == 0 { String::new() } else { format!("# remark {remarks};") }
    };
    let mut line = |field: &Field, at: usize, name: &str| {
        let above = remark(at, 1);
        let above = if above.is_empty() { above } else { format!("\n{above}\n") };
        format!("{above}{name} = {} {}\n", value(field.kind, at), remark(at, 2))
    };
    let mut top = String::new();
    let mut blocks: Vec<(u32, String)> = Vec::new();
    let given = |table: &str| {
        let own = all.iter().enumerate().filter(move |(_, f)| f.table == table);
        own.filter(|(at, f)| choices.present[at % 64] && f.path() != "operation").collect::<Vec<_>>()
    };
    for (at, field) in given("") {
        top.push_str(&line(field, at, field.key));
    }
    for (n, table) in tables.iter().enumerate() {
        let own = given(table);
        match choices.styles[n % 16] {
            Style::Header => {
                let mut block = format!("# about {table};\n[{table}] # so;\n");
                own.iter().for_each(|(at, f)| block.push_str(&line(f, *at, f.key)));
                blocks.push((choices.order[n % 16], format!("{block}\n")));
            }
            Style::Dotted => own.iter().for_each(|(at, f)| top.push_str(&line(f, *at, &f.path()))),
            Style::Braces => {
                let list: Vec<String> = own.iter().map(|(at, f)| format!("{} = {at}", f.key)).collect();
                top.push_str(&format!("{table} = {{ {} }} # braced {n};\n", list.join(", ")));
            }
            Style::BracesOverLines => {
                let list: String = own.iter().map(|(at, f)| format!("  {} = {at}, # in {n} {at};\n", f.key)).collect();
                top.push_str(&format!("{table} = {{ # open {n};\n{list}}} # braced {n};\n"));
            }
            Style::Nowhere => {}
        }
    }
    let style = |table: &str| tables.iter().position(|t| *t == table).map(|n| choices.styles[n % 16]);
    if matches!(style("normalize"), Some(Style::Header | Style::Nowhere)) && choices.blocks[0] {
        let decide = "# decided;\n[[normalize.decide]] # first;\npk = \"a\" # pk;\nkeep = \"b\"\n# between;\n[[normalize.decide]]\npk = \"c\"\n\n";
        blocks.push((choices.order[14], decide.to_owned()));
    }
    if choices.blocks[1] {
        blocks.push((choices.order[15], "[[transform]] # one;\nremove = [\"a\"]\n# kept;\n".to_owned()));
    }
    if choices.blocks[2] {
        let chain = "[[chain]]\nfrom = 1 # v1;\n[[chain.transform]]\nnow = [\"at\"]\n[[chain]]\nfrom = 2\n\n";
        blocks.push((choices.order[13], chain.to_owned()));
    }
    blocks.sort();
    let blocks: String = blocks.into_iter().map(|(_, block)| block).collect();
    let mut text = format!("# head;\n\noperation = \"x\"\n{top}\n{blocks}# end;");
    if choices.last_line {
        text.push('\n');
    }
    if choices.ending { text.replace('\n', "\r\n") } else { text }
}

fn read(text: &str) -> toml::Table {
    let mut table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    // A table that holds nothing says nothing.
    table.retain(|_, value| value.as_table().is_none_or(|t| !t.is_empty()));
    table
}

fn comments(text: &str) -> Vec<&str> {
    let all = text.split('#').skip(1).filter_map(|rest| Some(rest.split_once(';')?.0));
    all.filter(|rest| !rest.contains('\n')).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn an_edit_changes_its_own_key_and_nothing_else(
        operation in select(operations().collect::<Vec<_>>()),
        choices in choices(),
        edits in proptest::collection::vec((any::<Index>(), select(vec![
            "", "", "7", "5%", "true", "word", "a, \"b, c\"", "say \"hi\" # x", "ボルト\u{7f}", "[run]", "{ a = 1 }\n[run]\nbatch = 9",
            "{ a = 1 } # x", "[[normalize.decide]]",
        ])), 1..5),
    ) {
        let all = fields(operation);
        let mut draft = Draft::new(written(&all, &choices));
        for (index, typed) in edits {
            let field = index.get(&all);
            let (before, mut expected) = (draft.text().to_owned(), read(draft.text()));
            draft.set(field, typed);
            let (after, now) = (draft.text().to_owned(), read(draft.text()));
            let is_braced = before.contains(&format!("\n{} = {{", field.table));
            let section = |table: &toml::Table| match field.table {
                "" => table.get(field.key).cloned(),
                name => table.get(name).and_then(|t| t.get(field.key)).cloned(),
            };
            // The value that was asked for, and every other as it was.
            let found = section(&now);
            prop_assert_eq!(found.is_some(), !typed.is_empty(), "{} {}\n{}\n{}", field.path(), typed, before, after);
            match (field.table, found) {
                ("", Some(value)) => drop(expected.insert(field.key.to_owned(), value)),
                ("", None) => drop(expected.remove(field.key)),
                (name, value) => {
                    let table = expected.entry(name).or_insert_with(|| toml::Table::new().into());
                    let table = table.as_table_mut().unwrap();
                    match value {
                        Some(value) => drop(table.insert(field.key.to_owned(), value)),
                        None => drop(table.remove(field.key)),
                    }
                    expected.retain(|_, value| value.as_table().is_none_or(|t| !t.is_empty()));
                }
            }
            prop_assert_eq!(&now, &expected, "{} = {}\n{}\n-----\n{}", field.path(), typed, before, after);
            // Of the comments only the one behind a value that is taken away goes with it, and those inside of a value.
            let (old, new) = (comments(&before), comments(&after));
            let lost: Vec<_> = old.iter().filter(|c| !new.contains(c)).collect();
            prop_assert!(lost.len() <= usize::from(typed.is_empty() && !is_braced) + usize::from(before.contains("# ours")),
                "{:?} lost by {} = {:?}\n{}\n-----\n{}", lost, field.path(), typed, before, after);
            // Other lines are the same, in their order.
            let mut rest = after.split_inclusive('\n');
            let name = if is_braced { field.table } else { field.key };
            for line in before.split_inclusive('\n').filter(|line| !line.contains(name) && !is_braced) {
                let is_inside = matches!(field.kind, Kind::List | Kind::Words(_) | Kind::Tenants) && (line.starts_with(' ') || line.starts_with(']'));
                let is_kept = line.trim().is_empty() || line.starts_with("# end;") || is_inside || rest.any(|l| l.trim_end() == line.trim_end());
                prop_assert!(is_kept, "{:?} lost by {} = {:?}\n{}\n-----\n{}", line, field.path(), typed, before, after);
            }
        }
    }
}

#[test]
fn a_key_that_is_missing_goes_into_its_own_table_before_the_decisions() {
    let decide = "[[normalize.decide]]\npk = \"a\"\nsk = \"b\"\nkeep = \"A\"\n";
    let field =
        |path: &str| fields(crate::domain::run::Operation::Normalize).into_iter().find(|f| f.path() == path).unwrap();
    for (before, after) in [
        (format!("[normalize] # how\n\n{decide}"), format!("[normalize] # how\nsequences = false\n\n{decide}")),
        (format!("# why\n{decide}"), format!("\n[normalize]\nsequences = false\n# why\n{decide}")),
    ] {
        let mut draft = Draft::new(before);
        draft.set(&field("normalize.sequences"), "false");
        assert_eq!(draft.text().trim_start(), after.trim_start());
    }
}
