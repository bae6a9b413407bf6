//! Keys that several rows want, in the items of a plan that normalises codes.

use rusqlite::{OptionalExtension as _, Row as SqlRow, params_from_iter};

use super::read::Reader;
use super::rows::{number, unsigned};
use super::{JournalError, database};
use crate::domain::find::folded;
use crate::domain::key::EntityKey;
use crate::domain::normalize::SEQUENCES;
use crate::engine::protocol::{CollisionFilter, CollisionKey, EntityRef};

/// Undecided ones are refused for it. Of decided ones, one item writes over the target or each but one only retires its own row: what
/// moves alone never does either.
const COLLIDES: &str = "reason IS 'collision' OR (pk <> target_pk AND action IN ('update', 'delete'))";

impl Reader {
    /// Numbers the keys that a filter accepts, undecided ones first, and gives back how many there are. As with
    /// [`Reader::arrange`], the numbers live as long as the reader.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn arrange_collisions(&self, filter: &CollisionFilter) -> Result<u64, JournalError> {
        let fail = database(&self.path);
        self.connection
            .execute_batch(
                "PRAGMA temp_store = MEMORY; DROP TABLE IF EXISTS temp.collided;
                 CREATE TEMP TABLE collided (place INTEGER PRIMARY KEY, module TEXT NOT NULL, pk TEXT NOT NULL,
                     sk TEXT NOT NULL, items TEXT NOT NULL, open INTEGER NOT NULL);",
            )
            .map_err(&fail)?;
        // Of rows that were soft-deleted already, one is written and the others are equal.
        let mut conditions = vec![format!("(max({COLLIDES}) OR count(*) > 1)")];
        let mut values = Vec::new();
        if filter.open {
            conditions.push("open".to_owned());
        }
        if !filter.text.is_empty() {
            // Keys as they stand on the screen, too, and ids.
            values.push(folded(&filter.text).into_owned());
            let holds = "max(holds(target_pk || ' ' || target_sk || ' ' || pk || ' ' || target_pk || ' / ' || target_sk || ' ' \
                         || target_pk || '#' || target_sk, ?1))";
            conditions.push(holds.to_owned());
        }
        let sql = format!(
            "INSERT INTO temp.collided (module, pk, sk, items, open)
             SELECT module, target_pk, target_sk, group_concat(n), max(reason IS 'collision') AS open FROM item
             WHERE module <> '{SEQUENCES}' GROUP BY module, target_pk, target_sk HAVING {}
             ORDER BY open DESC, module, target_pk, target_sk",
            conditions.join(" AND ")
        );
        let count = self.connection.execute(&sql, params_from_iter(values)).map_err(&fail)?;
        Ok(count as u64)
    }

    /// Place of the key that an item is about in the listing that was arranged last, from 0; `None` where it is not in it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn place_of_collision(&self, n: u64) -> Result<Option<u64>, JournalError> {
        let sql = "SELECT place - 1 FROM temp.collided WHERE ',' || items || ',' LIKE '%,' || ?1 || ',%'";
        let place = self.connection.query_row(sql, [number(n)], |row| row.get(0).map(unsigned)).optional();
        place.map_err(database(&self.path))
    }

    /// Keys by their places in the listing that was arranged last: `limit` at most, from a place on, the first being 0.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn collisions(&self, from: u64, limit: usize) -> Result<Vec<CollisionKey>, JournalError> {
        let fail = database(&self.path);
        let sql =
            "SELECT module, pk, sk, items, open FROM temp.collided WHERE place > ?1 AND place <= ?2 ORDER BY place";
        let mut statement = self.connection.prepare_cached(sql).map_err(&fail)?;
        let places = [number(from), number(from.saturating_add(limit as u64))];
        let read = |row: &SqlRow<'_>| {
            let key = EntityKey::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?);
            let mut items: Vec<u64> = row.get::<_, String>(3)?.split(',').filter_map(|n| n.parse().ok()).collect();
            items.sort_unstable();
            Ok(CollisionKey { target: EntityRef { module: row.get(0)?, key }, items, open: row.get(4)? })
        };
        let rows = statement.query_map(places, read).map_err(&fail)?;
        rows.collect::<Result<_, _>>().map_err(&fail)
    }
}
