//! Entities into a CSV file.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::out::Out;
use crate::domain::clock::utc_millis;
use crate::domain::csv::{Place, fields, header};
use crate::domain::digest::hex;
use crate::domain::finding::FindingKind;
use crate::domain::key::EntityKey;
use crate::domain::plan::{DeletedSources, Plan, Source, Work};
use crate::domain::row::{BadRow, Row, field};
use crate::domain::run::Reason;
use crate::domain::snapshot::is_past;
use crate::domain::tenant::tenant_of;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{EntityRef, Event, ExportWanted, ExportedFile, Finding, Phase, Severity};
use crate::engine::read::ahead::Ahead;
use crate::engine::read::scope::{Partition, partitions};
use crate::engine::task::place::for_this_profile;
use crate::engine::task::{Stop, Task};
use crate::store::Unreadable;
use crate::store::error::StoreError;

/// Attributes that are read from S3 at once.
const FETCHED: usize = 16;
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(250);
const CSV: &str = "text/csv; charset=utf-8";
const JSON: &str = "application/json";
/// Suffix of a manifest, behind the file's own name.
const MANIFEST: &str = ".manifest.json";

/// Writes what an export plan says.
pub(in crate::engine) async fn run(task: &Task, plan: &Plan) -> Result<(), Stop> {
    let Work::Export { source, tenant, to, lossless } = &plan.work else {
        return Err(Failure::new(ErrorCode::Usage, format!("a {} plan exports nothing", plan.work.operation())).into());
    };
    for_this_profile(task, plan)?;
    let Some(to) = to else {
        let mut failure = Failure::new(ErrorCode::Plan, "export.to is missing: it says where the file goes");
        failure.key = Some("export.to".to_owned());
        return Err(failure.into());
    };
    let found = partitions(task, &plan.modules, source).await?;
    let what = Export { task, source, partitions: &found, tenant, lossless: *lossless };
    what.run(to).await
}

/// Writes one partition.
pub(in crate::engine) async fn partition(task: &Task, module: String, wanted: &ExportWanted) -> Result<(), Stop> {
    let tenant = tenant_of(&wanted.pk, None);
    let source = Source {
        entity_type: Some(wanted.pk.entity_type().to_owned()),
        tenant: tenant.code.clone(),
        deleted: if wanted.deleted { DeletedSources::Keep } else { DeletedSources::Skip },
        ..Source::default()
    };
    let for_tenant = wanted.tenant.clone().unwrap_or_else(|| tenant.code.clone());
    let found = [Partition { module, pk: wanted.pk.clone(), tenant }];
    let what = Export { task, source: &source, partitions: &found, tenant: &for_tenant, lossless: wanted.lossless };
    what.run(&wanted.to).await
}

struct Export<'a> {
    task: &'a Task,
    source: &'a Source,
    partitions: &'a [Partition],
    tenant: &'a str,
    lossless: bool,
}

/// Counts of an export so far, with the size and the hash of the part that was written.
#[derive(Default)]
struct Sum {
    rows: u64,
    left_out: u64,
    expired: u64,
    unreadable: u64,
    bytes: u64,
    hash: Sha256,
}

impl Sum {
    async fn add(&mut self, out: &mut Out, bytes: &[u8]) -> Result<(), Stop> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        out.write(bytes).await
    }
}

