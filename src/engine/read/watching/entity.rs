//! One entity: its data row's version and its newest commands, in one request.

use crate::domain::key::Version;
use crate::domain::row::{Row, TableKind, field};
use crate::engine::protocol::{EntityRef, Event, Watching};
use crate::engine::read::history;
use crate::engine::task::{Stop, Task};
use crate::store::RowKey;

/// Commands looked for above the newest one known.
const ABOVE: u64 = 4;
const FIELDS: [&str; 4] = [field::PK, field::SK, field::VERSION, field::STATUS];

/// Fields that distinguish one state of the entity from another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Seen {
    /// Version of the data row; `None` where there is none.
    data: Option<Version>,
    /// The newest command, and its status.
    command: Option<(Version, Option<String>)>,
}

impl Seen {
    /// The newest version of all.
    fn top(&self) -> Version {
        self.data.max(self.command.as_ref().map(|(version, _)| *version)).unwrap_or_default()
    }
}

/// An entity that is followed.
pub(super) struct Entity<'a> {
    entity: &'a EntityRef,
    known: Option<Version>,
    seen: Option<Seen>,
}

impl<'a> Entity<'a> {
    pub(super) fn new(entity: &'a EntityRef, known: Option<Version>) -> Self {
        Self { entity, known, seen: None }
    }

    pub(super) async fn look(&mut self, task: &Task) -> Result<bool, Stop> {
        let now = self.read(task).await?;
        let Some(before) = &self.seen else {
            let (rows, top) = (u64::from(now.data.is_some()), now.top());
            self.seen = Some(now);
            task.emit(Event::Watching(Watching::Begun { rows, capped: false })).await?;
            // Nothing falls between what was read before and what is told from here on.
            return match self.known.filter(|known| *known < top) {
                Some(known) => history::since(task, self.entity, known, top).await.map(|()| true),
                None => Ok(false),
            };
        };
        if *before == now {
            return Ok(false);
        }
        // The one that was current before is told again: it no longer is, and a command may have another status.
        let first = [before.data, before.command.as_ref().map(|(v, _)| *v)].into_iter().flatten().min();
        let first = first.into_iter().chain(now.data).min().unwrap_or_default();
        history::since(task, self.entity, first, now.top().max(before.top())).await?;
        // Only what was told counts as seen: where telling failed it is tried again.
        self.seen = Some(now);
        Ok(true)
    }

    /// The state now: one request, more where many commands came at once.
    async fn read(&self, task: &Task) -> Result<Seen, Stop> {
        let (module, key) = (&self.entity.module, &self.entity.key);
        let mut now = Seen::default();
        let mut from = match &self.seen {
            Some(seen) => seen.top(),
            None => version(task.store().data_row(module, key).await?.as_ref())?.unwrap_or_default(),
        };
        loop {
            let last = from.0 + ABOVE;
            let commands = (from.0.max(1)..=last).map(|v| (TableKind::Command, key.sk.at(Version(v))));
            let keys: Vec<RowKey> = commands.chain([(TableKind::Data, key.sk.to_string())]).collect();
            let found = task.store().batch_get(module, &key.pk, &keys, &FIELDS, true).await?;
            now.data = version(found.get(&(TableKind::Data, key.sk.to_string())))?;
            for (n, row) in
                (from.0..=last).filter_map(|n| Some((n, found.get(&(TableKind::Command, key.sk.at(Version(n))))?)))
            {
                now.command = Some((Version(n), row.text(field::STATUS).map(str::to_owned)));
            }
            // Versions that were published in between may be higher than those that were looked for.
            let top = now.top();
            if top.0 < last || top <= from {
                return Ok(now);
            }
            from = top;
        }
    }
}

fn version(row: Option<&Row>) -> Result<Option<Version>, Stop> {
    Ok(row.map(Row::version).transpose()?)
}
