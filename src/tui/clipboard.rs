//! Copying: to the system's clipboard, or through the terminal (OSC 52) where the system is elsewhere.

use std::borrow::Cow;
use std::env;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Terminals drop longer sequences silently.
const LONGEST: usize = 74_994;

/// The system's clipboard, opened when it is first needed. It must live on: under X11 it serves what was copied.
#[derive(Clone, Default)]
pub(crate) struct System(Arc<Mutex<Option<arboard::Clipboard>>>);

impl System {
    /// Puts a text into the system's clipboard. May block: keep it off the loop.
    ///
    /// # Errors
    /// Why the system has no clipboard for us.
    pub(crate) fn put(&self, text: &str) -> Result<(), String> {
        let mut held = self.0.lock().map_err(|_| tr!("the clipboard is in use").into_owned())?;
        if held.is_none() {
            *held = Some(arboard::Clipboard::new().map_err(|e| e.to_string())?);
        }
        match held.as_mut() {
            Some(clipboard) => clipboard.set_text(text.to_owned()).map_err(|e| e.to_string()),
            None => Err(tr!("there is no clipboard").into_owned()),
        }
    }
}

/// Whether the terminal, not the system, is where the operator sits.
pub(crate) fn over_ssh() -> bool {
    ["SSH_TTY", "SSH_CONNECTION"].iter().any(|name| env::var_os(name).is_some_and(|v| !v.is_empty()))
}

/// Program between this one and the terminal, which must be told to let a copy pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Between {
    /// tmux, which drops it as it is shipped.
    Tmux,
    /// GNU screen, which knows no such sequence.
    Screen,
    /// Nothing that is known.
    Nothing,
}

impl Between {
    /// Finds it by the environment.
    pub(crate) fn here() -> Self {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        match () {
            () if is_set("TMUX") => Self::Tmux,
            () if is_set("STY") => Self::Screen,
            () => Self::Nothing,
        }
    }

    /// How to let it pass.
    pub(crate) fn advice(self) -> Cow<'static, str> {
        match self {
            Self::Tmux => tr!("tmux lets it pass after `tmux set -g set-clipboard on`"),
            Self::Screen => tr!("GNU screen does not let it pass"),
            Self::Nothing => tr!("some terminals want it allowed in their settings"),
        }
    }
}

/// The sequence that makes a terminal copy a text.
///
/// # Errors
/// In words, when the text is too long for terminals to take.
pub(crate) fn osc52(text: &str) -> Result<String, String> {
    let encoded = BASE64.encode(text);
    if encoded.len() > LONGEST {
        let kilobytes = text.len().div_ceil(1024);
        return Err(tr!(
            "%{n} KB is too long to be copied through the terminal; `:copy file` writes it into a file",
            n = kilobytes
        )
        .into_owned());
    }
    Ok(format!("\u{1b}]52;c;{encoded}\u{7}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_encoded_so_that_nothing_of_it_steers_the_terminal() {
        assert_eq!(osc52("a\u{1b}[2J\u{7}").unwrap(), "\u{1b}]52;c;YRtbMkoH\u{7}");
    }

    #[test]
    fn what_a_terminal_would_drop_is_refused() {
        assert!(osc52(&"x".repeat(50_000)).is_ok());
        assert!(osc52(&"x".repeat(60_000)).unwrap_err().starts_with("59 KB is too long"));
    }
}
