//! Errors of the system in texts, told by their numbers: `No such file or directory (os error 2)`.

use std::borrow::Cow;
use std::io::{Error, ErrorKind};

const NUMBER: &str = " (os error ";

/// The text without the system's numbers of its errors, which differ between systems.
pub(super) fn without_numbers(text: &str) -> Cow<'_, str> {
    let mut parts = text.split(NUMBER);
    let first = parts.next().unwrap_or_default();
    let mut out = Cow::Borrowed(first);
    for part in parts {
        match number(part) {
            Some((_, rest)) => out.to_mut().push_str(rest),
            None => out.to_mut().extend([NUMBER, part]),
        }
    }
    out
}

/// The text with the kind of each error in place of its words, where the catalogue has none for these: they stand behind it in brackets.
/// Nothing where it has all.
pub(super) fn by_kinds(text: &str) -> Option<String> {
    let mut parts = text.split(NUMBER);
    let mut out = parts.next()?.to_owned();
    let mut has_any = false;
    for part in parts {
        let Some((number, rest)) = number(part) else {
            out.extend([NUMBER, part]);
            continue;
        };
        let error = Error::from_raw_os_error(number);
        let words = error.to_string();
        let words = words.split(NUMBER).next().unwrap_or_default();
        if let Some(before) = out.strip_suffix(words).filter(|_| super::whole(words).is_none()) {
            out = format!("{before}{} ({words})", kind(&error));
            has_any = true;
        }
        out.push_str(rest);
    }
    has_any.then_some(out)
}

/// The number that a text begins with, and what stands behind its bracket.
fn number(text: &str) -> Option<(i32, &str)> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = text.strip_suffix(rest)?.parse().ok()?;
    Some((number, rest.strip_prefix(')')?))
}

/// The standard library's words for the kind of an error, which the catalogue has.
fn kind(error: &Error) -> String {
    let kind = error.kind().to_string();
    if super::is_sentence(&kind) && super::whole(&kind).is_some() { kind } else { ErrorKind::Other.to_string() }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;
    use crate::language::tests::speaking;
    use crate::language::{Language, known, whole};

    #[test]
    fn numbers_are_left_out() {
        assert_eq!(without_numbers("a (os error 2), b (os error x) c"), "a, b (os error x) c");
        assert!(matches!(without_numbers("a"), Cow::Borrowed("a")));
    }

    #[test]
    fn an_error_without_a_translation_is_told_by_its_kind_and_keeps_its_words() {
        let said = |text: &str| speaking(Language::Japanese, || known(text).map(Cow::into_owned));
        for (errno, kind) in [(Errno::BUSY, "リソースを使用中です"), (Errno::PROTO, "システムのエラーです")]
        {
            let error = Error::from_raw_os_error(errno.raw_os_error()).to_string();
            let words = without_numbers(&error);
            assert_eq!(said(&error), Some(format!("{kind} ({words})")));
            assert_eq!(said(&format!("a.toml: {error}")), Some(format!("a.toml: {kind} ({words})")));
            let program = said(&format!("a.sh cannot be started: {error}"));
            assert_eq!(program, Some(format!("a.sh を開始できません: {kind} ({words})")));
        }
        let translated = Error::from_raw_os_error(Errno::ACCESS.raw_os_error()).to_string();
        assert_eq!(speaking(Language::Japanese, || by_kinds(&translated)), None);
    }

    #[test]
    fn kinds_have_words() {
        use ErrorKind::*;
        let kinds = [
            NotFound,
            PermissionDenied,
            ConnectionRefused,
            ConnectionReset,
            HostUnreachable,
            NetworkUnreachable,
            ConnectionAborted,
            NotConnected,
            AddrInUse,
            AddrNotAvailable,
            NetworkDown,
            BrokenPipe,
            AlreadyExists,
            WouldBlock,
            NotADirectory,
            IsADirectory,
            DirectoryNotEmpty,
            ReadOnlyFilesystem,
            StaleNetworkFileHandle,
            InvalidInput,
            InvalidData,
            TimedOut,
            WriteZero,
            StorageFull,
            NotSeekable,
            QuotaExceeded,
            FileTooLarge,
            ResourceBusy,
            ExecutableFileBusy,
            CrossesDevices,
            TooManyLinks,
            InvalidFilename,
            ArgumentListTooLong,
            Interrupted,
            UnexpectedEof,
            OutOfMemory,
            Other,
        ];
        let missing: Vec<ErrorKind> = speaking(Language::Japanese, || {
            kinds.into_iter().filter(|kind| whole(&kind.to_string()).is_none()).collect()
        });
        assert_eq!(missing, Vec::<ErrorKind>::new());
    }
}
