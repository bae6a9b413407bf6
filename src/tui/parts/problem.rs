//! A failure in the place it concerns.

use std::borrow::Cow;

use crate::config::ConfigError;
use crate::domain::printable::printable;
use crate::domain::run::RunId;
use crate::engine::failure::Failure;
use crate::language::{Language, known};
use crate::tui::parts::Rich;
use crate::tui::text;
use crate::tui::theme::Role;

/// Lines of a message at most: what to do about it must stay in sight, and the log holds all of it.
const MOST: usize = 5;

/// A failure with its hint, in lines of at most so many cells.
pub(crate) fn lines(failure: &Failure, room: usize) -> Vec<Rich> {
    let failure = &*crate::logging::with_place(failure);
    let (first, more) =
        failure.message.split_once('\n').map_or((failure.message.as_str(), false), |(first, _)| (first, true));
    let mut wrapped = text::wrap(&printable(&format!("! {first}")), room);
    let cut = more || wrapped.len() > MOST;
    wrapped.truncate(MOST);
    let mut out: Vec<Rich> = wrapped.iter().map(|l| Rich::of(Role::Error, l)).collect();
    if let Some(hint) = &failure.hint {
        out.extend(text::wrap(&printable(&format!("→ {hint}")), room).iter().map(|l| Rich::of(Role::Text, l)));
    }
    if cut {
        out.push(Rich::of(Role::Dim, &tr!("… the log has all of it (4)")));
    }
    out
}

/// A fault in a configuration or a plan, in words. Those that a parser has of its own stand behind what it is about.
pub(crate) fn complaint(problem: &ConfigError) -> Cow<'_, str> {
    let message = problem.message.as_str();
    if let Some(known) = known(message) {
        return known;
    }
    match message.strip_prefix("jq: ") {
        _ if Language::spoken() == Language::English => Cow::Borrowed(message),
        Some(why) => Cow::Owned(tr!("the jq filter is not right (%{why})", why = why).into_owned()),
        // Its complaints are the only ones without a key.
        None if problem.key.is_none() && problem.line.is_some() => {
            Cow::Owned(tr!("it cannot be read as TOML (%{why})", why = message).into_owned())
        }
        None => Cow::Borrowed(message),
    }
}

/// [`complaint`] behind its file and line.
pub(crate) fn placed(problem: &ConfigError) -> String {
    let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{}{line}: {}", problem.file.display(), complaint(problem))
}

/// That what stands here was found before a run wrote, and the key that looks again.
pub(crate) fn before_run(run: Option<RunId>, again: &str, room: usize) -> Vec<Rich> {
    let words = run.map(|run| tr!("from before run %{run}: %{again} looks again", run = run, again = again));
    words.map(|words| notice(&words, Role::Warning, room)).unwrap_or_default()
}

/// A notice of several words, in lines of at most so many cells.
pub(crate) fn notice(message: &str, role: Role, room: usize) -> Vec<Rich> {
    text::wrap(&printable(message), room).iter().map(|l| Rich::of(role, l)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::failure::ErrorCode;

    #[test]
    fn words_of_a_parser_stand_behind_what_they_are_about() {
        use crate::language::tests::speaking;
        let error = |key: Option<&str>, message: &str| ConfigError {
            file: "p.toml".into(),
            line: Some(2),
            column: None,
            key: key.map(str::to_owned),
            message: message.to_owned(),
            hint: None,
        };
        let toml = error(None, "extra `=`, expected nothing");
        assert_eq!(placed(&toml), "p.toml:2: extra `=`, expected nothing");
        let said = |problem: &ConfigError| speaking(Language::Japanese, || placed(problem));
        assert_eq!(said(&toml), "p.toml:2: TOML として読めません (extra `=`, expected nothing)");
        let jq = error(Some("transform.jq"), "jq: it ends early");
        assert_eq!(said(&jq), "p.toml:2: jq のフィルターが正しくありません (it ends early)");
        let key = error(Some("source.typ"), "source.typ is not a key that a copy plan may have");
        assert_eq!(said(&key), "p.toml:2: source.typ は copy プランで使えるキーではありません");
    }

    #[test]
    fn a_long_message_leaves_room_for_what_to_do() {
        let failure = Failure::new(ErrorCode::Credentials, format!("no credentials {}\nand more", "a b c ".repeat(40)));
        let shown: Vec<String> = lines(&failure.hint("sign in"), 20).iter().map(Rich::plain).collect();
        assert_eq!(shown.len(), 7);
        assert_eq!(shown[0], "! no credentials a b");
        assert_eq!(shown[5..], ["→ sign in", "… the log has all of it (4)"]);
        let short = Failure::new(ErrorCode::Credentials, "no credentials");
        assert_eq!(lines(&short, 20).len(), 1);
    }
}
