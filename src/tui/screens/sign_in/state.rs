//! The sign-in as the console knows it, whatever is on screen: whose it is, when it ends, and the command that renews it.

use jiff::Timestamp;

use crate::engine::failure::ErrorCode;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Identity, Level, SessionEnd};
use crate::tui::app::App;
use crate::tui::format;

/// Lines of a command's output that are kept.
const KEPT: usize = 200;
/// Minutes before the end of a session from which on it is a warning.
pub(crate) const SOON: i64 = 10;
/// Minutes before the end of a session that a one-time code gave, from which on another code is asked for.
const ASK_AGAIN: i64 = 5;

/// The state.
#[derive(Debug, Default)]
pub(crate) struct Signing {
    /// Credentials were refused last: reading again signs in first.
    pub(crate) needed: bool,
    /// The data on screen is to be read again, now that somebody is signed in.
    pub(crate) read_again: bool,
    command: Option<CommandRun>,
    warned_of: Option<Timestamp>,
    asked_at: Option<Timestamp>,
}

/// A command of the profile, and its output.
#[derive(Debug)]
pub(crate) struct CommandRun {
    pub(crate) line: String,
    pub(crate) said: Vec<String>,
    pub(crate) left_out: usize,
    ended: Option<Result<(), String>>,
}

impl Signing {
    /// A command begins.
    pub(super) fn begin(&mut self, line: &str) {
        let (line, said) = (line.to_owned(), Vec::new());
        self.command = Some(CommandRun { line, said, left_out: 0, ended: None });
    }

    /// The command that ran last.
    pub(super) fn command(&self) -> Option<&CommandRun> {
        self.command.as_ref()
    }

    /// How the command ended, once.
    pub(super) fn ended(&mut self) -> Option<Result<(), String>> {
        self.command.as_mut()?.ended.take()
    }

    /// The command says a line.
    pub(crate) fn command_said(&mut self, line: String) {
        let Some(command) = &mut self.command else { return };
        if command.said.len() == KEPT {
            command.said.remove(0);
            command.left_out += 1;
        }
        command.said.push(line);
    }

    /// The command ends.
    pub(crate) fn command_ended(&mut self, ended: Result<(), String>) {
        if let Some(command) = &mut self.command {
            command.ended = Some(ended);
        }
    }
}

/// Whole minutes until the end of a session; below zero after it.
pub(crate) fn minutes(end: SessionEnd, now: Timestamp) -> i64 {
    end.at.duration_since(now).as_secs().div_euclid(60)
}

/// The end of a session as the header shows it, and whether that is soon. What renews itself has no end that matters once it is over.
pub(crate) fn left(end: SessionEnd, now: Timestamp) -> Option<(bool, String)> {
    match minutes(end, now) {
        ..0 if end.renews => None,
        ..0 => Some((true, tr!("session ended").into_owned())),
        minutes @ 0..120 => Some((minutes <= SOON, tr!("%{n} min left", n = minutes).into_owned())),
        minutes @ 120..2_880 => Some((false, tr!("%{n} h left", n = minutes / 60).into_owned())),
        minutes => Some((false, tr!("%{n} days left", n = minutes / 1_440).into_owned())),
    }
}

/// The role or user in an ARN, as people call it.
pub(crate) fn role(arn: &str) -> Option<String> {
    let (kind, rest) = arn.splitn(6, ':').nth(5)?.split_once('/').unwrap_or(("root", ""));
    match kind {
        "assumed-role" => {
            let role = rest.split('/').next().unwrap_or(rest);
            // IAM Identity Center makes it of the permission set's name and a hash.
            let set = role.strip_prefix("AWSReservedSSO_").and_then(|role| role.rsplit_once('_')).map(|(set, _)| set);
            Some(tr!("role %{name}", name = set.unwrap_or(role)).into_owned())
        }
        "user" | "federated-user" => {
            Some(tr!("user %{name}", name = rest.rsplit('/').next().unwrap_or(rest)).into_owned())
        }
        "root" => Some(tr!("ROOT USER").into_owned()),
        _ => None,
    }
}

