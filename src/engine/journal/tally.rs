//! All items of a journal at once: how many there are of each kind, and the digest of their plan.

use std::sync::Arc;

use super::rows::unsigned;
use super::{Journal, JournalError, database};
use crate::domain::digest::plan_digest;
use crate::domain::run::{Action, Reason};

/// Items and what they come to, by word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// By action.
    pub actions: Vec<(Action, u64)>,
    /// By reason.
    pub reasons: Vec<(Reason, u64)>,
}

/// The digests of a plan's items in the order of its digest, those among them that other parts write.
const WHOLE: &str = "SELECT digest FROM (
    SELECT target_pk, target_sk, pk, sk, module, digest FROM item
    UNION ALL SELECT target_pk, target_sk, pk, sk, module, digest FROM elsewhere)
    ORDER BY target_pk, target_sk, pk, sk, module";

impl Journal {
    /// How many items there are by action and by reason.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn tally(&self) -> Result<Tally, JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let fail = database(&path);
                let mut tally = Tally::default();
                let mut statement =
                    connection.prepare("SELECT action, count(*) FROM item GROUP BY action").map_err(&fail)?;
                let rows = statement
                    .query_map([], |row| Ok((super::rows::word(row, 0)?, unsigned(row.get(1)?))))
                    .map_err(&fail)?;
                tally.actions = rows.collect::<Result<_, _>>().map_err(&fail)?;
                let mut statement = connection
                    .prepare("SELECT reason, count(*) FROM item WHERE reason IS NOT NULL GROUP BY reason")
                    .map_err(&fail)?;
                let rows = statement
                    .query_map([], |row| Ok((super::rows::word(row, 0)?, unsigned(row.get(1)?))))
                    .map_err(&fail)?;
                tally.reasons = rows.collect::<Result<_, _>>().map_err(&fail)?;
                Ok(tally)
            })
            .await
    }

    /// The plan digest over all items, in the byte order of their keys.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn digest(&self) -> Result<String, JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let fail = database(&path);
                let mut statement = connection.prepare(WHOLE).map_err(&fail)?;
                let mut digests = statement.query_map([], |row| row.get::<_, String>(0)).map_err(&fail)?;
                let mut failed = None;
                let each = std::iter::from_fn(|| match digests.next()? {
                    Ok(digest) => Some(digest),
                    Err(error) => {
                        failed = Some(error);
                        None
                    }
                });
                // How it is published belongs to what is approved.
                let mode: String = connection.query_row("SELECT mode FROM run", [], |row| row.get(0)).map_err(&fail)?;
                let digest = plan_digest(std::iter::once(mode).chain(each));
                failed.map_or(Ok(digest), |error| Err(fail(error)))
            })
            .await
    }
}
