//! The users of a Cognito pool, page by page.

use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::Event;
use crate::engine::task::{Stop, Task};

/// The pool that a plan names, or the profile's.
pub(in crate::engine) fn pool_of(task: &Task, named: Option<&String>) -> Result<String, Stop> {
    named.or(task.profile().user_pool_id.as_ref()).cloned().ok_or_else(|| {
        let mut failure = Failure::new(ErrorCode::Config, "neither the plan nor the profile names a user pool");
        failure.key = Some("users.pool".to_owned());
        failure.hint("set user_pool_id in the profile, or users.pool in the plan").into()
    })
}

/// Reads one page.
pub(in crate::engine) async fn page(task: &Task, pool: Option<&String>, after: Option<String>) -> Result<(), Stop> {
    let pool = pool_of(task, pool)?;
    let page = task.store().users(&pool, after).await?;
    task.emit(Event::Users { pool, users: page.users, next: page.next }).await
}
