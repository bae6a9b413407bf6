//! The users of a pool: the sandbox's, or one made on the second implementation.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cognitoidentityprovider::types::{AttributeDataType, AttributeType, SchemaAttributeType};
use serde_json::Value as Json;

use super::stack::{Stack, external};
use super::{golden, program::Program};

/// A pool of users.
pub struct Pool {
    client: Client,
    pub id: String,
}

pub type Attributes = BTreeMap<String, String>;

impl Pool {
    /// With the golden users.
    pub async fn golden(stack: &Stack) -> Self {
        let pool = Self::empty(stack).await;
        let users: Json = serde_json::from_str(&std::fs::read_to_string(golden::path("users.json")).unwrap()).unwrap();
        for user in users.as_array().unwrap() {
            let attributes: Attributes = serde_json::from_value(user["attributes"].clone()).unwrap();
            pool.add(user["username"].as_str().unwrap(), &attributes).await;
        }
        pool
    }

    pub async fn empty(stack: &Stack) -> Self {
        let config = aws_sdk_cognitoidentityprovider::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(Credentials::new("sandbox", "sandbox", None, None, "test"))
            .endpoint_url(stack.profile.endpoints.cognito.as_deref().unwrap())
            .build();
        let client = Client::from_conf(config);
        let mut id = "ap-northeast-1_Sandbox01".to_owned();
        if external().is_some() {
            let custom = |name: &str| {
                let of = SchemaAttributeType::builder().name(name).attribute_data_type(AttributeDataType::String);
                of.mutable(true).build()
            };
            let made = client.create_user_pool().pool_name("shop");
            let made = made.schema(custom("tenant")).schema(custom("roles")).schema(custom("groups")).send().await;
            id = made.unwrap().user_pool.unwrap().id.unwrap();
        }
        Self { client, id }
    }

    pub async fn add(&self, name: &str, attributes: &Attributes) {
        let mut create = self.client.admin_create_user().user_pool_id(&self.id).username(name);
        for (name, value) in attributes {
            create = create.user_attributes(AttributeType::builder().name(name).value(value).build().unwrap());
        }
        create.send().await.unwrap();
    }

    pub async fn set(&self, user: &str, name: &str, value: &str) {
        let attribute = AttributeType::builder().name(name).value(value).build().unwrap();
        let update = self.client.admin_update_user_attributes().user_pool_id(&self.id).username(user);
        update.user_attributes(attribute).send().await.unwrap();
    }

    /// Every user's custom attributes.
    pub async fn users(&self) -> BTreeMap<String, Attributes> {
        let mut found = BTreeMap::new();
        let mut pages = self.client.list_users().user_pool_id(&self.id).into_paginator().send();
        while let Some(page) = pages.next().await {
            for user in page.unwrap().users() {
                let own = user.attributes().iter().filter(|a| a.name().starts_with("custom:"));
                let own = own.map(|a| (a.name().to_owned(), a.value().unwrap_or_default().to_owned())).collect();
                found.insert(user.username().unwrap().to_owned(), own);
            }
        }
        found
    }

    /// The program with this pool in its profile.
    pub fn program(&self, stack: &Stack) -> Program {
        Program::with(stack, &format!("user_pool_id = \"{}\"", self.id))
    }
}
