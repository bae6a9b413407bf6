//! Values that are hard to keep: digits in S3, what DynamoDB cannot hold, objects that hold no attributes.

mod bytes;
mod bytes_interrupted;

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Value, from_plain_json};

use crate::support::many::product;
use crate::support::plan::{Plan, accepts_next_publish, as_before};
use crate::support::program::Printed;
use crate::support::stack::BUCKET;
use crate::support::{Program, Stack};

const DATA: &str = "dev-shop-product-data";
const COMMAND: &str = "dev-shop-product-command";
/// What JavaScript cannot hold.
const DIGITS: &str = "1764300000000000001";

fn limit(bytes: usize) -> impl FnOnce(&mut tenantry::config::Profile) {
    move |profile| profile.attribute_limit_bytes = bytes
}

/// A product whose attributes are the object with this body.
async fn in_s3(stack: &Stack, i: usize, body: &[u8]) -> String {
    let mut row = product("acme", i, "");
    let sk = row.text("sk").unwrap().to_owned();
    for (table, sk, more) in
        [(DATA, sk.clone(), None), (COMMAND, format!("{sk}@1"), Some(("status", "finish:FINISHED")))]
    {
        let key = format!("ddb/{table}/PRODUCT#acme/{sk}/01HX7MBJK3V9WQBZ7XNDK5ZT2M.json");
        let put = aws_sdk_s3::primitives::ByteStream::from(body.to_vec());
        stack.s3.put_object().bucket(BUCKET).key(&key).body(put).send().await.unwrap();
        row = row.with_attributes(Value::s(format!("s3://{BUCKET}/{key}")));
        row.0.insert("sk".to_owned(), Value::s(sk));
        if let Some((name, value)) = more {
            row.0.insert(name.to_owned(), Value::s(value));
            row.0.insert("syncMode".to_owned(), Value::s("SYNC"));
        }
        stack.put(table, &row).await;
    }
    sk
}

async fn attributes_of(stack: &Stack, table: &str, pk: &str, sk: &str) -> (bool, String) {
    let row = stack.get(table, pk, sk).await.unwrap();
    match row.attributes_ref() {
        Some(uri) => (true, stack.object(uri.strip_prefix("s3://shop-private/").unwrap()).await.unwrap()),
        None => (false, tenantry::domain::value::to_plain_json(row.get("attributes").unwrap())),
    }
}

