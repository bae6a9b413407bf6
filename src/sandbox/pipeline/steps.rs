//! Steps of the pipeline for one command, one after the other, as the framework's state machine does them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::PipelineMode;
use crate::domain::clock::{framework_time, time_zone};
use crate::domain::key::{EntityKey, Version, split_versioned};
use crate::domain::publish::{NewState, Stamp, Ttls, data_row, history_row, ttl_value};
use crate::domain::row::{Attributes, Row, TableKind, field};
use crate::domain::value::{Number, Value};
use crate::sandbox::convert::{from_value, to_item, to_row};
use crate::sandbox::{APP, BUCKET, ENVIRONMENT, Objects, SandboxError, TIMEZONE, Tables};

/// The steps in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    CheckVersion,
    SetTtlCommand,
    HistoryCopy,
    TransformData,
    SyncData,
    Finish,
}

impl Step {
    pub(super) const FIRST: Self = Self::CheckVersion;

    fn name(self) -> &'static str {
        match self {
            Self::CheckVersion => "check_version",
            Self::SetTtlCommand => "set_ttl_command",
            Self::HistoryCopy => "history_copy",
            Self::TransformData => "transform_data",
            Self::SyncData => "sync_data",
            Self::Finish => "finish",
        }
    }

    fn next(self) -> Option<Self> {
        Some(match self {
            Self::CheckVersion => Self::SetTtlCommand,
            Self::SetTtlCommand => Self::HistoryCopy,
            Self::HistoryCopy => Self::TransformData,
            Self::TransformData => Self::SyncData,
            Self::SyncData => Self::Finish,
            Self::Finish => return None,
        })
    }

    /// When the step is due, so that the data row is there after `delay`.
    pub(super) fn after(self, delay: Duration) -> Duration {
        let fifths = match self {
            Self::CheckVersion => 1,
            Self::SetTtlCommand => 2,
            Self::HistoryCopy => 3,
            Self::TransformData => 4,
            Self::SyncData | Self::Finish => 5,
        };
        delay * fifths / 5
    }
}

/// A command under way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Job {
    /// Full name of the command table.
    table: String,
    key: EntityKey,
    version: Version,
    /// Stops at sync_data.
    fails: bool,
}

/// Does the steps on the sandbox's tables.
pub(super) struct Steps {
    tables: Tables,
    objects: Objects,
    zone: TimeZone,
}

impl Steps {
    pub(super) fn new(tables: Tables, objects: Objects) -> Result<Self, SandboxError> {
        let zone = time_zone(TIMEZONE)
            .map_err(|error| SandboxError::Dynamo { action: "tell the time".to_owned(), message: error.to_string() })?;
        Ok(Self { tables, objects, zone })
    }

    /// The job for an inserted row; none for a row that the pipeline leaves alone or is done with.
    pub(super) fn take_up(&self, table: String, image: Row, mode: PipelineMode) -> Option<Job> {
        let (base, version) = split_versioned(image.sk().ok()?)?;
        let key = EntityKey::new(image.pk().ok()?, base);
        let asked = match image.attributes() {
            Ok(Attributes::Inline(map)) => map.get("_pipeline").and_then(Value::as_str),
            _ => None,
        };
        let mode = match asked {
            Some("fail") => PipelineMode::Fail,
            Some("stall") => PipelineMode::Stall,
            _ => mode,
        };
        if mode == PipelineMode::Stall || image.get(field::SYNC_MODE).is_some() {
            return None;
        }
        let job = Job { table, key, version, fails: mode == PipelineMode::Fail };
        // After a restart the stream brings every command again. A status that was carried over from the version before
        // says nothing, so only one that has changed since the insert tells that the command was dealt with.
        let now = self.command(&job).ok()??;
        let status = now.text(field::STATUS);
        let dealt_with = status != image.text(field::STATUS)
            && status
                .is_some_and(|s| s.ends_with(":FAILED") || s == "finish:FINISHED" || s == "check_version:FINISHED");
        (!dealt_with).then_some(job)
    }

    /// Does one step; gives the next, none at the end.
    pub(super) fn take(&self, step: Step, job: &Job) -> Result<Option<Step>, SandboxError> {
        let Some(command) = self.command(job)? else { return Ok(None) };
        self.set_status(job, step, "STARTED")?;
        let goes_on = match step {
            Step::CheckVersion => return self.check_version(job, &command),
            Step::SetTtlCommand => self.set_ttl_command(job).map(|()| true),
            Step::HistoryCopy => self.history_copy(job).map(|()| true),
            Step::TransformData | Step::Finish => Ok(true),
            Step::SyncData if job.fails => Ok(false),
            Step::SyncData => self.sync_data(job, &command).map(|()| true),
        };
        match goes_on {
            Ok(true) => {
                self.set_status(job, step, "FINISHED")?;
                Ok(step.next())
            }
            Ok(false) => {
                self.set_status(job, step, "FAILED")?;
                Ok(None)
            }
            Err(error) => {
                self.set_status(job, step, "FAILED")?;
                Err(error)
            }
        }
    }

