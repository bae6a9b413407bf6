//! SDK clients on a sandbox, and the few values that rows are made of.

use std::collections::HashMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use tenantry::sandbox::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Sandbox};

/// A row as the SDK has it.
pub type Row = HashMap<String, AttributeValue>;

fn config(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(Credentials::new(
            ACCESS_KEY_ID,
            SECRET_ACCESS_KEY,
            None,
            None,
            "test",
        )))
        .build()
}

/// DynamoDB.
pub fn dynamodb(sandbox: &Sandbox) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&config(&sandbox.endpoints().dynamodb))
}

/// S3, path-style.
pub fn s3(sandbox: &Sandbox) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&config(&sandbox.endpoints().s3)).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}

/// Cognito's user pools.
pub fn cognito(sandbox: &Sandbox) -> aws_sdk_cognitoidentityprovider::Client {
    aws_sdk_cognitoidentityprovider::Client::new(&config(&sandbox.endpoints().cognito))
}

/// A text value.
pub fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A number value.
pub fn n(number: &str) -> AttributeValue {
    AttributeValue::N(number.to_owned())
}

/// A row of its fields.
pub fn row<const N: usize>(fields: [(&str, AttributeValue); N]) -> Row {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Creates a table with string keys pk and sk.
pub async fn create_table(client: &aws_sdk_dynamodb::Client, name: &str) {
    let mut request = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (key, key_type) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        request = request
            .key_schema(KeySchemaElement::builder().attribute_name(key).key_type(key_type).build().unwrap())
            .attribute_definitions(
                AttributeDefinition::builder()
                    .attribute_name(key)
                    .attribute_type(ScalarAttributeType::S)
                    .build()
                    .unwrap(),
            );
    }
    request.send().await.unwrap();
}

/// Reads one row consistently.
pub async fn get(client: &aws_sdk_dynamodb::Client, table: &str, pk: &str, sk: &str) -> Option<Row> {
    client
        .get_item()
        .table_name(table)
        .key("pk", s(pk))
        .key("sk", s(sk))
        .consistent_read(true)
        .send()
        .await
        .unwrap()
        .item
}
