//! The rules of the publish transaction, one test each.

use tenantry::domain::item::Role;
use tenantry::domain::key::{EntityKey, Version};
use tenantry::domain::publish::{NewState, PublishMode, Stamp, build};
use tenantry::domain::row::{Row, field};
use tenantry::domain::run::Reason;
use tenantry::domain::value::{Map, Number, Value};
use tenantry::store::error::ErrorKind;
use tenantry::store::publish::{Patience, PublishOutcome, PublishRequest, VersionCheck, WriteStore};

use crate::support::{Fault, Proxy, Stack};

const SK: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";

fn bolt() -> EntityKey {
    EntityKey::new("PRODUCT#acme", SK)
}

/// A change of the entity's name, prepared as a run would.
async fn change(stack: &Stack, key: &EntityKey, edit: impl FnOnce(&mut NewState)) -> PublishRequest {
    let snapshot = stack.store.snapshot("product", key).await.unwrap();
    let current = snapshot.resolved.as_deref();
    let mut new = NewState::of(current.unwrap());
    new.set(field::NAME, Value::s("changed"));
    edit(&mut new);
    let stamp = Stamp {
        at: "2026-04-01T09:00:00+09:00".to_owned(),
        by: "operator-1".to_owned(),
        ip: None,
        request_id: "tenantry-test".to_owned(),
        source: "tenantry test".to_owned(),
    };
    let rows = build(key, current, &new, PublishMode::Sync, &stamp, Default::default()).unwrap();
    let mut n = 0;
    let mut name = || {
        n += 1;
        format!("object-{n}")
    };
    let part = stack.store.prepare("product", rows, snapshot.command.is_some(), &mut name).unwrap();
    PublishRequest {
        mode: PublishMode::Sync,
        request_id: stamp.request_id,
        parts: vec![part],
        checks: Vec::new(),
        counters: Vec::new(),
    }
}

/// A store that writes through a proxy.
async fn through(stack: &Stack, proxy: &Proxy) -> WriteStore {
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(proxy.endpoint.clone());
    tenantry::store::connect(&profile).await.store.arm()
}

async fn proxied(faults: &[Fault]) -> (Stack, Proxy, WriteStore) {
    let stack = Stack::golden().await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    proxy.next(faults);
    let store = through(&stack, &proxy).await;
    (stack, proxy, store)
}

async fn name_of(stack: &Stack) -> String {
    let row = stack.get("dev-shop-product-data", "PRODUCT#acme", SK).await.unwrap();
    row.text("name").unwrap().to_owned()
}

#[tokio::test]
async fn a_source_that_changed_stops_the_write_and_its_objects_go() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let before = (stack.dump().await, stack.object_keys().await);
    let key = EntityKey::new("PRODUCT#acme", "P-0009");
    let mut request = change(&stack, &key, |_| {}).await;
    assert_eq!(request.object_uris().len(), 3);
    request.checks.push(VersionCheck {
        shown: None,
        role: Role::Source,
        module: "product".to_owned(),
        key: bolt(),
        version: Version(11),
    });
    let published = stack.store.arm().publish(&request, Patience::ALONE).await;
    assert_eq!(
        published.outcome,
        PublishOutcome::Conflict(
            Reason::SourceChanged,
            "the source is at version 12, not at version 11 as shown".to_owned()
        )
    );
    assert_eq!((stack.dump().await, stack.object_keys().await), before);
    request.checks[0].version = Version(12);
    assert_eq!(
        stack.store.arm().publish(&request, Patience::ALONE).await.outcome,
        PublishOutcome::Done { already: false }
    );
    assert_eq!(stack.object_keys().await.len(), before.1.len() + 3);
}

#[tokio::test]
async fn a_previous_command_that_vanished_leaves_no_stub() {
    let stack = Stack::golden().await;
    let request = change(&stack, &bolt(), |_| {}).await;
    assert!(request.parts[0].previous.is_some());
    stack.delete("dev-shop-product-command", "PRODUCT#acme", &format!("{SK}@12")).await;
    let published = stack.store.arm().publish(&request, Patience::ALONE).await;
    assert_eq!((published.outcome, published.attempts), (PublishOutcome::Done { already: false }, 2));
    assert_eq!(stack.get("dev-shop-product-command", "PRODUCT#acme", &format!("{SK}@12")).await, None);
    let command = stack.get("dev-shop-product-command", "PRODUCT#acme", &format!("{SK}@13")).await.unwrap();
    assert_eq!(command.text("syncMode"), Some("SYNC"));
    assert_eq!(name_of(&stack).await, "changed");
}

