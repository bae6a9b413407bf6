//! Versions of the partition at work that were noted: in memory, or on the disk where they are many.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension, params};

use super::disk::{Disk, Unusable, broken, number};
use crate::domain::key::Version;

/// Bytes that are held in memory; what reads partitions side by side has this much each.
const MOST: usize = 4 << 20;
/// Bytes that an entity takes beside its sort key and its rows of versions.
const EACH: usize = 96;

const SCHEMA: &str = "
    CREATE TABLE current (sk TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE seen (sk TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (sk, version)) WITHOUT ROWID;";

/// Versions of data rows, and versions that were dealt with.
#[derive(Debug)]
pub(super) struct Noted {
    state_dir: PathBuf,
    most: usize,
    bytes: usize,
    entities: BTreeMap<String, Entity>,
    disk: Option<Disk>,
}

#[derive(Debug, Default)]
struct Entity {
    current: Option<Version>,
    /// Versions that were dealt with, in rows without a gap: the first and the last of each, in order.
    seen: Vec<(u64, u64)>,
}

impl Entity {
    fn has_seen(&self, Version(version): Version) -> bool {
        let behind = self.seen.partition_point(|row| row.0 <= version);
        behind > 0 && self.seen.get(behind - 1).is_some_and(|row| row.1 >= version)
    }

    /// Notes a version; false where it was noted before.
    fn see(&mut self, Version(version): Version) -> bool {
        if self.has_seen(Version(version)) {
            return false;
        }
        let at = self.seen.partition_point(|row| row.0 <= version);
        let joins_before = at > 0 && self.seen.get(at - 1).is_some_and(|row| row.1 + 1 == version);
        let joins_after = self.seen.get(at).is_some_and(|row| row.0 - 1 == version);
        match (joins_before, joins_after) {
            (true, true) => {
                let (_, last) = self.seen.remove(at);
                self.seen[at - 1].1 = last;
            }
            (true, false) => self.seen[at - 1].1 = version,
            (false, true) => self.seen[at].0 = version,
            (false, false) => self.seen.insert(at, (version, version)),
        }
        true
    }
}

impl Noted {
    pub(super) fn new(state_dir: &Path) -> Self {
        Self { state_dir: state_dir.to_owned(), most: MOST, bytes: 0, entities: BTreeMap::new(), disk: None }
    }

    /// Forgets everything: another partition is next.
    pub(super) fn clear(&mut self) {
        (self.bytes, self.disk) = (0, None);
        self.entities.clear();
    }

    fn entity(&mut self, sk: &str) -> &mut Entity {
        if !self.entities.contains_key(sk) {
            self.bytes += sk.len() + EACH;
        }
        self.entities.entry(sk.to_owned()).or_default()
    }

    /// Notes the versions of data rows.
    pub(super) fn note_current(&mut self, rows: &[(String, Version)]) -> Result<(), Unusable> {
        if let Some(disk) = &mut self.disk {
            return put_current(disk, rows.iter().map(|(sk, version)| (sk.as_str(), *version)));
        }
        for (sk, version) in rows {
            self.entity(sk).current = Some(*version);
        }
        self.spill()
    }

    /// The version of an entity's data row.
    pub(super) fn current(&mut self, sk: &str) -> Result<Option<Version>, Unusable> {
        let Some(disk) = &mut self.disk else {
            return Ok(self.entities.get(sk).and_then(|entity| entity.current));
        };
        let mut ask = disk.database.prepare_cached("SELECT version FROM current WHERE sk = ?1").map_err(broken)?;
        let found: Option<i64> = ask.query_row([sk], |row| row.get(0)).optional().map_err(broken)?;
        Ok(found.map(|version| Version(version.unsigned_abs())))
    }

    /// Notes versions that are dealt with; gives back which of them were not yet.
    pub(super) fn note_seen(&mut self, versions: &[(String, Version)]) -> Result<Vec<bool>, Unusable> {
        if let Some(disk) = &mut self.disk {
            return put_seen(disk, versions.iter().map(|(sk, version)| (sk.as_str(), *version)));
        }
        let mut new = Vec::with_capacity(versions.len());
        for (sk, version) in versions {
            let entity = self.entity(sk);
            let rows = entity.seen.len();
            new.push(entity.see(*version));
            let grown = entity.seen.len().saturating_sub(rows);
            self.bytes += grown * size_of::<(u64, u64)>();
        }
        self.spill()?;
        Ok(new)
    }

    /// Sort keys of data rows whose version was not dealt with, behind one of them.
    pub(super) fn unseen(&mut self, after: &str, limit: usize) -> Result<Vec<String>, Unusable> {
        let Some(disk) = &mut self.disk else {
            let behind = self.entities.range::<str, _>((Bound::Excluded(after), Bound::Unbounded));
            let unseen = behind.filter(|(_, one)| one.current.is_some_and(|version| !one.has_seen(version)));
            return Ok(unseen.take(limit).map(|(sk, _)| sk.clone()).collect());
        };
        let sql = "SELECT c.sk FROM current c LEFT JOIN seen s ON s.sk = c.sk AND s.version = c.version
                   WHERE s.sk IS NULL AND c.sk > ?1 ORDER BY c.sk LIMIT ?2";
        let mut ask = disk.database.prepare_cached(sql).map_err(broken)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = ask.query_map(params![after, limit], |row| row.get(0)).map_err(broken)?;
        found.collect::<Result<_, _>>().map_err(broken)
    }

    /// Moves to the disk what has become too much.
    fn spill(&mut self) -> Result<(), Unusable> {
        if self.bytes <= self.most {
            return Ok(());
        }
        let mut disk = Disk::create(&self.state_dir, SCHEMA)?;
        let own = self.entities.iter();
        put_current(&mut disk, own.clone().filter_map(|(sk, one)| Some((sk.as_str(), one.current?))))?;
        let each = |(first, last): &(u64, u64)| (*first..=*last).map(Version);
        put_seen(&mut disk, own.flat_map(|(sk, one)| one.seen.iter().flat_map(each).map(move |v| (sk.as_str(), v))))?;
        self.entities.clear();
        self.disk = Some(disk);
        Ok(())
    }
}

fn put_current<'a>(disk: &mut Disk, rows: impl Iterator<Item = (&'a str, Version)>) -> Result<(), Unusable> {
    let all = disk.database.transaction().map_err(broken)?;
    for (sk, version) in rows {
        let sql = "INSERT OR REPLACE INTO current VALUES (?1, ?2)";
        all.prepare_cached(sql).and_then(|mut s| s.execute(params![sk, number(version)])).map_err(broken)?;
    }
    all.commit().map_err(broken)
}

