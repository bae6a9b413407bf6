//! The menu behind `y`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::diff::Change;
use crate::domain::row::Row;
use crate::domain::value::{Value, to_plain_json, to_plain_json_pretty};
use crate::engine::protocol::{DiffResult, EntityRef, Level};
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::clipboard::Between;
use crate::tui::format::plural;
use crate::tui::keymap::Context;
use crate::tui::message::Effect;
use crate::tui::pane::Pane;
use crate::tui::parts::hints::keys;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::{Hints, Rich, draw_lines};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::history::blame_view::Blame;
use crate::tui::screens::history::diffs::DiffView;
use crate::tui::screens::history::document::ordered;
use crate::tui::screens::history::{LastChanges, Opened, Shown, Wanted};
use crate::tui::screens::ticket::{Ticket, diff_markdown};
use crate::tui::theme::Role;

/// Something that can be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    action: Action,
    /// Its word after `:copy`.
    pub(crate) word: &'static str,
    title: &'static str,
}

/// Everything that can be copied.
pub(crate) const ITEMS: &[Item] = &[
    Item { action: Action::CopyKey, word: "key", title: text!("key (pk and sk)") },
    Item { action: Action::CopySortKey, word: "sort-key", title: text!("sort key") },
    Item { action: Action::CopyRow, word: "row", title: text!("row, as JSON") },
    Item { action: Action::CopyDiff, word: "diff", title: text!("diff, as JSON") },
    Item { action: Action::CopyMarkdown, word: "markdown", title: text!("diff, as Markdown") },
    Item { action: Action::CopyCommand, word: "command", title: text!("command line that does the same") },
    Item { action: Action::CopyFile, word: "file", title: text!("what was copied last, into a file") },
];

/// The menu.
#[derive(Debug)]
pub(crate) struct CopyMenu;

impl Screen for CopyMenu {
    fn context(&self) -> Context {
        Context::Copy
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        if let Some(item) = ITEMS.iter().find(|item| item.action == press.action) {
            copy(app, item);
        }
        Flow::Close
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let height = u16::try_from(ITEMS.len()).unwrap_or(0) + 2;
        let area = centred(buffer, area, 44, height);
        let inner = framed(buffer, area, Frame::Dialog, &tr!("Copy"), "", &app.theme);
        foot(buffer, area, &Hints::of(&app.keymap, Context::Copy, &[(Action::Back, text!("close"))]), &app.theme);
        let line = |item: &Item| {
            let key = keys(&app.keymap, Context::Copy, item.action).unwrap_or_default();
            Rich::of(Role::Key, &format!("  {key}  ")).with(Role::Text, &translated(item.title))
        };
        draw_lines(buffer, inner, &ITEMS.iter().map(line).collect::<Vec<_>>(), &app.theme);
        None
    }
}

/// Copies something of what is on screen, or says why there is nothing.
pub(crate) fn copy(app: &mut App, item: &Item) {
    if item.word == "file" {
        return app.copy_into_file();
    }
    if item.word == "command" {
        let text = app.headless_line();
        return app.effect(Effect::Copy { text, what: tr!("command line").into_owned() });
    }
    let Some(entity) = entity(app) else { return app.refuse(tr!("no entity is selected")) };
    let text = match item.word {
        "key" => format!("{} {}", entity.key.pk, entity.key.sk),
        "sort-key" => entity.key.sk.to_string(),
        "row" if app.focus == Pane::Tenants => {
            app.say(tr!("reading the row…"));
            return app.read_row_to_copy(entity);
        }
        "markdown" if last_changes(app).is_some() => {
            let text = last_changes(app).map(|blame| blame.markdown(&entity.key.to_string(), &app.zone));
            let what = tr!("last change of each attribute, as Markdown").into_owned();
            return app.effect(Effect::Copy { text: text.unwrap_or_default(), what });
        }
        word => match diff(app) {
            Some(view) => match word {
                "row" => row_json(&view.stored),
                "diff" => diff_json(&view.result),
                _ => diff_markdown(&Ticket::of(app, &view)),
            },
            None => return app.refuse(tr!("the versions have not been compared yet")),
        },
    };
    // The row on screen may be as a plan would make it.
    let is_stored = item.word == "row" && app.view.is_some();
    let what = if is_stored { tr!("row as it is stored, as JSON") } else { translated(item.title) };
    app.effect(Effect::Copy { text, what: what.into_owned() });
}

fn entity(app: &App) -> Option<EntityRef> {
    let listed = || app.tenants.entities.as_ref()?.selected().map(|l| l.entity.clone());
    let opened = || app.history.opened.as_ref().map(|o: &Opened| o.entity.clone());
    if app.focus == Pane::Tenants { listed().or_else(opened) } else { opened().or_else(listed) }
}

