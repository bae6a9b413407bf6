//! The users of a Cognito pool.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{AttributeType, UserStatusType};

use super::error::{Call, StoreError};
use super::read::ReadStore;
use crate::domain::users::User;

/// Users of a page at most: the service gives no more.
const PAGE: i32 = 60;
/// Attribute of a user who signs in through an identity provider.
const IDENTITIES: &str = "identities";

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users, in the service's order.
    pub users: Vec<User>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

pub(super) fn cognito<'a>(operation: &'static str, pool: &'a str) -> Call<'a> {
    Call { service: "cognito-idp", operation, resource: pool }
}

impl ReadStore {
    /// One page of a pool's users.
    ///
    /// # Errors
    /// [`StoreError::Service`]; throttled calls were repeated a few times before.
    pub async fn users(&self, pool: &str, after: Option<String>) -> Result<UserPage, StoreError> {
        let request = self.user_reads.list_users().user_pool_id(pool).limit(PAGE).set_pagination_token(after);
        let answer = request.send().await.map_err(|e| cognito("ListUsers", pool).failed(e))?;
        // A pool without users has an empty list of them; an answer without a list is none.
        let users = cognito("ListUsers", pool).part(answer.users, "Users")?.into_iter().map(|user| {
            let name = user.username.unwrap_or_default();
            of(name, user.attributes.unwrap_or_default(), user.user_status.as_ref())
        });
        Ok(UserPage { users: users.collect(), next: answer.pagination_token })
    }

    /// One user as it is now; `None` where there is none of this name.
    ///
    /// # Errors
    /// [`StoreError::Service`]: an error is not absence.
    pub async fn user(&self, pool: &str, name: &str) -> Result<Option<User>, StoreError> {
        match self.user_reads.admin_get_user().user_pool_id(pool).username(name).send().await {
            Ok(user) if user.username.is_empty() => cognito("AdminGetUser", pool).part(None, "Username"),
            Ok(user) => {
                Ok(Some(of(name.to_owned(), user.user_attributes.unwrap_or_default(), user.user_status.as_ref())))
            }
            Err(error) if error.as_service_error().is_some_and(|e| e.is_user_not_found_exception()) => Ok(None),
            Err(error) => Err(cognito("AdminGetUser", pool).failed(error)),
        }
    }
}

fn of(name: String, attributes: Vec<AttributeType>, status: Option<&UserStatusType>) -> User {
    let attributes: BTreeMap<String, String> =
        attributes.into_iter().map(|a| (a.name, a.value.unwrap_or_default())).collect();
    let federated = status == Some(&UserStatusType::ExternalProvider) || attributes.contains_key(IDENTITIES);
    User { name, attributes, federated }
}
