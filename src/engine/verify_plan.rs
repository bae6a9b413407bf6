//! Comparing both sides of a plan, read side by side in key order.

use std::cmp::Ordering;
use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::failure::{ErrorCode, Failure};
use super::plan::{Partition, partitions, transfer_of};
use super::protocol::{EntityRef, Event, Finding, Phase, Severity};
use super::run::Context;
use super::task::{Stop, Task};
use crate::domain::diff::Change;
use crate::domain::key::{EntityKey, PartitionKey};
use crate::domain::plan::{Plan, Source, Work};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::tenant::with_tenant;
use crate::domain::transfer::Transfer;
use crate::domain::value::{Value, to_plain_json};
use crate::domain::verify::{Compared, transferred};
use crate::store::error::StoreError;
use crate::store::{Query, TtlSettings};

/// Pages that are read ahead; each is up to a megabyte.
const AHEAD: usize = 2;
/// Differences of one entity that are told.
const TOLD: usize = 20;
/// Entities between two reports.
const REPORT: u64 = 500;

/// Compares; each difference is a finding.
pub(super) async fn run(task: &Task, plan: &Plan) -> Result<(), Stop> {
    let (source, target) = match &plan.work {
        Work::Copy { source, target } | Work::Move { source, target } => (source, target),
        other => {
            let message = format!("a {} plan has no two sides to compare", other.operation());
            let failure = Failure::new(ErrorCode::Usage, message);
            return Err(failure.hint("preview it: what is left to do is what it shows").into());
        }
    };
    let context = Context::new(task, plan.work.operation(), plan.run.clone(), plan.work.target_tenant())?;
    let transfer = transfer_of(&context, plan, source, target)?;
    let mut looked = 0;
    for partition in partitions(task, &plan.modules, source).await? {
        let settings = task.store().ttl_settings(&partition.module, &target.tenant).await?;
        let pair = Pair {
            task,
            transfer: &transfer,
            source,
            partition: &partition,
            target: with_tenant(&partition.pk, &partition.tenant, &target.tenant),
            settings,
            now: context.time(),
        };
        pair.compare(&mut looked).await?;
    }
    task.emit(Event::Progress { phase: Phase::Verify, done: looked, total: Some(looked) }).await
}

/// The two partitions of one entity type.
struct Pair<'a> {
    task: &'a Task,
    transfer: &'a Transfer,
    source: &'a Source,
    partition: &'a Partition,
    target: PartitionKey,
    settings: TtlSettings,
    now: String,
}

