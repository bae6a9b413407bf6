//! What items do not hold, rule by rule: counted, with samples, and found again by a text.

use std::collections::BTreeMap;

use tenantry::config::plan::load;
use tenantry::engine::protocol::{Command, Event, ItemFilter, PlanSummary};

use crate::support::{Driver, Stack};

const SCHEMA: &str = r#"{"required":["productName"],"properties":{"unitPrice":{"maximum":3}}}"#;

async fn planned(driver: &mut Driver, validate: &str) -> Box<PlanSummary> {
    let dir = tempfile::TempDir::new().unwrap();
    std::fs::write(dir.path().join("s.json"), SCHEMA).unwrap();
    let path = dir.path().join("plan.toml");
    let head = "name = \"c\"\noperation = \"copy\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"initech\"\n[target]\ntenant = \"hooli\"\n";
    std::fs::write(&path, format!("{head}[validate]\n{validate}\n")).unwrap();
    let plan = Box::new(load(&path).unwrap());
    let request = driver.send(Command::PreviewPlan { plan, keep: true }).await;
    match driver.until(request, |e| matches!(e, Event::Planned(_))).await {
        Event::Planned(summary) => summary,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_rule_counts_its_items_and_finds_them_again() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    let references = "references = [{ field = \"unitPrice\", type = \"CUSTOMER\", by = \"sk\" }]";
    let summary = planned(&mut driver, &format!("schema = \"s.json\"\n{references}")).await;
    let mut counts = BTreeMap::new();
    for rule in &summary.violated {
        let filter = ItemFilter { text: rule.text.clone(), ..ItemFilter::default() };
        let items = Command::Items { run: summary.run, filter, from: 0, near: None, limit: 100, fresh: true };
        let request = driver.send(items).await;
        let Event::Items { total, items, .. } = driver.until(request, |e| matches!(e, Event::Items { .. })).await
        else {
            panic!("{rule:?}")
        };
        assert_eq!(total, rule.items, "{rule:?}");
        assert_eq!(rule.samples.len() as u64, rule.items.min(3));
        for (entity, why) in &rule.samples {
            assert_eq!(entity.key.pk.as_str(), "PRODUCT#initech", "the row that is there already");
            let item = items.iter().find(|i| i.source == entity.key).unwrap();
            assert!(item.message.as_deref().is_some_and(|m| m.contains(why)), "{why}: {item:?}");
        }
        counts.insert((rule.rule.as_str(), rule.place.as_deref()), rule.items);
    }
    let by_count: Vec<u64> = summary.violated.iter().map(|rule| rule.items).collect();
    assert!(by_count.is_sorted_by(|a, b| a >= b), "{by_count:?}");
    let expected = BTreeMap::from([
        (("reference unitPrice to CUSTOMER", None), 2),
        (("schema s.json", Some("/properties/unitPrice/maximum")), 2),
        (("schema s.json", Some("/required/productName")), 1),
    ]);
    assert_eq!(counts, expected);
    let none = planned(&mut driver, "on_invalid = \"skip\"").await;
    assert_eq!(none.violated, []);
    driver.leave().await;
}
