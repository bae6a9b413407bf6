//! The documentation: what is made from the code is of today, pages can be found, and links lead somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown file of the project, relative to it.
fn pages() -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = Vec::new();
    let mut todo = vec![root().to_path_buf(), root().join("docs")];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() && dir != root() {
                todo.push(entry);
            } else if entry.extension().is_some_and(|e| e == "md") {
                out.push(entry.strip_prefix(root()).unwrap().to_path_buf());
            }
        }
    }
    out.sort();
    out
}

fn text(page: &Path) -> String {
    std::fs::read_to_string(root().join(page)).unwrap()
}

/// Lines outside of code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// Where the links of a page lead, pictures and HTML sources too. Code in backticks holds none.
fn links(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in prose(text) {
        let line: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for (before, after) in [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"'), ("href=\"", '"')] {
            for (at, _) in line.match_indices(before) {
                let rest = &line[at + before.len()..];
                out.extend(rest.split(after).next().map(str::to_owned));
            }
        }
    }
    out
}

/// The anchors of a page's headings, as code hosts and mdBook make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for heading in prose(text).filter(|line| line.starts_with('#')) {
        let title = heading.trim_start_matches('#').trim().replace('`', "").to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let mut name = slug.clone();
        let mut n = 0;
        while !out.insert(name.clone()) {
            n += 1;
            name = format!("{slug}-{n}");
        }
    }
    out
}

#[test]
fn links_lead_to_files_and_headings_that_are_there() {
    let mut broken = Vec::new();
    let mut looked_at = 0;
    for page in pages() {
        let of_page = text(&page);
        for link in links(&of_page).iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            looked_at += 1;
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(f, a)| (f, Some(a)));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let is_there = root().join(&target).exists();
            let has_anchor = || anchor.is_none_or(|anchor| anchors(&text(&target)).contains(anchor));
            if !(is_there && (target.is_dir() || has_anchor())) {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(looked_at > 100, "{looked_at}");
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn pages_of_the_book_link_to_pages_of_the_book() {
    let mut outside = Vec::new();
    for page in pages().iter().filter(|page| page.starts_with("docs")) {
        let of_page = text(page);
        for link in links(&of_page).iter().filter(|link| !link.contains("://")) {
            let ups = link.split('/').take_while(|part| *part == "..").count();
            // `docs` itself is no part of the book.
            if ups >= page.components().count() - 1 {
                outside.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert_eq!(outside, Vec::<String>::new(), "the book is published alone");
}

#[test]
fn every_page_stands_in_the_summary() {
    let summary = text(Path::new("docs/SUMMARY.md"));
    let named: BTreeSet<String> = links(&summary).into_iter().collect();
    let missing: Vec<String> = pages()
        .iter()
        .filter_map(|page| Some(page.strip_prefix("docs").ok()?.display().to_string()))
        .filter(|page| page != "SUMMARY.md" && !named.contains(page))
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "add them to docs/SUMMARY.md");
}

#[test]
fn plans_in_the_pages_are_understood() {
    // Schemas are read in a process of their own.
    tenantry::worker::use_program(env!("CARGO_BIN_EXE_tenantry"));
    let mut tried = 0;
    let dir = tempfile::tempdir().unwrap();
    // Beside a plan that names it.
    std::fs::write(dir.path().join("customer.schema.json"), "{}").unwrap();
    let file = dir.path().join("plan.toml");
    for page in pages() {
        let of_page = text(&page);
        for block in of_page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            let is_plan = block.lines().any(|line| line.starts_with("operation = "));
            // Parts of plans, and configuration files.
            if is_plan {
                let plan = tenantry::config::plan::parse(&file, block);
                assert!(plan.is_ok(), "{}: {}\n{block}", page.display(), plan.unwrap_err());
                tried += 1;
            }
        }
    }
    assert!(tried > 15, "{tried}");
}

#[cfg(feature = "sandbox")]
#[test]
fn the_reference_says_what_the_code_says() {
    let dir = root().join("docs/reference");
    let pages = tenantry::reference::pages().unwrap();
    let stale: Vec<&str> = pages
        .iter()
        .filter(|page| std::fs::read_to_string(dir.join(page.file)).unwrap_or_default() != page.text)
        .map(|page| page.file)
        .collect();
    assert_eq!(stale, Vec::<&str>::new(), "`cargo run --example docs` writes docs/reference anew");
    let files = std::fs::read_dir(&dir).unwrap().count();
    assert_eq!(files, pages.len(), "docs/reference has a page that nothing makes");
}

#[test]
fn words_of_the_japanese_pages_are_separated_as_japanese_is() {
    let pages: Vec<PathBuf> =
        pages().into_iter().filter(|p| p.starts_with("docs/ja") || p.ends_with("README.ja.md")).collect();
    assert!(pages.len() > 3, "{pages:?}");
    for page in pages {
        // One term for an idea, and no semicolons.
        for wrong in ["；", "計画", "書き出し", "読み込みプラン", "アーム", "レポート", "対応付け", "JSON 行"]
        {
            let found: Vec<String> = text(&page).lines().filter(|l| l.contains(wrong)).map(str::to_owned).collect();
            assert_eq!(found, Vec::<String>::new(), "{} has {wrong}", page.display());
        }
    }
}

#[test]
fn anchors_are_made_as_code_hosts_make_them() {
    let of = |text: &str| anchors(text).into_iter().collect::<Vec<_>>();
    assert_eq!(of("# A `b` c: D!\n## x_y\n```\n# no\n```\n## x_y"), ["a-b-c-d", "x_y", "x_y-1"]);
    assert_eq!(of("## [[normalize.decide]]"), ["normalizedecide"]);
    assert_eq!(links("[a](b.md#c) `[x](y)` <img src=\"p.svg\">"), ["b.md#c", "p.svg"]);
}
