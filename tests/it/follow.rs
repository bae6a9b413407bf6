//! Commands that the application's own pipeline is to apply: applied, refused, failed and unknown are told apart.

use std::time::Duration;

use tenantry::domain::key::{EntityKey, Version};
use tenantry::domain::publish::{NewState, PublishMode, Stamp, build};
use tenantry::domain::row::Row;
use tenantry::domain::value::from_plain_json;
use tenantry::sandbox::{Options, PipelineMode, Sandbox, TableOptions, to_item};
use tenantry::session::sandbox_profile;
use tenantry::store::publish::{Followed, Following, Patience, PublishOutcome, PublishRequest};
use tenantry::store::{ReadStore, connect};

const PATIENCE: Following = Following { timeout: Duration::from_secs(2), settled: Duration::from_millis(400) };

async fn stack() -> (Sandbox, ReadStore) {
    let pipeline = Some(Duration::from_millis(10));
    let sandbox = Sandbox::start(Options { pipeline, ..Options::default() }).unwrap();
    for kind in ["data", "history", "command"] {
        let options = TableOptions { stream: kind == "command", ttl: false };
        sandbox.tables().create(&format!("dev-shop-product-{kind}"), options).unwrap();
    }
    let store = connect(&sandbox_profile(&sandbox)).await.store;
    (sandbox, store)
}

fn key() -> EntityKey {
    EntityKey::new("PRODUCT#acme", "P-1")
}

async fn publish(store: &ReadStore, name: &str) -> Version {
    let snapshot = store.snapshot("product", &key()).await.unwrap();
    let state = format!(
        r#"{{"id":"PRODUCT#acme#P-1","code":"P-1","name":"{name}","tenantCode":"acme","type":"PRODUCT","attributes":{{"a":1}}}}"#
    );
    let new = NewState::of(&Row(from_plain_json(&state).unwrap().as_map().unwrap().clone()));
    let stamp = Stamp {
        at: "2026-04-01T09:00:00+09:00".to_owned(),
        by: "operator-1".to_owned(),
        ip: None,
        request_id: format!("tenantry-{name}"),
        source: "tenantry test".to_owned(),
    };
    let current = snapshot.resolved.as_deref();
    let rows = build(&key(), current, &new, PublishMode::Async, &stamp, Default::default()).unwrap();
    let version = rows.version;
    let part = store.prepare("product", rows, false, &mut || "object".to_owned()).unwrap();
    let request = PublishRequest {
        mode: PublishMode::Async,
        request_id: stamp.request_id,
        parts: vec![part],
        checks: Vec::new(),
        counters: Vec::new(),
    };
    assert_eq!(store.arm().publish(&request, Patience::ALONE).await.outcome, PublishOutcome::Done { already: false });
    version
}

#[tokio::test]
async fn what_the_pipeline_does_is_told_apart() {
    let (sandbox, store) = stack().await;
    let version = publish(&store, "one").await;
    let applied = Following { timeout: Duration::from_secs(20), settled: Duration::from_secs(20) };
    assert_eq!(store.follow("product", &key(), version, applied).await, Ok(Followed::Applied));
    sandbox.set_pipeline_mode(PipelineMode::Fail);
    let version = publish(&store, "two").await;
    let failed = Followed::Failed("sync_data:FAILED".to_owned());
    assert_eq!(
        store.follow("product", &key(), version, Following { settled: Duration::from_millis(400), ..applied }).await,
        Ok(failed)
    );
    assert_eq!(store.data_row("product", &key()).await.unwrap().unwrap().version(), Ok(Version(1)));
}

#[tokio::test]
async fn a_pipeline_that_does_nothing_leaves_the_outcome_unknown() {
    let (sandbox, store) = stack().await;
    sandbox.set_pipeline_mode(PipelineMode::Stall);
    let version = publish(&store, "one").await;
    assert_eq!(store.follow("product", &key(), version, PATIENCE).await, Ok(Followed::Unknown(None)));
}

#[tokio::test]
async fn a_refused_command_stays_at_its_version_check() {
    let (sandbox, store) = stack().await;
    let row = |status: &str| {
        let json = format!(r#"{{"pk":"PRODUCT#acme","sk":"P-1@5","version":5,"status":"{status}","syncMode":"x"}}"#);
        to_item(Row(from_plain_json(&json).unwrap().as_map().unwrap().clone()))
    };
    for (status, followed) in
        [("check_version:FINISHED", Followed::Refused), ("wait_prev_command:FINISHED", Followed::Waiting)]
    {
        sandbox.tables().put("dev-shop-product-command", row(status)).unwrap();
        assert_eq!(store.follow("product", &key(), Version(5), PATIENCE).await, Ok(followed), "{status}");
    }
}
