//! Orders with their lines, published through the stream, and the log of what happened to them by month.

use super::batch::Batch;
use super::entity::Entity;
use super::goods::good;
use super::people::{abroad, in_japan};
use super::value::{cents, in_cents, m, map, n, s};
use super::world::World;
use crate::domain::row::BadRow;
use crate::domain::value::{Map, Value};
use crate::sandbox::SandboxError;

/// Partition's tenant and how many orders it has.
const SHOPS: [(&str, usize); 8] = [
    ("acme", 60),
    ("globex", 50),
    ("initech", 25),
    ("sakura-shoten", 40),
    ("Kita_Foods", 25),
    ("MY_TENANT", 30),
    ("my_tenant", 16),
    ("My_Tenant", 6),
];
const STATES: [&str; 4] = ["accepted", "paid", "shipped", "completed"];
/// Tenants that keep a log by month.
const LOGS: [&str; 3] = ["acme", "sakura-shoten", "MY_TENANT"];
const LOG_MONTHS: usize = 6;

/// Adds all orders, their lines and logs.
pub(super) fn add(world: &mut World, batch: &mut Batch) -> Result<(), SandboxError> {
    for (tenant, count) in SHOPS {
        for i in 0..count {
            for entity in order(world, tenant, i).map_err(Batch::broken)? {
                batch.add(world, entity)?;
            }
        }
    }
    for tenant in LOGS {
        for i in 0..LOG_MONTHS * 4 {
            let entry = log(world, tenant, i).map_err(Batch::broken)?;
            batch.add(world, entry)?;
        }
    }
    Ok(())
}

/// An order and its lines. Spellings of one tenant share the first numbers: the shop counted anew under each.
fn order(world: &mut World, tenant: &str, i: usize) -> Result<Vec<Entity>, BadRow> {
    let (pk, number) = (format!("ORDER#{tenant}"), format!("O-{}", i + 1));
    let placed = 20 + (i * 29) % 520;
    let person = if tenant == "globex" { abroad(world) } else { in_japan(world) };
    let lines: Vec<Line> = (1..=1 + (i + tenant.len()) % 4).map(|line| line_of(world, tenant, &number, line)).collect();
    let money = if tenant == "globex" { cents } else { n };
    let total: usize = lines.iter().map(|line| line.amount).sum();
    let attributes = map([
        ("orderedBy", m([("customer", s(format!("CUSTOMER#{tenant}#C-{:04}", 1 + i % 8))), ("name", s(&person.full))])),
        ("status", s(STATES[0])),
        ("currency", s(if tenant == "globex" { "EUR" } else { "JPY" })),
        ("total", money(total)),
        ("tax", money(total / 11)),
        ("lineCount", n(lines.len())),
        ("shipTo", person.address.clone()),
        ("contact", s(&person.phone)),
        ("gift", Value::Bool(i.is_multiple_of(5))),
    ]);
    let name = format!("{} 様 ご注文 {number}", person.full);
    let mut head = Entity::new("order", &pk, &format!("ORDER#{number}"), &number, &name, attributes).through_stream();
    let cancelled = i % 19 == 6;
    let states = if cancelled { 2 } else { 1 + (i * 7) % 4 };
    let moments = world.moments(states, placed, placed.saturating_sub(12).max(1));
    for (at, state) in moments.iter().zip(STATES) {
        if cancelled && state == "paid" {
            head.set("status", s("cancelled")).set("cancelReason", s("お客様都合によるキャンセル")).deleted(true);
        } else {
            head.set("status", s(state));
        }
        if state == "shipped" {
            let tracking = format!("{:04}-{:04}-{:04}", world.below(10_000), world.below(10_000), world.below(10_000));
            head.set("shipment", m([("carrier", s("ヤマト運輸")), ("tracking", s(tracking))]));
        }
        head.publish(world, *at)?;
    }
    let mut all = vec![head];
    for (index, Line { sk, name, attributes, .. }) in lines.into_iter().enumerate() {
        let code = format!("{number}-{}", index + 1);
        let mut line = Entity::new("order", &pk, &sk, &code, &name, attributes).through_stream();
        line.set_field("seq", n(index + 1));
        line.publish(world, moments[0])?;
        all.push(line);
    }
    Ok(all)
}

/// A line of an order in the making.
struct Line {
    sk: String,
    name: String,
    attributes: Map,
    /// In yen or euro cents.
    amount: usize,
}

fn line_of(world: &mut World, tenant: &str, number: &str, line: usize) -> Line {
    // Every shop sells at least so many.
    let pick = world.below(20);
    let product = good(world, tenant, pick);
    let quantity = 1 + world.below(6);
    let whole = |field: &&str| product.attributes.get(*field)?.as_number()?.as_u64();
    let in_yen = ["price", "unitPrice", "価格"].iter().find_map(whole);
    let (price, money): (usize, fn(usize) -> Value) = match (in_yen, product.attributes.get("prices")) {
        (None, Some(Value::M(prices))) => (prices.get("EUR").and_then(in_cents).unwrap_or(4990), cents),
        (yen, _) => (yen.unwrap_or(500) as usize, n),
    };
    let attributes = map([
        ("product", s(format!("PRODUCT#{tenant}#{}", product.code))),
        ("productCode", s(&product.code)),
        ("qty", n(quantity)),
        ("unitPrice", money(price)),
        ("amount", money(price * quantity)),
    ]);
    Line { sk: format!("ORDER_ITEM#{number}#{line:03}"), name: product.name, attributes, amount: price * quantity }
}

/// An entry of a tenant's log, in a partition of its own for each month.
fn log(world: &mut World, tenant: &str, i: usize) -> Result<Entity, BadRow> {
    let at = world.days_ago(10 + (i / 4) * 31 + i % 4);
    let (pk, sk) = (format!("LOG#{tenant}#{}", world.month(at)), world.ulid());
    let events = ["order.accepted", "order.paid", "order.shipped", "stock.adjusted"];
    let attributes = map([
        ("event", s(events[i % 4])),
        ("order", s(format!("ORDER#{tenant}#ORDER#O-{}", 1 + world.below(6)))),
        ("at", s(world.text(at))),
        ("actor", m([("id", s("u-sato")), ("ip", s("203.0.113.7"))])),
    ]);
    let mut entry = Entity::new("order", &pk, &sk, &sk, events[i % 4], attributes);
    entry.publish(world, at)?;
    Ok(entry)
}
