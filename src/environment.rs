//! Variables of the environment that others read, and end the program over where they hold nonsense.

use crate::engine::failure::{ErrorCode, Failure};

/// A variable, whether a value will do, and what would.
type Rule = (&'static str, fn(&str) -> bool, &'static str);

/// Read by the runtime and by the AWS SDK, which answer anything else with a panic.
const RULES: [Rule; 3] = [
    ("TOKIO_WORKER_THREADS", is_count, "a whole number from 1 on"),
    ("AWS_RETRY_MODE", is_retry_mode, "standard or adaptive"),
    ("AWS_MAX_ATTEMPTS", is_attempts, "a whole number from 1 on"),
];

/// Checks the environment.
///
/// # Errors
/// A [`Failure`] that names the first variable that is wrong, its value, and what would do.
pub fn check() -> Result<(), Box<Failure>> {
    check_in(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
}

fn check_in(get: impl Fn(&str) -> Option<String>) -> Result<(), Box<Failure>> {
    for (name, is_fine, what) in RULES {
        if let Some(value) = get(name).filter(|value| !is_fine(value)) {
            let failure = Failure::new(ErrorCode::Config, format!("{name} must be {what}, not {value:?}"));
            return Err(failure
                .hint(format!("it is a variable of the environment: set it right, or unset {name}"))
                .into());
        }
    }
    Ok(())
}

fn is_count(value: &str) -> bool {
    value.parse::<usize>().is_ok_and(|n| n > 0)
}

fn is_attempts(value: &str) -> bool {
    value.parse::<u32>().is_ok_and(|n| n > 0)
}

fn is_retry_mode(value: &str) -> bool {
    ["standard", "adaptive"].iter().any(|mode| value.trim().eq_ignore_ascii_case(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, value: &str) -> Option<String> {
        check_in(|asked| (asked == name).then(|| value.to_owned())).err().map(|failure| failure.message)
    }

    #[test]
    fn nonsense_is_named_before_anybody_stumbles_over_it() {
        for (name, value) in [("TOKIO_WORKER_THREADS", "3"), ("AWS_RETRY_MODE", "Adaptive"), ("AWS_MAX_ATTEMPTS", "7")]
        {
            assert_eq!(said(name, value), None, "{name}={value}");
        }
        for (name, value) in [
            ("TOKIO_WORKER_THREADS", "0"),
            ("TOKIO_WORKER_THREADS", "many"),
            ("AWS_RETRY_MODE", "x"),
            ("AWS_MAX_ATTEMPTS", "-1"),
            ("AWS_MAX_ATTEMPTS", "0"),
        ] {
            let said = said(name, value).unwrap();
            assert!(said.starts_with(name) && said.contains(&format!("{value:?}")), "{said}");
        }
    }
}
