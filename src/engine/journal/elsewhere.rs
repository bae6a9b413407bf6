//! Items of a plan that another part of it carries out: their keys and digests, from which the digest of the whole plan comes.

use std::sync::Arc;

use rusqlite::{Row as SqlRow, params};

use super::read::Reader;
use super::{Journal, JournalError, database};
use crate::domain::item::PlannedItem;
use crate::domain::plan::PlanPart;

/// Rows written with one commit.
const PAGE: usize = 1_000;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    module: String,
    source: (String, String),
    target: (String, String),
    digest: String,
}

impl Elsewhere {
    /// An item with its digest.
    #[must_use]
    pub fn new(item: &PlannedItem, digest: String) -> Self {
        let text = |key: &crate::domain::key::EntityKey| (key.pk.as_str().to_owned(), key.sk.as_str().to_owned());
        Self { module: item.module.clone(), source: text(&item.source), target: text(&item.target), digest }
    }

    fn read(row: &SqlRow<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            module: row.get(0)?,
            source: (row.get(1)?, row.get(2)?),
            target: (row.get(3)?, row.get(4)?),
            digest: row.get(5)?,
        })
    }
}

impl Journal {
    /// Records items that other parts carry out.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn add_elsewhere(&self, items: Vec<Elsewhere>) -> Result<(), JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let fail = database(&path);
                let sql = "INSERT INTO elsewhere (module, pk, sk, target_pk, target_sk, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                let mut statement = connection.prepare_cached(sql).map_err(&fail)?;
                for Elsewhere { module, source, target, digest } in &items {
                    let values = params![module, source.0, source.1, target.0, target.1, digest];
                    statement.execute(values).map_err(&fail)?;
                }
                Ok(())
            })
            .await
    }
}

impl Reader {
    /// The items that `part` does not carry out, as a run of another part recorded them: in pages of at most 1,000, to the end.
    ///
    /// # Errors
    /// [`JournalError`], and those of `page`.
    pub fn not_of(
        &self,
        part: PlanPart,
        mut page: impl FnMut(Vec<Elsewhere>) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let fail = database(&self.path);
        let sql = "SELECT module, pk, sk, target_pk, target_sk, digest FROM item
                   UNION ALL SELECT module, pk, sk, target_pk, target_sk, digest FROM elsewhere";
        let mut statement = self.connection.prepare(sql).map_err(&fail)?;
        let mut waiting = Vec::with_capacity(PAGE);
        for one in statement.query_map([], Elsewhere::read).map_err(&fail)? {
            let one = one.map_err(&fail)?;
            if part.takes(&one.source.0, &one.source.1) {
                continue;
            }
            waiting.push(one);
            if waiting.len() == PAGE {
                page(std::mem::replace(&mut waiting, Vec::with_capacity(PAGE)))?;
            }
        }
        page(waiting)
    }
}