    /// A command that does not follow the data row's version stays at `check_version:FINISHED`: refused.
    fn check_version(&self, job: &Job, command: &Row) -> Result<Option<Step>, SandboxError> {
        self.set_status(job, Step::CheckVersion, "FINISHED")?;
        let data = self.data(job)?;
        let current = data.as_ref().map_or(Version(0), version_of);
        // Stopped between the data row and the last status: only that is left.
        let written = data.is_some_and(|row| row.text(field::REQUEST_ID) == command.text(field::REQUEST_ID));
        Ok(if current == job.version && written {
            Some(Step::Finish)
        } else if current.next() == job.version {
            Step::CheckVersion.next()
        } else {
            None
        })
    }

    fn set_ttl_command(&self, job: &Job) -> Result<(), SandboxError> {
        let Some(previous) = job.version.0.checked_sub(1) else { return Ok(()) };
        let sk = job.key.sk.at(Version(previous));
        let value = ttl_value(self.ttls(job)?.command);
        self.tables.set(&job.table, job.key.pk.as_str(), &sk, [(field::TTL, from_value(value))])
    }

    fn history_copy(&self, job: &Job) -> Result<(), SandboxError> {
        let Some(data) = self.data(job)? else { return Ok(()) };
        let history = history_row(&job.key, version_of(&data), &data, self.ttls(job)?);
        self.put(&table(job, TableKind::History), history)
    }

    fn sync_data(&self, job: &Job, command: &Row) -> Result<(), SandboxError> {
        let text = |name: &str| command.text(name).map(str::to_owned);
        // The stream's image is of the insert, and with it the times and names that reach the data row.
        let stamp = Stamp {
            at: text(field::CREATED_AT).unwrap_or_default(),
            by: text(field::UPDATED_BY).unwrap_or_default(),
            ip: text(field::UPDATED_IP),
            request_id: text(field::REQUEST_ID).unwrap_or_default(),
            source: String::new(),
        };
        let current = self.data(job)?;
        let csk = job.key.sk.at(job.version);
        let new = NewState::of(command);
        let row = data_row(&job.key, job.version, current.as_ref(), &new, &csk, &stamp, self.ttls(job)?);
        self.put(&table(job, TableKind::Data), row)
    }

    /// Puts a row with an object of its own where attributes are in S3.
    fn put(&self, table: &str, row: Row) -> Result<(), SandboxError> {
        let prefix = format!("s3://{BUCKET}/");
        let key = row.attributes_ref().and_then(|uri| uri.strip_prefix(&prefix)).map(str::to_owned);
        let row = match key {
            None => row,
            Some(key) => {
                let body = self.objects.get(&key)?.ok_or_else(|| SandboxError::Damaged {
                    path: key.clone().into(),
                    message: "the object that a row refers to is missing".to_owned(),
                })?;
                let (pk, sk) = (row.pk().unwrap_or_default(), row.sk().unwrap_or_default());
                let copy = format!("ddb/{table}/{pk}/{sk}/{}.json", ulid::Ulid::generate());
                self.objects.put(&copy, &body)?;
                row.with_attributes(Value::s(format!("{prefix}{copy}")))
            }
        };
        self.tables.put(table, to_item(row))
    }

    fn command(&self, job: &Job) -> Result<Option<Row>, SandboxError> {
        self.row(&job.table, job.key.pk.as_str(), &job.key.sk.at(job.version))
    }

    fn data(&self, job: &Job) -> Result<Option<Row>, SandboxError> {
        self.row(&table(job, TableKind::Data), job.key.pk.as_str(), job.key.sk.as_str())
    }

    fn row(&self, table: &str, pk: &str, sk: &str) -> Result<Option<Row>, SandboxError> {
        self.tables.get(table, pk, sk)?.map(to_row).transpose()
    }

    fn set_status(&self, job: &Job, step: Step, state: &str) -> Result<(), SandboxError> {
        let status = format!("{}:{state}", step.name());
        let now = framework_time(Timestamp::now(), &self.zone);
        let values = [(field::STATUS, status.as_str().into()), (field::UPDATED_AT, now.as_str().into())];
        self.tables.set(&job.table, job.key.pk.as_str(), &job.key.sk.at(job.version), values)
    }

    /// When rows written now expire; like the framework it takes what follows the last `#` for the tenant.
    fn ttls(&self, job: &Job) -> Result<Ttls, SandboxError> {
        let tenant = job.key.pk.segments().last().filter(|tenant| !tenant.is_empty()).unwrap_or("single");
        let settings = format!("{ENVIRONMENT}-{APP}-master-data");
        if !self.tables.names()?.contains(&settings) {
            return Ok(Ttls::default());
        }
        let at = |kind| -> Result<Option<i64>, SandboxError> {
            let row = self.row(&settings, &format!("MASTER#{tenant}"), &format!("TTL#{}", table(job, kind)))?;
            let days = row.filter(|row| !row.is_deleted()).and_then(|row| match row.attributes() {
                Ok(Attributes::Inline(map)) => map.get("days").and_then(Value::as_number).and_then(Number::as_i64),
                _ => None,
            });
            Ok(days.map(|days| Timestamp::now().as_second().saturating_add(days.saturating_mul(86_400))))
        };
        Ok(Ttls { data: at(TableKind::Data)?, command: at(TableKind::Command)?, history: at(TableKind::History)? })
    }
}

/// Another table of the command's module.
fn table(job: &Job, kind: TableKind) -> String {
    let module = job.table.strip_suffix("command").unwrap_or(&job.table);
    format!("{module}{}", kind.as_str())
}

/// The version of a data row; 0 where it is none, which no command follows.
fn version_of(row: &Row) -> Version {
    row.version().unwrap_or_default()
}
