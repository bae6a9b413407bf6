//! Products with the edits that shops make: prices, stock, names, discontinued lines.

use super::batch::Batch;
use super::entity::Entity;
use super::goods::{Good, good};
use super::value::{cents, in_cents, n, s};
use super::world::World;
use crate::domain::row::BadRow;
use crate::domain::value::{Number, Value};
use crate::sandbox::SandboxError;

/// Partition's tenant and how many products it has; MY_TENANT's three spellings are one tenant's.
const SHOPS: [(&str, usize); 8] = [
    ("globex", 330),
    ("initech", 190),
    ("sakura-shoten", 250),
    ("Kita_Foods", 195),
    ("MY_TENANT", 90),
    ("my_tenant", 60),
    ("My_Tenant", 20),
    // The rest, so that the demo has the number of entities that it promises.
    ("acme", usize::MAX),
];
/// How many versions products have, in turn.
const EDITS: [usize; 10] = [1, 1, 2, 1, 3, 1, 2, 1, 4, 2];

/// Adds all products, up to so many entities in the demo.
pub(super) fn add(world: &mut World, batch: &mut Batch, total: usize) -> Result<(), SandboxError> {
    for (tenant, count) in SHOPS {
        let count = count.min(total.saturating_sub(batch.entities()));
        for i in 0..count {
            let good = good(world, tenant, i);
            let product = product(world, tenant, i, good).map_err(Batch::broken)?;
            batch.add(world, product)?;
        }
    }
    Ok(())
}

fn product(world: &mut World, tenant: &str, i: usize, good: Good) -> Result<Entity, BadRow> {
    let mut product =
        Entity::new("product", &format!("PRODUCT#{tenant}"), &good.code, &good.code, &good.name, good.attributes);
    // A few of each shop have been looked after for years.
    let edits = if i % 60 == 31 { 31 + i % 18 } else { EDITS[i % EDITS.len()] };
    let first = if edits > 30 { 690 } else { 40 + (i * 37) % 600 };
    let last_deletes = i % 23 == 7;
    let moments = world.moments(edits + usize::from(last_deletes), first, 2);
    for (edit, at) in moments.iter().enumerate() {
        if edit == edits {
            product.deleted(true);
        } else if edit > 0 {
            change(world, &mut product, &good.name, edit);
        }
        product.publish(world, *at)?;
    }
    Ok(product)
}

/// One edit: mostly the price, now and then something else.
fn change(world: &mut World, product: &mut Entity, name: &str, edit: usize) {
    let price = ["price", "unitPrice", "価格"].into_iter().find(|field| product.attributes.contains_key(*field));
    match (price, product.attributes.get("prices")) {
        (Some(field), _) => {
            let old = product.attributes[field].as_number().and_then(Number::as_u64);
            // A price stored as text becomes a number.
            let new = repriced(world, old.unwrap_or(500) as usize, edit);
            product.set(field, n(new));
        }
        (None, Some(Value::M(prices))) => {
            let mut prices = prices.clone();
            let old = prices.get("EUR").and_then(in_cents).unwrap_or(4990);
            prices.insert("EUR".to_owned(), cents(repriced(world, old, edit)));
            product.set("prices", Value::M(prices));
        }
        _ => {
            product.set("revision", n(edit));
        }
    }
    match edit % 7 {
        2 => {
            product.set("stock", stock(world));
        }
        3 => {
            let tag = *world.pick(&["新価格", "在庫限り", "送料無料", "sale", "B2B", "予約"]);
            let mut tags = match product.attributes.get("tags") {
                Some(Value::L(tags)) => tags.clone(),
                _ => Vec::new(),
            };
            tags.retain(|old| old.as_str() != Some(tag));
            if tags.len() > 3 {
                tags.remove(0);
            }
            tags.push(s(tag));
            product.set("tags", Value::L(tags));
        }
        5 => {
            product.set_field("name", s(format!("{name} (改{})", edit / 7 + 1)));
        }
        6 => {
            let texts = [
                "ロット変更に伴う仕様確認済み",
                "梱包をプラスチックフリーに変更",
                "Supplier changed, same specification",
            ];
            product.set("note", s(*world.pick(&texts)));
        }
        _ => {}
    }
}

/// A price up or down by up to a tenth, but never the same again.
fn repriced(world: &mut World, old: usize, edit: usize) -> usize {
    let step = 1 + world.below(1 + old / 10);
    if edit.is_multiple_of(3) && old > step { old - step } else { old + step }
}

fn stock(world: &mut World) -> Value {
    super::value::m([
        ("tokyo", n(world.below(9000))),
        ("osaka", n(world.below(4000))),
        ("reserved", n(world.below(60))),
    ])
}
