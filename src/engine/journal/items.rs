//! Items by their place in a listing: problems first, narrowed, read anywhere at the same cost.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow, params_from_iter};

use super::read::{Reader, of_run, result};
use super::rows::{COLUMNS, ROWS, number, parts_of, unsigned, with_rows};
use super::{JournalError, database};
use crate::domain::find::folded;
use crate::domain::item::{PlannedItem, Role};
use crate::domain::key::KEY_SEPARATOR;
use crate::domain::row::field;
use crate::engine::protocol::{ItemFilter, ItemResult};

/// Rank of an item in a listing: items that an operator has to look at come first.
const RANK: &str = "CASE WHEN outcome = 'failed' THEN 0
         WHEN action = 'conflict' OR outcome = 'conflict' THEN 1
         WHEN action = 'invalid' OR outcome = 'invalid' THEN 2
         WHEN warnings <> '[]' THEN 3
         WHEN action = 'skip' THEN 4
         ELSE 5 END";

/// Characters of an item's rows that are looked through for its name.
const NAMED: usize = 64 * 1_024;

/// The name that an item's rows give it: as it would be, before what it was; first of what is written.
fn name_in(parts: &str, only_source: bool) -> Option<String> {
    let parts = parts_of(parts).ok()?;
    let of = |role: Role| parts.iter().find(|part| part.role == role);
    let roles = if only_source { [Role::Source, Role::Target] } else { [Role::Target, Role::Source] };
    let rows = roles.into_iter().filter_map(of);
    let rows = rows.flat_map(|part| [part.after.as_ref(), part.before.as_ref()]).flatten();
    rows.filter_map(|row| row.text(field::NAME)).find(|name| !name.is_empty()).map(str::to_owned)
}

impl Reader {
    /// Numbers the items that a filter accepts, problems first, and gives back how many there are. The numbers live as long as the
    /// reader, in a table of its own: from there each page is read at the same cost, wherever it is.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn arrange(&self, filter: &ItemFilter) -> Result<u64, JournalError> {
        let fail = database(&self.path);
        let (condition, values) = condition(filter);
        self.connection
            .execute_batch(
                "PRAGMA temp_store = MEMORY; DROP TABLE IF EXISTS temp.listed;
                 CREATE TEMP TABLE listed (place INTEGER PRIMARY KEY, n INTEGER NOT NULL);",
            )
            .map_err(&fail)?;
        let sql = format!("INSERT INTO temp.listed (n) SELECT n FROM item WHERE {condition} ORDER BY {RANK}, n");
        let count = self.connection.execute(&sql, params_from_iter(values)).map_err(&fail)?;
        Ok(count as u64)
    }

    /// Items by their places in the listing that was arranged last: `limit` at most, from a place on, the first being 0.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn arranged(&self, from: u64, limit: usize) -> Result<Vec<ItemResult>, JournalError> {
        let fail = database(&self.path);
        let run = of_run(&self.connection).map_err(&fail)?.ok_or_else(|| fail(rusqlite::Error::QueryReturnedNoRows))?;
        let sql = format!(
            "SELECT {COLUMNS}, CASE WHEN length(parts) <= {NAMED} THEN parts END
             FROM temp.listed JOIN item USING (n) LEFT JOIN item_rows USING (n)
             WHERE place > ?1 AND place <= ?2 ORDER BY place"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(&fail)?;
        let places = [number(from), number(from.saturating_add(limit as u64))];
        let one = |row: &SqlRow<'_>| {
            let item = result(row, run)?;
            let name = row.get::<_, Option<String>>(20)?.and_then(|parts| name_in(&parts, item.only_source));
            Ok(ItemResult { name, ..item })
        };
        let rows = statement.query_map(places, one).map_err(&fail)?;
        rows.collect::<Result<_, _>>().map_err(&fail)
    }

    /// Place of an item in the listing that was arranged last, from 0; `None` where it is not in it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn place_of(&self, n: u64) -> Result<Option<u64>, JournalError> {
        let sql = "SELECT place - 1 FROM temp.listed WHERE n = ?1";
        let place = self.connection.query_row(sql, [number(n)], |row| row.get(0).map(unsigned)).optional();
        place.map_err(database(&self.path))
    }

    /// The planned item, with its rows; `None` for a number that the run does not have.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn intended(&self, n: u64) -> Result<Option<PlannedItem>, JournalError> {
        let sql = format!("SELECT {COLUMNS}, {ROWS} FROM item JOIN item_rows USING (n) WHERE item.n = ?1");
        let read = |row: &SqlRow<'_>| with_rows(row, 20);
        self.connection.query_row(&sql, [number(n)], read).optional().map_err(database(&self.path))
    }
}

