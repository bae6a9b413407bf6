//! The words behind a command of the palette, as the command line takes them.

/// Words and options; each option was given as `--name value` or `--name=value`, a flag as `--name` alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Words that are no options.
    pub(crate) words: Vec<String>,
    given: Vec<(String, String)>,
}

impl Options {
    /// Sorts words; `names` take a value, `flags` take none.
    ///
    /// # Errors
    /// The option that there is not, or that lacks its value.
    pub(crate) fn of(words: &[String], names: &[&str], flags: &[&str]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let Some(name) = word.strip_prefix("--") else {
                options.words.push(word.clone());
                continue;
            };
            // As command lines have it, too.
            let (name, own) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value.to_owned())));
            if flags.contains(&name) && own.is_none() {
                options.given.push((name.to_owned(), String::new()));
                continue;
            }
            if !names.contains(&name) {
                let known: Vec<String> = names.iter().chain(flags).map(|n| format!("--{n}")).collect();
                return Err(tr!(
                    "there is no option --%{name}; there are %{known}",
                    name = name,
                    known = crate::language::listed(known)
                )
                .into_owned());
            }
            let value = own
                .or_else(|| rest.next().cloned())
                .ok_or_else(|| tr!("--%{name} wants a value", name = name).into_owned())?;
            options.given.push((name.to_owned(), value));
        }
        Ok(options)
    }

    /// The value of an option, the last one where it was given several times.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.values(name).pop()
    }

    /// Every value of an option.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        self.given.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
    }

    /// Whether a flag was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(n, _)| n == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_may_stand_anywhere_and_unknown_ones_are_named() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let of = |text: &str| Options::of(&words(text), &["in", "tenant"], &["exact"]);
        let options = of("--in a bolt --exact --in b").unwrap();
        assert_eq!((options.words.as_slice(), options.has("exact")), (["bolt".to_owned()].as_slice(), true));
        assert_eq!(
            (options.value("in"), options.values("in").len(), options.value("tenant")),
            (Some("b".into()), 2, None)
        );
        let joined = of("bolt --tenant=a=b --in c").unwrap();
        assert_eq!((joined.value("tenant"), joined.value("in")), (Some("a=b".into()), Some("c".into())));
        assert!(of("bolt --exact=yes").unwrap_err().contains("there is no option --exact"));
        assert_eq!(of("x --tenant").unwrap_err(), "--tenant wants a value");
        assert_eq!(of("x --ten a").unwrap_err(), "there is no option --ten; there are --in, --tenant, --exact");
    }
}
