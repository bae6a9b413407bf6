//! Counting and looking through a part of a table: nothing else of it is read.

use std::collections::{BTreeMap, BTreeSet};

use tenantry::domain::key::PartitionKey;
use tenantry::engine::failure::ErrorCode;
use tenantry::engine::protocol::{Among, Command, Event, TenantCount};

use crate::support::{Driver, Fault, Program, Proxy, Recorder, Stack};

fn counts(events: &[Event]) -> BTreeMap<String, TenantCount> {
    let of = |e: &Event| if let Event::Tenants(counts) = e { counts.clone() } else { Vec::new() };
    events.iter().flat_map(of).map(|count| (count.pk.to_string(), count)).collect()
}

#[tokio::test]
async fn partitions_are_counted_as_a_scan_counts_them_and_no_others_are_read() {
    let stack = Stack::golden().await;
    let recorder = Recorder::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(recorder.endpoint.clone());
    let mut driver = Driver::at(profile, stack.state.path());
    let pks: Vec<PartitionKey> = ["ORDER#globex", "ORDER#MY_TENANT", "ORDER#gone"].map(PartitionKey::new).to_vec();
    let request = driver.send(Command::CountPartitions { module: "order".to_owned(), pks }).await;
    let events = driver.rest(request).await;
    let counted = counts(&events);
    let gone = &counted["ORDER#gone"];
    assert_eq!((gone.entities, gone.tenant.as_str(), counted.len()), (0, "gone", 3), "{events:?}");
    driver.leave().await;
    let asked = recorder.operations().await;
    assert!(!asked.is_empty() && asked.iter().all(|o| o == "Query"), "{asked:?}");
    assert!(recorder.bodies("Query").await.iter().all(|body| !body.contains("my_tenant")));
    let mut driver = Driver::new(&stack);
    let request = driver.send(Command::ScanTenants { module: Some("order".to_owned()) }).await;
    let scanned = counts(&driver.rest(request).await);
    for pk in ["ORDER#globex", "ORDER#MY_TENANT"] {
        assert_eq!(counted[pk], scanned[pk]);
    }
    driver.leave().await;
}

#[tokio::test]
async fn what_counting_costs_is_known_without_reading_a_row_and_a_refusal_is_told() {
    let stack = Stack::golden().await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(proxy.endpoint.clone());
    let mut driver = Driver::at(profile, stack.state.path());
    let request = driver.send(Command::Measure { modules: vec!["product".to_owned(), "order".to_owned()] }).await;
    let events = driver.rest(request).await;
    let measured = events.iter().find_map(|e| if let Event::Measured(tables) = e { Some(tables) } else { None });
    let rows: Vec<(&str, u64)> = measured.unwrap().iter().map(|t| (t.module.as_str(), t.rows)).collect();
    assert_eq!(rows, [("product", 9), ("order", 30)]);
    assert!(measured.unwrap().iter().all(|t| t.bytes > 1_000 && t.units() > 0.0));
    proxy.by_chance(1, &[], &[(Fault::Denied, 100)]);
    let request = driver.send(Command::Measure { modules: vec!["product".to_owned()] }).await;
    let events = driver.rest(request).await;
    let refused = |e: &Event| matches!(e, Event::Failed(f) if f.code == ErrorCode::AccessDenied && !f.fatal);
    assert!(events.iter().any(refused) && events.contains(&Event::Measured(Vec::new())), "{events:?}");
    driver.leave().await;
}

#[tokio::test]
async fn the_doctor_of_a_tenant_finds_what_that_of_all_finds_there_and_reads_nothing_of_others() {
    let stack = Stack::golden().await;
    let at = &stack.profile.endpoints;
    let whole = Program::new(&stack).json(&["doctor"]).await;
    let tables = Recorder::before(at.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &tables.endpoint, at.s3.as_deref().unwrap(), "");
    let findings = |printed: &crate::support::program::Printed, wanted: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
        let of = |f: &&&serde_json::Value| {
            let place = [f["pk"].as_str(), f["path"].as_str()].into_iter().flatten().next().unwrap_or_default();
            !place.is_empty() && wanted(place)
        };
        let all = printed.events("finding");
        all.iter().filter(of).map(|f| format!("{} {} {} {}", f["kind"], f["pk"], f["sk"], f["path"])).collect()
    };
    let printed = program.json(&["doctor", "--tenant", "acme"]).await;
    let own = findings(&printed, &|_| true);
    assert_eq!(own, findings(&whole, &|place| place.contains("#acme")), "{}", printed.stdout);
    assert!(own.len() >= 4 && printed.code == 3, "{own:?}");
    let typed = program.json(&["doctor", "--type", "ORDER", "--tenant", "globex"]).await;
    assert_eq!((findings(&typed, &|_| true).len(), typed.code), (0, 0), "{}", typed.stdout);
    // One row of each partition is read to list them, and no other row of others.
    let foreign = |body: &&String| ["initech", "MY_TENANT", "my_tenant", "My_Tenant"].iter().any(|t| body.contains(t));
    let queries = tables.bodies("Query").await;
    assert_eq!(queries.iter().filter(foreign).count(), 0, "{queries:?}");
    assert!(tables.bodies("Scan").await.iter().all(|body| body.contains("\"Limit\":")));
    let repair = program.json(&["doctor", "--tenant", "acme", "--repair", "--arm"]).await;
    assert_eq!(repair.code, 2, "a repair is of modules: {}", repair.stdout);
    let mut driver = Driver::new(&stack);
    let among = Among { tenant: Some("nobody".to_owned()), ..Among::default() };
    let request = driver.send(Command::Doctor { among }).await;
    let events = driver.rest(request).await;
    assert!(!events.iter().any(|e| matches!(e, Event::Progress { .. } | Event::Failed(_))), "{events:?}");
    driver.leave().await;
}