#[tokio::test]
async fn a_change_in_between_is_a_conflict_and_nothing_is_written() {
    let stack = Stack::golden().await;
    let request = change(&stack, &bolt(), |_| {}).await;
    let theirs = PublishRequest { request_id: "theirs".to_owned(), ..change(&stack, &bolt(), |_| {}).await };
    let mut theirs = theirs;
    for (_, row) in &mut theirs.parts[0].rows {
        row.0.insert("requestId".to_owned(), Value::s("theirs"));
    }
    assert_eq!(
        stack.store.arm().publish(&theirs, Patience::ALONE).await.outcome,
        PublishOutcome::Done { already: false }
    );
    let before = stack.dump().await;
    let published = stack.store.arm().publish(&request, Patience::ALONE).await;
    assert_eq!(
        published.outcome,
        PublishOutcome::Conflict(
            Reason::TargetChanged,
            "the entity is at version 13, not at version 12 as shown".to_owned()
        )
    );
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn a_command_above_the_data_row_is_a_conflict() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let key = EntityKey::new("PRODUCT#acme", "P-0003");
    let request = change(&stack, &key, |_| {}).await;
    let published = stack.store.arm().publish(&request, Patience::ALONE).await;
    assert!(matches!(published.outcome, PublishOutcome::Conflict(Reason::Wedged, _)), "{published:?}");
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn an_answer_lost_after_the_commit_is_recognised_as_done() {
    let (stack, proxy, store) = proxied(&[Fault::LoseAnswer]).await;
    let request = change(&stack, &bolt(), |_| {}).await;
    let published = store.publish(&request, Patience::ALONE).await;
    assert_eq!(published.outcome, PublishOutcome::Done { already: false });
    assert_eq!(proxy.transactions().len(), 1);
    let history = stack.get("dev-shop-product-history", "PRODUCT#acme", &format!("{SK}@12")).await;
    assert!(history.is_some() && name_of(&stack).await == "changed");
    // The same request once more, as after a restart: its own rows are recognised.
    let again = stack.store.arm().publish(&request, Patience::ALONE).await;
    assert!(matches!(again.outcome, PublishOutcome::Done { .. }), "{again:?}");
    assert_eq!(stack.get("dev-shop-product-command", "PRODUCT#acme", &format!("{SK}@14")).await, None);
}

#[tokio::test]
async fn after_a_lost_answer_a_refusal_proves_nothing() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    // Committed, the answer lost, and the look at the rows fails too; then the repeat is refused for its credentials.
    proxy.next(&[Fault::LoseAnswer, Fault::Expired]);
    proxy.next_reads(&[Fault::Expired]);
    let store = through(&stack, &proxy).await;
    let key = EntityKey::new("PRODUCT#acme", "P-0009");
    let request = change(&stack, &key, |_| {}).await;
    let published = store.publish(&request, Patience::ALONE).await;
    assert_eq!(published.outcome, PublishOutcome::Done { already: false });
    let keys = stack.object_keys().await;
    for uri in request.object_uris() {
        assert!(keys.contains(&uri.strip_prefix("s3://shop-private/").unwrap().to_owned()), "{uri} is gone");
    }
}

/// As after a kill, or after a round that could see nothing: what was written stays whole whatever its repeat meets with.
#[tokio::test]
async fn a_repeat_that_fails_takes_nothing_from_what_was_written() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let request = change(&stack, &EntityKey::new("PRODUCT#acme", "P-0009"), |_| {}).await;
    let first = stack.store.arm().publish(&request, Patience::IN_RUN).await;
    assert_eq!(first.outcome, PublishOutcome::Done { already: false });
    let left = (stack.dump().await, stack.object_keys().await);
    for fault in [Fault::Throttle, Fault::Expired, Fault::ServerError, Fault::Conflict] {
        let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
        proxy.next(&[fault; 4]);
        let again = through(&stack, &proxy).await.publish_again(&request, Patience::IN_RUN).await;
        assert!(matches!(again.outcome, PublishOutcome::Done { .. }), "{fault:?}: {again:?}");
        // And when the rows cannot be seen either, nothing is known.
        proxy.by_chance(1, &[(Fault::Expired, 100)], &[(Fault::Expired, 100)]);
        let again = through(&stack, &proxy).await.publish_again(&request, Patience::IN_RUN).await;
        assert!(matches!(again.outcome, PublishOutcome::Unknown(_)), "{fault:?}: {again:?}");
        assert_eq!((stack.dump().await, stack.object_keys().await), left, "{fault:?}");
    }
    // The same where already the bucket refuses.
    let s3 = Proxy::before(stack.profile.endpoints.s3.as_deref().unwrap()).await;
    s3.by_chance(1, &[(Fault::Expired, 100)], &[]);
    let mut profile = stack.profile.clone();
    profile.endpoints.s3 = Some(s3.endpoint.clone());
    let store = tenantry::store::connect(&profile).await.store.arm();
    let again = store.publish_again(&request, Patience::IN_RUN).await;
    assert_eq!(again.outcome, PublishOutcome::Done { already: true });
    assert_eq!((stack.dump().await, stack.object_keys().await), left);
}

