//! Counting some partitions, and how much counting a whole table would cost.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use tokio::time::Instant;

use super::tenants::{Count, FIELDS, chosen_modules};
use crate::domain::key::PartitionKey;
use crate::domain::row::TableKind;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Event, MeasuredTable};
use crate::engine::read::pace::asks_again;
use crate::engine::task::{Stop, Task};
use crate::store::Query;

/// Partitions that are counted side by side.
const AT_ONCE: usize = 8;
/// How often the counts of one that is long are reported.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Counts the entities of partitions, each as often as it has grown.
pub(in crate::engine) async fn count_partitions(task: &Task, module: &str, pks: Vec<PartitionKey>) -> Result<(), Stop> {
    // Made beforehand: the compiler cannot follow borrows through a stream of closures.
    let each: Vec<_> = pks.iter().map(|pk| count(task, module, pk)).collect();
    futures::stream::iter(each).buffer_unordered(AT_ONCE).try_collect::<()>().await
}

async fn count(task: &Task, module: &str, pk: &PartitionKey) -> Result<(), Stop> {
    let mut count = Count::default();
    let mut told = Instant::now();
    let mut after = None;
    let mut attempt = 0;
    loop {
        task.check()?;
        let query = Query {
            module,
            kind: TableKind::Data,
            pk,
            prefix: "",
            after: after.as_deref(),
            limit: None,
            fields: &FIELDS,
            consistent: false,
        };
        let page = match task.store().query(&query).await {
            Ok(page) => page,
            Err(error) if asks_again(task.store().meter(), &error, &mut attempt).await => continue,
            Err(error) => return Err(error.into()),
        };
        attempt = 0;
        page.rows.iter().for_each(|row| count.add(pk, row));
        let is_over = page.next.is_none();
        if is_over || told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            task.emit(Event::Tenants(vec![count.tell(module, pk.as_str())])).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// How large data tables are; one whose size may not be asked for is left out, and reported.
pub(in crate::engine) async fn measure(task: &Task, modules: Vec<String>) -> Result<(), Stop> {
    let wanted = if modules.is_empty() { chosen_modules(task, None).await? } else { modules };
    let mut modules = Vec::with_capacity(wanted.len());
    for module in wanted {
        modules.extend(chosen_modules(task, Some(module)).await?);
    }
    let mut measured = Vec::with_capacity(modules.len());
    for module in modules {
        task.check()?;
        match task.store().table_size(&module, TableKind::Data).await {
            Ok(size) => measured.push(MeasuredTable { module, rows: size.rows, bytes: size.bytes }),
            Err(error) => {
                let what = format!("how much counting module {module} costs is not known");
                task.failed(Failure::from(error).so(&what).not_fatal()).await?;
            }
        }
    }
    task.emit(Event::Measured(measured)).await
}
