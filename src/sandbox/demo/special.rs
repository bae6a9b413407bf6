//! Entities with something to find out about: gaps, failures, deletions, values that are easily lost.

use super::batch::Batch;
use super::entity::Entity;
use super::value::{digits, m, map, n, s, words};
use super::world::World;
use crate::domain::row::{BadRow, field};
use crate::domain::value::{Map, Number, Value};
use crate::sandbox::SandboxError;

const ACME: &str = "PRODUCT#acme";

/// Adds all of them.
pub(super) fn add(world: &mut World, batch: &mut Batch) -> Result<(), SandboxError> {
    for entity in products(world).map_err(Batch::broken)?.into_iter().chain(elsewhere(world).map_err(Batch::broken)?) {
        batch.add(world, entity)?;
    }
    Ok(())
}

fn acme(code: &str, name: &str, price: usize) -> Entity {
    let attributes = map([("price", n(price)), ("unit", s("pc")), ("tags", words(&["hardware", "metric"]))]);
    Entity::new("product", ACME, code, code, name, attributes)
}

/// Publishes so many versions, each with another price, the last some days ago.
fn versions(world: &mut World, mut entity: Entity, count: usize, from: usize, to: usize) -> Result<Entity, BadRow> {
    for (i, at) in world.moments(count, from, to).into_iter().enumerate() {
        if i > 0 {
            let step = 1 + i % 4;
            let price = entity.attributes.get("price").and_then(Value::as_number).and_then(Number::as_u64);
            entity.set("price", n(price.unwrap_or(100) as usize + step));
        }
        entity.publish(world, at)?;
    }
    Ok(entity)
}

/// Products of acme, P-0001 to P-0015.
fn products(world: &mut World) -> Result<Vec<Entity>, BadRow> {
    let mut all = vec![long_lived(world)?];

    let mut deleted = versions(world, acme("P-0002", "平座金 M6 SUS304", 4).through_stream(), 2, 200, 90)?;
    let at = world.days_ago(45);
    all.push(deleted.deleted(true).publish(world, at)?.clone());

    let mut failed = versions(world, acme("P-0003", "六角ナット M6 SUS304", 6).through_stream(), 1, 150, 150)?;
    let at = world.days_ago(12);
    all.push(failed.set("price", n(7)).give_up(world, at, "sync_data:FAILED")?.clone());

    let mut new = acme("P-0004", "ばね座金 M6 リン青銅", 5).through_stream();
    let at = world.days_ago(1);
    all.push(new.pend(world, at)?.clone());

    let mut wedged = versions(world, acme("P-0005", "蝶ボルト M8 鉄", 38), 2, 240, 60)?;
    let at = world.days_ago(6);
    all.push(wedged.set("price", n(41)).give_up(world, at, "publish_sync:STARTED")?.clone());

    let mut expired = versions(world, acme("P-0006", "高ナット M10", 55), 6, 400, 30)?;
    expired.history.remove(&3);
    all.push(expired);

    let mut gap = versions(world, acme("P-0007", "アイボルト M12", 210), 5, 420, 50)?;
    gap.history.remove(&2);
    gap.commands.remove(&2);
    all.push(gap);

    let mut waiting = versions(world, acme("P-0008", "ロックナット M8", 24).through_stream(), 2, 130, 40)?;
    let at = world.days_ago(1);
    all.push(waiting.set("price", n(26)).pend(world, at)?.clone());

    let mut exact = acme("P-0010", "高力ボルト F10T M20 試験成績書付", 480);
    exact.attributes.extend(exact_values());
    all.push(versions(world, exact, 3, 120, 25)?);

    let name = "新春福袋 🎍\u{1b}[31m特価\u{1b}[0m\u{7} \u{202e}逆さ\u{202c}\u{200b} 👩‍👩‍👧‍👦 タブ\tと改行\n終わり";
    let mut dangerous = acme("P-0011", name, 5000);
    dangerous
        .set("note", s("\u{1b}]0;owned\u{7}\u{9b}2J 制御文字を含む備考\r\n"))
        .set("札\u{feff}", s("BOM付きの名前"));
    all.push(versions(world, dangerous, 2, 60, 20)?);

    let mut restored = versions(world, acme("P-0012", "コーチスクリュー 6×50", 33), 1, 300, 300)?;
    for (deleted, days) in [(true, 200), (false, 110)] {
        let at = world.days_ago(days);
        restored.deleted(deleted).publish(world, at)?;
    }
    all.push(restored);

    let mut migrated = acme("P-0013", "USB-C Cable 240 W, braided, 1 m", 2500);
    let at = world.days_ago(70);
    migrated.attributes.extend(migration_stamps());
    all.push(migrated.publish(world, at)?.clone());

    let mut refused = versions(world, acme("P-0014", "スプリングピン 4×20", 12).through_stream(), 2, 180, 80)?;
    let at = world.days_ago(15);
    refused.set("price", n(14)).give_up(world, at, "check_version:FINISHED")?.renumber(3, 5);
    all.push(refused);

    // Written before the framework kept commands and history of synchronous publishes.
    let mut ancient = versions(world, acme("P-0015", "割ピン 3.2×25", 3), 4, 690, 560)?;
    ancient.commands.clear();
    ancient.history.clear();
    all.push(ancient);
    Ok(all)
}

