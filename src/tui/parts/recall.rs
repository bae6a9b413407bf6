//! Lines that were typed before, brought back one by one.

/// Where among them one is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Recall {
    at: Option<usize>,
    /// The text as it was typed: only lines that begin so come back.
    typed: String,
}

impl Recall {
    /// True while a line from before is shown.
    pub(crate) fn is_at_work(&self) -> bool {
        self.at.is_some()
    }

    /// The line before the one that is shown; `past` has the newest last.
    pub(crate) fn older(&mut self, shown: &str, past: &[String]) -> Option<String> {
        let before = self.at.unwrap_or(past.len());
        let typed = if self.is_at_work() { self.typed.as_str() } else { shown };
        let found = past.get(..before)?.iter().rposition(|line| line.starts_with(typed) && line != shown)?;
        if !self.is_at_work() {
            self.typed = shown.to_owned();
        }
        self.at = Some(found);
        past.get(found).cloned()
    }

    /// The line after the one that is shown; in the end what was typed.
    pub(crate) fn newer(&mut self, past: &[String]) -> Option<String> {
        let after = self.at? + 1;
        let found = past.iter().enumerate().skip(after).find(|(_, line)| line.starts_with(&self.typed));
        self.at = found.map(|(at, _)| at);
        Some(found.map_or_else(|| std::mem::take(&mut self.typed), |(_, line)| line.clone()))
    }

    /// The line that is shown was changed: it is one of its own now.
    pub(crate) fn end(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_begin_as_typed_come_back_and_what_was_typed_too() {
        let past: Vec<String> = ["open A", "find x", "open B"].map(str::to_owned).to_vec();
        let mut recall = Recall::default();
        assert_eq!((recall.newer(&past), recall.is_at_work()), (None, false));
        assert_eq!(recall.older("op", &past).as_deref(), Some("open B"));
        assert_eq!(recall.older("open B", &past).as_deref(), Some("open A"));
        assert_eq!((recall.older("open A", &past), recall.is_at_work()), (None, true));
        assert_eq!(recall.newer(&past).as_deref(), Some("open B"));
        assert_eq!((recall.newer(&past).as_deref(), recall.is_at_work()), (Some("op"), false));
        assert_eq!(recall.older("", &past).as_deref(), Some("open B"));
        recall.end();
        assert_eq!(recall.older("zzz", &past), None);
        assert!(!recall.is_at_work());
    }
}