fn put_seen<'a>(disk: &mut Disk, rows: impl Iterator<Item = (&'a str, Version)>) -> Result<Vec<bool>, Unusable> {
    let all = disk.database.transaction().map_err(broken)?;
    let mut new = Vec::new();
    for (sk, version) in rows {
        let sql = "INSERT OR IGNORE INTO seen VALUES (?1, ?2)";
        let changed = all.prepare_cached(sql).and_then(|mut s| s.execute(params![sk, number(version)]));
        new.push(changed.map_err(broken)? > 0);
    }
    all.commit().map_err(broken)?;
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look drawn, the same ones each time.
    fn draw(state: &mut u64, below: u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % below
    }

    #[test]
    fn memory_and_disk_note_the_same_also_where_one_becomes_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let of = |most| Noted { most, ..Noted::new(dir.path()) };
        // All in memory, all on the disk, and from the one to the other in the middle.
        let mut all = [of(MOST), of(0), of(2_000)];
        let mut state = 7;
        for _ in 0..40 {
            let mut some = |n: u64| -> Vec<(String, Version)> {
                let mut of = || (format!("k-{}", draw(&mut state, 30)), Version(1 + draw(&mut state, 12)));
                (0..n).map(|_| of()).collect()
            };
            let (current, seen) = (some(3), some(9));
            let noted = all.each_mut().map(|one| {
                one.note_current(&current).unwrap();
                one.note_seen(&seen).unwrap()
            });
            assert!(noted.iter().all(|new| *new == noted[0]), "{noted:?}");
            let read = all.each_mut().map(|one| {
                let current: Vec<_> = (0..30).map(|k| one.current(&format!("k-{k}")).unwrap()).collect();
                (current, one.unseen("", 5).unwrap(), one.unseen("k-2", 100).unwrap())
            });
            assert!(read.iter().all(|one| *one == read[0]), "{read:?}");
        }
        assert_eq!(all.each_ref().map(|one| one.disk.is_some()), [false, true, true]);
        assert!(std::fs::read_dir(dir.path()).unwrap().count() == 2);
        all.iter_mut().for_each(Noted::clear);
        assert!(
            all.iter_mut().all(|one| one.unseen("", 5).unwrap().is_empty() && one.current("k-1").unwrap().is_none())
        );
        assert!(std::fs::read_dir(dir.path()).unwrap().count() == 0, "nothing is left behind");
    }

    #[test]
    fn versions_without_a_gap_take_no_more_room_than_one() {
        let mut entity = Entity::default();
        // As sort keys come: 1, 10, 11, …, 19, 2, 20, …
        let mut order: Vec<u64> = (1..=1_000).collect();
        order.sort_by_key(u64::to_string);
        assert!(order.iter().all(|version| entity.see(Version(*version))));
        assert_eq!(entity.seen, [(1, 1_000)]);
        assert!(!entity.see(Version(500)) && entity.see(Version(u64::MAX)) && entity.see(Version(0)));
        assert!(!entity.see(Version(u64::MAX)) && !entity.see(Version(0)));
    }
}
