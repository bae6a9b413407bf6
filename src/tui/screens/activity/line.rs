//! A version in the list of activity: its line, and the texts that the filter looks at.

use std::borrow::Cow;

use crate::domain::activity::ActivityKind;
use crate::domain::clock::local_minutes;
use crate::domain::timeline::BySource;
use crate::engine::protocol;
use crate::language::{listed, translated};
use crate::tui::parts::{Rich, Whole};
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells of the columns.
const WHEN: usize = 17;
const WHO: usize = 14;
const KIND: usize = 9;

/// The kind in a word that [`text!`] marks.
fn word(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Created => text!("created"),
        ActivityKind::Updated => text!("updated"),
        ActivityKind::Deleted => text!("deleted"),
        ActivityKind::Restored => text!("restored"),
        ActivityKind::Pending => text!("pending"),
        ActivityKind::Failed => text!("failed"),
    }
}

/// The texts that the filter looks at.
pub(super) fn texts(one: &protocol::Activity, zone: &jiff::tz::TimeZone) -> Vec<String> {
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let paths = one.paths.iter().map(ToString::to_string);
    [
        one.entity.key.to_string(),
        of(&one.by),
        of(&one.request_id),
        of(&one.source),
        of(&one.name),
        translated(word(one.kind)).into_owned(),
        one.at.as_deref().map(|at| local_minutes(at, zone)).unwrap_or_default(),
    ]
    .into_iter()
    .chain(paths)
    .collect()
}

/// One line of the list; without a column for the person where the group says who it is.
///
/// `key` is the key, or the part of it that the rows do not share.
pub(super) fn line(
    one: &protocol::Activity,
    room: usize,
    has_person: bool,
    key: &str,
    zone: &jiff::tz::TimeZone,
) -> Rich {
    let at = one.at.as_deref().map_or_else(|| tr!("unknown").into_owned(), |at| local_minutes(at, zone));
    let role = match one.kind {
        ActivityKind::Created | ActivityKind::Restored => Role::Added,
        ActivityKind::Updated => Role::Changed,
        ActivityKind::Deleted => Role::Removed,
        ActivityKind::Pending => Role::Warning,
        ActivityKind::Failed => Role::Error,
    };
    let mut line = Rich::of(Role::Text, &text::fit(&at, WHEN - 1));
    let mut room = room.saturating_sub(WHEN + KIND);
    if has_person {
        line.push(Role::Text, &text::fit(&format!(" {}", who(one)), WHO));
        room = room.saturating_sub(WHO);
    } else {
        line.push(Role::Text, &text::fit(unsure(one), 1));
    }
    line.push(Role::Text, " ");
    line.push(role, &text::fit(&translated(word(one.kind)), KIND - 1));
    // The version stays, however long the key is.
    let version = format!(" {}", one.version);
    let most = (room * 3 / 5).saturating_sub(text::width(&version));
    line.push(Role::Strong, &format!(" {}{version}", text::cut(key, most)));
    line.push(Role::Text, &one.name.as_ref().map(|name| format!("  {name}")).unwrap_or_default());
    line.push(Role::Path, &format!("  {}", paths(one)));
    line
}

/// Behind a person that the row names, but no command row confirms.
fn unsure(one: &protocol::Activity) -> &'static str {
    if one.by_source == BySource::Row { "?" } else { "" }
}

fn who(one: &protocol::Activity) -> String {
    let by = one.by.as_deref().map_or_else(|| tr!("unknown"), Cow::from);
    format!("{by}{}", unsure(one))
}

fn paths(one: &protocol::Activity) -> String {
    listed(one.paths.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// All that the line would say with room enough; `key` as there.
pub(super) fn whole(one: &protocol::Activity, has_person: bool, key: &str) -> Whole {
    let by = if has_person { who(one) } else { String::new() };
    Whole::default()
        .with(Role::Strong, &format!("{key} {}", one.version))
        .with(Role::Text, one.name.as_deref().unwrap_or_default())
        .with(Role::Text, &by)
        .with(Role::Path, &paths(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language::{English, Japanese};
    use crate::language::tests::speaking;

    #[test]
    fn each_kind_is_translated_and_has_room_in_its_column() {
        use ActivityKind::{Created, Deleted, Failed, Pending, Restored, Updated};
        for kind in [Created, Updated, Deleted, Restored, Pending, Failed] {
            let [english, japanese] = [English, Japanese].map(|of| speaking(of, || translated(word(kind))));
            assert_eq!(english, kind.as_str());
            assert_ne!(japanese, english);
            assert!(text::width(&japanese) < KIND, "{japanese}");
        }
    }
}
