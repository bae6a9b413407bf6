//! A batch as files and jobs.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Jobs, PAGE};
use crate::domain::clock::utc_millis;
use crate::domain::csv::{fields, header};
use crate::domain::item::Role;
use crate::domain::key::EntityKey;
use crate::domain::row::{Row, field};
use crate::domain::value::Value;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::files::lines;
use crate::engine::items::ended::not_as_approved;
use crate::engine::items::job::job_of;
use crate::engine::journal::{EVERY, Journal, OpenItem};
use crate::engine::task::{Context, Stop, Task};
use crate::store::backoff::delay;
use crate::store::error::StoreError;
use crate::store::publish::{Upload, WriteStore};

const CSV: &str = "text/csv; charset=utf-8";
/// Attempts to insert a job whose answers do not come.
const ATTEMPTS: u32 = 6;

/// A batch that was handed over.
pub(super) struct Sent {
    pub(super) batch: u32,
    pub(super) items: u64,
    pub(super) jobs: Jobs,
}

/// Hands the next approved batch over; `None` where there is none left. What was handed over before is not handed over again.
pub(super) async fn next(
    task: &Task,
    journal: &Journal,
    store: &WriteStore,
    context: &Context,
    table: Option<&str>,
) -> Result<Option<Sent>, Stop> {
    let bucket = task.profile().bucket.clone().ok_or(StoreError::NoBucket)?;
    let mut sent: Option<Sent> = None;
    let mut uploads: BTreeMap<(String, String), Upload> = BTreeMap::new();
    let mut after = (0, 0);
    loop {
        let mut items = journal.begin(after, EVERY, PAGE, utc_millis(Timestamp::now())).await?;
        let Some(first) = items.first() else { break };
        let sent = sent.get_or_insert_with(|| Sent { batch: first.batch, items: 0, jobs: Jobs::new() });
        let others = items.iter().position(|open| open.batch != sent.batch).map(|at| items.split_off(at));
        if let Some(last) = items.last() {
            after = (last.batch, last.n);
        }
        if let Some(end) = items.iter().find_map(|open| not_as_approved(open, context)) {
            let message = format!("batch {}: {}", sent.batch, end.message.unwrap_or_default());
            return Err(Failure::new(ErrorCode::Conflict, message).into());
        }
        sent.items += items.len() as u64;
        let written = add(task, store, (context, &bucket, table), sent, &items, &mut uploads).await;
        if let Err(stop) = written {
            for upload in std::mem::take(&mut uploads).into_values() {
                upload.abort().await;
            }
            return Err(stop);
        }
        if let Some(others) = others {
            // They are of the next batch, and nothing was done about them.
            journal.unbegin(others.iter().filter(|open| !open.begun).map(|open| open.n).collect()).await?;
            break;
        }
    }
    let Some(sent) = sent else { return Ok(None) };
    for (at, upload) in uploads {
        upload.finish().await?;
        if let Some(job) = sent.jobs.get(&at) {
            insert(store, &job.row(&context.stamp)).await?;
            task.log(format!("batch {}: job {} is with the application's import", sent.batch, job.id())).await?;
        }
    }
    Ok(Some(sent))
}

async fn add(
    task: &Task,
    store: &WriteStore,
    (context, bucket, table): (&Context, &str, Option<&str>),
    sent: &mut Sent,
    items: &[OpenItem],
    uploads: &mut BTreeMap<(String, String), Upload>,
) -> Result<(), Stop> {
    let mut rows: BTreeMap<(String, String), Vec<Vec<String>>> = BTreeMap::new();
    for open in items {
        let Some((tenant, row)) = as_source(open) else { continue };
        let at = (tenant, open.item.module.clone());
        let columns = fields(&row, &at.0, false).map_err(StoreError::from)?;
        rows.entry(at).or_default().push(columns);
    }
    for (at, rows) in rows {
        if !sent.jobs.contains_key(&at) {
            let job = job_of(context.run, sent.batch, &at.0, table.unwrap_or(&at.1), bucket);
            // It was inserted by an earlier process: its file is being read, or has been.
            if task.store().import_job(&job.entity()).await?.is_none() {
                let mut upload = store.upload(bucket, &job.key, CSV);
                upload.write(&lines([header(false)].into_iter())?).await?;
                uploads.insert(at.clone(), upload);
            }
            sent.jobs.insert(at.clone(), job);
        }
        if let Some(upload) = uploads.get_mut(&at) {
            upload.write(&lines(rows.into_iter())?).await?;
        }
    }
    Ok(())
}

/// The row to be, under the keys that it comes from: what the guide's strategy expects.
fn as_source(open: &OpenItem) -> Option<(String, Row)> {
    let after = open.item.part(Role::Target)?.after.as_deref()?;
    let tenant = after.text(field::TENANT_CODE)?.to_owned();
    let EntityKey { pk, sk } = &open.item.source;
    let mut row = after.clone();
    row.0.insert(field::PK.to_owned(), Value::s(pk.as_str()));
    row.0.insert(field::SK.to_owned(), Value::s(sk.as_str()));
    Some((tenant, row))
}

async fn insert(store: &WriteStore, row: &Row) -> Result<(), Stop> {
    let mut attempts = 0;
    loop {
        match store.insert_job(row).await {
            Err(StoreError::Service(error)) if error.is_transient() && attempts < ATTEMPTS => {
                attempts += 1;
                tokio::time::sleep(delay(attempts)).await;
            }
            other => return Ok(other?),
        }
    }
}
