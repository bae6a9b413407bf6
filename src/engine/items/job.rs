//! Jobs of the application's own import.

use super::request::derived_ulid;
use crate::domain::job::ImportJob;
use crate::domain::run::RunId;

/// The job of a tenant's module in a batch: the same each time it is asked for, so that a run that is gone on with knows its jobs again.
pub(in crate::engine) fn job_of(run: RunId, batch: u32, tenant: &str, table: &str, bucket: &str) -> ImportJob {
    let code = derived_ulid(run, &format!("{run} {batch} {tenant} {table}"));
    ImportJob {
        tenant: tenant.to_owned(),
        table: table.to_owned(),
        key: format!("migrations/{}/tenantry-{run}-{batch}-{table}-to-{tenant}.csv", run.unix_millis()),
        code,
        bucket: bucket.to_owned(),
    }
}