impl Export<'_> {
    async fn run(&self, to: &Place) -> Result<(), Stop> {
        let to = self.named(to);
        let mut out = Out::begin(self.task, &to, CSV).await?;
        let mut sum = Sum::default();
        // The part that was written so far is taken back where the rest fails.
        if let Err(stop) = self.everything(&mut out, &mut sum).await {
            out.abort().await;
            return Err(stop);
        }
        out.finish().await?;
        let sha256 = hex(&sum.hash.clone().finalize());
        let beside = to.with(MANIFEST);
        let text = self.manifest(&to, &sum, &sha256).await;
        let mut out = Out::begin(self.task, &beside, JSON).await?;
        out.write(text.as_bytes()).await?;
        out.finish().await?;
        let file = ExportedFile {
            to: to.to_string(),
            rows: sum.rows,
            left_out: sum.left_out,
            expired: sum.expired,
            unreadable: sum.unreadable,
            bytes: sum.bytes,
            sha256,
        };
        self.task.emit(Event::Exported(Box::new(file))).await
    }

    /// The guide's name, where the place has none of its own.
    fn named(&self, to: &Place) -> Place {
        let kind = self.source.entity_type.as_deref().unwrap_or("all");
        // Entities that are named may be of several tenants.
        let from = if self.source.tenant.is_empty() { "some" } else { &self.source.tenant };
        let name = format!("migration-{kind}-{from}-to-{}.csv", self.tenant);
        match to {
            Place::S3 { .. } if to.wants_name() => {
                to.with(&format!("migrations/{}/{name}", Timestamp::now().as_millisecond()))
            }
            Place::File(path) if path.ends_with('/') => to.with(&name),
            Place::File(path) if std::path::Path::new(path).is_dir() => to.with(&format!("/{name}")),
            to => to.clone(),
        }
    }

    async fn everything(&self, out: &mut Out, sum: &mut Sum) -> Result<(), Stop> {
        sum.add(out, &lines([header(self.lossless)].into_iter())?).await?;
        let mut told = Instant::now();
        for partition in self.partitions {
            let prefix = &self.source.sk_prefix;
            let named = self.source.named_in(&partition.module, &partition.pk);
            let mut pages = Ahead::start(self.task, &partition.module, &partition.pk, prefix, None);
            while let Some(rows) = pages.page().await? {
                let bytes = self.page(&partition.module, rows, named.as_ref(), sum).await?;
                sum.add(out, &bytes).await?;
                if told.elapsed() >= TELL_EVERY {
                    told = Instant::now();
                    self.task.emit(Event::Progress { phase: Phase::Export, done: sum.rows, total: None }).await?;
                }
            }
        }
        Ok(())
    }

    async fn page(
        &self,
        module: &str,
        rows: Vec<Row>,
        named: Option<&BTreeSet<&str>>,
        sum: &mut Sum,
    ) -> Result<Vec<u8>, Stop> {
        self.task.check()?;
        let now = Timestamp::now().as_second();
        let mut wanted = Vec::new();
        for row in rows {
            if named.is_some_and(|named| !row.sk().is_ok_and(|sk| named.contains(sk))) {
                continue;
            }
            if row.is_deleted() && self.source.deleted == DeletedSources::Skip {
                sum.left_out += 1;
                continue;
            }
            if is_past(&row, now) {
                sum.expired += 1;
                continue;
            }
            wanted.push(row);
        }
        let whole: Vec<(EntityKey, Result<Row, Unreadable>)> = stream::iter(wanted)
            .map(|row| async move {
                let key = row.data_key()?;
                let whole = match row.attributes_ref() {
                    Some(_) => Box::pin(self.task.store().readable(&row)).await?,
                    None => Ok(row),
                };
                Ok::<_, StoreError>((key, whole))
            })
            .buffered(FETCHED)
            .try_collect()
            .await?;
        let mut written = Vec::with_capacity(whole.len());
        for (key, row) in whole {
            let bad_row = |error: BadRow| Unreadable { reason: Reason::KeyInvalid, message: error.to_string() };
            match row.and_then(|row| fields(&row, self.tenant, self.lossless).map_err(bad_row)) {
                Ok(fields) => {
                    sum.rows += 1;
                    written.push(fields);
                }
                // That one is missing in the file, and the others are not.
                Err(why) => {
                    sum.unreadable += 1;
                    self.tell_unreadable(module, key, &why).await?;
                }
            }
        }
        lines(written.into_iter())
    }

    async fn tell_unreadable(&self, module: &str, key: EntityKey, why: &Unreadable) -> Result<(), Stop> {
        let kind = match why.reason {
            Reason::S3Missing => FindingKind::S3Missing,
            Reason::S3Unreadable => FindingKind::S3Unreadable,
            _ => FindingKind::Mangled,
        };
        let finding = Finding::new(
            kind,
            Severity::Error,
            EntityRef { module: module.to_owned(), key },
            format!("it is not in the file: {}", why.message),
        )
        .at(field::ATTRIBUTES);
        self.task.emit(Event::Finding(Box::new(finding))).await
    }

    async fn manifest(&self, to: &Place, sum: &Sum, sha256: &str) -> String {
        let profile = self.task.profile();
        let partitions: Vec<_> =
            self.partitions.iter().map(|p| json!({"module": p.module, "pk": p.pk.as_str()})).collect();
        let manifest = json!({
            "file": to.name(), "rows": sum.rows, "bytes": sum.bytes, "sha256": sha256, "left_out_deleted": sum.left_out, "left_out_expired": sum.expired,
            "left_out_unreadable": sum.unreadable,
            "columns": header(self.lossless), "partitions": partitions, "target_tenant": self.tenant,
            "profile": profile.name, "environment": profile.environment, "app": profile.app,
            "region": self.task.shared.connected.region, "written_at": utc_millis(Timestamp::now()),
        });
        format!("{manifest:#}\n")
    }
}

/// Rows as RFC 4180 has them.
pub(in crate::engine) fn lines<R, F>(rows: impl Iterator<Item = R>) -> Result<Vec<u8>, Stop>
where
    R: IntoIterator<Item = F>,
    F: AsRef<[u8]>,
{
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let wrong = |error: String| Stop::from(Failure::new(ErrorCode::Internal, error));
    for row in rows {
        writer.write_record(row).map_err(|e| wrong(e.to_string()))?;
    }
    writer.into_inner().map_err(|e| wrong(e.to_string()))
}