/// A bolt with a story of 38 versions over nearly two years.
fn long_lived(world: &mut World) -> Result<Entity, BadRow> {
    let attributes = map([
        ("price", n(10)),
        ("unit", s("pc")),
        ("dims", m([("d", n(6)), ("l", n(20))])),
        ("tags", words(&["hardware", "metric"])),
    ]);
    let mut bolt = Entity::new("product", ACME, "01HX7MBJK3V9WQBZ7XNDK5ZT2M", "P-0001", "ボルト M6", attributes);
    for (i, at) in world.moments(38, 700, 3).into_iter().enumerate() {
        match i + 1 {
            6 => {
                bolt.set_field(field::NAME, s("ボルト M6 (改)"));
            }
            8 => {
                bolt.set("dims", m([("d", n(6)), ("l", n(25))]));
            }
            10 => {
                bolt.set("tags", words(&["hardware"]));
            }
            14 => {
                bolt.set("supplier", m([("name", s("大阪鋲螺")), ("leadDays", n(12))]));
            }
            20 => {
                bolt.set("supplier", m([("name", s("大阪鋲螺")), ("leadDays", n(5)), ("moq", n(1000))]));
            }
            23 => {
                bolt.set("tags", words(&["hardware", "metric", "在庫限り"]));
            }
            24 => {
                bolt.set("tags", words(&["metric", "hardware"]));
            }
            27 => {
                bolt.deleted(true);
            }
            28 => {
                bolt.deleted(false);
            }
            31 => {
                bolt.set_field(field::NAME, s("六角ボルト M6×25")).set("unit", s("100本箱"));
            }
            35 => {
                bolt.attributes.shift_remove("supplier");
            }
            _ => {}
        }
        bolt.set("price", n(10 + i + i / 5 * 2));
        bolt.publish(world, at)?;
    }
    Ok(bolt)
}

/// Values that JSON or JavaScript would lose.
fn exact_values() -> Map {
    let text = |list: &[&str]| Value::Ss(list.iter().map(|t| (*t).to_owned()).collect());
    map([
        ("lotNumber", digits("12345678901234567890123456789012345678")),
        ("tensile", digits("1013.2500000000000000000000000000000001")),
        ("certificates", text(&["JIS B 1186", "ISO 898-1", "建築基準法37条"])),
        ("lengths", Value::Ns(["55", "60", "65.5"].iter().filter_map(|t| Number::parse(t).ok()).collect())),
        ("thumbnail", Value::B(vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 255])),
        ("seals", Value::Bs([vec![0, 1, 2], vec![0xff, 0xfe]].into())),
        ("remark", s("")),
        ("discontinued", Value::Null),
    ])
}

