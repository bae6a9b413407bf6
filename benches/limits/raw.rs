//! A raw loop: rows put one by one, with the SDK's own retries.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::scenario::AT_ONCE;

pub(crate) async fn client(endpoint: &str, retries: RetryConfig) -> Client {
    let credentials = aws_sdk_dynamodb::config::Credentials::new("sandbox", "sandbox", None, None, "bench");
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("ap-northeast-1"))
        .credentials_provider(credentials)
        .load()
        .await;
    let builder = aws_sdk_dynamodb::config::Builder::from(&config).endpoint_url(endpoint).retry_config(retries);
    Client::from_conf(builder.build())
}

/// Puts one small row; whether it was taken.
pub(crate) async fn put(client: &Client, table: &str, pk: &str, sk: &str) -> bool {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = client.put_item().table_name(table).item("pk", text(pk)).item("sk", text(sk));
    put.item("name", text("ボルト M6")).send().await.is_ok()
}

/// Puts the command row and the data row of one entity after the other, of all partitions in turn, for so long.
pub(crate) async fn put_for(client: &Client, pks: &[String], long: Duration) {
    let (next, end) = (Arc::new(AtomicUsize::new(0)), Instant::now() + long);
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, next, pks) = (client.clone(), Arc::clone(&next), pks.to_vec());
        workers.spawn(async move {
            while Instant::now() < end {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let (pk, sk) = (&pks[i % pks.len()], format!("P-{i:06}"));
                for (table, sk) in [("dev-shop-product-command", format!("{sk}@1")), ("dev-shop-product-data", sk)] {
                    // Requests that the SDK gives up are sent again.
                    while !put(&client, table, pk, &sk).await && Instant::now() < end {}
                }
            }
        });
    }
    while workers.join_next().await.is_some() {}
}
