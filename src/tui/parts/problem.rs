//! A failure in the place it concerns.

use crate::domain::printable::printable;
use crate::domain::run::RunId;
use crate::engine::failure::Failure;
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
