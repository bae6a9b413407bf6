use super::*;

pub(crate) fn count(module: &str, pk: &str, entities: u64, deleted: u64) -> TenantCount {
    let key = PartitionKey::from(pk);
    TenantCount {
        module: module.into(),
        entity_type: key.entity_type().to_owned(),
        tenant: key.segments().nth(1).unwrap_or_default().to_owned(),
        pk: key.clone(),
        entities,
        deleted,
        oldest: Some("2025-01-01T00:00:00.000Z".into()),
        newest: Some("2026-01-01T00:00:00.000Z".into()),
    }
}

fn now() -> Timestamp {
    "2026-03-20T00:00:00Z".parse().unwrap()
}

fn listed(module: &str, pk: &str) -> ListedPartition {
    let TenantCount { module, pk, entity_type, tenant, .. } = count(module, pk, 0, 0);
    ListedPartition { module, pk, entity_type, tenant }
}

fn shown(tree: &mut Tree) -> Vec<String> {
    let rows = tree.rows().to_vec();
    rows.iter()
        .map(|n| match n {
            Node::Module(m) => m.to_string(),
            Node::Tenant(_, t) => format!("  {t} {}", tree.totals(n).unwrap().entities),
            Node::Partition(.., pk) => format!("    {pk}"),
        })
        .collect()
}

#[test]
fn later_counts_of_a_partition_replace_earlier_ones() {
    let mut tree = Tree::default();
    tree.begin_scan(Scope::Everything);
    tree.apply(vec![count("product", "PRODUCT#acme", 10, 1), count("product", "TAG#acme", 2, 0)], now());
    tree.apply(vec![count("product", "PRODUCT#acme", 25, 3)], now());
    let totals = tree.totals(&Node::Module("product".into())).unwrap();
    assert_eq!((totals.entities, totals.deleted, tree.seen), (27, 3, 27));
    assert_eq!(shown(&mut tree), ["product", "  acme 27"]);
}

#[test]
fn what_a_complete_scan_does_not_find_again_goes_away() {
    let now = now();
    let mut tree = Tree::default();
    tree.begin_scan(Scope::Everything);
    tree.apply(vec![count("product", "PRODUCT#acme", 10, 0), count("product", "PRODUCT#gone", 5, 0)], now);
    tree.end_scan(true, now);
    tree.begin_scan(Scope::Everything);
    tree.apply(vec![count("product", "PRODUCT#acme", 11, 0)], now);
    assert!(tree.is_old(&Node::Partition("product".into(), "gone".into(), "PRODUCT#gone".into())));
    assert_eq!((shown(&mut tree).len(), tree.seen), (3, 11));
    tree.end_scan(true, now);
    assert_eq!(shown(&mut tree), ["product", "  acme 11"]);
    tree.begin_scan(Scope::Everything);
    tree.end_scan(false, now);
    assert_eq!(shown(&mut tree), ["product", "  acme 11"]);
}

#[test]
fn what_is_listed_is_there_at_once_and_keeps_its_counts() {
    let mut tree = Tree::default();
    let acme = Node::Partition("product".into(), "acme".into(), "PRODUCT#acme".into());
    tree.apply(vec![count("product", "PRODUCT#acme", 10, 1), count("product", "PRODUCT#gone", 5, 0)], now());
    tree.begin_list();
    tree.take_listed(vec![listed("product", "PRODUCT#acme"), listed("product", "TAG#acme")]);
    let totals = tree.totals(&Node::Tenant("product".into(), "acme".into())).unwrap();
    assert_eq!((totals.entities, totals.partitions, totals.uncounted), (10, 2, 1));
    assert_eq!((tree.size(), tree.found, tree.counted_at(&acme)), ((3, 2), 2, Some(now())));
    // Stopped early it takes nothing away, and complete what it has not found.
    tree.end_list(ListState::Stopped);
    assert_eq!(tree.size(), (3, 2));
    tree.begin_list();
    tree.take_listed(vec![listed("product", "PRODUCT#acme"), listed("product", "TAG#acme")]);
    tree.end_list(ListState::Done(now()));
    assert_eq!((tree.size(), tree.counts().0.len()), ((2, 1), 1));
    let module = Node::Module("product".into());
    assert_eq!((tree.counted_at(&module), tree.scope_of(&module)), (None, Scope::Module("product".into())));
}

