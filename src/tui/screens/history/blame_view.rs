//! The last change of each attribute: its value, and in which version, when and by whom it came.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::document::{LONGEST, MOST, lookup, scalar};
use super::made::Made;
use super::sides::hung;
use crate::domain::blame;
use crate::domain::key::Version;
use crate::domain::printable::printable;
use crate::domain::row::Row;
use crate::domain::value::Value;
use crate::tui::parts::Filter;
use crate::tui::parts::Rich;
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells of a day with its time.
const WHEN: usize = 16;
/// Cells of an author at most.
const WHO: usize = 16;
/// Cells that place and value want beside the columns; with less they stand above them.
const BESIDE: usize = 38;

/// An attribute with its last change.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LastChange {
    path: String,
    value: String,
    version: Version,
    made: Made,
}

/// The attributes of the newest row, those that changed last first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Blame(Vec<LastChange>);

impl Blame {
    /// Of versions in ascending order.
    pub(crate) fn of(versions: &[(Version, (Made, Arc<Row>))]) -> Self {
        let rows: Vec<(Version, Row)> = versions.iter().map(|(v, (_, row))| (*v, row.as_ref().clone())).collect();
        let mut found: Vec<_> = blame::last_changes(&rows).into_iter().collect();
        found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let newest = rows.into_iter().next_back().map(|(_, row)| Value::M(row.0));
        let made = |version: Version| {
            let at = versions.binary_search_by_key(&version, |(v, _)| *v).ok();
            at.map(|at| versions[at].1.0.clone()).unwrap_or_default()
        };
        let line = |(path, version): (crate::domain::path::Path, Version)| LastChange {
            value: newest.as_ref().and_then(|row| lookup(row, &path.0)).map(scalar).unwrap_or_default(),
            path: path.to_string(),
            version,
            made: made(version),
        };
        Self(found.into_iter().map(line).collect())
    }

    /// Number of attributes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The lines that a filter accepts, under their heading.
    pub(crate) fn arranged(&self, filter: &Filter, room: usize, wrap: bool, zone: &TimeZone) -> Vec<Rich> {
        let who_of = |change: &LastChange| text::width(&printable(&change.made.who()));
        let (version_head, who_head) = (tr!("ver"), tr!("who"));
        let version = self.0.iter().map(|c| c.version.to_string().len()).max().unwrap_or(0);
        let version = version.max(text::width(&version_head));
        let who = self.0.iter().map(who_of).max().unwrap_or(0).clamp(text::width(&who_head), WHO);
        let lead = version + 2 + WHEN + 2 + who + 2;
        let accepts = |c: &&LastChange| filter.accepts([c.path.as_str(), c.value.as_str(), &c.made.who()]);
        let accepted: Vec<&LastChange> = self.0.iter().filter(accepts).take(MOST).collect();
        if accepted.is_empty() {
            return Vec::new();
        }
        if room < lead + BESIDE {
            let lines = accepted.iter().flat_map(|change| {
                let below = format!("{:>version$}  {}  {}", change.version, change.made.when(zone), change.made.who());
                let place = Rich::of(Role::Path, &change.path).with(Role::Text, "  ");
                let mut lines = valued(place, &change.value, 2, room, wrap);
                lines.push(Rich::of(role(change), &format!("  {below}")));
                lines
            });
            return lines.collect();
        }
        let place = self.0.iter().map(|c| text::width(&printable(&c.path))).max().unwrap_or(0);
        let place = place.clamp(9, (room - lead) / 2);
        let columns = |version_text: &str, when: &str, who_text: &str, role: Role| {
            Rich::of(role, &text::fit_right(version_text, version))
                .with(Role::Text, "  ")
                .with(role, &text::fit(when, WHEN))
                .with(Role::Text, "  ")
                .with(role, &text::fit(who_text, who))
                .with(Role::Text, "  ")
        };
        let zone_name = zone.iana_name().map_or_else(|| tr!("local time"), |name| name.to_owned().into());
        let mut head = columns(&version_head, &tr!("when, %{zone}", zone = zone_name), &who_head, Role::Dim);
        head.push(Role::Dim, &format!("{}  {}", text::fit(&tr!("attribute"), place), tr!("value")));
        let mut out = vec![head];
        for change in accepted {
            let number = change.version.to_string();
            let mut line = columns(&number, &change.made.when(zone), &change.made.who(), role(change));
            let path = printable(&change.path);
            if text::width(&path) > place {
                // A long place has the line for itself.
                out.extend(hung(line.with(Role::Path, &change.path), lead, room, wrap));
                line = Rich::default();
                line.pad_to(lead + place);
            } else {
                line.push(Role::Path, &text::fit(&change.path, place));
            }
            line.push(Role::Text, "  ");
            out.extend(valued(line, &change.value, lead + place + 2, room, wrap));
        }
        out
    }