#[tokio::test]
async fn repeats_are_the_same_to_the_byte() {
    let faults = [Fault::ServerError, Fault::Throttle, Fault::Cut];
    let (stack, proxy, store) = proxied(&faults).await;
    let request = change(&stack, &bolt(), |_| {}).await;
    let published = store.publish(&request, Patience::ALONE).await;
    assert_eq!((published.outcome, published.attempts), (PublishOutcome::Done { already: false }, 4));
    let sent = proxy.transactions();
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|body| *body == sent[0]));
    let token = serde_json::from_str::<serde_json::Value>(&sent[0]).unwrap()["ClientRequestToken"].clone();
    assert!(token.as_str().unwrap().len() <= 36);
}

#[tokio::test]
async fn objects_stay_while_the_outcome_is_not_known() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    proxy.next(&[Fault::ServerError; 8]);
    let objects = stack.object_keys().await;
    let store = through(&stack, &proxy).await;
    let request = change(&stack, &EntityKey::new("PRODUCT#acme", "P-0009"), |_| {}).await;
    let published = store.publish(&request, Patience::ALONE).await;
    assert!(matches!(published.outcome, PublishOutcome::Unknown(_)), "{published:?}");
    assert_eq!(stack.object_keys().await.len(), objects.len() + 3);
}

#[tokio::test]
async fn objects_that_rows_refer_to_stay_when_the_same_request_cannot_put_them_again() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let request = change(&stack, &EntityKey::new("PRODUCT#acme", "P-0009"), |_| {}).await;
    assert_eq!(
        stack.store.arm().publish(&request, Patience::ALONE).await.outcome,
        PublishOutcome::Done { already: false }
    );
    let objects = stack.object_keys().await;
    let proxy = Proxy::before(stack.profile.endpoints.s3.as_deref().unwrap()).await;
    let mut profile = stack.profile.clone();
    profile.endpoints.s3 = Some(proxy.endpoint.clone());
    let store = tenantry::store::connect(&profile).await.store.arm();
    proxy.next(&[Fault::S3(403, "AccessDenied")]);
    let published = store.publish(&request, Patience::ALONE).await;
    // The rows are ours already, whatever the objects say.
    assert_eq!(published.outcome, PublishOutcome::Done { already: true });
    assert_eq!(stack.object_keys().await, objects);
}

#[tokio::test]
async fn expired_credentials_end_the_attempt_and_write_nothing() {
    let (stack, proxy, store) = proxied(&[Fault::Expired]).await;
    let before = stack.dump().await;
    let request = change(&stack, &bolt(), |_| {}).await;
    let published = store.publish(&request, Patience::ALONE).await;
    let PublishOutcome::Failed(error) = published.outcome else { panic!("{published:?}") };
    assert_eq!(error.kind(), Some(ErrorKind::Credentials));
    assert_eq!((proxy.transactions().len(), stack.dump().await), (1, before));
}

#[tokio::test]
async fn values_that_json_cannot_hold_stay_in_the_row() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 64).await;
    let exact = Map::from([
        ("n".to_owned(), Value::N(Number::parse("12345678901234567890123456789012345678").unwrap())),
        ("b".to_owned(), Value::B(vec![0, 255, 7])),
        ("ss".to_owned(), Value::Ss(["x".to_owned(), "ボルト".to_owned()].into())),
        ("ns".to_owned(), Value::Ns(["1", "2.50"].map(|t| Number::parse(t).unwrap()).into())),
        ("bs".to_owned(), Value::Bs([vec![1], vec![2]].into())),
        ("empty".to_owned(), Value::s("")),
        ("none".to_owned(), Value::Null),
        ("long".to_owned(), Value::s("x".repeat(200))),
    ]);
    let request = change(&stack, &bolt(), |new| new.set(field::ATTRIBUTES, Value::M(exact.clone()))).await;
    // The history row holds plain JSON and goes to S3; the new rows cannot.
    assert_eq!(request.object_uris().len(), 1);
    assert_eq!(
        stack.store.arm().publish(&request, Patience::ALONE).await.outcome,
        PublishOutcome::Done { already: false }
    );
    let row: Row = stack.get("dev-shop-product-data", "PRODUCT#acme", SK).await.unwrap();
    assert_eq!(row.get("attributes"), Some(&Value::M(exact)));
}
