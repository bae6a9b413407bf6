//! Rows of the tables that keep no versions: counters, tasks and import jobs.

use super::batch::Batch;
use super::value::{m, map, n, s};
use super::world::World;
use crate::domain::row::Row;
use crate::domain::value::Value;
use crate::sandbox::BUCKET;

/// Tenant and the number of its last order; one tenant counts under three spellings.
const COUNTERS: [(&str, usize); 8] = [
    ("acme", 60),
    ("globex", 50),
    ("initech", 25),
    ("sakura-shoten", 40),
    ("Kita_Foods", 25),
    ("MY_TENANT", 30),
    ("my_tenant", 16),
    ("My_Tenant", 6),
];

/// Adds them.
pub(super) fn add(world: &mut World, batch: &mut Batch) {
    for (tenant, seq) in COUNTERS {
        let at = world.days_ago(2);
        batch.add_plain(
            "sequences",
            Row(map([
                ("pk", s(format!("SEQ#{tenant}"))),
                ("sk", s("order_no")),
                ("id", s(format!("SEQ#{tenant}#order_no"))),
                ("code", s("order_no")),
                ("name", s("order_no")),
                ("tenantCode", s(tenant)),
                ("type", s("SEQ")),
                ("seq", n(seq)),
                ("updatedAt", s(world.text(at))),
            ])),
        );
    }
    for (tenant, file, total, failed) in [("acme", "fasteners-2026.csv", 120, 2), ("Kita_Foods", "winter.csv", 45, 0)] {
        let row = import_job(world, tenant, file, total, failed);
        batch.add_plain("import_tmp", row);
    }
    for (tenant, status) in [("acme", "COMPLETED"), ("globex", "FAILED"), ("sakura-shoten", "COMPLETED")] {
        let (at, sk) = (world.days_ago(8), world.ulid());
        batch.add_plain(
            "tasks",
            Row(map([
                ("pk", s(format!("TASK#{tenant}"))),
                ("sk", s(&sk)),
                ("code", s(&sk)),
                ("name", s("月次売上集計")),
                ("tenantCode", s(tenant)),
                ("type", s("TASK")),
                ("status", s(status)),
                ("attributes", m([("month", s(world.month(at)))])),
                ("createdAt", s(world.text(at))),
                ("createdBy", s("batch-nightly")),
                ("updatedAt", s(world.text(at))),
                ("updatedBy", s("batch-nightly")),
            ])),
        );
    }
}

/// A finished import of a CSV file.
fn import_job(world: &mut World, tenant: &str, file: &str, total: usize, failed: usize) -> Row {
    let (at, code) = (world.days_ago(33), world.ulid());
    let (pk, sk) = (format!("CSV_IMPORT#{tenant}"), format!("product#{code}"));
    Row(map([
        ("id", s(format!("{pk}#{sk}"))),
        ("pk", s(pk)),
        ("sk", s(sk)),
        ("version", n(0)),
        ("code", s(code)),
        ("tenantCode", s(tenant)),
        ("type", s("CSV_MASTER_JOB")),
        ("name", s(format!("CSV Import: {file}"))),
        ("status", s("COMPLETED")),
        (
            "attributes",
            m([
                ("processingMode", s("STEP_FUNCTION")),
                ("bucket", s(BUCKET)),
                ("key", s(format!("imports/{file}"))),
                ("tableName", s("product")),
                ("tenantCode", s(tenant)),
            ]),
        ),
        ("result", m([("total", n(total)), ("succeeded", n(total - failed)), ("failed", n(failed))])),
        ("requestId", s(world.uuid())),
        ("createdAt", s(world.text(at))),
        ("createdBy", s("u-tanaka")),
        ("createdIp", s("203.0.113.12")),
        ("updatedAt", s(world.text(at))),
        ("updatedBy", s("u-tanaka")),
        ("updatedIp", Value::Null),
    ]))
}
