//! Words of the engine in the language that the console speaks: the engine itself speaks English, because journals and programs read it.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::domain::clock::with_local_times;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Event, ItemResult, Preview, RehearsalEvent};
use crate::language::{Language, known, translated, within};

/// An event whose words are translated where they are known, and that tells the times in words about items by the operator's clock. Findings
/// and the notes of a preview stay English: reports are written of them, too, and whoever draws them translates them. A failure that has words of its own keeps them behind its code's meaning.
pub(super) fn heard(event: Event, zone: &TimeZone) -> Event {
    let mut event = translated_event(event);
    match &mut event {
        Event::Preview(preview) => local_preview(preview, zone),
        Event::Item(item) => local_item(item, zone),
        Event::Items { items, .. } => items.iter_mut().for_each(|item| local_item(item, zone)),
        Event::ApprovalNeeded(approval) => {
            approval.items.iter_mut().for_each(|preview| local_preview(preview, zone));
        }
        Event::Rehearsal(told) => {
            if let RehearsalEvent::Item { item, .. } = &mut **told {
                local_item(item, zone);
            }
        }
        _ => {}
    }
    event
}

fn local_preview(preview: &mut Preview, zone: &TimeZone) {
    preview.message.iter_mut().chain(&mut preview.warnings).for_each(|text| local(text, zone));
}

fn local_item(item: &mut ItemResult, zone: &TimeZone) {
    item.message.iter_mut().chain(&mut item.warnings).for_each(|text| local(text, zone));
}

fn local(text: &mut String, zone: &TimeZone) {
    let Cow::Owned(said) = with_local_times(text, zone) else { return };
    *text = said;
}

fn translated_event(mut event: Event) -> Event {
    if Language::spoken() == Language::English {
        return event;
    }
    match &mut event {
        Event::Failed(failure) | Event::Paused { failure, .. } => failed(failure),
        Event::Log(_, text) => say(text),
        Event::Preview(preview) => previewed(preview),
        Event::Item(item) => ended(item),
        Event::Items { items, .. } => items.iter_mut().for_each(ended),
        Event::Rehearsal(told) => match &mut **told {
            RehearsalEvent::Item { item, .. } => ended(item),
            RehearsalEvent::Step(step) => say(&mut step.message),
            RehearsalEvent::Scale { .. } | RehearsalEvent::Done(_) => {}
        },
        Event::ApprovalNeeded(approval) => {
            approval.notes.iter_mut().for_each(|(_, note)| say(note));
            approval.items.iter_mut().for_each(previewed);
        }
        Event::Signature(signature) => signature.reason.iter_mut().for_each(say),
        _ => {}
    }
    event
}

fn say(text: &mut String) {
    if let Some(known) = known(text).map(Cow::into_owned) {
        *text = known;
    }
}

fn previewed(preview: &mut Preview) {
    preview.message.iter_mut().chain(&mut preview.warnings).for_each(say);
}

fn ended(item: &mut ItemResult) {
    item.message.iter_mut().chain(&mut item.warnings).for_each(say);
}

fn failed(failure: &mut Failure) {
    failure.message = match known(&failure.message) {
        Some(known) => known.into_owned(),
        None => {
            let meaning = translated(failure.code.meaning());
            format!("{} ({})", meaning.trim_end_matches('。'), within(&failure.message))
        }
    };
    if let Some(hint) = &mut failure.hint {
        say(hint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::time_zone;
    use crate::domain::run::Action;
    use crate::engine::failure::ErrorCode;
    use crate::language::tests::speaking;
    use crate::tui::screens::items::tests::item;

    #[test]
    fn a_failure_is_told_by_its_code_and_keeps_its_own_words() {
        let failure = || Box::new(Failure::new(ErrorCode::Credentials, "token 7 is no token"));
        let message = |event| if let Event::Failed(failure) = event { failure.message } else { String::new() };
        assert_eq!(message(heard(Event::Failed(failure()), &TimeZone::UTC)), "token 7 is no token");
        let japanese = speaking(Language::Japanese, || message(heard(Event::Failed(failure()), &TimeZone::UTC)));
        let meaning = speaking(Language::Japanese, || translated(ErrorCode::Credentials.meaning()));
        assert_ne!(meaning, ErrorCode::Credentials.meaning());
        assert_eq!(japanese, format!("{} (token 7 is no token)", meaning.trim_end_matches('。')));
    }

    #[test]
    fn times_in_words_about_an_item_are_told_by_the_operators_clock() {
        let mut told = item(1, Action::Conflict, None);
        told.message = Some("version 2 was written at 2026-11-26T00:00:25.000Z".into());
        told.warnings = vec!["it waits since 2026-11-29T01:31:54.000Z".into()];
        let Event::Item(item) = heard(Event::Item(Box::new(told)), &time_zone("Asia/Tokyo").unwrap()) else { panic!() };
        assert_eq!(item.message.as_deref(), Some("version 2 was written at 2026-11-26 09:00:25"));
        assert_eq!(item.warnings, ["it waits since 2026-11-29 10:31:54"]);
    }
}