    /// The same as a table for a ticket.
    pub(crate) fn markdown(&self, of: &str, zone: &TimeZone) -> String {
        let cell = |text: &str| format!("`{}`", printable(text).replace('`', "'").replace('|', "\\|"));
        let zone_name = zone.iana_name().unwrap_or("local time");
        let mut out = format!("Last change of each attribute of {}\n\n", cell(of));
        out.push_str(&format!("| attribute | value | version | when ({zone_name}) | who |\n|---|---|---|---|---|\n"));
        for change in &self.0 {
            let cells = [
                cell(&change.path),
                cell(&change.value),
                change.version.to_string(),
                change.made.when_or(zone, "unknown"),
                cell(&change.made.who_or("unknown")),
            ];
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        out
    }
}

fn role(change: &LastChange) -> Role {
    if change.made.uncertain { Role::Warning } else { Role::Text }
}

/// A line with a value at its end; what does not fit stands below the value's beginning.
fn valued(mut line: Rich, value: &str, column: usize, room: usize, wrap: bool) -> Vec<Rich> {
    line.push(Role::Strong, value);
    hung(line.shortened(LONGEST), column, room, wrap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn blame() -> Blame {
        let row = |json: &str| Arc::new(Row(from_plain_json(json).unwrap().as_map().unwrap().clone()));
        let made = |by: &str, uncertain| Made {
            at: Some("2026-03-02T10:15:00+09:00".into()),
            by: Some(by.into()),
            request: None,
            uncertain,
        };
        Blame::of(&[
            (Version(1), (made("田中", true), row(r#"{"name":"a","attributes":{"x":1}}"#))),
            (Version(2), (made("u-sato", false), row(r#"{"name":"b|c","attributes":{"x":1}}"#))),
        ])
    }

    fn words(lines: &[Rich]) -> Vec<String> {
        lines.iter().map(|line| line.plain().split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn each_attribute_says_who_changed_it_last_and_when() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let shown = words(&blame().arranged(&Filter::default(), 80, true, &zone));
        assert_eq!(
            shown,
            [
                "ver when, Asia/Tokyo who attribute value",
                "2 2026-03-02 10:15 u-sato name \"b|c\"",
                "1 2026-03-02 10:15 田中? attributes.x 1"
            ]
        );
        let narrow = words(&blame().arranged(&Filter::default(), 40, true, &zone));
        assert_eq!(narrow, ["name \"b|c\"", "2 2026-03-02 10:15 u-sato", "attributes.x 1", "1 2026-03-02 10:15 田中?"]);
        let mut filter = Filter::default();
        filter.paste("sato");
        assert_eq!(blame().arranged(&filter, 80, true, &zone).len(), 2);
    }

    #[test]
    fn its_table_is_one_that_values_cannot_break() {
        let text = blame().markdown("P#a / x", &TimeZone::UTC);
        assert!(text.contains("| `name` | `\"b\\|c\"` | 2 | 2026-03-02 01:15 | `u-sato` |\n"), "{text}");
        assert!(text.ends_with("| `attributes.x` | `1` | 1 | 2026-03-02 01:15 | `田中?` |\n"), "{text}");
    }

    #[test]
    fn no_line_is_wider_than_the_room() {
        let row = |json: &str| Arc::new(Row(from_plain_json(json).unwrap().as_map().unwrap().clone()));
        let json = format!(r#"{{"attributes":{{"{}":"{}"}}}}"#, "長い名前".repeat(12), "値".repeat(300));
        let blame = Blame::of(&[(Version(1), (Made::default(), row(&json)))]);
        for room in [20, 58, 73, 78, 196] {
            for line in blame.arranged(&Filter::default(), room, true, &TimeZone::UTC) {
                assert!(line.width() <= room.max(60), "{room}: {}", line.plain());
            }
        }
    }
}
