//! The calls that the embedded Cognito answers, over pools that are handed in: what the console and its tests need of the service.

use std::collections::BTreeMap;
use std::ops::Bound;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::pool::{Account, Pool, Pools};
use crate::sandbox::{ACCOUNT, REGION};

/// The most users of a page.
const PAGE: usize = 60;
/// The name of every pool.
const NAME: &str = "shop";

/// An answer that is an error of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The service's name for it, such as `UserNotFoundException`.
    pub(super) code: &'static str,
    pub(super) message: String,
}

fn refusal<T>(code: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, message: message.into() })
}

/// A request's body: the keys of all calls together, each call uses its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    user_pool_id: String,
    username: String,
    user_attributes: Vec<Attribute>,
    user_attribute_names: Vec<String>,
    attributes_to_get: Option<Vec<String>>,
    limit: Option<usize>,
    pagination_token: Option<String>,
    filter: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    name: String,
    #[serde(default)]
    value: String,
}

/// True for calls that leave the pools as they are.
pub(super) fn only_reads(operation: &str) -> bool {
    matches!(operation, "ListUsers" | "AdminGetUser" | "DescribeUserPool" | "ListUserPools")
}

/// Answers a call.
pub(super) fn answer(pools: &mut Pools, operation: &str, body: &[u8]) -> Result<Json, Refusal> {
    let request: Request = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return refusal("SerializationException", error.to_string()),
    };
    if operation == "ListUserPools" {
        let pools: Vec<Json> = pools.pools.keys().map(|id| json!({ "Id": id, "Name": NAME })).collect();
        return Ok(json!({ "UserPools": pools }));
    }
    let Some(pool) = pools.pools.get_mut(&request.user_pool_id) else {
        return refusal("ResourceNotFoundException", format!("User pool {} does not exist.", request.user_pool_id));
    };
    match operation {
        "ListUsers" => list(pool, &request),
        "DescribeUserPool" => Ok(json!({ "UserPool": {
            "Id": request.user_pool_id, "Name": NAME, "EstimatedNumberOfUsers": pool.users.len(),
            "Arn": format!("arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{}", request.user_pool_id),
        } })),
        "AdminCreateUser" => create(pool, request),
        "AdminGetUser" => {
            let user = user(pool, &request.username)?;
            let mut answer = described(&request.username, user, None);
            rename(&mut answer, "Attributes", "UserAttributes");
            Ok(answer)
        }
        "AdminUpdateUserAttributes" => {
            let attributes = checked(pool, request.user_attributes)?;
            let user = user(pool, &request.username)?;
            user.attributes.extend(attributes);
            user.modified = Timestamp::now();
            Ok(json!({}))
        }
        "AdminDeleteUserAttributes" => {
            let user = user(pool, &request.username)?;
            user.attributes.retain(|name, _| name == "sub" || !request.user_attribute_names.contains(name));
            user.modified = Timestamp::now();
            Ok(json!({}))
        }
        "AdminDeleteUser" => {
            user(pool, &request.username)?;
            pool.users.remove(&request.username);
            Ok(json!({}))
        }
        _ => refusal("UnknownOperationException", format!("the sandbox's Cognito has no {operation}")),
    }
}

fn user<'a>(pool: &'a mut Pool, name: &str) -> Result<&'a mut Account, Refusal> {
    match pool.users.get_mut(name) {
        Some(user) => Ok(user),
        None => refusal("UserNotFoundException", "User does not exist."),
    }
}

fn checked(pool: &Pool, attributes: Vec<Attribute>) -> Result<BTreeMap<String, String>, Refusal> {
    let attributes = attributes.into_iter().map(|attribute| (attribute.name, attribute.value)).collect();
    match pool.check(&attributes) {
        Ok(()) => Ok(attributes),
        Err(reason) => refusal("InvalidParameterException", reason.to_string()),
    }
}

fn create(pool: &mut Pool, request: Request) -> Result<Json, Refusal> {
    if request.username.is_empty() {
        return refusal("InvalidParameterException", "Username should be an email or a name of at least one character");
    }
    if pool.users.contains_key(&request.username) {
        return refusal("UsernameExistsException", "User account already exists");
    }
    let mut attributes = checked(pool, request.user_attributes)?;
    attributes.insert("sub".to_owned(), uuid());
    let account = Account::new("FORCE_CHANGE_PASSWORD", attributes);
    let answer = json!({ "User": described(&request.username, &account, None) });
    pool.users.insert(request.username, account);
    Ok(answer)
}

/// Pages are by name, a token is the last name of the page before.
fn list(pool: &Pool, request: &Request) -> Result<Json, Refusal> {
    let limit = request.limit.unwrap_or(PAGE);
    if limit > PAGE {
        return refusal("InvalidParameterException", format!("limit must be less than or equal to {PAGE}"));
    }
    if request.filter.as_ref().is_some_and(|filter| !filter.is_empty()) {
        return refusal("InvalidParameterException", "the sandbox's Cognito has no filters");
    }
    let after = request.pagination_token.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = pool.users.range::<String, _>((after, Bound::Unbounded));
    let wanted = request.attributes_to_get.as_deref();
    // A limit of 0 is Cognito's own.
    let limit = if limit == 0 { PAGE } else { limit };
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let mut answer =
        json!({ "Users": page.iter().map(|(name, user)| described(name, user, wanted)).collect::<Vec<_>>() });
    if let (Some((last, _)), Some(_)) = (page.last(), rest.next()) {
        answer["PaginationToken"] = json!(last);
    }
    Ok(answer)
}

