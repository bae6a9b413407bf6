//! Customers: addresses, the old and the new schema, and the same person under two spellings of a tenant.

use super::batch::Batch;
use super::entity::Entity;
use super::people::{Person, abroad, in_japan};
use super::value::{m, map, n, s, words};
use super::world::World;
use crate::domain::row::BadRow;
use crate::domain::value::{Map, Value};
use crate::sandbox::SandboxError;

/// Partition's tenant and how many customers it has.
const SHOPS: [(&str, usize); 8] = [
    ("acme", 110),
    ("globex", 90),
    ("initech", 60),
    ("sakura-shoten", 80),
    ("Kita_Foods", 60),
    ("MY_TENANT", 40),
    ("my_tenant", 25),
    ("My_Tenant", 8),
];

/// Adds all customers.
pub(super) fn add(world: &mut World, batch: &mut Batch) -> Result<(), SandboxError> {
    for (tenant, count) in SHOPS {
        for i in 0..count {
            let customer = customer(world, tenant, i).map_err(Batch::broken)?;
            batch.add(world, customer)?;
        }
    }
    Ok(())
}

fn customer(world: &mut World, tenant: &str, i: usize) -> Result<Entity, BadRow> {
    let person = if tenant == "globex" || i % 17 == 4 { abroad(world) } else { in_japan(world) };
    let attributes = if tenant == "initech" { legacy(world, &person, i) } else { profile(world, &person, i) };
    let code = format!("C-{:04}", i + 1);
    let mut customer = Entity::new("customer", &format!("CUSTOMER#{tenant}"), &code, &code, &person.full, attributes);
    let edits = [1, 2, 1, 3, 1, 1, 2][i % 7];
    let moments = world.moments(edits + usize::from(i % 29 == 11), 30 + (i * 53) % 580, 3);
    for (edit, at) in moments.iter().enumerate() {
        match edit {
            0 => {}
            _ if edit == edits => {
                customer.deleted(true);
                customer.set("withdrawal", s("ご本人のお申し出による退会"));
            }
            1 => {
                customer.set("points", n(100 + world.below(4000)));
            }
            _ => {
                // Moved house.
                let moved = if person.country == "JP" { in_japan(world) } else { abroad(world) };
                customer.set("address", moved.address).set("country", s(moved.country));
            }
        }
        customer.publish(world, *at)?;
    }
    Ok(customer)
}

fn profile(world: &mut World, person: &Person, i: usize) -> Map {
    let mut attributes = map([
        ("name", m([("family", s(&person.family)), ("given", s(&person.given))])),
        ("email", s(&person.email)),
        ("phone", s(&person.phone)),
        ("address", person.address.clone()),
        ("country", s(person.country)),
        ("points", n(world.below(100))),
        ("rank", s(["レギュラー", "シルバー", "ゴールド"][i % 3])),
        ("newsletter", Value::Bool(!i.is_multiple_of(4))),
        ("interests", words(&["新商品", "セール", "レシピ", "イベント"][..i % 5])),
    ]);
    if i % 6 == 2 {
        attributes.insert("memo".to_owned(), Value::Null);
    }
    if i % 9 == 5 {
        attributes.insert("company".to_owned(), s(""));
    }
    attributes
}

/// Attributes of the first schemas: no marker and a full name, then the name in two, then a status; one marker is from the future.
fn legacy(world: &mut World, person: &Person, i: usize) -> Map {
    let contact = [("email", s(&person.email)), ("phone", s(&person.phone))];
    let mut attributes = match i % 30 {
        29 => map([("_schemaVersion", n(7)), ("fullName", s(&person.full)), ("segments", words(&["early-access"]))]),
        3 | 7 | 11 | 15 | 19 | 23 | 27 => {
            map([("_schemaVersion", n(2)), ("firstName", s(&person.given)), ("lastName", s(&person.family))])
        }
        1 | 9 | 17 | 25 => map([
            ("_schemaVersion", n(3)),
            ("firstName", s(&person.given)),
            ("lastName", s(&person.family)),
            ("status", s("active")),
            ("createdAt", s(format!("20{:02}-0{}-1{}T00:00:00Z", 19 + i % 5, 1 + i % 9, i % 10))),
        ]),
        5 => map([("_schemaVersion", n(1)), ("fullName", s(format!("{} {}", person.given, person.family)))]),
        // One word only: nothing to split the name at.
        13 => map([("fullName", s(person.full.replace(' ', "")))]),
        _ => map([("fullName", s(format!("{} {}", person.given, person.family)))]),
    };
    attributes.extend(map(contact));
    if world.below(5) == 0 {
        attributes.insert("fax".to_owned(), s(format!("03-{:04}-{:04}", world.below(10_000), world.below(10_000))));
    }
    attributes
}
