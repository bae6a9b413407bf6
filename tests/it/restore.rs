//! Copying out of a snapshot: back into the tenant that it was taken from, or into another one.

use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Value};

use crate::support::plan::{as_before, fill, rows};
use crate::support::{Program, Stack};

const TABLE: &str = "dev-shop-product-data";

/// A snapshot of a tenant beside a plan that copies out of it.
struct Taken {
    dir: tempfile::TempDir,
}

impl Taken {
    async fn of(program: &Program, tenant: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("copy");
        let taken = program.json(&["snapshot", "--to", to.to_str().unwrap(), "--tenant", tenant]).await;
        assert_eq!(taken.code, 0, "{}", taken.stdout);
        Self { dir }
    }

    /// The path of a plan; its snapshot is named relative to it.
    fn plan(&self, from: &str, to: &str, run: &str) -> String {
        let text = format!(
            "name = \"restore\"\noperation = \"copy\"\n[source]\nsnapshot = \"copy\"\ntype = \"PRODUCT\"\ntenant = \"{from}\"\n\
             [target]\ntenant = \"{to}\"\nexisting = \"overwrite\"\n[run]\nstamp = \"none\"\n{run}\n"
        );
        let path = self.dir.path().join("plan.toml");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// Gives an entity another version with other attributes, as a publish would.
async fn change(stack: &Stack, tenant: &str, n: usize) {
    let (data, command) = rows(tenant, n);
    let next = |row: &Row| {
        let mut row = row.clone();
        row.0.insert("version".to_owned(), Value::n(2));
        row.0.insert("attributes".to_owned(), Value::M(Map::from([("n".to_owned(), Value::s("changed"))])));
        row
    };
    let at = |row: &Row, version: u64| {
        let mut row = row.clone();
        row.0.insert("sk".to_owned(), Value::S(format!("{}@{version}", data.text("sk").unwrap())));
        row
    };
    stack.put("dev-shop-product-history", &at(&data, 1)).await;
    stack.put("dev-shop-product-command", &at(&next(&command), 2)).await;
    stack.put(TABLE, &next(&data)).await;
}

fn attributes(row: &Row) -> Value {
    row.get("attributes").cloned().unwrap()
}

#[tokio::test]
async fn a_tenant_is_restored_conditionally_and_taken_back() {
    let stack = Stack::with(|profile| profile.attribute_limit_bytes = 64).await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 5).await;
    // One entity has its attributes in S3.
    let long = format!("{{\"text\":\"{}\"}}", "x".repeat(100));
    let key = "ddb/dev-shop-product-data/PRODUCT#acme/I-0004/01J.json";
    stack.put_object(key, &long).await;
    let (mut data, _) = rows("acme", 4);
    data.0.insert("attributes".to_owned(), Value::S(format!("s3://shop-private/{key}")));
    stack.put(TABLE, &data).await;
    let taken = Taken::of(&program, "acme").await;
    for n in [1, 4] {
        change(&stack, "acme", n).await;
    }
    stack.delete(TABLE, "PRODUCT#acme", "I-0002").await;
    stack.delete("dev-shop-product-command", "PRODUCT#acme", "I-0002@1").await;
    let before = stack.dump().await;
    let plan = taken.plan("acme", "acme", "");
    let preview = program.json(&["preview", &plan]).await;
    let actions = |action: &str| preview.end()["actions"][action].as_u64().unwrap();
    assert_eq!(
        (preview.code, actions("update"), actions("create"), actions("equal")),
        (0, 2, 1, 2),
        "{}",
        preview.stdout
    );
    assert!(preview.stderr.contains("snapshot of tenant acme") || preview.stdout.contains("snapshot of tenant acme"));
    assert_eq!(stack.dump().await, before, "a preview only reads");
    // What changed since the preview is not written over.
    let digest = preview.end()["digest"].as_str().unwrap().to_owned();
    change(&stack, "acme", 3).await;
    let refused = program.json(&["run", &plan, "--expect", &digest, "--arm", "--approve", "all"]).await;
    let how = (refused.code, &refused.end()["stopped"]);
    assert_eq!(how, (4, &"not_approved".into()), "{}{}", refused.stdout, refused.stderr);
    let before = stack.dump().await;
    // Once it is previewed a run needs the snapshot no more: its journal holds the rows.
    let begun = program.json(&["run", &plan, "--arm"]).await;
    assert_eq!((begun.code, stack.dump().await == before), (4, true), "{}", begun.stdout);
    let run = begun.end()["run"].as_str().unwrap().to_owned();
    let (there, away) = (taken.dir.path().join("copy"), taken.dir.path().join("away"));
    std::fs::rename(&there, &away).unwrap();
    let whole = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    std::fs::rename(&away, &there).unwrap();
    assert_eq!(whole.code, 0, "{}", whole.stdout);
    for n in 0..4 {
        let sk = format!("I-{n:04}");
        let now = stack.get(TABLE, "PRODUCT#acme", &sk).await.unwrap();
        assert_eq!(attributes(&now), attributes(&rows("acme", n).0), "{sk}");
        assert_eq!(now.version().unwrap().0, [1, 3, 1, 3][n], "{sk}");
    }
    let large = stack.get(TABLE, "PRODUCT#acme", "I-0004").await.unwrap();
    let uri = large.attributes_ref().expect("its attributes are in S3 again").to_owned();
    let own = uri.strip_prefix("s3://shop-private/").unwrap();
    assert!(own != key && stack.object(own).await.unwrap() == long, "{uri}");
    // Both sides are equal now, and the plan says so.
    let verified = program.json(&["verify", &plan]).await;
    assert_eq!((verified.code, verified.events("finding").len()), (0, 0), "{}", verified.stdout);
    assert_eq!(program.json(&["verify", &run]).await.code, 0);
    let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(undone.code, 0, "{}", undone.stdout);
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn another_tenant_gets_a_copy_and_what_is_no_snapshot_is_refused() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 3).await;
    let taken = Taken::of(&program, "acme").await;
    for n in 0..3 {
        stack.delete(TABLE, "PRODUCT#acme", &format!("I-{n:04}")).await;
    }
    let plan = taken.plan("acme", "globex", "");
    let ran = program.json(&["run", &plan, "--arm", "--approve", "all"]).await;
    assert_eq!((ran.code, ran.end()["outcomes"]["done"].as_u64()), (0, Some(3)), "{}", ran.stdout);
    let copied = stack.get(TABLE, "PRODUCT#globex", "I-0002").await.unwrap();
    assert_eq!(attributes(&copied), attributes(&rows("acme", 2).0));
    // The table's own rows of that tenant are not the source.
    let nothing = program.json(&["preview", &taken.plan("initech", "globex", "")]).await;
    assert_eq!((nothing.code, nothing.events("item").len()), (0, 0), "{}", nothing.stdout);
    std::fs::remove_file(taken.dir.path().join("copy/manifest.json")).unwrap();
    for args in [["preview"].as_slice(), &["run", "--arm", "--approve", "all"]] {
        let refused = program.json(&[args, &[plan.as_str()]].concat()).await;
        let error = refused.events("error")[0];
        assert_eq!((refused.code, &error["code"], &error["key"]), (1, &"not_found".into(), &"source.snapshot".into()));
    }
    // Out of the tables a tenant is not copied onto itself.
    let text =
        std::fs::read_to_string(&plan).unwrap().replace("snapshot = \"copy\"\n", "").replace("initech", "globex");
    std::fs::write(&plan, text).unwrap();
    let same = program.json(&["preview", &plan]).await;
    assert_eq!((same.code, &same.events("error")[0]["key"]), (1, &"target.tenant".into()), "{}", same.stdout);
}
