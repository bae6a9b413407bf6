//! Saying what is waited for: a command that stands still is never silent.

use std::time::{Duration, Instant};

use super::commands::Context;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Counters, Event, RequestId};

/// Half of what nothing may be heard before it is said: the first look only takes the counters.
const HALF: Duration = Duration::from_secs(5);
/// How often after that.
const AGAIN: Duration = Duration::from_secs(30);

/// State of the wait so far.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// When it began; `None` while something was heard just now.
    since: Option<Instant>,
    looks: u32,
    /// As the counters stood when it was looked at last.
    before: Counters,
}

impl Waiting {
    fn patience(&self) -> Duration {
        if self.looks < 2 { HALF } else { AGAIN }
    }

    /// Something was heard.
    fn over(&mut self) {
        *self = Self::default();
    }

    /// Sentence on what is waited for, from what was sent since the last look; nothing at the first one.
    fn look(&mut self, counters: Counters, waited: Duration) -> Option<String> {
        let before = std::mem::replace(&mut self.before, counters);
        self.looks += 1;
        if self.looks < 2 {
            return None;
        }
        let sent = format!("requests so far {}", counters.requests);
        let what = if counters.throttled > before.throttled {
            format!("the tables, which throttle ({sent}, throttled {})", counters.throttled)
        } else if counters.requests > before.requests {
            format!("the services, which answer ({sent})")
        } else if counters.requests > 0 {
            format!("an answer of the services ({sent})")
        } else {
            "the sign-in or a file: no request was sent yet".to_owned()
        };
        Some(format!("waiting since {} s for {what}; Ctrl-C ends it", waited.as_secs()))
    }
}

impl Context {
    /// The next event of a request. Whatever takes longer says what it waits for.
    pub(super) async fn next(&mut self, request: RequestId) -> Result<Event, Failure> {
        let began = *self.waiting.since.get_or_insert_with(Instant::now);
        loop {
            let patience = self.waiting.patience();
            match tokio::time::timeout(patience, self.client.event(request)).await {
                Ok(event) => {
                    self.waiting.over();
                    return event;
                }
                Err(_) => {
                    if let Some(text) = self.waiting.look(self.client.counters(), began.elapsed()) {
                        self.out.note(&text);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waited_for_is_told_from_what_was_sent() {
        let mut waiting = Waiting::default();
        let counters = |requests, throttled| Counters { requests, throttled, ..Counters::default() };
        let mut said = |requests, throttled| waiting.look(counters(requests, throttled), 2 * HALF);
        assert_eq!(said(0, 0), None);
        let text = said(0, 0).unwrap();
        assert_eq!(text, "waiting since 10 s for the sign-in or a file: no request was sent yet; Ctrl-C ends it");
        assert!(said(3, 0).unwrap().contains("the services, which answer (requests so far 3)"));
        assert!(said(3, 0).unwrap().contains("an answer of the services (requests so far 3)"));
        assert!(said(5, 1).unwrap().contains("which throttle (requests so far 5, throttled 1)"));
        assert_eq!(waiting.patience(), AGAIN);
        waiting.over();
        assert_eq!(waiting.patience(), HALF);
    }
}
