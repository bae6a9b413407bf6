//! Changing users: read, compared, written, because the service knows no conditions.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use aws_sdk_cognitoidentityprovider::types::AttributeType;

use super::{PublishOutcome, Published, WriteStore};
use crate::domain::row::Row;
use crate::domain::run::Reason;
use crate::domain::users::{User, differing};
use crate::store::error::{ErrorKind, StoreError};
use crate::store::users::cognito;

/// Pause between two changes where the plan names no rate: the service takes 25 a second for all of an account's pools.
const PAUSE: Duration = Duration::from_millis(50);

/// The service's code for a user who is not there; a pool that is not there has another.
const NO_SUCH_USER: &str = "UserNotFoundException";

/// When the next change may be sent.
#[derive(Debug, Default)]
pub struct Pacer(Mutex<Option<Instant>>);

impl Pacer {
    fn turn(&self) -> Instant {
        let mut next = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let turn = next.filter(|at| *at > Instant::now()).unwrap_or_else(Instant::now);
        *next = Some(turn + PAUSE);
        turn
    }
}

impl WriteStore {
    /// Takes a user from the texts of `before` to those of `after`. One that has those already is done; one that has others was
    /// changed by someone else and is left alone. `paced` keeps to what the service takes from an account.
    pub async fn publish_user(&self, pool: &str, name: &str, before: &Row, after: &Row, paced: bool) -> Published {
        let ended = |outcome, attempts| Published { outcome, attempts, request_id: None };
        let now = match self.read.user(pool, name).await {
            Ok(Some(user)) => user,
            Ok(None) => {
                let message = "there is no such user any more".to_owned();
                return ended(PublishOutcome::Conflict(Reason::TargetChanged, message), 0);
            }
            Err(error) => return ended(PublishOutcome::Failed(error), 0),
        };
        if holds(&now, after) {
            return ended(PublishOutcome::Done { already: true }, 0);
        }
        if !holds(&now, before) {
            let message = "changed since it was shown".to_owned();
            return ended(PublishOutcome::Conflict(Reason::TargetChanged, message), 0);
        }
        if paced {
            tokio::time::sleep_until(self.read.pacer.turn().into()).await;
        }
        let texts: Vec<(String, String)> = differing(before, after)
            .into_iter()
            .map(|name| (name.clone(), after.text(&name).unwrap_or_default().to_owned()))
            .collect();
        match self.change_user(pool, name, &texts).await {
            Ok(()) => ended(PublishOutcome::Done { already: false }, 1),
            Err(error) => ended(refused(error), 1),
        }
    }

    async fn change_user(&self, pool: &str, name: &str, attributes: &[(String, String)]) -> Result<(), StoreError> {
        let mut request = self.read.user_writes.admin_update_user_attributes().user_pool_id(pool).username(name);
        for (name, value) in attributes {
            let attribute = AttributeType::builder().name(name).value(value).build();
            request = request.user_attributes(attribute.map_err(|e| StoreError::Build(e.to_string()))?);
        }
        request.send().await.map(drop).map_err(|e| cognito("AdminUpdateUserAttributes", pool).failed(e))
    }
}

fn refused(error: StoreError) -> PublishOutcome {
    match error.kind() {
        Some(ErrorKind::NotFound) if error.aws_code() == Some(NO_SUCH_USER) => {
            PublishOutcome::Conflict(Reason::TargetChanged, "there is no such user any more".to_owned())
        }
        // Answered by somebody else, it may have happened all the same.
        Some(ErrorKind::Unknown | ErrorKind::Proxy) => PublishOutcome::Unknown(error),
        // A pool that refuses one user refuses most: an attribute that may not be changed, for one. It counts as a failure.
        _ => PublishOutcome::Failed(error),
    }
}

fn holds(user: &User, row: &Row) -> bool {
    row.0.keys().all(|name| user.attributes.get(name).map(String::as_str) == row.text(name))
}
