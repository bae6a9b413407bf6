//! Facts that a run's journal holds beside its items once the preview is complete, in the text that its chain records with the run.

use std::sync::Arc;

use rusqlite::OptionalExtension as _;
use serde::{Deserialize, Serialize};

use super::{Journal, JournalError, Reader, database};
use crate::domain::undo_until::UndoUntil;
use crate::engine::protocol::{Blast, Signature};

/// A signature that counted, with all that it takes to check it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedSignature {
    /// Whose it is.
    pub principal: String,
    /// The SHA-256 of the key.
    pub key: String,
    /// When it was checked: RFC 3339, UTC, milliseconds.
    pub at: String,
    /// How long it counts, likewise.
    pub until: String,
    /// The lines that were signed.
    pub lines: String,
    /// The signature itself.
    pub signature: String,
}

/// Facts about a run as a whole.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Totals of what the run would do.
    #[serde(flatten)]
    pub blast: Blast,
    /// Until when it can be undone.
    #[serde(default)]
    pub undo_until: UndoUntil,
    /// Signatures of the people who signed it off.
    #[serde(default)]
    pub signatures: Vec<RecordedSignature>,
}

impl From<Blast> for Facts {
    fn from(blast: Blast) -> Self {
        Self { blast, ..Self::default() }
    }
}

impl RecordedSignature {
    /// As it was when it was checked.
    #[must_use]
    pub fn shown(&self) -> Signature {
        Signature {
            principal: Some(self.principal.clone()),
            key: Some(self.key.clone()),
            at: self.at.clone(),
            until: Some(self.until.clone()),
            valid: true,
            reason: None,
            file: String::new(),
        }
    }
}

/// Facts in the text of a journal; empty for a run whose preview is not complete.
pub(super) fn read(text: Option<&str>) -> Facts {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

impl Journal {
    /// Records who signed a run off that is resumed.
    ///
    /// # Errors
    /// [`JournalError`]: nothing may be written on it then.
    pub async fn sign(&self, signatures: Vec<RecordedSignature>) -> Result<(), JournalError> {
        let signatures = serde_json::to_string(&signatures).unwrap_or_default();
        let sql = "UPDATE run SET blast = json_set(coalesce(blast, '{}'), '$.signatures', json(?1))";
        self.recorded(sql, (signatures,), |chain| chain.run()).await
    }

    /// Facts about the run as a whole.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn facts(&self) -> Result<Facts, JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let text = connection.query_row("SELECT blast FROM run", [], |row| row.get::<_, Option<String>>(0));
                Ok(read(text.map_err(database(&path))?.as_deref()))
            })
            .await
    }
}

impl Reader {
    /// Facts about the run as a whole.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn facts(&self) -> Result<Facts, JournalError> {
        let text = self.connection.query_row("SELECT blast FROM run", [], |row| row.get::<_, Option<String>>(0));
        let text = text.optional().map_err(database(&self.path))?.flatten();
        Ok(read(text.as_deref()))
    }
}