impl App {
    /// Notes whether credentials are what is wrong.
    pub(crate) fn minds_sign_in(&mut self, failure: &Failure) {
        self.signing.needed |= matches!(failure.code, ErrorCode::Credentials | ErrorCode::SignIn);
    }

    /// Somebody is signed in again.
    pub(super) fn signed_in(&mut self, who: &Identity) {
        self.signing.needed = false;
        if let Some(connection) = &mut self.connection {
            (connection.account, connection.arn) = (who.account.clone(), who.arn.clone());
        } else {
            self.connect();
        }
        let told = match (who.account.as_deref(), who.arn.as_deref().and_then(role)) {
            (Some(account), Some(role)) => {
                tr!("signed in to account %{account} as %{role}", account = account, role = role)
            }
            (Some(account), None) => tr!("signed in to account %{account}", account = account),
            (None, Some(role)) => tr!("signed in as %{role}", role = role),
            (None, None) => tr!("signed in"),
        };
        self.tell(Level::Info, told.clone());
        self.say(told);
    }

    /// Time has passed: a session that ends soon is said, and a code asked for where only that helps.
    pub(crate) fn ticked(&mut self) {
        let Some(end) = self.counters.session else { return };
        let left = minutes(end, self.now);
        if (0..=SOON).contains(&left) && self.signing.warned_of != Some(end.at) {
            self.signing.warned_of = Some(end.at);
            let left = format::plural(left.unsigned_abs(), text!("%{n} minute"), text!("%{n} minutes"));
            let told = if end.renews {
                tr!(
                    "the session ends in %{left}; it is renewed by itself where the sign-in behind it lasts",
                    left = left
                )
            } else {
                tr!("the session ends in %{left}", left = left)
            };
            self.tell(Level::Warning, told);
        }
        if !end.renews && left <= ASK_AGAIN && self.signing.asked_at != Some(end.at) && !self.is_busy() {
            self.signing.asked_at = Some(end.at);
            let why = Failure::new(ErrorCode::SignIn, tr!("the session that the one-time code gave ends soon"));
            let hint = tr!("the next code of the device gives another one; what runs goes on meanwhile");
            self.ask_for_code(Some(why.hint(hint)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_users_are_called_by_their_names() {
        for (arn, name) in [
            ("arn:aws:sts::1:assumed-role/support/me@example.com", Some("role support")),
            ("arn:aws:sts::1:assumed-role/AWSReservedSSO_Read_Only_0123456789abcdef/me", Some("role Read_Only")),
            ("arn:aws:iam::1:user/team/tanaka", Some("user tanaka")),
            ("arn:aws:iam::1:root", Some("ROOT USER")),
            ("arn:aws:iam::1:group/x", None),
            ("", None),
        ] {
            assert_eq!(role(arn).as_deref(), name, "{arn}");
        }
    }

    #[test]
    fn the_end_of_a_session_is_told_in_minutes_and_warned_of_at_ten() {
        let now: Timestamp = "2026-03-20T01:00:00Z".parse().unwrap();
        let told = |at: &str, renews| left(SessionEnd { at: at.parse().unwrap(), renews }, now);
        assert_eq!(told("2026-03-20T01:23:59Z", true), Some((false, "23 min left".to_owned())));
        assert_eq!(told("2026-03-20T01:11:00Z", true), Some((false, "11 min left".to_owned())));
        assert_eq!(told("2026-03-20T01:10:59Z", true), Some((true, "10 min left".to_owned())));
        assert_eq!(told("2026-03-20T09:00:00Z", true), Some((false, "8 h left".to_owned())));
        assert_eq!(told("2026-03-23T09:00:00Z", true), Some((false, "3 days left".to_owned())));
        assert_eq!(told("2026-03-20T00:59:59Z", true), None);
        assert_eq!(told("2026-03-20T00:59:59Z", false), Some((true, "session ended".to_owned())));
    }
}
