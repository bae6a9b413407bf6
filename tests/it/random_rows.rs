//! Random rows of every odd kind, moved about by random plans: what is reported is what is there, and all of it comes back.

use fastrand::Rng;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Number, Value, from_plain_json};

use crate::support::many::product;
use crate::support::plan::as_before;
use crate::support::program::Printed;
use crate::support::stack::BUCKET;
use crate::support::{Program, Stack};

const DATA: &str = "dev-shop-product-data";
const COMMAND: &str = "dev-shop-product-command";
/// Digits that JavaScript cannot hold.
const DIGITS: &str = "1764300000000000001";
const SEEDS: u64 = 6;
const KEYS: usize = 7;
const SPELLINGS: [&str; 3] = ["ACME", "Acme", "acme"];
/// Retention settings in days, and seconds that the framework makes of them.
const DAYS: [(&str, i64); 5] =
    [("45", 45 * 86_400), ("\" 12 \"", 12 * 86_400), ("1.5", 129_600), ("true", 86_400), ("\"7\"", 7 * 86_400)];

/// One entity of a random kind; gives back its sort key.
async fn entity(rng: &mut Rng, stack: &Stack, tenant: &str, i: usize) -> String {
    let mut row = product(tenant, i, &format!("{tenant} {i} {}", rng.u32(..)));
    let sk = row.text("sk").unwrap().to_owned();
    let version = rng.u64(1..4);
    row.0.insert("version".to_owned(), Value::n(version));
    if rng.u8(..3) == 0 {
        row.0.insert("isDeleted".to_owned(), Value::Bool(rng.bool()));
    }
    // As clients of framework 1.0 left them: neither where the command stands nor who asked for it.
    let is_old = rng.u8(..3) == 0;
    if is_old {
        for name in ["cpk", "csk", "requestId", "ttl", "seq"] {
            row.0.shift_remove(name);
        }
    }
    if rng.u8(..3) == 0 {
        let key = format!("ddb/{DATA}/PRODUCT#{tenant}/{sk}/{}.json", rng.u64(..));
        let text = format!(r#"{{"note":"{tenant}","n":{DIGITS},"small":1e-7,"pad":"{}"}}"#, "p".repeat(3_000));
        stack.put_object(&key, &text).await;
        row = row.with_attributes(Value::s(format!("s3://{BUCKET}/{key}")));
    }
    stack.put(DATA, &row).await;
    row.0.insert("sk".to_owned(), Value::s(format!("{sk}@{version}")));
    row.0.insert("status".to_owned(), Value::s("finish:FINISHED"));
    if !is_old {
        row.0.insert("syncMode".to_owned(), Value::s("SYNC"));
    }
    stack.put(COMMAND, &row).await;
    sk
}

async fn setting(stack: &Stack, tenant: &str, days: &str, is_deleted: bool) {
    let json = format!(
        r#"{{"pk":"MASTER#{tenant}","sk":"TTL#{DATA}","id":"MASTER#{tenant}#TTL#{DATA}","version":1,"tenantCode":"{tenant}",
            "type":"MASTER","isDeleted":{is_deleted},"attributes":{{"days":{days}}}}}"#
    );
    stack.put("dev-shop-master-data", &Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())).await;
}

/// A random plan over the spellings; gives back the tenant that it writes to.
fn plan(rng: &mut Rng) -> (String, &'static str) {
    let deleted = ["skip", "keep"][rng.usize(..2)];
    if rng.bool() {
        let collision = ["target", "newest", "merge"][rng.usize(..3)];
        let text = format!(
            "name = \"n\"\noperation = \"normalize\"\nmodule = \"product\"\n[source]\ndeleted = \"{deleted}\"\n[normalize]\ncollision = \"{collision}\"\n"
        );
        return (text, "acme");
    }
    let operation = ["copy", "move"][rng.usize(..2)];
    let existing = ["skip", "overwrite", "merge"][rng.usize(..3)];
    let (from, to) = [("ACME", "globex"), ("acme", "globex"), ("Acme", "acme")][rng.usize(..3)];
    let text = format!(
        "name = \"n\"\noperation = \"{operation}\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"{from}\"\ndeleted = \"{deleted}\"\n\
         [target]\ntenant = \"{to}\"\nexisting = \"{existing}\"\n"
    );
    (text, to)
}