#[test]
fn counting_a_part_takes_nothing_away_elsewhere() {
    let mut tree = Tree::default();
    tree.begin_list();
    let all = [("product", "PRODUCT#acme"), ("product", "TAG#acme"), ("order", "ORDER#acme")];
    tree.take_listed(all.map(|(module, pk)| listed(module, pk)).to_vec());
    tree.end_list(ListState::Done(now()));
    let scope = tree.scope_of(&Node::Tenant("product".into(), "acme".into()));
    assert_eq!(scope, Scope::Partitions("product".into(), vec!["PRODUCT#acme".into(), "TAG#acme".into()]));
    tree.begin_scan(scope);
    tree.apply(vec![count("product", "PRODUCT#acme", 7, 0), count("product", "TAG#acme", 0, 0)], now());
    tree.end_scan(true, now());
    assert_eq!((tree.size().0, tree.seen), (3, 7));
    // Another module that a count of the first one says nothing about.
    tree.begin_scan(Scope::Module("product".into()));
    tree.apply(vec![count("product", "PRODUCT#acme", 8, 0)], now());
    tree.end_scan(true, now());
    assert_eq!(tree.size().0, 2);
    assert!(tree.totals(&Node::Module("order".into())).is_some_and(|totals| !totals.is_counted()));
}

#[test]
fn a_partition_whose_rows_name_another_tenant_moves_there() {
    let mut tree = Tree::default();
    tree.begin_list();
    tree.take_listed(vec![listed("log", "LOG#2024-05#acme")]);
    let moved = TenantCount { tenant: "acme".into(), ..count("log", "LOG#2024-05#acme", 3, 0) };
    tree.apply(vec![moved], now());
    assert_eq!(tree.size(), (1, 1));
    assert_eq!(tree.totals(&Node::Tenant("log".into(), "acme".into())).unwrap().entities, 3);
    assert_eq!(tree.totals(&Node::Tenant("log".into(), "2024-05".into())), None);
}

#[test]
fn the_filter_opens_branches_and_the_selection_stays_on_its_line() {
    let mut tree = Tree::default();
    tree.apply(vec![count("order", "ORDER#acme", 1, 0), count("product", "PRODUCT#globex", 1, 0)], now());
    tree.scroll.cursor = 3;
    assert_eq!(tree.selected(), Some(Node::Tenant("product".into(), "globex".into())));
    tree.apply(vec![count("customer", "CUSTOMER#acme", 1, 0)], now());
    assert_eq!(tree.selected(), Some(Node::Tenant("product".into(), "globex".into())));
    tree.filter.paste("glob");
    tree.refresh();
    assert_eq!(shown(&mut tree), ["product", "  globex 1", "    PRODUCT#globex"]);
}

#[test]
fn counts_are_from_before_a_run_until_each_was_made_again() {
    let (now, mut tree) = (now(), Tree::default());
    let scan = |tree: &mut Tree, scope: Scope, module: &str| {
        tree.begin_scan(scope);
        tree.apply(vec![count(module, &format!("{}#acme", module.to_uppercase()), 1, 0)], now);
        tree.end_scan(true, now);
    };
    let of = |module: &str| Scope::Module(module.into());
    scan(&mut tree, of("product"), "product");
    scan(&mut tree, of("order"), "order");
    let run = RunId::from_parts(0, 1);
    tree.wrote(run);
    assert_eq!(tree.before(), Some(run));
    tree.begin_scan(of("order"));
    assert_eq!(tree.before(), Some(run), "until it is through");
    scan(&mut tree, of("order"), "order");
    assert_eq!(tree.before(), Some(run), "the other module is from before it");
    scan(&mut tree, of("product"), "product");
    assert_eq!(tree.before(), None);
}
