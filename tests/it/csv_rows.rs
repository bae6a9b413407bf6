//! Every row of a file ends in exactly one of: written, equal, skipped, in the rejects.

use std::collections::BTreeMap;

use tenantry::domain::row::Row;
use tenantry::domain::value::Value;

use crate::csv::Dir;
use crate::support::many::product;
use crate::support::proxy::Odds;
use crate::support::{Fault, Program, Proxy, Stack};

const PRODUCTS: &str = "dev-shop-product-data";
const HEADER: &str = "sourcePk,sourceSk,code,name,attributes,targetTenantCode";
const ROWS: usize = 120;

/// Knuth's generator, its upper bits.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// A file of random rows: its bytes, and each row's by the line that it begins in.
fn file(chance: &mut Chance) -> (Vec<u8>, BTreeMap<u64, String>) {
    let ends = ["\r\n", "\n", "\r"];
    let mut text = format!("{HEADER}\n");
    let (mut rows, mut line) = (BTreeMap::new(), 2);
    for i in 0..ROWS {
        let end = ends[chance.below(3) as usize];
        let sk = format!("R-{i:03}");
        let row = match chance.below(16) {
            0 => format!("PRODUCT#x,{sk},c,n,{{oops,hooli"),
            1 => format!("PRODUCT#x,{sk},c"),
            2 => format!("PRODUCT#x,{sk},c,\"5\" pipe,{{}},hooli"),
            3 => format!("PRODUCT#x,{},c,n,{{}},hooli", "k".repeat(1_030)),
            4 => format!("PRODUCT#x,R-{:03},c,n,{{}},hooli", i / 2),
            5 => format!("PRODUCT#x,{sk},c,\"two{end}lines\",{{}},hooli"),
            // Equal to what is there already, and something else than it.
            6 => format!("PRODUCT#x,P-{i:05},P-{i:05},n {i},\"{{\"\"price\"\":{i},\"\"note\"\":\"\"\"\"}}\",hooli"),
            7 => format!("PRODUCT#x,P-{i:05},other,n,{{}},hooli"),
            _ => format!("PRODUCT#x,{sk},c,n,\"{{\"\"n\"\":{i}}}\",hooli"),
        };
        rows.insert(line, row.clone());
        text.push_str(&row);
        line += 1 + u64::from(row.contains(end));
        if chance.below(10) == 0 && end != "\r" {
            text.push_str(end);
            line += 1;
        }
        text.push_str(end);
    }
    (text.into_bytes(), rows)
}

#[tokio::test]
async fn the_rows_of_random_files_add_up_after_random_refusals() {
    const REFUSALS: Odds = &[(Fault::Invalid, 20), (Fault::Throttle, 10), (Fault::LoseAnswer, 5)];
    for seed in [1u64, 7, 2_026] {
        let stack = Stack::new().await;
        stack.products("hooli", ROWS, 0).await;
        let at = &stack.profile.endpoints;
        let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
        let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
        let dir = Dir::new();
        let mut chance = Chance(seed);
        let (bytes, rows) = file(&mut chance);
        let path = dir.file("in.csv", &bytes);
        let plan = dir.import("[run]\ncanary = 5\nbatch = 20\nconcurrency = 4\nstop_after_failures = 1000");
        let waiting = program.json(&["import", &path, &plan, "--arm"]).await;
        assert_eq!(waiting.code, 4, "{}", waiting.stdout);
        let run = waiting.end()["run"].as_str().unwrap().to_owned();
        // Somebody else is faster with some, and the service refuses others; the file itself is gone.
        for i in (0..ROWS).filter(|i| i % 9 == 4) {
            let mut map = product("hooli", i, "theirs").0;
            let sk = format!("R-{i:03}");
            map.insert("sk".to_owned(), Value::s(sk.as_str()));
            map.insert("id".to_owned(), Value::s(format!("PRODUCT#hooli#{sk}")));
            stack.put(PRODUCTS, &Row(map)).await;
        }
        std::fs::remove_file(&path).unwrap();
        proxy.by_chance(seed, REFUSALS, &[]);
        let resumed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
        proxy.by_chance(0, &[], &[]);
        let shown = program.json(&["runs", "show", &run]).await;
        let mut outcomes: BTreeMap<u64, String> = BTreeMap::new();
        for item in shown.events("item") {
            let line = item["line"].as_u64().unwrap();
            let before = outcomes.insert(line, item["outcome"].as_str().unwrap_or_default().to_owned());
            assert_eq!(before, None, "line {line} twice");
        }
        assert_eq!(outcomes.keys().collect::<Vec<_>>(), rows.keys().collect::<Vec<_>>(), "{}", waiting.stderr);
        let rejects = dir.read("rejects.csv");
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (line, row) in &rows {
            let outcome = outcomes[line].as_str();
            let is_rejected = rejects.matches(&format!("{row},{line},")).count();
            let is_taken = ["done", "equal", "skipped"].contains(&outcome);
            assert_eq!(is_rejected, usize::from(!is_taken), "seed {seed}, line {line} ({outcome}): {row}\n{rejects}");
            *counts.entry(outcome).or_default() += 1;
        }
        let refused: usize = ["conflict", "invalid", "failed"].iter().filter_map(|o| counts.get(o)).sum();
        assert!(counts["done"] > 20 && counts["conflict"] > 0 && refused > 20, "seed {seed}: {counts:?}");
        assert_eq!(counts.values().sum::<usize>(), ROWS);
        assert!(resumed.stderr.contains(&format!("{refused} rows of")), "seed {seed}: {}", resumed.stderr);
        // What is written stands in the table.
        let live = stack.dump().await;
        let own = |row: &&Row| row.text("requestId") == Some(&format!("tenantry-{run}"));
        assert_eq!(live[PRODUCTS].iter().filter(own).count(), counts["done"], "seed {seed}");
    }
}

#[tokio::test]
async fn a_file_of_rejects_that_is_being_mended_is_not_written_over() {
    let stack = Stack::new().await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    let dir = Dir::new();
    let row = |i: usize, json: &str| format!("PRODUCT#x,M-{i},c,n,{json},hooli\n");
    let text = format!("{HEADER}\n{}{}{}", row(1, "{oops"), row(2, "{}"), row(3, "{}"));
    let path = dir.file("in.csv", text.as_bytes());
    let plan = dir.import("[run]\ncanary = 1\nconcurrency = 1\nstop_after_failures = 1000");
    let waiting = program.json(&["import", &path, &plan, "--arm"]).await;
    let run = waiting.end()["run"].as_str().unwrap().to_owned();
    let mended = dir.read("rejects.csv").replace("{oops", "{}");
    dir.file("rejects.csv", mended.as_bytes());
    proxy.after(1, Some(Fault::Invalid));
    let resumed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(resumed.end()["outcomes"]["invalid"].as_u64(), Some(1), "{}", resumed.stdout);
    assert_eq!(dir.read("rejects.csv"), mended);
    let own = dir.read(&format!("rejects.{run}.csv"));
    assert!(own.contains("M-3,c,n,{},hooli,4,") && !own.contains("M-1"), "{own}");
}