fn diff(app: &App) -> Option<std::sync::Arc<DiffView>> {
    let opened = app.history.opened.as_ref()?;
    match opened.wanted() {
        Wanted::Diff(key) => opened.diffs.get(&key),
        Wanted::Nothing(_) => None,
    }
}

/// The last changes, where they are what is on screen.
fn last_changes(app: &App) -> Option<&Blame> {
    let opened = app.history.opened.as_ref().filter(|o| app.focus != Pane::Tenants && o.shown == Shown::LastChanges)?;
    match &opened.last_changes {
        LastChanges::Ready(_, blame) => Some(blame),
        _ => None,
    }
}

impl App {
    /// Writes what was copied last into a file.
    fn copy_into_file(&mut self) {
        match self.last_copy.clone() {
            Some((text, what)) => self.effect(Effect::WriteCopy { text, what }),
            None => self.refuse(tr!("nothing was copied yet")),
        }
    }

    /// The terminal was asked to copy something. It gives no answer, so nothing is claimed.
    pub(crate) fn sent_to_terminal(&mut self, what: &str, characters: usize) {
        let advice = Between::here().advice();
        let characters = plural(characters as u64, text!("%{n} character"), text!("%{n} characters"));
        self.tell(
            Level::Info,
            tr!(
                "the %{what} (%{characters}) was sent to the terminal as OSC 52; whether it was taken nobody tells. \
                 %{advice}; `:copy file` writes it into a file",
                what = what,
                characters = characters,
                advice = advice
            ),
        );
        // Over some questions nothing else is typed.
        let is_typed = |context| self.keymap.key(context, Action::Palette).is_some();
        self.say(if self.stack.context().is_none_or(is_typed) {
            tr!("sent, taken or not (OSC 52): `:copy file` writes it into a file; %{advice}", advice = advice)
        } else {
            tr!(
                "sent, taken or not (OSC 52): after this, `:copy file` writes it into a file; %{advice}",
                advice = advice
            )
        });
    }

    /// The row that was read to be copied.
    pub(crate) fn copy_read_row(&mut self, result: &DiffResult) {
        let text = row_json(&result.after);
        self.effect(Effect::Copy { text, what: tr!("row, as JSON").into_owned() });
    }
}

fn row_json(row: &Row) -> String {
    to_plain_json_pretty(&Value::M(ordered(row).0))
}

fn kind_word(change: &Change) -> &'static str {
    use crate::domain::diff::ChangeKind as Kind;
    match change.kind {
        Kind::Added => "added",
        Kind::Removed => "removed",
        Kind::Changed => "changed",
        Kind::Type => "type",
        Kind::Moved => "moved",
    }
}

/// The changes in the words of the JSON lines.
fn diff_json(result: &DiffResult) -> String {
    let plain = |v: Option<&Value>| v.map_or_else(|| "null".to_owned(), to_plain_json);
    let text = |t: &str| to_plain_json(&Value::s(t));
    let lines: Vec<String> = result
        .changes
        .iter()
        .map(|c| {
            format!(
                "  {{\"path\": {}, \"kind\": \"{}\", \"before\": {}, \"after\": {}}}",
                text(&c.path.to_string()),
                kind_word(c),
                plain(c.before.as_ref()),
                plain(c.after.as_ref())
            )
        })
        .collect();
    if lines.is_empty() { "[]".to_owned() } else { format!("[\n{}\n]", lines.join(",\n")) }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::diff::diff_rows;
    use crate::domain::key::{EntityKey, Version};
    use crate::domain::row::TableKind;
    use crate::domain::value::from_plain_json;
    use crate::engine::protocol::Side;

    pub(crate) fn result() -> DiffResult {
        let row = |t: &str| Row(from_plain_json(t).unwrap().as_map().unwrap().clone());
        let (before, after) = (row(r#"{"a":"x|y","n":1}"#), row(r#"{"a":"`z","n":1,"b":{"c":12345678901234567890}}"#));
        let side = |n| Side {
            entity: EntityRef { module: "product".into(), key: EntityKey::new("P#a", "x") },
            version: Some(Version(n)),
        };
        DiffResult {
            from: side(1),
            to: side(2),
            from_found: TableKind::History,
            to_found: TableKind::Data,
            changes: diff_rows(&before, &after, false),
            before: Arc::new(before),
            after: Arc::new(after),
        }
    }

    #[test]
    fn the_diff_is_json_with_all_its_digits() {
        let text = diff_json(&result());
        assert_eq!(
            text,
            "[\n  {\"path\": \"a\", \"kind\": \"changed\", \"before\": \"x|y\", \"after\": \"`z\"},\n  \
             {\"path\": \"b\", \"kind\": \"added\", \"before\": null, \"after\": {\"c\":12345678901234567890}}\n]"
        );
    }
}
