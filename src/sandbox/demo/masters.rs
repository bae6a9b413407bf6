//! The master module: what expires when, settings of shops, lists that all share, and the tenants themselves.

use super::batch::Batch;
use super::entity::Entity;
use super::retention::RETENTIONS;
use super::value::{m, map, n, s};
use super::world::World;
use crate::domain::value::{Map, Value};
use crate::sandbox::{APP, ENVIRONMENT, SandboxError};

/// Code, name, plan and country of each tenant; one stands under two spellings here too.
const TENANTS: [(&str, &str, &str, &str); 7] = [
    ("acme", "アクメ金物株式会社", "enterprise", "JP"),
    ("globex", "Globex Trading GmbH", "enterprise", "DE"),
    ("initech", "イニテック文具", "standard", "JP"),
    ("sakura-shoten", "さくら商店", "standard", "JP"),
    ("MY_TENANT", "山岳道具 MY TENANT", "standard", "JP"),
    ("my_tenant", "山岳道具 MY TENANT", "standard", "JP"),
    ("Kita_Foods", "北フーズ", "trial", "JP"),
];
/// Lists that all tenants share: list, code, name, in English.
const SHARED: [(&str, &str, &str, &str); 12] = [
    ("COLOR", "RED", "赤", "red"),
    ("COLOR", "BLUE", "青", "blue"),
    ("COLOR", "OLIVE", "オリーブ", "olive"),
    ("COLOR", "SAND", "サンド", "sand"),
    ("SIZE", "S", "小", "small"),
    ("SIZE", "M", "中", "medium"),
    ("SIZE", "L", "大", "large"),
    ("COUNTRY", "JP", "日本", "Japan"),
    ("COUNTRY", "DE", "ドイツ", "Germany"),
    ("COUNTRY", "US", "アメリカ合衆国", "United States"),
    ("CARRIER", "YAMATO", "ヤマト運輸", "Yamato Transport"),
    ("CARRIER", "SAGAWA", "佐川急便", "Sagawa Express"),
];

/// Adds all master data.
pub(super) fn add(world: &mut World, batch: &mut Batch) -> Result<(), SandboxError> {
    for r in RETENTIONS {
        let table = format!("{ENVIRONMENT}-{APP}-{}-{}", r.module, r.kind.as_str());
        let pk = format!("MASTER#{}", r.tenant);
        let attributes = map([("days", n(r.days))]);
        let setting = Entity::new("master", &pk, &format!("TTL#{table}"), &table, "ttl", attributes);
        publish(world, batch, setting, r.made)?;
    }
    for (code, name, plan, country) in TENANTS {
        let attributes = map([("plan", s(plan)), ("country", s(country)), ("seats", n(5 + world.below(40)))]);
        let mut tenant = Entity::new("master", &format!("TENANT#{code}"), "MASTER", code, name, attributes);
        tenant.set_field("type", s(format!("TENANT#{code}")));
        publish(world, batch, tenant, 640)?;
        for (setting, attributes) in settings(world) {
            let pk = format!("MASTER#{code}");
            let sk = format!("MASTER_SETTING#{setting}");
            publish(world, batch, Entity::new("master", &pk, &sk, setting, setting, attributes), 600)?;
        }
    }
    for (list, code, name, english) in SHARED {
        let sk = format!("{list}#{code}");
        let attributes = map([("name", m([("ja", s(name)), ("en", s(english))])), ("order", n(10))]);
        publish(world, batch, Entity::new("master", "MASTER_DATA#COMMON", &sk, code, name, attributes), 650)?;
    }
    for (zone, fee) in [("hokkaido", 1320), ("honshu", 770), ("kyushu", 990), ("okinawa", 1650)] {
        let sk = format!("shipping#{zone}");
        let attributes = map([("fee", n(fee)), ("free", Value::Bool(false))]);
        publish(world, batch, Entity::new("master", "MASTER#acme", &sk, zone, zone, attributes), 410)?;
    }
    Ok(())
}

fn settings(world: &mut World) -> [(&'static str, Map); 2] {
    let free_from = 3000 + 1000 * world.below(6);
    [
        ("shipping", map([("freeFrom", n(free_from)), ("cutoff", s("15:00"))])),
        ("notification", map([("order", Value::Bool(true)), ("to", s("shop@example.jp"))])),
    ]
}

fn publish(world: &mut World, batch: &mut Batch, mut entity: Entity, days_ago: usize) -> Result<(), SandboxError> {
    let at = world.days_ago(days_ago);
    entity.publish(world, at).map_err(Batch::broken)?;
    batch.add(world, entity)
}
