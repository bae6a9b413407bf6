//! The dialog as it is drawn: what is wrong, what would mend it, and what the profile's command says.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::state::CommandRun;
use super::{DIGITS, SignIn, Stage};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::hints::keys;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::{Hints, Rich, draw_lines, problem, words};
use crate::tui::theme::Role;

/// Cells of the dialog.
const WIDTH: u16 = 84;
/// Lines of a command's output at most, the last ones.
const OUTPUT: usize = 12;

pub(super) fn draw(screen: &mut SignIn, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let room = usize::from(WIDTH.min(area.width).saturating_sub(4)).max(4);
    let (above, has_field) = (above(screen, app, room), screen.wants_code && screen.stage == Stage::Asking);
    let output = app.signing.command().map(|command| output(command, room)).unwrap_or_default();
    let wanted = above.len() + usize::from(has_field) + output.len() + 2;
    let height = u16::try_from(wanted).unwrap_or(u16::MAX).min(area.height);
    let area = centred(buffer, area, WIDTH.min(area.width), height);
    let title = tr!("Sign in: profile %{name}", name = app.profile.name);
    let inner = framed(buffer, area, Frame::Dialog, &title, "", &app.theme);
    foot(buffer, area, &Hints::of(&app.keymap, Context::SignIn, &hints(screen, app)), &app.theme);
    let mut inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    // Where room is short, the output gives way: it goes on in the lines that are left.
    // The field is what is typed into: it gives way to nothing.
    let most = inner.height.saturating_sub(u16::from(has_field));
    let used = u16::try_from(above.len()).unwrap_or(u16::MAX).min(most);
    draw_lines(buffer, Rect { height: used, ..inner }, &above, &app.theme);
    (inner.y, inner.height) = (inner.y + used, inner.height - used);
    let mut cursor = None;
    if has_field && inner.height > 0 {
        let label = Rich::of(Role::Strong, &format!("{} ", tr!("code")));
        let from = u16::try_from(label.width()).unwrap_or(0).min(inner.width);
        draw_lines(buffer, Rect { height: 1, ..inner }, &[label], &app.theme);
        let width = u16::try_from(DIGITS + 1).unwrap_or(0).min(inner.width - from);
        cursor = screen.code.draw(buffer, Rect { x: inner.x + from, width, height: 1, ..inner }, &app.theme);
        (inner.y, inner.height) = (inner.y + 1, inner.height - 1);
    }
    let hidden = output.len().saturating_sub(usize::from(inner.height));
    draw_lines(buffer, inner, &output[hidden..], &app.theme);
    cursor
}

fn above(screen: &SignIn, app: &App, room: usize) -> Vec<Rich> {
    let mut lines = screen.problem.as_ref().map(|failure| problem::lines(failure, room)).unwrap_or_default();
    let mut say = |text: &str| lines.extend(words(text, Role::Text, room));
    let key = |action| keys(&app.keymap, Context::SignIn, action).unwrap_or_default();
    match screen.stage {
        Stage::Trying(_) => say(&tr!("looking for credentials: keys that were rotated, a token that was renewed…")),
        Stage::Running => say(&tr!("the command is at work; once it has ended well, its credentials are taken up")),
        Stage::Asking => {
            say("");
            let again = key(Action::SignIn);
            say(&tr!("%{key} looks for credentials again: rotated keys, a renewed token.", key = again));
            match &app.profile.sign_in {
                Some(line) => {
                    say(&tr!(
                        "%{key} runs the profile's own command (sign_in), and shows what it says:",
                        key = key(Action::RunSignIn)
                    ));
                    lines.extend(words(&format!("  $ {line}"), Role::Strong, room));
                }
                None => say(&tr!("The profile names no command that signs in (sign_in): run it in another terminal.")),
            }
            if screen.wants_code {
                let text = tr!(
                    "The AWS profile asks for a one-time code (mfa_serial): type the six digits of the device, then %{key}.",
                    key = key(Action::Accept)
                );
                lines.extend(words(&text, Role::Text, room));
            }
        }
    }
    if screen.run.is_some() {
        let text = tr!("The run goes on once somebody is signed in to the same account; no item has failed for it.");
        lines.extend(words(&text, Role::Dim, room));
    }
    lines
}

fn output(command: &CommandRun, room: usize) -> Vec<Rich> {
    let mut lines: Vec<Rich> = command.said.iter().flat_map(|line| words(line, Role::Text, room)).collect();
    let hidden = lines.len().saturating_sub(OUTPUT);
    lines.drain(..hidden);
    let what = match hidden + command.left_out {
        0 => Cow::Borrowed(command.line.as_str()),
        _ => tr!("%{line} (its last lines)", line = command.line),
    };
    let head = words(&format!("── {what} ──"), Role::Dim, room);
    std::iter::once(Rich::default()).chain(head).chain(lines).collect()
}

fn hints(screen: &SignIn, app: &App) -> Vec<(Action, &'static str)> {
    let mut hints = Vec::new();
    match screen.stage {
        Stage::Asking => {
            if screen.wants_code {
                hints.push((Action::Accept, text!("sign in with the code")));
            }
            hints.push((Action::SignIn, text!("look again")));
            if app.profile.sign_in.is_some() {
                hints.push((Action::RunSignIn, text!("run the command")));
            }
            hints.push((Action::Back, text!("close")));
        }
        Stage::Trying(_) => hints.push((Action::Back, text!("close"))),
        Stage::Running => hints.push((Action::Back, text!("end the command"))),
    }
    hints
}
