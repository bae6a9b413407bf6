//! The activity of one partition: its commands, and history and data rows of versions that have none.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;

use super::noted::Noted;
use super::reading::Reading;
use crate::domain::activity::{kind, paths, touches};
use crate::domain::clock::parse_time;
use crate::domain::key::{EntityKey, PartitionKey, SortKey, VERSION_SEPARATOR, Version, split_versioned};
use crate::domain::path::Path;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::snapshot::is_remnant;
use crate::domain::timeline::{BySource, VersionStatus, is_failed, is_refused};
use crate::engine::protocol::{Activity, EntityRef};
use crate::engine::task::Stop;
use crate::store::error::ErrorKind;
use crate::store::{RowKey, RowPage};

/// Data rows that are looked up together.
const TOGETHER: usize = 100;

/// A partition whose activity is looked at.
pub(super) struct Partition<'a> {
    pub(super) reading: &'a Reading,
    pub(super) module: &'a str,
    pub(super) pk: &'a PartitionKey,
    pub(super) noted: &'a mut Noted,
    pub(super) found: &'a mpsc::Sender<Vec<Activity>>,
}

/// A version of an entity, with its row.
struct Seen {
    sk: String,
    version: Version,
    row: Row,
}

impl Partition<'_> {
    pub(super) async fn read(mut self) -> Result<(), Stop> {
        self.noted.clear();
        self.current().await?;
        for from in [TableKind::Command, TableKind::History] {
            self.versions(from).await?;
        }
        self.unseen().await
    }

    /// Notes which version each data row has.
    async fn current(&mut self) -> Result<(), Stop> {
        let reading = self.reading;
        if let Some(sk) = &reading.wanted.sk {
            let key = EntityKey { pk: self.pk.clone(), sk: sk.clone() };
            let version = reading.data_row(self.module, &key).await?.and_then(|row| row.version().ok());
            let rows: Vec<_> = version.map(|version| (sk.to_string(), version)).into_iter().collect();
            return Ok(self.noted.note_current(&rows)?);
        }
        let mut after = None;
        loop {
            let fields = &[field::PK, field::SK, field::VERSION];
            let of = (self.module, TableKind::Data, self.pk);
            let page = reading.page(of, "", after.as_deref(), fields).await?;
            let mut versions = Vec::with_capacity(page.rows.len());
            for row in &page.rows {
                if let Ok(version) = row.version() {
                    versions.push((row.sk()?.to_owned(), version));
                }
            }
            self.noted.note_current(&versions)?;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Versions of the command or the history table; those that were seen before are passed over.
    async fn versions(&mut self, from: TableKind) -> Result<(), Stop> {
        let (reading, of) = (self.reading, (self.module, from, self.pk));
        let prefix = reading.wanted.sk.as_ref().map(|sk| format!("{sk}{VERSION_SEPARATOR}")).unwrap_or_default();
        let mut page = Some(reading.page(of, &prefix, None, &[]).await?);
        while let Some(RowPage { rows, next: after }) = page {
            // The next page is on its way while this one is looked at.
            let next = async {
                match &after {
                    Some(after) => reading.page(of, &prefix, Some(after), &[]).await.map(Some),
                    None => Ok(None),
                }
            };
            let (looked, next) = tokio::join!(self.look(from, rows), next);
            looked?;
            page = next?;
        }
        Ok(())
    }

    async fn look(&mut self, from: TableKind, rows: Vec<Row>) -> Result<(), Stop> {
        let sk = self.reading.wanted.sk.as_ref();
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let Some((base, version)) = split_versioned(row.sk()?) else { continue };
            // Rows of other entities whose keys begin alike are among them.
            if sk.is_none_or(|sk| sk.as_str() == base) {
                found.push(Seen { sk: base.to_owned(), version, row });
            }
        }
        let versions: Vec<(String, Version)> = found.iter().map(|seen| (seen.sk.clone(), seen.version)).collect();
        let new = self.noted.note_seen(&versions)?;
        self.take(from, found, &new).await
    }

    /// Data rows of versions that no other table has.
    async fn unseen(&mut self) -> Result<(), Stop> {
        let mut after = String::new();
        loop {
            let sks = self.noted.unseen(&after, TOGETHER)?;
            let Some(last) = sks.last() else { return Ok(()) };
            after.clone_from(last);
            let keys: Vec<RowKey> = sks.iter().map(|sk| (TableKind::Data, sk.clone())).collect();
            let rows = self.reading.rows(self.module, self.pk, &keys, &[]).await?;
            let mut found: Vec<Seen> = rows
                .into_iter()
                .filter_map(|((_, sk), row)| Some(Seen { sk, version: row.version().ok()?, row }))
                .collect();
            found.sort_by(|a, b| a.sk.cmp(&b.sk));
            let new = vec![true; found.len()];
            self.take(TableKind::Data, found, &new).await?;
        }
    }

    /// Keeps what is wanted of versions.
    async fn take(&mut self, from: TableKind, found: Vec<Seen>, new: &[bool]) -> Result<(), Stop> {
        let wanted: Vec<usize> = (0..found.len()).filter(|i| new[*i] && self.is_wanted(from, &found[*i].row)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let by_version: HashMap<(&str, Version), &Row> =
            found.iter().map(|seen| ((seen.sk.as_str(), seen.version), &seen.row)).collect();
        let earlier = |seen: &Seen| (seen.version > Version(1)).then(|| Version(seen.version.0 - 1));
        let missing: Vec<(String, Version)> = wanted
            .iter()
            .filter_map(|i| Some((found[*i].sk.clone(), earlier(&found[*i])?)))
            .filter(|(sk, version)| !by_version.contains_key(&(sk.as_str(), *version)))
            .collect();
        let fetched = self.fetch(&missing).await?;
        let applied = self.applied(from, wanted.iter().map(|i| &found[*i])).await?;
        let refused = self.refused(from, wanted.iter().map(|i| &found[*i]).zip(&applied)).await?;
        let mut activity = Vec::with_capacity(wanted.len());
        for (place, i) in wanted.into_iter().enumerate() {
            let seen = &found[i];
            let before = earlier(seen).and_then(|version| {
                let own = by_version.get(&(seen.sk.as_str(), version)).copied();
                own.or_else(|| fetched.get(&(seen.sk.clone(), version)))
            });
            let status = match applied[place] {
                true => VersionStatus::Published,
                false if is_failed(&seen.row) || refused[place] => VersionStatus::Failed,
                false => VersionStatus::Pending,
            };
            activity.extend(self.activity(from, seen, before, status).await?);
        }
        // Nobody takes it any more once the command was cancelled.
        self.found.send(activity).await.map_err(|_| Stop::Cancelled)
    }

    /// Whether who, when and what of a row are asked for.
    fn is_wanted(&self, from: TableKind, row: &Row) -> bool {
        let wanted = &self.reading.wanted;
        let (at, by) = told_by(from);
        let is_one = |list: &[String], own: Option<&str>| {
            list.is_empty() || own.is_some_and(|own| list.iter().any(|one| one == own))
        };
        let source = row.text(field::SOURCE).filter(|_| from == TableKind::Command);
        if !is_one(&wanted.by, row.text(by))
            || !is_one(&wanted.request, row.text(field::REQUEST_ID))
            || !is_one(&wanted.source, source)
        {
            return false;
        }
        if wanted.since.is_none() && wanted.until.is_none() {
            return true;
        }
        match row.text(at).and_then(parse_time) {
            Some(at) => wanted.since.is_none_or(|since| since <= at) && wanted.until.is_none_or(|until| at <= until),
            None => {
                self.reading.undated.fetch_add(1, Ordering::Relaxed);
                false
            }
        }
    }

    /// Rows of versions by their keys, from the command table, otherwise from history.
    async fn fetch(&mut self, versions: &[(String, Version)]) -> Result<HashMap<(String, Version), Row>, Stop> {
        let mut out = HashMap::new();
        for kind in [TableKind::Command, TableKind::History] {
            let left = versions.iter().filter(|version| !out.contains_key(*version));
            let keys: Vec<RowKey> = left.map(|(sk, v)| (kind, SortKey::new(sk.as_str()).at(*v))).collect();
            let found = match self.reading.rows(self.module, self.pk, &keys, &[]).await {
                Ok(found) => found,
                Err(error) if error.kind() == Some(ErrorKind::NoTable) => continue,
                Err(error) => return Err(error.into()),
            };
            for ((_, sk), row) in found {
                if let Some((base, version)) = split_versioned(&sk) {
                    out.insert((base.to_owned(), version), row);
                }
            }
        }
        Ok(out)
    }

    /// Whether each version was applied: the data row has it, or had it before it expired.
    async fn applied(&mut self, from: TableKind, versions: impl Iterator<Item = &Seen>) -> Result<Vec<bool>, Stop> {
        let mut applied = Vec::new();
        let mut orphans: Vec<(usize, &Seen)> = Vec::new();
        for seen in versions {
            let current = self.noted.current(&seen.sk)?;
            if current.is_none() && from == TableKind::Command {
                orphans.push((applied.len(), seen));
            }
            applied.push(from != TableKind::Command || current.is_some_and(|current| seen.version <= current));
        }
        let key = |seen: &Seen| (TableKind::History, SortKey::new(seen.sk.as_str()).at(seen.version));
        let keys: Vec<RowKey> = orphans.iter().map(|(_, seen)| key(seen)).collect();
        let past = match self.reading.rows(self.module, self.pk, &keys, &[field::PK, field::SK]).await {
            Ok(past) => past,
            Err(error) if error.kind() == Some(ErrorKind::NoTable) => HashMap::new(),
            Err(error) => return Err(error.into()),
        };
        let now = jiff::Timestamp::now().as_second();
        for (i, seen) in orphans {
            applied[i] = is_remnant(&seen.row, None, past.contains_key(&key(seen)), now);
        }
        Ok(applied)
    }

    /// No version that was not applied ever will be: nothing leads up to it.
    async fn refused(
        &mut self,
        from: TableKind,
        versions: impl Iterator<Item = (&Seen, &bool)>,
    ) -> Result<Vec<bool>, Stop> {
        let mut above = Vec::new();
        for (seen, is_applied) in versions {
            // Without a data row earlier commands may have expired.
            let current = if from == TableKind::Command && !is_applied { self.noted.current(&seen.sk)? } else { None };
            let far = current.filter(|current| is_refused(seen.version, *current, false));
            above.push(far.map(|current| (TableKind::Command, SortKey::new(seen.sk.as_str()).at(current.next()))));
        }
        let keys: BTreeSet<RowKey> = above.iter().flatten().cloned().collect();
        let keys: Vec<RowKey> = keys.into_iter().collect();
        let next = self.reading.rows(self.module, self.pk, &keys, &[field::PK, field::SK]).await?;
        Ok(above.into_iter().map(|key| key.is_some_and(|key| !next.contains_key(&key))).collect())
    }

    /// The activity of a version; `None` where it changed none of the places that are asked for.
    async fn activity(
        &mut self,
        from: TableKind,
        seen: &Seen,
        before: Option<&Row>,
        status: VersionStatus,
    ) -> Result<Option<Activity>, Stop> {
        let kind = kind(status, seen.version, before, &seen.row);
        let is_in_s3 = before.is_some_and(|row| row.attributes_ref().is_some()) || seen.row.attributes_ref().is_some();
        let changed = if is_in_s3 {
            let now = self.reading.resolved(&seen.row).await?;
            let before = match before {
                Some(before) => Some(self.reading.resolved(before).await?),
                None => None,
            };
            let changed = paths(before.as_ref(), &now);
            self.touched(seen, &changed, &now).then_some(changed)
        } else {
            let changed = paths(before, &seen.row);
            self.touched(seen, &changed, &seen.row).then_some(changed)
        };
        let Some(paths) = changed else { return Ok(None) };
        let (at, by) = told_by(from);
        let ip = if from == TableKind::Command { field::CREATED_IP } else { field::UPDATED_IP };
        let own = |name: &str| seen.row.text(name).map(str::to_owned);
        let key = EntityKey { pk: self.pk.clone(), sk: SortKey::new(seen.sk.as_str()) };
        Ok(Some(Activity {
            entity: EntityRef { module: self.module.to_owned(), key },
            version: seen.version,
            at: own(at),
            by: own(by),
            ip: own(ip),
            request_id: own(field::REQUEST_ID),
            source: own(field::SOURCE).filter(|_| from == TableKind::Command),
            status,
            kind,
            name: own(field::NAME),
            paths,
            by_source: if from == TableKind::Command { BySource::Command } else { BySource::Row },
        }))
    }

    fn touched(&self, seen: &Seen, changed: &[Path], now: &Row) -> bool {
        let places = &self.reading.wanted.path;
        places.is_empty() || places.iter().any(|place| touches(place, seen.version, changed, now))
    }
}

/// The fields of a row that say when it was published and by whom.
fn told_by(from: TableKind) -> (&'static str, &'static str) {
    match from {
        TableKind::Command => (field::CREATED_AT, field::CREATED_BY),
        TableKind::Data | TableKind::History => (field::UPDATED_AT, field::UPDATED_BY),
    }
}
