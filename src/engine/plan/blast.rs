use std::collections::{BTreeSet, HashMap};

use crate::domain::item::{PlannedItem, Role};
use crate::domain::publish::PublishMode;
use crate::domain::row::field;
use crate::domain::tenant::tenant_of;
use crate::domain::users::ATTRIBUTES;
use crate::engine::protocol::Blast;
use crate::engine::task::Context;
use crate::store::publish::PublishRequest;

/// Capacity of one partition of a table: about a thousand write units a second.
const PARTITION_UNITS_PER_SECOND: f64 = 1_000.0;

/// Adds up what a plan would write.
#[derive(Debug, Default)]
pub(super) struct Adder {
    blast: Blast,
    tenants: BTreeSet<String>,
    /// Write units by table and partition; partitions of different modules never share one.
    partitions: HashMap<String, u64>,
}

impl Adder {
    pub(super) fn add(&mut self, context: &Context, item: &PlannedItem, request: &PublishRequest) {
        self.blast.requests += 1;
        self.blast.s3_objects += request.object_uris().len() as u64;
        for part in item.parts.iter() {
            let Some(after) = &part.after else { continue };
            self.blast.entities += 1;
            if part.role == Role::User {
                self.tenants.extend(after.text(ATTRIBUTES[0]).map(str::to_owned));
                continue;
            }
            self.tenants.insert(tenant_of(&part.key.pk, after.text(field::TENANT_CODE)).code);
            self.blast.step_functions += u64::from(context.mode == PublishMode::Async);
        }
        for (kind, pk, units) in request.units() {
            self.blast.write_units += units as f64;
            let partition = format!("{}-{} {pk}", item.module, kind.as_str());
            *self.partitions.entry(partition).or_default() += units;
        }
    }

    /// The tenant that is written to, where that is a single one.
    pub(super) fn tenant(&self) -> Option<String> {
        self.tenants.first().filter(|_| self.tenants.len() == 1).cloned()
    }

    /// The whole; `read_units` is what finding it out took.
    pub(super) fn finish(mut self, context: &Context, read_units: f64) -> Blast {
        self.blast.tenants = self.tenants.len() as u64;
        self.blast.read_units = read_units;
        let busiest = self.partitions.values().max().copied().unwrap_or_default() as f64;
        let at_rate = match context.settings.rate {
            0 => 0.0,
            rate => self.blast.requests as f64 / f64::from(rate),
        };
        self.blast.seconds = at_rate.max(busiest / PARTITION_UNITS_PER_SECOND);
        self.blast
    }
}
