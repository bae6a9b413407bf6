//! Telling what a comparison finds, and keeping it, so that one that is cut short can go on.

use jiff::Timestamp;

use super::kept::{Found, Kept, Record, look, name_of};
use super::lines::{Begun, Pins, Place};
use crate::domain::clock::{age, parse_time, utc_millis};
use crate::domain::plan::{Plan, Source};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Event, Finding, Level, Phase};
use crate::engine::read::scope::{Partition, partitions};
use crate::engine::task::{Stop, Task, blocking};

/// Entities between two reports, and between two places that it can go on from.
const REPORT: u64 = 500;

/// Progress of a comparison.
pub(super) struct Ledger<'a> {
    task: &'a Task,
    /// Nothing is kept where another process keeps the same, or the disk did not take it.
    record: Option<Record>,
    looked: u64,
    /// Where an interrupted one was.
    from: Option<Place>,
}

impl<'a> Ledger<'a> {
    /// Begins one, or goes on with one that was interrupted; with the partitions that it covers.
    pub(super) async fn open(
        (task, from): (&'a Task, &Task),
        plan: &Plan,
        source: &Source,
        resume: bool,
    ) -> Result<(Self, Vec<Partition>), Stop> {
        let name = name_of(plan).map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?;
        let pins = Pins::of(task).await;
        let (state_dir, named) = (task.shared.state_dir.clone(), name.clone());
        let found = blocking(move || look(&state_dir, &named)).await?;
        if resume {
            return Self::go_on(task, found.map_err(|error| Failure::from(error).hint(ANEW))?, &pins).await;
        }
        let mut is_free = true;
        match found {
            Ok(Found::Kept(kept)) => {
                let whose = kept.begun.pins.differs(&pins).map(|(what, was, _)| format!(", of {what} {was}"));
                let message = format!(
                    "an interrupted comparison of this plan{} is kept: {} entities, {}; this one begins anew and takes its place, \
                     --resume would go on with it",
                    whose.unwrap_or_default(),
                    kept.place.looked,
                    aged(&kept.place.at)
                );
                task.emit(Event::Log(Level::Warning, message)).await?;
            }
            Ok(Found::Busy) => {
                is_free = false;
                let message = "this plan is being compared already: that comparison is the one that is kept";
                task.emit(Event::Log(Level::Warning, message.to_owned())).await?;
            }
            // A checkpoint that cannot be read is written over.
            Ok(Found::Nothing) | Err(_) => {}
        }
        let partitions = partitions(from, &plan.modules, source).await?;
        let mut ledger = Self { task, record: None, looked: 0, from: None };
        if is_free {
            let (state_dir, begun) = (task.shared.state_dir.clone(), Begun::new(pins, &partitions));
            match blocking(move || Record::begin(&state_dir, &name, &begun)).await? {
                Ok(record) => ledger.record = record,
                Err(error) => ledger.not_kept(&Failure::from(error)).await?,
            }
        }
        Ok((ledger, partitions))
    }

    /// Tells what an interrupted comparison found, and goes on behind it.
    async fn go_on(task: &'a Task, found: Found, pins: &Pins) -> Result<(Self, Vec<Partition>), Stop> {
        let kept: Box<Kept> = match found {
            Found::Kept(kept) => kept,
            Found::Busy => {
                let failure = Failure::new(ErrorCode::Locked, "this plan is being compared by another process");
                return Err(failure.hint("wait until it has ended, or end it there").into());
            }
            Found::Nothing => {
                let failure = Failure::new(ErrorCode::NotFound, "no interrupted comparison of this plan is kept");
                return Err(failure.hint(ANEW).into());
            }
        };
        if let Some((what, was, now)) = kept.begun.pins.differs(pins) {
            let message = format!("the interrupted comparison belongs to {what} {was}, and this is {now}");
            let hint =
                format!("use profile {} as it was, or leave --resume out to begin anew", kept.begun.pins.profile);
            return Err(Failure::new(ErrorCode::Config, message).hint(hint).into());
        }
        let place = kept.place.clone();
        let message = format!("going on behind {} {}, {}", place.pk, place.sk, aged(&place.at));
        task.emit(Event::Log(Level::Info, message)).await?;
        let mut findings = kept.findings().map_err(|error| Failure::from(error).hint(ANEW))?;
        loop {
            task.check()?;
            let page;
            (page, findings) = blocking(move || (findings.page(), findings)).await?;
            let page = page.map_err(|error| Failure::from(error).hint(ANEW))?;
            if page.is_empty() {
                break;
            }
            for finding in page {
                task.emit(Event::Finding(Box::new(finding))).await?;
            }
        }
        task.emit(Event::Progress { phase: Phase::Verify, done: place.looked, total: None }).await?;
        let partitions = kept.begun.partitions();
        let record = blocking(move || kept.go_on()).await?.map_err(Failure::from)?;
        Ok((Self { task, record: Some(record), looked: place.looked, from: Some(place) }, partitions))
    }

    /// The part of a partition that is left: behind a sort key or all of it; `None` where nothing is.
    pub(super) fn left(&self, partition: &Partition) -> Option<Option<String>> {
        let Some(from) = &self.from else { return Some(None) };
        match (partition.module.as_str(), partition.pk.as_str()).cmp(&(from.module.as_str(), from.pk.as_str())) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => Some(Some(from.sk.clone())),
            std::cmp::Ordering::Greater => Some(None),
        }
    }