async fn ran(program: &Program, plan: &str, code: i32) -> Printed {
    let printed = program.json(&["run", plan, "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, code, "{}\n{}", printed.stdout, printed.stderr);
    printed
}

fn reasons(printed: &Printed) -> Vec<(String, String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    printed.events("item").iter().map(|i| (text(&i["sk"]), text(&i["action"]), text(&i["reason"]))).collect()
}

#[tokio::test]
async fn digits_that_stood_in_s3_stay_there() {
    let stack = Stack::with(limit(2_048)).await;
    let sk = in_s3(&stack, 1, format!(r#"{{"pad":"{}","n":{DIGITS}}}"#, "p".repeat(2_500)).as_bytes()).await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    for (operation, target) in [("copy", "globex"), ("move", "initech")] {
        let printed = ran(&program, Plan::new(operation, "acme", target).path(), 0).await;
        for (table, sk) in [(DATA, sk.clone()), (COMMAND, format!("{sk}@1"))] {
            let (is_in_s3, text) = attributes_of(&stack, table, &format!("PRODUCT#{target}"), &sk).await;
            assert!(is_in_s3 && text.contains(&format!("\"n\":{DIGITS}")), "{operation} {table}: {text}");
        }
        let undone = program.json(&["undo", printed.end()["run"].as_str().unwrap(), "--arm", "--approve", "all"]).await;
        assert_eq!(undone.code, 0, "{}", undone.stdout);
    }
    as_before(&before, &stack.dump().await);
    // The source was soft-deleted and restored: three versions, each in S3, history too.
    for (table, sk) in
        [(DATA, sk.clone()), ("dev-shop-product-history", format!("{sk}@1")), (COMMAND, format!("{sk}@3"))]
    {
        let (is_in_s3, text) = attributes_of(&stack, table, "PRODUCT#acme", &sk).await;
        assert!(is_in_s3 && text.contains(DIGITS), "{table}: {text}");
    }
    let back = program.json(&["rollback", "PRODUCT#acme", &sk, "--to", "1", "--arm"]).await;
    assert_eq!(back.code, 0, "{}", back.stdout);
    assert!(attributes_of(&stack, DATA, "PRODUCT#acme", &sk).await.0);
    accepts_next_publish(&stack.dump().await, "product", "PRODUCT#acme");
}

#[tokio::test]
async fn digits_that_would_shrink_into_the_row_are_unsupported() {
    let stack = Stack::with(limit(2_048)).await;
    in_s3(&stack, 1, format!(r#"{{"pad":"{}","n":{DIGITS}}}"#, "p".repeat(2_500)).as_bytes()).await;
    let program = Program::new(&stack);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.toml");
    let plan = "name = \"shrink\"\noperation = \"transform\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n\
                [[transform]]\nremove = [\"pad\"]\n";
    std::fs::write(&path, plan).unwrap();
    let before = stack.dump().await;
    let printed = ran(&program, path.to_str().unwrap(), 3).await;
    assert_eq!(reasons(&printed), [("P-00001".to_owned(), "invalid".to_owned(), "unsupported".to_owned())]);
    assert_eq!(stack.dump().await, before);
    // Digits that stand in a row stay in the row.
    let mut inline = product("acme", 2, &"p".repeat(3_000));
    let mut map = inline.get("attributes").unwrap().as_map().unwrap().clone();
    map.insert("n".to_owned(), from_plain_json(DIGITS).unwrap());
    inline = inline.with_attributes(Value::M(map));
    stack.put(DATA, &inline).await;
    ran(&program, Plan::copy("acme", "globex").path(), 0).await;
    assert!(!attributes_of(&stack, DATA, "PRODUCT#globex", "P-00002").await.0);
    assert!(attributes_of(&stack, DATA, "PRODUCT#globex", "P-00001").await.0);
}

#[tokio::test]
async fn the_length_that_decides_is_that_of_the_frameworks_json() {
    // 1e-7 where the stored text says 0.0000001: twelve bytes or sixteen.
    let stack = Stack::with(limit(12)).await;
    let mut row = product("acme", 1, "");
    row = row.with_attributes(Value::M(Map::from([("p".to_owned(), from_plain_json("0.0000001").unwrap())])));
    stack.put(DATA, &row).await;
    ran(&Program::new(&stack), Plan::copy("acme", "globex").set("stamp", "\"none\"").path(), 0).await;
    assert!(!attributes_of(&stack, DATA, "PRODUCT#globex", "P-00001").await.0);
}

#[tokio::test]
async fn objects_that_hold_no_attributes_are_their_items_own_trouble() {
    let stack = Stack::new().await;
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(120), "]".repeat(120));
    let bodies: [&[u8]; 6] =
        [b"{\"s\":\"\\ud83d\"}", deep.as_bytes(), b"[1]", b"<html></html>", b"\xef\xbb\xbf{}", b"{\"n\":NaN}"];
    for (i, body) in bodies.into_iter().enumerate() {
        in_s3(&stack, i, body).await;
    }
    in_s3(&stack, 9, b"{\"fine\":1}").await;
    let program = Program::new(&stack);
    let printed = program.json(&["preview", Plan::copy("acme", "globex").path()]).await;
    let unreadable = |i: usize| (format!("P-0000{i}"), "invalid".to_owned(), "s3_unreadable".to_owned());
    let mut wanted: Vec<_> = (0..6).map(unreadable).collect();
    wanted.push(("P-00009".to_owned(), "create".to_owned(), String::new()));
    assert_eq!(reasons(&printed), wanted, "{}", printed.stdout);
    let message = printed.events("item")[3]["message"].as_str().unwrap();
    assert!(message.contains("P-00003/01HX7MBJK3V9WQBZ7XNDK5ZT2M.json"), "{message}");
    // An export takes every other row along.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out.csv");
    let exported = program.json(&["export", "PRODUCT#acme", "--to", file.to_str().unwrap()]).await;
    assert_eq!((exported.code, exported.end()["rows"].as_u64()), (3, Some(1)), "{}", exported.stdout);
    assert_eq!(exported.events("finding").iter().filter(|f| f["kind"] == "s3_unreadable").count(), 6);
    assert!(std::fs::read_to_string(&file).unwrap().contains("P-00009"));
    // The doctor names each row, also where two refer to one object; a lost object of two rows is two findings.
    let shared = stack.get(DATA, "PRODUCT#acme", "P-00003").await.unwrap();
    let mut second = shared.0.clone();
    second.insert("sk".to_owned(), Value::s("P-second"));
    second.insert("id".to_owned(), Value::s("PRODUCT#acme#P-second"));
    stack.put(DATA, &Row(second)).await;
    let doctor = program.json(&["doctor", "--module", "product"]).await;
    let found = |kind: &str| {
        let findings = doctor.events("finding").into_iter().filter(|f| f["kind"] == kind && f["severity"] == "error");
        findings.map(|f| f["sk"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((doctor.code, found("s3_unreadable").len()), (3, 7), "{}", doctor.stdout);
    let key = shared.attributes_ref().unwrap().strip_prefix("s3://shop-private/").unwrap().to_owned();
    stack.s3.delete_object().bucket(BUCKET).key(&key).send().await.unwrap();
    let doctor = program.json(&["doctor", "--module", "product"]).await;
    let lost: Vec<_> = doctor.events("finding").into_iter().filter(|f| f["kind"] == "s3_missing").collect();
    assert_eq!(lost.len(), 2, "{}", doctor.stdout);
}

#[tokio::test]
async fn what_dynamodb_cannot_hold_is_invalid_before_the_run() {
    let stack = Stack::new().await;
    // A key of 1,022 bytes at version 9: its next command would not fit, and asking for it must not fail the rest.
    let long = "k".repeat(1_022);
    for (version, sk) in [(9, long.as_str()), (1, "P-fine")] {
        let mut row = product("acme", 1, "");
        row.0.insert("sk".to_owned(), Value::s(sk));
        row.0.insert("id".to_owned(), Value::s(format!("PRODUCT#acme#{sk}")));
        row.0.insert("version".to_owned(), Value::n(version));
        stack.put(DATA, &row).await;
    }
    let program = Program::new(&stack);
    let listed = program.json(&["entities", "PRODUCT#acme"]).await;
    assert_eq!((listed.code, listed.events("entity").len()), (0, 2), "{}", listed.stdout);
    assert_eq!(program.json(&["history", "PRODUCT#acme", &long]).await.code, 0);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.toml");
    let plan = "name = \"touch\"\noperation = \"transform\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n\
                [[transform]]\nset = { touched = true, n = { \"$N\" = \"1e125\" } }\n";
    std::fs::write(&path, plan).unwrap();
    let printed = program.json(&["preview", path.to_str().unwrap()]).await;
    let fine = ("P-fine".to_owned(), "update".to_owned(), String::new());
    assert_eq!(reasons(&printed), [fine.clone(), (long.clone(), "invalid".to_owned(), "key_invalid".to_owned())]);
    // Values: digits, exponents, names, depth.
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    for (value, path_named) in [
        ("{ \"$N\" = \"123456789012345678901234567890123456789\" }", "attributes.n"),
        ("{ \"$N\" = \"1e126\" }", "attributes.n"),
        ("{ a = { \"\" = 1 } }", "attributes.n.a"),
        (deep.as_str(), "attributes.n[0]"),
    ] {
        std::fs::write(&path, plan.replace("{ \"$N\" = \"1e125\" }", value)).unwrap();
        let printed = program.json(&["preview", path.to_str().unwrap()]).await;
        let item = printed.events("item")[0];
        assert_eq!(item["reason"].as_str(), Some("unsupported"), "{value}: {}\n{}", printed.stdout, printed.stderr);
        assert!(item["message"].as_str().unwrap().contains(path_named), "{item}");
    }
    for value in ["{ \"$NS\" = [\"1\", \"1.0\"] }", "{ \"$SS\" = [] }"] {
        std::fs::write(&path, plan.replace("{ \"$N\" = \"1e125\" }", value)).unwrap();
        let printed = program.json(&["preview", path.to_str().unwrap()]).await;
        assert_eq!(
            (printed.code, printed.events("error")[0]["code"].as_str()),
            (1, Some("plan")),
            "{}",
            printed.stdout
        );
    }
}

#[tokio::test]
async fn a_data_row_at_version_0_is_published_upon_and_comes_back() {
    let stack = Stack::new().await;
    let mut row = product("acme", 1, "");
    row.0.insert("version".to_owned(), Value::n(0));
    row.0.insert("legacy".to_owned(), Value::s("kept"));
    stack.put(DATA, &row).await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let printed = ran(&program, Plan::new("move", "acme", "globex").path(), 0).await;
    assert_eq!(stack.get(DATA, "PRODUCT#acme", "P-00001").await.unwrap().version().unwrap().0, 1);
    let copied = stack.get(DATA, "PRODUCT#globex", "P-00001").await.unwrap();
    assert_eq!(copied.text("legacy"), Some("kept"), "what the framework does not know travels along");
    let undone = program.json(&["undo", printed.end()["run"].as_str().unwrap(), "--arm", "--approve", "all"]).await;
    assert_eq!(undone.code, 0, "{}", undone.stdout);
    as_before(&before, &stack.dump().await);
    let (_, text, _) = program.text(&["preview", Plan::copy("acme", "initech").path()]).await;
    assert!(text.contains("1 rows carry top-level fields that the framework does not know (legacy)"), "{text}");
}

#[tokio::test]
async fn what_a_plan_passes_over_is_a_finding() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    stack.put(DATA, &product("acme", 1, "")).await;
    let mut above = product("acme", 1, "");
    above.0.insert("sk".to_owned(), Value::s("P-00001@3"));
    above.0.insert("version".to_owned(), Value::n(3));
    stack.put(COMMAND, &above).await;
    let printed = program.json(&["preview", Plan::copy("acme", "globex").path()]).await;
    let found: Vec<_> = printed.events("finding");
    assert_eq!(
        (found.len(), found[0]["kind"].as_str(), found[0]["sk"].as_str()),
        (1, Some("pending"), Some("P-00001"))
    );
    let nowhere = program.json(&["preview", Plan::copy("nobody", "globex").path()]).await;
    assert_eq!(nowhere.events("finding")[0]["pk"], "PRODUCT#nobody", "{}", nowhere.stdout);
}

/// The most memory that the program had while it carried a command out, in megabytes, and its exit code.
async fn peak(program: &Program, args: &[&str]) -> (u64, i32) {
    let mut child = program.command(args).spawn().unwrap();
    let (pid, mut most) = (child.id().unwrap(), 0);
    let mut out = child.stdout.take().unwrap();
    let drained = tokio::spawn(async move { tokio::io::copy(&mut out, &mut tokio::io::sink()).await });
    let status = loop {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0 kB");
        most = most.max(line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) / 1_024);
        match tokio::time::timeout(std::time::Duration::from_millis(20), child.wait()).await {
            Ok(status) => break status.unwrap(),
            Err(_) => continue,
        }
    };
    drained.await.unwrap().unwrap();
    (most, status.code().unwrap())
}

#[tokio::test]
async fn large_attributes_take_a_bounded_amount_of_memory() {
    let stack = Stack::new().await;
    let body = |n: usize| format!("{{\"pad\":\"{}\"}}", "p".repeat(n));
    for i in 0..30 {
        in_s3(&stack, i, body(2_800_000).as_bytes()).await;
    }
    let program = Program::new(&stack);
    let (copied, code) = peak(&program, &["preview", Plan::copy("acme", "globex").path()]).await;
    assert_eq!(code, 0);
    // All of them at once take more than twice that.
    assert!(copied < 300, "{copied} MB");
    // One that is larger than anything could be is refused before it is read.
    in_s3(&stack, 99, body(70_000_000).as_bytes()).await;
    let printed = program.json(&["preview", Plan::copy("acme", "globex").path()]).await;
    let last = reasons(&printed).pop().unwrap();
    assert_eq!((last.0.as_str(), last.2.as_str()), ("P-00099", "s3_unreadable"));
}

#[tokio::test]
async fn an_import_over_attributes_in_s3_keeps_digits_there_and_refuses_equal_members() {
    let stack = Stack::with(limit(2_048)).await;
    let sk = in_s3(&stack, 1, format!(r#"{{"pad":"{}","n":{DIGITS}}}"#, "p".repeat(2_500)).as_bytes()).await;
    let program = Program::new(&stack);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    assert_eq!(program.json(&["export", "PRODUCT#acme", "--to", &path("x.csv")]).await.code, 0);
    let plan = |more: &str| {
        let text = format!(
            "name = \"i\"\noperation = \"import\"\nmodule = \"product\"\n[source]\ntenant = \"acme\"\n[target]\ntenant = \"acme\"\n\
             existing = \"overwrite\"\n{more}"
        );
        std::fs::write(dir.path().join("plan.toml"), text).unwrap();
    };
    plan("[[transform]]\nset = { edited = true }\n");
    let printed = program.json(&["import", &path("x.csv"), &path("plan.toml"), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let (is_in_s3, text) = attributes_of(&stack, DATA, "PRODUCT#acme", &sk).await;
    assert!(is_in_s3 && text.contains(DIGITS) && text.contains("edited"), "{text}");
    // Sets with equal members are refused, not thinned out.
    let csv = std::fs::read_to_string(path("x.csv")).unwrap();
    let twice = csv.replace(&format!("\"\"N\"\":\"\"{DIGITS}\"\""), "\"\"NS\"\":[\"\"1\"\",\"\"1.0\"\"]");
    assert_ne!(twice, csv);
    std::fs::write(path("y.csv"), twice).unwrap();
    let printed = program.json(&["import", &path("y.csv"), &path("plan.toml"), "--arm", "--approve", "all"]).await;
    assert_eq!(
        (printed.code, printed.events("item")[0]["action"].as_str()),
        (3, Some("invalid")),
        "{}",
        printed.stdout
    );
    // And a tenant in the file that the application could not read.
    let upper = csv.replace(",acme\r\n", ",ACME\r\n").replace(",acme,", ",ACME,");
    std::fs::write(path("z.csv"), upper).unwrap();
    plan("");
    let text =
        std::fs::read_to_string(path("plan.toml")).unwrap().replace("[target]\ntenant = \"acme\"\n", "[target]\n");
    std::fs::write(path("plan.toml"), text).unwrap();
    let printed = program.json(&["import", &path("z.csv"), &path("plan.toml"), "--arm", "--approve", "all"]).await;
    assert_eq!(reasons(&printed)[0].2, "key_invalid", "{}", printed.stdout);
    // What writes to S3 wants the tenant's name where the profile is protected.
    let protected = Program::with(&stack, "protected = true");
    let to = format!("s3://{BUCKET}/out/x.csv");
    assert_eq!(protected.json(&["export", "PRODUCT#acme", "--to", &to, "--arm"]).await.code, 4);
    assert_eq!(protected.json(&["export", "PRODUCT#acme", "--to", &to, "--arm", "--confirm", "acme"]).await.code, 0);
}
