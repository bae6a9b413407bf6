//! Preview of changes to tenant codes of Cognito users, page by page.

use super::sink::Sink;
use crate::domain::finding::FindingKind;
use crate::domain::key::EntityKey;
use crate::domain::users::{Changing, CodeChange, MODULE};
use crate::engine::protocol::{EntityRef, Event, Finding, Severity};
use crate::engine::read::users::pool_of;
use crate::engine::task::{Stop, Task};

/// Adds an item for each user of the pool; gives back what is to be known before the run.
pub(super) async fn plan(
    task: &Task,
    (pool, change, attributes): (Option<&String>, &CodeChange, &[String]),
    sink: &mut Sink<'_>,
) -> Result<Vec<String>, Stop> {
    let pool = pool_of(task, pool)?;
    let rules = Changing { pool: pool.clone(), change: change.clone(), attributes: attributes.to_vec() };
    let (mut after, mut federated) = (None, 0u64);
    loop {
        task.check()?;
        let page = task.store().users(&pool, after).await?;
        for user in &page.users {
            let (item, quarantined) = rules.item(user);
            federated += u64::from(user.federated && item.writes());
            for bad in quarantined {
                let finding = Finding::new(
                    FindingKind::MalformedJson,
                    Severity::Warning,
                    EntityRef { module: MODULE.to_owned(), key: EntityKey::new(&*pool, &*user.name) },
                    format!("{}; it is left as it is", bad.why),
                )
                .at(bad.attribute);
                task.emit(Event::Finding(Box::new(finding))).await?;
            }
            sink.add(item).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let mut notes = vec!["users keep the old code in the tokens they have until they sign in again".to_owned()];
    if federated > 0 {
        notes.push(format!(
            "{federated} federated users: map the new code in their identity provider too, or it comes back at the next sign-in"
        ));
    }
    Ok(notes)
}