/// Marks that an earlier migration by the guide left in the attributes.
fn migration_stamps() -> Map {
    map([
        ("_migrated", Value::Bool(true)),
        ("_sourceKey", s("PRODUCT#globex#GX-10202")),
        ("_migratedFrom", s("PRODUCT#globex#GX-10202")),
        ("_migratedAt", s("2025-04-01T01:00:00.000Z")),
        ("_migrationId", s("migration-2025-04-cables")),
        ("_migratedBy", s("u-watanabe")),
        ("_sourceVersion", n(3)),
    ])
}

/// The same in other partitions, and customers whose sort keys the framework mangled.
fn elsewhere(world: &mut World) -> Result<Vec<Entity>, BadRow> {
    let mut all = Vec::new();
    let device = |code: &str, name: &str| {
        Entity::new("product", "PRODUCT#globex", code, code, name, map([("price", n(4990)), ("category", s("hub"))]))
    };
    let mut new = device("GX-09001", "Travel Hub, 4 ports").through_stream();
    let at = world.days_ago(1);
    all.push(new.pend(world, at)?.clone());
    let mut failed = versions(world, device("GX-09002", "Desk Hub, 10 ports").through_stream(), 3, 260, 70)?;
    let at = world.days_ago(9);
    all.push(failed.set("price", n(5490)).give_up(world, at, "sync_data:FAILED")?.clone());
    let mut wedged = versions(world, device("GX-09003", "KVM Switch, 2 computers"), 4, 330, 60)?;
    let at = world.days_ago(4);
    all.push(wedged.set("price", n(7990)).give_up(world, at, "publish_sync:FAILED")?.clone());
    for (i, tenant) in ["acme", "sakura-shoten", "MY_TENANT"].into_iter().enumerate() {
        let number = format!("O-{}", 900 + i);
        let attributes = map([("status", s("accepted")), ("total", n(3200 + 400 * i)), ("currency", s("JPY"))]);
        let (pk, sk) = (format!("ORDER#{tenant}"), format!("ORDER#{number}"));
        let name = format!("店頭受付 {number}");
        let mut order = Entity::new("order", &pk, &sk, &number, &name, attributes).through_stream();
        let at = world.days_ago(1);
        all.push(order.pend(world, at)?.clone());
    }
    all.extend(mangled(world)?);
    Ok(all)
}

/// Two customers under `user@example.com` and `user@example.com@work`, mangled: the framework takes the text after the last
/// `@` of a sort key for a version, so the first landed on `user`, the second on `user@example.com`, and an update of the
/// second on the first.
fn mangled(world: &mut World) -> Result<[Entity; 2], BadRow> {
    let attributes =
        map([("email", s("user@example.com")), ("fullName", s("Hanako Yamada Smith")), ("rank", s("ゴールド"))]);
    let (home, work) = ("user@example.com", "user@example.com@work");
    let customer = |sk: &str, code: &str| {
        Entity::new("customer", "CUSTOMER#acme", sk, code, &format!("Customer {code}"), attributes.clone())
    };
    let csk = |entity: &mut Entity, text: &str| {
        if let Some(data) = &mut entity.data {
            data.0.insert(field::CSK.to_owned(), s(text));
        }
    };
    let moments = world.moments(3, 160, 90);
    let mut second = customer(home, work);
    second.publish(world, moments[1])?;
    csk(&mut second, work);

    let mut first = customer("user", home);
    first.publish(world, moments[0])?;
    csk(&mut first, home);
    first
        .set_field(field::ID, s("CUSTOMER#acme#user@example.com"))
        .set_field(field::CODE, s(work))
        .set_field(field::NAME, s(format!("Customer {work}")))
        .set("phone", s("03-1234-5678"))
        .publish(world, moments[2])?;
    csk(&mut first, home);
    if let Some(command) = first.commands.get_mut(&2) {
        command.0.extend(map([(field::CPK, s("CUSTOMER#acme")), (field::CSK, s(work))]));
    }
    Ok([first, second])
}
