use super::Block;
use crate::domain::printable::printable;

const HEAD: &str = r#"<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #bbb; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; }
pre { background: #f4f4f4; padding: .5rem; overflow-x: auto; }
</style>
"#;

/// The report as one HTML file, without scripts and without anything from elsewhere.
pub(super) fn html(title: &str, blocks: &[Block]) -> String {
    let title = escaped(title);
    let mut out = format!("<!doctype html>\n<html>\n{HEAD}<title>{title}</title>\n<h1>{title}</h1>\n");
    for block in blocks {
        match block {
            Block::Heading(text) => out.push_str(&format!("<h2>{}</h2>\n", escaped(text))),
            Block::Text(text) => out.push_str(&format!("<p>{}</p>\n", escaped(text))),
            Block::Code(text) => out.push_str(&format!("<pre>{}</pre>\n", escaped(text))),
            Block::Table(names, rows) => {
                let cells = |tag: &str, cells: Vec<String>| {
                    let cells: String = cells.iter().map(|cell| format!("<{tag}>{cell}</{tag}>")).collect();
                    format!("<tr>{cells}</tr>\n")
                };
                out.push_str("<table>\n");
                out.push_str(&cells("th", names.iter().map(|name| escaped(name)).collect()));
                rows.iter().for_each(|row| out.push_str(&cells("td", row.iter().map(|cell| escaped(cell)).collect())));
                out.push_str("</table>\n");
            }
        }
    }
    out.push_str("</html>\n");
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_makes_no_element_of_its_own() {
        let evil = "</td><script src=\"http://x\">&'\u{1b}";
        let blocks = [Block::Table(vec!["one"], vec![vec![evil.to_owned()]]), Block::Code(evil.to_owned())];
        let text = html(evil, &blocks);
        assert_eq!((text.matches("<script").count(), text.matches("</td>").count()), (0, 1), "{text}");
        assert!(!text.contains("src=\"") && !text.contains('\u{1b}') && text.contains("&amp;&#39;"), "{text}");
    }
}