    pub(super) async fn tell(&mut self, finding: Finding) -> Result<(), Stop> {
        if let Some(record) = &mut self.record {
            record.finding(&finding);
            if record.is_full() {
                self.write(None).await?;
            }
        }
        self.task.emit(Event::Finding(Box::new(finding))).await
    }

    /// An entity is judged, and everything before it.
    pub(super) async fn looked_at(&mut self, partition: &Partition, sk: &str) -> Result<(), Stop> {
        self.looked += 1;
        if !self.looked.is_multiple_of(REPORT) {
            return Ok(());
        }
        let place = Place {
            module: partition.module.clone(),
            pk: partition.pk.as_str().to_owned(),
            sk: sk.to_owned(),
            looked: self.looked,
            at: utc_millis(Timestamp::now()),
        };
        self.write(Some(place)).await?;
        self.task.emit(Event::Progress { phase: Phase::Verify, done: self.looked, total: None }).await
    }

    async fn write(&mut self, place: Option<Place>) -> Result<(), Stop> {
        let Some(mut record) = self.record.take() else { return Ok(()) };
        let written = blocking(move || record.write(place.as_ref()).map(|()| record)).await?;
        match written {
            Ok(record) => self.record = Some(record),
            Err(error) => self.not_kept(&Failure::from(error)).await?,
        }
        Ok(())
    }

    /// Comparing goes on: it can only not be gone on with from here.
    async fn not_kept(&self, failure: &Failure) -> Result<(), Stop> {
        let message = format!("from here on the comparison is not kept, and cannot be resumed: {}", failure.message);
        self.task.emit(Event::Log(Level::Warning, message)).await
    }

    /// Everything was compared: nothing is left to go on with.
    pub(super) async fn complete(self) -> Result<(), Stop> {
        if let Some(record) = self.record
            && let Err(error) = blocking(move || record.complete()).await?
        {
            let failure = Failure::from(error).so("the comparison is complete, and what was kept of it is still there");
            self.task.emit(Event::Log(Level::Warning, failure.message)).await?;
        }
        self.task.emit(Event::Progress { phase: Phase::Verify, done: self.looked, total: Some(self.looked) }).await
    }
}

/// The remedy where nothing can be resumed.
const ANEW: &str = "leave --resume out to begin anew; a comparison is kept from its first 500 entities on, until it is complete or the plan changes";

fn aged(at: &str) -> String {
    parse_time(at).map_or_else(|| at.to_owned(), |then| age(then, Timestamp::now()))
}