/// Gives a connection the function `holds`: true where a text holds a needle, which is folded already, whatever its own case and width.
/// `LIKE` folds the case of ASCII and nothing else.
pub(super) fn give_holds(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("holds", 2, flags, |values| {
        // A journal may have been changed by others: what is no text hides no other item.
        let bytes = |at| values.get_raw(at).as_bytes_or_null().ok().flatten().unwrap_or_default();
        let (text, needle) = (String::from_utf8_lossy(bytes(0)), String::from_utf8_lossy(bytes(1)));
        Ok(folded(&text).contains(&*needle))
    })
}

fn condition(filter: &ItemFilter) -> (String, Vec<String>) {
    let (mut parts, mut values) = (vec!["1".to_owned()], Vec::new());
    let list = |words: Vec<&str>| words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(", ");
    let mut kinds = Vec::new();
    if !filter.actions.is_empty() {
        kinds.push(format!("action IN ({})", list(filter.actions.iter().map(|a| a.as_str()).collect())));
    }
    if !filter.outcomes.is_empty() {
        kinds.push(format!("outcome IN ({})", list(filter.outcomes.iter().map(|o| o.as_str()).collect())));
    }
    if filter.warned {
        kinds.push("warnings <> '[]'".to_owned());
    }
    if !kinds.is_empty() {
        parts.push(format!("({})", kinds.join(" OR ")));
    }
    if !filter.text.is_empty() {
        values.push(folded(&filter.text).into_owned());
        let mut holds =
            "holds(target_pk || ' ' || target_sk || ' ' || pk || ' ' || sk || ' ' || coalesce(reason, '') || ' ' \
                         || coalesce(message, '') || ' ' || warnings, ?1)"
                .to_owned();
        // Keys as they stand on the screen, and ids.
        if filter.text.contains(" / ") || filter.text.contains(KEY_SEPARATOR) {
            holds = format!(
                "({holds} OR holds(target_pk || ' / ' || target_sk || ' ' || pk || ' / ' || sk || ' ' \
                 || target_pk || '#' || target_sk || ' ' || pk || '#' || sk, ?1))"
            );
        }
        parts.push(holds);
    }
    (parts.join(" AND "), values)
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;
    use crate::engine::protocol::CollisionFilter;

    #[test]
    fn a_text_is_found_whatever_its_case_and_width() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let connection = Connection::open(&path).unwrap();
        super::super::schema::create(&connection, &path).unwrap();
        let items = [("ボルト-1", ""), ("ＡＢＣ-1", ""), ("Straße-1", ""), ("x_1", "the name / key is ﾎﾞﾙﾄ")];
        for (n, (sk, message)) in (1_i64..).zip(items) {
            let sql = "INSERT INTO item (n, module, pk, sk, target_pk, target_sk, action, reason, message, warnings, version_before,
                           version_after, source_version_before, source_version_after, digest)
                       VALUES (?1, 'm', 'P#a', ?2, 'P#b', ?2, 'conflict', 'collision', ?3, '[]', 0, 1, 1, 1, '')";
            connection.execute(sql, params![n, sk, message]).unwrap();
        }
        drop(connection);
        let reader = Reader::open_file(&path).unwrap();
        let found =
            |text: &str| reader.arrange(&ItemFilter { text: text.to_owned(), ..ItemFilter::default() }).unwrap();
        for (text, expected) in [
            ("ﾎﾞﾙﾄ", 2),
            ("ボルト", 2),
            ("abc", 1),
            ("ａＢc", 1),
            ("STRASSE", 1),
            ("Ｘ_1", 1),
            ("_", 1),
            ("p#B x", 1),
            ("b / X_", 1),
            ("p#B#x_1", 1),
            ("name / key", 1),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        assert_eq!((found("ホルト"), found("%"), found("")), (0, 0, 4), "no sign is a pattern");
        let keys =
            |text: &str| reader.arrange_collisions(&CollisionFilter { open: false, text: text.to_owned() }).unwrap();
        assert_eq!((keys("ﾎﾞﾙﾄ"), keys("abc"), keys("名"), keys("")), (1, 1, 0, 4));
    }
}