impl Pair<'_> {
    async fn compare(&self, looked: &mut u64) -> Result<(), Stop> {
        let module = &self.partition.module;
        let mut sources = Reading::start(self.task, module, &self.partition.pk, &self.source.sk_prefix);
        let mut targets = Reading::start(self.task, module, &self.target, &self.source.sk_prefix);
        loop {
            self.task.check()?;
            let order = match (sources.peek().await?, targets.peek().await?) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.sk()?.as_bytes().cmp(b.sk()?.as_bytes()),
            };
            let source = if order != Ordering::Greater { sources.next() } else { None };
            let target = if order != Ordering::Less { targets.next() } else { None };
            if let Some(sk) = source.as_ref().or(target.as_ref()).map(Row::sk).transpose()?
                && (self.source.keys.is_empty() || self.source.keys.iter().any(|key| key == sk))
            {
                let key = EntityKey::new(self.target.as_str(), sk);
                self.judge(&key, source, target).await?;
                *looked += 1;
                if looked.is_multiple_of(REPORT) {
                    let progress = Event::Progress { phase: Phase::Verify, done: *looked, total: None };
                    self.task.emit(progress).await?;
                }
            }
        }
    }

    async fn judge(&self, key: &EntityKey, source: Option<Row>, target: Option<Row>) -> Result<(), Stop> {
        let Some(source) = source else {
            let live = target.is_some_and(|row| !row.is_deleted());
            return match live {
                true => {
                    self.tell("extra", Severity::Error, key, None, "the source has no such entity".to_owned()).await
                }
                false => Ok(()),
            };
        };
        let (Some(source), target) = (self.whole(key, source).await?, target) else { return Ok(()) };
        let target = match target {
            Some(row) => match self.whole(key, row).await? {
                Some(row) => Some(row),
                None => return Ok(()),
            },
            None => None,
        };
        match transferred(self.transfer, &source, key, target.as_ref(), &self.now) {
            Compared::LeftAlone => return Ok(()),
            Compared::Missing(why) => {
                return self.tell("missing", Severity::Error, key, None, why).await;
            }
            Compared::There { changes, is_leftover } => {
                self.differences(key, &changes).await?;
                if is_leftover {
                    let message =
                        format!("it was carried over, and its source under {} is still live", self.partition.pk);
                    self.tell("leftover", Severity::Error, key, None, message).await?;
                }
            }
        }
        match target {
            Some(row) => self.ttl(key, &row).await,
            None => Ok(()),
        }
    }

    /// The row with its attributes in place; `None` where they are lost, which is told.
    async fn whole(&self, key: &EntityKey, row: Row) -> Result<Option<Row>, Stop> {
        if row.attributes_ref().is_none() {
            return Ok(Some(row));
        }
        match self.task.store().resolve(&row).await {
            Ok(row) => Ok(Some(row)),
            Err(
                error @ (StoreError::S3Missing { .. }
                | StoreError::S3Malformed { .. }
                | StoreError::BadReference { .. }),
            ) => {
                let path = Some(field::ATTRIBUTES.to_owned());
                self.tell("missing", Severity::Error, key, path, error.to_string()).await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn differences(&self, key: &EntityKey, changes: &[Change]) -> Result<(), Stop> {
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), to_plain_json);
        for change in changes.iter().take(TOLD) {
            let message = format!("should be {}, is {}", text(&change.before), text(&change.after));
            self.tell("different", Severity::Error, key, Some(change.path.to_string()), message).await?;
        }
        Ok(())
    }

    /// A row that expires although nothing says so, or the other way round.
    async fn ttl(&self, key: &EntityKey, row: &Row) -> Result<(), Stop> {
        let expires = row.get(field::TTL).is_some_and(|ttl| ttl.as_number().is_some());
        let message = match (self.settings.days(TableKind::Data), expires) {
            (Some(days), false) => format!("it never expires, and data rows of its tenant are kept for {days} days"),
            (None, true) => "it expires, and data rows of its tenant are kept for ever".to_owned(),
            _ => return Ok(()),
        };
        self.tell("ttl", Severity::Warning, key, Some(field::TTL.to_owned()), message).await
    }

    async fn tell(
        &self,
        kind: &'static str,
        severity: Severity,
        key: &EntityKey,
        path: Option<String>,
        message: String,
    ) -> Result<(), Stop> {
        let entity = EntityRef { module: self.partition.module.clone(), key: key.clone() };
        let finding = Finding { kind, severity, entity, path, message, repairable: false };
        self.task.emit(Event::Finding(Box::new(finding))).await
    }
}

/// A partition of a data table, read ahead in key order.
struct Reading {
    pages: mpsc::Receiver<Result<Vec<Row>, StoreError>>,
    rows: VecDeque<Row>,
    reader: JoinHandle<()>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Reading {
    fn start(task: &Task, module: &str, pk: &PartitionKey, prefix: &str) -> Self {
        let (sender, pages) = mpsc::channel(AHEAD);
        let (task, module, pk, prefix) = (task.clone(), module.to_owned(), pk.clone(), prefix.to_owned());
        let reader = tokio::spawn(async move {
            let mut after: Option<String> = None;
            loop {
                let query = Query {
                    module: &module,
                    kind: TableKind::Data,
                    pk: &pk,
                    prefix: &prefix,
                    after: after.as_deref(),
                    limit: None,
                    fields: &[],
                    consistent: true,
                };
                let page = task.store().query(&query).await;
                let next = page.as_ref().ok().and_then(|page| page.next.clone());
                if sender.send(page.map(|page| page.rows)).await.is_err() || next.is_none() {
                    return;
                }
                after = next;
            }
        });
        Self { pages, rows: VecDeque::new(), reader }
    }

    /// The next row, without taking it; `None` at the end.
    async fn peek(&mut self) -> Result<Option<&Row>, Stop> {
        while self.rows.is_empty() {
            match self.pages.recv().await {
                Some(page) => self.rows = page?.into(),
                None => return Ok(None),
            }
        }
        Ok(self.rows.front())
    }

    fn next(&mut self) -> Option<Row> {
        self.rows.pop_front()
    }
}
