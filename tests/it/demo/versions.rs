//! Versions and commands of the demo: complete, but for those that are meant to be odd.

use std::collections::{BTreeMap, BTreeSet};

use super::{Module, demo, text, version};

#[tokio::test]
async fn rows_belong_together_as_the_framework_leaves_them() {
    let demo = demo();
    let modules = &demo.modules;
    let mut odd = BTreeSet::new();
    for module in modules.values() {
        for ((pk, sk), row) in &module.data {
            let current = version(row);
            assert_eq!(text(row, "cpk"), Some(pk.as_str()));
            assert!(text(row, "csk").unwrap().starts_with(sk.as_str()));
            for gone in ["status", "syncMode", "source"] {
                assert!(!row.contains_key(gone), "{pk} {sk} has {gone}");
            }
            let commands = Module::versions(&module.commands, pk, sk);
            let history = Module::versions(&module.history, pk, sk);
            let complete = commands.iter().map(|(v, _)| *v).eq(1..=current)
                && history.iter().map(|(v, _)| *v).eq(1..current)
                && commands.iter().all(|(_, command)| text(command, "status") == Some("finish:FINISHED"));
            let named = text(row, "id") == Some(&format!("{pk}#{sk}"));
            if !complete || !named {
                odd.insert(format!("{pk} {sk}"));
            }
            for (v, row) in history.iter().chain(&commands) {
                assert_eq!(version(row), *v, "{pk} {sk}");
            }
        }
    }
    let expected = [
        "CUSTOMER#acme user",
        "PRODUCT#acme P-0003",
        "PRODUCT#acme P-0005",
        "PRODUCT#acme P-0006",
        "PRODUCT#acme P-0007",
        "PRODUCT#acme P-0008",
        "PRODUCT#acme P-0014",
        "PRODUCT#acme P-0015",
        "PRODUCT#globex GX-09002",
        "PRODUCT#globex GX-09003",
    ];
    assert_eq!(odd.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn some_entities_have_a_long_history() {
    let demo = demo();
    let modules = &demo.modules;
    let long: Vec<_> = modules["product"].data.iter().filter(|(_, row)| version(row) > 30).collect();
    assert!(long.len() >= 12, "{}", long.len());
    for ((pk, sk), row) in long {
        let month = |version| {
            let command = &modules["product"].commands[&(pk.clone(), sk.clone(), version)];
            text(command, "createdAt").unwrap()[..7].to_owned()
        };
        let months: BTreeSet<_> = (1..=version(row)).map(month).collect();
        assert!(months.len() >= 12, "{pk} {sk}: {months:?}");
    }
    let bolt = &modules["product"].data[&("PRODUCT#acme".into(), "01HX7MBJK3V9WQBZ7XNDK5ZT2M".into())];
    assert_eq!((version(bolt), text(bolt, "name")), (38, Some("六角ボルト M6×25")));
}

#[tokio::test]
async fn commands_above_the_data_row_wait_failed_or_are_wedged() {
    let demo = demo();
    let modules = &demo.modules;
    let mut found = BTreeMap::<&str, Vec<String>>::new();
    for module in modules.values() {
        for ((pk, sk, v), command) in &module.commands {
            let current = module.data.get(&(pk.clone(), sk.clone())).map_or(0, version);
            if *v > current {
                let state = text(command, "status").unwrap_or("none");
                assert_eq!(command.contains_key("syncMode"), state.starts_with("publish_sync"), "{pk} {sk}");
                found.entry(state).or_default().push(format!("{pk} {sk}@{v} over {current}"));
            }
        }
    }
    let of = |state: &str| found[state].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("sync_data:FAILED"), ["PRODUCT#acme P-0003@2 over 1", "PRODUCT#globex GX-09002@4 over 3"]);
    assert_eq!(of("publish_sync:STARTED"), ["PRODUCT#acme P-0005@3 over 2"]);
    assert_eq!(of("publish_sync:FAILED"), ["PRODUCT#globex GX-09003@5 over 4"]);
    assert_eq!(of("check_version:FINISHED"), ["PRODUCT#acme P-0014@5 over 2"]);
    assert_eq!(found["none"].len(), 6);
    assert!(found["none"].contains(&"PRODUCT#acme P-0004@1 over 0".to_owned()));
    assert!(found["none"].contains(&"PRODUCT#acme P-0008@3 over 2".to_owned()));
    assert_eq!(found.len(), 5);
    // The failed pipeline had copied the current version to history before it gave up.
    assert_eq!(Module::versions(&modules["product"].history, "PRODUCT#acme", "P-0003").len(), 1);
}

#[tokio::test]
async fn versions_are_missing_here_and_there() {
    let demo = demo();
    let modules = &demo.modules;
    let product = &modules["product"];
    let at = |sk: &str, v| ("PRODUCT#acme".to_owned(), sk.to_owned(), v);
    assert!(!product.history.contains_key(&at("P-0006", 3)) && product.commands.contains_key(&at("P-0006", 3)));
    assert!(!product.history.contains_key(&at("P-0007", 2)) && !product.commands.contains_key(&at("P-0007", 2)));
    assert_eq!(version(&product.data[&("PRODUCT#acme".into(), "P-0015".into())]), 4);
    assert!(Module::versions(&product.commands, "PRODUCT#acme", "P-0015").is_empty());
    assert!(Module::versions(&product.history, "PRODUCT#acme", "P-0015").is_empty());
}
