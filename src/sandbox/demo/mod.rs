//! Demo data: three thousand entities of six shops as the framework would have left them, with everything in it that
//! the console is for. The same on every machine, but for the times, which count back from the day it is loaded on.
//!
//! Where to look: `PRODUCT#acme` has P-0001 (38 versions), P-0002 (deleted), P-0003 (failed), P-0004 (never processed),
//! P-0005 (wedged), P-0006 (a version left in the command table only), P-0007 (a version gone), P-0008 (an update waits),
//! P-0009 (attributes in S3), P-0010 (sets, binary, 38 digits), P-0011 (control characters), P-0012 (restored), P-0013
//! (migrated), P-0014 (refused) and P-0015 (no commands and no history); `CUSTOMER#acme` has sort keys with `@`,
//! `CUSTOMER#initech` and `PRODUCT#initech` old schemas, and MY_TENANT stands in three spellings.

mod batch;
mod catalogues;
mod customers;
mod entity;
mod goods;
mod masters;
mod orders;
mod people;
mod plain;
mod products;
mod retention;
mod special;
mod users;
mod value;
mod world;

use jiff::Timestamp;

use super::{APP, ENVIRONMENT, Sandbox, SandboxError, TableOptions, Tables};
use batch::Batch;
use world::World;

/// How many entities the demo has.
const ENTITIES: usize = 3_000;
const MODULES: [&str; 4] = ["product", "order", "customer", "master"];

/// Counts of the data that the demo put into the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoSummary {
    /// Tables made.
    pub tables: usize,
    /// Entities, those that were never processed included.
    pub entities: usize,
    /// Rows in all tables.
    pub rows: usize,
    /// S3 objects.
    pub objects: usize,
    /// Users of the pool.
    pub users: usize,
}

/// Loads the demo as of `now`; `progress` hears how many entities of how many are made.
pub(super) fn load(
    sandbox: &Sandbox,
    now: Timestamp,
    progress: &dyn Fn(usize, usize),
) -> Result<DemoSummary, SandboxError> {
    refuse_unless_empty(sandbox)?;
    let mut world = World::new(now)?;
    progress(0, ENTITIES);
    // Made beside the database that is served, which then becomes a copy in one step: no client waits for the rows or
    // sees half of them, and a kill leaves the sandbox empty.
    let dir = sandbox.dir.join("loading");
    if dir.exists() {
        std::fs::remove_dir_all(&dir).map_err(SandboxError::file("remove", &dir))?;
    }
    std::fs::create_dir_all(&dir).map_err(SandboxError::file("create", &dir))?;
    let file = dir.join("demo.sqlite");
    let aside = Tables::open(Some(&file))?;
    aside.hurry()?;

    let tables = create_tables(&aside)?;
    let report = |entities| progress(entities, ENTITIES);
    let mut batch = Batch::new(&aside, sandbox.objects(), &report);
    special::add(&mut world, &mut batch)?;
    catalogues::add(&mut world, &mut batch)?;
    masters::add(&mut world, &mut batch)?;
    customers::add(&mut world, &mut batch)?;
    orders::add(&mut world, &mut batch)?;
    plain::add(&mut world, &mut batch);
    products::add(&mut world, &mut batch, ENTITIES)?;
    batch.write()?;
    let (entities, rows, objects) = (batch.entities(), batch.rows(), batch.objects());
    let users = users::all(&mut world);
    let users_added = users.len();
    sandbox.users().add(users)?;

    drop(aside);
    refuse_unless_empty(sandbox)?;
    sandbox.tables().become_copy_of(&file)?;
    std::fs::remove_dir_all(&dir).map_err(SandboxError::file("remove", &dir))?;
    Ok(DemoSummary { tables, entities, rows, objects, users: users_added })
}

fn refuse_unless_empty(sandbox: &Sandbox) -> Result<(), SandboxError> {
    match sandbox.tables().names()?.len() {
        0 => Ok(()),
        tables => Err(SandboxError::NotEmpty { tables }),
    }
}

/// Creates the application's tables as its framework deploys them; gives their number.
fn create_tables(tables: &Tables) -> Result<usize, SandboxError> {
    let of_modules = MODULES.iter().flat_map(|module| {
        [("command", true), ("data", false), ("history", false)]
            .map(|(kind, stream)| (format!("{module}-{kind}"), stream))
    });
    let others = [("tasks", true), ("sequences", false), ("session", false), ("import_tmp", true)];
    let all: Vec<_> = of_modules.chain(others.map(|(name, stream)| (name.to_owned(), stream))).collect();
    for (name, stream) in &all {
        tables.create(&format!("{ENVIRONMENT}-{APP}-{name}"), TableOptions { stream: *stream, ttl: true })?;
    }
    Ok(all.len())
}

#[cfg(test)]
mod tests {
    use dynoxide::actions::scan::ScanRequest;

    use super::*;
    use crate::sandbox::Options;

    fn dump(now: Timestamp) -> Vec<String> {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        load(&sandbox, now, &|_, _| {}).unwrap();
        let mut rows = Vec::new();
        for table in sandbox.tables().names().unwrap() {
            let mut request = ScanRequest { table_name: table.clone(), ..ScanRequest::default() };
            loop {
                let page = sandbox.tables().database().scan(request).unwrap();
                let items = page.items.into_iter().flatten();
                rows.extend(
                    items.map(|item| crate::domain::value::canonical_item(&super::super::to_row(item).unwrap().0)),
                );
                if page.last_evaluated_key.is_none() {
                    break;
                }
                request = ScanRequest {
                    table_name: table.clone(),
                    exclusive_start_key: page.last_evaluated_key,
                    ..ScanRequest::default()
                };
            }
        }
        rows
    }

    #[test]
    fn it_is_the_same_all_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let morning = dump(at("2026-11-20T15:00:01Z"));
        assert!(morning.len() > 9_000);
        assert!(morning == dump(at("2026-11-21T14:59:59Z")));
    }
}