/// Rows of a target are those of an item that is done: digits whole, times of expiry as the setting says.
async fn as_reported(stack: &Stack, printed: &Printed, target: &str, kept: i64, what: &str) {
    let mut targets = std::collections::BTreeSet::new();
    let now = jiff::Timestamp::now().as_second();
    for item in printed.events("item") {
        let text = |name: &str| item[name].as_str().unwrap_or_default();
        let is_written = matches!(text("action"), "create" | "update" | "restore") && text("outcome") == "done";
        if !is_written {
            continue;
        }
        let (pk, sk) = (text("target_pk"), text("target_sk"));
        assert!(targets.insert((pk.to_owned(), sk.to_owned())), "{what}: two items wrote {pk} {sk}");
        let row = stack.get(DATA, pk, sk).await.unwrap_or_else(|| panic!("{what}: {item} is not there"));
        assert_eq!(row.version().unwrap().0, item["version_after"].as_u64().unwrap(), "{what}: {item}");
        assert_eq!(row.text("source").or(row.text("requestId")).map(str::is_empty), Some(false), "{what}");
        let attributes = match row.attributes_ref() {
            Some(uri) => stack.object(uri.strip_prefix("s3://shop-private/").unwrap()).await.unwrap(),
            None => tenantry::domain::value::to_plain_json(row.get("attributes").unwrap()),
        };
        // Digits stood in S3 alone: where they are, the row does not hold them.
        assert!(!attributes.contains("\"n\"") || attributes.contains(DIGITS), "{what}: {attributes}");
        assert!(!attributes.contains(DIGITS) || row.attributes_ref().is_some(), "{what}: {row:?}");
        if pk == format!("PRODUCT#{target}") {
            let ttl = row.get("ttl").and_then(Value::as_number).and_then(Number::as_i64);
            assert!(ttl.is_some_and(|ttl| (ttl - now - kept).abs() < 120), "{what}: {ttl:?}, wanted {kept}");
        }
    }
}

#[tokio::test]
async fn random_rows_land_as_reported_and_come_back() {
    let seeds = std::env::var("TENANTRY_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let (mut written, mut conflicts) = (0, 0);
    for seed in seeds.map_or(1..SEEDS + 1, |seed| seed..seed + 1) {
        let mut rng = Rng::with_seed(seed);
        let stack = Stack::with(|profile| profile.attribute_limit_bytes = 2_048).await;
        for tenant in SPELLINGS {
            for i in 1..=KEYS {
                if rng.u8(..3) > 0 {
                    entity(&mut rng, &stack, tenant, i).await;
                }
            }
        }
        let (days, kept) = DAYS[rng.usize(..DAYS.len())];
        for tenant in ["acme", "globex"] {
            setting(&stack, tenant, days, rng.bool()).await;
        }
        let before = stack.dump().await;
        let (text, target) = plan(&mut rng);
        let what = format!("seed {seed}\n{text}");
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("plan.toml");
        std::fs::write(&path, &text).unwrap();
        let program = Program::new(&stack);
        let printed = program.json(&["run", path.to_str().unwrap(), "--arm", "--approve", "all"]).await;
        assert!(matches!(printed.code, 0 | 3), "{what}\n{}\n{}", printed.stdout, printed.stderr);
        let outcomes = printed.end()["outcomes"].as_object().unwrap();
        let told: u64 = outcomes.values().filter_map(serde_json::Value::as_u64).sum();
        assert_eq!(told, printed.events("item").len() as u64, "{what}\n{}", printed.stdout);
        as_reported(&stack, &printed, target, kept, &what).await;
        written += outcomes["done"].as_u64().unwrap();
        conflicts += outcomes["conflict"].as_u64().unwrap();
        let run = printed.end()["run"].as_str().unwrap().to_owned();
        let verified = program.json(&["verify", &run]).await;
        let expected = if printed.code == 3 { 3 } else { 0 };
        assert!(verified.code == 0 || verified.code == expected, "{what}\n{}", verified.stdout);
        let differences = ["missing", "extra", "different"];
        let differs = |f: &&serde_json::Value| differences.contains(&f["kind"].as_str().unwrap_or_default());
        let found: Vec<_> = verified.events("finding").into_iter().filter(differs).collect();
        assert!(found.is_empty(), "{what}\n{found:?}");
        let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
        assert_eq!(undone.code, 0, "{what}\n{}\n{}", undone.stdout, undone.stderr);
        as_before(&before, &stack.dump().await);
    }
    // Otherwise the worlds are too tame to say anything.
    assert!(written > 8 || seeds.is_some(), "{written} written, {conflicts} conflicts");
}