fn described(name: &str, user: &Account, wanted: Option<&[String]>) -> Json {
    let attributes = user.attributes.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted.contains(name)));
    let attributes: Vec<Json> = attributes.map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    json!({
        "Username": name, "Attributes": attributes, "UserStatus": user.status, "Enabled": user.enabled,
        "UserCreateDate": user.created.as_second(), "UserLastModifiedDate": user.modified.as_second(),
    })
}

fn rename(answer: &mut Json, from: &str, to: &str) {
    if let Some(object) = answer.as_object_mut()
        && let Some(value) = object.remove(from)
    {
        object.insert(to.to_owned(), value);
    }
}

/// A random UUID of version 4.
pub(super) fn uuid() -> String {
    let bits = fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::super::pool;
    use super::*;

    fn call(pool: &mut Pools, operation: &str, mut body: Json) -> Result<Json, Refusal> {
        body["UserPoolId"] = json!(pool::ID);
        answer(pool, operation, body.to_string().as_bytes())
    }

    fn names(answer: &Json) -> Vec<&str> {
        answer["Users"].as_array().unwrap().iter().map(|user| user["Username"].as_str().unwrap()).collect()
    }

    #[test]
    fn pages_hold_every_user_once() {
        let mut pool = Pools::default();
        for at in 0..130 {
            call(&mut pool, "AdminCreateUser", json!({ "Username": format!("u-{at:03}") })).unwrap();
        }
        let (mut seen, mut sizes, mut token) = (Vec::new(), Vec::new(), Json::Null);
        loop {
            let page = call(&mut pool, "ListUsers", json!({ "PaginationToken": token })).unwrap();
            sizes.push(names(&page).len());
            seen.extend(names(&page).into_iter().map(str::to_owned));
            token = page["PaginationToken"].clone();
            if token.is_null() {
                break;
            }
        }
        assert_eq!(sizes, [60, 60, 10]);
        assert_eq!(seen, (0..130).map(|at| format!("u-{at:03}")).collect::<Vec<_>>());
        let exact = call(&mut pool, "ListUsers", json!({ "Limit": 10, "PaginationToken": "u-119" })).unwrap();
        assert_eq!((names(&exact).len(), exact.get("PaginationToken")), (10, None));
    }

    #[test]
    fn refusals_have_the_names_of_the_service() {
        let mut pool = Pools::default();
        let code = |pool: &mut Pools, operation: &str, body: Json| call(pool, operation, body).unwrap_err().code;
        call(&mut pool, "AdminCreateUser", json!({ "Username": "a" })).unwrap();
        assert_eq!(code(&mut pool, "AdminCreateUser", json!({ "Username": "a" })), "UsernameExistsException");
        assert_eq!(code(&mut pool, "AdminGetUser", json!({ "Username": "b" })), "UserNotFoundException");
        assert_eq!(code(&mut pool, "ListUsers", json!({ "Limit": 61 })), "InvalidParameterException");
        assert_eq!(code(&mut pool, "GetUser", json!({})), "UnknownOperationException");
        let unknown = json!({ "Username": "a", "UserAttributes": [{ "Name": "custom:x", "Value": "1" }] });
        assert_eq!(code(&mut pool, "AdminUpdateUserAttributes", unknown), "InvalidParameterException");
        let other = answer(&mut pool, "ListUsers", br#"{"UserPoolId":"ap-northeast-1_other"}"#).unwrap_err();
        assert_eq!(other.code, "ResourceNotFoundException");
    }

    #[test]
    fn an_update_changes_only_the_attributes_it_names() {
        let mut pool = Pools::default();
        let attributes = json!([{ "Name": "email", "Value": "a@x" }, { "Name": "custom:tenant", "Value": "A" }]);
        call(&mut pool, "AdminCreateUser", json!({ "Username": "a", "UserAttributes": attributes })).unwrap();
        let update = json!([{ "Name": "custom:tenant", "Value": "a" }]);
        call(&mut pool, "AdminUpdateUserAttributes", json!({ "Username": "a", "UserAttributes": update })).unwrap();
        let user = call(&mut pool, "AdminGetUser", json!({ "Username": "a" })).unwrap();
        let attributes = user["UserAttributes"].as_array().unwrap();
        let value = |name: &str| attributes.iter().find(|a| a["Name"] == name).map(|a| a["Value"].as_str().unwrap());
        assert_eq!((value("email"), value("custom:tenant")), (Some("a@x"), Some("a")));
        let sub = value("sub").unwrap();
        assert_eq!((sub.len(), &sub[14..15], "89ab".contains(&sub[19..20])), (36, "4", true), "{sub}");
    }
}
