//! Words of the engine in the language that the console speaks: the engine itself speaks English, because journals and programs read it.

use std::borrow::Cow;

use crate::engine::failure::Failure;
use crate::engine::protocol::{Event, ItemResult, Preview, RehearsalEvent};
use crate::language::{Language, known, translated};

/// An event whose words are translated where they are known. A failure that has words of its own keeps them behind its code's meaning.
pub(super) fn heard(mut event: Event) -> Event {
    if Language::spoken() == Language::English {
        return event;
    }
    match &mut event {
        Event::Failed(failure) | Event::Paused { failure, .. } => failed(failure),
        Event::Log(_, text) => say(text),
        Event::Finding(finding) => say(&mut finding.message),
        Event::Preview(preview) => previewed(preview),
        Event::Item(item) => ended(item),
        Event::Items { items, .. } => items.iter_mut().for_each(ended),
        Event::Rehearsal(told) => {
            if let RehearsalEvent::Item { item, .. } = &mut **told {
                ended(item);
            }
        }
        Event::ApprovalNeeded(approval) => {
            approval.notes.iter_mut().for_each(|(_, note)| say(note));
            approval.items.iter_mut().for_each(previewed);
        }
        Event::Planned(summary) => summary.notes.iter_mut().for_each(say),
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
            format!("{} ({})", meaning.trim_end_matches('。'), failure.message)
        }
    };
    if let Some(hint) = &mut failure.hint {
        say(hint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::failure::ErrorCode;
    use crate::language::tests::speaking;

    #[test]
    fn a_failure_is_told_by_its_code_and_keeps_its_own_words() {
        let failure = || Box::new(Failure::new(ErrorCode::Credentials, "token 7 is no token"));
        let message = |event| if let Event::Failed(failure) = event { failure.message } else { String::new() };
        assert_eq!(message(heard(Event::Failed(failure()))), "token 7 is no token");
        let japanese = speaking(Language::Japanese, || message(heard(Event::Failed(failure()))));
        let meaning = speaking(Language::Japanese, || translated(ErrorCode::Credentials.meaning()));
        assert_ne!(meaning, ErrorCode::Credentials.meaning());
        assert_eq!(japanese, format!("{} (token 7 is no token)", meaning.trim_end_matches('。')));
    }
}
